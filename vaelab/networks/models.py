"""Autoencoder and VAE: the same encoder and decoder, with and without noise on the code."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vaelab.config import TrainConfig
from vaelab.networks.layers import Layers
from vaelab.networks.likelihoods import LIKELIHOODS
from vaelab.networks.nn import ConvDecoder, ConvEncoder, MLPDecoder, MLPEncoder, Posterior
from vaelab.networks.pca import principal_components
from vaelab.networks.torch_settings import our_torch

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
    num_labels
        How many classes the images have; only a conditional model (Kingma et al. 2014, Sohn et al.
        2015) asks, whose encoder and decoder are told the label.

    Raises
    ------
    ValueError
        If the architecture cannot take such images, or a conditional model has no labels.

    Examples
    --------
    >>> config = TrainConfig(model="ae", latent_dim=2, hidden=(16,))
    >>> model = build_model(config, (1, 8, 8))
    >>> posterior, z, logits = model(torch.rand(5, 1, 8, 8))
    >>> z.shape, logits.shape
    (torch.Size([5, 2]), torch.Size([5, 1, 8, 8]))
    """

    def __init__(self, config: TrainConfig, image_shape: tuple[int, int, int], num_labels: int = 0) -> None:
        super().__init__()
        config.check_image_shape(image_shape)
        config.check_labels(num_labels)
        num_labels = num_labels if config.conditional else 0
        d, act = config.latent_dim, config.activation
        self.image_shape = image_shape
        self.encoder: MLPEncoder | ConvEncoder
        self.decoder: MLPDecoder | ConvDecoder
        self.code_noise = config.code_noise
        self.likelihood = LIKELIHOODS[config.likelihood](config.sigma, linear=config.pca_path)
        to_logits = self.likelihood.link if config.pca_path else None
        if config.architecture == "mlp":
            self.encoder = MLPEncoder(image_shape, config.hidden, d, act, num_labels, config.pca_path)
            self.decoder = MLPDecoder(image_shape, config.hidden, d, act, num_labels, to_logits)
        else:
            network = image_shape, config.channels, config.conv_hidden, d, act, num_labels
            self.encoder = ConvEncoder(*network, config.pca_path, config.group_norm)
            self.decoder = ConvDecoder(*network, to_logits, config.group_norm)

    def start_at(self, images: NDArray[np.uint8], seed: int = 0) -> None:
        """Start at what is known of the training images before any training: their mean, or their PCA.

        Parameters
        ----------
        images
            uint8 ``(N, C, H, W)``.
        seed
            Of PCA's search.
        """
        if self.encoder.linear is None:
            mean = torch.from_numpy(images.mean(0, dtype=np.float64)).to(torch.float32).div_(255)
            self.decoder.start_at(self.likelihood.inverse_mean(mean))
            return
        components = principal_components(images, self.encoder.linear.out_features, seed)
        self.encoder.start_at_pca(components)
        self.decoder.start_at_pca(components)

    def code(self, posterior: Posterior, generator: torch.Generator | None = None) -> Tensor:
        """The code to decode, ``(B, D)``: the point the encoder chose; in training, with the config's noise on it."""
        if not (self.training and self.code_noise):
            return posterior.mu
        return posterior.mu + self.code_noise * _noise_like(posterior.mu, generator)

    def forward(
        self,
        x: Tensor,
        generator: torch.Generator | None = None,
        labels: Tensor | None = None,
    ) -> Output:
        """Encode ``x`` ``(B, C, H, W)`` in [0, 1], take a code, decode it."""
        posterior = self.encoder(x, labels)
        z = self.code(posterior, generator)
        return Output(posterior, z, self.decoder(z, labels))

    def layers(self) -> Layers:
        """What the model consists of, as its checkpoint is to say it."""
        names = {tensor: name for name, tensor in self.state_dict(keep_vars=True).items()}

        def said(value: Any) -> Any:
            match value:
                case dict():
                    return {key: said(entry) for key, entry in value.items()}
                case [Tensor(), *_]:
                    return {names[tensor]: list(tensor.shape) for tensor in value}
                case list() | tuple():
                    return [said(entry) for entry in value]
            return value

        return {part: said(getattr(self, part).layers()) for part in ("encoder", "decoder")}


def _noise_like(z: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.randn(z.shape, generator=generator, device=z.device, dtype=z.dtype)


class VAE(Autoencoder):
    """Variational autoencoder (Kingma and Welling 2014): the code is drawn from q(z|x).

    Examples
    --------
    >>> model = build_model(TrainConfig(latent_dim=2, hidden=(16,)), (1, 8, 8))
    >>> x = torch.rand(5, 1, 8, 8)
    >>> bool((model(x).z == model(x).z).any())  # another draw each time
    False
    """

    def code(self, posterior: Posterior, generator: torch.Generator | None = None) -> Tensor:
        """Draw ``z = mu + sigma * epsilon`` (section 2.4), so that gradients reach mu and sigma."""
        mu, logvar = posterior
        return mu + torch.exp(0.5 * logvar) * _noise_like(mu, generator)


MODELS: dict[str, type[Autoencoder]] = {"ae": Autoencoder, "vae": VAE}


def build_model(config: TrainConfig, image_shape: tuple[int, int, int], num_labels: int = 0) -> Autoencoder:
    """Build the model of a run, its weights drawn from the run's seed.

    Parameters
    ----------
    config
        What the run is.
    image_shape
        ``(C, H, W)``.
    num_labels
        How many classes the images have.

    Returns
    -------
    Autoencoder
        On the CPU. The same seed gives an AE and a VAE the same weights, conditional or not.

    Raises
    ------
    ValueError
        If the architecture cannot take such images, or a conditional model has no labels.
    """
    with our_torch(), torch.device("cpu"), torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return MODELS[config.model](config, image_shape, num_labels)
