"""What is on a page leaves it: charts and sheets as pictures, tables as CSV, a way as a film; each is read back."""

import base64
import csv
from io import BytesIO
from xml.etree import ElementTree

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

import vaelab
from pages._ui.resources import EXAMPLES
from tests.browser.steps import LESSON_READY, canvas, idle, saved
from vaelab.latent.interpolation import through
from vaelab.runs import Run

pytestmark = pytest.mark.browser

#: What marks places on a map: see vaelab/figures/style.py.
ACCENT = (0xE5, 0x00, 0x7E)
SVG = "{http://www.w3.org/2000/svg}"
FIRST = "digits-2d, seed 0"


def share(page, address):
    page.goto(address)
    idle(page)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.locator(".page-pictures li").first).to_be_visible()
    idle(page)


def words(svg):
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


def where(page, place):
    """Where a place of the map is in a picture of it: from the chart's corner, with the margin around it."""
    x, y = page.evaluate(
        """(place) => {
            const { xaxis, yaxis } = document.querySelector(".st-key-latent-map .js-plotly-plot")._fullLayout;
            return [xaxis._offset + xaxis.d2p(place[0]), yaxis._offset + yaxis.d2p(place[1])];
        }""",
        list(place),
    )
    return x + 12, y + 12


def test_a_map_is_saved_with_all_that_lies_over_it(page, tmp_path):
    page.goto("/explore?run=digits-2d&z=0.5,-0.25&through=0.5,-0.25;1,1;-1,0.5")
    canvas(page)
    share(page, page.url)
    file = saved(page, "Save Explore (chart) as SVG", tmp_path)
    assert file.name == "digits-2d-explore-chart.svg"
    svg = ElementTree.parse(file).getroot()
    assert words(svg)[-1] == f"{FIRST} · vaelab {vaelab.__version__}"
    assert svg.find(f"{SVG}title").text.startswith("Explore: digits-2d")
    assert {"A", "B", "C", "z1", "z2", "7"} <= set(words(svg))
    points = [one for one in svg.iter(f"{SVG}path") if "point" in one.get("class", "")]
    assert len(points) == 1797
    # Pins are where their places are, with their looks from the style sheet.
    pins = [
        (float(one.get("cx")) + 12, float(one.get("cy")) + 12)
        for one in svg.iter(f"{SVG}circle")
        if one.get("stroke") == f"rgb{ACCENT}"
    ]
    assert np.allclose(pins, [where(page, place) for place in ((0.5, -0.25), (1, 1), (-1, 0.5))], atol=0.6)
    assert not [one for one in svg.iter() if "drag" in one.get("class", "")]

    file = saved(page, "Save Explore (chart) as PNG", tmp_path)
    picture = Image.open(file).convert("RGB")
    assert picture.size == (2 * int(svg.get("width")), 2 * int(svg.get("height")))
    x, y = where(page, (0.5, -0.25))
    assert np.abs(np.subtract(picture.getpixel((round(2 * x), round(2 * y))), ACCENT)).max() < 12
    x, y = where(page, (0, 0.75))  # on the way from B to C
    assert np.abs(np.subtract(picture.getpixel((round(2 * x), round(2 * y))), ACCENT)).max() < 12


def test_a_posterior_is_in_the_picture_and_its_table_in_a_file(page, tmp_path):
    share(page, "/explore?run=digits-2d&image=12")
    svg = ElementTree.parse(saved(page, "Save Explore (chart) as SVG", tmp_path)).getroot()
    ellipses = list(svg.iter(f"{SVG}ellipse"))
    assert len(ellipses) == 2
    assert float(ellipses[0].get("rx")) == pytest.approx(2 * float(ellipses[1].get("rx")))
    file = saved(page, "Save The chosen image (table) as CSV", tmp_path)
    rows = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["Dimension", "μ", "σ", "KL, nats"]
    run = Run.open(EXAMPLES / "digits-2d")
    coded = run.engine.encode(run.images().images[[12]])
    assert [row[0] for row in rows[1:]] == ["z1", "z2"]
    shown = np.array([row[1:3] for row in rows[1:]], float)
    assert np.allclose(shown, np.stack([coded.mu[0], coded.sigma[0]], axis=1), atol=0.006)


def test_a_map_drawn_by_webgl_is_in_its_picture(page, tmp_path):
    share(page, "/explore?run=faces-8d&map=pca")
    svg = ElementTree.parse(saved(page, "Save Explore (chart) as SVG", tmp_path)).getroot()
    layers = []
    for one in svg.iter(f"{SVG}image"):
        head, _, content = one.get("href").partition(",")
        assert head == "data:image/png;base64"
        layers.append(np.asarray(Image.open(BytesIO(base64.b64decode(content))).convert("RGBA")))
    assert max((layer[..., 3] > 0).mean() for layer in layers) > 0.1, "the points are in one of them"


