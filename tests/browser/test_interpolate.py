"""Interpolate, as a visitor uses it: the way is decoded in the page."""

import json

import numpy as np
import pytest
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.steps import canvas, click_point, idle, open_app, picture, until
from vaelab.datasets import load_dataset
from vaelab.latent.interpolation import spherical
from vaelab.runs import Run

pytestmark = pytest.mark.browser

KEY = "interpolation-map"


@pytest.fixture(scope="module")
def mu():
    """The codes of all images."""
    return Run.open(EXAMPLES / "digits-2d").engine.encode(load_dataset("digits").images).mu


def z_of(page):
    return json.loads(page.get_by_test_id("latent-canvas").get_attribute("data-z"))


def is_at(page, z, within=1e-3):
    until(page, lambda: np.allclose(z_of(page), z, atol=within))


def test_clicks_set_the_ends_in_turn_and_the_way_is_decoded_as_the_slider_moves(page, mu):
    open_app(page, "/interpolate?run=digits-2d")
    canvas(page)
    idle(page)
    strip = picture(page, "from A to B")
    a = click_point(page, KEY, of_class="0")
    expect(page.locator(f'img[alt="A: Image {a["index"]}, “0”"]')).to_be_visible()
    idle(page)
    # Beside any point, too: halfway between the map's corner and its first image.
    box = page.locator(f".st-key-{KEY} .nsewdrag").bounding_box()
    page.mouse.click(box["x"] + 0.04 * box["width"], box["y"] + 0.04 * box["height"])
    expect(page.get_by_text("B: decoded, between the images")).to_be_visible()
    idle(page)
    assert picture(page, "from A to B") != strip
    b = click_point(page, KEY, of_class="4")  # A's turn again
    expect(page.locator(f'img[alt="A: Image {b["index"]}, “4”"]')).to_be_visible()
    page.get_by_role("radio", name="B", exact=True).check()
    page.mouse.move(5, 5)
    click_point(page, KEY, of_class="0")
    expect(page.locator(f'img[alt="B: Image {a["index"]}, “0”"]')).to_be_visible()
    idle(page)
    page.mouse.move(5, 5)
    ends = mu[[b["index"], a["index"]]]
    is_at(page, ends.mean(0))

    along = page.get_by_role("slider", name="From A to B")
    along.focus()
    page.keyboard.press("End")
    is_at(page, ends[1])
    page.keyboard.press("Home")
    is_at(page, ends[0])
    idle(page)
    assert "along=0" in page.url
    page.get_by_role("button", name="Play the way").click()
    until(page, lambda: 0.2 < float(along.input_value()) < 0.9)
    page.get_by_role("button", name="Pause").click()
    idle(page)
    t = float(along.input_value())
    is_at(page, ends[0] + t * (ends[1] - ends[0]), within=0.02)  # the slider has steps, and playing has none

    page.get_by_text("Spherical", exact=True).click()
    idle(page)
    is_at(page, spherical(*ends, np.array([t]))[0], within=0.02)
    page.get_by_role("button", name="Save the way").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as film").click()
    assert download.value.suggested_filename.endswith(".gif")
    assert download.value.path().read_bytes()[:6] == b"GIF89a"
    page.get_by_role("radio", name="WebP", exact=True).click()
    idle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as film").click()
    assert download.value.suggested_filename.endswith(".webp")
    assert download.value.path().read_bytes()[8:12] == b"WEBP"


def test_an_end_that_no_image_is_at_can_be_sent(page, mu):
    open_app(page, "/interpolate?run=digits-2d&a=z0.5,-1.25&b=99&along=0")
    canvas(page)
    is_at(page, [0.5, -1.25])
    expect(page.get_by_text("A: decoded, between the images")).to_be_visible()
    idle(page)
    # It is there again on coming back through the menu.
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    idle(page)
    page.get_by_role("link", name="Interpolate").click()
    canvas(page)
    is_at(page, [0.5, -1.25])
    page.get_by_role("button", name="Draw A").click()
    expect(page.get_by_text("A: decoded, between the images")).to_have_count(0)
    until(page, lambda: z_of(page) != [0.5, -1.25])
