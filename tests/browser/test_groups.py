"""Images that are chosen on a map: marked on all, kept as groups, decoded, relabelled, saved, trained on."""

import base64
import math
import re
import shutil
import zipfile
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.conftest import stay
from tests.browser.steps import PLACES, canvas, idle, open_app, saved, until
from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset, load_dataset, save_own
from vaelab.datasets.own import groups_of, keep_group, load_own
from vaelab.images import enlarge, tile, to_pixels
from vaelab.runs import Run
from vaelab.training.running import train

pytestmark = pytest.mark.browser

MAP = ".st-key-latent-map"
MARKS = "canvas.linked-marks"


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(autouse=True)
def no_groups(data_folder):
    """Nobody has kept any yet."""
    shutil.rmtree(data_folder / "groups", ignore_errors=True)


@pytest.fixture(scope="module")
def run():
    return Run.open(EXAMPLES / "digits-2d")


def corners(places, label):
    """A line around most points of a class; and the images that are well within it."""
    at = np.array([(place["x"], place["y"]) for place in places if place["name"] == label])
    middle, radius = np.median(at, axis=0), 40
    turns = np.linspace(0, 2 * math.pi, 25)
    line = [(middle[0] + radius * math.cos(turn), middle[1] + radius * math.sin(turn)) for turn in turns]
    return line, inside_of(places, line)


def inside_of(places, line):
    """The images within a line, by what Pillow fills rather than by our rule."""
    screen = Image.new("1", (1400, 1000))
    ImageDraw.Draw(screen).polygon(line, fill=1)
    size = screen.size
    seen = [place for place in places if 0 <= place["x"] < size[0] and 0 <= place["y"] < size[1]]
    return {place["index"] for place in seen if screen.getpixel((int(place["x"]), int(place["y"])))}


def draw_around(page, label, add=False):
    """Draw a line around a class on the map of Explore; returns the images within it."""
    page.locator(".lasso-button").first.click()
    line, inside = corners(page.evaluate(PLACES, MAP), label)
    page.mouse.move(*line[0])
    if add:
        page.keyboard.down("Shift")
    page.mouse.down()
    for corner in line[1:]:
        page.mouse.move(*corner, steps=2)
        page.keyboard.up("Shift")
    page.mouse.up()
    idle(page)
    return inside


def said_to_be_chosen(page):
    text = page.get_by_text(re.compile(r"^[\d,]+ images? chosen")).first.inner_text()
    return int(re.match(r"[\d,]+", text)[0].replace(",", ""))


def addressed(page):
    query = parse_qs(urlsplit(page.url).query)
    return {int(number) for number in query.get("chosen", [""])[0].split("-") if number}, query.get("group", [None])[0]


def pixels(image):
    _, _, data = image.get_attribute("src").partition("base64,")
    return np.asarray(Image.open(BytesIO(base64.b64decode(data)))).astype(int)


def keep_as(page, name):
    page.get_by_role("button", name="Keep as a group").click()
    page.get_by_role("textbox", name="Name of the group").fill(name)
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("combobox", name="Group", exact=True)).to_have_value(re.compile(re.escape(name)))
    idle(page)


def test_a_line_on_explore_chooses_the_images_within_it(page, digits):
    open_app(page, "/explore?run=digits-2d")
    canvas(page)
    idle(page)
    before = page.url
    inside = draw_around(page, "0")
    assert len(inside) > 40
    chosen, group = addressed(page)
    # A point under the line itself may be within for one and not for the other: corners are whole pixels.
    assert len(chosen ^ inside) <= 0.05 * len(inside)
    assert group is None
    assert said_to_be_chosen(page) == len(chosen)
    expect(page.locator(f"{MAP} {MARKS}")).to_have_attribute("data-marked", f'{{"x":{len(chosen)}}}')
    images = np.array(sorted(chosen))
    shown = images[np.linspace(0, len(images) - 1, 40).round().astype(int)]
    found = pixels(page.get_by_role("img", name="The chosen images"))
    np.testing.assert_array_equal(found, tile(digits.images[shown], 20, gap=2, times=8))
    assert "z=" not in page.url.replace(before, "")  # drawing was no click

    more = draw_around(page, "6", add=True)  # Shift is held as the line is begun
    both, _ = addressed(page)
    assert chosen < both
    assert len(both) == pytest.approx(len(chosen) + len(more), abs=10)
    page.get_by_role("button", name="Clear selection").click()
    expect(page.locator(f"{MAP} {MARKS}")).to_have_attribute("data-chosen", "0")
    idle(page)
    assert addressed(page) == (set(), None)


