"""The page on dimensionality reduction, in a browser: five maps of the same images, linked."""

import base64
import json
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from tests.browser.conftest import ROOT
from tests.browser.steps import idle, loneliest, until
from vaelab.config import Preprocessing, TrainConfig
from vaelab.images import tile
from vaelab.runs import Run
from vaelab.training.running import train

pytestmark = pytest.mark.browser

CHART = ".st-key-linked-maps .js-plotly-plot"
UMAP = "x3"
#: Where points are on the screen, by image, on one of the maps.
POINTS = """
([selector, axis]) => {
    const gd = document.querySelector(selector);
    const box = gd.getBoundingClientRect();
    const x = gd._fullLayout["xaxis" + axis.slice(1)], y = gd._fullLayout["yaxis" + axis.slice(1)];
    return gd._fullData.filter((t) => t.xaxis === axis).flatMap((t) => Array.from(t.x, (v, i) => ({
        index: Number(t.customdata[i]), name: t.name,
        x: box.left + x._offset + x.d2p(v), y: box.top + y._offset + y.d2p(t.y[i]),
        dataX: v, dataY: t.y[i],
    })));
}
"""
TITLES = "(selector) => document.querySelector(selector)._fullLayout.annotations.map((a) => a.text)"
RANGES = """(selector) => Object.entries(document.querySelector(selector)._fullLayout)
    .filter(([name]) => /^[xy]axis/.test(name)).map(([, axis]) => axis.range)"""


def open_page(page, address):
    page.goto(address)
    page.wait_for_selector(f"{CHART} .nsewdrag", state="attached")
    idle(page)


def marks(page):
    """How many images the browser has marked on each map."""
    canvas = page.locator("canvas.linked-marks")
    return json.loads(canvas.get_attribute("data-marked") or "{}")


def loop_around(page, points):
    """Draw a loop around points; return the images that lie in it."""
    xs, ys = [p["x"] for p in points], [p["y"] for p in points]
    left, right, top, bottom = min(xs) - 4, max(xs) + 4, min(ys) - 4, max(ys) + 4
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((right, top), (right, bottom), (left, bottom), (left, top + 1)):
        page.mouse.move(*corner, steps=5)
    everything = page.evaluate(POINTS, [CHART, UMAP])
    return {p["index"] for p in everything if left < p["x"] < right and top < p["y"] < bottom}


def test_maps_are_those_of_the_models_with_their_figures(page, digits):
    open_page(page, "/reduction?run=digits-2d")
    titles = page.evaluate(TITLES, CHART)
    flat = digits.images.reshape(len(digits), -1) / 255
    for name, axis, title in (("digits-ae-2d", "x4", "Autoencoder"), ("digits-2d", "x5", "VAE")):
        mu = Run.open(ROOT / "assets" / "checkpoints" / name).engine.encode(digits.images).mu
        points = page.evaluate(POINTS, [CHART, axis])
        assert len(points) == len(digits)
        drawn = np.array([(p["dataX"], p["dataY"]) for p in points])
        np.testing.assert_allclose(drawn, mu[[p["index"] for p in points]], atol=1e-3)
        assert all(digits.label_names[digits.labels[p["index"]]] == p["name"] for p in points)
        votes = KNeighborsClassifier(n_neighbors=10).fit(mu, digits.labels)
        (text,) = (text for text in titles if text.startswith(f"<b>{title}, 2-D"))
        trust = trustworthiness(flat, mu, n_neighbors=10)
        continuity = trustworthiness(mu, flat, n_neighbors=10)
        accuracy = votes.score(None, digits.labels)
        figures = [float(figure) for figure in re.findall(r" (\d[.\d]*)", text.split("<br>")[1])]
        assert figures == pytest.approx([trust, continuity, 100 * accuracy], abs=0.6)
        assert figures[:2] == pytest.approx([trust, continuity], abs=0.006)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()

    # They stay drawn where they are scrolled under the line above the page.
    page.mouse.move(20, 600)
    page.mouse.wheel(0, 400)
    chart = page.locator(CHART)
    until(page, lambda: chart.bounding_box()["y"] < -100)
    page.wait_for_timeout(300)  # until the screen shows it
    screen = np.asarray(Image.open(BytesIO(page.screenshot())).convert("RGB")).astype(int)
    places = [(round(p["y"]), round(p["x"])) for p in page.evaluate(POINTS, [CHART, "x5"])]
    colours = np.array([screen[place] for place in places if 80 < place[0] < len(screen)])
    assert len(colours) > 1000
    assert np.mean(np.ptp(colours, axis=1) > 40) > 0.9


