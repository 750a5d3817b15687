"""Drawn cartoon faces: causes that everybody can name, and that a latent space should find."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets._drawing import (
    SIZE,
    Floats,
    capsule,
    check_factors,
    coverage,
    disk,
    ellipse,
    in_chunks,
    local_frame,
    over,
    sample_uniform,
)
from vaelab.datasets.base import ImageDataset
from vaelab.datasets.source import Progress, Source
from vaelab.datasets.splits import seeded_split

__all__ = ["FACTOR_RANGES", "MOODS", "SOURCE", "draw", "load", "mood", "sample_factors"]

MOODS = ("sad", "neutral", "happy")

#: Lowest and highest value of each factor; no combination reaches the border.
#: ``mouth_curve`` goes from sad to happy, ``mouth_open`` from shut to wide open, ``eye_open`` from
#: nearly shut to wide; ``eye_spacing`` is in pixels from the nose to each eye; ``brow_angle`` in
#: degrees from worried (inner ends up) to cross (inner ends down); ``brow_height`` goes from low to
#: raised; ``head_width`` is half the head's width in pixels; ``tilt`` in degrees counter-clockwise;
#: ``gaze`` goes from the viewer's left to the right.
FACTOR_RANGES: dict[str, tuple[float, float]] = {
    "mouth_curve": (-1, 1),
    "mouth_open": (0, 1),
    "eye_open": (0.1, 1),
    "eye_spacing": (3.6, 5.4),
    "brow_angle": (-25, 25),
    "brow_height": (0, 1),
    "head_width": (9.5, 12.5),
    "tilt": (-15, 15),
    "gaze": (-1, 1),
}

NUM_IMAGES = 10_000
SEED = 0

# Shades, 0 black to 1 white.
_SKIN, _EAR, _HAIR, _NOSE, _LID, _INK = 0.78, 0.6, 0.5, 0.55, 0.2, 0.0

# Pixels. The head's centre lies a little below the image's, to leave room for the hair.
_HEAD_Y, _HEAD_HALF_HEIGHT = 1.0, 12.2
_EYE_Y, _EYE_RADIUS, _PUPIL_RADIUS, _GAZE_REACH = -1.2, 2.9, 1.6, 1.3
_BROW_Y, _BROW_RISE = -5.9, 1.9
_MOUTH_Y, _MOUTH_HALF_WIDTH, _MOUTH_BEND, _MOUTH_OPENING = 7.2, 4.5, 2.6, 2.3
_STROKE = 0.75


def _paint(columns: Sequence[Floats]) -> Floats:
    curve, mouth, eye, spacing, brow_angle, brow_height, width, tilt, gaze = columns
    origin = np.zeros_like(tilt)
    x, y = local_frame(origin, origin, tilt)
    # A face is its own mirror image but for the gaze: one side is worked out for both.
    across = np.abs(x)

    canvas = np.float32(_EAR) * coverage(disk(across - width, y - _HEAD_Y, 1.9))
    over(canvas, _HAIR, _stroke(across - 1.3, y + 12, 55, 1.8, 0.8))
    over(canvas, _SKIN, ellipse(x, y - _HEAD_Y, width, origin + _HEAD_HALF_HEIGHT))
    over(canvas, _NOSE, disk(across, y - 3.0, 1.0))
    _paint_eyes(canvas, x, y - _EYE_Y, eye, spacing, gaze)
    brow_y = _BROW_Y - _BROW_RISE * brow_height
    over(canvas, _INK, _stroke(across - 0.85 * spacing, y - brow_y, brow_angle, 1.9, _STROKE))
    _paint_mouth(canvas, across, y - _MOUTH_Y, curve, mouth)
    return canvas


def _stroke(x: Floats, y: Floats, degrees: Floats | float, half_length: float, radius: float) -> Floats:
    angle = np.deg2rad(np.float32(degrees))
    cosine, sine = np.cos(angle), np.sin(angle)
    return capsule(x * cosine - y * sine, x * sine + y * cosine, half_length, radius)


def _paint_eyes(canvas: Floats, x: Floats, y: Floats, eye: Floats, spacing: Floats, gaze: Floats) -> None:
    u = np.abs(x) - spacing
    # An ellipse much thinner than this has no good distance, so the lids close it to a line.
    half_height = _EYE_RADIUS * eye
    ball = ellipse(u, y, np.full_like(eye, _EYE_RADIUS), np.maximum(half_height, 1.3))
    between_lids = np.maximum(ball, np.abs(y) - half_height)
    over(canvas, _LID, between_lids - 0.5)
    pupil = coverage(disk(u - np.sign(x) * gaze * _GAZE_REACH, y, _PUPIL_RADIUS))
    over(canvas, 1 - pupil, between_lids)


def _paint_mouth(canvas: Floats, across: Floats, y: Floats, curve: Floats, mouth: Floats) -> None:
    # Along the mouth: 0 in the middle, 1 at the corners; beyond them the corner counts.
    along = np.minimum(across / _MOUTH_HALF_WIDTH, 1)
    arch = 1 - along * along
    bend = _MOUTH_BEND * curve
    # Down from the mouth's middle line; over its slope, so that a steep line is no thicker.
    slope = 2 * bend / _MOUTH_HALF_WIDTH * along
    down = (y - bend * (arch - 0.5)) / np.sqrt(1 + slope * slope)
    beyond = np.maximum(across - _MOUTH_HALF_WIDTH, 0)
    opening = _MOUTH_OPENING * mouth * arch
    over(canvas, _INK, disk(beyond, np.maximum(np.abs(down) - opening, 0), _STROKE))


def mood(mouth_curve: NDArray[np.floating]) -> NDArray[np.int64]:
    """Name the mood of a mouth: the lowest third of its range is sad, the highest happy.

    Parameters
    ----------
    mouth_curve
        The factor, ``(N,)``.

    Returns
    -------
    NDArray[np.int64]
        Index into ``MOODS``, ``(N,)``.
    """
    return np.searchsorted([-1 / 3, 1 / 3], mouth_curve).astype(np.int64)


def draw(factors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Draw one face for each row of factors.

    Parameters
    ----------
    factors
        ``(N, 9)``, as in ``FACTOR_RANGES``. They may leave their ranges, and the face the image.

    Returns
    -------
    NDArray[np.uint8]
        ``(N, 1, 32, 32)``, 0 black to 255 white, anti-aliased.

    Raises
    ------
    ValueError
        Where the factors have another shape or are not finite.

    Examples
    --------
    >>> draw(sample_factors(num_images=3)).shape
    (3, 1, 32, 32)
    """
    return in_chunks(_paint, check_factors(factors, tuple(FACTOR_RANGES)))


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
        ``(num_images, 9)``, in the order of ``FACTOR_RANGES``.
    """
    return sample_uniform(num_images, seed, list(FACTOR_RANGES.values()))


def load(folder: Path | None = None, progress: Progress | None = None) -> ImageDataset:
    """Draw the dataset: 10,000 images, the same every time.

    Parameters
    ----------
    folder, progress
        Not used: nothing is read or downloaded.

    Returns
    -------
    ImageDataset
        Labelled by mood, with the factors.
    """
    factors = sample_factors()
    return ImageDataset(
        name=SOURCE.name,
        images=draw(factors),
        labels=mood(factors[:, 0]),
        label_names=MOODS,
        split=seeded_split(len(factors)),
        source="Drawn by vaelab.datasets.faces.",
        licence=SOURCE.licence,
        description=SOURCE.description,
        factors=factors,
        factor_names=tuple(FACTOR_RANGES),
    )


SOURCE = Source(
    name="faces",
    title="Faces",
    description="Cartoon faces that smile, frown, squint and look about.",
    licence="MIT (drawn by vaelab)",
    image_shape=(1, SIZE, SIZE),
    num_images=NUM_IMAGES,
    offline=True,
    load=load,
    label_names=MOODS,
)
