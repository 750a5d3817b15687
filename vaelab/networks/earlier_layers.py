"""The layers of a model whose checkpoint does not list them, since it is older than such lists.

This is how networks were made up to then, for good: a layer that is added to ``vaelab.networks.nn`` needs no word here.
"""

from __future__ import annotations

import math
from itertools import pairwise

from vaelab.config import TrainConfig
from vaelab.networks.layers import Layer, Layers

__all__ = ["earlier_layers"]

Shape = tuple[int, ...]


def earlier_layers(config: TrainConfig, image_shape: tuple[int, int, int], num_labels: int) -> Layers:
    """List the layers that a config stood for.

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
    dict
        As ``Autoencoder.layers`` lists them.
    """
    code, numbers = (config.latent_dim,), math.prod(image_shape)
    encoder: list[Layer] = []
    decoder: list[Layer] = []
    if config.architecture == "mlp":
        widths: list[Shape] = [(width,) for width in config.hidden]
        encoder += _body("encoder", [image_shape, *widths], config.activation)
        decoder += _body("decoder", [code, *reversed(widths)], config.activation)
        decoder.append(_dense(["decoder.out"], widths[0], image_shape))
    else:
        channels, side = (image_shape[0], *config.channels), image_shape[1]
        for i, (before, after) in enumerate(pairwise(channels)):
            encoder.append(_conv(f"encoder.stages.{2 * i}", (before, side, side), after, 4, 2, 1, config.activation))
            side //= 2
        widths = [(side * side * channels[-1],), (config.conv_hidden,)]
        encoder += _body("encoder", widths, config.activation)
        decoder += _body("decoder", [code, *reversed(widths)], config.activation)
        for i, (before, after) in enumerate(pairwise(reversed(channels))):
            activation = "none" if i == len(config.channels) - 1 else config.activation
            decoder.append(_conv(f"decoder.stages.{2 * i}.conv", (before, side, side), after, 3, 1, 2, activation))
            side *= 2
        add = {"op": "add", "inputs": [*image_shape], "outputs": [*image_shape], "activation": "none"}
        decoder.append(add | {"bias": {"decoder.image_bias": [*image_shape]}})
    if config.conditional:
        for part, layers in (("encoder", encoder), ("decoder", decoder)):
            first = next(layer for layer in layers if layer["op"] == "dense")
            first["labels"] = {f"{part}.label.weight": [num_labels, *first["outputs"]]}
    heads = ["encoder.heads.mu", "encoder.heads.logvar"]
    encoder.append(_dense(heads, widths[-1], (2 * config.latent_dim,)))
    if config.pca_path:
        encoder.append(_skip("encoder.linear", image_shape, code, 2 * config.latent_dim, "none"))
        decoder.append(_skip("decoder.linear", code, image_shape, numbers, "likelihood"))
    return {"encoder": encoder, "decoder": decoder}


def _body(part: str, shapes: list[Shape], activation: str) -> list[Layer]:
    return [_dense([f"{part}.body.{2 * i}"], *pair, activation) for i, pair in enumerate(pairwise(shapes))]


def _dense(names: list[str], inputs: Shape, outputs: Shape, activation: str = "none") -> Layer:
    rows = math.prod(outputs) // len(names)
    return {
        "op": "dense",
        "inputs": [*inputs],
        "outputs": [*outputs],
        "activation": activation,
        "weight": {f"{name}.weight": [rows, math.prod(inputs)] for name in names},
        "bias": {f"{name}.bias": [rows] for name in names},
    }


def _conv(name: str, inputs: Shape, after: int, size: int, stride: int, shuffle: int, activation: str) -> Layer:
    before, side, _ = inputs
    rows = after * shuffle**2
    return {
        "op": "conv",
        "inputs": [*inputs],
        "outputs": [after, side * shuffle // stride, side * shuffle // stride],
        "activation": activation,
        "weight": {f"{name}.weight": [rows, before, size, size]},
        "bias": {f"{name}.bias": [rows]},
        "height": side,
        "width": side,
        "stride": stride,
        "pad": 1,
        "shuffle": shuffle,
    }


def _skip(name: str, inputs: Shape, outputs: Shape, width: int, link: str) -> Layer:
    layer = _dense([name], inputs, outputs)
    parameters = {"weight": layer["weight"], "bias": layer["bias"]}
    return {"op": "skip", "inputs": [*inputs], "outputs": [*outputs], "link": link, **parameters, "width": width}
