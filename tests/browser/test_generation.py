"""The Generation page, used; what it shows is checked against what the package computes."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.steps import idle
from vaelab.datasets import load_dataset
from vaelab.evaluation.generation import Prior, fit_posterior, generate, generate_each
from vaelab.evaluation.judging import Judge
from vaelab.evaluation.samples import nearest_images
from vaelab.figures.generation import FRAME, row_of_images
from vaelab.images import tile
from vaelab.runs import Run

pytestmark = pytest.mark.browser


def visit(page, run):
    page.goto(f"/generation?run={run.name}")
    expect(rows(page, "new").first).to_be_visible()


def rows(page, name):
    return page.locator(f'img[alt="{name}"]')


def pixels(image):
    _, _, data = image.get_attribute("src").partition("base64,")
    return np.asarray(Image.open(BytesIO(base64.b64decode(data))))


def shows(page, images):
    """Whether the first row is of these images."""
    expected = row_of_images(images, len(images))
    found = pixels(rows(page, "new").first)
    # Two machines' matrix products may round a level of gray differently.
    return found.shape == expected.shape and (np.abs(found - expected.astype(int)) <= 1).all()


def measured(page):
    """The table, by the name of each row."""
    table = page.locator("table")
    expect(table).to_be_visible()
    cells = [line.locator("td").all_inner_texts() for line in table.locator("tbody tr").all()]
    return {name: [float(figure) for figure in figures] for name, *figures in cells}


def test_samples_stand_above_their_nearest_training_images(page):
    run, data = Run.open(EXAMPLES / "digits-2d"), load_dataset("digits")
    visit(page, run)
    expect(rows(page, "new")).to_have_count(2)
    expect(page.locator("table")).to_be_visible()
    made = generate(run.engine, Prior(2), 24).images
    assert shows(page, made[:12])
    train = data.images[data.split.train]
    nearest, distances = nearest_images(train, made)
    framed = pixels(rows(page, "nearest in training").first)
    np.testing.assert_array_equal(framed, row_of_images(train[nearest[:12]], 12, FRAME))
    said = " ".join(f"{distance:.2f}" for distance in distances[:12])
    words = page.get_by_text("distance", exact=True).first.locator("xpath=following-sibling::div")
    assert " ".join(words.first.inner_text().split()) == said

    page.get_by_role("button", name="Draw again").click()
    idle(page)
    again = generate(run.engine, Prior(2), 24, seed=1).images
    assert shows(page, again[:12])
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as PNG").click()
    saved = np.asarray(Image.open(download.value.path()))
    assert np.abs(saved - tile(again, 12, 2, 8).astype(int)).max() <= 1


def test_an_autoencoder_draws_better_from_the_mixture_than_from_the_prior(page):
    run, data = Run.open(EXAMPLES / "digits-ae-2d"), load_dataset("digits")
    visit(page, run)
    expect(page.get_by_text("To an autoencoder the prior means nothing")).to_be_visible()
    found = measured(page)
    # Fréchet's distance, the kernel distance, and the kinds of images that there are.
    assert found["aggregate posterior"][4] < found["prior"][4] / 2
    assert found["aggregate posterior"][3] < found["prior"][3] / 10
    assert found["prior"][2] < found["aggregate posterior"][2] - 0.3
    judge = Judge.of(data)
    for name, images in (
        ("prior", generate(run.engine, Prior(2), judge.num_images).images),
        ("reconstructed", run.engine.reconstruct(data.images[judge.held_out])),
        ("real", data.images[judge.held_out]),
    ):
        wanted = judge.judge(images)
        figures = (*wanted[:5], np.median(wanted.nearest))
        np.testing.assert_allclose(found[name], figures, atol=0.012, err_msg=name)

    page.get_by_role("radio", name="Aggregate posterior").click()
    expect(page.locator("table strong")).to_have_text("aggregate posterior")
    idle(page)
    expect(page.get_by_text("To an autoencoder the prior means nothing")).to_have_count(0)
    page.get_by_role("combobox", name="Label").click()
    page.get_by_role("option", name="3", exact=True).click()
    idle(page)
    made = generate(run.engine, fit_posterior(run.engine, data, 3), 24).images
    assert shows(page, made[:12])


def test_a_conditional_model_draws_each_label_from_one_code(page):
    run = Run.open(EXAMPLES / "digits-labels-2d")
    visit(page, run)
    expect(page.locator("table")).to_be_visible()
    page.get_by_role("combobox", name="Label").click()
    page.get_by_role("option", name="each").click()
    expect(page.get_by_text("Each row is one code")).to_be_visible()
    idle(page)
    assert shows(page, generate_each(run.engine, Prior(2), np.arange(10), 2).images[:10])
    words = page.get_by_text("label", exact=True).first.locator("xpath=following-sibling::div")
    assert words.first.inner_text().split() == [str(label) for label in range(10)]


def test_on_a_phone_the_table_is_turned_and_seen_whole(page):
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, Run.open(EXAMPLES / "digits-2d"))
    expect(page.locator("table th")).to_have_count(5)
    idle(page)
    assert list(measured(page)) == ["Precision", "Recall", "Coverage", "KID", "Fréchet", "Distance"]
    place = page.get_by_test_id("stTable").bounding_box()
    table = page.locator("table").bounding_box()
    assert table["x"] + table["width"] <= place["x"] + place["width"] + 1
