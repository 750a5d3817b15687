"""Numbers of any kind into images of bytes, and labels of any kind into texts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.importing.array_files import Stored
from vaelab.importing.limits import MAX_PIXELS

__all__ = ["as_text", "numbers_to_bytes", "range_of", "to_rows"]


def as_text(label: Any) -> str:
    """Call a class by what a file says: whole numbers as such, whatever their type."""
    if isinstance(label, bytes):
        return label.decode("utf-8", "replace")
    if isinstance(label, bool):
        return str(int(label))
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def to_rows(block: NDArray[Any], name: str) -> NDArray[Any]:
    """Bring images into the shape ``(n, H, W, C)``.

    Parameters
    ----------
    block
        ``(n, H, W)``, ``(n, H, W, C)``, ``(n, C, H, W)``, or flattened ``(n, H * W)`` and ``(n, 3 * H * W)``.
    name
        What to call them in an error.

    Returns
    -------
    ndarray
        The same numbers.

    Raises
    ------
    ValueError
        For any other shape, and for images that are too large.
    """
    shape = block.shape
    if math.prod(shape[1:]) > 4 * MAX_PIXELS:
        raise ValueError(f"The images of {name} have more than {MAX_PIXELS // 10**6} million pixels.")
    if block.ndim == 3:
        return block[..., None]
    if block.ndim == 4 and shape[3] in {1, 3, 4}:
        return block
    if block.ndim == 4 and shape[1] in {1, 3, 4}:
        return block.transpose(0, 2, 3, 1)
    if block.ndim == 2:
        for channels in (1, 3):
            side = math.isqrt(shape[1] // channels)
            if channels * side * side == shape[1] and side:
                return block.reshape(-1, channels, side, side).transpose(0, 2, 3, 1)
    raise ValueError(
        f"{name} has the shape {('N', *shape[1:])}, and images are (N, H, W), (N, H, W, C) or (N, C, H, W)."
    ) from None


def numbers_to_bytes(
    low: float, high: float, are_bytes: bool = False
) -> tuple[Callable[[NDArray[Any]], NDArray[np.uint8]], list[str]]:
    """Find out how numbers become gray values from 0 to 255.

    Parameters
    ----------
    low, high
        The smallest and the largest of all.
    are_bytes
        Whether they come as uint8, which are gray values however dark; other numbers are such if they look it.

    Returns
    -------
    tuple
        What does it, and a sentence about it unless they are 0 to 255 already.

    Raises
    ------
    ValueError
        If they are not finite.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError("Some of the images' values are not finite numbers: fill the gaps first.")
    if low >= 0 and (1 if are_bytes else 127) < high <= 255:
        return lambda block: _rounded(block, 0, 255), []
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= -1 and high <= 1:
        low, high = -1.0, 1.0
    note = f"Scaled values ({low:g} to {high:g}) to 0 to 255."
    return lambda block: _rounded(block, low, high), [note]


def _rounded(block: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    if block.dtype == np.uint8 and (low, high) == (0, 255):
        return block
    scaled = (block.astype(np.float64) - low) * (255 / ((high - low) or 1))
    return np.rint(scaled).clip(0, 255).astype(np.uint8)


def range_of(arrays: list[Stored]) -> tuple[float, float]:
    """Find the smallest and the largest number of arrays; NaN where there are gaps."""
    low, high = math.inf, -math.inf
    for array in arrays:
        for block in array.blocks():
            if block.size:
                # A gap (NaN) would hide in a comparison.
                least, most = float(block.min()), float(block.max())
                if math.isnan(least):
                    return least, most
                low, high = min(low, least), max(high, most)
    return low, high
