"""The lessons on what autoencoders are for, used; what they claim is computed again by vaelab."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from skimage.metrics import peak_signal_noise_ratio
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from pages._lessons import denoising, kit
from pages._ui import resources
from tests.browser.steps import grey, numbers, open_lesson, predict
from vaelab.datasets import load_dataset
from vaelab.evaluation.detection import threshold_for
from vaelab.evaluation.image_quality import pooled_psnr, psnr
from vaelab.evaluation.proportions import proportion_interval
from vaelab.networks.corruptions import corrupt_images

pytestmark = pytest.mark.browser


def shows(canvas, image):
    """Whether it shows an image (1, 8, 8) with values from 0 to 1, but for a level of grey."""
    expected = 255 * np.clip(np.asarray(image, float).reshape(8, 8), 0, 1)
    return np.abs(grey(canvas) - expected).max() <= 1.5


def picture(figure, caption):
    return figure.locator("figure.ls-picture").filter(has=figure.page.locator("figcaption", has_text=caption))


def squared(x, x_hat):
    x = np.asarray(x, float).reshape(len(x), -1)
    return ((x - np.asarray(x_hat, float).reshape(x.shape)) ** 2).sum(1)


def reconstruct(run, images):
    return run.engine.decode(run.engine.encode(images).mu)


# --- Dimensionality reduction ----------------------------------------------------------------------


def test_two_numbers_of_pca_and_of_an_autoencoder_are_decoded_and_compared(page):
    figure = open_lesson(page, "reducing")
    run, data = resources.example("digits-ae-2d"), load_dataset("digits")
    flat = data.images.reshape(len(data.images), -1) / 255
    pca = PCA(2).fit(flat[data.split.train])
    by_pca = squared(flat, pca.inverse_transform(pca.transform(flat)))
    by_ae = squared(flat, reconstruct(run, data.images))
    counted = figure.get_by_text("The autoencoder comes nearer on")
    own = picture(figure, "The image, decoded")
    expect(counted).to_be_hidden()
    assert own.all_inner_texts() == ["The image, decoded"] * 2
    predict(page, 2, is_right=False)

    def counts(chosen):
        better = (by_ae < by_pca)[chosen].sum()
        found = numbers(counted.text_content())
        assert found == [
            better,
            len(chosen),
            pytest.approx(100 * better / len(chosen), abs=0.06),
            len(chosen) - better,
        ]
        mean_image = squared(flat, np.broadcast_to(pca.mean_, flat.shape))
        means = [numbers(text)[0] for text in figure.locator(".ls-value").all_text_contents()]
        expected = [each[chosen].mean() for each in (mean_image, by_pca, by_ae)]
        assert means == pytest.approx(expected, abs=0.006)
        return better / len(chosen), expected[2]

    share, held_out_error = counts(data.split.test)
    assert 0.6 < share < 1, "on most, but not on all"
    figure.get_by_role("button", name="Training images").click()
    _, training_error = counts(data.split.train)
    assert training_error < 0.6 * held_out_error, "far smaller on images that it was fitted to"

    # An image from the tray: its errors, and its reconstructions.
    figure.get_by_role("button", name="A “1”").click()
    test = data.split.test
    index = test[data.labels[test] == 1][:1]
    errors = [numbers(text)[0] for text in own.all_inner_texts()]
    assert errors == pytest.approx([by_pca[index][0], by_ae[index][0]], abs=0.006)
    assert shows(own.nth(0).locator("canvas"), pca.inverse_transform(pca.transform(flat[index])))
    assert shows(own.nth(1).locator("canvas"), reconstruct(run, data.images[index]))
    # Any two numbers are decoded, linearly on the one side.
    here = picture(figure, "At the cursor")
    decoders = {
        "Map of PCA": lambda z: pca.mean_ + z * signs @ pca.components_,
        "Map of the autoencoder": lambda z: run.engine.decode(z[None].astype(np.float32)),
    }
    largest = np.abs(pca.components_).argmax(1)
    signs = np.sign(pca.components_[[0, 1], largest])
    for i, (name, decode) in enumerate(decoders.items()):
        figure.get_by_role("application", name=name).focus()
        for key in ("Shift+ArrowRight", "Shift+ArrowUp", "ArrowUp"):
            page.keyboard.press(key)
        z = np.array(numbers(here.nth(i).inner_text()))
        assert (z > 0).all()
        assert np.abs(grey(here.nth(i).locator("canvas")) - 255 * np.clip(decode(z), 0, 1).reshape(8, 8)).max() <= 3
    # Those that PCA wins are there to be looked at.
    figure.get_by_role("button", name="Where PCA is nearer").click()
    tray = figure.locator(".ls-tray button")
    expect(tray).to_have_count(int((by_ae >= by_pca)[data.split.test].sum()))
    tray.last.click()
    errors = [numbers(text)[0] for text in own.all_inner_texts()]
    assert errors[0] <= errors[1]


# --- Anomaly detection ------------------------------------------------------------------


def test_the_digit_never_seen_scores_higher_and_groups_overlap(page):
    figure = open_lesson(page, "anomalies")
    run = resources.example("digits-without-4-16d")
    known, everything = resources.images_of(run), load_dataset("digits")
    normal = known.images[known.split.test]
    fours = everything.images[everything.labels == 4]
    scores = [squared(x / 255, reconstruct(run, x)) for x in (normal, fours)]
    counts = figure.locator(".ls-counts p")
    score = figure.locator(".ls-score strong")
    slider = figure.get_by_role("slider", name="Threshold")

    def threshold_counts():
        at = float(slider.input_value())
        for line, group in zip(counts.all_inner_texts(), scores, strict=True):
            *_, flagged, of, share, low, high = numbers(line)
            assert (flagged, of) == ((group > at).sum(), len(group))
            assert share == pytest.approx(100 * flagged / of, abs=0.06)
            assert (low, high) == pytest.approx(100 * np.array(proportion_interval(int(flagged), int(of))), abs=0.06)

    # Nothing of the 4s before.
    expect(counts.last).to_have_text("Catches, 4s: predict first")
    expect(figure.get_by_role("button", name=re.compile("“4”"))).to_have_count(0)
    assert figure.get_by_text("AUC").count() == 0
    alarms = numbers(counts.first.inner_text())
    assert alarms[0] == (scores[0] > float(slider.input_value())).sum()
    # It was chosen by others, of which it flags one in twenty at the most.
    others = known.images[known.split.validation]
    others = squared(others / 255, reconstruct(run, others))
    assert threshold_for(others, 0.05) == pytest.approx(float(slider.input_value()), abs=0.011)
    assert (others > float(slider.input_value())).mean() <= 0.05
    predict(page, 1, is_right=True)
    expect(figure.get_by_role("button", name=re.compile("A “4”"))).to_have_count(5)
    threshold_counts()
    auc = roc_auc_score(np.repeat([0, 1], [len(each) for each in scores]), np.concatenate(scores))
    told = numbers(figure.get_by_text(re.compile("^AUC")).text_content())
    assert told[0] == pytest.approx(auc, abs=6e-4)
    assert 0.95 < auc < 1, "nearly all"
    slider.focus()
    for key in ("PageUp", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    threshold_counts()
    # They overlap, and the hardest of the normal images is an 8.
    figure.get_by_role("button", name="A “8” with the highest score").click()
    highest = float(score.inner_text())
    assert highest == pytest.approx(scores[0].max(), abs=0.006)
    figure.get_by_role("button", name="A “4” with the lowest score").click()
    assert float(score.inner_text()) == pytest.approx(scores[1].min(), abs=0.006)
    assert scores[1].min() < highest


def test_a_painted_image_is_judged_again(page):
    figure = open_lesson(page, "anomalies")
    run = resources.example("digits-without-4-16d")
    known = resources.images_of(run)
    normal = known.images[known.split.test]
    score = figure.locator(".ls-score strong")
    undo = figure.get_by_role("button", name="Undo painting")
    figure.get_by_role("button", name="A “0”", exact=True).click()
    expect(undo).to_be_disabled()
    image = normal[known.labels[known.split.test] == 0][:1] / np.float32(255)
    before = squared(image, reconstruct(run, image))[0]
    assert float(score.inner_text()) == pytest.approx(before, abs=0.006)
    paper = figure.get_by_role("application", name="The image, to paint on")
    paper.focus()
    for _ in range(8):
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    box = paper.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 7.5 / 8, box["y"] + box["height"] * 7.5 / 8)
    painted = image.copy()
    painted[0, 0, [0, 7], [0, 7]] = 1
    after = squared(painted, reconstruct(run, painted))[0]
    assert float(score.inner_text()) == pytest.approx(after, abs=0.006)
    assert after > before
    expect(figure.get_by_text(f"this image {after:.2f}", exact=True)).to_be_visible()
    assert shows(paper.locator("canvas"), painted)
    assert shows(picture(figure, "Reconstruction").locator("canvas"), reconstruct(run, painted))
    undo.click()
    expect(undo).to_be_disabled()
    assert float(score.inner_text()) == pytest.approx(before, abs=0.006)


# --- Denoising ------------------------------------------------------------------------


def test_a_denoiser_wins_where_there_is_noise_and_the_vae_where_there_is_none(page):
    figure = open_lesson(page, "denoising")
    data = load_dataset("digits")
    runs = {"Denoiser": "digits-denoiser-16d", "VAE": "digits-16d"}
    runs = {name: resources.example(run) for name, run in runs.items()}
    images = data.images[data.split.test[: denoising.NUM_IMAGES]]
    values = figure.get_by_role("list", name="PSNR").locator(".ls-value")
    nearest = figure.get_by_text(re.compile("^At this strength, nearest"))
    slider = figure.get_by_role("slider", name="Strength of the noise")
    assert values.all_inner_texts()[1:] == ["predict first"] * 2
    expect(figure.get_by_text(re.compile(r"^(Denoiser|VAE): "))).to_have_count(0)
    predict(page, 1, is_right=True)
    expect(nearest).to_contain_text("the denoiser")

    def means(strength):
        """What vaelab finds over all images, with noise of its own: means of ten draws."""
        found = []
        for seed in range(10):
            noisy = corrupt_images(images, "gaussian", strength, seed)
            outputs = [noisy, *(reconstruct(run, noisy) for run in runs.values())]
            found.append([pooled_psnr(psnr(images, each)) for each in outputs])
        return np.mean(found, 0)

    # One image, with the noise that is on the screen.
    clean, noisy = (grey(picture(figure, name).locator("canvas")) for name in ("Clean", "With"))
    assert shows(picture(figure, "Clean").locator("canvas"), images[0] / 255)
    spread = (noisy - clean)[(clean > 64) & (clean < 192)] / 255
    assert np.abs(spread).max() > 0.1
    told = numbers(picture(figure, "With noise").inner_text())[0]
    assert told == pytest.approx(peak_signal_noise_ratio(clean, noisy, data_range=255), abs=0.1)
    for name, run in runs.items():
        shown = picture(figure, f"{name}: ")
        output = reconstruct(run, noisy[None, None].astype(np.uint8))[0, 0]
        assert np.abs(grey(shown.locator("canvas")) - 255 * output).max() <= 6  # noise in levels
        expected = peak_signal_noise_ratio(clean / 255, output.astype(float), data_range=1)
        assert numbers(shown.inner_text())[0] == pytest.approx(expected, abs=0.25)
    told = [numbers(text)[0] for text in values.all_inner_texts()]
    # Four standard deviations of a draw's means, as 60 draws have them.
    assert (np.abs(told - means(0.4)) < [0.6, 1.0, 1.3]).all()
    assert told[1] > told[2] > told[0]
    figure.get_by_role("button", name="Draw other noise").click()
    assert (grey(picture(figure, "With noise").locator("canvas")) != noisy).any()

    # Where there is none, the VAE is nearer, and nothing is nearer than to do nothing.
    slider.focus()
    page.keyboard.press("Home")
    expect(picture(figure, "With noise")).to_have_text("With noise: ∞ dB")
    texts = values.all_inner_texts()
    assert texts[0] == "∞ dB"
    told = [numbers(text)[0] for text in texts[1:]]
    assert told == pytest.approx(means(0)[1:], abs=0.06)
    assert told[1] > told[0]
    expect(nearest).to_have_text(
        "At this strength, nearest to the clean image: what was left as it is. Of the two models: the VAE."
    )
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert slider.input_value() == "0.05"
    expect(nearest).to_contain_text("left as it is")
    told = [numbers(text)[0] for text in values.all_inner_texts()]
    assert told == pytest.approx(means(0.05), abs=0.6)
    page.keyboard.press("End")
    expect(nearest).to_contain_text("the denoiser")


# --- Generation by label ----------------------------------------------------------------


def manner(images):
    """How many degrees each image leans to the right, and how much ink it has."""
    images = images[:, 0].astype(float)
    ink = images / images.sum((1, 2), keepdims=True)
    down, across = np.mgrid[: ink.shape[1], : ink.shape[2]]
    x, y = (ink * across).sum((1, 2)), (ink * down).sum((1, 2))
    dx, dy = across - x[:, None, None], down - y[:, None, None]
    return np.degrees(np.arctan(-(ink * dx * dy).sum((1, 2)) / (ink * dy**2).sum((1, 2)))), images.sum((1, 2))


def with_every(z):
    """One code, decoded with each label."""
    run = resources.example("mnist-labels-2d")
    return run.engine.decode(np.tile(np.float32(z), (10, 1)), np.arange(10))


@pytest.fixture(scope="module")
def directions():
    """Which way digits lean farther to the right and, across it, which way they get more ink."""
    axes = np.eye(2)
    leaning = np.array([np.subtract(*(manner(with_every(s * axis))[0].mean() for s in (1, -1))) for axis in axes])
    leaning /= np.linalg.norm(leaning)
    across = np.array([-leaning[1], leaning[0]])
    more = manner(with_every(across))[1].mean() > manner(with_every(-across))[1].mean()
    return leaning, across if more else -across


def test_the_same_code_with_another_label_is_another_digit_in_the_same_manner(page, directions):
    figure = open_lesson(page, "image_generation")

    same = figure.get_by_role("group", name="The same code with each label")
    wanted = figure.get_by_role("group", name="Label", exact=True)
    code = figure.get_by_text(re.compile("^z = "))
    draws = figure.get_by_role("img", name="Images of ten codes").locator("canvas")
    expect(same).to_be_hidden()
    # Before it was predicted, another label is another code, too.
    before = code.text_content()
    first = [grey(canvas) for canvas in draws.all()]
    wanted.get_by_role("button", name="3").click()
    assert code.text_content() != before
    expect(figure.get_by_role("heading", name="with the label 3")).to_be_visible()
    assert all((grey(canvas) != old).any() for canvas, old in zip(draws.all(), first, strict=True))
    predict(page, 1, is_right=True)
    expect(same).to_be_visible()

    def row_is_of(z, levels=3):
        images = with_every(z)
        leans = manner(images)[0]
        for i, tile in enumerate(same.get_by_role("button").all()):
            assert np.abs(grey(tile.locator("canvas")) - 255 * images[i, 0]).max() <= levels
            degrees, *side = re.findall(r"\d+|left|right", tile.get_attribute("aria-label"))[1:]
            found = float(degrees) * (-1 if side == ["left"] else 1)
            assert found == pytest.approx(leans[i], abs=0.7)
        return leans

    # The first row carries the claim: every digit leans the same way.
    assert (row_is_of(1.2 * directions[0]) > 4).all()
    # Moved, all follow; with another label the code stays.
    plane = figure.get_by_role("application", name="Map of the codes")
    plane.focus()
    start = numbers(code.text_content())
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    z = numbers(code.text_content())
    assert z[0] > start[0]
    assert z[1] > start[1]
    row_is_of(z, levels=8)  # the code is read to two digits
    said = code.text_content()
    same.get_by_role("button").nth(2).click()
    expect(wanted.get_by_role("button", name="2")).to_have_attribute("aria-pressed", "true")
    assert code.text_content() == said
    decoded = picture(figure, "Decoded with the label 2").locator("canvas")
    assert np.abs(grey(decoded) - 255 * with_every(z)[2, 0]).max() <= 8
    old = grey(draws.first)
    figure.get_by_role("button", name="Draw again").click()
    assert (grey(draws.first) != old).any()


def test_what_the_directions_do_and_what_the_map_no_longer_tells(page, directions):
    figure = open_lesson(page, "image_generation")
    data = resources.images_of(resources.example("mnist-2d"))
    facts = figure.get_by_text(re.compile("^From end to end of “leans right”"))
    expect(facts).to_be_hidden()
    predict(page, 2, is_right=False)
    expect(facts).to_be_visible()
    (lean, _), (lean_there, _), (_, ink), (_, ink_there) = (
        manner(with_every(2 * sign * direction)) for direction in directions for sign in (-1, 1)
    )
    told = numbers(facts.text_content())
    leaning, inkier = (lean_there > lean + 2).sum(), (ink_there > ink).sum()
    expected = [leaning, 10, (lean_there - lean).mean(), inkier, 10, ink_there.mean() / ink.mean()]
    assert told == pytest.approx(expected, abs=0.51)
    assert min(leaning, inkier) == 10, "all ten digits follow"
    for text in ("leans right", "more ink"):
        expect(figure.locator(".ls-mark", has_text=text)).to_have_count(1)

    def alike(which):
        codes = kit.thinned(resources.made(resources.example(which), "plane"))
        nearest = NearestNeighbors(n_neighbors=2).fit(codes.coordinates)
        known = data.labels[codes.indices]
        other = nearest.kneighbors(codes.coordinates)[1]
        itself = other[:, 0] == np.arange(len(known))
        return 100 * (known[np.where(itself, other[:, 1], other[:, 0])] == known).mean()

    told = numbers(figure.get_by_text("The nearest other image on this map").text_content())
    expected = [alike("mnist-labels-2d"), alike("mnist-2d")]
    assert told == pytest.approx(expected, abs=0.51)
    assert expected[0] < 30
    assert expected[1] > 55
