"""Every page can be used without a mouse, by ear, and with weak eyes: axe-core and our own checks.

One visitor walks through all pages by the menu and reads all lessons; each stop serves all tests of
that page.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from pages import PAGES
from pages._lessons import LESSONS
from tests.browser.conftest import traced
from tests.browser.steps import idle, until
from vaelab.datasets import ImageDataset
from vaelab.datasets.own import save_own

pytestmark = pytest.mark.browser

METER = (Path(__file__).parent / "measure.js").read_text("utf-8")

#: Other states of pages, by their addresses.
ADDRESSES = (
    "/explore?run=digits-labels-2d&live=false",
    "/explore?present=true",
    "/reduction?present=true",
    "/images?set=digits",
    "/images?add=files",
    "/images?add=camera",
)
#: Popovers, by the page and the words on the button.
POPOVERS = (
    ("/anomalies?run=digits-16d", "Train one without …"),
    ("/learn", "Contents"),
)

#: Serious findings of axe that cannot be mended from here, by rule and a part of the selector.
ALLOWED: dict[tuple[str, str], str] = {}
#: Controls that Tab does not come to, by a part of where they are.
REACHED_OTHERWISE = {
    "stNumberInputStep": "The arrow keys in the field itself do the same, as in any spin button.",
    "stFileUploaderDropzone]": "The button in it opens the same choice of files.",
}
#: Roles without a name.
NAMELESS = {
    "grid": "Streamlit's, within a data frame's canvas; the heading before it names it.",
}

#: Roles of what a person can operate.
CONTROLS = frozenset({
    "application", "button", "checkbox", "combobox", "DisclosureTriangle", "grid", "link", "listbox", "menuitem",
    "option", "radio", "searchbox", "slider", "spinbutton", "switch", "tab", "textbox",
})  # fmt: skip

#: With the rules named, or all of WCAG 2.1's A and AA and the best practices.
RUN_AXE = """
async (rules) => {
    const runOnly = rules ?? ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];
    const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
    return violations.map(({ id, impact, help, nodes }) => ({
        id, impact, help,
        where: nodes.map(({ target, html }) => `${target.join(" ")} ${html.slice(0, 120)}`),
    }));
}
"""
#: Rules about colours: what a theme and a width can change.
COLOURS = ["color-contrast", "link-in-text-block"]
#: Nothing has changed for so many milliseconds; given up after half a minute.
QUIET = """
(milliseconds) => new Promise((done) => {
    let timer;
    const end = () => { watch.disconnect(); done(); };
    const wait = () => { clearTimeout(timer); timer = setTimeout(end, milliseconds); };
    const watch = new MutationObserver(wait);
    watch.observe(document.body, { subtree: true, childList: true, attributes: true });
    setTimeout(end, 30000);
    wait();
})
"""


class Visit(NamedTuple):
    """What was found on a page."""

    findings: list[dict]  # axe's, each with the look it was seen in
    texts: list[dict]  # with their contrast, likewise
    keyboard: dict
    nameless: list[str]
    partly: bool  # gone through with Tab but for the frame around it


def drawn(page):
    """Wait until there is nothing more to come."""
    page.wait_for_selector('[data-testid="stMain"] h1')
    idle(page)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0)
    expect(page.locator("[data-state=loading]")).to_have_count(0)  # its model has come
    page.evaluate(QUIET, 150)


def judge(page, look, findings, texts, rules=None):
    findings += [finding | {"look": look} for finding in page.evaluate(RUN_AXE, rules)]
    texts += [text | {"look": look} for text in page.evaluate("measure.contrasts()")]


def tab_through(page, within=None):
    """Press Tab until the focus has gone through the page, or a part of it, and begins again."""
    page.evaluate("(within) => measure.begin(within)", within)
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("measure.step()"):
            break
    return page.evaluate("measure.end()")


def nameless(page):
    """The controls that the browser has no name for, as a screen reader asks for them."""
    session = page.context.new_cdp_session(page)
    tree = session.send("Accessibility.getFullAXTree")["nodes"]
    found = []
    for node in tree:
        role = node.get("role", {}).get("value")
        if node["ignored"] or role not in CONTROLS or node.get("name", {}).get("value", "").strip():
            continue
        element = session.send("DOM.resolveNode", {"backendNodeId": node["backendDOMNodeId"]})
        outer = session.send(
            "Runtime.callFunctionOn",
            {
                "objectId": element["object"]["objectId"],
                "functionDeclaration": "function () { return this.outerHTML?.slice(0, 120); }",
            },
        )
        found.append(f"{role}: {outer['result'].get('value')}")
    session.detach()
    return found


def bring_tools(page):
    """Have axe and the meter in a page that is drawn."""
    drawn(page)
    if not page.evaluate("Boolean(window.measure)"):
        page.evaluate(AXE_SCRIPT)
        page.evaluate(METER)


def follow_menu(page, to):
    """Go to a page as a reader does, by the menu: within one session, what it has is kept."""
    if page.url == "about:blank":
        page.goto("/")
    if to.group:
        page.get_by_role("button", name=to.group).click()
        page.get_by_role("menuitem", name=to.title).click()
    else:
        page.get_by_role("link", name=to.title, exact=True).first.click()
    heading = page.get_by_role("heading", level=1, name=to.heading, exact=True)
    expect(heading).to_be_visible()


def read_on(page, lesson):
    """Go to a lesson by the button that the course has for it: faster than opening each."""
    before = LESSONS[LESSONS.index(lesson) - 1]
    if page.url.endswith(f"lesson={before.slug}"):
        page.get_by_role("button", name="Next", exact=True).click()
    else:
        page.goto(f"/learn?lesson={lesson.slug}")
    heading = page.get_by_role("heading", level=2, name=lesson.title, exact=True)
    expect(heading).to_be_visible()


def go(page, stop):
    if stop in LESSONS:
        read_on(page, stop)
    elif stop in PAGES and stop.in_menu:
        follow_menu(page, stop)
    else:
        page.goto(getattr(stop, "address", stop))


@pytest.fixture(
    scope="module",
    params=[*(page for page in PAGES if page.name != "learn"), *ADDRESSES, *LESSONS],
    ids=lambda stop: getattr(stop, "slug", None) or getattr(stop, "name", stop),
)
def visit(request, long_page):
    with traced(request, long_page):
        yield stop_at(long_page, request.param)


def stop_at(page, stop):
    """Go to a page or lesson, and find out all that is asked of it."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1400, "height": 1000})
    go(page, stop)
    page.mouse.move(2, 998)  # off what was clicked, which looks otherwise under the pointer
    bring_tools(page)
    folded = page.locator("details:not([open]) > summary:visible")
    for _ in range(folded.count()):
        folded.first.click()
    drawn(page)
    findings, texts = [], []
    judge(page, "light", findings, texts)
    # The frame around the lessons is the same for all: it is gone through at the first of them.
    of_course = stop in LESSONS
    within = ".st-key-lesson-sides"
    if not of_course or stop is LESSONS[0] or not page.locator(within).count():
        within = None
    keyboard, no_names = tab_through(page, within), nameless(page)
    page.emulate_media(color_scheme="dark")
    drawn(page)
    judge(page, "dark", findings, texts, COLOURS)
    if not of_course:
        page.set_viewport_size({"width": 800, "height": 1000})
        drawn(page)
        judge(page, "dark and narrow", findings, texts, COLOURS)
    assert page.get_by_test_id("stException").count() == 0
    return Visit(findings, texts, keyboard, no_names, within is not None)


