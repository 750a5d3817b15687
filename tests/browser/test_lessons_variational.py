"""Lessons on the VAE's workings, used: what they show and say, against what vaelab computes."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from sklearn.neighbors import NearestNeighbors

from pages._lessons import beta, generating, kit
from pages._ui import resources
from tests.browser.steps import idle, lesson_ready, numbers, open_lesson, predict
from vaelab.engine import Codes
from vaelab.evaluation import evaluate
from vaelab.latent.units import active_units

pytestmark = pytest.mark.browser

#: The gray levels of a canvas, row by row.
LEVELS = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i] / 255);
}"""


def levels(canvas):
    return np.array(canvas.evaluate(LEVELS))


def shown(figure, label):
    """The images that tiles show, ``(N, pixels)``."""
    return np.array(figure.get_by_label(label).locator("canvas").evaluate_all(f"(all) => all.map({LEVELS})"))


def decode(run, z):
    return run.engine.decode(np.atleast_2d(z).astype(np.float32)).reshape(len(np.atleast_2d(z)), -1)


@pytest.fixture(scope="module")
def vae():
    return resources.example("digits-2d")


@pytest.fixture(scope="module")
def data(vae):
    return resources.images_of(vae)


@pytest.fixture(scope="module")
def held_out(data):
    return data.images[data.split.test]


def pixels_of(images):
    return images.reshape(len(images), -1) / 255


# --- Moving the noise aside ----------------------------------------------------------------------


def read_code(figure):
    """Mu, sigma, epsilon and z, ``(4, 2)``, as the two lines say them."""
    lines = [figure.get_by_test_id(f"z{j}").text_content() for j in (1, 2)]
    return np.array([numbers(line.split("=", 2)[2]) for line in lines]).T


def assert_code(figure, mu, sigma, epsilon):
    expected = [mu, sigma, epsilon, np.add(mu, np.multiply(sigma, epsilon))]
    # Half a unit of the second digit; epsilon itself is read to that, too.
    np.testing.assert_allclose(read_code(figure), expected, atol=0.0101)


def test_noise_held_lets_a_code_follow_mu_and_sigma(page, vae, data, held_out):
    figure = open_lesson(page, "reparameterization")
    posterior = vae.engine.encode(held_out[:2])
    mu, sigma = posterior.mu[0], posterior.sigma[0]
    assert_code(figure, mu, sigma, [1.2, 0.8])
    halve = figure.get_by_role("button", name="Halve σ")
    expect(halve).to_be_hidden()  # not before it was predicted
    expect(figure.get_by_test_id("nudges")).to_be_hidden()

    noise = figure.get_by_role("application")
    noise.focus()
    noise.press("Shift+ArrowLeft")
    noise.press("ArrowUp")
    stride = 6 / 100
    assert_code(figure, mu, sigma, [1.2 - 5 * stride, 0.8 + stride])
    noise.click()  # in its middle, to the pixel, where the noise is 0
    middle = read_code(figure)[2]
    np.testing.assert_allclose(middle, 0, atol=0.03)
    assert_code(figure, mu, sigma, middle)
    decoded = levels(figure.get_by_label("z, decoded"))
    mean = decode(vae, mu + sigma * middle)[0].astype(float)
    np.testing.assert_allclose(decoded, mean, atol=3 / 255)
    x = held_out[0].ravel() / 255
    error = -(x * np.log(mean) + (1 - x) * np.log(1 - mean)).sum()
    told = figure.get_by_text("Reconstruction term of this z")
    assert numbers(told.text_content())[-1] == pytest.approx(error, abs=0.05)

    noise.press("Shift+ArrowRight")
    noise.press("Shift+ArrowUp")
    epsilon = middle + 5 * stride
    predict(page, 2, is_right=False)
    idle(page)
    assert_code(figure, mu, sigma, epsilon)  # the figure went on from where it stood
    halve.click()
    assert_code(figure, mu, sigma / 2, epsilon)
    figure.get_by_role("slider", name="μ1 +").fill("0.25")
    assert_code(figure, [mu[0] + 0.25, mu[1]], sigma / 2, epsilon)
    check_nudges(figure, epsilon[0])
    figure.get_by_role("button", name=re.compile("^Image 2,")).click()
    assert_code(figure, posterior.mu[1], posterior.sigma[1], epsilon)


