"""How sure one can be of a share that was counted."""

from __future__ import annotations

__all__ = ["proportion_interval"]


def proportion_interval(count: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """What a share may be of which a sample is known: Wilson's score interval (1927).

    Parameters
    ----------
    count
        How many of the sample are counted.
    total
        The size of the sample, at least 1.
    confidence
        How often such an interval holds the share.

    Returns
    -------
    tuple
        The lowest and the highest share, in [0, 1].

    Raises
    ------
    ValueError
        If the sample is empty, or does not hold as many.

    Examples
    --------
    >>> [round(end, 3) for end in proportion_interval(0, 20)]
    [0.0, 0.161]
    """
    from scipy.stats import binomtest  # half a second to import

    if total < 1 or not 0 <= count <= total:
        raise ValueError(f"A share is of one image or more, and at most of all: {count} of {total} is none.")
    ends = binomtest(count, total).proportion_ci(confidence, method="wilson")
    return float(ends.low), float(ends.high)
