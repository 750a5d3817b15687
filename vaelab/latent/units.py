"""Which dimensions of a latent space carry anything, and what to say where none does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACTIVE_VARIANCE", "active_units"]

#: A unit is active if the variance of its mean over images is above this (Burda et al. 2015,
#: section 5.2, who chose it in the wide gap between active and collapsed units).
ACTIVE_VARIANCE = 0.01

#: An autoencoder's codes have no such unit: one is dead if its spread is below a thousandth of the widest.
ACTIVE_SHARE = 1e-6


def active_units(mu: NDArray[np.floating], is_vae: bool = True) -> NDArray[np.bool_]:
    """Find which dimensions are active, and which collapsed.

    Parameters
    ----------
    mu
        Means of the posteriors of many images, ``(N, D)``, or an autoencoder's codes.
    is_vae
        Whether the codes' unit is that of a prior N(0, I). An autoencoder's codes have none, and
        its narrow numbers tell as much as wide ones: only those that hardly differ are dead.

    Returns
    -------
    ndarray
        bool ``(D,)``.

    Examples
    --------
    >>> active_units(np.array([[0.0, 1.0], [0.0, -1.0]]))
    array([False,  True])
    >>> active_units(np.array([[0.0, 0.01, 1.0], [0.0, -0.01, -1.0]]), is_vae=False)
    array([False,  True,  True])
    """
    variances = mu.var(0, dtype=np.float64)
    threshold = ACTIVE_VARIANCE if is_vae else ACTIVE_SHARE * float(variances.max(initial=0.0))
    active: NDArray[np.bool_] = variances > threshold
    return active
