"""What every objective is made of: a batch, its loss in parts, and the terms that most of them share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from vaelab.config import TrainConfig
from vaelab.networks.models import Autoencoder
from vaelab.networks.nn import Posterior

__all__ = [
    "Batch",
    "Companion",
    "LossTerms",
    "add",
    "gaussian_kl",
    "log_normal",
    "log_standard_normal",
    "negative_elbo",
]


class LossTerms(NamedTuple):
    """A loss and its parts, in nats, summed over pixels and latent dimensions.

    ``total = reconstruction + weight * kl + penalty``, the weight being beta, or what the objective has in its place
    (1 where beta weighs the total correlation, 0 where the whole KL is in the penalty); while the objective warms up,
    that times how far it has.
    """

    total: Tensor  # (B,)
    reconstruction: Tensor  # (B,), -log p(x|z)
    kl: Tensor  # (B,), KL(q(z|x) || p(z))
    kl_per_dim: Tensor  # (B, D), sums to kl
    penalty: Tensor  # (B,), what the objective adds, weighted
    regularizer: Tensor  # (B,), all but the reconstruction: the weighted KL and the penalty


class Companion(Protocol):
    """What an objective trains beside the model, and needs for nothing else, such as a discriminator.

    Its state is in a run's checkpoint, so that training goes on from it.
    """

    def learn(self, generator: torch.Generator | None) -> None:
        """Take a step of its own, after the model's, on the codes that it was last asked about in training."""

    def state(self) -> dict[str, Tensor]:
        """Everything that its training goes on from."""

    def weights(self) -> dict[str, Tensor]:
        """The part of its state that its answers depend on; ``load_state`` takes that alone as well."""

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Go on from what ``state`` returned."""


@dataclass(frozen=True)
class Batch:
    """Some images, and all that a loss may ask about them.

    Attributes
    ----------
    model
        An autoencoder or a VAE.
    x
        ``(B, C, H, W)`` in [0, 1]: what is to be reconstructed.
    posterior
        mu and logvar, ``(B, D)`` each, of what was encoded.
    config
        The weights in the loss.
    warmup
        How far the objective has warmed up, 0 to 1: everything but the reconstruction is weighted by it.
    progress
        How far training has come, 0 to 1.
    generator
        Source of the codes' noise.
    labels
        ``(B,)``, for a conditional model.
    companion
        Of an objective that has one.
    """

    model: Autoencoder
    x: Tensor
    posterior: Posterior
    config: TrainConfig
    warmup: float = 1.0
    progress: float = 1.0
    generator: torch.Generator | None = None
    labels: Tensor | None = None
    companion: Companion | None = None

    @cached_property
    def z(self) -> Tensor:
        """One code for each image, ``(B, D)``, drawn once."""
        return self.model.code(self.posterior, self.generator)

    @cached_property
    def reconstruction(self) -> Tensor:
        """-log p(x|z) of these codes, ``(B,)``, in nats."""
        return -self.model.likelihood.log_prob(self.model.decoder(self.z, self.labels), self.x)

    @property
    def beta(self) -> float:
        """The config's beta, as far as it has warmed up."""
        return self.config.beta * self.warmup


def gaussian_kl(posterior: Posterior) -> Tensor:
    """KL divergence of a diagonal Gaussian from the standard normal, per dimension.

    ``(mu^2 + sigma^2 - 1 - log sigma^2) / 2``: Kingma and Welling 2014, appendix B.

    Parameters
    ----------
    posterior
        mu and logvar, ``(B, D)`` each.

    Returns
    -------
    Tensor
        ``(B, D)``, in nats, never negative.

    Examples
    --------
    >>> gaussian_kl(Posterior(torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2)))
    tensor([[0., 2.]])
    """
    mu, logvar = posterior
    return 0.5 * (mu.square() + torch.expm1(logvar) - logvar)


def negative_elbo(reconstruction: Tensor, kl_per_dim: Tensor, beta: float = 1.0, free_bits: float = 0.0) -> LossTerms:
    """Reconstruction + beta KL; at beta 1 and without free bits, the negative ELBO.

    beta: Higgins et al. 2017, equation 4. Free bits: Kingma et al. 2016, appendix C.8: each
    dimension is charged at least ``free_bits``, judged on its mean over the batch, so that one
    which carries less than that has nothing to gain by collapsing.

    Parameters
    ----------
    reconstruction
        ``(B,)``, -log p(x|z) in nats.
    kl_per_dim
        ``(B, D)``, in nats.
    beta
        Weight of the KL term.
    free_bits
        Nats a dimension.

    Returns
    -------
    LossTerms
        ``total`` has beta and free bits in it, ``penalty`` what free bits add; ``kl`` and
        ``kl_per_dim`` are as they came.

    Examples
    --------
    >>> negative_elbo(torch.tensor([20.0]), torch.tensor([[1.5, 2.0]])).total
    tensor([23.5000])
    """
    kl = kl_per_dim.sum(1)
    charged = kl
    if free_bits > 0:
        free = kl_per_dim.mean(0) < free_bits
        charged = torch.where(free, free_bits, kl_per_dim).sum(1)
    regularizer = beta * charged
    return LossTerms(reconstruction + regularizer, reconstruction, kl, kl_per_dim, beta * (charged - kl), regularizer)


def add(terms: LossTerms, penalty: Tensor) -> LossTerms:
    """Add a penalty, ``(B,)`` or a number, in nats, to a loss."""
    penalty = penalty.expand(len(terms.total))
    return terms._replace(
        total=terms.total + penalty, penalty=terms.penalty + penalty, regularizer=terms.regularizer + penalty
    )


def log_normal(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Log-density of each dimension of a Gaussian, in nats; same shape as ``z``."""
    # Scaled before it is squared: the inverse square of a narrow sigma overflows float32 sooner.
    scaled = (z - mu) * torch.exp(-0.5 * logvar)
    return -0.5 * (math.log(2 * math.pi) + logvar + scaled.square())


def log_standard_normal(z: Tensor) -> Tensor:
    """Log-density of each dimension of the prior, in nats; same shape as ``z``."""
    return -0.5 * (math.log(2 * math.pi) + z.square())
