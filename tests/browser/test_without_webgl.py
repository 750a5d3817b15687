"""Where a browser has no WebGL, as in virtual machines and hardened browsers, every map is there all the same."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import prepare
from tests.browser.steps import idle
from tests.conftest import FLAGS

pytestmark = pytest.mark.browser

#: Pages with a map, and how many charts of points there are on each.
MAPS = {
    "/": 1,
    "/explore": 1,
    "/explore?run=faces-8d&map=pca": 1,
    "/interpolate": 1,
    "/compare?run=digits-2d&with=digits-ae-2d,digits-16d,digits-2d-beta-4": 4,
    "/reduction": 1,
    "/arithmetic?run=faces-8d&by=lasso": 1,
}
#: Points that are drawn, and whether Plotly says that it cannot.
DRAWN = """
() => [...document.querySelectorAll(".js-plotly-plot")].map((chart) => ({
    points: chart.querySelectorAll(".scatterlayer .point").length, sorry: chart.querySelector(".no-webgl") !== null,
}))
"""


@pytest.fixture(scope="module")
def page_without(browser_type, browser_type_launch_args, base_url):
    options = browser_type_launch_args | {"args": [*FLAGS, "--disable-3d-apis"]}
    browser = browser_type.launch(**options)
    page = prepare(browser.new_context(base_url=base_url, viewport={"width": 1400, "height": 1000})).new_page()
    assert page.evaluate("document.createElement('canvas').getContext('webgl')") is None
    yield page
    browser.close()


@pytest.mark.parametrize("address", MAPS)
def test_a_map_needs_no_webgl(page_without, address):
    page = page_without
    page.goto(address)
    expect(page.locator(".js-plotly-plot .scatterlayer .point").first).to_be_attached()
    idle(page)
    charts = [chart for chart in page.evaluate(DRAWN) if chart["points"] > 50 or chart["sorry"]]
    assert len(charts) == MAPS[address]
    assert not any(chart["sorry"] for chart in charts)
    if "faces" in address:
        expect(page.locator(".js-plotly-plot .annotation-text")).to_have_text("5,000 of 10,000 points")
        assert charts[0]["points"] == 5000


def test_hovering_clicking_and_a_loop_work_without_it(page_without):
    page = page_without
    page.goto("/explore?run=digits-2d")
    expect(page.get_by_test_id("latent-canvas")).to_have_attribute("data-state", "ready")
    box = page.locator(".st-key-latent-map .nsewdrag").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    expect(page.get_by_test_id("latent-canvas")).to_contain_text("Decoded here")
    page.mouse.click(*middle)
    page.wait_for_url("**z=**")

    page.goto("/reduction?run=digits-2d")
    chart = page.locator(".st-key-linked-maps .js-plotly-plot")
    expect(chart.locator(".scatterlayer .point").first).to_be_attached()
    idle(page)
    box = chart.locator(".nsewdrag").first.bounding_box()
    corners = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.21)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Clear")).to_be_visible()


def test_four_models_side_by_side_hold_few_contexts(page, served_runs):
    page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext; window.contexts = new Set();"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        "  const context = get.call(this, kind, ...rest);"
        "  if (context && kind.startsWith('webgl')) window.contexts.add(context);"
        "  return context; };"
    )
    page.goto("/compare?run=mnist-2d&with=mnist-ae-2d,mnist-labels-2d,mnist-16d")
    expect(page.locator(".js-plotly-plot .scatterlayer")).to_have_count(4)
    idle(page)
    alive = "[...window.contexts].filter((context) => !context.isContextLost()).length"
    assert page.evaluate(alive) < 8
