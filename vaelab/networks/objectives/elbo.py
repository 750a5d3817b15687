"""The ELBO of a VAE or beta-VAE, and of an autoencoder its reconstruction."""

from __future__ import annotations

import torch

from vaelab.networks.models import VAE
from vaelab.networks.objectives.base import Batch, LossTerms, gaussian_kl, negative_elbo

__all__ = ["elbo", "reconstruction"]


def elbo(batch: Batch) -> LossTerms:
    """Take the loss of a VAE: ``negative_elbo``; of an autoencoder, which has no KL: ``reconstruction``."""
    if not isinstance(batch.model, VAE):
        return reconstruction(batch)
    return negative_elbo(batch.reconstruction, gaussian_kl(batch.posterior), batch.beta, batch.config.free_bits)


def reconstruction(batch: Batch) -> LossTerms:
    """Take the loss of codes that are points: -log p(x|z) alone."""
    return negative_elbo(batch.reconstruction, torch.zeros_like(batch.z), beta=0.0)
