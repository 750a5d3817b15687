"""How densely latent space is filled with images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["nearest_codes", "neighbour_radii"]

#: The neighbour whose distance measures how dense it is around a code.
NUM_NEIGHBOURS = 8

#: Codes whose distances are taken, at the most, and distances that these may come to.
NUM_QUERIES = 500
NUM_DISTANCES = 7_000_000


def nearest_codes(codes: NDArray[np.floating], z: NDArray[np.floating], num_codes: int) -> NDArray[np.intp]:
    """Find the codes nearest to one.

    Parameters
    ----------
    codes
        ``(N, D)``.
    z
        ``(D,)``.
    num_codes
        How many, at the most.

    Returns
    -------
    ndarray
        Rows of ``codes``, nearest first.
    """
    distances = ((codes - z) ** 2).sum(1)
    nearest: NDArray[np.intp] = np.argsort(distances, kind="stable")[:num_codes]
    return nearest


def neighbour_radii(codes: NDArray[np.floating], num_quantiles: int = 101) -> NDArray[np.float64]:
    """Quantiles of the distance from a code to its eighth neighbour.

    The larger, the sparser: a place whose eighth neighbour is farther away than that of 99 images
    in 100 is one that the decoder has hardly been trained on (Loftsgaarden and Quesenberry 1965
    estimate a density from it).

    Parameters
    ----------
    codes
        ``(N, D)``.
    num_quantiles
        How many, from the smallest distance to the largest.

    Returns
    -------
    ndarray
        float64 ``(num_quantiles,)``, rising; of some hundred codes where there are many.
    """
    from scipy.spatial import KDTree  # a quarter of a second to import, at the app's start

    neighbour = min(NUM_NEIGHBOURS, len(codes) - 1)  # a code is nearest to itself
    num_queries = max(100, min(NUM_QUERIES, NUM_DISTANCES // len(codes)))
    step = max(1, len(codes) // num_queries)
    radii, _ = KDTree(codes).query(codes[::step], k=[neighbour + 1])
    quantiles: NDArray[np.float64] = np.quantile(radii, np.linspace(0, 1, num_quantiles))
    return quantiles
