"""What is mirrored and moved, how often and how far, and what is left alone."""

import numpy as np
import pytest
import torch
from scipy.ndimage import shift as scipy_shift

from vaelab.training.augmentation import augment


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(count=200, channels=3, side=9):
    return torch.randint(0, 256, (count, channels, side, side), dtype=torch.uint8, generator=seeded(9))


def moved(image, dy, dx):
    """By scipy, which repeats the border too."""
    return scipy_shift(image.numpy(), (0, dy, dx), order=0, mode="nearest")


def test_without_either_nothing_changes_and_no_number_is_drawn():
    x, noise = pictures(), seeded()
    state = noise.get_state()
    assert torch.equal(augment(x, False, 0, noise), x)
    assert torch.equal(noise.get_state(), state)


def test_half_of_the_images_are_mirrored_and_the_rest_are_as_they_were():
    x = pictures()
    y = augment(x, True, 0, seeded())
    mirrored = (y == x.flip(3)).flatten(1).all(1)
    assert (mirrored | (y == x).flatten(1).all(1)).all()
    assert 80 < mirrored.sum() < 120  # four standard errors are 28


@pytest.mark.parametrize("shift", [1, 3])
def test_each_image_is_moved_whole_and_its_border_repeated(shift):
    x = pictures(count=300)
    y = augment(x, False, shift, seeded())
    steps = range(-shift, shift + 1)
    found = {(dy, dx): 0 for dy in steps for dx in steps}
    for before, after in zip(x, y.numpy(), strict=True):
        (way,) = [way for way in found if np.array_equal(moved(before, *way), after)]
        found[way] += 1
    # Every way occurs, none of them as if it were preferred.
    expected = len(x) / len(found)
    assert all(0 < count < expected + 5 * expected**0.5 for count in found.values())


def test_both_together_are_a_mirror_image_moved():
    x = pictures(count=50)
    for before, after in zip(x, augment(x, True, 1, seeded()).numpy(), strict=True):
        sources = [before, before.flip(2)]
        assert any(
            np.array_equal(moved(source, dy, dx), after) for source in sources for dy in (-1, 0, 1) for dx in (-1, 0, 1)
        )


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_the_generator_alone_decides(dtype):
    x = pictures().to(dtype)
    before = x.clone()
    first, again, other = (augment(x, True, 2, seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.dtype == dtype
    assert torch.equal(x, before)
