"""A training that is watched: nothing on the page flickers, and what one does to it remains."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import idle, until

pytestmark = pytest.mark.browser

FRAMES = 120
#: Looks at so many frames of the browser, a few hundredths of a second apart; returns what was wrong with any,
#: how many times what is drawn has changed, and the least opacity of anything.
WATCH = """
(frames) => new Promise((done) => {
    const course = document.querySelector('[data-testid="training-course"]');
    const [graph, plane] = [course.querySelector(".tr-curves svg"), course.querySelector(".ls-plane canvas")];
    const pairs = course.querySelector(".tr-pairs");
    const found = { wrong: [], changes: 0, opacity: 1, looked: 0 };
    const empty = (canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return !data.some((value, i) => i % 4 === 3 && value > 0);
    };
    let before = "";
    const look = () => {
        found.looked++;
        const here = document.querySelector('[data-testid="training-course"]');
        if (here !== course || !graph.isConnected || !plane.isConnected) found.wrong.push("put in its place anew");
        if (!graph.querySelector("polyline, circle")) found.wrong.push("no curve");
        if (empty(plane)) found.wrong.push("no map");
        if (empty(pairs)) found.wrong.push("no images");
        for (let at = course; at; at = at.parentElement)
            found.opacity = Math.min(found.opacity, Number(getComputedStyle(at).opacity));
        const now = graph.innerHTML;
        if (now !== before) found.changes++;
        before = now;
        if (found.looked === frames) done(found);
        else setTimeout(() => requestAnimationFrame(look), 40);
    };
    requestAnimationFrame(look);
})
"""


@pytest.fixture
def training(page):
    """A training that goes on for as long as it is looked at, with something of it on the page."""
    page.goto("/train?dataset=digits&epochs=10000&hidden=32")
    page.get_by_role("button", name="Start training").click()
    # The first training of a server starts its cluster.
    expect(page.get_by_text(re.compile(r"Running · [1-9][\d,]* of 10,000 epochs"))).to_be_visible()
    expect(page.get_by_role("img", name="Images and their reconstructions")).to_be_visible()
    idle(page)  # what was above the course before the training began is gone: nothing moves away from under the pointer
    yield page
    stop = page.get_by_role("button", name="Stop")
    if stop.is_enabled():
        stop.click()
        expect(page.get_by_text(re.compile(r"Stopped · [\d,]+ of 10,000 epochs"))).to_be_visible()


def test_no_frame_is_blank_and_hover_and_zoom_remain(training):
    page = training
    # The pointer rests on a curve; one of the others was zoomed into before.
    graphs = page.locator(".tr-curves .ls-graph")
    box = graphs.nth(1).bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 60, steps=4)
    page.mouse.up()
    whole = page.get_by_role("button", name="All epochs")
    expect(whole).to_be_visible()
    ticks = graphs.first.locator("text:not([class])").all_text_contents()
    box = graphs.first.bounding_box()
    rule = graphs.first.locator("line.ls-quiet")

    def points():
        graphs.first.hover(position={"x": 0.6 * box["width"], "y": 60})
        return rule.count() == 1

    until(page, points)  # on a busy machine what is above the curves may still give way
    at = rule.get_attribute("x1")

    found = page.evaluate(WATCH, FRAMES)
    assert found["looked"] == FRAMES
    assert found["wrong"] == []
    assert found["opacity"] == 1
    assert rule.get_attribute("x1") == at
    assert graphs.first.locator("text:not([class])").all_text_contents() == ticks

    whole.click()
    page.mouse.move(0, 0)
    found = page.evaluate(WATCH, FRAMES)
    assert found["wrong"] == []
    assert found["changes"] > 2, "the curves went on meanwhile"


def test_the_map_is_touched_and_training_is_watched_again(training):
    page = training
    plane = page.get_by_role("application", name=re.compile("Latent map as it forms"))
    words = page.locator(".tr-looked p")
    plane.hover()
    expect(words).to_have_text(re.compile(r"The nearest image: \d+, “\d”"))
    # With the keyboard, too.
    nearest = words.inner_text()
    plane.focus()

    def move_on():
        page.keyboard.press("Shift+ArrowLeft")
        return words.inner_text() != nearest

    until(page, move_on)

    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile(r"Stopped · [\d,]+ of 10,000 epochs"))).to_be_visible()
    idle(page)
    # A second press of the same place leads nowhere.
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()
    slider = page.get_by_role("slider", name="Epoch")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("heading", name="Latent map after 0 epochs", exact=True)).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Latent map after 1 epoch", exact=True)).to_be_visible()
    page.get_by_role("button", name="Watch it again").click()
    last = page.get_by_text(re.compile(r"Stopped · [\d,]+ of")).inner_text()
    epoch = re.search(r"Stopped · ([\d,]+) of", last)[1]
    expect(page.get_by_role("heading", name=f"Latent map after {epoch} epochs", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Watch it again")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (800, 1000)])
def test_curves_and_map_are_on_the_first_screen_of_a_phone_and_of_a_tablet(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/train?dataset=digits&epochs=10000&hidden=32")
    start = page.get_by_role("button", name="Start training")
    start.scroll_into_view_if_needed()
    start.click()
    expect(page.get_by_text(re.compile(r"Running · [1-9][\d,]* of 10,000 epochs"))).to_be_visible()
    plane = page.get_by_role("application", name=re.compile("Latent map as it forms"))
    expect(plane).to_be_visible()
    idle(page)
    try:
        for shown in (page.locator(".tr-losses"), plane, page.get_by_role("button", name="Pause", exact=True)):
            box = shown.bounding_box()
            assert 0 <= box["x"] < box["x"] + box["width"] <= width
            assert 0 <= box["y"] < box["y"] + box["height"] <= height, "without scrolling"
        graphs = page.locator(".tr-curves .ls-graph")
        assert [graph.is_visible() for graph in graphs.all()] == [True, False, False]
        curve = page.get_by_role("group", name="Curve")
        curve.get_by_role("button", name="KL divergence").click()
        assert [graph.is_visible() for graph in graphs.all()] == [False, False, True]
        for name in ("One step", "One epoch", "Change"):
            expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    finally:
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text(re.compile("^Stopped ·"))).to_be_visible()
    # The settings come after it on a phone, and stay beside it on a tablet.
    settings, training = (at.bounding_box() for at in (start, plane))
    assert (settings["y"] > training["y"] + training["height"]) == (width == 390)


#: How often the ranges of the axes change, of curves and of the map, in so many milliseconds.
RANGES = """
(milliseconds) => new Promise((done) => {
    const texts = (selector) => [...document.querySelectorAll(selector)].map((text) => text.textContent).join();
    const course = document.querySelector('[data-testid="training-course"]');
    const found = { axes: 0, drawn: 0 };
    let [axes, drawn] = ["", ""];
    const look = () => {
        const now = texts(".tr-curves text:not([class])") + texts(".tr-formed .ls-plane .ls-tick");
        const all = course.querySelector(".tr-curves svg").innerHTML;
        found.axes += Number(now !== axes);
        found.drawn += Number(all !== drawn);
        [axes, drawn] = [now, all];
    };
    const watch = setInterval(look, 50);
    setTimeout(() => { clearInterval(watch); done(found); }, milliseconds);
});
"""


def test_axes_stay_as_they_are_while_curves_and_map_go_on(training):
    page = training
    until(page, lambda: page.get_by_text(re.compile(r"Running · [\d,]{3,} of")).count() == 1)
    found = page.evaluate(RANGES, 8000)
    assert found["drawn"] > 4, "something new to see each second"
    assert 2 * found["axes"] < found["drawn"], found
