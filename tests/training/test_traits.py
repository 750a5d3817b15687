"""What images are like: against images that are made to be so."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from vaelab.training.traits import component_variances, nearly_binary, told_from_mirrored


@pytest.fixture
def noise(rng):
    return rng.integers(0, 256, (200, 3, 16, 16), dtype=np.uint8)


def slanted(rng, share=0.0, count=300):
    """Lines that fall from left to right on a ground of noise, a share of them mirrored; and which are."""
    images = rng.integers(0, 80, (count, 1, 16, 16), dtype=np.uint8)
    is_mirrored = rng.random(count) < share
    for image, offset, mirror in zip(images, rng.integers(-5, 6, count), is_mirrored, strict=True):
        line = np.eye(16, k=offset, dtype=bool)
        image[0][line[:, ::-1] if mirror else line] = 255
    return images, is_mirrored.astype(np.int64)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_nearly_black_and_nearly_white_pixels_are_counted(rng, share):
    is_extreme = rng.random((100, 1, 20, 20)) < share
    extreme = rng.choice([0, 20, 240, 255], is_extreme.shape)
    images = np.where(is_extreme, extreme, rng.integers(60, 200, is_extreme.shape)).astype(np.uint8)
    assert nearly_binary(images) == pytest.approx(share, abs=0.02)


def test_components_vary_as_those_of_sklearn_do(rng):
    # Small enough not to be shrunk, and not equally wide in all directions.
    images = rng.normal(128, np.linspace(5, 60, 64), (150, 64)).clip(0, 255).astype(np.uint8).reshape(150, 1, 8, 8)
    theirs = PCA().fit(images.reshape(150, -1) / 255).explained_variance_ * 149 / 150
    ours = component_variances(images)
    np.testing.assert_allclose(ours[:64], theirs, rtol=1e-4)
    np.testing.assert_allclose(ours[64:], 0, atol=1e-9)


def test_images_that_are_all_alike_vary_in_no_way():
    np.testing.assert_array_equal(component_variances(np.full((20, 1, 8, 8), 7, np.uint8)), np.zeros(20))


def test_large_images_vary_as_much_as_their_pixels_do(rng):
    small, _ = slanted(rng)
    large = small.repeat(8, axis=2).repeat(8, axis=3)
    np.testing.assert_allclose(component_variances(large), 64 * component_variances(small), atol=1e-3)


def test_noise_has_no_side(noise):
    assert told_from_mirrored(noise) == pytest.approx(0.5, abs=0.15)


def test_images_that_are_their_own_mirror_images_have_no_side(noise):
    same = np.concatenate([noise, noise[..., ::-1]], axis=-1)
    assert told_from_mirrored(same) == 0.5


def test_what_falls_to_the_right_is_told_from_what_falls_to_the_left(rng):
    images, _ = slanted(rng)
    assert told_from_mirrored(images) > 0.95


def test_classes_have_sides_where_all_together_have_none(rng):
    images, labels = slanted(rng, share=0.5)
    assert told_from_mirrored(images) < 0.65
    assert told_from_mirrored(images, labels) > 0.95


def test_digits_have_a_side(digits):
    images, labels = digits.images[:400], digits.labels[:400]
    assert told_from_mirrored(images) > 0.85
    assert told_from_mirrored(images, labels) > 0.9
    for few in range(0, 240, 24):
        assert told_from_mirrored(images[few : few + 24]) > 0.65


def test_one_image_and_equal_images_say_nothing(noise):
    assert told_from_mirrored(noise[:1]) == 0.5
    assert told_from_mirrored(np.zeros((10, 1, 8, 8), np.uint8)) == 0.5
