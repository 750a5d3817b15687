"""What each dimension tells of each factor, and the gap between the two that tell most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, ndtr, ndtri

from vaelab.evaluation.bootstrap import Interval, bootstrap
from vaelab.evaluation.disentanglement.codes import MAX_LEVELS, Floats, active_dimensions, as_checked

__all__ = ["MutualInformationGap", "mutual_information", "mutual_information_gap"]

#: Images that a cell of a two-way histogram should hold on average, for its bias to be small.
IMAGES_PER_CELL = 5

#: Points of equal mass that stand for a posterior where the bins' edges are chosen.
_POINTS = ndtri((np.arange(16) + 0.5) / 16)


@dataclass(frozen=True)
class MutualInformationGap:
    """How much more the best latent dimension tells about a factor than the next best.

    Attributes
    ----------
    mig
        The mean of ``gaps``, in [0, 1].
    gaps
        float64 ``(F,)``, in [0, 1].
    information
        float64 ``(D, F)``, in [0, 1]: I(z; v) / H(v), the share of a factor that a dimension tells.
    entropies
        float64 ``(F,)``, H(v) in nats: of a continuous factor, that of its bins.
    """

    mig: Interval
    gaps: Floats
    information: Floats
    entropies: Floats


def mutual_information(
    mu: NDArray[np.floating],
    sigma: NDArray[np.floating],
    factors: NDArray[np.floating],
    num_bins: int = 20,
) -> Floats:
    """Estimate the mutual information of each latent dimension and each factor.

    Of z drawn from q(z|x), not of its mean; a dimension that is not active tells nothing. Both z
    and a continuous factor are put into bins of equal mass, a value that many have into one of its
    own; how much of an image's z falls into each bin is known exactly, and nothing is sampled. The
    bias of such a histogram is subtracted to second order, as Miller and Madow do for whole counts.

    Parameters
    ----------
    mu, sigma
        ``(N, D)``: means and standard deviations of the posteriors; sigma 0 for an autoencoder.
    factors
        ``(N, F)``. One of at most 20 distinct values is taken as it is, and so is a point code.
    num_bins
        About so many at the most: fewer images get fewer bins, so that 5 images fall on each pair of bins.

    Returns
    -------
    ndarray
        float64 ``(D, F)`` in nats, not below 0.

    Raises
    ------
    ValueError
        If the arrays disagree or are not finite, there are fewer than 100 images, a sigma is
        negative, a factor never varies, or there are fewer than 2 bins.
    """
    mu, sigma, factors = as_checked(mu, sigma, factors)
    num_bins = _fit_bins(num_bins, len(mu))
    indicators = [_indicators(factor, num_bins) for factor in factors.T]
    weights = np.full(len(mu), 1 / len(mu))
    information = np.zeros((mu.shape[1], len(indicators)))
    for dim in np.flatnonzero(active_dimensions(mu, sigma)):
        masses = _bin_masses(mu[:, dim], sigma[:, dim], num_bins)
        information[dim] = [_information(masses, levels, weights) for levels in indicators]
    return np.maximum(information, 0)


def mutual_information_gap(
    mu: NDArray[np.floating],
    sigma: NDArray[np.floating],
    factors: NDArray[np.floating],
    num_bins: int = 20,
    resamples: int = 200,
    seed: int = 0,
) -> MutualInformationGap:
    """Measure how exclusively one latent dimension tells about each factor.

    Chen et al. 2018 (arXiv:1802.04942, section 4.1, equation 6): the mean over factors of
    (I(z_best; v) - I(z_next; v)) / H(v). 1 where one dimension tells a factor wholly and the others
    nothing, 0 where two tell it equally well. A single dimension has nothing (0) next to it.
    The finer a continuous factor is binned, the harder it is to tell: compare models by equally
    many bins, which 2,000 images or more get by default.

    Parameters
    ----------
    mu, sigma
        ``(N, D)``: means and standard deviations of the posteriors; sigma 0 for an autoencoder.
    factors
        ``(N, F)``. One of at most 20 distinct values is taken as it is, others are binned.
    num_bins
        Of equal mass, at the most; see ``mutual_information``.
    resamples
        Of the images, for the interval.
    seed
        Of the resamples.

    Returns
    -------
    MutualInformationGap
        The gap with its interval, the gap of each factor, and all normalized informations. Where
        two dimensions tell nearly the same, noise ranks them and the gap is a little too wide, in
        hundredths; more images narrow it.

    Raises
    ------
    ValueError
        As ``mutual_information``.
    """
    information = mutual_information(mu, sigma, factors, num_bins)
    mu, sigma, factors = as_checked(mu, sigma, factors)
    num_bins = _fit_bins(num_bins, len(mu))
    indicators = [_indicators(factor, num_bins) for factor in factors.T]
    active = active_dimensions(mu, sigma)
    # In every resample the two dimensions are those of all images: ranking them anew each time
    # would take the noise between two equals for a gap.
    best_two = np.argsort(-information, axis=0, kind="stable")[:2]
    contenders = [
        [_bin_masses(mu[:, dim], sigma[:, dim], num_bins) for dim in dims if active[dim]] for dims in best_two.T
    ]

    def gaps(rows: NDArray[np.intp]) -> Floats:
        weights = np.bincount(rows, minlength=len(mu)) / len(rows)
        return np.array([_gap(masses, levels, weights) for masses, levels in zip(contenders, indicators, strict=True)])

    entropies = np.array([entr(levels.mean(0)).sum() for levels in indicators])
    return MutualInformationGap(
        mig=bootstrap(lambda rows: max(0.0, gaps(rows).mean()), len(mu), resamples, seed=seed),
        gaps=gaps(np.arange(len(mu))),
        information=np.minimum(information / entropies, 1),
        entropies=entropies,
    )


def _fit_bins(num_bins: int, num_images: int) -> int:
    if num_bins < 2:
        raise ValueError(f"Information takes at least 2 bins, not {num_bins}.")
    return min(num_bins, int(np.sqrt(num_images / IMAGES_PER_CELL)))


def _edges(values: Floats, num_bins: int) -> Floats:
    """Where bins of equal mass begin; few distinct values, and one that fills whole bins, have bins of their own."""
    distinct = np.unique(values)
    if len(distinct) <= MAX_LEVELS:
        return distinct[1:]
    edges, counts = np.unique(np.quantile(values, np.arange(1, num_bins) / num_bins), return_counts=True)
    return np.union1d(edges, np.nextafter(edges[counts > 1], np.inf))


def _indicators(factor: Floats, num_bins: int) -> Floats:
    """Mark each image's level of a factor with a one: (N, K)."""
    levels = np.unique(np.searchsorted(_edges(factor, num_bins), factor, side="right"), return_inverse=True)[1]
    indicators: Floats = np.eye(levels.max() + 1)[levels]
    return indicators


