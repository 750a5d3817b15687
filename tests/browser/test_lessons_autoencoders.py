"""The first three lessons, used: what their figures show and say, against what vaelab computes."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from sklearn.neighbors import NearestNeighbors

from pages._lessons import kit
from pages._lessons.holes import NEAR
from pages._ui import resources
from tests.browser.steps import decimals, grey, numbers, open_lesson, predict, rgba
from vaelab.latent.density import nearest_codes, neighbour_radii
from vaelab.latent.units import code_scale

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def ae():
    return resources.example("digits-ae-2d")


@pytest.fixture(scope="module")
def data(ae):
    return resources.images_of(ae)


@pytest.fixture(scope="module")
def mnist_ae():
    return resources.example("mnist-ae-2d")


@pytest.fixture(scope="module")
def mnist(mnist_ae):
    return resources.images_of(mnist_ae)


@pytest.fixture(scope="module")
def places(mnist_ae):
    """The map of lessons 2 and 3."""
    return kit.thinned(resources.made(mnist_ae, "plane"))


def image_of(canvas):
    """The digit that a canvas shows, ``(H, W)`` from 0 to 1."""
    return grey(canvas) / 255


def decode(run, *z):
    return run.engine.decode(np.array([z], np.float32))[0, 0]


def assert_shows(canvas, expected, levels=2.0):
    np.testing.assert_allclose(image_of(canvas).ravel(), np.ravel(expected), atol=levels / 255)


def cells(column):
    """The colours of a layer's cells, int ``(N, 4)``: each is 8 pixels wide and high."""
    return rgba(column.locator("canvas"), 8)


# --- What an autoencoder is ---------------------------------------------------------------------


def check_errors(figure, ae, data, index, reconstruction):
    """What is said of an image's error, the test images', and that of the mean image."""
    test = data.split.test
    x = data.images[index, 0] / 255
    held_out = data.images[test] / 255
    decoded = ae.engine.decode(ae.engine.encode(data.images[test]).mu)
    mean = data.images[data.split.train].mean(0) / 255
    expected = [
        ((x - reconstruction) ** 2).sum(),
        ((held_out - decoded) ** 2).sum((1, 2, 3)).mean(),
        ((held_out - mean) ** 2).sum((1, 2, 3)).mean(),
    ]
    shown = [decimals(text)[0] for text in figure.locator(".ls-value").all_text_contents()]
    assert shown == pytest.approx(expected, abs=0.01)
    assert shown[1] < shown[2] / 2, "two numbers tell much more than none"
    terms = ae.engine.terms(data.images[[index]])
    cross_entropy, perfect = decimals(figure.get_by_text("Cross-entropy").text_content())
    assert cross_entropy == pytest.approx(terms.reconstruction[0], abs=0.01)
    assert 0 < perfect < cross_entropy


