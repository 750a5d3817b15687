"""What training minimizes: a function of a batch for each entry of ``choices.OBJECTIVES``; per image, in nats."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vaelab.config import TrainConfig
from vaelab.networks.models import Autoencoder
from vaelab.networks.objectives.base import Batch, Companion, LossTerms, gaussian_kl, negative_elbo
from vaelab.networks.objectives.capacity import capacity
from vaelab.networks.objectives.elbo import elbo
from vaelab.networks.objectives.factor import Discriminator, factor
from vaelab.networks.objectives.iwae import importance_bound, iwae, log_weights
from vaelab.networks.objectives.mmd import infovae, mmd, wae
from vaelab.networks.objectives.total_correlation import KLParts, kl_parts, tc

__all__ = [
    "COMPANIONS",
    "OBJECTIVES",
    "Batch",
    "Companion",
    "KLParts",
    "LossTerms",
    "companion_of",
    "gaussian_kl",
    "importance_bound",
    "kl_parts",
    "log_weights",
    "loss_terms",
    "mmd",
    "negative_elbo",
]

OBJECTIVES: dict[str, Callable[[Batch], LossTerms]] = {
    "elbo": elbo,
    "tc": tc,
    "mmd": infovae,
    "iwae": iwae,
    "factor": factor,
    "capacity": capacity,
    "wae": wae,
}

#: What is trained beside the model, by the objective that needs it: made from the config, and where to compute.
COMPANIONS: dict[str, Callable[[TrainConfig, torch.device], Companion]] = {"factor": Discriminator}


def companion_of(config: TrainConfig, device: torch.device | str = "cpu") -> Companion | None:
    """Make what the objective of a run trains beside the model, as it is before training; None for most.

    Parameters
    ----------
    config
        What the run is.
    device
        Where to compute.

    Returns
    -------
    Companion or None
        For ``loss_terms``, and with a step of its own after each of the model's.
    """
    make = COMPANIONS.get(config.objective)
    return None if make is None else make(config, torch.device(device))


def loss_terms(
    model: Autoencoder,
    x: Tensor,
    config: TrainConfig,
    warmup: float = 1.0,
    generator: torch.Generator | None = None,
    labels: Tensor | None = None,
    encoder_input: Tensor | None = None,
    progress: float = 1.0,
    companion: Companion | None = None,
) -> LossTerms:
    """Run a model on images and take its loss apart.

    Parameters
    ----------
    model
        An autoencoder (whose KL is zero) or a VAE.
    x
        ``(B, C, H, W)`` in [0, 1]: what is to be reconstructed.
    config
        Its objective, and the weights in it.
    warmup
        How far the objective has warmed up, 0 to 1: everything but the reconstruction is weighted
        by it. An ``iwae``'s beta rises, as an ``elbo``'s does.
    generator
        Source of the codes' noise.
    labels
        ``(B,)``, for a conditional model.
    encoder_input
        What is encoded, where that is a damaged ``x`` (Vincent et al. 2008).
    progress
        How far training has come, 0 to 1, for an objective with a schedule of its own.
    companion
        As ``companion_of`` makes it, for an objective that has one.

    Returns
    -------
    LossTerms
        Per image; each function of ``OBJECTIVES`` says which loss it is.
    """
    posterior = model.encoder(x if encoder_input is None else encoder_input, labels)
    batch = Batch(model, x, posterior, config, warmup, progress, generator, labels, companion)
    return OBJECTIVES[config.objective](batch)
