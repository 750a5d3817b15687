"""p(x|z): how a decoder's outputs say how probable an image is.

Every likelihood reads the decoder's outputs as logits, so that one decoder serves all of them.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "LIKELIHOODS",
    "SIGMA_FLOOR",
    "Bernoulli",
    "ContinuousBernoulli",
    "Gaussian",
    "GaussianLearned",
    "Likelihood",
]


#: The least sigma that is learned: what rounding to 256 levels leaves unsaid of a pixel, 0.0011. Where all images are
#: one flat colour, the density of a narrower one would rise for ever.
SIGMA_FLOOR = 1 / (255 * math.sqrt(12))


class Likelihood(nn.Module):
    """Base of all likelihoods.

    Parameters
    ----------
    sigma
        Pixel standard deviation, for those that have one.
    linear
        Whether a Gaussian's mean is the decoder's output itself, rather than its sigmoid.
    """

    def __init__(self, sigma: float = 0.1, linear: bool = False) -> None:
        super().__init__()
        self._start_sigma = sigma
        self.linear = linear

    def log_prob(self, logits: Tensor, x: Tensor) -> Tensor:
        """Log-probability of images.

        Parameters
        ----------
        logits
            ``(B, C, H, W)``, what the decoder returned.
        x
            ``(B, C, H, W)`` in [0, 1].

        Returns
        -------
        Tensor
            ``(B,)``, in nats, summed over pixels.
        """
        raise NotImplementedError

    def mean(self, logits: Tensor) -> Tensor:
        """E[x|z] in [0, 1], same shape as ``logits``: the image to show."""
        return torch.sigmoid(logits)

    def inverse_mean(self, mean: Tensor) -> Tensor:
        """The logits whose ``mean`` is ``mean``; where a decoder's last bias starts."""
        # One gray level away from black and white, whose logits are infinite.
        return torch.logit(mean, eps=1 / 255)

    def keep_in_bounds(self) -> None:
        """Bring back what a step of training took too far; nothing, for those that learn nothing."""

    def link(self, pixels: Tensor) -> Tensor:
        """As ``inverse_mean``, but quick and with a gradient: how pixels that a decoder draws become logits."""
        return self.inverse_mean(pixels)


class Bernoulli(Likelihood):
    """Each pixel is white with probability sigmoid(logit).

    On gray images this is the cross-entropy that the field has settled on, a bound's surrogate
    rather than a density: see ``ContinuousBernoulli`` for the normalized one.

    Examples
    --------
    >>> Bernoulli().log_prob(torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2))
    tensor([-2.7726])
    """

    def log_prob(self, logits: Tensor, x: Tensor) -> Tensor:  # noqa: D102
        # log sigmoid(l) x + log sigmoid(-l) (1 - x) = x l - softplus(l)
        entropy = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
        return -entropy.flatten(1).sum(1)


class ContinuousBernoulli(Likelihood):
    """The density on [0, 1] proportional to a Bernoulli's.

    Loaiza-Ganem and Cunningham 2019, equation 3.

    In the logit l, its normalizing constant is ``l / (e^l - 1)`` times ``1 + e^l``, so that
    ``log p(x) = l x - log((e^l - 1) / l)``.
    """

    def log_prob(self, logits: Tensor, x: Tensor) -> Tensor:  # noqa: D102
        return (logits * x - _log_partition(logits)).flatten(1).sum(1)

    def mean(self, logits: Tensor) -> Tensor:
        """``e^l / (e^l - 1) - 1 / l``, which is not the sigmoid (equation 8)."""
        return _continuous_mean(logits)

    def inverse_mean(self, mean: Tensor) -> Tensor:
        """Found by bisection: the mean rises with the logit and has no inverse in closed form."""
        mean = mean.clamp(1 / 255, 1 - 1 / 255)
        low, high = torch.full_like(mean, -300.0), torch.full_like(mean, 300.0)
        for _ in range(40):
            middle = (low + high) / 2
            above = _continuous_mean(middle) > mean
            low, high = torch.where(above, low, middle), torch.where(above, middle, high)
        return (low + high) / 2

    def link(self, pixels: Tensor) -> Tensor:
        """In closed form, right to 0.3%: the mean is a Langevin function, whose inverse Kröger 2015 gives so."""
        m = 2 * pixels.clamp(1 / 255, 1 - 1 / 255) - 1
        return 2 * m * (3 - (6 * m**2 + m**4 - 2 * m**6) / 5) / (1 - m**2)


