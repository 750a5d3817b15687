"""Posteriors on a map: their ellipses, and the aggregate posterior beside the prior."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vaelab.latent.projections import Projection

__all__ = ["draws_on_map", "posterior_covariances"]

#: A posterior that is narrower is drawn as wide as this: it has a density then, and is a point on any screen.
MIN_SIGMA = 1e-4


def posterior_covariances(projection: Projection) -> NDArray[np.float64] | None:
    """Covariances of the posteriors as they are seen on a map.

    Parameters
    ----------
    projection
        The map, of N images.

    Returns
    -------
    ndarray or None
        ``(N, 2, 2)``: ``A diag(sigma^2) A^T`` where the map is ``z -> A (z - center)``. None where there are no
        posteriors, one dimension only, or a UMAP map, which is not linear: no Gaussian is one on it.
    """
    sigma, dimensions = projection.sigma, projection.codes.shape[1]
    if sigma is None or projection.kind == "umap" or dimensions < 2:
        return None
    variances = np.maximum(sigma.astype(np.float64), MIN_SIGMA) ** 2
    axes = np.eye(2) if projection.kind == "plane" else projection.components.astype(np.float64)
    covariances: NDArray[np.float64] = np.einsum("ad,nd,bd->nab", axes, variances, axes)
    return covariances


def draws_on_map(
    means: NDArray[np.floating], covariances: NDArray[np.floating], num: int, seed: int = 0
) -> NDArray[np.float64]:
    """Draw from the aggregate posterior ``q(z) = mean_n q(z|x_n)``, as it is seen on a map.

    Parameters
    ----------
    means, covariances
        ``(N, 2)`` and ``(N, 2, 2)``: the posteriors on the map.
    num
        How many.
    seed
        Of the draws.

    Returns
    -------
    ndarray
        float64 ``(num, 2)``.
    """
    rng = np.random.default_rng(seed)
    rows = rng.integers(len(means), size=num)
    noise = np.linalg.cholesky(covariances)[rows] @ rng.standard_normal((num, 2, 1))
    return means[rows] + noise[..., 0]
