"""The Denoising page, in a browser: what it draws and says is what vaelab computes."""

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import ROOT
from tests.browser.steps import idle, model
from vaelab.evaluation.denoising import fill_from_nearest, fill_with_mean, hide_box, psnr_inside
from vaelab.evaluation.image_quality import median_filter, pooled_psnr, psnr, ssim
from vaelab.images import tile
from vaelab.networks.corruptions import corrupt_images
from vaelab.runs import Run

pytestmark = pytest.mark.browser

RUNS = {"Digits, denoised": "digits-denoiser-16d", "Digits": "digits-16d"}


@pytest.fixture(scope="module")
def engines():
    shipped = ROOT / "assets" / "checkpoints"
    return {title: Run.open(shipped / name).engine for title, name in RUNS.items()}


@pytest.fixture(scope="module")
def chosen(digits):
    """Test images in the page's first order."""
    return np.random.default_rng(0).permutation(digits.indices("test"))


#: A table's rows, read at one instant; null unless it stands there with its figures.
READ = """
(number) => {
    const tables = document.querySelectorAll("table.vl-rows");
    if (tables.length !== 2 || !tables[number].querySelector("td.best")) return null;
    return Array.from(tables[number].querySelectorAll("tbody tr"), (row) => [
        row.querySelector("th").firstChild.textContent,
        Array.from(row.querySelectorAll("td.figure"), (cell) => cell.innerText.trim()),
    ]);
}
"""


def rows(page, number=0, unlike=None, noisy=None):
    """A table's rows by name: their figures, once there are any, changed, and of this noise."""
    for _ in range(600):
        found = page.evaluate(READ, number)
        if found:
            shown = {name: [float(text) for text in texts if text] for name, texts in found}
            if shown != unlike and (noisy is None or abs(shown["Noisy"][0] - noisy) < 0.006):
                return shown
        page.wait_for_timeout(100)
    raise AssertionError(f"The table did not come about; it was to be unlike {unlike}.")


def pixels(page, name, number=0):
    source = page.locator("table.vl-rows").nth(number).get_by_role("img", name=name, exact=True)
    data = source.get_attribute("src").partition(",")[2]
    return np.asarray(Image.open(BytesIO(base64.b64decode(data))))


def open_page(page):
    page.goto("/denoising?run=digits-denoiser-16d")
    expect(page.locator("table.vl-rows")).to_have_count(2)
    idle(page)


def test_images_and_figures_are_those_of_the_models(page, digits, chosen, engines):
    page.goto("/denoising")  # whoever names no model is shown what a denoiser can do
    expect(model(page)).to_have_value(re.compile("^MNIST, denoised"))
    open_page(page)
    expect(model(page)).to_have_value(re.compile("^Digits, denoised"))
    clean = digits.images[chosen]
    noisy = corrupt_images(clean, "gaussian", 0.4, seed=0)
    repaired = {"Noisy": noisy, "Median filter": median_filter(noisy)} | {
        title: engine.reconstruct(noisy) for title, engine in engines.items()
    }
    shown = rows(page)
    assert list(shown) == ["Clean", "Noisy", "Median filter", "Digits, denoised", "Digits"]
    for name, images in repaired.items():
        expected = [pooled_psnr(psnr(clean, images)), ssim(clean, images).mean()]
        assert shown[name] == pytest.approx(expected, abs=0.006)
    # What was trained for this noise takes most of it away.
    assert max(shown, key=lambda name: shown[name] or [0]) == "Digits, denoised"
    best = page.locator("table.vl-rows").first.locator("tr", has=page.locator("td.best"))
    expect(best).to_have_count(1)
    expect(best).to_contain_text("Digits, denoised")
    np.testing.assert_array_equal(pixels(page, "Clean"), tile(clean[:10], 10, gap=4, times=12))
    few = corrupt_images(clean[:10], "gaussian", 0.4, seed=0)
    np.testing.assert_array_equal(pixels(page, "Noisy"), tile(few, 10, gap=4, times=12))
    drawn = pixels(page, "Digits, denoised").astype(int)
    again = tile(engines["Digits, denoised"].reconstruct(few), 10, gap=4, times=12)
    assert np.abs(drawn - again).max() <= 1


def test_another_noise_and_more_of_it(page, digits, chosen):
    open_page(page)
    before = rows(page)
    expect(page.get_by_text("not for the noise chosen here")).to_have_count(0)
    page.get_by_role("slider").first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    clean = digits.images[chosen]
    noisy = corrupt_images(clean, "gaussian", 0.6, seed=0)
    stronger = rows(page, noisy=pooled_psnr(psnr(clean, noisy)))
    assert all(stronger[name][0] < before[name][0] for name in before if before[name])
    page.get_by_role("combobox", name="Noise").click()
    page.get_by_role("option", name="Salt and pepper").click()
    expect(page.get_by_text("not for the noise chosen here")).to_be_visible()
    noisy = corrupt_images(clean, "salt_and_pepper", 0.3, seed=0)
    assert rows(page, unlike=stronger)["Median filter"][0] == pytest.approx(
        pooled_psnr(psnr(clean, median_filter(noisy))), abs=0.006
    )
    # As drawn in the curves, too, for each of the four ways and both measures.
    expect(page.locator(".st-key-noise-curves .scatterlayer .trace")).to_have_count(8)
    before, first = rows(page), pixels(page, "Clean")
    page.get_by_role("button", name="Other images").click()
    rows(page, unlike=before)
    assert (pixels(page, "Clean") != first).any()


def test_a_hidden_box_is_filled_by_all_and_judged_inside(page, digits, chosen, engines):
    open_page(page)
    before = rows(page, 1)
    page.get_by_role("radio", name="Box").click()
    expect(page.get_by_text("Rows", exact=True)).to_be_visible()
    clean = digits.images[chosen]
    known = hide_box(8, 8, (2, 5), (2, 5))
    train = digits.images[digits.indices("train")]
    start = fill_with_mean(clean / 255, known, train)
    filled = {
        "Mean image": start,
        "Most similar": fill_from_nearest(clean / 255, known, train),
    } | {title: engine.restore(start, known, None, 20) for title, engine in engines.items()}
    shown = rows(page, 1, unlike=before)
    for name, images in filled.items():
        expected = pooled_psnr(psnr_inside(clean, images, known))
        # Two training images may be equally alike.
        assert shown[name] == [pytest.approx(expected, abs=0.1 if name == "Most similar" else 0.006)]
    hidden = pixels(page, "Hidden", 1)
    given = tile(clean[:10], 10, gap=4, times=12)
    hole = tile(np.repeat(255 * ~known[None, None], 10, 0).astype(np.uint8), 10, 4, 12)[..., 0] > 0
    np.testing.assert_array_equal(hidden[~hole], given[~hole])
    assert (hidden == given).all(2)[hole & (given != 255).all(2)].sum() == 0
    page.get_by_role("radio", name="Top half").click()
    assert rows(page, 1, unlike=shown)["Mean image"] != shown["Mean image"]
