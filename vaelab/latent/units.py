"""Which dimensions of a latent space carry anything, and what to say where none does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACTIVE_VARIANCE", "active_units"]

#: A unit is active if the variance of its mean over images is above this (Burda et al. 2015,
#: section 5.2, who chose it in the wide gap between active and collapsed units).
ACTIVE_VARIANCE = 0.01


def active_units(mu: NDArray[np.floating], is_vae: bool = True) -> NDArray[np.bool_]:
    """Find which dimensions are active, and which collapsed.

    Parameters
    ----------
    mu
        Means of the posteriors of many images, ``(N, D)``, or an autoencoder's codes.
    is_vae
        Whether the codes' unit is that of a prior N(0, I). An autoencoder's codes have none, so
        there the variance counts as a share of the largest.

    Returns
    -------
    ndarray
        bool ``(D,)``.

    Examples
    --------
    >>> active_units(np.array([[0.0, 1.0], [0.0, -1.0]]))
    array([False,  True])
    >>> active_units(np.array([[0.0, 0.01], [0.0, -0.01]]), is_vae=False)
    array([False,  True])
    """
    variances = mu.var(0, dtype=np.float64)
    unit = 1.0 if is_vae else float(variances.max(initial=0.0))
    active: NDArray[np.bool_] = variances > ACTIVE_VARIANCE * unit
    return active
