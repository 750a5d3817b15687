"""Anti-aliased drawing of many small images at once, from signed distances in pixels.

A signed distance is negative inside a shape, zero on its outline and positive outside. Positions
are in pixels from the image's centre, x to the right and y downward.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "SIZE",
    "Floats",
    "capsule",
    "check_factors",
    "coverage",
    "disk",
    "ellipse",
    "in_chunks",
    "local_frame",
    "over",
    "sample_uniform",
]

#: Float32 in fact; NumPy's types promise less of what arithmetic returns.
Floats = NDArray[np.floating]

#: Pixels a side.
SIZE = 32
#: 32 images are 128 KiB of float32: the few arrays that are in flight stay in a core's own cache,
#: which makes drawing several times faster than working on all images at once.
CHUNK = 32

_AXIS = np.arange(SIZE, dtype=np.float32) - np.float32((SIZE - 1) / 2)


def local_frame(x: Floats, y: Floats, degrees: Floats) -> tuple[Floats, Floats]:
    """See every pixel from a frame that is moved and turned.

    Parameters
    ----------
    x, y
        Where each image's frame has its origin, in pixels, ``(M, 1, 1)``.
    degrees
        How far each is turned counter-clockwise, ``(M, 1, 1)``.

    Returns
    -------
    tuple
        The pixels' coordinates in that frame, two arrays ``(M, SIZE, SIZE)``.
    """
    angle = np.deg2rad(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    right, down = _AXIS[None, None, :] - x, _AXIS[None, :, None] - y
    return right * cosine - down * sine, right * sine + down * cosine


def disk(x: Floats, y: Floats, radius: Floats | float) -> Floats:
    """Signed distance to a circle around the origin."""
    distance: Floats = np.sqrt(x * x + y * y) - radius
    return distance


def ellipse(x: Floats, y: Floats, half_width: Floats, half_height: Floats) -> Floats:
    """Signed distance to an ellipse around the origin, exact to first order at its outline."""
    # |p/r| is 1 on the outline; dividing by its gradient turns it into pixels. The small terms keep
    # the centre, where both vanish, inside.
    u, v = x / half_width, y / half_height
    level = np.sqrt(u * u + v * v) + np.float32(1e-6)
    u, v = u / half_width, v / half_height
    slope = np.sqrt(u * u + v * v) + np.float32(1e-6)
    distance: Floats = (level - 1) * level / slope
    return distance


def capsule(x: Floats, y: Floats, half_length: float, radius: float) -> Floats:
    """Signed distance to a horizontal stroke around the origin, with round ends."""
    beyond = np.maximum(np.abs(x) - np.float32(half_length), 0)
    return disk(beyond, y, radius)


def coverage(distance: Floats) -> Floats:
    """How much of each pixel a shape covers, 0 to 1, from its signed distance in pixels."""
    covered: Floats = np.clip(np.float32(0.5) - distance, 0, 1)
    return covered


def over(canvas: Floats, shade: Floats | float, distance: Floats) -> None:
    """Paint a shape onto ``canvas``, in place.

    Parameters
    ----------
    canvas
        Float32 ``(M, SIZE, SIZE)``, 0 black to 1 white.
    shade
        What the shape is painted in: one value, or one a pixel.
    distance
        The shape's signed distance in pixels, ``(M, SIZE, SIZE)``.
    """
    canvas += (shade - canvas) * coverage(distance)


def in_chunks(paint: Callable[[Sequence[Floats]], Floats], factors: Floats) -> NDArray[np.uint8]:
    """Paint images a few at a time.

    Parameters
    ----------
    paint
        From one array ``(M, 1, 1)`` a factor to images ``(M, SIZE, SIZE)``, 0 to 1.
    factors
        Float32 ``(N, F)``.

    Returns
    -------
    NDArray[np.uint8]
        ``(N, 1, SIZE, SIZE)``, 0 black to 255 white.
    """
    images = np.empty((len(factors), 1, SIZE, SIZE), np.uint8)
    for start in range(0, len(factors), CHUNK):
        chunk = slice(start, start + CHUNK)
        columns = [np.ascontiguousarray(column)[:, None, None] for column in factors[chunk].T]
        images[chunk, 0] = np.rint(paint(columns) * 255).astype(np.uint8)
    return images


def check_factors(factors: NDArray[np.floating], names: Sequence[str]) -> NDArray[np.float32]:
    """Return ``factors`` as float32, or say what was wrong with them.

    Parameters
    ----------
    factors
        Should be ``(N, len(names))`` and finite.
    names
        What the columns mean.

    Raises
    ------
    ValueError
        Where the shape is another, or a value is not finite.
    """
    checked = np.asarray(factors, np.float32)
    if checked.ndim != 2 or checked.shape[1] != len(names):
        raise ValueError(
            f"Factors must be of shape (N, {len(names)}), one column each for {', '.join(names)}; "
            f"received {checked.shape}."
        )
    if not np.isfinite(checked).all():
        raise ValueError("Factors must be finite numbers.")
    return checked


def sample_uniform(num_images: int, seed: int, ranges: Sequence[tuple[float, float]]) -> NDArray[np.float32]:
    """Draw factors uniformly and independently of each other.

    Parameters
    ----------
    num_images
        How many rows.
    seed
        The same seed gives the same rows.
    ranges
        Lowest and highest value of each factor.

    Returns
    -------
    NDArray[np.float32]
        ``(num_images, len(ranges))``.
    """
    low, high = np.array(ranges, np.float64).T
    unit = np.random.default_rng(seed).random((num_images, len(ranges)))
    factors: NDArray[np.float32] = (low + (high - low) * unit).astype(np.float32)
    return factors
