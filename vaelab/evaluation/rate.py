"""The rate taken apart: what of a KL term is information, and what is the codes' distance from the prior."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

__all__ = ["RateParts", "rate_parts"]

#: Draws that averages are taken over, at the most and at the least: these err by a hundredth of a nat or two.
MOST_DRAWS, FEWEST_DRAWS = 4_000, 1_000

#: Draws times images times dimensions that are worth their time, some seconds; with the fewest draws it may be more.
WORK = 100_000_000

#: Numbers of a table of draws, images and dimensions that are held at once: 64 MB.
BLOCK = 8_000_000

_LOG_2PI = math.log(2 * math.pi)


#: Information so many nats below log N is as much as N images can show, and the rest is of one piece.
SATURATED = 1.0


class RateParts(NamedTuple):
    """Three parts of a rate, in nats an image; but for the draws' noise their sum is the mean KL(q(z|x) || p(z)).

    Attributes
    ----------
    information
        I(x; z): what a code tells of which of the N images it was drawn for. At most log N.
    total_correlation
        KL(q(z) || prod_d q(z_d)): how far the dimensions of the codes as a whole depend on one
        another.
    dimension_kl
        float64 ``(D,)``: KL(q(z_d) || p(z_d)) of each dimension of the codes as a whole.
    """

    information: float
    total_correlation: float
    dimension_kl: NDArray[np.float64]


def rate_parts(mu: NDArray[np.floating], sigma: NDArray[np.floating], seed: int = 0) -> RateParts:
    """Take the rate of a set of images apart.

    Hoffman and Johnson 2016 (ELBO surgery) write it as I(x; z) + KL(q(z) || p(z)), where q(z) is
    the aggregate posterior, the mean of all q(z|x); Chen et al. 2018 (arXiv:1802.04942, equation 2)
    take the second apart once more. q(z) is the mixture of the N posteriors at hand itself, not an
    estimate from a batch; averages over it are of some thousand draws, spread over the images.
    Sharp posteriors of few images in many dimensions leave most of the space between them empty:
    information then comes up to log N and stays there, and what it would be of more images counts as
    total correlation. So where information is less than ``SATURATED`` nats below log N, it is a lower
    bound of that of all images there could be, and the other parts are upper bounds.

    Parameters
    ----------
    mu, sigma
        ``(N, D)``: means and standard deviations of the posteriors; sigma above 0.
    seed
        Of the draws.

    Returns
    -------
    RateParts
        The parts. Those near 0 may fall below by the draws' noise.

    Raises
    ------
    ValueError
        If the shapes differ, there are no images, or a sigma is not above 0, as an autoencoder's.

    Examples
    --------
    >>> two = rate_parts(np.array([[-9.0], [9.0]]), np.ones((2, 1)))
    >>> round(two.information, 3), round(math.log(2), 3)
    (0.693, 0.693)
    """
    means, sigmas = mu.astype(np.float64), sigma.astype(np.float64)
    if mu.ndim != 2 or mu.shape != sigma.shape or not mu.size:
        raise ValueError(f"Means and sigmas must be (N, D) alike, N at least 1, not {mu.shape} and {sigma.shape}.")
    if not (sigma > 0).all():
        raise ValueError("A rate takes posteriors with a sigma above 0: an autoencoder's codes are points.")
    rng = np.random.default_rng(seed)
    num_draws = int(np.clip(WORK // mu.size, FEWEST_DRAWS, MOST_DRAWS))
    rows = _spread(len(mu), num_draws, rng)
    noise = rng.standard_normal((len(rows), mu.shape[1]))
    if len(rows) > 1:
        noise = (noise - noise.mean(0)) / noise.std(0)  # as it is on average: what is averaged errs less
    z = means[rows] + sigmas[rows] * noise
    log_q_given_x = (-0.5 * (_LOG_2PI + noise**2) - np.log(sigmas[rows])).sum(1)
    log_q, log_q_each = _log_aggregate(z, means, sigmas)
    log_prior_each = -0.5 * (_LOG_2PI + z**2)
    # Differences draw by draw: where two densities are one, as of collapsed codes, nothing is left of the noise.
    return RateParts(
        information=float((log_q_given_x - log_q).mean()),
        total_correlation=float((log_q - log_q_each.sum(1)).mean()),
        dimension_kl=(log_q_each - log_prior_each).mean(0),
    )


def _spread(num_images: int, num_draws: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Rows to draw from, each as often as any other: all of them, or some where there are more than draws."""
    rounds = [rng.permutation(num_images) for _ in range(max(1, num_draws // num_images))]
    rows: NDArray[np.intp] = np.concatenate(rounds)[:num_draws]
    return rows


def _log_aggregate(
    z: NDArray[np.float64], mu: NDArray[np.float64], sigma: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute log q(z) of each draw ``(M,)``, and log q(z_d) ``(M, D)``."""
    log_norm = -0.5 * _LOG_2PI - np.log(sigma)
    log_count = math.log(len(mu))
    step = max(1, BLOCK // mu.size)
    whole, each = [], []
    for start in range(0, len(z), step):
        log_each = log_norm - 0.5 * ((z[start : start + step, None] - mu) / sigma) ** 2  # (draws, N, D)
        whole.append(logsumexp(log_each.sum(2), axis=1) - log_count)
        each.append(logsumexp(log_each, axis=1) - log_count)
    return np.concatenate(whole), np.concatenate(each)
