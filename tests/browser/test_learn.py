"""The course's frame, and the lessons on distributions, on the loss, and in Python."""

import copy
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from scipy.special import logsumexp
from scipy.stats import norm

from pages._lessons import LESSONS, making
from pages._ui import resources
from tests.browser.steps import decimals, idle, lesson_ready, numbers, open_lesson, predict
from vaelab import walkthrough
from vaelab.datasets import load_dataset
from vaelab.networks.models import VAE

pytestmark = pytest.mark.browser

#: Where the words of an element are, without what is around them.
INK = """(element) => {
    const range = document.createRange();
    range.selectNodeContents(element.querySelector("p"));
    return range.getBoundingClientRect().toJSON();
}"""


# --- The frame ----------------------------------------------------------------------------------


def test_the_course_is_walked_from_lesson_to_lesson(page):
    page.goto("/learn")
    heading = page.get_by_role("heading", level=2)
    expect(heading).to_have_text(LESSONS[0].title)
    expect(page.get_by_role("button", name="Previous")).to_be_disabled()
    page.get_by_role("button", name="Next", exact=True).click()
    expect(heading).to_have_text(LESSONS[1].title)
    expect(page).to_have_url(re.compile(f"lesson={LESSONS[1].slug}"))
    page.get_by_role("button", name=f"Next: {LESSONS[2].title}").click()
    expect(heading).to_have_text(LESSONS[2].title)
    page.get_by_role("button", name="Contents").click()
    page.get_by_role("button", name=f"6. {LESSONS[5].title}").click()
    expect(heading).to_have_text(LESSONS[5].title)
    lesson_ready(page)
    # Another page and back: where the reader was.
    page.get_by_role("link", name="Train").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    page.get_by_role("link", name="Learn").click()
    expect(heading).to_have_text(LESSONS[5].title)


def test_a_lesson_opens_at_its_top_and_what_was_answered_is_remembered(page):
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    open_lesson(page, "loss")
    predict(page, 1, is_right=True)
    idle(page)
    onward = page.get_by_role("button", name=f"Next: {LESSONS[6].title}")
    onward.scroll_into_view_if_needed()
    assert page.evaluate(scrolled) > 0
    onward.click()
    expect(page.get_by_role("heading", level=2)).to_have_text(LESSONS[6].title)
    lesson_ready(page)
    idle(page)
    assert page.evaluate(scrolled) == 0
    # The keyboard goes on from the title, not from the button at the foot.
    assert page.evaluate("document.activeElement.matches('.st-key-lesson-title')")

    page.reload()
    lesson_ready(page)
    idle(page)
    page.get_by_role("button", name=re.compile(f"^Contents: 7 of {len(LESSONS)}")).click()
    contents = page.locator(".st-key-lesson-list")
    for end in (
        contents.get_by_text(LESSONS[0].part, exact=True),
        contents.get_by_role("button", name=LESSONS[-1].title),
    ):
        expect(end).to_be_in_viewport(ratio=1)
    # Each part's name is nearer to its own lessons than to those before.
    above, words, below = (contents.locator(f":scope > :nth-child({n})").evaluate(INK) for n in (4, 5, 6))
    assert words["top"] - above["bottom"] > below["top"] - words["bottom"]
    expect(page.get_by_role("tooltip")).to_be_hidden()
    icons = {
        lesson.slug: contents.locator(f".st-key-lesson-{lesson.slug}")
        .get_by_test_id("stIconMaterial")
        .first.inner_text()
        for lesson in LESSONS
    }
    assert icons.pop("loss") == "check_circle"
    assert icons.pop(LESSONS[6].slug) == "adjust"
    assert set(icons.values()) == {"radio_button_unchecked"}
    expect(page.get_by_text(f"1 of {len(LESSONS)} questions answered")).to_be_visible()
    contents.get_by_role("button", name=f"6. {LESSONS[5].title}").click()
    expect(page.get_by_role("heading", level=2)).to_have_text(LESSONS[5].title)
    expect(page.get_by_test_id("stMain").get_by_test_id("stAlertContentSuccess")).to_be_visible()
    pull = page.get_by_text("Pull towards the prior", exact=True)
    expect(pull).to_be_visible()

    # Started over, the figure asks again, and a reload brings nothing back.
    page.get_by_role("button", name="Contents").click()
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_test_id("stMain").get_by_test_id("stAlertContentSuccess")).to_have_count(0)
    lesson_ready(page)
    expect(pull).to_be_hidden()
    idle(page)
    page.reload()
    lesson_ready(page)
    idle(page)
    expect(page.get_by_text("Choose one, then see")).to_be_visible()


