"""Drawn shapes whose every cause is known: what disentanglement can be measured on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets._drawing import (
    SIZE,
    Floats,
    check_factors,
    coverage,
    disk,
    ellipse,
    in_chunks,
    local_frame,
    sample_uniform,
)
from vaelab.datasets.base import ImageDataset
from vaelab.datasets.source import Progress, Source
from vaelab.datasets.splits import seeded_split

__all__ = ["AREA", "FACTOR_RANGES", "KINDS", "SOURCE", "draw", "load", "sample_factors"]

KINDS = ("square", "ellipse", "triangle", "heart")

#: Lowest and highest value of each factor. ``kind`` counts ``KINDS``; ``rotation`` is in degrees
#: counter-clockwise, within what no symmetry of a shape makes ambiguous (a square repeats every 90
#: degrees, an equilateral triangle every 120); ``x`` (to the right) and ``y`` (downward) are the
#: pixels from the image's centre to the shape's centroid. No combination reaches the border.
FACTOR_RANGES: dict[str, tuple[float, float]] = {
    "kind": (0, len(KINDS) - 1),
    "scale": (0.6, 1.0),
    "rotation": (-40, 40),
    "x": (-5.5, 5.5),
    "y": (-5.5, 5.5),
}

#: Pixels that a shape of scale 1 covers, whatever its kind: so size says nothing about kind.
AREA = 100.0
NUM_IMAGES = 10_000
SEED = 0


def _square(x: Floats, y: Floats, scale: Floats) -> Floats:
    half = np.float32(np.sqrt(AREA) / 2) * scale
    distance: Floats = np.maximum(np.abs(x), np.abs(y)) - half
    return distance


def _ellipse(x: Floats, y: Floats, scale: Floats) -> Floats:
    half_height = np.float32(np.sqrt(AREA / (2 * np.pi))) * scale
    return ellipse(x, y, 2 * half_height, half_height)


def _triangle(x: Floats, y: Floats, scale: Floats) -> Floats:
    # Equilateral, standing on a side: three half-planes at the inradius from the centroid.
    inradius = np.float32(np.sqrt(AREA / np.sqrt(27))) * scale
    slanted = np.float32(np.sqrt(0.75)) * np.abs(x) - np.float32(0.5) * y
    distance: Floats = np.maximum(y, slanted) - inradius
    return distance


def _heart(x: Floats, y: Floats, scale: Floats) -> Floats:
    # A square on its corner, half a diagonal h from its middle, and on each upper side half a disk.
    h = np.float32(np.sqrt(AREA / (2 + np.pi / 2))) * scale
    # The two halves lift the centroid above the square's middle by this much.
    lift = (1 / 2 + 2 / (3 * np.pi)) * (np.pi / 4) / (1 + np.pi / 4)
    across, down = np.abs(x), y - np.float32(lift) * h
    square = (across + np.abs(down) - h) * np.float32(np.sqrt(0.5))
    lobe = disk(across - h / 2, down + h / 2, h * np.float32(np.sqrt(0.5)))
    distance: Floats = np.minimum(square, lobe)
    return distance


_Distance = Callable[[Floats, Floats, Floats], Floats]
#: In the order of ``KINDS``.
_DISTANCES: tuple[_Distance, ...] = (_square, _ellipse, _triangle, _heart)


def draw(factors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Draw one white shape on black for each row of factors.

    Parameters
    ----------
    factors
        ``(N, 5)``: kind, scale, rotation, x and y, as in ``FACTOR_RANGES``. The kind is rounded to
        the nearest whole number; the others may leave their ranges, and the shape the image.

    Returns
    -------
    NDArray[np.uint8]
        ``(N, 1, 32, 32)``, 0 black to 255 white, anti-aliased.

    Raises
    ------
    ValueError
        Where the factors have another shape, are not finite, or name a kind that is not there.

    Examples
    --------
    >>> square = draw(np.array([[0, 1.0, 0, 0, 0]]))
    >>> square.shape, round(square.sum() / 255)
    ((1, 1, 32, 32), 100)
    """
    checked = check_factors(factors, tuple(FACTOR_RANGES))
    kinds = np.rint(checked[:, 0]).astype(np.int64)
    if ((kinds < 0) | (kinds >= len(KINDS))).any():
        raise ValueError(f"A shape's kind must be 0 to {len(KINDS) - 1}: {', '.join(KINDS)}.")
    if (checked[:, 1] <= 0).any():
        raise ValueError("A shape's scale must be more than 0.")
    images = np.empty((len(checked), 1, SIZE, SIZE), np.uint8)
    for kind, distance in enumerate(_DISTANCES):
        images[kinds == kind] = in_chunks(partial(_paint, distance), checked[kinds == kind])
    return images


def _paint(distance: _Distance, columns: Sequence[Floats]) -> Floats:
    _, scale, rotation, x, y = columns
    return coverage(distance(*local_frame(x, y, rotation), scale))


def sample_factors(num_images: int = NUM_IMAGES, seed: int = SEED) -> NDArray[np.float32]:
    """Draw factors, each uniform over its range and independent of the others.

    Parameters
    ----------
    num_images
        How many rows.
    seed
        The same seed gives the same rows.

    Returns
    -------
    NDArray[np.float32]
        ``(num_images, 5)``, in the order of ``FACTOR_RANGES``.
    """
    # Half a kind beyond both ends, so that rounding gives every kind the same share.
    ranges = [(-0.499, len(KINDS) - 0.501), *list(FACTOR_RANGES.values())[1:]]
    factors = sample_uniform(num_images, seed, ranges)
    factors[:, 0] = np.abs(np.rint(factors[:, 0]))  # abs: no negative zero
    return factors


def load(folder: Path | None = None, progress: Progress | None = None) -> ImageDataset:
    """Draw the dataset: 10,000 images, the same every time.

    Parameters
    ----------
    folder, progress
        Not used: nothing is read or downloaded.

    Returns
    -------
    ImageDataset
        Labelled by kind, with the factors.
    """
    factors = sample_factors()
    return ImageDataset(
        name=SOURCE.name,
        images=draw(factors),
        labels=factors[:, 0].astype(np.int64),
        label_names=KINDS,
        split=seeded_split(len(factors)),
        source="Drawn by vaelab.datasets.shapes.",
        licence=SOURCE.licence,
        description=SOURCE.description,
        factors=factors,
        factor_names=tuple(FACTOR_RANGES),
    )


SOURCE = Source(
    name="shapes",
    title="Shapes",
    description="Squares, ellipses, triangles and hearts of every size, turned and moved about.",
    licence="MIT (drawn by vaelab)",
    image_shape=(1, SIZE, SIZE),
    num_images=NUM_IMAGES,
    offline=True,
    load=load,
    label_names=KINDS,
)
