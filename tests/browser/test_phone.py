"""On a phone: everything within the screen, nothing squeezed, a menu that goes away again, and fingers on maps."""

from itertools import combinations, pairwise

import pytest
from playwright.sync_api import expect

from pages import PAGES
from pages._lessons import LESSONS
from tests.browser.conftest import stay, traced
from tests.browser.steps import idle, lesson_ready, until

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 390, 844
#: What a phone calls itself, as far as it matters.
AGENT = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
ADDRESSES = [page.address for page in PAGES] + [f"/learn?lesson={lesson.slug}" for lesson in LESSONS]

#: Pages with one live map, and the key of its container.
MAPS = {"/": "home-map", "/explore": "latent-map", "/interpolate": "interpolation-map"}

#: What reaches beyond the screen, what is so narrow that words stand one letter a line, and pictures nobody can see.
LOOK = """
(width) => {
    const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const name = (element) => `${element.tagName} ${element.className?.baseVal ?? element.className}`.slice(0, 80)
        + ` "${(element.alt ?? element.textContent).trim().slice(0, 40)}"`;
    const scrolls = (element) => {
        for (let at = element; at && at !== document.body; at = at.parentElement) {
            const { overflowX } = getComputedStyle(at);
            const isPage = at.matches(".stMain, .stApp, .stAppViewContainer");
            if (/auto|scroll|hidden|clip/.test(overflowX) && !isPage) return true;
        }
        return false;
    };
    const found = { wide: [], narrow: [], tiny: [] };
    const root = document.querySelector('[data-testid="stMain"]');
    if (root.scrollWidth > width) found.wide.push(`the page itself: ${root.scrollWidth}`);
    for (const element of root.querySelectorAll("*")) {
        const box = element.getBoundingClientRect();
        if (!box.width || !box.height || !seen(element)) continue;
        if (box.right > width + 1 && !scrolls(element)) found.wide.push(`${name(element)} to ${Math.round(box.right)}`);
        // The layers of a network are no images, but for its first and last.
        const isImage = element.matches("img, canvas, image") && !element.closest(".ls-stages li:not(.ls-end)");
        if (isImage && box.width < 40) {
            found.tiny.push(`${name(element)} ${Math.round(box.width)}`);
        }
    }
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        const words = texts.currentNode.data.trim();
        const forEars = getComputedStyle(element).clipPath !== "none";
        if (words.length < 9 || forEars || !seen(element)) continue;
        if (element.closest("svg, style, script, canvas, .katex, pre")) continue;
        const range = document.createRange();
        range.selectNodeContents(texts.currentNode);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        const { width: across } = range.getBoundingClientRect();
        const letter = 0.5 * parseFloat(getComputedStyle(element).fontSize);
        if (lines.size > 1 && across < 8 * letter) found.narrow.push(`${name(element)} ${Math.round(across)}`);
    }
    return found;
}
"""


#: Goes to another page as Back and Forward do, in a third of the time that loading it takes.
GO = """
(address) => {
    history.pushState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
}
"""
#: The axes' ranges of the chart in a container.
RANGES = """
(selector) => {
    const { xaxis, yaxis } = document.querySelector(`${selector} .js-plotly-plot`)._fullLayout;
    return [...xaxis.range, ...yaxis.range].map(Number);
}
"""
#: In how many rows the panels of the figure in a container are.
ROWS = """
(selector) => {
    const panels = [...document.querySelectorAll(`${selector} .nsewdrag`)];
    return new Set(panels.map((panel) => Math.round(panel.getBoundingClientRect().top))).size;
}
"""
#: Where what is written over a figure's parts stands, and how large everything in it is written.
WORDS = """
(selector) => {
    const plot = document.querySelector(`${selector} .js-plotly-plot`);
    const boxes = [...plot.querySelectorAll(".annotation-text, .g-xtitle, .g-x2title, .g-x3title")]
        .map((text) => text.getBoundingClientRect()).filter(({ width }) => width)
        .map(({ left, right, top, bottom }) => ({ left, right, top, bottom }));
    const sizes = [...plot.querySelectorAll("text, tspan")].map((text) => parseFloat(getComputedStyle(text).fontSize));
    return { boxes, least: Math.min(...sizes) };
}
"""


class Hand:
    """Fingers on a page, as the browser takes them from a touch screen."""

    def __init__(self, page):
        self.page = page
        self.devtools = page.context.new_cdp_session(page)

    def put(self, *places):
        self._send("touchStart", places)

    def lift(self):
        self._send("touchEnd", ())

    def move(self, start, end, steps=4):
        """Move fingers that are down, from and to as many places."""
        for step in range(1, steps + 1):
            part = step / steps
            now = [(a + (c - a) * part, b + (d - b) * part) for (a, b), (c, d) in zip(start, end, strict=True)]
            self._send("touchMove", now)
            self.page.wait_for_timeout(16)  # the next frame

    def swipe(self, start, end):
        self.put(start)
        self.move([start], [end])
        self.lift()

    def _send(self, kind, places):
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self.devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