# Below this, the exact expressions lose digits to cancellation and the series are exact in float32.
_SERIES_BELOW = 0.1


def _log_partition(logits: Tensor) -> Tensor:
    """log((e^l - 1) / l) = l / 2 + log(sinh(l / 2) / (l / 2)), finite for every l."""
    half = logits.abs() / 2
    near = half < _SERIES_BELOW
    safe = torch.where(near, torch.ones_like(half), half)
    exact = safe + torch.log(-torch.expm1(-2 * safe)) - torch.log(2 * safe)
    square = torch.where(near, half, torch.zeros_like(half)) ** 2
    series = square / 6 - square**2 / 180 + square**3 / 2835
    return logits / 2 + torch.where(near, series, exact)


def _continuous_mean(logits: Tensor) -> Tensor:
    near = logits.abs() / 2 < _SERIES_BELOW
    safe = torch.where(near, torch.ones_like(logits), logits)
    exact = 0.5 + 0.5 / torch.tanh(safe / 2) - 1 / safe
    small = torch.where(near, logits, torch.zeros_like(logits))
    series = 0.5 + small / 12 - small**3 / 720 + small**5 / 30240
    return torch.where(near, series, exact)


class Gaussian(Likelihood):
    """Each pixel is normal around sigmoid(logit) with one fixed sigma.

    Parameters
    ----------
    sigma
        Standard deviation of every pixel, in the images' unit ([0, 1]).
    linear
        Whether it is normal around the decoder's output itself instead. PCA's images are then sums like all
        others, and may leave [0, 1] a little; what is shown of them does not.
    """

    log_sigma: Tensor

    def __init__(self, sigma: float = 0.1, linear: bool = False) -> None:
        super().__init__(sigma, linear)
        self.register_buffer("log_sigma", torch.tensor(math.log(sigma)))

    def log_prob(self, logits: Tensor, x: Tensor) -> Tensor:  # noqa: D102
        center = logits if self.linear else self.mean(logits)
        squares = (center - x).square().flatten(1).sum(1)
        num_pixels = x[0].numel()
        constant = num_pixels * (self.log_sigma + 0.5 * math.log(2 * math.pi))
        return -0.5 * squares * torch.exp(-2 * self.log_sigma) - constant

    def mean(self, logits: Tensor) -> Tensor:  # noqa: D102
        return logits.clamp(0, 1) if self.linear else super().mean(logits)

    def inverse_mean(self, mean: Tensor) -> Tensor:  # noqa: D102
        return mean if self.linear else super().inverse_mean(mean)


class GaussianLearned(Gaussian):
    """A Gaussian whose one sigma is learned with the decoder (Rybkin et al. 2021, "sigma-VAE").

    Training keeps it at ``SIGMA_FLOOR`` or above.

    Parameters
    ----------
    sigma
        Where sigma starts.
    linear
        As a ``Gaussian``'s.
    """

    def __init__(self, sigma: float = 0.1, linear: bool = False) -> None:
        super().__init__(sigma, linear)
        del self.log_sigma
        self.log_sigma = nn.Parameter(torch.tensor(math.log(sigma)))

    def keep_in_bounds(self) -> None:  # noqa: D102
        # After the step rather than in log_prob, where it would have no gradient to rise by again.
        with torch.no_grad():
            self.log_sigma.clamp_(min=math.log(SIGMA_FLOOR))


LIKELIHOODS: dict[str, type[Likelihood]] = {
    "bernoulli": Bernoulli,
    "continuous_bernoulli": ContinuousBernoulli,
    "gaussian": Gaussian,
    "gaussian_learned": GaussianLearned,
}
