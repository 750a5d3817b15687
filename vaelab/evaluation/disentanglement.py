"""Whether each cause of an image has a latent dimension to itself.

One convention holds for all three measures: they are of what a decoder is given. A code is a draw
from q(z|x), not its mean, whose trembling in a collapsed dimension would count as any other; of an
autoencoder it is the point (sigma 0). And a dimension that is not active (``vaelab.latent.units``) is
there for none of them: it tells nothing, no forest sees it, it has no vote, and it does not count
as one among which the others are spread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, ndtr, ndtri
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from vaelab.evaluation.bootstrap import Interval, bootstrap, percentile_interval
from vaelab.latent.units import active_units

__all__ = [
    "DCI",
    "FactorVAEScore",
    "MutualInformationGap",
    "dci",
    "factor_vae_score",
    "mutual_information",
    "mutual_information_gap",
]

Floats = NDArray[np.float64]

#: Fewer images than this say nothing about what a dimension encodes.
MIN_IMAGES = 100

#: A factor of more distinct values is continuous, and is put into bins.
MAX_LEVELS = 20

#: Images that a cell of a two-way histogram should hold on average, for its bias to be small.
IMAGES_PER_CELL = 5

#: Images that forests learn from; the others judge them.
TRAIN_SHARE = 0.75

#: Images in a leaf: forests of smaller leaves find chance dimensions important.
MIN_LEAF = 5

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


@dataclass(frozen=True)
class DCI:
    """What forests say of how factors can be read off codes.

    Attributes
    ----------
    disentanglement
        In [0, 1]: 1 where no dimension serves two factors.
    completeness
        In [0, 1]: 1 where no factor needs two dimensions; 0 where no dimension is active.
    informativeness
        The mean of ``skills``, in [0, 1].
    importance
        float64 ``(D, F)``: R, the importance of each dimension to the forest of each factor, 0 of
        dimensions that are not active; columns sum to 1 where a forest found anything.
    skills
        float64 ``(F,)``, in [0, 1]: the part of the best constant guess's error that the forest
        removes on held-out images. Errors are wrong classes of a discrete factor (so 0 is the
        commonest class, not zero accuracy) and squares of a continuous one (so it is R^2). 0 where
        the images that judge are alike, and nothing is left to tell.
    """

    disentanglement: Interval
    completeness: Interval
    informativeness: Interval
    importance: Floats
    skills: Floats


@dataclass(frozen=True)
class FactorVAEScore:
    """Whether the dimension that stands still gives away which factor was held still.

    Attributes
    ----------
    score
        Accuracy of the majority vote, in [0, 1]; ``chance`` for codes that say nothing.
    chance
        1 / F.
    votes
        int64 ``(D, F)``: how often, in deciding and scoring together, a dimension varied least
        while a factor was held still.
    """

    score: Interval
    chance: float
    votes: NDArray[np.int64]


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
    mu, sigma, factors = _as_checked(mu, sigma, factors)
    num_bins = _fit_bins(num_bins, len(mu))
    indicators = [_indicators(factor, num_bins) for factor in factors.T]
    weights = np.full(len(mu), 1 / len(mu))
    information = np.zeros((mu.shape[1], len(indicators)))
    for dim in np.flatnonzero(_active(mu, sigma)):
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
    mu, sigma, factors = _as_checked(mu, sigma, factors)
    num_bins = _fit_bins(num_bins, len(mu))
    indicators = [_indicators(factor, num_bins) for factor in factors.T]
    active = _active(mu, sigma)
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


def dci(
    mu: NDArray[np.floating],
    sigma: NDArray[np.floating],
    factors: NDArray[np.floating],
    num_trees: int = 10,
    resamples: int = 25,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> DCI:
    """Measure disentanglement, completeness and informativeness with random forests.

    Eastwood and Williams 2018 (A Framework for the Quantitative Evaluation of Disentangled
    Representations, section 2). A forest learns each factor from the codes of three images in four,
    a draw from q(z|x) each, in the active dimensions; R[d, f] is how important dimension d is to it.
    A dimension is disentangled as far as the entropy of its row of R, in base F, is below 1, and
    counts as much as it is important; a factor is complete as far as the entropy of its column, in
    base of the number of active dimensions, is below 1.

    Parameters
    ----------
    mu, sigma
        ``(N, D)``: means and standard deviations of the posteriors; sigma 0 for an autoencoder.
    factors
        ``(N, F)``. One of at most 20 distinct whole numbers is classified, others are regressed.
    num_trees
        In each forest.
    resamples
        Of the images that the forests learn from and of those that judge them, each among
        themselves. Forests are grown for every one, and that is what takes the time.
    seed
        Of draws, forests and resamples.
    progress
        Called with the fraction done, up to 1.

    Returns
    -------
    DCI
        The three with their intervals. Resampled images repeat, so their forests know a little
        less and score lower; the intervals have their spread, but are centred on the value.

    Raises
    ------
    ValueError
        If the arrays disagree or are not finite, there are fewer than 100 images, a sigma is
        negative, a factor never varies, or there are no resamples.
    """
    mu, sigma, factors = _as_checked(mu, sigma, factors)
    if resamples < 1:
        raise ValueError(f"An interval takes at least one resample, not {resamples}.")
    rng = np.random.default_rng(seed)
    train, test = np.split(rng.permutation(len(mu)), [round(TRAIN_SHARE * len(mu))])
    active = _active(mu, sigma)
    z = _draw(mu, sigma, rng)[:, active]
    if not active.any():
        none = Interval(0.0, 0.0, 0.0)
        return DCI(none, none, none, np.zeros((mu.shape[1], factors.shape[1])), np.zeros(factors.shape[1]))
    found, skills = _fit_forests(z, factors, train, test, num_trees, seed)
    importance = np.zeros((mu.shape[1], factors.shape[1]))
    importance[active] = found
    figures = _dci_figures(found, skills)
    resampled = []
    draws = (
        np.random.default_rng(seed + i).integers(0, len(rows), (resamples, len(rows)))
        for i, rows in enumerate((train, test))
    )
    for done, (learn, judge) in enumerate(zip(*draws, strict=True), start=1):
        if progress is not None:
            progress(done / (resamples + 1))
        rows = train[learn], test[judge]
        fitted = _fit_forests(z, factors, *rows, num_trees, seed + done)
        resampled.append(_dci_figures(*fitted))
    if progress is not None:
        progress(1.0)
    disentanglement, completeness, informativeness = (
        _centred_interval(value, values) for value, values in zip(figures, np.transpose(resampled), strict=True)
    )
    return DCI(disentanglement, completeness, informativeness, importance, skills)


def factor_vae_score(
    mu: NDArray[np.floating],
    sigma: NDArray[np.floating],
    factors: NDArray[np.floating],
    group_size: int = 64,
    num_votes: int = 800,
    resamples: int = 100,
    seed: int = 0,
) -> FactorVAEScore:
    """Guess which factor a group of images shares from the dimension that varies least in it.

    Kim and Mnih 2018 (arXiv:1802.05983, section 4). A vote takes a factor and a group of images
    alike in it, and names the active dimension whose variance over the group is smallest against
    its variance over all images; each image's code is one draw from q(z|x). Votes among one half of
    the images decide which factor each dimension stands for, votes among the other half score that:
    among the same images a chance agreement would be found again, and codes that say nothing score
    above chance. Where they render images to order, a sample is all there is here: the images alike
    are those nearest in the factor to one of them, chance deciding among equals.

    Parameters
    ----------
    mu, sigma
        ``(N, D)``: means and standard deviations of the posteriors; sigma 0 for an autoencoder.
    factors
        ``(N, F)``. A value held by fewer than ``group_size`` images is joined by its neighbours.
    group_size
        Images in a group, at the most: a twentieth of a half, for a group to be alike, but two at least.
    num_votes
        To decide by, and as many again to score.
    resamples
        Of the images in each half, for the interval.
    seed
        Of draws, halves, votes and resamples.

    Returns
    -------
    FactorVAEScore
        Without an active dimension, about chance. Resampled images repeat, and groups of them vary
        less; the interval has their spread, but is centred on the value.

    Raises
    ------
    ValueError
        If the arrays disagree or are not finite, there are fewer than 100 images, a sigma is
        negative, or a factor never varies.
    """
    mu, sigma, factors = _as_checked(mu, sigma, factors)
    rng = np.random.default_rng(seed)
    active = np.flatnonzero(_active(mu, sigma))
    z = _draw(mu, sigma, rng)[:, active]
    codes = z / z.std(0)
    halves = np.array_split(rng.permutation(len(mu)), 2)
    size = max(2, min(group_size, len(halves[1]) // 20))

    def votes_among(rows: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.int64]:
        """How often each active dimension was named while each factor was held still: (A, F)."""
        held = rng.integers(0, factors.shape[1], num_votes)
        # Without an active dimension all votes are for one that is not there: the guess is one factor for all.
        stillest = np.zeros(num_votes, np.intp)
        if len(active):
            groups = (rows[_alike(factors[rows, factor], size, rng)] for factor in held)
            stillest = np.array([codes[group].var(0).argmin() for group in groups])
        return _count(stillest, held, max(1, len(active)), factors.shape[1])

    decided, scored = (votes_among(half, rng) for half in halves)
    resampled = np.array(
        [
            _agreement(*(votes_among(rng.choice(half, len(half)), rng) for half in halves))
            for rng in np.random.default_rng(seed).spawn(resamples)
        ]
    )
    votes = np.zeros((mu.shape[1], factors.shape[1]), np.int64)
    votes[active if len(active) else [0]] = decided + scored
    return FactorVAEScore(
        score=_centred_interval(_agreement(decided, scored), resampled), chance=1 / factors.shape[1], votes=votes
    )


def _agreement(decided: NDArray[np.int64], scored: NDArray[np.int64]) -> float:
    """The share of scored votes (D, F) whose factor is the one that their dimension was decided to stand for."""
    return float(scored[np.arange(len(scored)), decided.argmax(1)].sum() / scored.sum())


def _active(mu: Floats, sigma: Floats) -> NDArray[np.bool_]:
    return active_units(mu, is_vae=bool(sigma.any()))


def _draw(mu: Floats, sigma: Floats, rng: np.random.Generator) -> Floats:
    """One code of each posterior."""
    z: Floats = mu + sigma * rng.standard_normal(mu.shape)
    return z


def _as_checked(
    codes: NDArray[np.floating], spread: NDArray[np.floating], causes: NDArray[np.floating]
) -> tuple[Floats, Floats, Floats]:
    mu, sigma, factors = (np.asarray(array, np.float64) for array in (codes, spread, causes))
    if mu.ndim != 2 or factors.ndim != 2 or 0 in mu.shape[1:] + factors.shape[1:]:
        raise ValueError(f"Codes must be (N, D) and factors (N, F), not {mu.shape} and {factors.shape}.")
    if len(mu) != len(factors):
        raise ValueError(f"Codes and factors must be of the same images, not of {len(mu)} and {len(factors)}.")
    if len(mu) < MIN_IMAGES:
        raise ValueError(f"Disentanglement cannot be told from {len(mu)} images: it takes {MIN_IMAGES}.")
    if not (np.isfinite(mu).all() and np.isfinite(factors).all()):
        raise ValueError("Codes and factors must be finite, and some are not.")
    constant = np.flatnonzero(np.ptp(factors, axis=0) == 0)
    if len(constant):
        raise ValueError(f"Factor {constant[0]} is the same in all images: leave out what never varies.")
    if sigma.shape != mu.shape:
        raise ValueError(f"Sigma must have the shape of mu, {mu.shape}, not {sigma.shape}.")
    if not (np.isfinite(sigma).all() and (sigma >= 0).all()):
        raise ValueError("Sigma must be finite and not negative.")
    return mu, sigma, factors


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


def _is_discrete(factor: Floats) -> bool:
    values = np.unique(factor)
    return len(values) <= MAX_LEVELS and bool((values == np.rint(values)).all())


def _fit_forests(
    mu: Floats,
    factors: Floats,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    num_trees: int,
    seed: int,
) -> tuple[Floats, Floats]:
    """Importances (D, F) and skills (F,) of one forest a factor."""
    fitted = [_fit_forest(mu[train], f[train], mu[test], f[test], _is_discrete(f), num_trees, seed) for f in factors.T]
    importance: Floats = np.stack([importances for importances, _ in fitted], axis=1)
    return importance, np.array([skill for _, skill in fitted])


def _fit_forest(
    codes: Floats,
    factor: Floats,
    held_out_codes: Floats,
    held_out: Floats,
    discrete: bool,
    num_trees: int,
    seed: int,
) -> tuple[Floats, float]:
    # Every split may choose among all dimensions: one that must choose among a few makes
    # dimensions important that merely were at hand.
    forest = (RandomForestClassifier if discrete else RandomForestRegressor)(
        num_trees, max_features=None, min_samples_leaf=MIN_LEAF, random_state=seed
    )
    guess = forest.fit(codes, factor).predict(held_out_codes)
    if discrete:
        values, counts = np.unique(factor, return_counts=True)
        constant = values[counts.argmax()]
        error, least = np.mean(guess != held_out), np.mean(constant != held_out)
    else:
        error = np.mean((guess - held_out) ** 2)
        least = np.mean((factor.mean() - held_out) ** 2)
    skill = 1 - error / least if least > 0 else 0.0  # where there is nothing to tell, nothing was told
    return forest.feature_importances_, float(np.clip(skill, 0, 1))


def _dci_figures(importance: Floats, skills: Floats) -> tuple[float, float, float]:
    share = importance.sum(1) / max(importance.sum(), np.finfo(np.float64).tiny)
    disentanglement = share @ _concentration(importance)
    return float(disentanglement), float(_concentration(importance.T).mean()), float(skills.mean())


def _concentration(rows: Floats) -> Floats:
    """Measure how concentrated each row is on one column: 1 less its entropy in base (columns)."""
    num_columns = rows.shape[1]
    if num_columns == 1:
        return np.ones(len(rows))
    shares = np.where(rows.any(1, keepdims=True), rows, 1)
    shares /= shares.sum(1, keepdims=True)
    # Rounding may take the entropy of even shares a hair beyond its bound.
    concentration: Floats = np.maximum(1 - entr(shares).sum(1) / np.log(num_columns), 0)
    return concentration


def _centred_interval(value: float, resampled: Floats) -> Interval:
    """Percentiles of resampled figures, moved to have their median at the value; in [0, 1]."""
    interval = percentile_interval(value, resampled - np.median(resampled) + value)
    return Interval(value, max(interval.low, 0.0), min(interval.high, 1.0))


def _alike(factor: Floats, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Rows of the images nearest in a factor to an image taken by chance: (size,)."""
    order = rng.permutation(len(factor))
    distances = np.abs(factor[order] - factor[order[0]])
    group: NDArray[np.intp] = order[np.argpartition(distances, size - 1)[:size]]
    return group


def _count(dims: NDArray[np.intp], held: NDArray[np.int64], num_dims: int, num_factors: int) -> NDArray[np.int64]:
    votes = np.zeros((num_dims, num_factors), np.int64)
    np.add.at(votes, (dims, held), 1)
    return votes