@pytest.fixture(scope="module")
def phone(request, browser, base_url):
    options = {"viewport": {"width": WIDTH, "height": HEIGHT}, "has_touch": True, "is_mobile": True}
    with stay(request, browser, base_url=base_url, user_agent=AGENT, **options) as page:
        page.goto("/collect")
        page.wait_for_selector('[data-testid="stMain"] h1')
        idle(page)
        yield page


def go(page, address):
    page.evaluate(GO, address)
    page.wait_for_timeout(50)  # until the app has asked for it
    idle(page)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0)


def live(page):
    """The live canvas, once it can decode; on a phone it is laid out as if it were not there."""
    root = page.get_by_test_id("latent-canvas")
    expect(root).to_have_attribute("data-state", "ready")
    return root


def scrolled(page):
    return page.get_by_test_id("stMain").evaluate("(element) => element.scrollTop")


@pytest.mark.parametrize("address", ADDRESSES)
def test_everything_has_its_place_on_a_phone(request, phone, address):
    with traced(request, phone):
        go(phone, address)
        if address == "/compare":  # whose tables come after its maps
            expect(phone.get_by_test_id("stTable").get_by_role("row").filter(has_text="k-NN").first).to_be_visible()
        assert phone.evaluate(LOOK, WIDTH) == {"wide": [], "narrow": [], "tiny": []}
        if address in MAPS:
            map_beside_image(phone, MAPS[address])


def map_beside_image(page, key):
    """Where a page's map is, on its first screen together with what it decodes and room for a finger on either side."""
    live(page)
    box, image = (page.locator(each).bounding_box() for each in (f".st-key-{key} .nsewdrag", '[data-testid="decoded"]'))
    assert scrolled(page) == 0
    assert image["width"] >= 96
    assert image["y"] > 0
    assert image["y"] + image["height"] < box["y"] < box["y"] + box["height"] < HEIGHT
    assert min(box["width"], box["height"]) > 200
    assert box["x"] >= 24
    assert WIDTH - box["x"] - box["width"] >= 24
    return box


def test_a_finger_draws_around_images_once_that_is_asked_for(request, phone):
    with traced(request, phone):
        go(phone, "/explore?run=digits-2d")
        root, hand = live(phone), Hand(phone)
        marks, button = phone.locator("canvas.linked-marks"), phone.locator(".lasso-button")
        rest = root.get_attribute("data-z")
        assert button.bounding_box()["height"] >= 44
        button.tap()
        expect(button).to_have_attribute("aria-pressed", "true")
        phone.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 0)")
        box = phone.locator(".st-key-latent-map .nsewdrag").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        line = [(x - 50, y - 50), (x + 50, y - 50), (x + 50, y + 50), (x - 50, y + 50), (x - 50, y - 48)]
        ranges = phone.evaluate(RANGES, ".st-key-latent-map")
        hand.put(line[0])
        for start, end in pairwise(line):
            hand.move([start], [end])
        hand.lift()
        expect(phone.get_by_text("images chosen")).to_be_visible()
        idle(phone)
        assert int(marks.get_attribute("data-chosen")) > 50
        assert phone.evaluate(RANGES, ".st-key-latent-map") == ranges
        assert scrolled(phone) == 0
        assert root.get_attribute("data-z") == rest
        # Then a finger decodes, as before.
        expect(button).to_have_attribute("aria-pressed", "false")
        phone.touchscreen.tap(x + 30, y + 30)
        expect(root).not_to_have_attribute("data-z", rest)
        idle(phone)
        phone.get_by_role("button", name="Clear selection").click()
        idle(phone)
        phone.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 0)")