def test_an_image_goes_through_the_layers_that_the_model_has(page, ae, data):
    figure = open_lesson(page, "anatomy")
    weights = ae.checkpoint()[0]
    layers = [
        *(f"encoder.body.{i}" for i in (0, 2, 4)),
        "encoder.heads.mu",
        *(f"decoder.body.{i}" for i in (0, 2, 4)),
        "decoder.out",
    ]
    shapes = [weights[f"model.{layer}.weight"].shape for layer in layers]
    columns = figure.locator(".ls-stages > li")
    sizes = [int(text) for text in columns.locator(".ls-size").all_text_contents()]
    assert sizes == [64, *(outputs for outputs, _ in shapes)]
    assert sizes == [64, 256, 256, 128, 2, 128, 256, 256, 64]
    told = columns.locator(".ls-weights").all_text_contents()
    assert told[0] == ""
    assert told[1:] == [f"{(inputs + 1) * outputs:,} weights" for outputs, inputs in shapes]

    # The code's numbers have no 0 to start from, and a key of their own.
    keys = figure.locator(".ls-keys .ls-key").all_text_contents()
    assert keys == ["Hidden layers: 0the largest of the layer", "Code: the lowestthe highest on its map"]

    # Before the answer it comes as far as the code.
    slider = figure.get_by_role("slider", name="Where the image is")
    empty = {(128, 128, 128, 56)}
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "Code")
    assert {tuple(color) for i in range(5, 9) for color in cells(columns.nth(i))} <= empty
    expect(figure.get_by_text("Predict first: what will it be?")).to_be_visible()
    errors = figure.get_by_text("Error ‖x − x̂‖²")
    expect(errors).to_be_hidden()
    page.keyboard.press("Home")
    expect(figure.get_by_text("Input: 64 numbers")).to_be_visible()
    assert {tuple(color) for color in cells(columns.nth(1))} <= empty
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "Encoder, layer 1")
    # The brighter a cell, the greater its activation.
    test = data.split.test
    seven = test[data.labels[test] == 7][0]
    figure.get_by_role("button", name="A “7”").drag_to(figure.locator(".ls-paper"))
    x = data.images[seven, 0] / 255
    linear = weights["model.encoder.body.0.weight"] @ x.ravel() + (weights["model.encoder.body.0.bias"])
    activations = linear / (1 + np.exp(-linear))
    brightness = cells(columns.nth(1))[:, :3].sum(1)
    assert len(np.unique(brightness)) > 30
    assert (np.diff(brightness[np.argsort(activations)]) >= -4).all()
    assert {tuple(color) for color in cells(columns.nth(2))} <= empty

    predict(page, 2, is_right=False)
    expect(slider).to_have_attribute("aria-valuetext", "Output")
    # What the answer reveals is in sight on a projector: the image and its error.
    page.set_viewport_size({"width": 1280, "height": 720})
    page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 0)")
    for revealed in (figure.locator(".ls-ends canvas").last, errors, figure.locator(".ls-ends .ls-value").last):
        expect(revealed).to_be_in_viewport(ratio=1)
    z = ae.engine.encode(data.images[[seven]]).mu[0]
    assert decimals(figure.get_by_text("z = (").text_content()) == pytest.approx(z, abs=0.006)
    output = figure.locator(".ls-ends canvas").last
    reconstruction = decode(ae, *z)
    assert_shows(output, reconstruction)
    check_errors(figure, ae, data, seven, reconstruction)


def test_another_code_changes_the_decoder_only_and_drawings_become_digits(page, ae, data):
    figure = open_lesson(page, "anatomy")
    predict(page, 1, is_right=True)
    slider = figure.get_by_role("slider", name="Where the image is")
    expect(slider).to_have_attribute("aria-valuetext", "Output")
    columns = figure.locator(".ls-stages canvas")
    look = "(all) => all.map((canvas) => canvas.toDataURL())"
    before = columns.evaluate_all(look)
    plane = figure.get_by_role("application", name="The code")
    box = plane.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"], steps=3)
    page.mouse.up()
    told = figure.get_by_text("z = (")
    expect(told).to_contain_text("moved by hand")
    after = columns.evaluate_all(look)
    assert [a == b for a, b in zip(after, before, strict=True)] == [True] * 4 + [False] * 5
    output = figure.locator(".ls-ends canvas").last
    z = decimals(told.text_content())
    assert_shows(output, decode(ae, *z), 5)
    plane.focus()
    page.keyboard.press("ArrowUp")
    moved = decimals(told.text_content())
    assert moved[0] == z[0]
    assert moved[1] > z[1]
    # It is no longer that image, and says nothing of that image's error.
    expect(figure.get_by_text("Decoded from the dot’s place")).to_be_visible()
    expect(figure.locator(".ls-ends .ls-value").first).to_have_text("–")
    figure.get_by_role("button", name="Back to the image’s code").click()
    assert columns.evaluate_all(look) == before

    # Whatever is drawn comes out nearer to a digit than it was: the decoder knows nothing else.
    figure.get_by_role("button", name="Clear").click()
    paper = figure.get_by_role("application", name="The input image")
    drawn = np.zeros((8, 8))
    at = [3, 3]  # column, row

    def draw(x, y):
        for axis, keys in enumerate((("ArrowLeft", "ArrowRight"), ("ArrowUp", "ArrowDown"))):
            steps = (x, y)[axis] - at[axis]
            for _ in range(abs(steps)):
                page.keyboard.press(keys[steps > 0])
        at[:] = x, y
        page.keyboard.press("Space")
        drawn[y, x] = 1

    train = data.images[data.split.train, 0] / 255
    real = np.sort(((train[::10, None] - train) ** 2).sum((2, 3)), 1)[:, 1]  # to another digit
    for stroke in ([], [(i, i) for i in range(8)], [(7 - i, i) for i in range(8)]):
        paper.focus()
        for x, y in stroke:
            draw(x, y)
        assert_shows(figure.locator(".ls-paper canvas"), drawn)
        code = ae.engine.encode(np.uint8(255 * drawn)[None, None]).mu[0]
        decoded = image_of(output)
        np.testing.assert_allclose(decoded, decode(ae, *code), atol=2 / 255)
        far = ((train - drawn) ** 2).sum((1, 2)).min()
        near = ((train - decoded) ** 2).sum((1, 2)).min()
        assert near < np.quantile(real, 0.95) < far