def test_only_points_that_are_seen_are_chosen(page):
    open_app(page, "/explore?run=digits-2d")
    canvas(page)
    idle(page)
    for _ in range(2):
        page.locator(f"{MAP} .modebar-btn[data-attr=zoom][data-val=in]").click()
    page.wait_for_timeout(500)  # until it has come to rest
    box = page.locator(f"{MAP} .nsewdrag").bounding_box()

    def seen():
        return {
            place["index"]
            for place in page.evaluate(PLACES, MAP)
            if 0 <= place["x"] - box["x"] <= box["width"] and 0 <= place["y"] - box["y"] <= box["height"]
        }

    assert 50 < len(seen()) < 1200
    page.locator(".lasso-button").first.click()
    # Around the whole map, and far beyond its right border.
    page.mouse.move(box["x"] + 1, box["y"] + 1)
    page.mouse.down()
    right, bottom = box["x"] + box["width"] + 200, box["y"] + box["height"] - 1
    for corner in ((right, box["y"] + 1), (right, bottom), (box["x"] + 1, bottom)):
        page.mouse.move(*corner, steps=4)
    page.mouse.up()
    idle(page)
    marks = page.locator(f"{MAP} {MARKS}")
    assert abs(int(marks.get_attribute("data-chosen")) - len(seen())) <= 5


def test_more_images_than_an_address_takes_are_kept_by_name(page, digits, data_folder):
    open_app(page, "/explore?run=digits-2d")
    canvas(page)
    idle(page)
    page.locator(".lasso-button").first.click()
    box = page.locator(f"{MAP} .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + 1)
    page.mouse.down()
    for across, down in ((1, 0), (1, 1), (0, 1)):
        page.mouse.move(box["x"] + 1 + across * (box["width"] - 2), box["y"] + 1 + down * (box["height"] - 2), steps=4)
    page.mouse.up()
    idle(page)
    assert said_to_be_chosen(page) > 1000
    expect(page.get_by_text("So many images are not in the page’s address")).to_be_visible()
    assert addressed(page) == (set(), None)
    keep_as(page, "nearly all")
    assert addressed(page) == (set(), "nearly all")
    page.goto(page.url)
    expect(page.get_by_text("as the group “nearly all”")).to_be_visible()
    assert said_to_be_chosen(page) == len(groups_of(digits.image_hash, folder=data_folder)["nearly all"])


def test_back_leads_to_what_was_chosen_before(page):
    open_app(page, "/explore?run=digits-2d&chosen=3-14-15")
    canvas(page)
    idle(page)
    page.get_by_role("button", name="Clear selection").click()
    expect(page.get_by_text("3 images chosen")).to_have_count(0)
    idle(page)
    page.go_back()
    expect(page.get_by_text("3 images chosen")).to_be_visible()
    expect(page.locator(f"{MAP} {MARKS}")).to_have_attribute("data-chosen", "3")


def test_images_of_ones_own_are_relabelled_where_they_are(page, data_folder, served_runs, digits):
    subset = np.arange(60)
    data = ImageDataset.of(digits.images[subset], digits.labels[subset], name="mine")
    save_own(data, "mine", folder=data_folder)
    own = load_own("mine", data_folder)
    train(TrainConfig(dataset="own/mine", epochs=1, hidden=(8,)), own, run_dir=served_runs / "mine")
    keep_group(own.image_hash, "odd ones", [1, 3], folder=data_folder)
    open_app(page, "/explore?run=mine&group=odd+ones")
    canvas(page)
    idle(page)
    page.get_by_role("button", name="Relabel", exact=True).first.click()
    page.get_by_role("combobox", name="Their class from now on").fill("odd")
    page.get_by_role("option", name=re.compile("odd")).last.click()
    page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Relabel").click()
    expect(page.get_by_text("2 images chosen as the group “odd ones”: 2 × “odd”")).to_be_visible()
    np.testing.assert_array_equal(load_own("mine", data_folder).of_class("odd"), [1, 3])
    idle(page)
    # And on the Images page.
    page.goto("/images?set=own%2Fmine")
    page.get_by_role("combobox", name="Group", exact=True).click()
    page.get_by_role("option", name="odd ones").click()
    expect(page.get_by_test_id("image-picker").get_by_role("option")).to_have_count(2)


def test_escape_leaves_what_was_chosen_and_a_click_is_a_place_again(page):
    open_app(page, "/explore?run=digits-2d&chosen=3-14-15")
    canvas(page)
    idle(page)
    button = page.locator(".lasso-button")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    line, _ = corners(page.evaluate(PLACES, MAP), "0")
    page.mouse.move(*line[0])
    page.mouse.down()
    for corner in line[1:12]:
        page.mouse.move(*corner)
    expect(page.locator(f"{MAP} {MARKS}")).not_to_have_attribute("data-chosen", "3")
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator(f"{MAP} {MARKS}")).to_have_attribute("data-chosen", "3")
    page.mouse.click(*line[0])
    page.wait_for_url(re.compile("z="))
    idle(page)
    assert addressed(page) == ({3, 14, 15}, None)