def test_in_a_presentation_keys_turn_to_another_lesson(page):
    page.set_viewport_size({"width": 1280, "height": 720})
    heading = page.get_by_role("heading", level=2)
    open_lesson(page, "generating")
    page.keyboard.press("ArrowRight")
    idle(page)
    expect(heading).to_have_text("Generating")  # on a screen of one's own, keys are the page's
    page.goto("/learn?lesson=generating&present=true")
    lesson_ready(page)
    idle(page)
    for key, title in (("ArrowLeft", "Collapse and dead units"), ("ArrowRight", "Generating")):
        page.keyboard.press(key)
        expect(heading).to_have_text(title)
        idle(page)
    # A clicker's key goes through the lesson first.
    screens = 0
    while heading.text_content() == "Generating":
        at_end = page.get_by_test_id("stMain").evaluate(
            "(main) => main.scrollTop + main.clientHeight >= main.scrollHeight - 1"
        )
        page.keyboard.press("PageDown")
        idle(page)
        assert (heading.text_content() == "Generating") != at_end
        screens += 1
        assert screens < 10
    lesson_ready(page)
    idle(page)
    # A figure's own keys are its own.
    page.get_by_role("application").first.focus()
    page.keyboard.press("ArrowRight")
    idle(page)
    expect(heading).to_have_text("Dimensionality reduction")


def test_every_lesson_fits_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/learn")
    for at, lesson in enumerate(LESSONS):
        if at:
            page.get_by_role("button", name=f"Next: {lesson.title}").click()
        expect(page.get_by_role("heading", level=2)).to_have_text(lesson.title)
        if lesson.slug != "python":
            lesson_ready(page)
        idle(page)
        page.locator('[class*="st-key-predict-"]').get_by_test_id("stRadioOption").first.click()
        idle(page)
        # Neither the page nor the figure in its frame, which would cut off what is wider.
        for box in (page.get_by_test_id("stMain"), page.locator(".ls-figure")):
            wide = box.evaluate_all("(all) => all.map((one) => one.scrollWidth - one.clientWidth)")
            assert max(wide, default=0) <= 0, lesson.slug


def test_a_link_to_train_carries_the_lesson_s_settings(page):
    open_lesson(page, "anatomy")
    predict(page, 1, is_right=True)
    page.get_by_role("link", name="Train this autoencoder yourself").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    expect(page.get_by_role("radio", name="AE", exact=True)).to_be_checked()
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("200")


def test_a_lesson_that_is_not_there_is_said_to_be_missing(page):
    page.goto("/learn?lesson=no-such-lesson")
    expect(page.get_by_text("There is no lesson called no-such-lesson")).to_be_visible()
    expect(page.get_by_role("heading", level=2)).to_have_text(LESSONS[0].title)


# --- A distribution instead of a point ----------------------------------------------------------


def test_an_image_is_a_point_and_a_cloud_and_draws_from_the_cloud_are_alike(page):
    figure = open_lesson(page, "distribution")
    cloud = figure.get_by_text("VAE: codes drawn from the cloud, decoded")
    expect(cloud).to_be_hidden()  # not before it was predicted
    predict(page, 1, is_right=False)
    expect(cloud).to_be_visible()
    # The figure was not drawn anew, and the model answers as torch's does.
    run = resources.example("digits-2d")
    data = load_dataset("digits")
    index = int(resources.made(run, "plane").indices[0])
    posterior = run.engine.encode(data.images[[index]])
    told = decimals(figure.get_by_text("μ = (").text_content())
    assert told == pytest.approx([*posterior.mu[0], *posterior.sigma[0]], abs=0.006)
    plane = figure.get_by_role("application", name="Map of the VAE")
    ellipses = plane.locator("ellipse")
    expect(ellipses).to_have_count(2)
    wide, narrow = (np.array([float(ellipses.nth(i).get_attribute(name)) for name in ("rx", "ry")]) for i in (0, 1))
    assert wide == pytest.approx(2 * narrow)
    assert narrow[0] / narrow[1] == pytest.approx(posterior.sigma[0, 0] / posterior.sigma[0, 1], rel=1e-3)
    # Another draw is another code; the same image comes from it, more or less.
    dots = "() => Array.from(document.querySelectorAll('.ls-dot:not(.ls-cursor)'), (d) => d.outerHTML)"
    before = page.evaluate(dots)
    assert len(before) == 6
    figure.get_by_role("button", name="Sample again").click()
    assert page.evaluate(dots) != before
    # Moved by keyboard, both maps go to the same image.
    plane.focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowUp")
    assert decimals(figure.get_by_text("μ = (").text_content()) != told


