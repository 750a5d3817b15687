"""What a model is called, from its config. Imports no torch."""

from __future__ import annotations

from vaelab.config import TrainConfig

__all__ = ["kind_of", "summary_of"]


def kind_of(config: TrainConfig) -> str:
    """Name a kind of model in a word or two.

    Parameters
    ----------
    config
        What the model is.

    Returns
    -------
    str
        As people read it.

    Examples
    --------
    >>> kind_of(TrainConfig(objective="tc")), kind_of(TrainConfig(model="ae", corruption="blur"))
    ('β-TCVAE', 'denoising AE')
    """
    name = config.minimized.kind
    if config.conditional:
        name = f"conditional {name}"
    return f"denoising {name}" if config.corruption else name


def summary_of(config: TrainConfig) -> str:
    """Say what a model is in a few words.

    Parameters
    ----------
    config
        What the model is.

    Returns
    -------
    str
        As people read it; a beta of 1 goes without saying.

    Examples
    --------
    >>> summary_of(TrainConfig(beta=4))
    'VAE 2-D, β 4'
    """
    weighed = "beta" in config.minimized.settings and config.beta != 1
    return f"{kind_of(config)} {config.latent_dim}-D{f', β {config.beta:g}' if weighed else ''}"
