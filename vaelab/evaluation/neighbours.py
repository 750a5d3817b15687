"""Whether images of one class lie together in latent space."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.latent.codes import Codes
from vaelab.latent.units import active_units

__all__ = ["NUM_NEIGHBOURS", "knn_accuracy", "knn_votes", "mean_over_draws"]

#: Neighbours that vote; ten is steadier than one and still local.
NUM_NEIGHBOURS = 10

#: How often codes are drawn and vote, at the most, and the held-out codes that these votes may come to.
MOST_DRAWS = 10
MOST_VOTES = 5_000


def knn_accuracy(
    codes: Codes,
    labels: NDArray[np.integer],
    held_out: Codes,
    held_out_labels: NDArray[np.integer],
    num_neighbours: int = NUM_NEIGHBOURS,
    seed: int = 0,
) -> float:
    """Accuracy of a k-nearest-neighbour vote among training codes on held-out codes.

    A code is a draw from q(z|x), as the decoder gets it, in the active dimensions. Means would vote
    however little they differ: where all collapsed, and codes tell nothing, they still name four
    classes in five.

    Parameters
    ----------
    codes, labels
        mu and sigma, ``(N, D)`` each, and ``(N,)``: those that vote.
    held_out, held_out_labels
        mu and sigma, ``(M, D)`` each, and ``(M,)``: those that are judged.
    num_neighbours
        k, at most N.
    seed
        Of the draws.

    Returns
    -------
    float
        In [0, 1], the mean over up to ten draws.
    """
    return float(knn_votes(codes, labels, held_out, held_out_labels, num_neighbours, seed).mean())


def knn_votes(
    codes: Codes,
    labels: NDArray[np.integer],
    held_out: Codes,
    held_out_labels: NDArray[np.integer],
    num_neighbours: int = NUM_NEIGHBOURS,
    seed: int = 0,
) -> NDArray[np.float64]:
    """How often the vote is right on each held-out image, ``(M,)`` in [0, 1]; arguments as of ``knn_accuracy``."""
    from sklearn.neighbors import KNeighborsClassifier  # a second to import

    vote = KNeighborsClassifier(n_neighbors=min(num_neighbours, len(codes.mu)))
    return mean_over_draws(vote, codes, labels, held_out, held_out_labels, seed)


def mean_over_draws(
    classifier: Any,
    codes: Codes,
    labels: NDArray[np.integer],
    held_out: Codes,
    held_out_labels: NDArray[np.integer],
    seed: int = 0,
) -> NDArray[np.float64]:
    """How often a classifier of scikit-learn is right on each held-out image ``(M,)``, over draws of all codes.

    Only active dimensions count, unless none is: in the others draws are the prior's, and where there
    are many such, their noise would be most of a distance.
    """
    rng = np.random.default_rng(seed)
    are_points = not (codes.sigma.any() or held_out.sigma.any())
    active = active_units(codes.mu, is_vae=not are_points)
    if active.any():
        codes, held_out = (Codes(each.mu[:, active], each.sigma[:, active]) for each in (codes, held_out))
    num_draws = 1 if are_points else int(np.clip(MOST_VOTES // max(1, len(held_out.mu)), 1, MOST_DRAWS))
    right = np.zeros(len(held_out.mu))
    for _ in range(num_draws):
        among, judged = (each.mu + each.sigma * rng.standard_normal(each.mu.shape) for each in (codes, held_out))
        right += classifier.fit(among, labels).predict(judged) == held_out_labels
    return right / num_draws