def check_nudges(figure, epsilon):
    """With the noise held a nudge gives the derivative; drawn anew, something else each time."""
    rows = figure.get_by_test_id("nudges").locator("tbody tr")

    def read():
        return np.array([[numbers(cell)[0] for cell in row.locator("td").all_text_contents()] for row in rows.all()])

    # The line below the table: how many differences of two draws tell the nudge's effect by a tenth.
    sigma = read_code(figure)[1, 0]
    told = numbers(figure.get_by_text("pairs of draws").text_content().replace(",", ""))[0]
    assert told == pytest.approx(2 * (sigma / 0.001) ** 2, rel=0.1)
    differences = np.diff(np.random.default_rng(0).normal(scale=sigma, size=(200, 2, 100_000)).mean(2), axis=1)
    assert differences.std() * (100_000 / told) ** 0.5 == pytest.approx(0.001, rel=0.2)

    before = read()
    np.testing.assert_allclose(before[:, 0], [0.01, 0.01 * epsilon], atol=0.0001)
    np.testing.assert_allclose(before[:, 1], [1, epsilon], atol=0.01)
    figure.get_by_role("button", name="Nudge again").click()
    after = read()
    np.testing.assert_array_equal(before[:, :2], after[:, :2])
    assert (before[:, 2:] != after[:, 2:]).all()


# --- Two forces ----------------------------------------------------------------------------------


def forces_told(figure):
    """Mu and sigma as they are, and what pulls at them, ``(4, 4)``: as they are, reconstruction, KL, both."""
    rows = figure.get_by_test_id("forces").locator("tbody tr").all()
    return np.array([[numbers(cell)[0] for cell in row.locator("td").all_text_contents()] for row in rows])


def forces_expected(vae, image, mu, sigma):
    codes = Codes(np.array([mu], np.float32), np.array([sigma], np.float32))
    many = Codes(*(np.repeat(part, 200, 0) for part in codes))
    pulls = vae.engine.forces(np.repeat(image[None], 200, 0), codes=many, num_draws=50)
    sides = [np.concatenate([pull.mu.mean(0), pull.sigma.mean(0)]) for pull in pulls]
    error = np.concatenate([pulls.reconstruction.mu.std(0), pulls.reconstruction.sigma.std(0)]) / 200**0.5
    return np.column_stack([[*mu, *sigma], *sides, sum(sides)]), error.max()


def check_forces(figure, vae, image):
    told = forces_told(figure)
    expected, error = forces_expected(vae, image, told[:2, 0], told[2:, 0])
    # Mu and sigma are read to two digits: where the KL's pull is 1 / sigma, that is more than the pulls' own.
    near = 5 * error + 0.01 + 0.006 * np.abs(expected).max() + 0.006 / told[2:, 0].min() ** 2
    np.testing.assert_allclose(told, expected, atol=near)
    return told


def test_the_two_forces_on_a_cloud_are_those_that_vaelab_computes(page, vae, held_out):
    figure = open_lesson(page, "two_forces")
    posterior = vae.engine.encode(held_out[:2])
    told = check_forces(figure, vae, held_out[0])
    np.testing.assert_allclose(told[:, 0], [*posterior.mu[0], *posterior.sigma[0]], atol=0.0101)
    many = figure.get_by_role("img", name="Clouds of many images, let go")
    expect(many).to_be_hidden()  # not before it was predicted

    plane = figure.get_by_role("application")
    plane.focus()
    for _ in range(4):
        plane.press("Shift+ArrowRight")
    moved = check_forces(figure, vae, held_out[0])
    assert moved[0, 0] > told[0, 0] + 0.3
    np.testing.assert_allclose(moved[:2, 2], -moved[:2, 0], atol=0.0101)
    figure.get_by_role("slider", name="σ").fill(str(np.log(0.8)))
    wide = check_forces(figure, vae, held_out[0])
    np.testing.assert_allclose(wide[2:, 0], 0.8, atol=0.0101)
    np.testing.assert_allclose(wide[2:, 2], 1 / 0.8 - 0.8, atol=0.0101)
    loss = numbers(figure.get_by_text("Loss, the mean over the cloud").text_content())
    rng = np.random.default_rng(0)
    means = decode(vae, rng.normal(wide[:2, 0], 0.8, (20_000, 2))).astype(float)
    x = held_out[0].ravel() / 255
    costs = -(x * np.log(means) + (1 - x) * np.log(1 - means)).sum(1)
    assert loss[0] == pytest.approx(costs.mean(), abs=4 * costs.std() / 20_000**0.5 + 0.15)
    figure.get_by_role("button", name="Back to the encoder’s").first.click()
    np.testing.assert_allclose(forces_told(figure)[:, 0], told[:, 0], atol=0.0101)
    figure.get_by_role("button", name=re.compile("^Image 2,")).click()
    check_forces(figure, vae, held_out[1])


