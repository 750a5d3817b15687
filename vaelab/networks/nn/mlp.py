"""Dense layers: an encoder, and the decoder that is its mirror image."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from vaelab.networks.layers import Layer
from vaelab.networks.nn.blocks import Dense
from vaelab.networks.nn.parts import Decoder, Encoder, Heads, Posterior, dense_layers

__all__ = ["MLPDecoder", "MLPEncoder"]


class MLPEncoder(Encoder):
    """Images to posteriors through dense layers.

    Parameters
    ----------
    image_shape
        ``(C, H, W)``.
    hidden
        Widths of the hidden layers.
    latent_dim
        D.
    activation
        A key of ``ACTIVATIONS``.
    num_labels
        How many labels it can be told; 0 for a model that knows none.
    pca_path
        Whether PCA's code is added to the network's, as ``start_at_pca`` says it.

    Examples
    --------
    >>> encoder = MLPEncoder((1, 8, 8), (128, 64), latent_dim=2, activation="silu")
    >>> mu, logvar = encoder(torch.rand(5, 1, 8, 8))
    >>> mu.shape
    torch.Size([5, 2])
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        hidden: tuple[int, ...],
        latent_dim: int,
        activation: str,
        num_labels: int = 0,
        pca_path: bool = False,
    ) -> None:
        channels, height, width = image_shape
        super().__init__(num_labels, hidden[0], (math.prod(image_shape), latent_dim) if pca_path else None)
        self.image_shape = image_shape
        self.body = dense_layers([channels * height * width, *hidden], activation)
        self.heads = Heads(hidden[-1], latent_dim)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Posterior:
        """Encode ``x`` ``(B, C, H, W)`` in [0, 1], with ``labels`` ``(B,)`` if it knows them."""
        return self.posterior(x, self.through(x.flatten(1), labels))

    def layers(self) -> list[Layer]:  # noqa: D102
        layers = self._body_layers(self.image_shape)
        return [*layers, *self._head_layers(layers[-1]["outputs"])]


class MLPDecoder(Decoder):
    """Codes to the logits of pixels through dense layers; the encoder's mirror image.

    Parameters
    ----------
    image_shape
        ``(C, H, W)``.
    hidden
        Widths of the encoder's hidden layers; walked backwards here.
    latent_dim
        D.
    activation
        A key of ``ACTIVATIONS``.
    num_labels
        How many labels it can be told; 0 for a model that knows none.
    link
        From pixels to what the likelihood reads; given where PCA's image is added to the network's,
        as ``start_at_pca`` says it.

    Examples
    --------
    >>> decoder = MLPDecoder((1, 8, 8), (128, 64), latent_dim=2, activation="silu")
    >>> decoder(torch.zeros(5, 2)).shape
    torch.Size([5, 1, 8, 8])
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        hidden: tuple[int, ...],
        latent_dim: int,
        activation: str,
        num_labels: int = 0,
        link: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__(num_labels, hidden[-1], image_shape, latent_dim, link)
        channels, height, width = image_shape
        self.body = dense_layers([latent_dim, *reversed(hidden)], activation)
        self.out = Dense(hidden[0], channels * height * width)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Decode ``z`` ``(B, D)``, with ``labels`` ``(B,)``, to logits ``(B, C, H, W)``."""
        logits: Tensor = self.out(self.through(z, labels))
        return self.beside_pca(z, logits.reshape(-1, *self.image_shape))

    def layers(self) -> list[Layer]:  # noqa: D102
        layers = self._body_layers((self.latent_dim,))
        return [*layers, self.out.layer(layers[-1]["outputs"], self.image_shape), *self._pca_layers()]

    def start_at(self, logits: Tensor) -> None:
        """Start the last bias at ``logits`` ``(C, H, W)``: the first image drawn is the mean."""
        with torch.no_grad():
            self.out.bias.copy_(logits.flatten())

    def _last(self) -> list[nn.Parameter]:
        return list(self.out.parameters())
