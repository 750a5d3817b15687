"""What all measures begin with: codes and factors that make sense, draws, and the dimensions that count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.bootstrap import Interval, percentile_interval
from vaelab.latent.units import active_units

__all__ = ["MAX_LEVELS", "MIN_IMAGES", "Floats", "active_dimensions", "as_checked", "centred_interval", "draw"]

Floats = NDArray[np.float64]

#: Fewer images than this say nothing about what a dimension encodes.
MIN_IMAGES = 100

#: A factor of more distinct values is continuous, and is put into bins.
MAX_LEVELS = 20


def as_checked(
    codes: NDArray[np.floating], spread: NDArray[np.floating], causes: NDArray[np.floating]
) -> tuple[Floats, Floats, Floats]:
    """Take what a measure is given in double precision, once it makes sense.

    Parameters
    ----------
    codes, spread
        ``(N, D)``: means and standard deviations of the posteriors; 0 for an autoencoder.
    causes
        ``(N, F)``: the factors.

    Returns
    -------
    mu, sigma, factors : ndarray
        The same.

    Raises
    ------
    ValueError
        If the arrays disagree or are not finite, there are fewer than 100 images, a sigma is
        negative, or a factor never varies.
    """
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


def active_dimensions(mu: Floats, sigma: Floats) -> NDArray[np.bool_]:
    """Which of the D dimensions say something of an image; see ``vaelab.latent.units``."""
    return active_units(mu, is_vae=bool(sigma.any()))


def draw(mu: Floats, sigma: Floats, rng: np.random.Generator) -> Floats:
    """One code of each posterior."""
    z: Floats = mu + sigma * rng.standard_normal(mu.shape)
    return z


def centred_interval(value: float, resampled: Floats) -> Interval:
    """Percentiles of resampled figures, moved to have their median at the value; in [0, 1]."""
    interval = percentile_interval(value, resampled - np.median(resampled) + value)
    return Interval(value, max(interval.low, 0.0), min(interval.high, 1.0))
