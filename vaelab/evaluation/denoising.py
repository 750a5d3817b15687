"""Denoisers side by side, and images with a hole: how near each way comes to the clean ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.image_quality import pooled_psnr, psnr, ssim
from vaelab.evaluation.samples import nearest_images

__all__ = [
    "REGIONS",
    "Quality",
    "best_of",
    "compare_denoisers",
    "fill_from_nearest",
    "fill_with_mean",
    "hide_box",
    "hide_region",
    "psnr_inside",
    "sweep_strengths",
]

#: Regions to hide, each as the fractions of the image where it begins and ends, down and across.
REGIONS: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "top": ((0, 0.5), (0, 1)),
    "bottom": ((0.5, 1), (0, 1)),
    "left": ((0, 1), (0, 0.5)),
    "right": ((0, 1), (0.5, 1)),
    "centre": ((0.25, 0.75), (0.25, 0.75)),
}


class Quality(NamedTuple):
    """How near images are to clean ones.

    Attributes
    ----------
    psnr
        Peak signal-to-noise ratio in dB, of the mean squared error over all images.
    ssim
        Structural similarity in [-1, 1], the mean over images.
    """

    psnr: float
    ssim: float


def compare_denoisers(clean: NDArray[Any], outputs: Mapping[str, NDArray[Any]]) -> dict[str, Quality]:
    """Judge what several denoisers make of the same damaged images.

    Parameters
    ----------
    clean
        ``(N, C, H, W)``, N at least 1, uint8 or float in [0, 1].
    outputs
        By the name of the denoiser, images of the same shape. What was damaged belongs among them:
        it is what a denoiser that does nothing reaches.

    Returns
    -------
    dict
        The PSNR and SSIM of each, in the order given. Errors are averaged before they are taken in dB
        (``pooled_psnr``): damage that leaves some images as they were would else look slight.

    Raises
    ------
    ValueError
        If there are no images, or shapes differ.
    """
    if not len(clean):
        raise ValueError("There are no images to compare denoisers on.")
    return {
        name: Quality(pooled_psnr(psnr(clean, images)), float(ssim(clean, images).mean()))
        for name, images in outputs.items()
    }


def sweep_strengths(
    clean: NDArray[Any],
    damage: Callable[[float], NDArray[Any]],
    strengths: Sequence[float],
    methods: Mapping[str, Callable[[NDArray[Any]], NDArray[Any]]],
) -> dict[str, list[Quality]]:
    """Judge denoisers on ever stronger damage.

    Parameters
    ----------
    clean
        ``(N, C, H, W)``.
    damage
        Makes of a strength the damaged images, of the same shape.
    strengths
        In the unit of ``damage``.
    methods
        By name, what makes clean images of damaged ones.

    Returns
    -------
    dict
        By name, the figures at each strength, as ``compare_denoisers`` has them.
    """
    qualities: dict[str, list[Quality]] = {name: [] for name in methods}
    for strength in strengths:
        damaged = damage(strength)
        table = compare_denoisers(clean, {name: make(damaged) for name, make in methods.items()})
        for name, quality in table.items():
            qualities[name].append(quality)
    return qualities


def best_of(figures: Mapping[str, float]) -> set[str]:
    """Find who has the highest figure, to the two digits that people see.

    Parameters
    ----------
    figures
        By name.

    Returns
    -------
    set of str
        More than one name where the figures look the same; none where there are no figures.

    Examples
    --------
    >>> sorted(best_of({"a": 17.401, "b": 17.399, "c": 12.0}))
    ['a', 'b']
    """
    shown = {name: round(figure, 2) for name, figure in figures.items()}
    return {name for name, figure in shown.items() if figure == max(shown.values(), default=0)}


def hide_box(height: int, width: int, rows: tuple[int, int], columns: tuple[int, int]) -> NDArray[np.bool_]:
    """Hide a box of an image.

    Parameters
    ----------
    height, width
        Of the image, in pixels.
    rows, columns
        The first pixel that is hidden and the last, counted from the top left, from 0.

    Returns
    -------
    ndarray
        bool ``(H, W)``, False where it is hidden: ``visible``, as ``Engine.restore`` takes it.

    Raises
    ------
    ValueError
        If the box hides nothing or everything, or is not within the image.
    """
    (top, bottom), (left, right) = rows, columns
    if not (0 <= top <= bottom < height and 0 <= left <= right < width):
        raise ValueError(
            f"Rows {top} to {bottom} and columns {left} to {right} are no box in an image of {height} × {width} pixels."
        )
    visible = np.ones((height, width), dtype=np.bool_)
    visible[top : bottom + 1, left : right + 1] = False
    if not visible.any():
        raise ValueError("The whole image is hidden: leave some pixels to go by.")
    return visible


def hide_region(height: int, width: int, region: str) -> NDArray[np.bool_]:
    """Hide one of ``REGIONS`` of an image; see ``hide_box``."""
    rows, columns = (
        (round(begin * side), max(round(begin * side), round(end * side) - 1))
        for (begin, end), side in zip(REGIONS[region], (height, width), strict=True)
    )
    return hide_box(height, width, rows, columns)


def psnr_inside(clean: NDArray[Any], other: NDArray[Any], visible: NDArray[np.bool_]) -> NDArray[np.float64]:
    """PSNR over the hidden pixels alone: the visible ones are equal anyway and would only flatter.

    Parameters
    ----------
    clean, other
        ``(N, C, H, W)``, float in [0, 1] or uint8.
    visible
        bool ``(H, W)``, False for hidden pixels.

    Returns
    -------
    ndarray
        float64 ``(N,)`` in dB, as ``psnr``.

    Raises
    ------
    ValueError
        If nothing is hidden, or shapes differ.
    """
    if visible.all():
        raise ValueError("Nothing is hidden, so there is nothing to judge: hide some pixels.")
    return psnr(clean[:, :, None, ~visible], other[:, :, None, ~visible])


def fill_with_mean(
    images: NDArray[np.floating], visible: NDArray[np.bool_], train_images: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Fill the hidden pixels with those of the mean training image.

    Parameters
    ----------
    images
        float ``(N, C, H, W)`` in [0, 1]; what hidden pixels hold is not looked at.
    visible
        bool ``(H, W)``, False for hidden pixels.
    train_images
        uint8 ``(M, C, H, W)``, M at least 1.

    Returns
    -------
    ndarray
        float32 ``(N, C, H, W)``; visible pixels are as they came.
    """
    mean = train_images.mean(0, dtype=np.float64) / 255
    return np.where(visible, images, mean).astype(np.float32)


def fill_from_nearest(
    images: NDArray[np.floating], visible: NDArray[np.bool_], train_images: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Fill the hidden pixels from the training image that is most alike in the visible ones.

    Parameters
    ----------
    images
        float ``(N, C, H, W)`` in [0, 1]; what hidden pixels hold is not looked at.
    visible
        bool ``(H, W)``, False for hidden pixels.
    train_images
        uint8 ``(M, C, H, W)``, M at least 1.

    Returns
    -------
    ndarray
        float32 ``(N, C, H, W)``; visible pixels are as they came.
    """
    masked = np.where(visible, images, 0).astype(np.float32)
    nearest, _ = nearest_images(train_images * visible.astype(np.uint8), masked)
    return np.where(visible, images, train_images[nearest] / 255).astype(np.float32)
