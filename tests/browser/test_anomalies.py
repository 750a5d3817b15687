"""Anomaly detection in a browser: what the page says is what vaelab computes."""

import re
from functools import cache

import numpy as np
import pytest
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.steps import idle, until
from vaelab.config import Preprocessing
from vaelab.datasets import load_dataset
from vaelab.evaluation.anomalies import Detector
from vaelab.evaluation.detection import confusion, detect, threshold_for
from vaelab.evaluation.proportions import proportion_interval
from vaelab.figures.errors import frame_images
from vaelab.images import png_data_uri, tile
from vaelab.networks.corruptions import corrupt_images
from vaelab.runs import Run, list_runs

pytestmark = pytest.mark.browser

NAME = "digits-without-4-16d"
HEAT = """
() => Array.from(document.querySelectorAll(".st-key-error-panels .js-plotly-plot")[0]
    ._fullData.find((t) => t.type === "heatmap").z, (row) => Array.from(row))
"""


@cache
def case():
    """The run's detector, its normal images and all fours, none of which it has seen."""
    run = Run.open(EXAMPLES / NAME)
    data = load_dataset("digits", run.config.preprocessing)
    fours = load_dataset("digits", Preprocessing(classes=("4",)))
    return Detector(run.engine, data), data.images[data.split.test], fours.images


def threshold(page):
    return float(page.get_by_role("slider", name="Threshold").input_value())


def open_page(page, address="/anomalies"):
    page.goto(address)
    expect(sheet(page, "least")).to_be_visible()
    idle(page)


def sheet(page, name):
    """The images at one end of the ranking."""
    return page.get_by_role("listbox", name=f"The {name} anomalous images")


def check(page, normal, anomalous):
    """The table, the sentences and the titles are what these scores give at the threshold."""
    counts, found = confusion(normal, anomalous, threshold(page)), detect(normal, anomalous)
    table = page.get_by_test_id("stMarkdownContainer").locator("table")
    cells = [
        f"{counts.true_positives:,} found",
        f"{counts.false_negatives:,} missed",
        f"{counts.false_positives:,} false alarms",
        f"{counts.true_negatives:,} passed",
    ]
    for cell in cells:
        expect(table.get_by_text(cell, exact=True)).to_be_visible()
    expect(page.get_by_text(f"recall {counts.recall:.1%}")).to_be_visible()
    expect(page.get_by_text(f"precision {counts.precision:.1%}")).to_be_visible()
    expect(page.get_by_text(f"ROC: AUC {found.auc:.3f}")).to_be_visible()
    return counts


def shows_error_of(page, detector, image):
    off = (image / 255 - detector.reconstruct(image[None])[0])[0]
    until(page, lambda: np.allclose(page.evaluate(HEAT), off, atol=1e-5))


def test_it_opens_on_a_left_out_digit_and_the_threshold_moves_the_table(page):
    open_page(page)  # names no run
    assert "run=mnist-without-4-16d" in page.url
    open_page(page, f"/anomalies?run={NAME}")
    detector, normal, fours = case()
    scores = detector.score("calibrated", normal), detector.score("calibrated", fours)
    first = check(page, *scores)

    slider = page.get_by_role("slider", name="Threshold")
    before = threshold(page)
    slider.focus()
    page.keyboard.press("PageUp")  # a tenth of the range
    idle(page)
    assert threshold(page) > before
    moved = check(page, *scores)
    assert moved.false_negatives > first.false_negatives
    line = page.evaluate("() => document.querySelector('.st-key-histogram .js-plotly-plot').layout.shapes[0].x0")
    assert line == pytest.approx(threshold(page))

    # The gallery is in the order of the scores, with those framed that are judged wrongly.
    everything, images = np.concatenate(scores), np.concatenate([normal, fours])
    wrong = (everything > threshold(page)) != (np.arange(len(images)) >= len(normal))
    for name, order in (
        ("most", np.argsort(-everything, kind="stable")),
        ("least", np.argsort(-everything, kind="stable")[::-1]),
    ):
        chosen = order[:20]
        drawn = png_data_uri(tile(frame_images(images[chosen], wrong[chosen], side=56), 10))
        assert drawn in sheet(page, name).get_by_role("option").first.get_attribute("style")

    # A click looks closer at an image, and so does the keyboard.
    order = np.argsort(-everything, kind="stable")[::-1]
    number = page.get_by_role("spinbutton", name=re.compile("Which of"))
    sheet(page, "least").get_by_role("option").nth(4).click()
    expect(number).to_have_value("5")
    idle(page)
    shows_error_of(page, detector, images[order[4]])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(number).to_have_value("6")
    idle(page)
    shows_error_of(page, detector, images[order[5]])
    expect(sheet(page, "least").locator('[aria-selected="true"]')).to_have_count(1)
    expect(sheet(page, "least").get_by_role("option").nth(5)).to_be_focused()

    # Of the missed, the error map of the second.
    page.get_by_role("radio", name="Missed").or_(page.get_by_role("button", name="Missed", exact=True)).first.click()
    expect(number).to_have_attribute("max", str(moved.false_negatives))
    number.fill("2")
    number.press("Enter")
    idle(page)
    missed = np.flatnonzero(scores[1] <= threshold(page))
    second = fours[missed[np.argsort(scores[1][missed], kind="stable")[1]]]
    shows_error_of(page, detector, second)


