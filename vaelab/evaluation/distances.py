"""How far apart two sets of points are as distributions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["checked_features", "frechet_distance", "kernel_deviation", "kernel_distance"]


def kernel_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Kernel distance between two sets of features (KID of Bińkowski et al. 2018, arXiv:1801.01401, section 4).

    The squared maximum mean discrepancy with the kernel ``(x · y / K + 1)^3``, which compares means, covariances and
    third moments. Its estimate has no bias, however few points there are, which that of ``frechet_distance`` has: it is
    0 on average for two sets of one distribution, and so is at times below 0. Memory grows with the product of N and M.

    Parameters
    ----------
    a
        ``(N, K)``, N at least 2. The kernel is not indifferent to the features' unit and origin.
    b
        ``(M, K)``, M at least 2.

    Returns
    -------
    float
        The unbiased estimate (Gretton et al. 2012, eq. 3).

    Raises
    ------
    ValueError
        If the dimensions differ, or a set has fewer than two points.
    """
    a, b = checked_features(a, b)
    if min(len(a), len(b)) < 2:
        raise ValueError(f"A kernel distance needs two points, but these are {len(a)} and {len(b)}.")
    return _off_diagonal_mean(_kernel(a, a)) + _off_diagonal_mean(_kernel(b, b)) - 2 * float(_kernel(a, b).mean())


def kernel_deviation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """How far ``kernel_distance`` of two sets of one distribution is from 0 by chance.

    Parameters
    ----------
    a, b
        ``(N, K)`` each, N at least 2: two sets of one distribution.

    Returns
    -------
    float
        Its standard deviation over such pairs of sets (Gretton et al. 2012, JMLR 13: the second moment where
        there is one distribution).

    Raises
    ------
    ValueError
        If the sets differ in size or dimensions, or have fewer than two points.
    """
    a, b = checked_features(a, b)
    if len(a) != len(b) or len(a) < 2:
        raise ValueError(f"Two sets of as many points are needed, two or more each, not {len(a)} and {len(b)}.")
    between = _kernel(a, b)
    pairs = _kernel(a, a) + _kernel(b, b) - between - between.T
    return float(np.sqrt(2 / (len(a) * (len(a) - 1)) * _off_diagonal_mean(pairs**2)))


def frechet_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Fréchet distance between the Gaussians that fit two sets of features.

    ``|m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2))`` with their means m and covariances S
    (Heusel et al. 2017, arXiv:1706.08500, eq. 6). Their features are an Inception network's, so the
    figures of other features do not compare with theirs.

    Parameters
    ----------
    a
        ``(N, K)``, N at least 2; the covariance may be singular.
    b
        ``(M, K)``, M at least 2.

    Returns
    -------
    float
        A squared distance, at least 0, in the features' unit squared. Of few points it is too large: two samples of 180
        from one N(0, I) in 32 dimensions are 3.3 apart on average, two of 1,000 0.6. So compare it with what
        real images reach, as many of them; ``kernel_distance`` has no such bias.

    Raises
    ------
    ValueError
        If the dimensions differ, or a set has fewer than two points.
    """
    a, b = checked_features(a, b)
    if min(len(a), len(b)) < 2:
        raise ValueError(f"A covariance needs two points, but these are {len(a)} and {len(b)}.")
    covariances = [np.atleast_2d(np.cov(features, rowvar=False)) for features in (a, b)]
    root_a, root_b = (_root(covariance) for covariance in covariances)
    # The trace of (S_a S_b)^(1/2) is the sum of these singular values. Unlike a matrix square root
    # of the product, which is not symmetric, they are real and exist for singular ones, too.
    overlap = np.linalg.svd(root_a @ root_b, compute_uv=False).sum()
    spread = np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * overlap
    return max(0.0, float(((a.mean(0) - b.mean(0)) ** 2).sum() + spread))


def checked_features(
    a: NDArray[np.floating], b: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Check features ``(N, K)`` and ``(M, K)``."""
    if a.ndim != 2 or a.shape[1:] != b.shape[1:]:
        raise ValueError(f"Features are (N, K) and (M, K), but these are {a.shape} and {b.shape}.")
    return a.astype(np.float64), b.astype(np.float64)


def _kernel(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(x · y / K + 1)^3`` of all pairs, ``(N, M)``."""
    return np.asarray((x @ y.T / x.shape[1] + 1) ** 3)


def _off_diagonal_mean(pairs: NDArray[np.float64]) -> float:
    """The mean over pairs of different points."""
    return float((pairs.sum() - np.trace(pairs)) / (len(pairs) * (len(pairs) - 1)))


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Symmetric square root of a covariance."""
    variances, directions = np.linalg.eigh(covariance)
    root: NDArray[np.float64] = (directions * np.sqrt(np.maximum(variances, 0))) @ directions.T
    return root