def test_clouds_let_go_come_to_where_the_forces_balance(page, vae, data):
    figure = open_lesson(page, "two_forces")
    predict(page, 1, is_right=True)
    idle(page)
    said = figure.get_by_text(re.compile("^On average: "))
    train = data.images[data.split.train[:30]]
    terms = vae.engine.expected_terms(train, 400)
    begun = numbers(said.text_content())
    assert begun[0] == pytest.approx(terms.reconstruction.mean(), abs=0.1)
    assert begun[1] == pytest.approx(terms.kl.mean(), abs=0.06)

    def let_go(name):
        figure.get_by_role("button", name=name, exact=True).click()
        figure.get_by_role("button", name="Let go").click()
        expect(figure.get_by_text("On their way …")).to_be_hidden()
        expect(said).to_be_visible()
        return numbers(said.text_content())

    reconstruction, kl, _, width = let_go("The KL alone")
    assert (kl, width) == (pytest.approx(0, abs=0.05), pytest.approx(1, abs=0.02))
    draws = decode(vae, np.random.default_rng(0).normal(size=(4000, 2))).astype(float)
    x = pixels_of(train)
    of_prior = -(x @ np.log(draws).mean(0) + (1 - x) @ np.log(1 - draws).mean(0)).mean()
    assert reconstruction == pytest.approx(of_prior, abs=0.5)
    reconstruction, kl, _, width = let_go("The reconstruction alone")
    assert reconstruction < begun[0] - 0.5
    assert kl > begun[1] + 1
    assert width < begun[3] / 2
    *_, total, width = let_go("Both")
    assert begun[2] - 1 < total < begun[2] + 0.02, "a little less than the encoder's, which serves all images"
    assert width == pytest.approx(begun[3], rel=0.3)


# --- What beta does ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def betas(data):
    """Rate and distortion for each beta, measured anew."""
    found = {}
    for name in beta.RUNS:
        run = resources.example(name)
        figures = evaluate(run.engine, data)
        found[run.config.beta] = (figures.kl, figures.reconstruction)
    return found


def test_beta_trades_rate_for_distortion(page, vae, data, held_out, betas):
    figure = open_lesson(page, "beta")
    rows = figure.get_by_test_id("rate-distortion").locator("tbody tr")
    expect(rows).to_have_count(1)  # the others not before they were predicted
    expect(figure.get_by_role("button", name="0.25")).to_be_hidden()
    expect(figure.get_by_label("Parts of the rate for each β").get_by_role("listitem")).to_have_count(1)
    check_clouds(figure, vae, data)
    np.testing.assert_allclose(
        shown(figure, "The same images, reconstructed"),
        decode(vae, vae.engine.encode(held_out[:8]).mu),
        atol=2 / 255,
    )
    check_draws(figure, vae, data)

    predict(page, 1, is_right=True)
    expect(page.get_by_text("What costs more is bought less")).to_be_visible()
    expect(rows).to_have_count(len(betas))
    told = np.array(
        [
            numbers(row)[:4]
            for row in rows.evaluate_all(
                "(all) => all.map((row) => Array.from(row.cells, (cell) => cell.textContent).join(' '))"
            )
        ]
    )
    rate, distortion = np.array(list(betas.values())).T
    np.testing.assert_allclose(told[:, 0], list(betas))
    np.testing.assert_allclose(told[:, 1:], np.c_[rate, distortion, rate + distortion], atol=0.006)
    # What the lesson says of these numbers.
    assert (np.diff(rate) < 0).all()
    assert (np.diff(distortion)[1:] > 0).all()
    assert abs(distortion[1] - distortion[0]) < 0.2, "hardly changes"
    best = list(betas)[(rate + distortion).argmin()]
    assert best == 1
    expect(rows.filter(has_text="least sum")).to_have_text(re.compile("^1 ★"))
    prices = -np.diff(distortion) / np.diff(rate)
    for low, high, price in zip(list(betas)[1:-1], list(betas)[2:], prices[1:], strict=True):
        assert low < price < high
        paragraph = page.locator("p", has_text="Read the curve from right to left")
        expect(paragraph).to_contain_text(f"{price:.1f}")

    check_rates(page, figure)
    for name in (beta.RUNS[0], beta.RUNS[-1]):
        run = resources.example(name)
        figure.get_by_role("button", name=f"{run.config.beta:g}", exact=True).click()
        check_clouds(figure, run, data)
        check_draws(figure, run, data)
    back = shown(figure, "The same images, reconstructed")
    assert np.ptp(back, axis=0).max() == 0, "with beta 4 all images come back the same"


