"""The newcomer's whole path, in a browser: touch, slide, interpolate, train, explore one's own."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.conftest import prepare, serve
from tests.browser.steps import (
    PLACES,
    canvas,
    click_point,
    grey,
    idle,
    loneliest,
    model,
    open_app,
    picture,
    rgba,
    until,
    without_live,
)
from vaelab.runs import Run, list_runs

pytestmark = pytest.mark.browser


def test_click_a_point_and_see_it_decoded(page):
    open_app(page)
    expect(page.get_by_text("The map's first image")).to_be_visible()
    canvas(page)
    idle(page)
    point = click_point(page, "latent-map", of_class="6")
    name = f"Image {point['index']}, “6”"
    expect(page.locator(f'img[alt="{name}"]')).to_be_visible()
    idle(page)
    expect(page.locator('img[alt="The real images nearest to z"]')).to_be_visible()
    assert [round(v, 2) for v in json.loads(canvas(page).get_attribute("data-z"))] == [
        round(v, 2) for v in (point["dataX"], point["dataY"])
    ]


@pytest.mark.parametrize("live", [True, False])
def test_zoom_survives_a_click(page, live):
    open_app(page)
    canvas(page) if live else without_live(page)
    idle(page)
    range_of = "() => document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range.slice()"
    box = page.locator(".js-plotly-plot .nsewdrag").bounding_box()
    before = page.evaluate(range_of)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.keyboard.down("Control")  # without it, the wheel scrolls the page
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    until(page, lambda: np.ptp(page.evaluate(range_of)) < np.ptp(before))
    idle(page)
    zoomed = page.evaluate(range_of)
    inside = [
        place
        for place in page.evaluate(PLACES, ".st-key-latent-map")
        if box["x"] + 20 < place["x"] < box["x"] + box["width"] - 20
        and box["y"] + 20 < place["y"] < box["y"] + box["height"] - 20
    ]
    point = loneliest(inside)
    page.mouse.click(point["x"], point["y"])
    expect(page.locator(f'img[alt^="Image {point["index"]},"]')).to_be_visible()
    idle(page)
    assert page.evaluate(range_of) == zoomed


def test_the_server_decodes_what_the_same_canvas_asks_for(page):
    open_app(page, "/explore?run=digits-2d")
    root = without_live(page)
    run, decoded = Run.open(EXAMPLES / "digits-2d"), page.get_by_test_id("decoded")

    def shows(z):
        """Whether the canvas is at a code, and has its image."""
        at = json.loads(root.get_attribute("data-z"))
        expected = 255 * run.engine.decode(np.array(at))[0, 0]
        return np.allclose(at, z, atol=5e-3) and np.abs(grey(decoded) - expected).max() <= 1

    point = click_point(page, "latent-map", of_class="6")
    page.mouse.move(5, 5)
    expect(page.locator(f'img[alt="Image {point["index"]}, “6”"]')).to_be_visible()
    code = [point["dataX"], point["dataY"]]
    until(page, lambda: shows(code))
    slider = root.locator("input[data-dim='0']")
    slider.fill("1.5")
    until(page, lambda: shows([1.5, code[1]]))
    page.wait_for_url(re.compile(r"z=1\.5"))
    root.get_by_role("button", name="Origin").click()
    until(page, lambda: shows([0, 0]))
    root.get_by_role("button", name="Back to image").click()
    until(page, lambda: shows(code))
    until(page, lambda: len(np.unique(rgba(root.locator(".lc-strip").first)[:, 0])) > 20)
    page.get_by_text("Decoded grid").click()
    expect(page.get_by_test_id("grid")).to_have_attribute("data-lattice", re.compile("rows"))
    # What has to be encoded in the page is not offered, until the page decodes.
    expect(page.get_by_test_id("pad")).to_be_hidden()
    page.get_by_role("button", name="Decode in the browser").click()
    idle(page)  # until then the canvas of before is there as well
    expect(page.get_by_test_id("pad")).to_be_visible()
    until(page, lambda: shows(code))
    assert "live" not in page.url


def test_other_maps_are_clicked_as_well(page):
    open_app(page)
    idle(page)
    for kind, axis in (("PCA", "PC 1 ("), ("UMAP", "UMAP 1")):
        page.get_by_role("radio", name=kind).click()
        expect(page.get_by_text(axis)).to_be_visible()
        idle(page)
        point = click_point(page, "latent-map")
        expect(page.locator(f'img[alt^="Image {point["index"]},"]')).to_be_visible()


def test_the_decoded_grid_lies_under_the_map_and_samples_change_when_drawn_again(page):
    open_app(page)
    idle(page)
    assert page.get_by_test_id("grid").count() == 0
    page.get_by_text("Decoded grid").click()
    expect(page.get_by_test_id("grid")).to_have_attribute("data-lattice", re.compile("rows"))
    idle(page)
    before = picture(page, "Images decoded from random codes")
    page.get_by_role("button", name="Draw again").click()
    until(page, lambda: picture(page, "Images decoded from random codes") != before)


def test_train_watch_and_explore_ones_own(page, served_runs):
    open_app(page)
    page.get_by_role("link", name="Train").click()
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("4")
    epochs.press("Enter")
    idle(page)
    page.get_by_label("Name", exact=True).fill("My first VAE")
    page.get_by_label("Name", exact=True).press("Enter")
    idle(page)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text(re.compile("Finished · 4 of 4 epochs"))).to_be_visible()
    idle(page)
    # Three curves with two lines each, and what they say in words.
    curves = page.locator(".tr-curves .ls-graph")
    expect(curves).to_have_count(3)
    assert [curves.nth(i).locator("polyline").count() for i in range(3)] == [2, 2, 2]
    run = list_runs(served_runs)[0]
    assert run.title == "My first VAE"
    loss = run.epochs()[-1]["validation"]["total"]
    assert loss < run.epochs()[0]["validation"]["total"], "the validation loss went down"
    name = f"validation {loss:.1f}" if loss >= 100 else f"validation {loss:.2f}"
    expect(curves.first).to_have_attribute("aria-label", re.compile(f"Total loss: training .*, {name}"))
    expect(page.get_by_role("img", name="Images and their reconstructions")).to_be_visible()

    page.get_by_test_id("stMain").get_by_role("button", name="Explore").click()
    page.wait_for_url(re.compile(r"\?run=mnist_5k-vae2d-"))
    expect(model(page)).to_have_value("My first VAE · VAE 2-D")
    idle(page)
    click_point(page, "latent-map")

    page.get_by_role("link", name="Runs").click()
    expect(page.locator(".st-key-curves .js-plotly-plot")).to_be_visible()


def test_training_goes_on_without_the_page_and_is_found_stopped_and_resumed(page, new_context):
    page.goto("/train")
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("10000")
    epochs.press("Enter")
    idle(page)
    page.get_by_role("button", name="Start training").click()
    running = re.compile(r"Running · ([\d,]+) of 10,000 epochs")

    def epoch(of):
        return int(running.search(of.get_by_text(running).inner_text())[1].replace(",", ""))

    expect(page.get_by_text(running)).to_be_visible()
    first = epoch(page)
    page.goto("about:blank")

    visitor = prepare(new_context()).new_page()
    visitor.goto("/train")
    expect(visitor.get_by_text(running)).to_be_visible()
    until(visitor, lambda: epoch(visitor) > first)
    again = epoch(visitor)
    until(visitor, lambda: epoch(visitor) > again)
    visitor.get_by_role("button", name="Stop").click()
    expect(visitor.get_by_text(re.compile(r"Stopped · [\d,]+ of 10,000 epochs"))).to_be_visible()
    visitor.get_by_role("button", name="Resume").click()
    expect(visitor.get_by_text(running)).to_be_visible()
    visitor.get_by_role("button", name="Stop").click()
    expect(visitor.get_by_text(re.compile(r"Stopped · [\d,]+ of 10,000 epochs"))).to_be_visible()
    assert visitor.get_by_test_id("stException").count() == 0


#: Where a row of the table of runs is that has a text, from the top; -1 where there is none.
ROW = """
(text) => Array.from(document.querySelectorAll("[data-testid=stDataFrame] [role=row]"))
    .slice(1).findIndex((row) => row.innerText.includes(text))