def true_posterior(run, image):
    """log p(z|x) as a function of codes, and log p(x): the decoder asked on a finer grid, in double precision."""
    model, x = run.engine.model, torch.from_numpy(image).double() / 255
    decoder = copy.deepcopy(model.decoder).double()

    def log_joint(z):
        with torch.no_grad():
            logits = decoder(torch.from_numpy(z))
            return model.likelihood.log_prob(logits, x.expand(logits.shape)).numpy() + norm.logpdf(z).sum(1)

    along = np.arange(-5, 5, 0.05) + 0.025
    grid = np.stack(np.meshgrid(along, along), -1).reshape(-1, 2)
    evidence = logsumexp(log_joint(grid)) + 2 * np.log(0.05)
    return grid, lambda z: log_joint(z) - evidence, evidence


def test_the_true_posterior_is_that_of_bayes(page):
    figure = open_lesson(page, "distribution")
    told = figure.get_by_text("The gap between the two")
    expect(told).to_be_hidden()  # not before it was predicted
    predict(page, 0, is_right=True)
    expect(told).to_be_visible()
    run, data = resources.example("digits-2d"), load_dataset("digits")
    index = int(resources.made(run, "plane").indices[0])
    grid, log_density, evidence = true_posterior(run, data.images[[index]])
    posterior = run.engine.encode(data.images[[index]])
    mu, sigma = posterior.mu[0].astype(float), posterior.sigma[0].astype(float)
    log_q = norm.logpdf(grid, mu, sigma).sum(1)
    density = log_density(grid)
    gap = np.average(log_q - density, weights=np.exp(log_q))
    assert numbers(told.text_content()) == pytest.approx([gap, evidence], abs=0.006)
    # The gap is what the ELBO falls short by.
    terms = run.engine.expected_terms(data.images[[index]], num_draws=4000)
    elbo = -(terms.reconstruction[0] + terms.kl[0])
    assert evidence - elbo == pytest.approx(gap, abs=0.05)

    # Along each line close up the density is the same, and as much lies above it as in the ellipse.
    close = figure.get_by_role("img", name="Close up: the cloud and the true posterior")
    expect(close.locator("ellipse")).to_have_count(2)
    x, y, rx = (float(close.locator("ellipse").last.get_attribute(name)) for name in ("cx", "cy", "rx"))
    lines = close.locator("polyline.ls-outline").evaluate_all("(all) => all.map((line) => line.getAttribute('points'))")
    assert len(lines) == 2
    order = np.sort(np.exp(density))[::-1]
    held = order.cumsum() * 0.05**2
    for line, radius in zip(lines, (1, 2), strict=True):
        pixels = np.array([[float(each) for each in point.split(",")] for point in line.split()])
        codes = mu + (pixels - [x, y]) * [1, -1] / rx * sigma[0]
        level = np.log(order[np.searchsorted(held, 1 - np.exp(-(radius**2) / 2))])
        off = np.abs(log_density(codes) - level)
        assert np.median(off) < 0.05
        assert off.max() < 0.25, "between the middles of cells, a line is straight"


# --- The loss -----------------------------------------------------------------------------------


