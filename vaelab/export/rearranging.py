"""How the browser wants the parameters of layers to lie, where that is not as torch has them.

Images lie channels last. A dense layer's matrix is (inputs, outputs), a convolution's (rows, columns, channels in,
channels out), and the channels that a pixel shuffle spreads lie as they come to lie in the image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vaelab.export.file import Arrays
from vaelab.networks.layers import Layer

__all__ = ["rearranged"]


def rearranged(layer: Layer, parameters: Arrays) -> Arrays:
    """Rearrange a layer's parameters for the browser.

    Parameters
    ----------
    layer
        What the layer says of itself.
    parameters
        As torch has them.

    Returns
    -------
    dict
        The same numbers under the same names; of an op that ``REARRANGING`` does not name, as they are.
    """
    rearrange = REARRANGING.get(layer["op"])
    return parameters if rearrange is None else parameters | rearrange(layer, parameters)


def _dense(layer: Layer, parameters: Arrays) -> Arrays:
    rows, columns = _channels_last(layer["outputs"]), _channels_last(layer["inputs"])
    return {"weight": parameters["weight"][rows][:, columns].T, "bias": parameters["bias"][rows]}


def _conv(layer: Layer, parameters: Arrays) -> Arrays:
    bias, shuffle = parameters["bias"], layer["shuffle"]
    # PixelShuffle reads channels as (channel, dy, dx); they are to lie as (dy, dx, channel).
    order = np.arange(len(bias)).reshape(-1, shuffle * shuffle).T.ravel()
    return {"weight": parameters["weight"][order].transpose(2, 3, 1, 0), "bias": bias[order]}


def _add(layer: Layer, parameters: Arrays) -> Arrays:
    return {"bias": parameters["bias"].transpose(1, 2, 0).ravel()}


def _channels_last(shape: Sequence[int]) -> NDArray[np.intp] | slice:
    """Where each number of a channels-last image ``(C, H, W)`` lies in torch's; a row ``(N,)`` is as it is."""
    if len(shape) == 1:
        return slice(None)
    return np.arange(np.prod(shape)).reshape(shape).transpose(1, 2, 0).ravel()


REARRANGING: dict[str, Callable[[Layer, Arrays], Arrays]] = {
    "dense": _dense,
    "skip": _dense,
    "conv": _conv,
    "add": _add,
}
