"""What pulls at the codes of a forming map: arrows on it, and the numbers of one."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from pages._train import forces, forming
from tests.browser.steps import idle, numbers, until
from tests.browser.test_touch import button, end, pause, start, taken
from vaelab.datasets import load_dataset
from vaelab.engine import Codes
from vaelab.runs import Run, list_runs

pytestmark = pytest.mark.browser


def arrows(page, kind):
    """How many arrows of a kind are on the map."""
    path = page.locator(f".tr-formed path.tr-{kind}:not(.tr-one)")
    return 0 if path.count() == 0 else path.get_attribute("d").count("M")


def chosen(page, kind):
    return button(page, kind).get_attribute("aria-pressed") == "true"


def take_a_step(page):
    before = taken(page)
    button(page, "One step").click()
    until(page, lambda: taken(page) == before + 1)
    idle(page)


def test_a_paused_map_shows_what_both_sides_of_the_loss_want_and_the_numbers_of_one_image(page, served_runs):
    run = start(page, served_runs)
    until(page, lambda: Run.open(run.path).epoch > 5)
    assert arrows(page, "reconstruction") == 0
    pause(page)
    until(page, lambda: arrows(page, "reconstruction") > 100)
    assert arrows(page, "regularizer") > 100
    assert chosen(page, "Both")
    expect(page.get_by_text(re.compile("^Where 150 codes would go in the next step"))).to_be_visible()
    take_a_step(page)

    plane = page.get_by_role("application", name=re.compile("Latent map as it forms"))
    box = plane.bounding_box()
    plane.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    table = page.get_by_test_id("forces")
    expect(table.get_by_role("rowheader")).to_have_text(["μ1", "μ2", "σ1", "σ2"])
    expect(table.get_by_role("columnheader")).to_have_text(["", "Now", "Reconstruction", "KL", "Both"])
    image = int(numbers(table.get_by_role("heading").inner_text())[0])
    shown = np.array([numbers(row.inner_text().split("\t", 1)[1]) for row in table.locator("tbody tr").all()])

    run = Run.open(run.path)
    data = load_dataset("digits")
    snapshot = run.live() or run.last_snapshot()
    on_map = forming.rows_on_map(snapshot)
    rows = on_map[forces.arrow_rows(snapshot, data, on_map)]
    which = snapshot.indices[rows]
    codes = Codes(snapshot.mu[rows], snapshot.sigma[rows].astype(np.float32))
    pull = run.engine.as_of(snapshot).forces(
        data.images[which], codes=codes, progress=snapshot.progress, num_draws=forces.DRAWS
    )
    i = list(which).index(image)
    sides = [[*each.mu[i], *each.sigma[i]] for each in pull]
    expected = np.array([[*codes.mu[i], *codes.sigma[i]], *sides, np.sum(sides, axis=0)]).T
    np.testing.assert_allclose(shown, expected, atol=0.0101)
    np.testing.assert_allclose(shown[:2, 2], -shown[:2, 0], atol=0.0101)  # what the KL wants of mu, at beta 1

    button(page, "Their sum").click()
    until(page, lambda: arrows(page, "sum") > 100)
    assert arrows(page, "reconstruction") == 0
    expect(table).to_contain_text(f"image {image}")
    button(page, "None").click()
    until(page, lambda: arrows(page, "sum") == 0)
    expect(table).to_be_empty()
    take_a_step(page)
    assert arrows(page, "sum") == arrows(page, "reconstruction") == 0, "what was chosen holds for the next step"
    end(page)


def test_at_full_speed_and_of_every_epoch_of_a_run_that_has_ended_they_are_there_for_whoever_wants_them(
    page, served_runs
):
    start(page, served_runs)
    button(page, "Both").click()
    until(page, lambda: arrows(page, "regularizer") > 100)
    end(page)
    until(page, lambda: arrows(page, "regularizer") > 100)
    slider = page.get_by_role("slider", name="Epoch")
    slider.focus()
    slider.press("Home")
    expect(page.get_by_role("heading", name="Latent map after 0 epochs", exact=True)).to_be_visible()
    assert arrows(page, "reconstruction") > 50


@pytest.mark.parametrize(
    ("query", "options", "rows"),
    [
        ("model=ae", ["None", "Shown"], ["μ1", "μ2"]),
        (
            "latent_dim=5",
            ["None", "Both", "Their sum"],
            ["Length of the pull at μ, in 5 dimensions", r"Pull at σ = \d.\d\d, the mean of all"],
        ),
    ],
)
def test_forces_of_points_and_of_more_dimensions_than_a_map_has(page, served_runs, query, options, rows):
    before = {run.path for run in list_runs(served_runs)}
    page.goto(f"/train?dataset=digits&epochs=30&hidden=32&{query}")
    button(page, "Start training").click()
    expect(page.get_by_text(re.compile("^Finished ·"))).to_be_visible()
    idle(page)
    choice = page.get_by_role("group", name="Forces").get_by_role("button")
    expect(choice).to_have_text(options)
    choice.nth(1).click()
    until(page, lambda: arrows(page, "reconstruction") > 100)
    page.get_by_role("application", name=re.compile("Latent map as it forms")).click()
    names = page.get_by_test_id("forces").get_by_role("rowheader")
    expect(names).to_have_text([re.compile(f"^{row}$") for row in rows])
    (run,) = [run for run in list_runs(served_runs) if run.path not in before]
    assert run.status.state == "finished"


def test_a_click_shows_one_where_no_arrows_are_shown_and_another_click_takes_it_away(page, served_runs):
    start(page, served_runs)
    plane = page.get_by_role("application", name=re.compile("Latent map as it forms"))
    plane.click()
    table = page.get_by_test_id("forces").get_by_role("table")
    expect(table).to_be_visible()
    assert chosen(page, "None")
    assert arrows(page, "reconstruction") == 0
    end(page)
    expect(table).to_be_visible()
    button(page, "None").click()
    expect(table).to_have_count(0)
    plane.click()
    expect(table).to_be_visible()
    plane.click()
    expect(table).to_have_count(0)
    plane.press("ArrowLeft")
    expect(page.locator(".tr-looked p")).to_contain_text("The nearest image")
    expect(table).to_have_count(0)
    plane.press("Enter")
    expect(table).to_be_visible()
