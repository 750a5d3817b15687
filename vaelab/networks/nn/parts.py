"""What encoders and decoders of every kind have in common."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from vaelab.networks.layers import Layer
from vaelab.networks.nn.blocks import ACTIVATIONS, Dense, Shape, dense, layers_in
from vaelab.networks.pca import Components

__all__ = ["LOGVAR_BOUNDS", "Decoder", "Encoder", "Heads", "Posterior", "dense_layers"]


#: What an encoder's logvar is kept within. A sigma of 3e-7 is narrower than float32 tells codes around 1 apart, and one
#: of 22,026 wider than any prior; beyond, the KL and the densities of codes come to be infinite or NaN.
LOGVAR_BOUNDS = (-30.0, 20.0)


class Posterior(NamedTuple):
    """The Gaussian q(z|x), diagonal.

    An autoencoder's code is ``mu``; its ``logvar`` means nothing.
    """

    mu: Tensor  # (B, D)
    logvar: Tensor  # (B, D)


class Heads(nn.Module):
    """From features to a posterior.

    Both heads exist in every model, so that an AE and a VAE of one seed start from equal weights.
    """

    def __init__(self, width: int, latent_dim: int) -> None:
        super().__init__()
        self.mu = Dense(width, latent_dim)
        self.logvar = Dense(width, latent_dim)

    def forward(self, features: Tensor) -> Posterior:
        """From ``(B, width)``."""
        return Posterior(self.mu(features), self.logvar(features).clamp(*LOGVAR_BOUNDS))

    def layer(self, inputs: Shape) -> Layer:
        """Both heads as one layer: mu, then logvar, which whoever reads it keeps within its bounds."""
        return dense([self.mu, self.logvar], inputs, (2 * self.mu.out_features,))


def dense_layers(widths: list[int], activation: str) -> nn.Sequential:
    """Dense layers through ``widths``, each followed by the activation."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [Dense(before, after), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers)


class Part(nn.Module):
    """What encoders and decoders have in common: a label's row, and the linear path of PCA.

    A one-hot label beside a layer's inputs adds one column of weights to its outputs; so that is
    what is kept, a row a label, and a model without labels has the same weights as ever. The same
    goes for the linear path from ``linear[0]`` inputs to ``linear[1]`` outputs: it is not trained.
    """

    body: nn.Sequential  # dense layers, of which the first is told the label

    def __init__(self, num_labels: int, width: int, linear: tuple[int, int] | None) -> None:
        super().__init__()
        self.linear: nn.Linear | None = None
        if linear:
            # Without random numbers, for the same reason as the labels.
            self.linear = skip_init(nn.Linear, *linear).requires_grad_(False)
            for parameter in self.linear.parameters():
                nn.init.zeros_(parameter)
        self.label = None
        if num_labels:
            # Before training a label says nothing; and zeros take no random numbers, so that the
            # other weights are those of the same seed's model without labels.
            nothing = torch.zeros(num_labels, width)
            self.label = nn.Embedding.from_pretrained(nothing, freeze=False)

    def through(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """What the dense layers make of a row an image."""
        if (labels is None) != (self.label is None):
            raise ValueError(
                "This model takes a label with every image and code: give labels."
                if labels is None
                else "This model knows no labels: give none."
            )
        first: Tensor = self.body[0](x)
        if self.label is not None:
            first = first + self.label(labels)
        features: Tensor = self.body[1:](first)
        return features

    def layers(self) -> list[Layer]:
        """All that it consists of, in the order of the forward pass: see ``vaelab.networks.layers``."""
        raise NotImplementedError

    def _body_layers(self, inputs: Shape) -> list[Layer]:
        layers = layers_in(self.body, inputs)
        if self.label is not None:
            layers[0]["labels"] = [self.label.weight]
        return layers

    def _path(self, inputs: Shape, outputs: Shape, width: int, link: str = "none") -> list[Layer]:
        """The linear path, if there is one, from the part's own inputs to the first of ``width`` numbers."""
        if self.linear is None:
            return []
        path = {"op": "skip", "inputs": inputs, "outputs": outputs, "link": link}
        return [path | {"weight": [self.linear.weight], "bias": [self.linear.bias], "width": width}]


class Encoder(Part):
    """The heads, and PCA's code beside that of the network."""

    image_shape: tuple[int, int, int]
    heads: Heads

    def posterior(self, x: Tensor, features: Tensor) -> Posterior:
        """Of images ``x`` ``(B, C, H, W)``, from what the network made of them."""
        mu, logvar = self.heads(features)
        return Posterior(mu if self.linear is None else mu + self.linear(x.flatten(1)), logvar)

    def start_at_pca(self, components: Components) -> None:
        """Start with PCA's code, a unit of standard deviation wide in each direction, as the prior is."""
        assert self.linear is not None
        mean, directions, spread = components
        inverse = directions / spread[:, None]
        with torch.no_grad():
            self.linear.weight[: len(spread)] = inverse
            self.linear.bias[: len(spread)] = -inverse @ mean
            for parameter in self.heads.mu.parameters():
                parameter.zero_()

    def _head_layers(self, inputs: Shape) -> list[Layer]:
        heads = self.heads.layer(inputs)
        (width,), latent_dim = heads["outputs"], self.heads.mu.out_features
        return [heads, *self._path(self.image_shape, (latent_dim,), width)]


class Decoder(Part):
    """PCA's image beside that of the network."""

    def __init__(
        self,
        num_labels: int,
        width: int,
        image_shape: tuple[int, int, int],
        latent_dim: int,
        link: Callable[[Tensor], Tensor] | None,
    ) -> None:
        super().__init__(num_labels, width, (latent_dim, math.prod(image_shape)) if link else None)
        self.image_shape = image_shape
        self.latent_dim = latent_dim
        self.link = link

    def beside_pca(self, z: Tensor, logits: Tensor) -> Tensor:
        """Add PCA's image, if there is one, to the network's ``logits`` ``(B, C, H, W)``."""
        if self.linear is None or self.link is None:
            return logits
        return logits + self.link(self.linear(z).reshape(logits.shape))

    def start_at_pca(self, components: Components) -> None:
        """Start with the images that PCA draws, to which the network adds nothing yet."""
        assert self.linear is not None
        mean, directions, spread = components
        with torch.no_grad():
            self.linear.weight[:, : len(spread)] = (directions * spread[:, None]).T
            self.linear.bias.copy_(mean)
            for parameter in self._last():
                parameter.zero_()

    def _pca_layers(self) -> list[Layer]:
        return self._path((self.latent_dim,), self.image_shape, math.prod(self.image_shape), "likelihood")

    def _last(self) -> list[nn.Parameter]:
        """All that is added last to the network's image."""
        raise NotImplementedError
