"""Which dimensions of a latent space carry anything, and what to say where none does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACTIVE_VARIANCE", "active_units"]

#: A unit is active if the variance of its mean over images is above this (Burda et al. 2015,
#: section 5.2, who chose it in the wide gap between active and collapsed units).
ACTIVE_VARIANCE = 0.01


def active_units(mu: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Find which dimensions are active, and which collapsed.

    Parameters
    ----------
    mu
        Means of the posteriors of many images, ``(N, D)``.

    Returns
    -------
    ndarray
        bool ``(D,)``.

    Examples
    --------
    >>> active_units(np.array([[0.0, 1.0], [0.0, -1.0]]))
    array([False,  True])
    """
    active: NDArray[np.bool_] = mu.var(0) > ACTIVE_VARIANCE
    return active
