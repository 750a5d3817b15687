"""What training minimizes: pure functions of a model's outputs, per image, in nats."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vaelab.config import TrainConfig
from vaelab.models import VAE, Autoencoder
from vaelab.nn import Posterior

__all__ = [
    "KLParts",
    "LossTerms",
    "gaussian_kl",
    "importance_bound",
    "kl_parts",
    "log_weights",
    "loss_terms",
    "mmd",
    "negative_elbo",
]

#: Variances of the MMD's kernels, times D. The middle one is as wide as two draws of the prior are apart; the
#: narrow ones see where codes are too dense, and the wide ones still pull where the others have let go.
KERNEL_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


class LossTerms(NamedTuple):
    """A loss and its parts, in nats, summed over pixels and latent dimensions.

    ``total = reconstruction + weight * kl + penalty``, the weight being beta, or 1 where beta
    weighs the total correlation; while the objective warms up, that times how far it has.
    """

    total: Tensor  # (B,)
    reconstruction: Tensor  # (B,), -log p(x|z)
    kl: Tensor  # (B,), KL(q(z|x) || p(z))
    kl_per_dim: Tensor  # (B, D), sums to kl
    penalty: Tensor  # (B,), what the objective adds, weighted


class KLParts(NamedTuple):
    """The KL term of each image, taken apart (Chen et al. 2018, equation 2), in nats.

    The three sum to ``log q(z|x) - log p(z)``, whose mean over z is the KL divergence.
    """

    index_code_mi: Tensor  # (B,), what z says about which image it is
    total_correlation: Tensor  # (B,), how far dimensions are from independent
    dimension_kl: Tensor  # (B,), how far each dimension by itself is from the prior


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
    total = reconstruction + beta * charged
    return LossTerms(total, reconstruction, kl, kl_per_dim, beta * (charged - kl))


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
    log_each = _log_normal(z[:, None], posterior.mu[None], posterior.logvar[None])  # (B, B, D)
    log_count = math.log(len(z)) + (math.log(num_images) if num_images else 0.0)
    log_q = torch.logsumexp(log_each.sum(2), dim=1) - log_count
    log_q_each = torch.logsumexp(log_each, dim=1) - log_count  # (B, D)
    log_q_given_x = _log_normal(z, *posterior).sum(1)
    log_prior_each = _log_standard_normal(z)
    return KLParts(
        index_code_mi=log_q_given_x - log_q,
        total_correlation=log_q - log_q_each.sum(1),
        dimension_kl=(log_q_each - log_prior_each).sum(1),
    )


def mmd(z: Tensor) -> Tensor:
    """Maximum mean discrepancy between codes and the prior N(0, I), squared.

    The kernel is the mean of ``exp(-|a - b|^2 / 2 w D)`` over the ``KERNEL_WIDTHS`` w: several scales,
    as Tolstikhin et al. 2018 sum over, since one alone sees nothing of codes that are far out. Its mean
    over the prior is known in closed form (Rustamov 2019), so that nothing is drawn: the estimate is
    the unbiased one of Gretton et al. 2012, equation 3, with an infinite second sample.

    Parameters
    ----------
    z
        ``(B, D)``, B at least 2.

    Returns
    -------
    Tensor
        A number, at most about 1; its mean is 0 where codes are drawn from the prior, and it may fall below.

    Examples
    --------
    >>> bool(mmd(torch.full((8, 2), 3.0)) > mmd(torch.randn(8, 2)))
    True
    """
    count, d = z.shape
    if count < 2:
        return z.sum() * 0
    squares = torch.cdist(z, z, compute_mode="donot_use_mm_for_euclid_dist").square()
    discrepancies = []
    for width in (d * scale for scale in KERNEL_WIDTHS):
        among_codes = (torch.exp(-squares / (2 * width)).sum() - count) / (count * (count - 1))
        to_prior = torch.exp(-z.square().sum(1) / (2 * (width + 1))).mean()
        to_prior = to_prior * (width / (width + 1)) ** (d / 2)
        among_prior = (width / (width + 2)) ** (d / 2)
        discrepancies.append(among_codes - 2 * to_prior + among_prior)
    return torch.stack(discrepancies).mean()


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
    log_ratio = (_log_standard_normal(z) - _log_normal(z, *repeated)).sum(1)
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


def loss_terms(
    model: Autoencoder,
    x: Tensor,
    config: TrainConfig,
    warmup: float = 1.0,
    generator: torch.Generator | None = None,
    labels: Tensor | None = None,
    encoder_input: Tensor | None = None,
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

    Returns
    -------
    LossTerms
        Per image. The objectives: ``elbo``, ``negative_elbo``. ``tc``, beta-TCVAE (Chen et al.
        2018, equation 4 with alpha and gamma 1): the KL term, and beta - 1 times its total
        correlation more; since the KL's parts sum to it, that is the paper's loss with less noise.
        ``mmd``, InfoVAE (Zhao et al. 2017, equation 6): beta is the paper's 1 - alpha and the
        weight of the MMD its alpha + lambda - 1. ``iwae``: the negative ``importance_bound``, a
        bound on log p(x) where beta is 1.
    """
    beta = config.beta * warmup
    posterior = model.encoder(x if encoder_input is None else encoder_input, labels)
    if config.objective == "iwae":
        return _iwae(model, x, posterior, config.num_samples, beta, generator, labels)
    z = model.code(posterior, generator)
    reconstruction = -model.likelihood.log_prob(model.decoder(z, labels), x)
    if not isinstance(model, VAE):
        return negative_elbo(reconstruction, torch.zeros_like(z), beta=0.0)
    kl = gaussian_kl(posterior)
    if config.objective == "tc":
        terms = negative_elbo(reconstruction, kl, warmup)
        return _add(terms, warmup * (config.beta - 1) * kl_parts(posterior, z).total_correlation)
    terms = negative_elbo(reconstruction, kl, beta, config.free_bits)
    if config.objective == "mmd":
        return _add(terms, (warmup * config.mmd_weight * mmd(z)).expand(len(x)))
    return terms


def _iwae(
    model: Autoencoder,
    x: Tensor,
    posterior: Posterior,
    num_samples: int,
    beta: float,
    generator: torch.Generator | None,
    labels: Tensor | None,
) -> LossTerms:
    weights, errors = log_weights(model, x, posterior, num_samples, beta, generator, labels)
    terms = negative_elbo(errors.mean(0), gaussian_kl(posterior), beta)
    return _add(terms, -importance_bound(weights) - terms.total)


def _add(terms: LossTerms, penalty: Tensor) -> LossTerms:
    return terms._replace(total=terms.total + penalty, penalty=terms.penalty + penalty)


def _log_normal(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Log-density of each dimension of a Gaussian, in nats."""
    # Scaled before it is squared: the inverse square of a narrow sigma overflows float32 sooner.
    scaled = (z - mu) * torch.exp(-0.5 * logvar)
    return -0.5 * (math.log(2 * math.pi) + logvar + scaled.square())


def _log_standard_normal(z: Tensor) -> Tensor:
    return -0.5 * (math.log(2 * math.pi) + z.square())
