"""Which dimensions of a latent space carry anything, and what to say where none does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACTIVE_VARIANCE", "active_units", "code_scale"]

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


def code_scale(
    mu: NDArray[np.floating], sigma: NDArray[np.floating] | None = None, is_vae: bool = True
) -> NDArray[np.float64]:
    """What to multiply each number of a code by before distances between codes are taken.

    A VAE's decoder is trained on draws, so how far apart two codes are is a matter of how widely the
    posteriors spread: an active dimension counts in units of its typical sigma, and a collapsed one,
    where means tremble and draws are the prior's, does not count at all.

    Parameters
    ----------
    mu
        Means of the posteriors of many images, ``(N, D)``, or an autoencoder's codes.
    sigma
        Their standard deviations, ``(N, D)``; without them active dimensions count as they are.
    is_vae
        Whether it is a VAE's. All numbers of an autoencoder's codes count, and as they are: it has been
        trained on these very codes, and nothing says of any of them that the decoder ignores it.

    Returns
    -------
    ndarray
        float64 ``(D,)``, at least 0: distances are to be taken between ``scale * codes``. All zeros where
        every dimension collapsed: then all codes are alike.

    Examples
    --------
    >>> mu, sigma = np.array([[0.0, 1.0], [0.0, -1.0]]), np.array([[1.0, 0.1], [1.0, 0.1]])
    >>> code_scale(mu, sigma)
    array([ 0., 10.])
    """
    if not is_vae:
        return np.ones(mu.shape[1])
    active = active_units(mu)
    if sigma is None:
        return active.astype(np.float64)
    typical = np.sqrt(np.square(sigma, dtype=np.float64).mean(0))
    return np.where(active, 1 / np.maximum(typical, 1e-6), 0.0)
