"""Layers that know what they are: each says its op, its parameters and its settings (``vaelab.networks.layers``).

The names and shapes of parameters are filled in by the model, which knows them: here they are the tensors themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from vaelab.networks.layers import Layer

__all__ = ["ACTIVATIONS", "Block", "Conv", "Dense", "GroupNorm", "Upsample", "layers_in"]

#: Of an image ``(C, H, W)``, or of a row of numbers ``(N,)``.
Shape = tuple[int, ...]

#: Zeros on each side of an image that is convolved.
PAD = 1

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
}
_NAMES = {kind: name for name, kind in ACTIVATIONS.items()}


@runtime_checkable
class Block(Protocol):
    """A layer that says what it is, so that a checkpoint can."""

    def layer(self, inputs: Shape) -> Layer:
        """What it is where it takes ``inputs``; among the entries, ``outputs`` is the shape that it gives."""


class Dense(nn.Linear):
    """A matrix product and a bias."""

    def layer(self, inputs: Shape, outputs: Shape | None = None) -> Layer:
        """An image's pixels may be its inputs, or its outputs."""
        return dense([self], inputs, outputs or (self.out_features,))


def dense(rows: Sequence[nn.Linear], inputs: Shape, outputs: Shape) -> Layer:
    """One layer of several that read the same, whose outputs lie one behind the other."""
    return {
        "op": "dense",
        "inputs": inputs,
        "outputs": outputs,
        "activation": "none",
        "weight": [part.weight for part in rows],
        "bias": [part.bias for part in rows],
    }


class Conv(nn.Conv2d):
    """A convolution of square images, zeros around them.

    Parameters
    ----------
    channels_in, channels_out
        Channels before and after.
    size
        Of the square window, in pixels.
    stride
        2 halves the image.
    """

    def __init__(self, channels_in: int, channels_out: int, size: int, stride: int = 1) -> None:
        super().__init__(channels_in, channels_out, size, stride=stride, padding=PAD)

    def layer(self, inputs: Shape, shuffle: int = 1) -> Layer:
        """With ``shuffle`` 2, each output becomes four pixels."""
        _, height, width = inputs
        size, stride = self.kernel_size[0], self.stride[0]
        sides = (shuffle * ((side + 2 * PAD - size) // stride + 1) for side in (height, width))
        return {
            "op": "conv",
            "inputs": inputs,
            "outputs": (self.out_channels // shuffle**2, *sides),
            "activation": "none",
            "weight": [self.weight],
            "bias": [self.bias],
            "height": height,
            "width": width,
            "stride": stride,
            "pad": PAD,
            "shuffle": shuffle,
        }


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
        self.conv = Conv(channels_in, 4 * channels_out, 3)
        self.shuffle = nn.PixelShuffle(2)
        with torch.no_grad():
            for parameter in (self.conv.weight, self.conv.bias):
                assert parameter is not None
                parameter.copy_(parameter[::4].repeat_interleave(4, dim=0))

    def forward(self, x: Tensor) -> Tensor:
        """From ``(B, channels_in, H, W)`` to ``(B, channels_out, 2H, 2W)``."""
        y: Tensor = self.shuffle(self.conv(x))
        return y

    def layer(self, inputs: Shape) -> Layer:
        """A convolution, whose outputs become four pixels each."""
        return self.conv.layer(inputs, shuffle=2)


class GroupNorm(nn.GroupNorm):
    """Each image's channels in up to eight groups, each brought to mean 0 and variance 1, then scaled and shifted.

    Wu and He 2018, arXiv:1803.08494. It knows no batch, so an image's code does not depend on what else is encoded.

    Parameters
    ----------
    channels
        Before and after.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(math.gcd(8, channels), channels)

    def layer(self, inputs: Shape) -> Layer:
        """Of images of any size; ``eps`` is added to the variance."""
        _, height, width = inputs
        return {
            "op": "group_norm",
            "inputs": inputs,
            "outputs": inputs,
            "activation": "none",
            "weight": [self.weight],
            "bias": [self.bias],
            "height": height,
            "width": width,
            "groups": self.num_groups,
            "eps": self.eps,
        }


def layers_in(sequence: nn.Sequential, inputs: Shape) -> list[Layer]:
    """What a sequence consists of, where it takes ``inputs``: an activation belongs to the layer before it."""
    layers: list[Layer] = []
    for module in sequence:
        if name := _NAMES.get(type(module)):
            layers[-1]["activation"] = name
        elif not isinstance(module, Block):
            raise TypeError(
                f"{type(module).__name__} does not say what it is: give it a method `layer`, as a Block has."
            )
        else:
            layers.append(module.layer(layers[-1]["outputs"] if layers else inputs))
    return layers