def check_rates(page, figure):
    """Bars of the rate's parts, as the studies have them, beside the most that a code can tell."""
    lines = figure.get_by_label("Parts of the rate for each β").get_by_role("listitem")
    parts = [beta.rate_parts(resources.example(name)) for name in beta.RUNS]
    expect(lines).to_have_count(len(parts))
    full = beta.rate_of(parts[0])  # the longest bar: more than log N
    assert full > parts[0]["log_num_images"]
    for line, part in zip(lines.all(), parts, strict=True):
        shown = numbers(line.locator(".ls-value").text_content())
        assert shown == pytest.approx([part["information"], beta.rate_of(part)], abs=0.006)
        told = numbers(line.get_by_role("img").get_attribute("aria-label"))
        expected = [part[name] for name in ("information", "total_correlation", "dimension_kl")]
        assert told == pytest.approx(expected, abs=0.006)
        whole, *widths = line.locator(".ls-stack").evaluate(
            "(stack) => [stack, ...stack.querySelectorAll('i')].map((each) => each.getBoundingClientRect().width)"
        )
        assert widths == pytest.approx([whole * max(0, each) / full for each in expected], abs=2)
        limit = line.locator(".ls-stack b").evaluate("(line) => line.offsetLeft / line.parentElement.clientWidth")
        assert limit == pytest.approx(part["log_num_images"] / full, abs=0.01)
    told = numbers(page.locator("p", has_text="no code can tell more").text_content().replace(",", ""))
    small, less = parts[:2]
    saved, information = beta.rate_of(small) - beta.rate_of(less), small["information"] - less["information"]
    expected = [0.05, beta.rate_of(small), 1437, np.log(1437), small["information"], saved, 0.25, saved - information]
    for number in expected:
        assert any(each == pytest.approx(number, abs=0.006) for each in told), (number, told)


def check_clouds(figure, run, data):
    """The ellipses are the posteriors of held-out images, on the scale of the prior's circles."""
    radii, clouds = (
        figure.locator(f"ellipse.{kind}").evaluate_all(
            "(all) => all.map((one) => ['rx', 'ry'].map((name) => +one.getAttribute(name)))"
        )
        for kind in ("ls-quiet", "ls-posterior")
    )
    unit = min(radii)[0]
    sigma = run.engine.encode(data.images[np.sort(data.split.test)[: beta.CLOUDS]]).sigma
    assert len(clouds) == beta.CLOUDS
    np.testing.assert_allclose(np.array(clouds) / unit, sigma, rtol=0.01)


def check_draws(figure, run, data):
    """What the prior's draws are decoded to, and how many lie in some image's cloud."""
    epsilon = np.random.default_rng(0).normal(size=(beta.DRAWS, 2))
    np.testing.assert_allclose(
        shown(figure, "Codes drawn from the prior, decoded"),
        decode(run, epsilon[: beta.DECODED]),
        atol=2 / 255,
    )
    codes = run.engine.encode(data.images)
    squares = (((epsilon[:, None] - codes.mu) / codes.sigma) ** 2).sum(2)
    share = (squares < 9).any(1).mean()
    told = figure.get_by_text(f"Of {beta.DRAWS} draws from the prior").text_content()
    assert numbers(told)[1:3] == pytest.approx([100 * share, 3], abs=1)
    if run.config.beta == 0.05:
        assert share < 0.5, "the prior mostly draws where no cloud is"
    else:
        assert share > 0.97, "with a large beta it draws where the clouds are"


