"""beta-TCVAE: the KL term taken apart, and its total correlation weighed by itself."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

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

__all__ = ["KLParts", "kl_parts", "tc"]


class KLParts(NamedTuple):
    """The KL term of each image, taken apart (Chen et al. 2018, equation 2), in nats.

    The three sum to ``log q(z|x) - log p(z)``, whose mean over z is the KL divergence.
    """

    index_code_mi: Tensor  # (B,), what z says about which image it is
    total_correlation: Tensor  # (B,), how far dimensions are from independent
    dimension_kl: Tensor  # (B,), how far each dimension by itself is from the prior


def tc(batch: Batch) -> LossTerms:
    """beta-TCVAE (Chen et al. 2018, equation 4 with alpha and gamma 1).

    The KL term, and beta - 1 times its total correlation more; since the KL's parts sum to it, that is the paper's loss
    with less noise.
    """
    terms = negative_elbo(batch.reconstruction, gaussian_kl(batch.posterior), batch.warmup)
    correlation = kl_parts(batch.posterior, batch.z).total_correlation
    return add(terms, batch.warmup * (batch.config.beta - 1) * correlation)


def kl_parts(posterior: Posterior, z: Tensor, num_images: int | None = None) -> KLParts:
    """Take the KL term apart by minibatch-weighted sampling (Chen et al. 2018, appendix C.1).

    ``log q(z)`` is estimated as the log of the mean of ``q(z|x_j)`` over the batch.

    Parameters
    ----------
    posterior
        mu and logvar of a batch, ``(B, D)`` each.
    z
        ``(B, D)``, one sample from each.
    num_images
        N, the size of the training set, as in the paper, whose estimate of every log q is smaller
        by log N. That moves the total correlation by ``(D - 1) log N`` and has no gradient.

    Returns
    -------
    KLParts
        Per image. A signal to train by and no figures: a batch holds the posterior that z was drawn
        from, which makes up most of a narrow posterior's estimate. Where dimensions are independent
        (D = 10, sigma = 0.1) a batch of 128 has a total correlation of 17 nats, and the fewer
        images are in it, the more.
    """
    log_each = log_normal(z[:, None], posterior.mu[None], posterior.logvar[None])  # (B, B, D)
    log_count = math.log(len(z)) + (math.log(num_images) if num_images else 0.0)
    log_q = torch.logsumexp(log_each.sum(2), dim=1) - log_count
    log_q_each = torch.logsumexp(log_each, dim=1) - log_count  # (B, D)
    log_q_given_x = log_normal(z, *posterior).sum(1)
    log_prior_each = log_standard_normal(z)
    return KLParts(
        index_code_mi=log_q_given_x - log_q,
        total_correlation=log_q - log_q_each.sum(1),
        dimension_kl=(log_q_each - log_prior_each).sum(1),
    )
