"""How far reconstructions are off, with displaced outlines forgiven."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vaelab.images import as_float

__all__ = ["Floats", "Images", "Reconstruct", "blur_side", "by_batch", "errors_of", "smoothed_error"]

Floats = NDArray[np.float64]

Images = NDArray[np.generic]

Reconstruct = Callable[[Images], NDArray[np.floating]]

#: Images at a time: bounds the memory that intermediate arrays take.
BATCH = 1000


def blur_side(side: int) -> int:
    """How wide a neighbourhood ``smoothed_error`` averages, in pixels, of images ``side`` wide.

    Examples
    --------
    >>> [blur_side(side) for side in (8, 16, 28, 32, 64)]
    [1, 3, 3, 3, 7]
    """
    return 2 * round(side / 24) + 1


def smoothed_error(images: Images, reconstructions: NDArray[np.floating]) -> Floats:
    """Sum the squares of how far a reconstruction is off, averaged over neighbourhoods.

    The difference is averaged with its sign: where an outline is but displaced by a pixel, which
    happens to normal images, too much and too little lie side by side and cancel. A stroke that is
    missing remains.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, uint8 or float in [0, 1].
    reconstructions
        The same shape, float in [0, 1].

    Returns
    -------
    ndarray
        float64 ``(N,)``, in squared intensity; beyond the border, nothing is off. The
        neighbourhoods are squares of ``blur_side`` pixels: of 8 x 8 images, single pixels.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if images.shape != reconstructions.shape:
        raise ValueError(
            f"An image and its reconstruction have one shape, but these have {images.shape} and "
            f"{reconstructions.shape}."
        )
    off = as_float(images) - reconstructions
    side = blur_side(images.shape[3])
    for axis in (2, 3):
        off = _running_mean(off, side, axis)
    error: Floats = (off.astype(np.float64) ** 2).sum((1, 2, 3))
    return error


def errors_of(images: Images, reconstruct: Reconstruct) -> Floats:
    """Take ``smoothed_error`` of images that are reconstructed a batch at a time, float64 ``(N,)``, each above 0."""
    # Never zero, so that it has a logarithm: a billionth of a pixel is below rounding.
    return 1e-9 + by_batch(lambda x: smoothed_error(x, reconstruct(x)), images)


def _running_mean(values: NDArray[np.floating], side: int, axis: int) -> NDArray[np.floating]:
    """Average along an axis over ``side`` values, zeros beyond the ends."""
    margin = side // 2
    length = values.shape[axis]
    padding = [(margin, margin) if index == axis else (0, 0) for index in range(values.ndim)]
    padded = np.moveaxis(np.pad(values, padding), axis, 0)
    total = sum(padded[start : start + length] for start in range(side))
    return np.moveaxis(np.asarray(total) / side, 0, axis)


def by_batch(function: Callable[[Images], Floats], images: Images) -> Floats:
    """Put a function's values together that is called with ``BATCH`` images at a time."""
    starts = range(0, len(images), BATCH)
    return np.concatenate([function(images[start : start + BATCH]) for start in starts])