def test_models_that_the_page_has_lost_are_sent_again(page):
    open_lesson(page, "beta")
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Collapse and dead units")
    lesson_ready(page)
    idle(page)
    # The collapse lesson holds on to beta 4; the other four go, as when a page has too many.
    lost = page.evaluate("""() => {
        const lost = [...vaelab.models].filter(([, { users }]) => !users.size).map(([id]) => id);
        for (const id of lost) vaelab.models.delete(id);
        return lost.length;
    }""")
    assert lost >= 4
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("What beta does")
    expect(page.get_by_test_id("rate-distortion")).to_be_visible()


# --- Collapse and dead units ---------------------------------------------------------------------


def test_dead_units_cost_nothing_and_change_nothing(page, data, held_out):
    run = resources.example("digits-16d")
    figures = evaluate(run.engine, data)
    codes = run.engine.encode(held_out)
    active = active_units(codes.mu)
    figure = open_lesson(page, "collapse")
    bars = figure.get_by_label("KL of each number of the code")
    expect(bars).to_be_hidden()  # not before it was predicted
    expect(figure.get_by_text("It costs")).to_be_hidden()
    predict(page, 1, is_right=True)
    expect(bars).to_be_visible()
    told = [numbers(text)[0] for text in bars.locator(".ls-value").all_text_contents()]
    np.testing.assert_allclose(told, figures.kl_per_dim, atol=0.0051)
    expect(figure.get_by_text("Active:")).to_have_text("Active: 9 of 16. The other 7 are dead.")
    assert figures.active_units == active.sum() == 9, "about half"
    expect(page.get_by_text("Why 9 of the sixteen?")).to_be_visible()

    brings = [missed(run, held_out, codes.mu, unit) for unit in range(16)]
    assert (np.array(brings)[active] > np.array(figures.kl_per_dim)[active]).all()
    assert (np.abs(np.array(brings)[~active]) < 0.01).all()
    dead, alive = int(np.flatnonzero(~active)[0]), int(np.argmax(figures.kl_per_dim))
    changes = {}
    for unit in (dead, alive):
        bars.get_by_role("button").nth(unit).press("Enter")
        expect(figure.get_by_test_id("unit")).to_have_text(re.compile(f"z{unit + 1}$"))
        statistics = figure.get_by_text("Over 180 held-out images μ is").text_content()
        mu, sigma = codes.mu[:, unit], codes.sigma[:, unit]
        assert numbers(statistics)[1:4] == pytest.approx([mu.mean(), mu.var(), sigma.mean()], abs=0.006)
        assert ("dead" in statistics) == (unit == dead)
        worth = numbers(figure.get_by_text("It costs").text_content())
        assert worth[0] == pytest.approx(figures.kl_per_dim[unit], abs=0.0051)
        assert worth[1] == pytest.approx(brings[unit], abs=0.051 + 1e-4 * abs(brings[unit]))
        changes[unit] = check_strip(figure, run, codes.mu[2], unit)
        beside = figure.get_by_role("button", name=re.compile("^Image 3,")).text_content()
        assert numbers(beside) == pytest.approx([mu[2], sigma[2]], abs=0.006)
    assert changes[dead] < 0.1
    assert changes[alive] > 0.9
    check_collapsed(figure, data, held_out)


def missed(run, images, mu, unit):
    """Nats of reconstruction that are lost if one number of the code is 0."""
    without = mu.copy()
    without[:, unit] = 0
    x = pixels_of(images)
    squares = [((x - decode(run, z)) ** 2).sum(1).mean() for z in (without, mu)]
    return (squares[0] - squares[1]) / 2 / run.config.sigma**2


def check_strip(figure, run, mu, unit):
    """The strip is decoded from the chosen image's code; returns the largest change along it."""
    figure.get_by_role("button", name=re.compile("^Image 3,")).click()
    codes = np.tile(mu, (9, 1))
    codes[:, unit] = np.linspace(-3, 3, 9)
    expected = decode(run, codes)
    strip = shown(figure, "One number of the code, from −3 to 3")
    np.testing.assert_allclose(strip, expected, atol=2 / 255)
    change = float(np.ptp(expected, axis=0).max())
    told = numbers(figure.get_by_text("From end to end").text_content())[0]
    assert told == pytest.approx(change, abs=0.006)
    return change


