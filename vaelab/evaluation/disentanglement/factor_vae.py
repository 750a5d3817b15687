"""The score of FactorVAE: which dimension stays stillest where a factor does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.bootstrap import Interval
from vaelab.evaluation.disentanglement.codes import (
    Floats,
    active_dimensions,
    as_checked,
    centred_interval,
    draw,
)

__all__ = ["FactorVAEScore", "factor_vae_score"]


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
    mu, sigma, factors = as_checked(mu, sigma, factors)
    rng = np.random.default_rng(seed)
    active = np.flatnonzero(active_dimensions(mu, sigma))
    z = draw(mu, sigma, rng)[:, active]
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
        score=centred_interval(_agreement(decided, scored), resampled), chance=1 / factors.shape[1], votes=votes
    )


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


def _agreement(decided: NDArray[np.int64], scored: NDArray[np.int64]) -> float:
    """The share of scored votes (D, F) whose factor is the one that their dimension was decided to stand for."""
    return float(scored[np.arange(len(scored)), decided.argmax(1)].sum() / scored.sum())
