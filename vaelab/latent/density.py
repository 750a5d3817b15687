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

#: Draws whose distances are taken: so many, and fewer where these would be more numbers than that.
NUM_DRAWS = (500, 2000)
NUM_DIFFERENCES = 200_000_000

#: What a number that counts nothing counts for all that where codes would be equally near: the
#: nearest to an image's own code is then that image.
TIE = 1e-3


def nearest_codes(
    codes: NDArray[np.floating],
    z: NDArray[np.floating],
    num_codes: int,
    scale: NDArray[np.floating] | None = None,
) -> NDArray[np.intp]:
    """Find the codes nearest to one.

    Parameters
    ----------
    codes
        ``(N, D)``.
    z
        ``(D,)``.
    num_codes
        How many, at the most.
    scale
        ``(D,)``: what each number counts, see ``vaelab.latent.units.code_scale``; as they are by default.
        Those that count nothing decide between codes that are equally near.

    Returns
    -------
    ndarray
        Rows of ``codes``, nearest first.
    """
    weights = 1.0 if scale is None else np.where(scale > 0, scale, TIE)
    distances = (((codes - z) * weights) ** 2).sum(1)
    nearest: NDArray[np.intp] = np.argsort(distances, kind="stable")[:num_codes]
    return nearest


def neighbour_radii(
    codes: NDArray[np.floating], sigma: NDArray[np.floating] | None = None, num_quantiles: int = 101
) -> NDArray[np.float64]:
    """Quantiles of the distance to the eighth neighbour: the larger, the sparser it is there.

    A place whose eighth neighbour is farther away than for 99 in 100 of the codes that a decoder was
    trained on is one that it has hardly been asked about (Loftsgaarden and Quesenberry 1965 estimate a
    density from that distance). A VAE's decoder was trained on draws from the posteriors, not on their
    means: so the distances are those from draws to the eighth nearest mean. An autoencoder's was trained
    on the codes, and the distances are those from one code to the eighth other.

    Parameters
    ----------
    codes
        ``(N, D)``: means of posteriors or an autoencoder's codes, in the unit that distances are taken
        in, see ``vaelab.latent.units.code_scale``.
    sigma
        ``(N, D)``: the posteriors' standard deviations in the same unit; None for an autoencoder.
    num_quantiles
        How many, from the smallest distance to the largest.

    Returns
    -------
    ndarray
        float64 ``(num_quantiles,)``, rising; of some hundred codes, or 2,000 draws, where there are many.
        The same for the same codes.
    """
    from scipy.spatial import KDTree  # a quarter of a second to import, at the app's start

    if sigma is None:
        neighbour = min(NUM_NEIGHBOURS, len(codes) - 1) + 1  # a code is nearest to itself
        num_queries = max(100, min(NUM_QUERIES, NUM_DISTANCES // len(codes)))
        queries = codes[:: max(1, len(codes) // num_queries)]
    else:
        neighbour = min(NUM_NEIGHBOURS, len(codes))
        num_draws = int(np.clip(NUM_DIFFERENCES // codes.size, *NUM_DRAWS))
        rng = np.random.default_rng(0)
        rows = rng.integers(len(codes), size=num_draws)
        queries = codes[rows] + sigma[rows] * rng.standard_normal((num_draws, codes.shape[1]))
    radii, _ = KDTree(codes).query(queries, k=[neighbour])
    quantiles: NDArray[np.float64] = np.quantile(radii, np.linspace(0, 1, num_quantiles))
    return quantiles