def test_a_loop_on_one_map_marks_its_images_on_all(page, digits):
    open_page(page, "/reduction?run=digits-2d")
    expect(page.locator("canvas.linked-marks")).to_have_count(1)
    before = page.evaluate(RANGES, CHART)
    zeros = [p for p in page.evaluate(POINTS, [CHART, UMAP]) if p["name"] == "0"]
    middle = np.median([(p["x"], p["y"]) for p in zeros], axis=0)
    near = [p for p in zeros if np.hypot(p["x"] - middle[0], p["y"] - middle[1]) < 12]
    inside = loop_around(page, near)
    assert len(inside) > 20
    everywhere = dict.fromkeys(("x", "x2", "x3", "x4", "x5"), len(inside))
    assert marks(page) == everywhere  # at once, while the button is still down
    page.mouse.up()
    expect(page.get_by_text(f"{len(inside)} images chosen")).to_be_visible()
    idle(page)
    assert marks(page) == everywhere
    assert page.evaluate(RANGES, CHART) == before
    # The marks are where the images are: on the VAE's map, in the colour of zeros.
    place = loneliest([p for p in page.evaluate(POINTS, [CHART, "x5"]) if p["index"] in inside])
    colour = page.evaluate(
        """([selector, x, y]) => {
            const canvas = document.querySelector(".linked-marks");
            const box = document.querySelector(selector).getBoundingClientRect();
            const scale = window.devicePixelRatio;
            const at = [(x - box.left) * scale, (y - box.top) * scale].map(Math.round);
            return Array.from(canvas.getContext("2d").getImageData(...at, 1, 1).data);
        }""",
        [CHART, place["x"], place["y"]],
    )
    assert colour == [0x3F, 0x90, 0xDA, 255]
    # And the images below are some of them.
    source = page.get_by_role("img", name="The chosen images").get_attribute("src")
    drawn = np.asarray(Image.open(BytesIO(base64.b64decode(source.partition(",")[2]))))
    chosen = np.array(sorted(inside))
    shown = chosen[np.linspace(0, len(chosen) - 1, 40).round().astype(int)]
    if len(chosen) > 40:
        np.testing.assert_array_equal(drawn, tile(digits.images[shown], 20, gap=2, times=8))
    page.get_by_role("button", name="Clear selection").click()
    expect(page.locator("canvas.linked-marks")).to_have_attribute("data-chosen", "0")
    expect(page.get_by_role("img", name="The chosen images")).to_have_count(0)


def test_a_click_marks_one_image_and_a_double_click_none(page, digits):
    open_page(page, "/reduction?run=digits-2d")
    expect(page.locator("canvas.linked-marks")).to_have_count(1)
    lonely = loneliest(page.evaluate(POINTS, [CHART, "x5"]))
    page.mouse.click(lonely["x"], lonely["y"])
    label = digits.label_names[digits.labels[lonely["index"]]]
    expect(page.get_by_text(f"1 image chosen: 1 × “{label}”")).to_be_visible()
    assert set(marks(page).values()) == {1}
    idle(page)
    box = page.locator(f"{CHART} .nsewdrag").last.bounding_box()
    page.mouse.dblclick(box["x"] + 4, box["y"] + 4)
    expect(page.get_by_text("1 image chosen")).to_have_count(0)
    expect(page.locator("canvas.linked-marks")).to_have_attribute("data-chosen", "0")


def test_the_model_that_is_missing_is_trained_and_judged(page, served_runs):
    few = Preprocessing(num_images=120)
    config = TrainConfig(preprocessing=few, latent_dim=3, epochs=3, hidden=(16,))
    run = train(config, run_dir=served_runs / "few")
    open_page(page, "/reduction?run=few")
    # What needs no waiting is there at once, and says what it lacks.
    titles = " ".join(page.evaluate(TITLES, CHART))
    assert "Autoencoder is not trained yet" in titles
    assert "VAE, 3-D by PCA" in titles
    page.get_by_role("button", name="Train the autoencoder").click()
    expect(page.get_by_role("combobox", name="Beside it")).to_have_value(re.compile("AE 3-D"))
    done = f"""() => {{
        const texts = ({TITLES})("{CHART}");
        return texts.filter((text) => / continuity /.test(text)).length === 5;
    }}"""
    page.wait_for_function(done)
    assert {path.name for path in (run.path / "studies").glob("*.safetensors")} == {
        "code_map-epoch-0003.safetensors",
        "pixel_maps-epoch-0003.safetensors",
    }
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    assert len(page.evaluate(POINTS, [CHART, "x4"])) == 120
