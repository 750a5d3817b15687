"""The front door: what this is, a map that lives, three ways on."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import PLACES, canvas, idle

pytestmark = pytest.mark.browser


def test_the_first_page_says_what_this_is_and_decodes_under_the_pointer(page):
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("vaelab")
    expect(page.get_by_text("Train a small autoencoder on images")).to_be_visible()
    root = canvas(page)
    page.wait_for_selector(".st-key-home-map .nsewdrag")
    idle(page)
    places = page.evaluate(PLACES, ".st-key-home-map")
    assert len(places) == 5000
    left, right = (end(places, key=lambda place: place["dataX"]) for end in (min, max))
    decoded = []
    for place in (left, right):
        page.mouse.move(place["x"], place["y"])
        expect(root).to_have_attribute("data-z", re.compile(f"^.{{0,1}}{place['dataX']:.1f}"[:-2]))
        z = json.loads(root.get_attribute("data-z"))
        assert z == pytest.approx([place["dataX"], place["dataY"]], abs=0.03)
        decoded.append(page.get_by_test_id("decoded").evaluate("(canvas) => canvas.toDataURL()"))
    assert decoded[0] != decoded[1]


@pytest.mark.parametrize("address", ["/", "/learn?lesson=loss", "/train"])
def test_nothing_is_fetched_from_elsewhere(page, base_url, address):
    """The app works without a network, and tells nobody that it is used."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)
    page.wait_for_function("document.querySelector('link[rel*=icon]').href.includes('/media/')")
    assert asked
    assert not [url for url in asked if not url.startswith((base_url, "data:", "blob:"))]


def test_there_are_three_ways_on(page):
    page.goto("/")
    title = page.get_by_role("heading", level=1)
    ways = {"Explore a trained model": "Explore", "Train a model": "Train", "Take the course": "Learn"}
    for link, heading in ways.items():
        page.get_by_role("link", name=link).click()
        expect(title).to_have_text(heading)
        page.get_by_role("link", name="Start", exact=True).click()
        expect(title).to_have_text("vaelab")


def test_an_address_with_a_run_from_before_leads_to_explore(page):
    page.goto("/?run=digits-16d&present=true")
    expect(page.get_by_role("heading", level=1)).to_have_text("Explore")
    expect(page).to_have_url(re.compile("run=digits-16d"))


def test_a_presentation_is_larger_and_stays_so(page):
    page.goto("/")
    title = page.get_by_role("heading", level=1)
    before = title.evaluate("(element) => parseFloat(getComputedStyle(element).fontSize)")
    page.get_by_text("Presentation", exact=True).click()
    expect(page).to_have_url(re.compile("present=true"))
    idle(page)
    size = "(element) => parseFloat(getComputedStyle(element).fontSize)"
    assert title.evaluate(size) > 1.2 * before
    page.get_by_role("link", name="Train", exact=True).click()
    expect(title).to_have_text("Train")
    expect(page).to_have_url(re.compile("present=true"))
    assert title.evaluate(size) > 1.2 * before