def test_a_group_is_on_every_page_and_in_the_address(page, request, browser, browser_context_args, data_folder, digits):
    open_app(page, "/explore?run=digits-2d")
    canvas(page)
    idle(page)
    draw_around(page, "0")
    keep_as(page, "round zeros")
    chosen, group = addressed(page)
    assert group == "round zeros"
    kept = groups_of(digits.image_hash, folder=data_folder)
    assert set(kept["round zeros"].tolist()) == chosen

    # To another model of these images, by the menu: the group is still chosen there.
    page.get_by_test_id("stTopNavLink").filter(has_text="Interpolate").click()
    expect(page.get_by_role("heading", name="Interpolate", level=1)).to_be_visible()
    idle(page)
    assert addressed(page) == (chosen, "round zeros")

    marked = {
        "interpolate": ".st-key-interpolation-map",
        "compare": ".st-key-compare-map-1",
        "arithmetic?by=lasso": ".st-key-lasso-map",
        "reduction": ".st-key-linked-maps",
    }
    with stay(request, browser, **browser_context_args) as other:
        for name, key in marked.items():
            other.goto(f"/{name}{'&' if '?' in name else '?'}run=digits-ae-2d&group=round+zeros")
            expect(other.locator(f"{key} {MARKS}")).to_have_attribute("data-chosen", str(len(chosen)))
            expect(other.get_by_text("as the group “round zeros”")).to_be_visible()
        for name in ("generation", "denoising", "anomalies"):
            other.goto(f"/{name}?run=digits-2d")
            idle(other)
            other.get_by_role("combobox", name="Group", exact=True).click()
            other.get_by_role("option", name="round zeros").click()
            expect(other.get_by_text(f"{len(chosen)} images chosen as the group “round zeros”")).to_be_visible()
            idle(other)
            assert addressed(other) == (chosen, "round zeros")
            other.get_by_role("button", name="Clear selection").click()
            expect(other.get_by_text("as the group “round zeros”")).to_have_count(0)
        other.goto("/images?set=digits")
        other.get_by_role("combobox", name="Group", exact=True).click()
        other.get_by_role("option", name="round zeros").click()
        looked_at = other.get_by_test_id("image-picker").get_by_role("img")
        first = sorted(chosen, key=lambda index: (digits.labels[index], index))[0]
        expect(looked_at.first).to_have_attribute("aria-label", re.compile(rf"^Image {first}\b"))
        expect(looked_at).to_have_count(min(len(chosen), 100))


def test_a_group_that_nobody_kept_here_and_numbers_that_cannot_be(page):
    page.goto("/explore?run=digits-2d&group=long+gone&chosen=3-5-8")
    expect(page.get_by_text("3 images chosen")).to_be_visible()
    page.goto("/explore?run=digits-2d&group=long+gone")
    expect(page.get_by_text("the group “long gone”, which nobody kept here")).to_be_visible()
    page.goto("/explore?run=digits-2d&chosen=3-1797")
    expect(page.get_by_text("asks for the image “1797”")).to_be_visible()


