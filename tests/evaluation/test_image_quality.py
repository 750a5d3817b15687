import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from vaelab.evaluation.image_quality import MAX_PSNR, median_filter, pooled_psnr, psnr, ssim


@pytest.fixture
def pair(rng):
    clean = rng.uniform(size=(6, 3, 12, 10))
    return clean, np.clip(clean + rng.normal(0, 0.1, clean.shape), 0, 1)


def one_window(x, y):
    """SSIM of a single window, term by term."""
    covariance = np.cov(x.ravel(), y.ravel())
    brightness = (2 * x.mean() * y.mean() + 1e-4) / (x.mean() ** 2 + y.mean() ** 2 + 1e-4)
    return brightness * (2 * covariance[0, 1] + 9e-4) / (np.trace(covariance) + 9e-4)


def test_psnr_is_its_formula_and_skimages(pair):
    clean, other = pair
    found = psnr(clean, other)
    for one, two, decibels in zip(clean, other, found, strict=True):
        assert decibels == pytest.approx(10 * np.log10(1 / ((one - two) ** 2).mean()))
        assert decibels == pytest.approx(peak_signal_noise_ratio(one, two, data_range=1))


def test_psnr_of_many_images_is_that_of_one_large_image(pair):
    clean, other = pair
    assert pooled_psnr(psnr(clean, other)) == pytest.approx(peak_signal_noise_ratio(clean, other, data_range=1))
    assert pooled_psnr(psnr(clean, clean)) == pytest.approx(MAX_PSNR)
    with pytest.raises(ValueError, match="no images"):
        pooled_psnr(np.zeros(0))


def test_ten_times_less_noise_is_twenty_decibels_more(pair):
    clean, other = pair
    np.testing.assert_allclose(psnr(clean, clean + (other - clean) / 10), psnr(clean, other) + 20, rtol=1e-9)


def test_identical_images_are_as_good_as_can_be(pair):
    clean, _ = pair
    assert (psnr(clean, clean) == MAX_PSNR).all()
    np.testing.assert_allclose(ssim(clean, clean), 1)
    black = np.zeros((2, 1, 8, 8), np.uint8)
    assert (psnr(black, black) == MAX_PSNR).all()
    np.testing.assert_allclose(ssim(black, black), 1)


def test_pixels_and_floats_are_the_same_images(rng):
    clean, other = rng.integers(0, 256, (2, 4, 1, 8, 8)).astype(np.uint8)
    for measure in (psnr, ssim):
        np.testing.assert_allclose(measure(clean, other), measure(clean / 255, other / 255))
        np.testing.assert_allclose(measure(clean, other), measure(clean, other / 255))


def test_ssim_is_its_formula_averaged_over_windows_and_channels(pair):
    clean, other = pair
    single = ssim(clean[:, :1, :7, :7], other[:, :1, :7, :7])
    expected = [one_window(x[0, :7, :7], y[0, :7, :7]) for x, y in zip(clean, other, strict=True)]
    np.testing.assert_allclose(single, expected)
    windows = [
        one_window(clean[0, channel, i : i + 7, j : j + 7], other[0, channel, i : i + 7, j : j + 7])
        for channel in range(3)
        for i in range(6)
        for j in range(4)
    ]
    assert ssim(clean[:1], other[:1])[0] == pytest.approx(np.mean(windows))


def test_ssim_forgives_brightness_and_minds_noise(digits):
    clean = 0.4 + 0.4 * digits.images[:50] / 255  # on black, any light is a pattern
    brighter = clean + 0.1
    noise = np.random.default_rng(0).choice([-0.1, 0.1], clean.shape)
    np.testing.assert_allclose(psnr(clean, brighter), psnr(clean, clean + noise))
    assert (ssim(clean, brighter) > ssim(clean, clean + noise)).all()


@pytest.mark.parametrize("size", [1, 3, 5])
def test_the_filter_is_the_median_of_each_square(rng, size):
    images = rng.uniform(size=(3, 2, 8, 9)).astype(np.float32)
    half = size // 2
    padded = np.pad(images, ((0, 0), (0, 0), (half, half), (half, half)), "symmetric")
    squares = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(2, 3))
    found = median_filter(images, size)
    np.testing.assert_array_equal(found, np.median(squares, axis=(4, 5)))
    assert found.dtype == images.dtype


def test_the_filter_takes_away_single_pixels_and_leaves_edges():
    images = np.zeros((1, 1, 8, 8), np.uint8)
    images[:, :, 4:] = 200
    dotted = images.copy()
    dotted[0, 0, 1, 5] = 255
    np.testing.assert_array_equal(median_filter(dotted), images)
    assert psnr(images, median_filter(dotted)) == MAX_PSNR


def test_images_that_cannot_be_compared_are_refused():
    small, images = np.zeros((2, 1, 6, 9)), np.zeros((2, 1, 8, 8))
    for call in (
        lambda: psnr(images, images[:1]),
        lambda: ssim(images[0], images[0]),
        lambda: ssim(small, small),
        lambda: psnr(images, images + 200),
        lambda: ssim(images.astype(np.int64), images),
        lambda: psnr(images, np.full_like(images, np.nan)),
        lambda: median_filter(images, 2),
        lambda: median_filter(images, 0),
        lambda: median_filter(images[0]),
    ):
        with pytest.raises(ValueError, match=r"\w+ .*\.$"):
            call()
    assert ssim(images[:0], images[:0]).shape == psnr(images[:0], images[:0]).shape == (0,)
