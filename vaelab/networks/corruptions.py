"""What a denoising autoencoder is trained to undo, and what the Denoising page adds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from vaelab import choices
from vaelab.images import as_float, check_range

__all__ = ["CORRUPTIONS", "blur", "corrupt", "corrupt_images", "gaussian", "masking", "salt_and_pepper"]


def gaussian(x: Tensor, strength: float, generator: torch.Generator | None = None) -> Tensor:
    """Add normal noise to every pixel (Vincent et al. 2010, section 3.3).

    Parameters
    ----------
    x
        ``(B, C, H, W)`` in [0, 1].
    strength
        Standard deviation of the noise, in the pixels' unit.
    generator
        Source of the noise.

    Returns
    -------
    Tensor
        Same shape; clipped to [0, 1], as pixels are.
    """
    noise = torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
    return (x + strength * noise).clamp(0, 1)


def salt_and_pepper(x: Tensor, strength: float, generator: torch.Generator | None = None) -> Tensor:
    """Make some pixels black or white, by the toss of a coin (Vincent et al. 2010, section 3.3).

    Parameters
    ----------
    x
        ``(B, C, H, W)`` in [0, 1].
    strength
        Share of the pixels, in [0, 1]; all channels of a pixel together.
    generator
        Source of the noise.

    Returns
    -------
    Tensor
        Same shape.
    """
    dice = _dice(x, generator)
    return torch.where(dice < strength, (dice < strength / 2).to(x.dtype), x)


def masking(x: Tensor, strength: float, generator: torch.Generator | None = None) -> Tensor:
    """Make some pixels black (Vincent et al. 2008, section 2.3).

    Parameters
    ----------
    x
        ``(B, C, H, W)`` in [0, 1].
    strength
        Share of the pixels, in [0, 1]; all channels of a pixel together.
    generator
        Source of the noise.

    Returns
    -------
    Tensor
        Same shape.
    """
    return torch.where(_dice(x, generator) < strength, 0.0, x)


def blur(x: Tensor, strength: float, generator: torch.Generator | None = None) -> Tensor:
    """Blur with a Gaussian, cut off at three sigma; the border is repeated outwards.

    Parameters
    ----------
    x
        ``(B, C, H, W)`` in [0, 1].
    strength
        Standard deviation of the Gaussian, in pixels.
    generator
        Not used: a blur has nothing random.

    Returns
    -------
    Tensor
        Same shape.
    """
    radius = math.ceil(3 * strength)
    if radius == 0:
        return x
    offsets = torch.arange(-radius, radius + 1, device=x.device, dtype=x.dtype)
    weights = torch.exp(-0.5 * (offsets / strength) ** 2)
    weights = (weights / weights.sum()).expand(x.shape[1], 1, 1, -1)
    padded = F.pad(x, (radius, radius, radius, radius), mode="replicate")
    rows = F.conv2d(padded, weights, groups=x.shape[1])
    blurred = F.conv2d(rows, weights.transpose(2, 3), groups=x.shape[1])
    return blurred.clamp(0, 1)  # weights that sum to 1 but for rounding


CORRUPTIONS: dict[str, Callable[..., Tensor]] = {
    "gaussian": gaussian,
    "salt_and_pepper": salt_and_pepper,
    "masking": masking,
    "blur": blur,
}


def corrupt(x: Tensor, kind: str | None, strength: float, generator: torch.Generator | None = None) -> Tensor:
    """Damage images in one of the ways of ``CORRUPTIONS``, or in none.

    Parameters
    ----------
    x
        ``(B, C, H, W)`` in [0, 1]; never changed itself.
    kind
        A key of ``CORRUPTIONS``, or None.
    strength
        As that function takes it; 0 leaves images as they are.
    generator
        Source of the noise.

    Returns
    -------
    Tensor
        Same shape, in [0, 1].
    """
    if kind is None or strength == 0:
        return x
    return CORRUPTIONS[kind](x, strength, generator)


def corrupt_images(images: NDArray[np.generic], kind: str, strength: float, seed: int = 0) -> NDArray[np.float32]:
    """Damage images of numpy's.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, uint8 or float in [0, 1].
    kind
        A key of ``CORRUPTIONS``.
    strength
        As that function takes it.
    seed
        The same seed damages the same pixels.

    Returns
    -------
    ndarray
        float32 in [0, 1], same shape.

    Raises
    ------
    ValueError
        If there is no such kind, the strength is negative, no number, or a share above 1, or these are no images.

    Examples
    --------
    >>> black = corrupt_images(np.ones((2, 1, 4, 4)), "masking", 1.0)
    >>> float(black.max())
    0.0
    """
    if kind not in CORRUPTIONS:
        raise ValueError(f"There is no corruption {kind!r}: choose one of {', '.join(CORRUPTIONS)}.")
    if not 0 <= strength < math.inf:
        raise ValueError(f"A corruption's strength was {strength}; it must be at least 0.")
    if choices.CORRUPTIONS[kind].is_share and strength > 1:
        raise ValueError(f"The strength of {kind} was {strength}; it is a share of the pixels, from 0 to 1.")
    images = np.asarray(images)
    if images.ndim != 4:
        raise ValueError(f"These images have shape {images.shape}; they must be (N, C, H, W).")
    check_range(images)
    x = torch.from_numpy(as_float(images))
    noise = torch.Generator().manual_seed(seed)
    damaged: NDArray[np.float32] = corrupt(x, kind, strength, noise).numpy()
    return damaged


def _dice(x: Tensor, generator: torch.Generator | None) -> Tensor:
    """A number in [0, 1) for each pixel, the same for all its channels."""
    batch, _, height, width = x.shape
    return torch.rand((batch, 1, height, width), generator=generator, device=x.device, dtype=x.dtype)
