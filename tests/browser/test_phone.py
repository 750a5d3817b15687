"""On a phone: everything within the screen, nothing squeezed, and a menu that goes away again."""

import pytest
from playwright.sync_api import expect

from pages import PAGES
from pages._lessons import LESSONS
from tests.browser.conftest import stay, traced
from tests.browser.steps import idle

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 390, 844
ADDRESSES = [page.address for page in PAGES] + [f"/learn?lesson={lesson.slug}" for lesson in LESSONS]

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
        if (element.matches("img, canvas.picture") && box.width < 40 && !element.closest("button, svg")) {
            found.tiny.push(`${name(element)} ${Math.round(box.width)}`);
        }
    }
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        const words = texts.currentNode.data.trim();
        if (words.length < 9 || !seen(element) || element.closest("svg, style, script, canvas, .katex, pre")) continue;
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


@pytest.fixture(scope="module")
def phone(request, browser, base_url):
    with stay(
        request, browser, base_url=base_url, viewport={"width": WIDTH, "height": HEIGHT}, has_touch=True, is_mobile=True
    ) as page:
        yield page


@pytest.mark.parametrize("address", ADDRESSES)
def test_everything_has_its_place_on_a_phone(request, phone, address):
    with traced(request, phone):
        phone.goto(address)
        phone.wait_for_selector('[data-testid="stMain"] h1')
        idle(phone)
        expect(phone.get_by_test_id("stSpinner")).to_have_count(0)
        assert phone.evaluate(LOOK, WIDTH) == {"wide": [], "narrow": [], "tiny": []}


def test_the_menu_closes_once_a_page_was_chosen(request, phone):
    with traced(request, phone):
        phone.goto("/runs")
        idle(phone)
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
