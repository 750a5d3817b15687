"""On a projector of 1280 x 720: a page's figure is whole on the first screen, and its image twice as large."""

import re

import pytest
from playwright.sync_api import expect

from pages._lessons import LESSONS
from tests.browser.conftest import stay, traced
from tests.browser.steps import canvas, idle, lesson_ready
from vaelab.config import TrainConfig
from vaelab.training.running import train

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 1280, 720
RUN = "for-a-lecture"

#: What is to be whole on the first screen of each page, and in it the decoded image, twice as large as without.
PAGES = {
    "/": (".js-plotly-plot, .lc-real", ".lc-decoded"),
    "/explore": (".js-plotly-plot, .lc-real", ".lc-decoded"),
    "/compare": ("[class*='st-key-compare-map-'] .js-plotly-plot, .lc-real", ".lc-decoded"),
    f"/train?watch={RUN}": (".tr-curves .ls-graph, .tr-forming .ls-plane", ".tr-pairs"),
}
FIGURES = {
    "anatomy": (".ls-plane, .ls-paper", ".ls-ends > :nth-child(3) .ls-image"),
    "code_map": (".ls-plane", ".ls-chart .ls-picture .ls-image"),
    "holes": (".ls-plane, .ls-tiles", ".ls-territory .ls-picture:first-child .ls-image"),
    "distribution": (".ls-plane[role=application]", ".ls-brought > .ls-picture .ls-image"),
    "reparameterization": (".ls-plane", ".ls-row > .ls-picture .ls-image"),
    "loss": (".ls-bars", ".ls-row > .ls-picture .ls-image"),
    "two_forces": (
        ".ls-plane[role=application], .ls-table, .ls-slider",
        ".ls-column .ls-picture:nth-child(2) .ls-image",
    ),
    "beta": (".ls-plane, .ls-graph, .ls-table", ".ls-clouds + .ls-row .ls-image"),
    "collapse": (".ls-posteriors, .ls-row .ls-bars", ".ls-row > .ls-picture:nth-child(2) .ls-image"),
    "generating": (".ls-plane, .ls-tiles", ".ls-judged .ls-image"),
    "reducing": (".ls-plane", ".ls-part > .ls-row > .ls-picture .ls-image"),
    "anomalies": (".ls-graph", ".ls-row > .ls-picture .ls-image"),
    "denoising": (".ls-slider", ".ls-four > :nth-child(n + 3) .ls-image"),
    "image_generation": (".ls-plane", ".ls-wish .ls-picture .ls-image"),
}

#: What a selector finds that can be seen, as boxes.
BOXES = """(selector) => [...document.querySelectorAll('[data-testid="stMain"] :is(' + selector + ')')]
    .filter((element) => element.checkVisibility())
    .map((element) => element.getBoundingClientRect().toJSON())"""

#: What a lecture does without, if it can be seen all the same; and whether the page scrolls sideways.
LEFT = """() => [
    ...[...document.querySelectorAll('.stAppHeader nav, .modebar-container, .lc-hint, button[aria-label^="Help for"],'
        + '.stMarkdown [data-testid="stCaptionContainer"]')]
        .filter((element) => element.checkVisibility({ opacityProperty: true }))
        .map((element) => element.className + element.textContent),
    ...(document.querySelector('[data-testid="stMain"]').scrollWidth > innerWidth ? ["it scrolls sideways"] : []),
]"""


@pytest.fixture(scope="module")
def room(request, browser, base_url, served_runs):
    """A lecture room's screen, and a run that is looked at in it."""
    train(TrainConfig(epochs=2, hidden=(16,)), run_dir=served_runs / RUN)
    with stay(request, browser, base_url=base_url, viewport={"width": WIDTH, "height": HEIGHT}) as page:
        page.mouse.move(WIDTH / 2, HEIGHT - 5)
        yield page


def whole(page, figure, image):
    """Check that all of it is on the screen; returns the width of the image."""
    images = page.evaluate(BOXES, image)
    assert images
    boxes = page.evaluate(BOXES, figure) + images
    beyond = [
        box for box in boxes if box["left"] < 0 or box["top"] < 0 or box["right"] > WIDTH or box["bottom"] > HEIGHT
    ]
    assert beyond == []
    return images[0]["width"]


def present(page, figure, image):
    """Switch the presentation on, on a page as everybody sees it; the image becomes twice as large."""
    usual = page.evaluate(BOXES, image)[0]["width"]
    page.get_by_text("Presentation", exact=True).click()
    expect(page).to_have_url(re.compile("present=true"))
    idle(page)
    assert whole(page, figure, image) >= 2 * usual
    assert page.evaluate(LEFT) == []


@pytest.mark.parametrize("address", PAGES)
def test_map_and_image_are_whole_and_large(request, room, address):
    with traced(request, room):
        room.goto(address)
        if address.startswith("/train"):
            expect(room.locator(".tr-pairs")).to_be_visible()
        else:
            expect(room.locator(".js-plotly-plot .nsewdrag").first).to_be_visible()
            expect(room.locator('[data-testid="latent-canvas"]:not([data-state="ready"])')).to_have_count(0)
        idle(room)
        present(room, *PAGES[address])


@pytest.mark.parametrize("slug", [lesson.slug for lesson in LESSONS if lesson.slug in FIGURES])
def test_a_lesson_s_figure_is_whole_and_large(request, room, slug):
    with traced(request, room):
        room.goto(f"/learn?lesson={slug}")
        lesson_ready(room)
        idle(room)
        present(room, *FIGURES[slug])
        # The question waits behind a button, and what its answer reveals has its place on the same screen.
        room.get_by_role("button", name="Predict").click()
        room.locator('[class*="st-key-predict-"]').get_by_test_id("stRadioOption").first.click()
        expect(room.get_by_test_id("stAlert").first).to_be_visible()
        idle(room)
        whole(room, *FIGURES[slug])
        room.keyboard.press("Escape")


def test_every_lesson_with_a_figure_is_looked_at():
    assert {lesson.slug for lesson in LESSONS} - {"python"} == set(FIGURES)


def test_who_wants_less_motion_sees_none(request, room):
    with traced(request, room):
        room.emulate_media(reduced_motion="reduce")
        room.goto("/explore?present=true")
        canvas(room)
        idle(room)
        moving = """() => [...document.querySelectorAll("*")].filter((element) => {
            const { animationDuration, transitionDuration, scrollBehavior } = getComputedStyle(element);
            const seconds = `${animationDuration},${transitionDuration}`.split(",").map(parseFloat);
            return Math.max(...seconds) > 0.001 || scrollBehavior === "smooth";
        }).map((element) => element.className)"""
        assert room.evaluate(moving) == []
        room.emulate_media(reduced_motion=None)