def test_each_of_several_models_is_named_on_its_own_picture(page, tmp_path):
    share(page, "/compare?run=digits-2d&with=digits-ae-2d")
    for name in ("digits-2d", "digits-ae-2d"):
        file = saved(page, f"Save {name}, seed 0 (chart) as SVG", tmp_path)
        assert file.name == f"{name}-seed-0-chart.svg"
        assert words(ElementTree.parse(file).getroot())[-1] == f"{name}, seed 0 · vaelab {vaelab.__version__}"
    # A figure of both, and a table as it stands there.
    file = saved(page, "Save Rate and distortion (chart) as SVG", tmp_path)
    assert words(ElementTree.parse(file).getroot())[-1].startswith("digits-2d, seed 0, digits-ae-2d, seed 0 · ")
    shown = page.locator("[data-testid=stMain] table").first.locator("tr").last.inner_text().split("\t")
    file = saved(page, "Save Figures 1 (table) as CSV", tmp_path)
    last = list(csv.reader(file.read_text("utf-8-sig").splitlines()))[-1]
    assert last == [cell.strip().replace("−", "-") for cell in shown]


def test_a_sheet_of_images_is_saved_as_it_stands_there(page, tmp_path):
    share(page, "/generation?run=digits-2d")
    file = saved(page, "Save Generation (images) as PNG", tmp_path)
    picture = np.asarray(Image.open(file).convert("L"), dtype=float)
    box = page.locator(".vl-strips").first.bounding_box()
    assert picture.shape[1] == pytest.approx(2 * (box["width"] + 24), abs=4)
    # Its first row of images, against what the page shows.
    strip = page.locator(".vl-strips img").first
    source = strip.get_attribute("src").partition(",")[2]
    shown = Image.open(BytesIO(base64.b64decode(source))).convert("RGBA")
    shown = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown).convert("L")
    inner = strip.bounding_box()
    left, top = 2 * (inner["x"] - box["x"] + 12), 2 * (inner["y"] - box["y"] + 12)
    size = round(2 * inner["width"]), round(2 * inner["height"])
    part = picture[round(top) : round(top) + size[1], round(left) : round(left) + size[0]]
    expected = np.asarray(shown.resize(size, Image.Resampling.NEAREST), dtype=float)
    assert np.corrcoef(part.ravel(), expected.ravel())[0, 1] > 0.97


def test_the_figure_of_a_lesson_is_saved_without_its_controls(page, tmp_path):
    page.goto("/learn?lesson=loss")
    page.wait_for_selector(LESSON_READY)
    share(page, page.url)
    svg = ElementTree.parse(saved(page, "Save The loss, taken apart (chart) as SVG", tmp_path)).getroot()
    assert {"64 pixels", "Total"} <= set(words(svg))
    assert len(list(svg.iter(f"{SVG}image"))) >= 3
    buttons = page.locator("[data-testid=lesson-figure] button").all_inner_texts()
    assert buttons
    assert not set(filter(None, buttons)) & set(words(svg))


def test_a_page_without_anything_to_save_offers_none(page):
    page.goto("/images")
    idle(page)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    expect(page.locator(".page-pictures")).to_be_hidden()


@pytest.mark.parametrize("kind", ["GIF", "WebP", "MP4"])
def test_a_way_of_explore_is_saved_as_a_film(page, tmp_path, kind):
    page.goto("/explore?run=digits-2d&through=0.5,-0.25;1,1;-1,0.5")
    canvas(page)
    share(page, page.url)
    page.get_by_role("radio", name=kind, exact=True).click()
    page.get_by_role("radio", name="Small", exact=True).click()
    page.get_by_role("radio", name="Fast", exact=True).click()
    idle(page)
    file = saved(page, "Save as film", tmp_path)
    assert file.name == f"digits-2d-way.{kind.lower()}"
    if kind == "MP4":
        with av.open(str(file)) as video:
            assert video.streams.video[0].average_rate == 25
            frames = [frame.to_ndarray(format="gray") for frame in video.decode(video=0)]
        first, last = frames[0], frames[49 + 3]
    else:
        with Image.open(file) as film:
            assert film.n_frames == 2 * 49 - 2
            first = np.asarray(film.convert("L"))
            film.seek(48)
            last = np.asarray(film.convert("L"))
    assert first.shape == (128, 128)
    ends = through(np.array([[0.5, -0.25], [1, 1], [-1, 0.5]]), np.array([0.0, 1.0]))
    decoded = Run.open(EXAMPLES / "digits-2d").engine.decode(ends)
    for shown, image in zip((first, last), decoded, strict=True):
        assert np.abs(shown[8::16, 8::16] / 255 - image[0]).max() < 0.08


def test_without_a_way_it_says_how_to_make_one(page):
    share(page, "/explore?run=digits-2d")
    expect(page.get_by_text("There is none yet")).to_be_visible()
    expect(page.get_by_role("button", name="Save as film")).to_have_count(0)