def test_a_group_is_renamed_and_deleted(page, data_folder, digits):
    open_app(page, "/explore?run=digits-2d&chosen=3-14-15")
    canvas(page)
    idle(page)
    keep_as(page, "round zeros")
    page.get_by_role("button", name="Rename the group").click()
    page.get_by_role("textbox", name="Name of the group").fill("zeros")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_text("as the group “zeros”")).to_be_visible()
    idle(page)
    assert list(groups_of(digits.image_hash, folder=data_folder)) == ["zeros"]
    page.get_by_role("button", name="Delete the group").click()
    expect(page.get_by_text("as the group “zeros”")).to_have_count(0)
    idle(page)
    assert groups_of(digits.image_hash, folder=data_folder) == {}
    assert addressed(page) == ({3, 14, 15}, None)


def test_the_mean_of_a_group_is_decoded_and_gone_to(page, run, digits):
    chosen = np.flatnonzero(digits.labels == 3)[:30]
    open_app(page, f"/explore?run=digits-2d&chosen={'-'.join(map(str, chosen))}")
    root = canvas(page)
    idle(page)
    mean = run.engine.encode(digits.images[chosen]).mu.mean(0)
    page.get_by_role("button", name="Mean", exact=True).click()
    decoded = page.get_by_role("img", name="Decoded from the mean of the codes")
    expect(decoded).to_be_visible()
    wanted = enlarge(to_pixels(run.engine.decode(mean))[0], 320).astype(int)
    assert np.abs(pixels(decoded) - wanted).max() <= 1
    average = enlarge(to_pixels(digits.images[chosen].mean(0)[None] / 255)[0], 320).astype(int)
    assert np.abs(pixels(page.get_by_role("img", name="The mean of the pixels")) - average).max() <= 1
    page.get_by_role("button", name="Go to the mean").click()
    until(page, lambda: np.allclose(eval(root.get_attribute("data-z")), mean, atol=2e-3))
    idle(page)
    assert "z=" in page.url


def test_a_group_is_saved_as_files_and_tables(page, run, digits, tmp_path):
    chosen = np.array([6, 16, 26, 900, 1700])
    open_app(page, f"/explore?run=digits-2d&chosen={'-'.join(map(str, chosen))}")
    canvas(page)
    idle(page)
    page.get_by_role("button", name="Export", exact=True).click()
    with zipfile.ZipFile(saved(page, "Images as files", tmp_path)) as archive:
        for index in chosen:
            label = digits.label_names[digits.labels[index]]
            with archive.open(f"{label}/{index:06d}.png") as file:
                np.testing.assert_array_equal(np.asarray(Image.open(file)), digits.images[index, 0])
        assert len(archive.namelist()) == len(chosen)
    codes = run.engine.encode(digits.images[chosen])
    table = pd.read_csv(saved(page, "Codes as CSV", tmp_path))
    assert table["image"].tolist() == chosen.tolist()
    np.testing.assert_allclose(table[["mu1", "mu2"]], codes.mu, rtol=1e-5, atol=1e-6)
    with np.load(saved(page, "Codes as NPZ", tmp_path)) as arrays:
        np.testing.assert_allclose(arrays["mu"], codes.mu, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(arrays["sigma"], codes.sigma, rtol=1e-5, atol=1e-6)


def test_a_group_is_relabelled_in_a_copy_and_trained_on(page, data_folder, digits):
    chosen = np.flatnonzero(digits.labels == 1)[:40]
    open_app(page, f"/explore?run=digits-2d&chosen={'-'.join(map(str, chosen))}")
    canvas(page)
    idle(page)
    page.get_by_role("button", name="Relabel", exact=True).first.click()
    page.get_by_role("combobox", name="Their class from now on").fill("one")
    page.get_by_role("option", name=re.compile("one")).last.click()
    page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Relabel").click()
    expect(page.get_by_text("40 images are now “one”")).to_be_visible()
    idle(page)
    copy = load_own("digits relabelled", data_folder)
    assert copy.image_hash == digits.image_hash
    np.testing.assert_array_equal(copy.of_class("one"), chosen)
    np.testing.assert_array_equal(digits.labels, load_dataset("digits").labels)

    page.get_by_role("button", name="Train on these").click()
    expect(page.get_by_role("heading", name="40 of digits")).to_be_visible()
    idle(page)
    assert "dataset=own" in page.url
    np.testing.assert_array_equal(load_own("40 of digits", data_folder).images, digits.images[chosen])


def test_the_nearest_images_can_be_chosen_without_a_pointer(page):
    open_app(page, "/explore?run=digits-2d")
    canvas(page)
    idle(page)
    button = page.get_by_role("button", name="Choose these")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("12 images chosen")).to_be_visible()
    expect(page.locator(f"{MAP} {MARKS}")).to_have_attribute("data-marked", '{"x":12}')


