"""What training minimizes: pure functions of a model's outputs, per image, in nats."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vaelab.models import VAE, Autoencoder
from vaelab.nn import Posterior

__all__ = ["LossTerms", "gaussian_kl", "loss_terms", "negative_elbo"]


class LossTerms(NamedTuple):
    """A loss and its parts, in nats, summed over pixels and latent dimensions."""

    total: Tensor  # (B,)
    reconstruction: Tensor  # (B,), -log p(x|z)
    kl: Tensor  # (B,), KL(q(z|x) || p(z))
    kl_per_dim: Tensor  # (B, D), sums to kl


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


def negative_elbo(
    reconstruction: Tensor, kl_per_dim: Tensor, beta: float = 1.0, free_bits: float = 0.0
) -> LossTerms:
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
        ``total`` has beta and free bits in it; ``kl`` and ``kl_per_dim`` are as they came.
    """
    kl = kl_per_dim.sum(1)
    charged = kl
    if free_bits > 0:
        free = kl_per_dim.mean(0) < free_bits
        charged = torch.where(free, free_bits, kl_per_dim).sum(1)
    return LossTerms(reconstruction + beta * charged, reconstruction, kl, kl_per_dim)


def loss_terms(
    model: Autoencoder,
    x: Tensor,
    beta: float = 1.0,
    free_bits: float = 0.0,
    generator: torch.Generator | None = None,
) -> LossTerms:
    """Run a model on images and take its loss apart.

    Parameters
    ----------
    model
        An autoencoder (whose KL is zero) or a VAE.
    x
        ``(B, C, H, W)`` in [0, 1].
    beta, free_bits
        As in ``negative_elbo``.
    generator
        Source of the codes' noise.

    Returns
    -------
    LossTerms
        Per image.
    """
    output = model(x, generator)
    reconstruction = -model.likelihood.log_prob(output.logits, x)
    if isinstance(model, VAE):
        return negative_elbo(reconstruction, gaussian_kl(output.posterior), beta, free_bits)
    return negative_elbo(reconstruction, torch.zeros_like(output.z), beta=0.0)
