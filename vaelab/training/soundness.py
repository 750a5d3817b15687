"""Whether a training is sound, or went astray: then it ends, and says what would do."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vaelab.config import TrainConfig
from vaelab.networks.models import Autoencoder
from vaelab.training.reports import Terms

__all__ = ["DivergedError", "astray_loss", "check_sound", "mean_loss"]

#: By how many times what a model costs that has learned nothing a loss shows that training went astray. A sound one
#: comes to a few at most, and one that diverges to a million within some steps.
ASTRAY = 100


class DivergedError(RuntimeError):
    """The loss stopped being a number, or became one that no sound training comes to."""


def mean_loss(model: Autoencoder, x: Tensor) -> float:
    """Find what a model costs that has learned nothing: the mean image for each image.

    With a nat a pixel beside it, so that it is large for densities as well, whose logarithm may be near 0.

    Parameters
    ----------
    model
        Before its first step.
    x
        ``(N, C, H, W)`` in [0, 1], some of the training images.

    Returns
    -------
    float
        In nats an image.
    """
    with torch.no_grad():
        mean = model.likelihood.inverse_mean(x.mean(0, keepdim=True)).expand_as(x)
        loss = -model.likelihood.log_prob(mean, x).mean().item()
    return abs(loss) + x[0].numel()


def astray_loss(mean: float, config: TrainConfig) -> float:
    """Find a loss that only a training that diverged comes to.

    Parameters
    ----------
    mean
        What ``mean_loss`` found.
    config
        What the run is, with the weights that its loss has now.

    Returns
    -------
    float
        In nats an image.
    """
    codes = (1 + config.beta) * config.latent_dim * (1 + config.free_bits)
    return ASTRAY * (mean + codes + config.minimized.most(config))


def check_sound(train: Terms, validation: Terms, astray: float, epoch: int, learning_rate: float) -> None:
    """Refuse to go on with a training that diverged.

    Parameters
    ----------
    train, validation
        Averages over the epoch that ended.
    astray
        What ``astray_loss`` found.
    epoch
        From 1.
    learning_rate
        The highest of the training.

    Raises
    ------
    DivergedError
        If the loss is no longer finite, or so large that training went astray.
    """
    if not math.isfinite(train.total + validation.total):
        what = "the loss is no longer a finite number"
    elif train.total > astray:  # held-out images may cost as much where the others were learned by heart
        what = f"the loss has risen to {train.total:.2g} nats an image, far above that of the mean image"
    else:
        return
    raise DivergedError(
        f"Training diverged in epoch {epoch}: {what}. A learning rate below {learning_rate:g} would do."
    )
