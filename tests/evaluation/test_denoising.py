import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from vaelab.evaluation.denoising import (
    REGIONS,
    Quality,
    best_of,
    compare_denoisers,
    fill_from_nearest,
    fill_with_mean,
    hide_box,
    hide_region,
    psnr_inside,
    sweep_strengths,
)
from vaelab.evaluation.image_quality import MAX_PSNR, median_filter, psnr
from vaelab.networks.corruptions import corrupt_images


@pytest.fixture(scope="module")
def clean(digits):
    return digits.images[digits.indices("test")[:40]]


def test_denoisers_are_judged_as_skimage_judges_the_images(clean):
    noisy = corrupt_images(clean, "gaussian", 0.2)
    found = compare_denoisers(clean, {"noisy": noisy, "itself": clean})
    pairs = [(one[0] / 255, two[0].astype(float)) for one, two in zip(clean, noisy, strict=True)]
    decibels = peak_signal_noise_ratio(*np.stack(pairs, 1), data_range=1)
    similar = [structural_similarity(one, two, data_range=1) for one, two in pairs]
    assert found["noisy"] == pytest.approx((decibels, np.mean(similar)))
    assert found["itself"] == pytest.approx((MAX_PSNR, 1))
    assert list(found) == ["noisy", "itself"]


@pytest.mark.parametrize("strength", [0.02, 0.05])
def test_images_that_no_noise_has_touched_do_not_rule_the_figure(digits, strength):
    clean = digits.images[digits.indices("test")] / 255
    noisy = corrupt_images(clean, "masking", strength)
    mse = ((clean - noisy) ** 2).mean()
    equally_wrong = clean + np.where(clean < 0.5, 1, -1) * np.sqrt(mse)  # the same error, but of all images alike
    assert psnr(clean, noisy).mean() > psnr(clean, equally_wrong).mean() + 8, "what a mean of decibels said"
    found = compare_denoisers(clean, {"noisy": noisy, "equal": equally_wrong})
    assert found["noisy"].psnr == pytest.approx(-10 * np.log10(mse), abs=1e-6)
    assert found["noisy"].psnr == pytest.approx(found["equal"].psnr, abs=1e-6)
    assert best_of({name: quality.psnr for name, quality in found.items()}) == {"noisy", "equal"}


def test_no_images_are_no_comparison(clean):
    with pytest.raises(ValueError, match="no images"):
        compare_denoisers(clean[:0], {"noisy": clean[:0]})


def test_a_sweep_is_a_comparison_at_each_strength(clean):
    def damage(strength):
        return corrupt_images(clean, "salt_and_pepper", strength, seed=3)

    methods = {"noisy": lambda noisy: noisy, "median": median_filter}
    found = sweep_strengths(clean, damage, (0.1, 0.3, 0.6), methods)
    for place, strength in enumerate((0.1, 0.3, 0.6)):
        outputs = {name: do(damage(strength)) for name, do in methods.items()}
        table = compare_denoisers(clean, outputs)
        assert {name: line[place] for name, line in found.items()} == table
    assert [quality.psnr for quality in found["noisy"]] == sorted(
        (quality.psnr for quality in found["noisy"]), reverse=True
    )


def test_a_model_that_learned_the_images_denoises_better_than_a_filter(vae_run, clean):
    noisy = corrupt_images(clean, "gaussian", 0.4)
    outputs = {"median": median_filter(noisy), "model": vae_run.engine.reconstruct(noisy)}
    found = compare_denoisers(clean, outputs)
    assert found["model"].psnr > found["median"].psnr + 1
    assert found["model"].ssim > found["median"].ssim


def test_the_best_are_those_that_look_best():
    assert best_of({"a": 1.0, "b": 3.001, "c": 3.0}) == {"b", "c"}
    assert best_of({"a": Quality(1, 0.2).ssim, "b": -1}) == {"a"}


