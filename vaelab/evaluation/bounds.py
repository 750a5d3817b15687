"""How tight the ELBO is: the importance-weighted bounds above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vaelab.engine import Engine, Labels

__all__ = ["NUM_SAMPLES", "importance_bounds"]

#: Samples of z that bounds are shown for (Burda et al. 2015 go to 50 in training, 5000 in tests).
NUM_SAMPLES = (1, 10, 100, 1000)


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
        If the model is an autoencoder, there is no k, or one is below 1 or does not divide the largest.
    """
    most = max(num_samples, default=0)
    if not most or any(k < 1 or most % k for k in num_samples):
        given = ", ".join(map(str, num_samples)) or "none"
        raise ValueError(f"Each k must be at least 1 and divide the largest, but they are {given}.")
    parts, done = [], 0
    for log_weights in engine.log_weights(images, most, seed, labels):
        parts.append(np.stack([_bound(log_weights, k) for k in num_samples]))
        done += log_weights.shape[1]
        report(done / len(images))
    return np.concatenate(parts, axis=1)


def _bound(log_weights: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    groups = log_weights.reshape(-1, k, log_weights.shape[1])
    highest = groups.max(1, keepdims=True)
    means = highest[:, 0] + np.log(np.exp(groups - highest).mean(1))
    bound: NDArray[np.float64] = means.mean(0)
    return bound