def check_collapsed(figure, data, held_out):
    """Of the model with beta 4: whatever the image, about the mean of all images."""
    collapsed = resources.example("digits-2d-beta-4")
    back = decode(collapsed, collapsed.engine.encode(held_out).mu)
    mean = pixels_of(data.images[data.split.train]).mean(0)
    tiles = shown(figure, "The same images, as the collapsed model reconstructs them")
    np.testing.assert_allclose(tiles, back[:8], atol=2 / 255)
    told = numbers(figure.get_by_text("Over 180 images μ and σ stay").text_content())
    assert told[1] <= 0.001
    assert told[4:6] == pytest.approx([0, np.abs(back[0] - mean).max()], abs=0.0006)
    assert np.ptp(back, axis=0).max() < 1e-5


# --- Generating ----------------------------------------------------------------------------------


AGREE, DRAWS = 7, generating.DRAWS


class Draws:
    """What the lesson says of a model's draws, computed here."""

    def __init__(self, name, title, data):
        self.run, self.title = resources.example(name), title
        places = kit.thinned(resources.made(self.run, "pca"))
        self.codes = places.codes.astype(np.float16).astype(np.float32)  # as they are in the file of the map
        self.labels = data.labels[places.indices]
        self.held_out = np.isin(places.indices, data.split.test)

    def stretched(self, noise):
        return self.codes.mean(0) + self.codes.std(0) * noise

    def decode(self, z):
        return self.run.engine.decode(np.float32(z))

    def read(self, z, itself=False):
        """The digit that seven of the eight nearest codes agree on, or -1; ``itself`` has no vote."""
        rows = NearestNeighbors(n_neighbors=9).fit(self.codes).kneighbors(z)[1]
        rows = rows[:, 1:] if itself else rows[:, :8]
        counts = np.array([np.bincount(self.labels[row], minlength=10) for row in rows])
        return np.where(counts.max(1) >= AGREE, counts.argmax(1), -1)

    def check(self, figure, judge, z):
        """Compare the figure's tiles, and what it says of them."""
        panel = figure.get_by_test_id(self.title)
        images = self.decode(z)
        tiles = shown(panel, f"{DRAWS} draws, decoded by the {self.title}")
        np.testing.assert_allclose(tiles, images.reshape(DRAWS, -1), atol=2 / 255)
        read = judge.judge(images)
        expect(panel.get_by_text("Legible: ")).to_have_text(
            f"Legible: {(read >= 0).sum()} of {DRAWS} ({', '.join(map(str, np.unique(read[read >= 0])))})."
        )
        told = numbers(panel.get_by_text("Distance from 0").text_content())
        of_images, of_draws = (np.linalg.norm(each, axis=1) for each in (self.codes, z))
        assert told[1:3] == pytest.approx([of_images.mean(), of_draws.mean()], abs=0.051)
        assert told[3:] == [(of_draws > of_images.max()).sum(), DRAWS]

    def judge(self, images):
        """What images can be read as by this model's encoder, -1 for what cannot."""
        return self.read(self.run.engine.encode(images).mu)


@pytest.fixture(scope="module")
def drawn():
    data = resources.images_of(resources.example("mnist-16d"))
    return Draws("mnist-16d", "VAE", data), Draws("mnist-ae-16d", "Autoencoder", data)


