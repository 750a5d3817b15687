"""The Latent arithmetic page, used; what it shows is checked against what the package computes."""

import base64
import math
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.steps import PLACES, idle
from vaelab.datasets import load_dataset
from vaelab.evaluation.transfer import learn_change, shift_images
from vaelab.figures.generation import row_of_images
from vaelab.images import enlarge, to_pixels
from vaelab.runs import Run

pytestmark = pytest.mark.browser

CHANGED = re.compile("Changed by .* the direction")


def visit(page, run):
    page.goto(f"/arithmetic?run={run.name}")
    expect(page.get_by_alt_text(CHANGED)).to_be_visible()
    expect(page.get_by_text("in random directions, the first takes")).to_be_visible()
    idle(page)


def pixels(image):
    _, _, data = image.get_attribute("src").partition("base64,")
    return np.asarray(Image.open(BytesIO(base64.b64decode(data)))).astype(int)


def of_labels(run, data, a, b):
    codes = run.engine.encode(data.images).mu
    groups = (np.flatnonzero(data.labels == data.label_names.index(name)) for name in (a, b))
    return learn_change(codes, np.arange(len(data)), *groups, data.split.train)


def shown_image(page):
    """The number of the image that is changed."""
    return int(page.get_by_role("spinbutton", name="Image").input_value())


def shows_change(page, run, data, change, strength):
    index = shown_image(page)
    z = run.engine.encode(data.images[[index]]).mu + strength * change.direction
    expected = enlarge(to_pixels(run.engine.decode(z))[0], 320).astype(int)
    return np.abs(pixels(page.get_by_alt_text(CHANGED)) - expected).max() <= 1


def test_a_three_becomes_an_eight_and_held_out_images_say_how_often(page):
    run, data = Run.open(EXAMPLES / "digits-2d"), load_dataset("digits")
    visit(page, run)
    change = of_labels(run, data, "3", "8")
    assert shown_image(page) in change.held_out_a.indices
    assert shows_change(page, run, data, change, 1)
    shift = shift_images(run.engine, data, change)
    said = page.get_by_text("held-out images of A were moved").inner_text()
    assert f"accuracy of {shift.accuracy:.0%}" in said
    assert f"strength 1 the classifier takes {shift.encoded[4]:.0%}" in said
    curves = page.evaluate(
        """() => document.querySelector(".st-key-shift-curves .js-plotly-plot")._fullData
                 .map((trace) => Array.from(trace.y))"""
    )
    for curve, expected in zip(curves, (shift.encoded, shift.pixels, shift.control), strict=True):
        np.testing.assert_allclose(curve, expected, atol=0.03)

    # All of the way, on this image and on others.
    page.get_by_role("slider", name="Strength").focus()
    page.keyboard.press("End")
    expect(page.get_by_alt_text("Changed by 2 × the direction")).to_be_visible()
    idle(page)
    assert shows_change(page, run, data, change, 2)
    others = np.random.default_rng(1).permutation(change.held_out_a.indices)[:12]
    moved = run.engine.encode(data.images[others]).mu + 2 * change.direction
    expected = row_of_images(run.engine.decode(moved), 12)
    found = pixels(page.get_by_alt_text("changed", exact=True))
    assert np.abs(found - expected.astype(int)).max() <= 1

    before = shown_image(page)
    page.get_by_role("button", name="Draw another").click()
    idle(page)
    assert shown_image(page) != before
    assert shown_image(page) in change.held_out_a.indices
    assert shows_change(page, run, data, change, 2)


def test_the_same_group_twice_is_refused_in_a_sentence(page):
    run = Run.open(EXAMPLES / "digits-2d")
    visit(page, run)
    page.get_by_role("combobox", name="B, to").click()
    page.get_by_role("option", name="3", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("choose two different groups")
    page.get_by_role("combobox", name="A, from").click()
    page.get_by_role("option", name="0", exact=True).click()
    expect(page.get_by_text("in random directions, the first takes")).to_be_visible()
    idle(page)
    data = load_dataset("digits")
    assert shows_change(page, run, data, of_labels(run, data, "0", "3"), 1)


def test_faces_are_changed_by_a_factor_that_no_model_was_told(page):
    run, data = Run.open(EXAMPLES / "faces-8d"), load_dataset("faces")
    visit(page, run)
    page.get_by_role("radio", name="Factor").click()
    page.get_by_role("combobox", name="Factor").click()
    page.get_by_role("option", name="gaze").click()
    idle(page)
    expect(page.get_by_text("in random directions, the first takes")).to_be_visible()
    idle(page)
    gaze = data.factors[:, data.factor_names.index("gaze")]
    assert gaze[shown_image(page)] < np.quantile(gaze, 0.26)
    said = page.get_by_text("held-out images of A were moved").inner_text()
    assert int(re.search(r"1 the classifier takes (\d+)%", said)[1]) > 75
    assert int(re.search(r"the first takes (\d+)%", said)[1]) < 40


def test_groups_are_drawn_around_on_the_map(page):
    run, data = Run.open(EXAMPLES / "digits-2d"), load_dataset("digits")
    visit(page, run)
    page.get_by_role("radio", name="Lasso").click()
    chart = '[class*="st-key-lasso-map"]'
    page.wait_for_selector(f"{chart} .js-plotly-plot .nsewdrag")
    idle(page)
    expect(page.get_by_text("Group A is still empty.")).to_be_visible()
    places = page.evaluate(PLACES, chart)
    codes = run.engine.encode(data.images).mu
    around = {}
    for end, label in (("A", 0), ("B", 6)):
        at = [(place["x"], place["y"]) for place in places if place["name"] == str(label)]
        center, radius = np.median(at, axis=0), 30
        ring = [
            (center[0] + radius * math.cos(turn), center[1] + radius * math.sin(turn))
            for turn in np.linspace(0, 2 * math.pi, 13)
        ]
        page.mouse.move(*ring[0])
        page.mouse.down()
        for point in ring[1:]:
            page.mouse.move(*point, steps=2)
        page.mouse.up()
        idle(page)
        page.get_by_role("button", name=f"Use as {end}").click()
        said = page.get_by_text(re.compile(rf"Group {end}: [\d,]+ images"))
        expect(said).to_be_visible()
        idle(page)
        inside = [place["index"] for place in places if math.dist((place["x"], place["y"]), center) < radius * 0.97]
        number = int(re.search(r"[\d,]+", said.inner_text().split(":")[1])[0].replace(",", ""))
        # A ring of twelve sides leaves out a little of its circle.
        assert 0.8 * len(inside) <= number <= 1.1 * len(inside) + 5
        around[end] = np.array(inside)
    expect(page.get_by_text("in random directions, the first takes")).to_be_visible()
    index = shown_image(page)
    assert np.linalg.norm(codes[around["A"]] - codes[index], axis=1).min() < 0.05
    change = learn_change(codes, np.arange(len(data)), around["A"], around["B"], data.split.train)
    moved = run.engine.decode(codes[[index]] + change.direction)
    expected = enlarge(to_pixels(moved)[0], 320).astype(int)
    assert np.abs(pixels(page.get_by_alt_text(CHANGED)) - expected).mean() < 8