# --- The code as a map --------------------------------------------------------------------------


def colourful(plane):
    """The share of a map's points, by area, that are not grey."""
    pixels = rgba(plane.locator("canvas"), 3)
    points = pixels[pixels[:, 3] > 150][:, :3]
    return float((points.max(1) - points.min(1) > 40).mean())


def test_classes_gather_on_a_map_that_was_made_without_them(page, mnist_ae, mnist, places):
    figure = open_lesson(page, "code_map")
    plane = figure.get_by_role("application", name="Map of the autoencoder")
    assert colourful(plane) == 0
    expect(figure.get_by_role("list", name="Classes")).to_be_hidden()
    expect(figure.get_by_text(re.compile("“"))).to_have_count(0)  # no class is called by its name
    predict(page, 1, is_right=True)
    expect(figure.get_by_role("list", name="Classes")).to_be_visible()
    assert colourful(plane) > 0.7
    accuracy = mnist_ae.evaluation()["knn_accuracy"]
    expect(page.get_by_text(f"is {accuracy:.0%} on 500 test images")).to_be_visible()
    assert accuracy > 0.5, "much of what matters"

    # Moved over: what is decoded, the nearest image, and the ten that would vote.
    figure.get_by_role("button", name="the crowded middle").click()
    box = plane.bounding_box()
    for across, down in ((0.5, 0.5), (0.7, 0.35), (0.3, 0.6)):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        z = decimals(figure.get_by_text("z = (").text_content())
        rows = nearest_codes(places.codes, np.array(z[:2]), 10)
        assert z[2] == pytest.approx(np.linalg.norm(places.codes[rows[0]] - z[:2]), abs=0.02)
        pictures = figure.locator(".ls-chart .ls-picture canvas")
        assert_shows(pictures.nth(0), decode(mnist_ae, *z[:2]), 12)
        assert_shows(pictures.nth(1), mnist.images[places.indices[rows[0]], 0] / 255)
        told = figure.get_by_text(re.compile(r"^\d+ × “")).text_content()
        votes = {name: int(count) for count, name in re.findall(r"(\d+) × “(\d)”", told)}
        labels = mnist.labels[places.indices[rows]]
        assert votes == {str(label): int((labels == label).sum()) for label in set(labels)}


