"""Held-out images, damaged and repaired in every way: by models, by a filter, and not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.denoising import Quality, compare_denoisers
from vaelab.evaluation.image_quality import median_filter

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset
    from vaelab.engine import Engine

__all__ = ["denoisers", "held_out_images", "judge_denoisers"]

Images = NDArray[Any]


def denoisers(
    engines: Mapping[str, Engine], labels: NDArray[np.integer] | None = None
) -> dict[str, Callable[[Images], Images]]:
    """Name every way of taking noise away.

    Parameters
    ----------
    engines
        Models by name.
    labels
        ``(N,)``, of the images that are to be repaired: told to conditional models.

    Returns
    -------
    dict
        By name, what makes clean images of noisy ones; ``"noisy"`` does nothing, ``"median"`` takes medians of 3 x 3
        pixels.
    """

    def by(engine: Engine) -> Callable[[Images], Images]:
        return lambda noisy: engine.reconstruct(noisy, labels)

    return {"noisy": lambda noisy: noisy, "median": median_filter} | {
        name: by(engine) for name, engine in engines.items()
    }


def held_out_images(data: ImageDataset, seed: int = 0) -> NDArray[np.int64]:
    """Shuffle the test images.

    Parameters
    ----------
    data
        The images.
    seed
        The same seed gives the same order.

    Returns
    -------
    ndarray
        int64, of the dataset.
    """
    return np.random.default_rng(seed).permutation(data.indices("test"))


def judge_denoisers(
    engines: Mapping[str, Engine],
    data: ImageDataset,
    corruption: str = "gaussian",
    strength: float = 0.4,
    number: int = 200,
    seed: int = 0,
) -> dict[str, Quality]:
    """Damage held-out images, repair them in every way, and say how near each comes to the clean ones.

    Parameters
    ----------
    engines
        Models by name.
    data
        Their images.
    corruption, strength
        What is done to them: a key of ``vaelab.choices.CORRUPTIONS``, and how strongly.
    number
        How many images.
    seed
        Of the choice of images and of the noise.

    Returns
    -------
    dict
        Quality by the names of ``denoisers``.

    Raises
    ------
    ValueError
        If there is no such corruption, or no image to judge by.
    """
    if number < 1:
        raise ValueError(f"Nothing can be judged by {number} images: take one at least.")
    from vaelab.networks.corruptions import corrupt_images  # here, as it imports torch

    chosen = held_out_images(data, seed)[:number]
    clean = data.images[chosen]
    noisy = corrupt_images(clean, corruption, strength, seed)
    ways = denoisers(engines, data.labels_of(chosen))
    return compare_denoisers(clean, {name: repair(noisy) for name, repair in ways.items()})
