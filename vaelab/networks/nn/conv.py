"""Convolutions: an encoder that halves images, and a decoder that doubles them."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from vaelab.networks.layers import Layer
from vaelab.networks.nn.blocks import ACTIVATIONS, Conv, GroupNorm, Upsample, layers_in
from vaelab.networks.nn.parts import Decoder, Encoder, Heads, Posterior, dense_layers

__all__ = ["ConvDecoder", "ConvEncoder"]


class ConvEncoder(Encoder):
    """Images to posteriors through strided convolutions, each halving the image.

    Parameters
    ----------
    image_shape
        ``(C, H, W)``, with H and W divisible by two to the number of stages.
    channels
        Channels after each stage.
    hidden
        Width of the dense layer before the heads.
    latent_dim
        D.
    activation
        A key of ``ACTIVATIONS``.
    num_labels
        How many labels it can be told; 0 for a model that knows none.
    pca_path
        Whether PCA's code is added to the network's, as ``start_at_pca`` says it.
    group_norm
        Whether a ``GroupNorm`` follows each convolution.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        channels: tuple[int, ...],
        hidden: int,
        latent_dim: int,
        activation: str,
        num_labels: int = 0,
        pca_path: bool = False,
        group_norm: bool = False,
    ) -> None:
        super().__init__(num_labels, hidden, (math.prod(image_shape), latent_dim) if pca_path else None)
        self.image_shape = image_shape
        stages: list[nn.Module] = []
        for before, after in pairwise((image_shape[0], *channels)):
            norm = [GroupNorm(after)] if group_norm else []
            stages += [Conv(before, after, 4, stride=2), *norm, ACTIVATIONS[activation]()]
        self.stages = nn.Sequential(*stages)
        side = image_shape[1] // 2 ** len(channels)
        self.body = dense_layers([channels[-1] * side * side, hidden], activation)
        self.heads = Heads(hidden, latent_dim)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Posterior:
        """Encode ``x`` ``(B, C, H, W)`` in [0, 1], with ``labels`` ``(B,)`` if it knows them."""
        features = self.stages(x.contiguous(memory_format=torch.channels_last))
        # Channels last throughout: flattening in that order copies nothing.
        flat = features.permute(0, 2, 3, 1).flatten(1)
        return self.posterior(x, self.through(flat, labels))

    def layers(self) -> list[Layer]:  # noqa: D102
        stages = layers_in(self.stages, self.image_shape)
        body = self._body_layers((math.prod(stages[-1]["outputs"]),))
        return [*stages, *body, *self._head_layers(body[-1]["outputs"])]


class ConvDecoder(Decoder):
    """Codes to the logits of pixels: dense layers to a small image, then ``Upsample`` stages.

    Parameters
    ----------
    image_shape
        ``(C, H, W)``.
    channels
        The encoder's channels; walked backwards here.
    hidden
        Width of the dense layer after the code.
    latent_dim
        D.
    activation
        A key of ``ACTIVATIONS``.
    num_labels
        How many labels it can be told; 0 for a model that knows none.
    link
        From pixels to what the likelihood reads; given where PCA's image is added to the network's,
        as ``start_at_pca`` says it.
    group_norm
        Whether a ``GroupNorm`` follows each stage but the last, which draws the image.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        channels: tuple[int, ...],
        hidden: int,
        latent_dim: int,
        activation: str,
        num_labels: int = 0,
        link: Callable[[Tensor], Tensor] | None = None,
        group_norm: bool = False,
    ) -> None:
        super().__init__(num_labels, hidden, image_shape, latent_dim, link)
        side = image_shape[1] // 2 ** len(channels)
        self.small_shape = (side, side, channels[-1])
        self.body = dense_layers([latent_dim, hidden, side * side * channels[-1]], activation)
        stages: list[nn.Module] = []
        for before, after in pairwise(reversed(channels)):
            norm = [GroupNorm(after)] if group_norm else []
            stages += [Upsample(before, after), *norm, ACTIVATIONS[activation]()]
        self.stages = nn.Sequential(*stages, Upsample(channels[0], image_shape[0]))
        # A convolution's bias is one number a channel; the mean image wants one a pixel.
        self.image_bias = nn.Parameter(torch.zeros(image_shape))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Decode ``z`` ``(B, D)``, with ``labels`` ``(B,)``, to logits ``(B, C, H, W)``."""
        small = self.through(z, labels).unflatten(1, self.small_shape).permute(0, 3, 1, 2)
        logits: Tensor = self.stages(small) + self.image_bias
        return self.beside_pca(z, logits)

    def layers(self) -> list[Layer]:  # noqa: D102
        side, _, channels = self.small_shape
        body = self._body_layers((self.latent_dim,))
        stages = layers_in(self.stages, (channels, side, side))
        shape = self.image_shape
        add = {"op": "add", "inputs": shape, "outputs": shape, "activation": "none", "bias": [self.image_bias]}
        return [*body, *stages, add, *self._pca_layers()]

    def start_at(self, logits: Tensor) -> None:
        """Start the last bias at ``logits`` ``(C, H, W)``: the first image drawn is the mean."""
        with torch.no_grad():
            self.image_bias.copy_(logits)

    def _last(self) -> list[nn.Parameter]:
        return [*self.stages[-1].parameters(), self.image_bias]
