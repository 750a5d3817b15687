"""IWAE: a tighter bound on log p(x), from several codes an image."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vaelab.networks.models import Autoencoder
from vaelab.networks.nn import Posterior
from vaelab.networks.objectives.base import (
    Batch,
    LossTerms,
    add,
    gaussian_kl,
    log_normal,
    log_standard_normal,
    negative_elbo,
)

__all__ = ["importance_bound", "iwae", "log_weights"]


def iwae(batch: Batch) -> LossTerms:
    """Take the negative ``importance_bound``, a bound on log p(x) where beta is 1.

    The ELBO's two terms, and as a penalty (negative) by how much the bound is tighter.
    """
    weights, errors = log_weights(
        batch.model, batch.x, batch.posterior, batch.config.num_samples, batch.beta, batch.generator, batch.labels
    )
    terms = negative_elbo(errors.mean(0), gaussian_kl(batch.posterior), batch.beta)
    return add(terms, -importance_bound(weights) - terms.total)


def log_weights(
    model: Autoencoder,
    x: Tensor,
    posterior: Posterior,
    num_samples: int,
    beta: float = 1.0,
    generator: torch.Generator | None = None,
    labels: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Logarithms of the importance weights p(x, z) / q(z|x) of samples from q(z|x).

    Parameters
    ----------
    model
        A VAE.
    x
        ``(B, C, H, W)`` in [0, 1]: what is to be explained.
    posterior
        mu and logvar, ``(B, D)`` each.
    num_samples
        k, for each image.
    beta
        Power to which p(z) / q(z|x) is taken; 1 for the bound on log p(x).
    generator
        Source of the samples.
    labels
        ``(B,)``, for a conditional model.

    Returns
    -------
    tuple
        Log weights ``(k, B)`` and -log p(x|z) ``(k, B)``, in nats.
    """
    repeated = Posterior(*(part.repeat(num_samples, 1) for part in posterior))
    z = model.code(repeated, generator)
    logits = model.decoder(z, None if labels is None else labels.repeat(num_samples))
    shape = (num_samples, *[1] * (x.dim() - 1))
    log_likelihood = model.likelihood.log_prob(logits, x.repeat(shape))
    log_ratio = (log_standard_normal(z) - log_normal(z, *repeated)).sum(1)
    size = (num_samples, len(x))
    return (log_likelihood + beta * log_ratio).reshape(size), -log_likelihood.reshape(size)


def importance_bound(log_weights: Tensor) -> Tensor:
    """The bound on log p(x) of Burda et al. 2015, equation 8: the log of the weights' mean.

    Parameters
    ----------
    log_weights
        ``(k, B)``, as ``log_weights`` returns them.

    Returns
    -------
    Tensor
        ``(B,)``, in nats. With k = 1 its mean is the ELBO; it rises with k, to log p(x).
    """
    return torch.logsumexp(log_weights, dim=0) - math.log(len(log_weights))