def test_no_two_digits_are_more_mixed_up_than_4_and_9(mnist, places):
    labels = mnist.labels[places.indices]
    rows = NearestNeighbors(n_neighbors=11).fit(places.codes).kneighbors(places.codes)[1][:, 1:]
    votes = np.array([np.bincount(labels[row], minlength=10) for row in rows])
    mixed = np.array([votes[labels == label].mean(0) for label in range(10)])
    mixed += mixed.T
    np.fill_diagonal(mixed, 0)
    assert set(np.unravel_index(mixed.argmax(), mixed.shape)) == {4, 9}


def test_a_line_between_two_images_of_the_reader_s_choice(page, mnist_ae, mnist, places):
    figure = open_lesson(page, "code_map")
    codes, images = places.codes, mnist.images[places.indices, 0]
    plane = figure.get_by_role("application", name="Map of the autoencoder")
    views = figure.get_by_role("group", name="Decoded along the line").locator("canvas")
    mixed = figure.get_by_role("group", name="Pixels of A and B mixed").locator("canvas")
    box = plane.bounding_box()
    ends = []
    for i, (across, down) in enumerate(((0.75, 0.45), (0.5, 0.3))):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        z = decimals(figure.get_by_text("z = (").text_content())[:2]
        ends.append(int(nearest_codes(codes, np.array(z), 1)[0]))
        if i:
            plane.focus()
            page.keyboard.press("Enter")
        else:
            page.mouse.down()
            page.mouse.up()
    a, b = ends
    for i in range(9):
        t = i / 8
        assert_shows(views.nth(i + 1), decode(mnist_ae, *((1 - t) * codes[a] + t * codes[b])))
        assert_shows(mixed.nth(i + 1), ((1 - t) * images[a] + t * images[b]) / 255)
    assert_shows(views.first, images[a] / 255)
    assert_shows(views.last, images[b] / 255)
    # A movement with the button down is no click.
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.45 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.45 * box["height"], steps=4)
    page.mouse.up()
    assert_shows(views.first, images[a] / 255)


# --- Holes in the map ---------------------------------------------------------------------------

RULES = ("anywhere", "from N(0, I)")


@pytest.fixture(scope="module")
def maps(places):
    """The maps of the autoencoder and of the VAE."""
    vae = kit.thinned(resources.made(resources.example("mnist-2d"), "plane"))
    np.testing.assert_array_equal(vae.indices, places.indices)
    return places, vae


def levels(known, z):
    """How far places ``(M, 2)`` are to be trusted: 0 is among the images of a map, 1 at the edge, 2 off the data."""
    scale = code_scale(known.codes, known.sigma, known.sigma is not None)
    codes, sigma = scale * known.codes, None if known.sigma is None else scale * known.sigma
    eighth = np.sort(np.linalg.norm((scale * z)[:, None] - codes, axis=2), 1)[:, 7]
    return np.searchsorted(neighbour_radii(codes, sigma)[[90, 99]], eighth)


@pytest.fixture(scope="module")
def long_run(maps, places, mnist):
    """Of each model and rule: the share off the data, and digits among each 24 of 2,400 codes."""
    rng, labels, found = np.random.default_rng(0), mnist.labels[places.indices], {}
    for model, known in zip(("Autoencoder", "VAE"), maps, strict=True):
        codes = known.codes
        for rule in RULES:
            size = (2400, 2)
            z = rng.uniform(codes.min(0), codes.max(0), size) if rule == "anywhere" else rng.normal(size=size)
            off = (levels(known, z) == 2).mean()
            nearest = labels[NearestNeighbors(n_neighbors=1).fit(codes).kneighbors(z)[1][:, 0]]
            found[model, rule] = off, np.mean([len(set(some)) for some in nearest.reshape(100, 24).tolist()])
    return found


