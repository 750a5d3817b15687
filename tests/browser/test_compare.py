"""Compare, as a visitor uses it."""

import json
import re
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from pages._ui import resources
from tests.browser.steps import PLACES, idle, loneliest
from tests.patience import SECONDS
from vaelab.config import TrainConfig
from vaelab.runs import Run, list_runs, results
from vaelab.training.running import train

pytestmark = pytest.mark.browser

EXAMPLES = resources.EXAMPLES


def open_compare(page, query):
    page.goto(f"/compare?{query}")
    for index in range(2):
        canvas = page.get_by_test_id("latent-canvas").nth(index)
        expect(canvas).to_have_attribute("data-state", "ready")
        page.wait_for_selector(f".st-key-compare-map-{index} .js-plotly-plot .nsewdrag")
    idle(page)


def z_of(page, index):
    return json.loads(page.get_by_test_id("latent-canvas").nth(index).get_attribute("data-z"))


def close(a, b):
    return np.allclose(a, b, atol=1e-3)


def followed(page, index, z, seconds=SECONDS):
    """Wait until a canvas is where it should be: the next frame, or the one after it."""
    for _ in range(seconds * 10):
        if close(z_of(page, index), z):
            return
        page.wait_for_timeout(100)
    assert z_of(page, index) == pytest.approx(z, abs=1e-3)


def point_on(page, index):
    return loneliest(page.evaluate(PLACES, f".st-key-compare-map-{index}"))


def test_the_other_model_goes_to_the_same_image(page):
    open_compare(page, "run=digits-2d&with=digits-ae-2d")
    for here, there in ((0, 1), (1, 0)):
        point = point_on(page, here)
        same = next(p for p in page.evaluate(PLACES, f".st-key-compare-map-{there}") if p["index"] == point["index"])
        page.mouse.move(point["x"], point["y"])
        followed(page, there, [same["dataX"], same["dataY"]])
        assert z_of(page, here) == pytest.approx([point["dataX"], point["dataY"]], abs=0.5)


def test_or_to_the_same_place(page):
    open_compare(page, "run=digits-2d&with=digits-ae-2d")
    box = page.locator(".st-key-compare-map-0 .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.4 * box["height"])
    page.wait_for_timeout(300)
    assert not close(z_of(page, 0), z_of(page, 1))
    page.get_by_role("radio", name="Same place").click()
    idle(page)
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.wait_for_timeout(500)
    followed(page, 1, z_of(page, 0))


def test_the_figures_shown_are_those_of_the_study(page):
    open_compare(page, "run=digits-2d&with=digits-ae-2d")
    study = results.read(Run.open(EXAMPLES / "digits-2d"), "full_evaluation")
    table = page.get_by_test_id("stTable")
    for title, name in (("ELBO", "elbo"), ("KL divergence", "kl")):
        value, low, high = (f"{number:.2f}".replace("-", "−") for number in study.figures[name])
        row = table.get_by_role("row").filter(has_text=re.compile(rf"^\s*{title}"))
        expect(row).to_contain_text(f"{value} [{low}, {high}]")
    bounds = [study.figures["bounds"][k][0] for k in ("1", "10", "100", "1000")]
    drawn = page.evaluate(
        "() => document.querySelector('.st-key-compare-bounds .js-plotly-plot')._fullData.map((t) => Array.from(t.y))"
    )
    assert np.allclose(drawn, [bounds]), "the autoencoder has none"


def test_a_point_of_the_rate_distortion_picture_opens_its_run(page):
    open_compare(page, "run=digits-2d&with=digits-ae-2d")
    chart = page.locator(".st-key-compare-rates")
    chart.scroll_into_view_if_needed()
    idle(page)
    places = page.evaluate(PLACES, ".st-key-compare-rates")
    point = next(p for p in places if p["index"] == "digits-2d-beta-0.25")
    page.mouse.click(point["x"], point["y"])
    page.wait_for_url(re.compile(r"/explore\?run=digits-2d-beta-0\.25"))
    page.wait_for_selector(".st-key-latent-map .js-plotly-plot .nsewdrag")


def test_a_sweep_is_queued_and_trained(page, served_runs):
    config = TrainConfig(epochs=1, hidden=(16,), latent_dim=3)
    base = train(config, run_dir=served_runs / "to-sweep")
    page.goto(f"/compare?run={base.name}")
    expect(page.get_by_text("Sweep: train this model")).to_be_visible()
    idle(page)
    page.get_by_text("Sweep: train this model").click()
    values = page.get_by_role("textbox", name="Values")
    values.fill("2, x")
    page.get_by_role("button", name="Train them").click()
    expect(page.get_by_text("'x' is not a number")).to_be_visible()
    values.fill("2, 5")
    page.get_by_role("button", name="Train them").click()
    expect(page.get_by_text("2 trainings are queued")).to_be_visible()
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        swept = [run for run in list_runs(served_runs) if run.title.startswith("digits, β")]
        if len(swept) == 2 and all(run.status.state == "finished" for run in swept):
            break
        time.sleep(0.5)
    assert {run.config.beta for run in swept} == {2, 5}
    assert all(run.config.latent_dim == 3 for run in swept)
    assert all(run.status.state == "finished" for run in swept)