# --- Holes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("side", [8, 9, 28])
def test_regions_hide_what_they_are_called(region, side):
    hidden = ~hide_region(side, side, region)
    assert 0.2 <= hidden.mean() <= 0.57
    rows, columns = np.flatnonzero(hidden.any(1)), np.flatnonzero(hidden.any(0))
    assert hidden.sum() == len(rows) * len(columns)  # a box
    first, last = side - 1, 0
    touched = {
        "top": rows[0] == last,
        "bottom": rows[-1] == first,
        "left": columns[0] == last,
        "right": columns[-1] == first,
    }
    sides = {"top", "bottom", "left", "right"}
    opposite = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}
    expected = sides - {opposite[region]} if region in sides else set()
    assert {name for name, yes in touched.items() if yes} == expected


def test_a_box_hides_its_pixels_and_no_others():
    known = hide_box(5, 6, (1, 2), (3, 3))
    assert np.argwhere(~known).tolist() == [[1, 3], [2, 3]]


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((0, 4), (0, 5)), ((2, 1), (0, 0)), ((0, 5), (0, 0)), ((-1, 0), (0, 0)), ((0, 0), (0, 6))],
)
def test_boxes_that_are_none_are_refused(rows, columns):
    with pytest.raises(ValueError, match=r"\w+ .*\.$"):
        hide_box(5, 6, rows, columns)


def test_psnr_inside_minds_the_hidden_pixels_alone(rng):
    clean, other = rng.uniform(size=(2, 4, 3, 8, 8))
    known = hide_region(8, 8, "left")
    found = psnr_inside(clean, other, known)
    by_hand = -10 * np.log10(((clean - other)[..., :4] ** 2).mean((1, 2, 3)))
    np.testing.assert_allclose(found, by_hand)
    np.testing.assert_allclose(psnr_inside(clean, np.where(known, 0, other), known), found)
    # Errors in the hidden half only are twice as dense there: 3 dB.
    whole = psnr(clean, np.where(known, clean, other))
    np.testing.assert_allclose(whole - found, 10 * np.log10(2))
    with pytest.raises(ValueError, match="Nothing is hidden"):
        psnr_inside(clean, other, np.ones((8, 8), bool))


@pytest.mark.parametrize("fill", [fill_with_mean, fill_from_nearest])
def test_filling_looks_at_known_pixels_only_and_keeps_them(digits, clean, fill):
    known = hide_region(8, 8, "bottom")
    train = digits.images[digits.indices("train")[:300]]
    images = clean / np.float32(255)
    filled = fill(images, known, train)
    np.testing.assert_array_equal(filled[..., known], images[..., known])
    np.testing.assert_array_equal(fill(np.where(known, images, 0.7), known, train), filled)
    assert filled.dtype == np.float32


def test_what_is_filled_in_is_the_mean_or_the_nearest(digits, clean):
    known = hide_region(8, 8, "centre")
    train = digits.images[digits.indices("train")[:300]]
    images = clean / np.float32(255)
    mean = fill_with_mean(images, known, train)
    np.testing.assert_allclose(mean[0][..., ~known], train[..., ~known].mean(0) / 255, rtol=1e-5)
    nearest = fill_from_nearest(images, known, train)
    for image, filled in zip(images, nearest, strict=True):
        distances = ((image - train / 255)[..., known] ** 2).sum((1, 2))
        best = np.flatnonzero(np.isclose(distances, distances.min()))
        assert any(np.allclose(filled[..., ~known], train[i][..., ~known] / 255) for i in best)


def test_a_model_fills_a_hole_better_than_the_mean_does(vae_run, digits, clean):
    known = hide_region(8, 8, "bottom")
    start = fill_with_mean(clean / 255, known, digits.images[digits.indices("train")])
    filled = vae_run.engine.restore(start, known, num_steps=20)
    better = psnr_inside(clean, filled, known) - psnr_inside(clean, start, known)
    assert better.mean() > 1