"""
#: The row that the keyboard is in; -1 where it is in none.
AT = "() => Number(document.activeElement.id.match(/^glide-cell-\\d+-(\\d+)$/)?.[1] ?? -1)"


def tick(page, text):
    """Tick the first run in whose row there is a text, with the keyboard."""
    until(page, lambda: page.evaluate(ROW, text) >= 0)
    idle(page)
    page.get_by_test_id("data-grid-canvas").focus()
    page.keyboard.press("ArrowDown")
    until(page, lambda: page.evaluate(AT) >= 0)
    while (steps := page.evaluate(ROW, text) - page.evaluate(AT)) != 0:
        at = page.evaluate(AT)
        page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")
        until(page, lambda at=at: page.evaluate(AT) != at)
    page.keyboard.press("Shift+Space")


def table_redrawn(page):
    """Wait until the table, which shows how the trainings stand, was sent once more, and again."""
    answers = page.evaluate("traffic.answers")
    until(page, lambda: page.evaluate("traffic.answers") > answers + 4)


def test_rename_and_delete_a_run_while_another_trains(page):
    """Thirty images only, so that there are fewer to validate on than the page would show."""
    page.goto("/train")
    page.get_by_text("Images: size, colour, subset").click()
    page.get_by_label("Images to keep", exact=True).fill("30")
    page.get_by_label("Images to keep", exact=True).press("Enter")
    page.get_by_label("Epochs", exact=True).fill("2")
    page.get_by_label("Epochs", exact=True).press("Enter")
    idle(page)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text(re.compile("Finished · 2 of 2 epochs"))).to_be_visible()
    expect(page.get_by_role("img", name="Images and their reconstructions")).to_be_visible()
    page.get_by_label("Epochs", exact=True).fill("10000")
    page.get_by_label("Epochs", exact=True).press("Enter")
    idle(page)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text(re.compile(r"Running · [\d,]+ of 10,000 epochs"))).to_be_visible()

    page.get_by_role("link", name="Runs").click()
    page.wait_for_selector('[data-testid="stDataFrame"] canvas')
    tick(page, "finished")
    page.get_by_role("button", name="Rename").click()
    name = page.get_by_role("dialog").get_by_role("textbox", name="Name")
    table_redrawn(page)
    name.fill("Thirty digits")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto("/runs")
    page.wait_for_selector('[data-testid="stDataFrame"] canvas')
    tick(page, "Thirty digits")
    expect(page.get_by_text("Thirty digits · finished")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    table_redrawn(page)
    page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Thirty digits")).to_have_count(0)

    tick(page, "running")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("· stopped"))).to_be_visible()


def test_a_page_is_reached_by_its_address_on_a_server_just_started(browser, tmp_path):
    """Streamlit then takes a folder called pages for its older kind of app: see frame.show."""
    with serve(tmp_path / "runs") as address:
        page = prepare(browser.new_context(viewport={"width": 1400, "height": 1000})).new_page()
        page.goto(f"{address}/interpolate?run=faces-8d")
        expect(model(page)).to_have_value("Faces · VAE 8-D (example)")
        expect(page.get_by_role("link", name="Train")).to_be_visible()
        assert re.search(r"/interpolate\?run=faces-8d$", page.url)
        page.context.close()


def test_the_map_chosen_is_also_the_next_page_s(page):
    open_app(page)
    for kind in ("PCA", "Latent plane"):
        page.get_by_role("radio", name=kind).click()
        idle(page)
        page.get_by_role("link", name="Interpolate").click()
        page.wait_for_selector(".st-key-interpolation-map .nsewdrag")
        expect(page.get_by_role("radio", name=kind)).to_be_checked()
        page.get_by_role("link", name="Explore").click()
        page.wait_for_selector(".st-key-latent-map .nsewdrag")