def _bin_masses(mu: Floats, sigma: Floats, num_bins: int) -> Floats:
    """Compute how much of each image's z falls into each bin: (N, B), rows sum to 1."""
    edges = _edges(mu[:, None] + sigma[:, None] * _POINTS if sigma.any() else mu, num_bins)
    below = (mu[:, None] < edges).astype(np.float64)
    spread = sigma > 0
    below[spread] = ndtr((edges - mu[spread, None]) / sigma[spread, None])
    return np.diff(below, axis=1, prepend=0, append=1)


def _information(masses: Floats, levels: Floats, weights: Floats) -> float:
    """Mutual information in nats of bins (N, B) and levels (N, K) of weighted images.

    The second-order bias of a histogram p that is a mean of N images' parts y is half the sum of
    Var(y) / (N p), over the cells less over both margins. Where every y is 0 or 1 it is that of
    Miller and Madow, (cells - rows - columns + 1) / 2N. A resampled image counts more than once, so
    N is the effective number, which is half as many: a resample carries the bias of the sample that
    it is from, and its own.
    """
    weighted = levels * weights[:, None]
    joint, squares = masses.T @ weighted, (masses**2).T @ weighted
    rows, columns = joint.sum(1), joint.sum(0)
    filled, used = joint > 0, rows > 0
    cells = (squares[filled] / joint[filled]).sum()
    margins = (squares.sum(1)[used] / rows[used]).sum() + np.count_nonzero(columns)
    bias = (weights**2).sum() * (cells - margins + 1) / 2
    return float(entr(rows).sum() + entr(columns).sum() - entr(joint).sum() - bias)


def _gap(contenders: list[Floats], levels: Floats, weights: Floats) -> float:
    entropy = float(entr(weights @ levels).sum())
    if entropy == 0:  # of a resample without the factor's rare levels
        return 0.0
    shares = [_information(masses, levels, weights) / entropy for masses in contenders]
    best, second, *_ = *np.clip(shares, 0, 1), 0.0, 0.0
    return float(best - second)
