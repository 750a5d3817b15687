"""Disentanglement, completeness and informativeness, by what forests find important."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from vaelab.evaluation.bootstrap import Interval
from vaelab.evaluation.disentanglement.codes import (
    MAX_LEVELS,
    Floats,
    active_dimensions,
    as_checked,
    centred_interval,
    draw,
)

__all__ = ["DCI", "dci"]

#: Images that forests learn from; the others judge them.
TRAIN_SHARE = 0.75

#: Images in a leaf: forests of smaller leaves find chance dimensions important.
MIN_LEAF = 5


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
    mu, sigma, factors = as_checked(mu, sigma, factors)
    if resamples < 1:
        raise ValueError(f"An interval takes at least one resample, not {resamples}.")
    rng = np.random.default_rng(seed)
    train, test = np.split(rng.permutation(len(mu)), [round(TRAIN_SHARE * len(mu))])
    active = active_dimensions(mu, sigma)
    z = draw(mu, sigma, rng)[:, active]
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
        centred_interval(value, values) for value, values in zip(figures, np.transpose(resampled), strict=True)
    )
    return DCI(disentanglement, completeness, informativeness, importance, skills)


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


def _is_discrete(factor: Floats) -> bool:
    values = np.unique(factor)
    return len(values) <= MAX_LEVELS and bool((values == np.rint(values)).all())


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
