"""What is damaged, how much of it, and what is left alone."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from vaelab.choices import CORRUPTIONS as CHOICES
from vaelab.networks.corruptions import CORRUPTIONS, blur, corrupt, corrupt_images

every_kind = pytest.mark.parametrize("kind", CORRUPTIONS)
random_kinds = pytest.mark.parametrize("kind", [kind for kind in CORRUPTIONS if kind != "blur"])


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def gray(count=4, channels=3, side=64):
    return torch.full((count, channels, side, side), 0.5)


def pictures(count=4, channels=3, side=16):
    return torch.rand(count, channels, side, side, generator=seeded(9))


def test_the_configs_names_are_the_corruptions():
    assert list(CORRUPTIONS) == list(CHOICES)


# --- Each of them -------------------------------------------------------------------------------


@pytest.mark.parametrize("strength", [0.01, 0.05, 0.1])
def test_gaussian_noise_has_this_deviation(strength):
    """Within 5 sigma of mid-gray nothing is clipped; 49,152 numbers, four standard errors."""
    noise = corrupt(gray(), "gaussian", strength, seeded()) - 0.5
    count = noise.numel()
    assert noise.mean().item() == pytest.approx(0, abs=4 * strength / count**0.5)
    assert noise.std().item() == pytest.approx(strength, rel=4 / (2 * count) ** 0.5)
    # Normal: its kurtosis is 3, with a standard error of the root of 24 / n.
    kurtosis = (noise / noise.std()).pow(4).mean().item()
    assert kurtosis == pytest.approx(3, abs=4 * (24 / count) ** 0.5)
    # Each number for itself: neither neighbours nor channels go together.
    for axis in (1, 2, 3):
        pair = torch.stack([noise.narrow(axis, at, 1).flatten() for at in (0, 1)])
        assert torch.corrcoef(pair)[0, 1].abs() < 4 / pair.shape[1] ** 0.5


@pytest.mark.parametrize("strength", [0.3, 2.0])
def test_gaussian_noise_is_clipped_where_pixels_end(strength):
    noisy = corrupt(gray(), "gaussian", strength, seeded())
    beyond = 0.5 * math.erfc(0.5 / strength / math.sqrt(2))
    count = noisy.numel()
    for end in (0.0, 1.0):
        share = (noisy == end).float().mean().item()
        assert share == pytest.approx(beyond, abs=4 * (beyond * (1 - beyond) / count) ** 0.5)


@pytest.mark.parametrize("strength", [0.05, 0.3, 1.0])
def test_salt_and_pepper_is_half_of_each(strength):
    damaged = corrupt(gray(), "salt_and_pepper", strength, seeded())[:, 0]
    count = damaged.numel()
    for end in (0.0, 1.0):
        share = (damaged == end).float().mean().item()
        assert share == pytest.approx(strength / 2, abs=4 * (strength / 2 / count) ** 0.5)
    assert set(damaged.unique().tolist()) <= {0.0, 0.5, 1.0}
    assert (damaged == 0.5).any() == (strength < 1)


@pytest.mark.parametrize("strength", [0.05, 0.3, 1.0])
def test_masking_blackens_its_share(strength):
    x = pictures(side=64)
    damaged = corrupt(x, "masking", strength, seeded())
    hit = (damaged == 0)[:, 0]
    assert hit.float().mean().item() == pytest.approx(strength, abs=4 * 0.5 / hit.numel() ** 0.5)
    assert torch.equal(damaged, torch.where(hit[:, None], 0.0, x))


@pytest.mark.parametrize("kind", ["salt_and_pepper", "masking"])
def test_the_channels_of_a_pixel_are_hit_together(kind):
    hit = corrupt(gray(), kind, 0.4, seeded()) != 0.5
    assert torch.equal(hit, hit[:, :1].expand_as(hit))
    # And pixels one by one: as often beside a hit pixel as anywhere else.
    both = (hit[..., 1:] & hit[..., :-1])[:, 0].float()
    assert both.mean().item() == pytest.approx(0.16, abs=4 * 0.4 / both.numel() ** 0.5)


@pytest.mark.parametrize("side", [8, 28])
@pytest.mark.parametrize("strength", [0.3, 0.5, 1.0, 1.7, 5.0])
def test_blur_is_scipys(side, strength):
    x = pictures(side=side)
    blurred = gaussian_filter(x.double().numpy(), strength, axes=(2, 3), mode="nearest", radius=math.ceil(3 * strength))
    np.testing.assert_allclose(blur(x, strength).numpy(), blurred, rtol=0, atol=1e-6)


@pytest.mark.parametrize("strength", [0.4, 1.0, 2.0])
def test_blur_spreads_a_point_and_loses_nothing_of_it(strength):
    x = torch.zeros(1, 2, 33, 33)
    x[0, 0, 16, 16] = 1
    spot = blur(x, strength)
    assert spot[0, 0].sum().item() == pytest.approx(1, rel=1e-6)
    assert not spot[0, 1].any()  # nothing of one channel in another
    if strength >= 1:  # below, a pixel is wider than the Gaussian
        offsets = torch.arange(33) - 16.0
        variance = (spot[0, 0].sum(0) * offsets.square()).sum().item()
        # The Gaussian cut off at 3 sigma has 0.973 of the variance of the whole.
        assert variance == pytest.approx(0.973 * strength**2, rel=0.03)


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("strength", [0.2, 1.0, 5.0])
def test_blur_leaves_a_plain_image_plain(level, strength):
    plain = torch.full((1, 3, 8, 8), level)
    blurred = blur(plain, strength)
    assert torch.allclose(blurred, plain, rtol=0, atol=1e-6)
    assert blurred.max() <= 1


# --- All of them --------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("strength", [0.02, 0.3, 1.0])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_stay_images(kind, strength, channels):
    x = pictures(channels=channels)
    for dtype in (torch.float32, torch.float64):
        damaged = corrupt(x.to(dtype), kind, strength, seeded())
        assert damaged.shape == x.shape
        assert damaged.dtype == dtype
        assert damaged.min() >= 0
        assert damaged.max() <= 1


@every_kind
@pytest.mark.parametrize("strength", [0.0, 0.5])
def test_what_was_given_is_left_as_it_was(kind, strength):
    x = pictures()
    before = x.clone()
    corrupt(x, kind, strength, seeded())
    assert torch.equal(x, before)
    images = before.numpy().copy()
    damaged = corrupt_images(images, kind, strength)
    damaged += 1
    assert np.array_equal(images, before.numpy())


@every_kind
def test_a_strength_of_zero_is_no_damage(kind):
    x = pictures()
    assert torch.equal(corrupt(x, kind, 0, seeded()), x)
    assert torch.equal(CORRUPTIONS[kind](x, 0.0, seeded()), x)
    assert torch.equal(corrupt(x, None, 0.7), x)


@random_kinds
def test_damage_is_new_with_each_draw_and_the_same_by_seed(kind):
    x = pictures()
    generator = seeded(4)
    first, second = (corrupt(x, kind, 0.4, generator) for _ in range(2))
    assert not torch.equal(first, second)
    generator.manual_seed(4)
    assert torch.equal(corrupt(x, kind, 0.4, generator), first)
    # No image of a batch is damaged as another.
    one, other = corrupt(gray(2), kind, 0.4, generator)
    assert not torch.equal(one, other)


@random_kinds
def test_no_other_random_numbers_are_touched(kind):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    corrupt(pictures(), kind, 0.4, seeded())
    assert torch.equal(torch.rand(3), expected)


def test_a_blur_has_nothing_random():
    generator = seeded()
    before = generator.get_state()
    assert torch.equal(corrupt(pictures(), "blur", 1, generator), corrupt(pictures(), "blur", 1))
    assert torch.equal(generator.get_state(), before)


# --- Of numpy's images --------------------------------------------------------------------------


@every_kind
def test_bytes_and_floats_are_the_same_images(kind, rng):
    images = rng.integers(0, 256, (5, 1, 8, 8), dtype=np.uint8)
    damaged = corrupt_images(images, kind, 0.5)
    assert damaged.dtype == np.float32
    assert damaged.shape == images.shape
    for dtype in (np.float32, np.float64):
        floats = (images / 255).astype(dtype)
        np.testing.assert_allclose(corrupt_images(floats, kind, 0.5), damaged, atol=1e-6)


@random_kinds
def test_the_seed_decides(kind):
    images = gray().numpy()
    assert np.array_equal(corrupt_images(images, kind, 0.3), corrupt_images(images, kind, 0.3, 0))
    assert not np.array_equal(corrupt_images(images, kind, 0.3, 1), corrupt_images(images, kind, 0.3, 0))


def test_a_kind_that_there_is_not_is_told_all_there_are():
    with pytest.raises(ValueError, match=r"^There is no corruption 'rain': choose one of .*\.$") as e:
        corrupt_images(gray().numpy(), "rain", 0.3)
    assert all(kind in str(e.value) for kind in CORRUPTIONS)


@every_kind
def test_a_negative_strength_is_refused(kind):
    with pytest.raises(ValueError, match=r"strength was -0\.1; it must be at least 0\.$"):
        corrupt_images(gray().numpy(), kind, -0.1)


@every_kind
@pytest.mark.parametrize("strength", [np.nan, np.inf])
def test_a_strength_that_is_no_number_is_refused(kind, strength):
    with pytest.raises(ValueError, match=r"strength was (nan|inf); it must be at least 0\.$"):
        corrupt_images(gray().numpy(), kind, strength)


@pytest.mark.parametrize("kind", ["salt_and_pepper", "masking"])
def test_a_share_above_one_is_refused(kind):
    with pytest.raises(ValueError, match=r"was 1\.5; it is a share of the pixels, from 0 to 1\.$"):
        corrupt_images(gray().numpy(), kind, 1.5)


@every_kind
@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (np.full((2, 1, 8, 8), 255.0), r"^These images are float64 from 255 to 255; .*: divide by 255\.$"),
        (np.full((2, 1, 8, 8), 9), r"^These images are int64 from 9 to 9; .*: turn them into uint8\.$"),
        (np.full((2, 1, 8, 8), 999, np.uint16), r"^These images are uint16 from 999 to 999; .*: scale them\.$"),
        (np.full((2, 1, 8, 8), np.nan), r"^Some pixels of these images are not finite numbers"),
        (np.zeros((8, 8)), r"^These images have shape \(8, 8\); they must be \(N, C, H, W\)\.$"),
    ],
)
def test_what_is_no_image_is_refused(kind, images, sentence):
    with pytest.raises(ValueError, match=sentence):
        corrupt_images(images, kind, 0.3)