def test_pixel_and_kl_terms_add_up_to_the_loss_shown(page):
    figure = open_lesson(page, "loss")
    expect(figure.get_by_text("Pull towards the prior")).to_be_hidden()
    predict(page, 1, is_right=True)
    expect(figure.get_by_text("Pull towards the prior")).to_be_visible()
    values = figure.locator(".ls-bars .ls-value")
    pixels, kl1, kl2, total = (decimals(text)[0] for text in values.all_text_contents())
    assert pixels + kl1 + kl2 == pytest.approx(total, abs=0.02)
    # All pixels' terms, read off one by one with the keyboard, add up to what is said of them.
    picker = figure.get_by_role("application", name="x, arrow keys choose").or_(figure.get_by_role("application").first)
    picker.first.focus()
    told = figure.get_by_text(re.compile(r"^Row \d"))
    for key in ["ArrowLeft"] * 7 + ["ArrowUp"] * 7:
        page.keyboard.press(key)
    terms = []
    for row in range(8):
        for column in range(8):
            text = told.text_content()
            assert text.startswith(f"Row {row + 1}, column {column + 1}:")
            x, x_hat, one_minus_x, _, term = decimals(text.replace("− ", "").replace(": −", ": "))
            assert x + one_minus_x == pytest.approx(1, abs=0.011)
            if 0.05 < x_hat < 0.95:  # two digits of a smaller number say too little of its log
                found = -x * np.log(x_hat) - (1 - x) * np.log(1 - x_hat)
                assert term == pytest.approx(found, abs=0.08)
            terms.append(term)
            if column < 7:
                page.keyboard.press("ArrowRight")
        for key in ["ArrowLeft"] * 7 + ["ArrowDown"]:
            page.keyboard.press(key)
    assert sum(terms) == pytest.approx(pixels, abs=0.3)  # 64 roundings
    # The KL terms and the mean loss are those that vaelab computes.
    run, data = resources.example("digits-2d"), load_dataset("digits")
    image = data.images[data.split.test[:1]]
    expected = run.engine.terms(np.repeat(image, 400, 0), seed=0)
    assert kl1 + kl2 == pytest.approx(expected.kl[0], abs=0.02)
    mean, _, whole = decimals(figure.get_by_text("Mean over").text_content())
    assert mean == pytest.approx(expected.reconstruction.mean(), rel=0.05)
    # Pulled to the prior, the KL is 0 and the sum is larger: what the lesson says.
    slider = figure.get_by_role("slider", name="Pull towards the prior")
    slider.focus()
    page.keyboard.press("End")
    pulled, kl, there = decimals(figure.get_by_text("Mean over").text_content())
    assert kl == 0
    assert there == pytest.approx(pulled)
    assert there > whole + 5


# --- In Python ----------------------------------------------------------------------------------


def test_the_code_shown_is_the_package_s_own_and_runs(page):
    page.goto("/learn?lesson=python")
    with page.expect_download() as download:
        page.get_by_role("button", name="Python file").click()
    assert Path(download.value.path()).read_text("utf-8") == making.script()
    predict(page, 2, is_right=True)
    code = page.locator("code.language-python").first
    steps = {
        "Environment": walkthrough.check_environment,
        "Data": walkthrough.prepare,
        "Model": walkthrough.build,
        "Training": walkthrough.fit,
    }
    for name, step in steps.items():
        page.get_by_role("radio", name=name, exact=True).click()
        expect(code).to_contain_text(f"def {step.__name__}(")
        idle(page)
        assert code.text_content().strip() == inspect.getsource(step).strip()
    # Another step may be read while it runs, and it is there when one comes back.
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("radio", name="Model", exact=True).click()
    expect(code).to_contain_text("def build(")
    page.get_by_role("radio", name="Training", exact=True).click()
    expect(page.locator(".st-key-walkthrough-curve .js-plotly-plot")).to_be_visible()
    page.get_by_role("radio", name="Evaluation", exact=True).click()
    figures = page.locator("code", has_text="elbo -")
    expect(figures).to_be_visible()
    elbo, reconstruction, kl = decimals(figures.text_content())[:3]
    assert elbo == pytest.approx(-(reconstruction + kl), abs=0.02)
    assert -32 < elbo < -18, "forty epochs on digits come to some -24 nats"
    page.get_by_role("radio", name="Latent space", exact=True).click()
    expect(page.locator(".st-key-walkthrough-map .nsewdrag")).to_be_visible()
    # What the steps are built on: source, and examples that were run.
    page.get_by_role("radio", name="VAE", exact=True).click()
    expect(page.get_by_text("vaelab.networks.models.VAE", exact=True)).to_be_visible()
    shown = page.locator("code.language-python")
    assert inspect.getsource(VAE).strip() in [text.strip() for text in shown.all_text_contents()]
    expect(shown.last).to_contain_text(">>> x = torch.rand(5, 1, 8, 8)")