def test_a_finger_on_a_map_decodes_and_beside_it_scrolls(request, phone):
    with traced(request, phone):
        key = "latent-map"
        go(phone, "/explore?run=digits-2d")
        root, hand = live(phone), Hand(phone)
        lens, (left, top, width, height) = phone.locator(".lc-lens"), map_beside_image(phone, key).values()
        middle = (left + width / 2, top + height / 2)
        # A finger decodes on its way, and where it is lifted z stays; the page does not move, and nor does the map.
        ranges = phone.evaluate(RANGES, f".st-key-{key}")
        rest, place = root.get_attribute("data-z"), (middle[0] + 40, middle[1] - 70)
        hand.put(middle)
        hand.move([middle], [place])
        expect(lens).to_be_visible()
        expect(root).not_to_have_attribute("data-z", rest)
        hand.lift()
        expect(lens).to_be_hidden()
        idle(phone)
        there = root.get_attribute("data-z")
        assert there != rest
        assert scrolled(phone) == 0
        assert phone.evaluate(RANGES, f".st-key-{key}") == ranges
        phone.touchscreen.tap(middle[0] - 30, middle[1] + 20)
        expect(root).not_to_have_attribute("data-z", there)
        idle(phone)
        # Two fingers that part zoom; what was between them stays there, and z stays as well.
        tapped = root.get_attribute("data-z")
        near, far = ([(middle[0] - apart, middle[1]), (middle[0] + apart, middle[1])] for apart in (20, 40))
        hand.put(*near)
        hand.move(near, far, 10)
        hand.lift()
        until(phone, lambda: phone.evaluate(RANGES, f".st-key-{key}") != ranges)
        idle(phone)
        now = phone.evaluate(RANGES, f".st-key-{key}")
        assert now[1] - now[0] == pytest.approx((ranges[1] - ranges[0]) / 2, rel=0.05)
        assert sum(now[:2]) == pytest.approx(sum(ranges[:2]), abs=0.05 * (ranges[1] - ranges[0]))
        assert root.get_attribute("data-z") == tapped
        # Beside the map, on either side, a finger scrolls.
        for x in (left - 12, WIDTH - 12):
            before = scrolled(phone)
            hand.swipe((x, middle[1]), (x, middle[1] - 60))
            until(phone, lambda before=before: scrolled(phone) > before)
        # The page's name, and what is decoded, stay in sight.
        assert phone.get_by_test_id("decoded").bounding_box()["y"] >= phone.locator("h1").bounding_box()["y"] >= 0
        # Of 36 images of 8 pixels, each eight times as large and two from the next, six are in a row.
        sheet = phone.locator('img[alt="Images decoded from random codes"]')
        columns = (sheet.evaluate("(image) => image.naturalWidth") + 2) / (8 * 8 + 2)
        assert columns == 6
        assert sheet.bounding_box()["width"] / columns >= 40


@pytest.mark.parametrize(
    ("address", "key", "panels"), [("/reduction", "linked-maps", 5), ("/denoising", "noise-curves", 2)]
)
def test_figures_of_several_panels_can_be_read(request, phone, address, key, panels):
    with traced(request, phone):
        go(phone, address)
        panes = phone.locator(f".st-key-{key} .nsewdrag")
        expect(panes.first).to_be_visible()
        boxes = [pane.bounding_box() for pane in panes.all()][:panels]
        assert len(boxes) == panels
        assert min(box["width"] for box in boxes) >= 120
        assert min(box["height"] for box in boxes) >= 100
        words = phone.evaluate(WORDS, f".st-key-{key}")
        assert words["least"] >= 11
        for one, other in combinations(words["boxes"], 2):
            beside = one["right"] <= other["left"] + 1 or other["right"] <= one["left"] + 1
            assert beside or one["bottom"] <= other["top"] + 1 or other["bottom"] <= one["top"] + 1


def test_a_phone_that_is_turned_has_wider_figures(request, phone):
    with traced(request, phone):
        go(phone, "/denoising")
        expect(phone.locator(".st-key-noise-curves .nsewdrag")).to_have_count(2)

        def rows():
            return phone.evaluate(ROWS, ".st-key-noise-curves")

        assert rows() == 2
        phone.set_viewport_size({"width": HEIGHT, "height": WIDTH})
        try:
            until(phone, lambda: rows() == 1)
        finally:
            phone.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        until(phone, lambda: rows() == 2)


@pytest.mark.parametrize("slug", ["distribution", "reparameterization"])
def test_what_a_lesson_decodes_is_in_sight_of_each_of_its_maps(request, phone, slug):
    with traced(request, phone):
        go(phone, f"/learn?lesson={slug}")
        lesson_ready(phone)
        image = phone.locator(".ls-watched canvas").first
        planes = phone.locator(".ls-plane[role=application]").all()
        assert planes
        for plane in planes:
            plane.evaluate("(element) => element.scrollIntoView({ block: 'end' })")
            box, above = plane.bounding_box(), image.bounding_box()
            assert above["y"] > 0
            assert above["y"] + above["height"] < box["y"]
            assert box["y"] + box["height"] <= HEIGHT + 1


def test_the_menu_closes_once_a_page_was_chosen(request, phone):
    with traced(request, phone):
        go(phone, "/runs")
        heading = phone.locator("h1")
        button = phone.get_by_test_id("stExpandSidebarButton")
        # In one line with the page's name.
        middle = [box["y"] + box["height"] / 2 for box in (heading.bounding_box(), button.bounding_box())]
        assert abs(middle[0] - middle[1]) < 8
        button.click()
        phone.get_by_test_id("stSidebarNav").get_by_role("link", name="Images").click()
        expect(heading).to_have_text("Images")
        expect(phone.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
        expect(button).to_be_visible()
        # Both stay in sight.
        phone.get_by_test_id("stMain").evaluate("(element) => element.scrollTo(0, 600)")
        assert 0 <= heading.bounding_box()["y"] < 60
        expect(button).to_be_in_viewport()
