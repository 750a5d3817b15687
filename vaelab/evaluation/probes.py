"""Whether a plane tells the classes apart: a linear probe of codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.neighbours import mean_over_draws
from vaelab.latent.codes import Codes

__all__ = ["linear_votes"]

#: Codes that the probe learns from, at the most.
MAX_CODES = 10_000


def linear_votes(
    codes: Codes,
    labels: NDArray[np.integer],
    held_out: Codes,
    held_out_labels: NDArray[np.integer],
    seed: int = 0,
) -> NDArray[np.float64]:
    """How often logistic regression names the class of each held-out image.

    Alain and Bengio 2017 (arXiv:1610.01644) probe representations so. Codes are standardised, so
    that their unit does not matter, and drawn as for ``knn_votes``; scikit-learn's
    default L2 penalty.

    Parameters
    ----------
    codes, labels
        mu and sigma, ``(N, D)`` each, and ``(N,)``: what it learns from, 10,000 of them at the most.
    held_out, held_out_labels
        mu and sigma, ``(M, D)`` each, and ``(M,)``: what it is judged on.
    seed
        Of the draws.

    Returns
    -------
    ndarray
        float64 ``(M,)`` in [0, 1], the mean over draws. Where all labels are one, 1 for it.
    """
    from sklearn.linear_model import LogisticRegression  # a second to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    some = np.random.default_rng(seed).permutation(len(labels))[:MAX_CODES]
    if len(np.unique(labels[some])) < 2:
        same: NDArray[np.float64] = (held_out_labels == labels[some[0]]).astype(np.float64)
        return same
    few = type(codes)(codes.mu[some], codes.sigma[some])
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return mean_over_draws(probe, few, labels[some], held_out, held_out_labels, seed)
