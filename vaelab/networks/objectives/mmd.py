"""InfoVAE and the Wasserstein autoencoder: the MMD holds all codes together to the prior."""

from __future__ import annotations

import torch
from torch import Tensor

from vaelab.networks.objectives.base import Batch, LossTerms, add
from vaelab.networks.objectives.elbo import elbo, reconstruction

__all__ = ["KERNEL_WIDTHS", "infovae", "mmd", "wae"]

#: Variances of the MMD's kernels, times D. The middle one is as wide as two draws of the prior are apart; the
#: narrow ones see where codes are too dense, and the wide ones still pull where the others have let go.
KERNEL_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


def infovae(batch: Batch) -> LossTerms:
    """InfoVAE (Zhao et al. 2017, equation 6).

    Beta is the paper's 1 - alpha, and the weight of the MMD its alpha + lambda - 1.
    """
    return add(elbo(batch), batch.warmup * batch.config.mmd_weight * mmd(batch.z))


def wae(batch: Batch) -> LossTerms:
    """Wasserstein autoencoder (Tolstikhin et al. 2018, equation 4, with the MMD of their algorithm 2).

    Codes are points, and nothing but the MMD, whose weight is the paper's lambda, holds them to the prior. The cost of
    a reconstruction is the likelihood's; the paper's squared error is a Gaussian's.
    """
    return add(reconstruction(batch), batch.warmup * batch.config.mmd_weight * mmd(batch.z))


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
