"""Arrays of images into numbers and pictures: floats, tiles, enlargements, PNG."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "as_float",
    "as_pixels",
    "border_color",
    "channels_first",
    "check_range",
    "enlarge",
    "ink_extent",
    "png",
    "png_data_uri",
    "tile",
    "to_pixels",
]

Pixels = NDArray[np.uint8]

#: By so much floats may leave [0, 1], as they do after a resize.
ROUNDING = 1e-3


def as_float(images: NDArray[Any], dtype: type[np.float32] | type[np.float64] = np.float32) -> NDArray[Any]:
    """Take images as numbers in [0, 1], in whichever of the two ways they are kept.

    Parameters
    ----------
    images
        Of any shape, uint8 or float in [0, 1].
    dtype
        Of the result.

    Returns
    -------
    ndarray
        A copy of the same shape; floats outside [0, 1] stay as they are.

    Examples
    --------
    >>> as_float(np.array([0, 51, 255], np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    values: NDArray[Any] = images.astype(dtype)
    return values / dtype(255) if images.dtype == np.uint8 else values


def check_range(images: NDArray[Any]) -> None:
    """Refuse images that are neither uint8 nor floats in [0, 1].

    Parameters
    ----------
    images
        Of any shape.

    Raises
    ------
    ValueError
        With what they are, and what would do.

    Examples
    --------
    >>> check_range(np.full((2, 2), 255.0))
    Traceback (most recent call last):
    ...
    ValueError: These images are float64 from 255 to 255; they must be uint8, or floats in [0, 1]: divide by 255.
    """
    if images.dtype == np.uint8 or not images.size:
        return
    must = "they must be uint8, or floats in [0, 1]"
    if images.dtype == bool:
        raise ValueError(f"These images are bool; {must}: turn them into floats.")
    if images.dtype.kind in "iu":
        low, high = images.min(), images.max()
        fits = low >= 0 and high <= 255
        do = "turn them into uint8" if fits else "scale them"
        raise ValueError(f"These images are {images.dtype} from {low} to {high}; {must}: {do}.")
    if images.dtype.kind != "f":
        raise ValueError(f"These images are {images.dtype}; {must}.")
    low, high = float(images.min()), float(images.max())
    if not np.isfinite([low, high]).all():
        raise ValueError(
            "Some pixels of these images are not finite numbers (NaN or infinite): mend or leave them out."
        )
    if low < -ROUNDING or high > 1 + ROUNDING:
        if low < 0:
            do = "add 1 and halve" if low >= -1 - ROUNDING and high <= 1 + ROUNDING else "scale them"
        else:
            do = "divide by 255" if 16 < high <= 255 else f"divide by {high:g}, or by the most a pixel can be"
        raise ValueError(f"These images are {images.dtype} from {low:g} to {high:g}; {must}: {do}.")


def channels_first(images: ArrayLike) -> NDArray[Any]:
    """Bring images into the one order of axes.

    Parameters
    ----------
    images
        ``(N, H, W)``, ``(N, H, W, C)`` or ``(N, C, H, W)``, C being 1 or 3.

    Returns
    -------
    ndarray
        ``(N, C, H, W)``.

    Raises
    ------
    ValueError
        For any other shape.

    Examples
    --------
    >>> channels_first(np.zeros((5, 32, 32, 3))).shape
    (5, 3, 32, 32)
    """
    array = np.asarray(images)
    if array.ndim == 3:
        array = array[:, None]
    elif array.ndim == 4 and array.shape[1] not in {1, 3} and array.shape[3] in {1, 3}:
        array = array.transpose(0, 3, 1, 2)
    if array.ndim != 4 or array.shape[1] not in {1, 3} or not array.size:
        raise ValueError(
            f"These images have shape {np.shape(images)}; they must be (N, H, W), (N, H, W, C) or (N, C, H, W), with 1 "
            "channel (gray) or 3 (colour) and at least one image."
        )
    return array


def as_pixels(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Take images as uint8, in whichever of the two ways they are kept.

    Parameters
    ----------
    images
        Of any shape, uint8 or float in [0, 1].

    Returns
    -------
    ndarray
        A copy, uint8, its numbers side by side.

    Raises
    ------
    ValueError
        For images of any other type or range.
    """
    check_range(images)
    if images.dtype == np.uint8:
        if images.max(initial=0) == 1:
            raise ValueError("These images are uint8 and hold only 0 and 1: multiply by 255, as white is 255.")
        return np.array(images, order="C")
    pixels: Pixels = np.round(np.clip(images, 0, 1) * 255).astype(np.uint8, order="C")
    return pixels


def border_color(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Find what images mostly show at their border: the ground to draw on.

    Parameters
    ----------
    images
        uint8 ``(N, C, H, W)``; the first 500 are looked at.

    Returns
    -------
    ndarray
        float64 ``(C,)`` in [0, 1], each channel's median.
    """
    few = images[:500]
    edges = [few[:, :, 0], few[:, :, -1], few[:, :, :, 0], few[:, :, :, -1]]
    median: NDArray[np.float64] = np.median(np.concatenate(edges, axis=2), axis=(0, 2)) / 255
    return median


def ink_extent(images: NDArray[np.uint8]) -> float:
    """Find how large the images' ink is, so that ink which is given can be as large.

    Ink is what differs from ``border_color`` by more than a quarter of the range in any channel.

    Parameters
    ----------
    images
        uint8 ``(N, C, H, W)``; 1,000 of them are looked at, evenly spaced.

    Returns
    -------
    float
        Of an image's height or width, the most that the ink of any takes, in (0, 1]: 20 / 28 for MNIST. 1 without ink.
    """
    few = images[:: -(-len(images) // 1000) or 1].astype(np.float32)
    is_ink = np.any(np.abs(few - 255 * border_color(images)[:, None, None]) > 64, axis=1)
    most = 0.0
    for axis in (1, 2):
        lines = np.any(is_ink, axis=axis)
        length = lines.shape[1]
        first, last = np.argmax(lines, axis=1), length - np.argmax(lines[:, ::-1], axis=1)
        most = max(most, float(np.max(np.where(np.any(lines, axis=1), last - first, 0), initial=0)) / length)
    return most or 1.0


def to_pixels(images: NDArray[np.generic]) -> Pixels:
    """Turn a model's images into pixels.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, uint8 or float in [0, 1]; floats outside are clipped.

    Returns
    -------
    ndarray
        uint8 ``(N, H, W, 3)``.
    """
    if images.dtype != np.uint8:
        images = np.round(np.clip(images.astype(np.float32), 0, 1) * 255).astype(np.uint8)
    channels_last = images.transpose(0, 2, 3, 1)
    if channels_last.shape[3] == 1:
        channels_last = channels_last.repeat(3, axis=3)
    return np.ascontiguousarray(channels_last).astype(np.uint8, copy=False)


def enlarge(pixels: Pixels, side: int) -> Pixels:
    """Enlarge a picture by a whole number, each pixel a square: what the model saw, unblurred.

    Parameters
    ----------
    pixels
        ``(H, W, 3)``.
    side
        The smallest width that would do.

    Returns
    -------
    ndarray
        uint8 ``(kH, kW, 3)``, with ``kW >= side``.
    """
    times = max(1, -(-side // pixels.shape[1]))
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


def tile(images: NDArray[np.generic], columns: int, gap: int = 0, times: int = 1) -> Pixels:
    """Lay images out in rows, from the top left.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, uint8 or float in [0, 1].
    columns
        Images a row.
    gap
        Pixels between images, after enlarging.
    times
        Enlarge each image by this whole number.

    Returns
    -------
    ndarray
        uint8 ``(H', W', 4)``, the last number being opacity: where no image is, it is clear, and
        white for those who do not look at that.
    """
    pixels = to_pixels(images).repeat(times, axis=1).repeat(times, axis=2)
    num_images, height, width, _ = pixels.shape
    rows = -(-num_images // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), 255, dtype=np.uint8)
    sheet[..., 3] = 0
    for index, image in enumerate(pixels):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width, :3] = image
        sheet[top : top + height, left : left + width, 3] = 255
    return sheet


def png(pixels: Pixels) -> bytes:
    """Encode ``pixels``, ``(H, W)``, ``(H, W, 3)`` or with opacity ``(H, W, 4)``, as a PNG file."""
    from PIL import Image  # the one use of it here: datasets are loaded without

    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def png_data_uri(pixels: Pixels) -> str:
    """Encode ``pixels``, as ``png`` takes them, as a PNG in a data URI."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()
