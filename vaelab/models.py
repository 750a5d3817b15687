"""Autoencoder and VAE: the same encoder and decoder, with and without noise on the code."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vaelab.config import TrainConfig
from vaelab.likelihoods import LIKELIHOODS
from vaelab.nn import ConvDecoder, ConvEncoder, MLPDecoder, MLPEncoder, Posterior

__all__ = ["MODELS", "VAE", "Autoencoder", "Output", "build_model"]


class Output(NamedTuple):
    """What a forward pass returns."""

    posterior: Posterior
    z: Tensor  # (B, D), the code that was decoded
    logits: Tensor  # (B, C, H, W), read by the model's likelihood


class Autoencoder(nn.Module):
    """Encoder, code, decoder: the code is a point, ``z = mu(x)``.

    Parameters
    ----------
    config
        Architecture, latent dimension and likelihood.
    image_shape
        ``(C, H, W)``.

    Raises
    ------
    ValueError
        If the architecture cannot take such images.
    """

    def __init__(self, config: TrainConfig, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        config.check_image_shape(image_shape)
        d, act = config.latent_dim, config.activation
        self.encoder: MLPEncoder | ConvEncoder
        self.decoder: MLPDecoder | ConvDecoder
        if config.architecture == "mlp":
            self.encoder = MLPEncoder(image_shape, config.hidden, d, act)
            self.decoder = MLPDecoder(image_shape, config.hidden, d, act)
        else:
            width = config.conv_hidden
            self.encoder = ConvEncoder(image_shape, config.channels, width, d, act)
            self.decoder = ConvDecoder(image_shape, config.channels, width, d, act)
        self.likelihood = LIKELIHOODS[config.likelihood](config.sigma)

    def code(self, posterior: Posterior, generator: torch.Generator | None = None) -> Tensor:
        """The code to decode, ``(B, D)``; here simply the point the encoder chose."""
        return posterior.mu

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> Output:
        """Encode ``x`` ``(B, C, H, W)`` in [0, 1], take a code, decode it."""
        posterior = self.encoder(x)
        z = self.code(posterior, generator)
        return Output(posterior, z, self.decoder(z))


class VAE(Autoencoder):
    """Variational autoencoder (Kingma and Welling 2014): the code is drawn from q(z|x)."""

    def code(self, posterior: Posterior, generator: torch.Generator | None = None) -> Tensor:
        """Draw ``z = mu + sigma * epsilon`` (section 2.4), so that gradients reach mu and sigma."""
        mu, logvar = posterior
        epsilon = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
        return mu + torch.exp(0.5 * logvar) * epsilon


MODELS: dict[str, type[Autoencoder]] = {"ae": Autoencoder, "vae": VAE}


def build_model(config: TrainConfig, image_shape: tuple[int, int, int]) -> Autoencoder:
    """Build the model of a run, its weights drawn from the run's seed.

    Parameters
    ----------
    config
        What the run is.
    image_shape
        ``(C, H, W)``.

    Returns
    -------
    Autoencoder
        On the CPU. The same seed gives an AE and a VAE the same weights.

    Raises
    ------
    ValueError
        If the architecture cannot take such images.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return MODELS[config.model](config, image_shape)