def test_only_the_vae_has_a_rule_by_which_draws_are_on_the_data_and_of_every_digit(long_run):
    """What the lesson says of both rules and models."""
    assert 0.28 < long_run["Autoencoder", "anywhere"][0] < 0.39, "about a third"
    assert long_run["Autoencoder", "from N(0, I)"][0] < 0.05, "no holes there"
    assert long_run["VAE", "anywhere"][0] > 0.2, "empty corners"
    off, digits = long_run["VAE", "from N(0, I)"]
    assert off < 0.05, "hardly a draw"
    assert digits > 8.5, "nearly every digit"
    for rule in RULES:
        assert long_run["Autoencoder", rule][1] < digits - 1


def test_codes_at_random_fall_into_holes_as_often_as_is_said(page, mnist_ae, mnist, maps, places, long_run):
    vae = resources.example("mnist-2d")
    figure = open_lesson(page, "holes")
    tally = figure.get_by_text("Off the data: ")
    expect(tally).to_have_count(0)
    expect(figure.get_by_role("button", name="Draw again")).to_have_count(0)
    expect(figure.get_by_role("application", name="VAE: map")).to_be_hidden()
    # The density of a place is told by Explore's rule.
    plane = figure.get_by_role("application", name="Autoencoder: map")
    box = plane.bounding_box()
    seen = set()
    for across, down in ((0.5, 0.5), (0.95, 0.05), (0.4, 0.25), (0.1, 0.5), (0.02, 0.98)):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        z = decimals(figure.get_by_text("z = (").first.text_content())
        level = levels(maps[0], np.array([z[:2]]))[0]
        name = ("Among the images", "At the edge of the data", "Off the data")[level]
        expect(figure.locator(".ls-territory").first.get_by_text(name, exact=True)).to_be_visible()
        seen.add(level)
    assert {0, 2} <= seen

    predict(page, 0, is_right=False)
    expect(tally).to_have_count(2)
    rows = figure.get_by_role("table").locator("tbody tr")
    for (model, rule), (off, digits) in long_run.items():
        row = rows.filter(has_text=f"{model}, {rule}")
        expect(row).to_have_count(1)
        share, count = (float(text.rstrip("%")) for text in row.locator("td").all_inner_texts())
        assert share / 100 == pytest.approx(off, abs=0.05)
        assert count == pytest.approx(digits, abs=0.5)
    # At first each is drawn from by the rule that it has; then by the other.
    for turn, rules in enumerate((RULES, RULES[::-1])):
        for i, (run, known, rule) in enumerate(zip((mnist_ae, vae), maps, rules, strict=True)):
            side = figure.locator(".ls-territory").nth(i)
            if turn:
                side.get_by_role("button", name=rule).click()
            expect(side.get_by_role("button", name=rule)).to_have_attribute("aria-pressed", "true")
            expect(rows.nth(2 * i + RULES.index(rule))).to_have_attribute("aria-current", "true")
            tiles = side.locator(".ls-tiles > div")
            z = np.array([decimals(tile)[:2] for tile in tiles.evaluate_all("(all) => all.map((t) => t.title)")])
            assert z.shape == (24, 2)
            assert_shows(tiles.nth(5).locator("canvas"), decode(run, *z[5]), 12)
            off = levels(known, z) == 2
            marked = tiles.evaluate_all("(all) => all.map((t) => t.classList.contains('ls-off'))")
            assert (off != marked).sum() <= 1, "two digits of a code may fall on the other side"
            counted, digits = numbers(side.get_by_text("Off the data: ").text_content().replace(" of 24", ""))[:2]
            assert counted == sum(marked)
            labels = mnist.labels[places.indices[[nearest_codes(known.codes, place, 1)[0] for place in z]]]
            assert abs(len(set(labels)) - digits) <= 1
    shares = [(np.linalg.norm(known.codes, axis=1) < NEAR).mean() for known in maps]
    expect(page.get_by_text(f"this map has only {shares[0]:.0%} of its images")).to_be_visible()
    expect(page.get_by_text(f"and {shares[1]:.0%} of its images do lie within")).to_be_visible()
