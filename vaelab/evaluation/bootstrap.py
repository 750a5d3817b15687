"""How sure a figure is that was measured on a sample of images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["Interval", "bootstrap", "paired_difference", "percentile_interval"]


class Interval(NamedTuple):
    """A figure and its bootstrap interval, all three in the figure's unit.

    Attributes
    ----------
    value
        The figure on the images at hand.
    low, high
        The figures of resampled images lie between them, as many as the level says (95%).
    """

    value: float
    low: float
    high: float


def percentile_interval(
    value: float, resampled: Sequence[float] | NDArray[np.floating], level: float = 0.95
) -> Interval:
    """Put a figure between the percentiles of its resampled selves.

    For figures whose resamples ``bootstrap`` cannot draw, such as those of forests, which are grown
    on some images and judged on others.

    Parameters
    ----------
    value
        The figure on the images at hand.
    resampled
        ``(R,)``, at least one: the figure on each resample.
    level
        The share of them that lies inside, between 0 and 1.

    Returns
    -------
    Interval
        Of equal tails. A figure that is biased may lie outside: see Efron and Tibshirani 1993,
        section 13.7.

    Raises
    ------
    ValueError
        If the level is not between 0 and 1.

    Examples
    --------
    >>> percentile_interval(0.5, [0.4, 0.5, 0.6], level=0.5)
    Interval(value=0.5, low=0.45, high=0.55)
    """
    if not 0 < level < 1:
        raise ValueError(f"The level of an interval must be between 0 and 1, not {level}.")
    tail = (1 - level) / 2
    low, high = np.quantile(np.asarray(resampled), (tail, 1 - tail))
    return Interval(float(value), float(low), float(high))


def bootstrap(
    statistic: Callable[[NDArray[np.intp]], float],
    num_images: int,
    resamples: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Estimate how far a figure would move on other images of the same kind.

    The percentile interval of Efron and Tibshirani 1993 (An Introduction to the Bootstrap, section
    13.3): the figure is computed again on images drawn with replacement from those at hand.

    Parameters
    ----------
    statistic
        Computes the figure from rows of images, ``(N,)``, of which some repeat.
    num_images
        N, at least 1.
    resamples
        How often to draw; fewer than 100 leave the ends of the interval to chance.
    level
        The share of the resampled figures that lies inside, between 0 and 1.
    seed
        The same seed gives the same interval.

    Returns
    -------
    Interval
        ``value`` is the figure of all images, in order.

    Raises
    ------
    ValueError
        If there are no images or fewer than two resamples, or the level is not between 0 and 1.

    Examples
    --------
    >>> heights = np.array([1.0, 2.0, 3.0, 4.0])
    >>> interval = bootstrap(lambda rows: float(heights[rows].mean()), len(heights))
    >>> interval.value, interval.low < 2.5 < interval.high
    (2.5, True)
    """
    if num_images < 1:
        raise ValueError(f"A figure needs at least one image, not {num_images}.")
    if resamples < 2:
        raise ValueError(f"An interval takes at least two resamples, not {resamples}.")
    if not 0 < level < 1:
        raise ValueError(f"The level of an interval must be between 0 and 1, not {level}.")
    rows = np.arange(num_images)
    value = float(statistic(rows))
    if num_images == 1:  # it is all that can be drawn, and SciPy declines
        return Interval(value, value, value)
    low, high = stats.bootstrap(
        (rows,),
        statistic,
        n_resamples=resamples,
        vectorized=False,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(value, float(low), float(high))


def paired_difference(values: NDArray[np.floating], others: NDArray[np.floating], seed: int = 0) -> Interval:
    """By how much one model's figure differs from another's on the same images, the mean of the differences.

    What makes an image hard is hard for both, and falls out: the interval is narrower than the two
    models' own would suggest.

    Parameters
    ----------
    values, others
        ``(N,)`` each: both models' figures of each image, in one order.
    seed
        Of the resamples.

    Returns
    -------
    Interval
        Of ``values - others``, at a level of 95%.

    Raises
    ------
    ValueError
        If they are not of the same images, or there are none.

    Examples
    --------
    >>> paired_difference(np.array([11.0, 51.0, 91.0]), np.array([10.0, 50.0, 90.0]))
    Interval(value=1.0, low=1.0, high=1.0)
    """
    if values.shape != others.shape or values.ndim != 1:
        raise ValueError(f"A pair needs the same images, but there are {values.shape} and {others.shape}.")
    differences = values.astype(np.float64) - others
    return bootstrap(lambda rows: float(differences[rows].mean()), len(differences), seed=seed)