def serious(findings):
    return [
        f"{finding['look']}: {finding['id']}, {finding['impact']}: {finding['help']} {where}"
        for finding in findings
        if finding["impact"] in {"serious", "critical"}
        for where in finding["where"]
        if not any(finding["id"] == rule and part in where for rule, part in ALLOWED)
    ]


def unreadable(texts):
    return [
        f"{text['look']}: {text['ratio']:.2f} “{text['text']}” in {text['where']}"
        for text in texts
        if text["ratio"] < 4.5
    ]


def nothing(found):
    """Assert that there is nothing in a list, or say one line each."""
    assert not found, "\n".join(["", *found])


def test_axe_finds_nothing_serious(visit):
    nothing(serious(visit.findings))


def test_every_text_stands_out_from_what_is_behind_it(visit):
    assert len(visit.texts) > 40
    nothing(unreadable(visit.texts))


def test_every_control_is_reached_with_tab_and_shows_that(visit):
    assert visit.keyboard["left"], "Tab never leaves the page: the focus is caught in it."
    assert len(visit.keyboard["reached"]) >= (2 if visit.partly else 11)
    missed = [control for control in visit.keyboard["missed"] if not any(part in control for part in REACHED_OTHERWISE)]
    nothing(missed)
    nothing(visit.keyboard["unseen"])


def test_every_control_has_a_name(visit):
    nothing([control for control in visit.nameless if control.split(":")[0] not in NAMELESS])


