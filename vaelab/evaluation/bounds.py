"""How tight the ELBO is: the importance-weighted bounds above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from vaelab.engine import Engine, Labels

__all__ = ["NUM_SAMPLES", "importance_bounds", "marginal_bounds"]

#: Samples of z that bounds are shown for (Burda et al. 2015 go to 50 in training, 5000 in tests).
NUM_SAMPLES = (1, 10, 100, 1000)

#: A label whose ELBO is so many nats below the best label's is left out of a sum over labels.
WORTH = 12.0


def importance_bounds(
    engine: Engine,
    images: NDArray[np.generic],
    num_samples: Sequence[int] = NUM_SAMPLES,
    seed: int = 0,
    labels: Labels = None,
    report: Callable[[float], None] = lambda fraction: None,
) -> NDArray[np.float64]:
    """Bound log p(x) of each image from below, by importance sampling from q(z|x).

    Burda et al. 2015, equation 8. All bounds come from the same samples: the one for k is averaged
    over as many groups of k as there are, which takes nothing from it but noise.

    Parameters
    ----------
    engine
        A VAE.
    images
        ``(N, C, H, W)``.
    num_samples
        The k of each bound; each must divide the largest.
    seed
        Of the samples.
    labels
        As ``engine.encode`` takes them.
    report
        Called with the fraction done, 0 to 1.

    Returns
    -------
    ndarray
        ``(K, N)``, in nats. With k = 1 it is the ELBO, from many samples; its mean rises with k.

    Raises
    ------
    ValueError
        If the model is an autoencoder, or a k does not divide the largest.
    """
    most = _most(num_samples)
    parts, done = [], 0
    for log_weights in engine.log_weights(images, most, seed, labels):
        parts.append(np.stack([_bound(log_weights, k) for k in num_samples]))
        done += log_weights.shape[1]
        report(done / len(images))
    return np.concatenate(parts, axis=1)


def marginal_bounds(
    engine: Engine,
    images: NDArray[np.generic],
    label_shares: NDArray[np.floating],
    num_samples: Sequence[int] = NUM_SAMPLES,
    seed: int = 0,
    report: Callable[[float], None] = lambda fraction: None,
) -> NDArray[np.float64]:
    """Bound log p(x) of a conditional model from below: p(x) = sum_y p(y) p(x|y).

    ``importance_bounds`` with an image's own label bounds log p(x|y), which is higher by what the
    label says of the image, and does not compare with another model's. Here each of the k samples
    is one z for every label, and its weight the labels' weights, summed as p(y) says. Labels that
    explain an image far worse than the best are left out, which lowers a bound by next to nothing.

    Parameters
    ----------
    engine
        A conditional VAE.
    images
        ``(N, C, H, W)``.
    label_shares
        ``(L,)``, p(y): how often each label is met; the sum 1.
    num_samples, seed, report
        As ``importance_bounds`` takes them.

    Returns
    -------
    ndarray
        ``(K, N)``, in nats.

    Raises
    ------
    ValueError
        If the shares are not one for each label, or as of ``importance_bounds``.
    """
    most = _most(num_samples)
    if label_shares.shape != (engine.num_labels,) or not engine.num_labels:
        raise ValueError(f"The model knows {engine.num_labels} labels, and there are {label_shares.size} shares.")
    with np.errstate(divide="ignore"):
        log_shares = np.log(label_shares.astype(np.float64))  # of a label never met it is -inf
    elbos = []
    for label in range(engine.num_labels):
        terms = engine.expected_terms(images, seed=seed, labels=label)
        elbos.append(log_shares[label] - terms.reconstruction - terms.kl)
        report(0.2 * (label + 1) / engine.num_labels)
    counts = np.stack(elbos, axis=1)  # (N, L)
    rows, labels = np.nonzero(counts >= counts.max(1, keepdims=True) - WORTH)
    weights, done = [], 0
    for log_weights in engine.log_weights(images[rows], most, seed, labels):
        weights.append(log_weights)
        done += log_weights.shape[1]
        report(0.2 + 0.8 * done / len(rows))
    joint = np.concatenate(weights, axis=1) + log_shares[labels]
    starts = np.searchsorted(rows, np.arange(len(images)))
    summed: NDArray[np.float64] = np.logaddexp.reduceat(joint, starts, axis=1)
    return np.stack([_bound(summed, k) for k in num_samples])


def _most(num_samples: Sequence[int]) -> int:
    most = max(num_samples)
    if any(k < 1 or most % k for k in num_samples):
        raise ValueError(f"Each k must divide the largest, {most}, but they are {num_samples}.")
    return most


def _bound(log_weights: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    groups = log_weights.reshape(-1, k, log_weights.shape[1])
    bound: NDArray[np.float64] = (logsumexp(groups, axis=1) - np.log(k)).mean(0)
    return bound