def test_the_image_nearest_to_the_pointer_is_beside_it(page, run, digits):
    open_app(page, "/explore?run=digits-2d")
    canvas(page)
    idle(page)
    for place in page.evaluate(PLACES, MAP)[::300]:
        page.mouse.move(place["x"], place["y"])
        nearby = page.locator(f"{MAP} .lc-nearby")
        expect(nearby).to_be_visible()
        expect(nearby).to_have_attribute("data-image", page.get_by_test_id("real").get_attribute("data-image"))
        image = int(nearby.get_attribute("data-image"))
        np.testing.assert_array_equal(levels(nearby), digits.images[image, 0])

    page.goto("/reduction?run=digits-2d")
    page.wait_for_selector(f".st-key-linked-maps {MARKS}", state="attached")
    idle(page)
    (place, *_) = page.evaluate(PLACES, ".st-key-linked-maps")
    page.mouse.move(place["x"] - 3, place["y"])
    page.mouse.move(place["x"], place["y"])
    hovered = page.get_by_test_id("hovered-image")
    expect(hovered).to_be_visible()
    np.testing.assert_array_equal(levels(hovered), digits.images[int(hovered.get_attribute("data-image")), 0])


def levels(element):
    flat = element.evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            return Array.from(canvas.getContext("2d").getImageData(0, 0, width, height).data);
        }"""
    )
    return np.array(flat, np.uint8).reshape(8, 8, 4)[:, :, 0]


def test_groups_of_arithmetic_stay_and_are_chosen_by_name(page, digits, data_folder):
    open_app(page, "/explore?run=digits-2d")
    canvas(page)
    idle(page)
    draw_around(page, "0")
    keep_as(page, "zeros")
    draw_around(page, "6")
    keep_as(page, "sixes")
    page.goto("/arithmetic?run=digits-2d&by=group&a=zeros&b=sixes")
    expect(page.get_by_text("in random directions, the first takes")).to_be_visible()
    idle(page)
    assert (
        int(page.get_by_role("spinbutton", name="Image").input_value())
        in groups_of(digits.image_hash, folder=data_folder)["zeros"]
    )
    page.get_by_role("radio", name="Lasso").click()
    page.wait_for_selector(f".st-key-lasso-map {MARKS}", state="attached")
    idle(page)
    for end, name in (("A", "zeros"), ("B", "sixes")):
        page.get_by_role("combobox", name="Group", exact=True).click()
        page.get_by_role("option", name=name).click()
        expect(page.get_by_text(f"as the group “{name}”")).to_be_visible()
        idle(page)
        page.get_by_role("button", name=f"Use as {end}").click()
        expect(page.get_by_text(re.compile(rf"Group {end}: [\d,]+ images"))).to_be_visible()
        idle(page)
    expect(page.get_by_text("in random directions, the first takes")).to_be_visible()
    said = [page.get_by_text(re.compile(rf"Group {end}: ")).inner_text() for end in "AB"]
    address = page.url
    # With another model, on coming back, and by another's link.
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="Digits · AE 2-D").click()
    idle(page)
    assert [page.get_by_text(re.compile(rf"Group {end}: ")).inner_text() for end in "AB"] == said
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_text("in random directions, the first takes")).to_be_visible()
    assert [page.get_by_text(re.compile(rf"Group {end}: ")).inner_text() for end in "AB"] == said
