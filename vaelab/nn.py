"""Building blocks of encoders and decoders."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from vaelab.pca import Components

__all__ = [
    "ACTIVATIONS",
    "LOGVAR_BOUNDS",
    "ConvDecoder",
    "ConvEncoder",
    "MLPDecoder",
    "MLPEncoder",
    "Posterior",
    "Upsample",
]

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
}


#: What an encoder's logvar is kept within. A sigma of 3e-7 is narrower than float32 tells codes around 1 apart, and one
#: of 22,026 wider than any prior; beyond, the KL and the densities of codes come to be infinite or NaN.
LOGVAR_BOUNDS = (-30.0, 20.0)


class Posterior(NamedTuple):
    """The Gaussian q(z|x), diagonal.

    An autoencoder's code is ``mu``; its ``logvar`` means nothing.
    """

    mu: Tensor  # (B, D)
    logvar: Tensor  # (B, D)


class _Heads(nn.Module):
    """From features to a posterior.

    Both heads exist in every model, so that an AE and a VAE of one seed start from equal weights.
    """

    def __init__(self, width: int, latent_dim: int) -> None:
        super().__init__()
        self.mu = nn.Linear(width, latent_dim)
        self.logvar = nn.Linear(width, latent_dim)

    def forward(self, features: Tensor) -> Posterior:
        return Posterior(self.mu(features), self.logvar(features).clamp(*LOGVAR_BOUNDS))


def _mlp(widths: list[int], activation: str) -> nn.Sequential:
    """Dense layers through ``widths``, each followed by the activation."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers)


class _Part(nn.Module):
    """What encoders and decoders have in common: a label's row, and the linear path of PCA.

    A one-hot label beside a layer's inputs adds one column of weights to its outputs; so that is
    what is kept, a row a label, and a model without labels has the same weights as ever. The same
    goes for the linear path from ``linear[0]`` inputs to ``linear[1]`` outputs: it is not trained.
    """

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

    def through(self, body: nn.Sequential, x: Tensor, labels: Tensor | None) -> Tensor:
        if (labels is None) != (self.label is None):
            raise ValueError(
                "This model takes a label with every image and code: give labels."
                if labels is None
                else "This model knows no labels: give none."
            )
        first: Tensor = body[0](x)
        if self.label is not None:
            first = first + self.label(labels)
        features: Tensor = body[1:](first)
        return features


class _Encoder(_Part):
    """The heads, and PCA's code beside that of the network."""

    heads: _Heads

    def posterior(self, x: Tensor, features: Tensor) -> Posterior:
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


class _Decoder(_Part):
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
        self.link = link

    def beside_pca(self, z: Tensor, logits: Tensor) -> Tensor:
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

    def _last(self) -> list[nn.Parameter]:
        """All that is added last to the network's image."""
        raise NotImplementedError


class MLPEncoder(_Encoder):
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
        self.body = _mlp([channels * height * width, *hidden], activation)
        self.heads = _Heads(hidden[-1], latent_dim)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Posterior:
        """Encode ``x`` ``(B, C, H, W)`` in [0, 1], with ``labels`` ``(B,)`` if it knows them."""
        return self.posterior(x, self.through(self.body, x.flatten(1), labels))


class MLPDecoder(_Decoder):
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
        self.body = _mlp([latent_dim, *reversed(hidden)], activation)
        self.out = nn.Linear(hidden[0], channels * height * width)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Decode ``z`` ``(B, D)``, with ``labels`` ``(B,)``, to logits ``(B, C, H, W)``."""
        logits: Tensor = self.out(self.through(self.body, z, labels))
        return self.beside_pca(z, logits.reshape(-1, *self.image_shape))

    def start_at(self, logits: Tensor) -> None:
        """Start the last bias at ``logits`` ``(C, H, W)``: the first image drawn is the mean."""
        with torch.no_grad():
            self.out.bias.copy_(logits.flatten())

    def _last(self) -> list[nn.Parameter]:
        return list(self.out.parameters())


class Upsample(nn.Module):
    """Twice the height and width: a 3 x 3 convolution to four times the channels, shuffled.

    A transposed convolution's kernel overlaps itself unevenly, which draws a checkerboard
    (Odena et al. 2016, "Deconvolution and Checkerboard Artifacts"). Here the four sub-kernels
    start equal (ICNR: Aitken et al. 2017, arXiv:1707.02937), so that at the start this is
    nearest-neighbour resizing and there is no pattern to unlearn. It is also faster on a CPU.

    Parameters
    ----------
    channels_in, channels_out
        Channels before and after.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, 4 * channels_out, 3, padding=1)
        self.shuffle = nn.PixelShuffle(2)
        with torch.no_grad():
            for parameter in (self.conv.weight, self.conv.bias):
                assert parameter is not None
                parameter.copy_(parameter[::4].repeat_interleave(4, dim=0))

    def forward(self, x: Tensor) -> Tensor:
        """From ``(B, channels_in, H, W)`` to ``(B, channels_out, 2H, 2W)``."""
        y: Tensor = self.shuffle(self.conv(x))
        return y


class ConvEncoder(_Encoder):
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
    ) -> None:
        super().__init__(num_labels, hidden, (math.prod(image_shape), latent_dim) if pca_path else None)
        stages: list[nn.Module] = []
        for before, after in pairwise((image_shape[0], *channels)):
            stages += [nn.Conv2d(before, after, 4, stride=2, padding=1), ACTIVATIONS[activation]()]
        self.stages = nn.Sequential(*stages)
        side = image_shape[1] // 2 ** len(channels)
        self.body = _mlp([channels[-1] * side * side, hidden], activation)
        self.heads = _Heads(hidden, latent_dim)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Posterior:
        """Encode ``x`` ``(B, C, H, W)`` in [0, 1], with ``labels`` ``(B,)`` if it knows them."""
        features = self.stages(x.contiguous(memory_format=torch.channels_last))
        # Channels last throughout: flattening in that order copies nothing.
        flat = features.permute(0, 2, 3, 1).flatten(1)
        return self.posterior(x, self.through(self.body, flat, labels))


class ConvDecoder(_Decoder):
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
    ) -> None:
        super().__init__(num_labels, hidden, image_shape, latent_dim, link)
        side = image_shape[1] // 2 ** len(channels)
        self.small_shape = (side, side, channels[-1])
        self.body = _mlp([latent_dim, hidden, side * side * channels[-1]], activation)
        backwards = (*reversed(channels), image_shape[0])
        stages: list[nn.Module] = []
        for before, after in pairwise(backwards):
            stages += [Upsample(before, after), ACTIVATIONS[activation]()]
        self.stages = nn.Sequential(*stages[:-1])
        # A convolution's bias is one number a channel; the mean image wants one a pixel.
        self.image_bias = nn.Parameter(torch.zeros(image_shape))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Decode ``z`` ``(B, D)``, with ``labels`` ``(B,)``, to logits ``(B, C, H, W)``."""
        small = self.through(self.body, z, labels).unflatten(1, self.small_shape).permute(0, 3, 1, 2)
        logits: Tensor = self.stages(small) + self.image_bias
        return self.beside_pca(z, logits)

    def start_at(self, logits: Tensor) -> None:
        """Start the last bias at ``logits`` ``(C, H, W)``: the first image drawn is the mean."""
        with torch.no_grad():
            self.image_bias.copy_(logits)

    def _last(self) -> list[nn.Parameter]:
        return [*self.stages[-1].parameters(), self.image_bias]