def test_draws_from_the_prior_can_be_read_where_a_vae_decodes_them(page, drawn):
    vae, ae = drawn
    figure = open_lesson(page, "generating")
    noise = np.random.default_rng(1).normal(size=(DRAWS, 16)).astype(np.float32)
    for model in drawn:
        model.check(figure, ae, noise)
    real = (ae.read(ae.codes, itself=True)[ae.held_out] >= 0).mean()
    told = numbers(figure.get_by_text("real images that were held out").text_content())
    assert told[1] == pytest.approx(DRAWS * real, abs=0.51)
    slider = figure.get_by_label("Temperature T", exact=True)
    expect(slider).to_be_hidden()  # not before it was predicted
    # A draw, chosen with the keyboard, is shown on both maps.
    figure.get_by_role("button", name=re.compile("^Draw 1,")).first.focus()
    page.keyboard.press("ArrowRight")
    for model in drawn:
        panel = figure.get_by_test_id(model.title)
        decoded = levels(panel.get_by_role("img", name="Draw 2, decoded"))
        np.testing.assert_allclose(decoded, model.decode(noise[1:2]).ravel(), atol=2 / 255)
        expect(panel.locator('[aria-pressed="true"]')).to_have_attribute("aria-label", re.compile("^Draw 2,"))

    predict(page, 0, is_right=True)
    expect(page.get_by_text("What is lost is variety")).to_be_visible()
    idle(page)
    slider.fill("0.2")
    vae.check(figure, ae, np.float32(0.2) * noise)
    slider.fill("1")
    figure.get_by_text("Stretch the autoencoder").click()
    ae.check(figure, ae, ae.stretched(noise))
    vae.check(figure, ae, noise)
    # The table counts on meanwhile: of many draws, the VAE's are read more often than those that are stretched.
    average = figure.get_by_role("table", name="Legible draws, in the long run")
    expect(average).to_contain_text(f"Drawn 100 times, {DRAWS} at a time, T = 1.0")
    of_vae, of_ae, of_stretched = (numbers(text)[0] for text in average.locator("tbody td").all_text_contents())
    assert of_vae > of_stretched > of_ae
    before = shown(figure, f"{DRAWS} draws, decoded by the VAE")
    figure.get_by_role("button", name="Draw again").click()
    assert np.abs(shown(figure, f"{DRAWS} draws, decoded by the VAE") - before).max() > 0.1


def test_what_is_said_of_draws_holds_for_many(drawn, rng):
    """The lesson's sentences, over 50 times 24 draws."""
    vae, ae = drawn
    noise = rng.normal(size=(50 * DRAWS, 16))

    def legible(images):
        """Of each 24, how many can be read."""
        return (ae.judge(images) >= 0).reshape(50, DRAWS).sum(1)

    of_vae, of_ae = legible(vae.decode(noise)), legible(ae.decode(noise))
    of_stretched = legible(ae.decode(ae.stretched(noise)))
    assert of_vae.mean() > 2.5 * of_ae.mean(), (of_vae.mean(), of_ae.mean())
    assert (of_vae > of_ae).mean() > 0.9, "whichever 24 are drawn first"
    assert of_vae.mean() > 1.2 * of_stretched.mean(), (of_vae.mean(), of_stretched.mean())
    brightest = ae.decode(noise).max((1, 2, 3)).mean()
    assert brightest < 0.8 < vae.decode(noise).max((1, 2, 3)).mean(), "pale"
    norms = np.linalg.norm(noise, axis=1)
    assert (np.linalg.norm(ae.codes, axis=1) < norms.mean()).mean() < 0.02, "draws do not come near its codes"
    assert np.linalg.norm(vae.codes, axis=1).mean() == pytest.approx(norms.mean(), rel=0.15), "the same ground"
    # Temperature: alike and blurred where it is low.
    spreads = [vae.decode(t * noise).std(0).mean() for t in (0.2, 1)]
    assert spreads[0] < spreads[1] / 2
    timid = legible(vae.decode(0.2 * noise)).mean()
    assert timid < of_vae.mean() / 2, (timid, of_vae.mean())
    check_bold_draws(vae, noise, legible)


def check_bold_draws(vae, noise, legible):
    """At a temperature of 2 draws are far out, hard and odd, though no less legible."""
    usual, bold = vae.decode(noise), vae.decode(2 * noise)
    farthest, norms = np.linalg.norm(vae.codes, axis=1).max(), np.linalg.norm(noise, axis=1)
    assert (norms > farthest).mean() < 0.01
    assert (2 * norms > farthest).mean() > 0.8, "farther out than any image’s code"
    assert legible(bold).mean() > 0.95 * legible(usual).mean(), "no fewer of them can be read"
    grey_of = [((each > 0.1) & (each < 0.9)).sum() / (each > 0.1).sum() for each in (usual, bold)]
    assert grey_of[1] < 0.8 * grey_of[0], "strokes get harder"
    data = resources.images_of(vae.run)
    train, test = (pixels_of(data.images[part]) for part in (data.split.train, data.split.test))
    images = NearestNeighbors(n_neighbors=1).fit(train)
    far = np.quantile(images.kneighbors(test)[0], 0.95)
    odd = [(images.kneighbors(each[:300].reshape(300, -1))[0] > far).mean() for each in (usual, bold)]
    assert odd[1] > 3 * odd[0], (odd, "shapes odder")
