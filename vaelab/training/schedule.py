"""What rises and falls as a training goes on: the learning rate, and the weight of all but the reconstruction."""

from __future__ import annotations

import math

__all__ = ["one_cycle", "warmup"]


def one_cycle(progress: float, peak: float) -> float:
    """Learning rate of the one-cycle schedule (Smith and Topin 2018), cosine-shaped.

    The same curve as ``torch.optim.lr_scheduler.OneCycleLR`` with its defaults, as a function of
    the fraction done, so that it can follow a clock as well as a count of steps.

    Parameters
    ----------
    progress
        Fraction of training done, in [0, 1].
    peak
        The highest rate, reached after 30%.

    Returns
    -------
    float
        The learning rate.

    Examples
    --------
    >>> one_cycle(0.3, 1e-3)
    0.001
    """
    start, end, rise = peak / 25, peak / 25 / 1e4, 0.3
    if progress < rise:
        return peak + (start - peak) * (1 + math.cos(math.pi * progress / rise)) / 2
    fall = min((progress - rise) / (1 - rise), 1.0)
    return end + (peak - end) * (1 + math.cos(math.pi * fall)) / 2


def warmup(progress: float, share: float) -> float:
    """How far an objective has warmed up: from 0 evenly to 1 (Bowman et al. 2016, section 3.1, rises as a sigmoid).

    Parameters
    ----------
    progress
        Fraction of training done, in [0, 1].
    share
        The fraction over which it rises; 0 for none.

    Returns
    -------
    float
        What everything but the reconstruction is weighted by, in [0, 1].

    Examples
    --------
    >>> warmup(0.125, 0.5), warmup(0.75, 0.5), warmup(0, 0)
    (0.25, 1.0, 1.0)
    """
    return min(progress / share, 1.0) if share > 0 else 1.0
