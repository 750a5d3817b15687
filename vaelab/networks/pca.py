"""PCA of a training set's pixels: where a model's linear path starts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["MAX_NUMBERS", "Components", "principal_components"]

#: Pixels times images that PCA looks at, as float32: 256 MB. Of more images it takes a sample.
MAX_NUMBERS = 64_000_000


class Components(NamedTuple):
    """What PCA found, widest spread first."""

    mean: Tensor  # (P,)
    directions: Tensor  # (K, P), orthonormal rows
    spread: Tensor  # (K,), standard deviation of the images along each


def principal_components(images: NDArray[np.uint8], num_components: int, seed: int = 0) -> Components:
    """Find the directions along which images differ most.

    By randomized SVD (Halko et al. 2011, arXiv:0909.4061), with so many directions and rounds to
    spare that images come out as from the exact one to about a thousandth of the pixels' range.

    Parameters
    ----------
    images
        uint8 ``(N, C, H, W)``, of P numbers each.
    num_components
        How many directions.
    seed
        Of the sample and of the directions that the search begins with.

    Returns
    -------
    Components
        float32, of pixels in [0, 1]. K is less than ``num_components`` where images differ in fewer directions.
    """
    keep = max(MAX_NUMBERS // images[0].size, 1)
    if len(images) > keep:
        images = images[np.sort(np.random.default_rng(seed).permutation(len(images))[:keep])]
    pixels = torch.tensor(images).flatten(1).float().div_(255)
    mean = pixels.mean(0)
    pixels -= mean
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        wide = min(num_components + 32, *pixels.shape)
        _, singular, directions = torch.pca_lowrank(pixels, q=wide, center=False, niter=8)
    spread = singular[:num_components] / len(pixels) ** 0.5
    # Along the others nothing differs by even a fraction of one gray level of one pixel, save by rounding.
    there = spread > 1e-3
    directions = directions.T[:num_components][there]
    # A direction and its opposite are equally good: the larger part is taken as positive.
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    return Components(mean, directions * largest.sign(), spread[there])
