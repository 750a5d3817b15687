"""What images are like, as far as it tells which settings suit them."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

__all__ = ["component_variances", "nearly_binary", "told_from_mirrored"]

#: Images that are looked at: enough for figures that are right to a few hundredths.
MOST_IMAGES = 500
#: Sides of the small images that are compared: shapes are still there, details are not.
SMALL, SMALLEST = 32, 16
#: Gray levels from black or white within which a pixel counts as either.
NEARLY = 25


def nearly_binary(images: NDArray[np.uint8]) -> float:
    """How many pixels are nearly black or nearly white.

    Parameters
    ----------
    images
        uint8 ``(N, C, H, W)``.

    Returns
    -------
    float
        Their share, from 0 to 1.

    Examples
    --------
    >>> nearly_binary(np.array([0, 20, 128, 255], np.uint8).reshape(1, 1, 2, 2))
    0.75
    """
    images = images[:MOST_IMAGES]
    return float(np.mean((images <= NEARLY) | (images >= 255 - NEARLY)))


def component_variances(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How much images vary along each of their principal components.

    Of images that are shrunk to 32 x 32 pixels where they are larger: details that this loses vary little.

    Parameters
    ----------
    images
        uint8 ``(N, C, H, W)``.

    Returns
    -------
    ndarray
        ``(N,)``, widest first, of squared distances between images: sums over pixels in [0, 1]. Zero for components
        that are not there.
    """
    x = _shrunk(images, SMALL)
    x -= x.mean(0)
    # Of the images' products with one another, since there are fewer images than pixels.
    variances = np.linalg.eigvalsh(x @ x.T / len(x))[::-1].clip(0)
    full_size: NDArray[np.float64] = variances * images[0].size / x.shape[1]
    return full_size


def told_from_mirrored(images: NDArray[np.uint8], labels: NDArray[np.int64] | None = None) -> float:
    """How often an image can be told from its own mirror image by its likeness to the others.

    Each image, and the same image mirrored left to right, is compared with all others by a Gaussian kernel (a Parzen
    window, leave-one-out). Where mirrored images are as likely as those there are, half of them are told apart.

    Parameters
    ----------
    images
        uint8 ``(N, C, H, W)``.
    labels
        ``(N,)``: an image is then also compared with those of its own class alone, and the larger share counts: 2 and
        5 are told from their mirror images within their classes.

    Returns
    -------
    float
        The share of images that are told from their mirror images, around 0.5 where images have no side, 1 where all
        have one.
    """
    side = min(images.shape[-1], SMALLEST)
    x = _shrunk(images, SMALLEST)
    mirrored = x.reshape(len(x), -1, side, side)[..., ::-1].reshape(len(x), -1)
    apart, from_mirrored = _square_distances(x, x), _square_distances(x, mirrored)
    others = ~np.eye(len(x), dtype=bool)
    # A quarter of the median: with all of it, one image is as near as another; with much less, each is alone.
    width = np.median(apart) / 4 or 1.0
    nearer = (np.exp(-apart / width) - np.exp(-from_mirrored / width)) * others
    told = [_share_above_zero(nearer.sum(1))]
    if labels is not None:
        same = labels[: len(x), None] == labels[: len(x)]
        told.append(_share_above_zero((nearer * same).sum(1)))
    return max(told)


def _share_above_zero(values: NDArray[np.floating]) -> float:
    """With what is zero, as where an image is its own mirror image, counted as half."""
    return float(np.mean((values > 1e-12) + 0.5 * (np.abs(values) <= 1e-12)))


def _shrunk(images: NDArray[np.uint8], side: int) -> NDArray[np.float64]:
    """The first images as rows of numbers in [0, 1], with at most so many pixels a side."""
    x = torch.from_numpy(images[:MOST_IMAGES]).to(torch.float32) / 255
    small = F.adaptive_avg_pool2d(x, min(side, images.shape[-1]))
    return small.flatten(1).numpy().astype(np.float64)


def _square_distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    squares: NDArray[np.float64] = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return squares.clip(0)
