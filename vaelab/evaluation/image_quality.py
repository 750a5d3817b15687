"""How near images are to clean ones, and the filter that a denoiser has to beat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.images import as_float, check_range

__all__ = ["MAX_PSNR", "MIN_SIDE", "median_filter", "pooled_psnr", "psnr", "ssim"]

#: The PSNR of identical images, in dB: far above what rounding to 256 levels leaves (59 dB).
MAX_PSNR = 100.0

#: SSIM looks through a window of 7 × 7 pixels.
MIN_SIDE = 7


def psnr(clean: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """Peak signal-to-noise ratio, ``-10 log10(mse)`` for a peak of 1.

    Parameters
    ----------
    clean, other
        ``(N, C, H, W)``, float in [0, 1] or uint8. The squared error is averaged over channels.

    Returns
    -------
    ndarray
        float64 ``(N,)`` in dB, the higher the nearer; at most ``MAX_PSNR``, which identical images
        have.

    Raises
    ------
    ValueError
        If the shapes differ, or pixels are neither uint8 nor floats in [0, 1].
    """
    clean, other = _pair(clean, other)
    mse = ((clean - other) ** 2).mean((1, 2, 3))
    decibels: NDArray[np.float64] = -10 * np.log10(np.maximum(mse, 10 ** (-MAX_PSNR / 10)))
    return decibels


def pooled_psnr(decibels: NDArray[np.floating]) -> float:
    """PSNR of several images as of one: in dB of the mean of their squared errors.

    A mean of decibels would be ruled by the few images that are all but identical: one of 100 among nine of 18 lifts
    it by 8, as much as if the errors of all were six times smaller.

    Parameters
    ----------
    decibels
        ``(N,)``, N at least 1: each image's, of images of one size, as ``psnr`` returns it.

    Returns
    -------
    float
        In dB, at most ``MAX_PSNR``.

    Raises
    ------
    ValueError
        If there are no images.

    Examples
    --------
    >>> round(pooled_psnr(np.array([10.0, 100.0])), 2)  # half the error of the first
    13.01
    """
    if not len(decibels):
        raise ValueError("There are no images whose errors could be averaged.")
    return float(-10 * np.log10(np.mean(10 ** (-decibels / 10))))


def ssim(clean: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """Structural similarity (Wang et al. 2004, eq. 13), the mean over uniform 7 × 7 windows.

    It compares the means, the contrasts and the patterns of small regions, so it minds
    noise and blur more than a change of brightness, where PSNR knows no difference.

    Parameters
    ----------
    clean, other
        ``(N, C, H, W)``, float in [0, 1] or uint8; sides of at least ``MIN_SIDE``.

    Returns
    -------
    ndarray
        float64 ``(N,)`` in [-1, 1], averaged over channels; 1 for identical images.

    Raises
    ------
    ValueError
        If the shapes differ, pixels are neither uint8 nor floats in [0, 1], or the images are smaller than a window.
    """
    from skimage.metrics import structural_similarity  # a fifth of a second to import

    clean, other = _pair(clean, other)
    if min(clean.shape[2:]) < MIN_SIDE:
        raise ValueError(f"SSIM needs sides of {MIN_SIDE} pixels, but these images are {clean.shape[2:]}.")
    similarity: Any = structural_similarity  # it carries no types
    return np.array(
        [
            similarity(one, two, data_range=1.0, channel_axis=0, win_size=MIN_SIDE)
            for one, two in zip(clean, other, strict=True)
        ],
        dtype=np.float64,
    )


def median_filter(images: NDArray[Any], size: int = 3) -> NDArray[Any]:
    """Replace each pixel by the median of the square around it.

    Parameters
    ----------
    images
        ``(N, C, H, W)``. Neither images nor channels mix; beyond the border they are mirrored.
    size
        The square's side, odd.

    Returns
    -------
    ndarray
        The same shape and type.

    Raises
    ------
    ValueError
        If the size is not odd and positive, or the shape is another.
    """
    from scipy.ndimage import median_filter as rank_filter  # a fifth of a second to import

    if images.ndim != 4:
        raise ValueError(f"Images are (N, C, H, W), not {images.shape}.")
    if size < 1 or size % 2 == 0:
        raise ValueError(f"A square around a pixel has an odd side, not {size}.")
    filtered: NDArray[Any] = rank_filter(images, size=(1, 1, size, size))
    return filtered


def _pair(clean: NDArray[Any], other: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Check two batches of images and turn them into float64 in [0, 1]."""
    for images in (clean, other):
        check_range(images)
    if clean.ndim != 4 or clean.shape != other.shape:
        raise ValueError(f"Both must be (N, C, H, W) alike, but these are {clean.shape} and {other.shape}.")
    return as_float(clean, np.float64), as_float(other, np.float64)
