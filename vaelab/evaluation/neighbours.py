"""Whether images of one class lie together in latent space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["NUM_NEIGHBOURS", "knn_accuracy", "knn_votes"]

#: Neighbours that vote; ten is steadier than one and still local.
NUM_NEIGHBOURS = 10


def knn_accuracy(
    codes: NDArray[np.floating],
    labels: NDArray[np.integer],
    held_out_codes: NDArray[np.floating],
    held_out_labels: NDArray[np.integer],
    num_neighbours: int = NUM_NEIGHBOURS,
) -> float:
    """Accuracy of a k-nearest-neighbour vote among training codes on held-out codes.

    Parameters
    ----------
    codes, labels
        ``(N, D)`` and ``(N,)``: those that vote.
    held_out_codes, held_out_labels
        ``(M, D)`` and ``(M,)``: those that are judged.
    num_neighbours
        k, at most N.

    Returns
    -------
    float
        In [0, 1].
    """
    return float(knn_votes(codes, labels, held_out_codes, held_out_labels, num_neighbours).mean())


def knn_votes(
    codes: NDArray[np.floating],
    labels: NDArray[np.integer],
    held_out_codes: NDArray[np.floating],
    held_out_labels: NDArray[np.integer],
    num_neighbours: int = NUM_NEIGHBOURS,
) -> NDArray[np.bool_]:
    """Whether the vote is right on each held-out code; arguments as of ``knn_accuracy``."""
    from sklearn.neighbors import KNeighborsClassifier  # a second to import

    vote = KNeighborsClassifier(n_neighbors=min(num_neighbours, len(codes))).fit(codes, labels)
    right: NDArray[np.bool_] = vote.predict(held_out_codes) == held_out_labels
    return right
