"""A capacity schedule: the KL is led to a value that rises as training goes on."""

from __future__ import annotations

from vaelab.networks.objectives.base import Batch, LossTerms, add, gaussian_kl, negative_elbo

__all__ = ["capacity"]


def capacity(batch: Batch) -> LossTerms:
    """Charge gamma |KL - C|, where C rises evenly from 0 to the capacity (Burgess et al. 2018, equation 8).

    The KL is the batch's mean: some images may say more than others. All that it costs is in the penalty, and beta is
    not in it. C follows how far training has come, whatever the warm-up, which only weighs gamma.
    """
    terms = negative_elbo(batch.reconstruction, gaussian_kl(batch.posterior), beta=0.0)
    allowed = batch.config.capacity * batch.progress
    return add(terms, batch.warmup * batch.config.gamma * (terms.kl.mean() - allowed).abs())