def test_images_to_choose_from_are_as_good(page, data_folder):
    noise = np.random.default_rng(0).integers(0, 255, (150, 16, 16, 3), np.uint8)
    name = save_own(ImageDataset.of(noise, np.arange(150) % 3), "noise", folder=data_folder)
    visit = stop_at(page, f"/images?set={name}")
    nothing(serious(visit.findings))
    nothing(unreadable(visit.texts))
    nothing(visit.keyboard["missed"])
    nothing(visit.keyboard["unseen"])
    nothing(visit.nameless)


@pytest.mark.parametrize(("address", "button"), POPOVERS)
def test_what_opens_over_a_page_is_as_good(page, address, button):
    page.goto(address)
    bring_tools(page)
    findings, texts = [], []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.get_by_role("button", name=button).press("Enter")
        expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
        drawn(page)
        judge(page, theme, findings, texts)
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    nothing(serious(findings))
    nothing(unreadable(texts))


def test_a_class_is_marked_on_all_maps_without_a_mouse(page):
    page.goto("/reduction?run=digits-2d")
    drawn(page)
    expect(page.get_by_test_id("stProgress")).to_have_count(0)  # all maps are made, each with a rerun
    drawn(page)
    mark, first = page.get_by_role("combobox", name="Mark"), page.get_by_role("option", name="0", exact=True)
    mark.focus()

    def opens():
        if mark.get_attribute("aria-expanded") != "true":  # a rerun may have closed it
            page.keyboard.press("ArrowDown")
            page.wait_for_timeout(500)
        return first.is_visible()

    until(page, opens)
    page.keyboard.press("Enter")
    expect(page.get_by_text("178 images chosen, 40 of them shown: 178 × “0”")).to_be_visible()
    marked = {"x": 178, "x2": 178, "x3": 178, "x4": 178, "x5": 178}
    marks = page.locator("canvas.linked-marks")
    expect(marks).to_have_attribute("data-marked", json.dumps(marked, separators=(",", ":")))
    page.get_by_role("button", name="Clear selection").press("Enter")
    expect(marks).to_have_attribute("data-chosen", "0")
    expect(page.get_by_role("combobox", name="Mark")).to_have_value("")


def test_a_run_is_ticked_without_a_mouse(page):
    page.goto("/runs")
    drawn(page)
    page.get_by_test_id("data-grid-canvas").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_role("button", name="Explore", exact=True)).to_have_count(1)


# The meter -----------------------------------------------------------------------------------

SAMPLE = """
<style>
  button:focus { outline: none; }
  .plain:focus { outline: 2px solid red; }
  input::placeholder { color: #999; }
</style>
<body style="background: #fff; color: #000">
  <p id="grey" style="color: #777">grey</p>
  <p id="faint" style="opacity: 0.5">faint</p>
  <div style="background: #000"><p id="dark" style="color: #555">dark</p></div>
  <svg width="90" height="30"><text id="drawn" y="20" fill="#888">drawn</text></svg>
  <p id="good" style="color: #595959">good</p>
  <input id="field" placeholder="empty" aria-label="Field">
  <p><button disabled style="color: #ddd">off</button></p>
  <button id="silent"></button>
  <button id="unseen">No outline</button>
  <button id="kept" class="plain">Good</button>
  <div role="button" id="lost">No way here</div>
</body>
"""


@pytest.fixture
def sample(page):
    page.set_content(SAMPLE)
    page.evaluate(AXE_SCRIPT)
    page.evaluate(METER)
    return page


def test_the_meter_measures_contrast(sample):
    ratios = {text["text"]: text["ratio"] for text in sample.evaluate("measure.contrasts()")}
    # By hand, from WCAG 2's definition of relative luminance.
    expected = {"grey": 4.48, "faint": 3.98, "dark": 2.82, "drawn": 3.54, "good": 7.00, "empty": 2.85}
    assert {name: ratios[name] for name in expected} == pytest.approx(expected, abs=0.03)
    assert "off" not in ratios


def test_the_meter_misses_no_control(sample):
    keyboard = tab_through(sample)
    assert keyboard["left"]
    assert any("No way here" in control for control in keyboard["missed"])
    assert len(keyboard["missed"]) == 1
    assert any("No outline" in control for control in keyboard["unseen"])
    assert not any("Good" in control for control in keyboard["unseen"])
    assert [control.split()[0] for control in nameless(sample)] == ["button:"]
    assert 'id="silent"' in nameless(sample)[0]


def test_axe_is_at_work(sample):
    found = serious([finding | {"look": "light"} for finding in sample.evaluate(RUN_AXE)])
    assert any("button-name" in finding and "silent" in finding for finding in found)
    assert any("color-contrast" in finding and "grey" in finding for finding in found)