def test_the_threshold_is_chosen_by_other_images_than_it_is_judged_by(page):
    open_page(page, f"/anomalies?run={NAME}")
    detector, normal, fours = case()
    first = check(page, detector.score("calibrated", normal), detector.score("calibrated", fours))
    # Rounded up by a five hundredth of the axis at most.
    chosen_by = detector.score("calibrated", detector.normal)
    lowest = threshold_for(chosen_by, 0.05)
    assert lowest <= threshold(page) <= lowest + 0.02
    assert 0.03 < (chosen_by > threshold(page)).mean() <= 0.05
    assert first.false_alarm_rate > 0.05, "by chance; of the images that are judged it would be less by construction"
    low, high = proportion_interval(first.false_positives, len(normal))
    expect(page.get_by_text(f"false alarm rate {first.false_alarm_rate:.1%} ({low:.1%} to {high:.1%})")).to_be_visible()
    low, high = proportion_interval(first.true_positives, len(fours))
    expect(page.get_by_text(f"recall {first.recall:.1%} ({low:.1%} to {high:.1%})")).to_be_visible()


def test_the_score_and_the_anomalies_are_chosen_and_kept_in_the_address(page):
    detector, normal, fours = case()
    open_page(page, f"/anomalies?run={NAME}&score=elbo")
    check(page, detector.score("elbo", normal), detector.score("elbo", fours))

    page.get_by_text("Corrupted images", exact=True).click()
    page.wait_for_url(re.compile("anomalies=corrupted"))
    idle(page)
    assert "score=elbo" in page.url
    damaged = corrupt_images(normal, "masking", 0.1)
    check(page, detector.score("elbo", normal), detector.score("elbo", damaged))


def test_an_autoencoder_of_all_classes_is_offered_no_elbo(page):
    open_page(page, "/anomalies?run=digits-ae-2d")
    expect(page.get_by_text("Left-out classes", exact=True)).to_have_count(0)
    page.get_by_role("combobox", name="Score").click()
    expect(page.get_by_role("option", name="Calibrated error")).to_be_visible()
    expect(page.get_by_role("option", name="Negative ELBO")).to_have_count(0)


def test_the_same_model_is_trained_without_a_class(page, served_runs):
    open_page(page, "/anomalies?run=digits-2d")
    page.get_by_role("button", name="Train one without").click()
    page.get_by_role("combobox", name="Leave out").click()
    page.get_by_role("option", name="7", exact=True).click()
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("is in training")).to_be_visible()
    expect(page.get_by_role("link", name="Follow it on Train")).to_be_visible()
    run = next(run for run in list_runs(served_runs) if "without 7" in run.title)
    run.request_stop()
    assert run.config.preprocessing.classes == tuple("012345689")
    original = Run.open(EXAMPLES / "digits-2d").config
    assert run.config.model_copy(update={"preprocessing": original.preprocessing}) == original
