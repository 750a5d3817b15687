"""A model and a map of its latent space, for the decoder that runs in the browser.

Both are one safetensors file each. Its metadata says in JSON what ``assets/latent_canvas`` is to do
with the arrays: for a model, the layers of decoder and encoder, in order.

Weights are rearranged so that the browser has least to do: a dense layer's matrix is (inputs,
outputs), a convolution's (rows, columns, channels in, channels out), images lie channels last, and
the channels that a pixel shuffle spreads lie as they come to lie in the image.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from vaelab.config import TrainConfig
from vaelab.latent.density import neighbour_radii
from vaelab.latent.projections import Projection
from vaelab.latent.units import active_units

__all__ = ["MAX_WEIGHTS", "browser_map", "browser_model"]

Arrays = dict[str, NDArray[Any]]

#: Weights of encoder and decoder together that a page should be asked to hold: 64 MB.
MAX_WEIGHTS = 16_000_000

#: How a likelihood's mean comes from the logits, where it is not the sigmoid.
MEANS = {"continuous_bernoulli": "continuous_bernoulli"}


class _Layers:
    """The layers of one network, and their arrays, as they are appended."""

    def __init__(self, prefix: str, weights: Mapping[str, NDArray[np.floating]]) -> None:
        self.prefix = prefix
        self.weights = weights
        self.specs: list[dict[str, Any]] = []
        self.arrays: Arrays = {}

    def take(self, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Weight and bias of a layer, as torch keeps them."""
        try:
            return tuple(
                self.weights[f"model.{self.prefix}.{name}.{part}"] for part in ("weight", "bias")
            )  # type: ignore[return-value]
        except KeyError as error:
            raise ValueError(
                f"These weights have no {error.args[0]}: they are of another architecture."
            ) from error

    def append(self, op: str, activation: str = "none", **spec: Any) -> None:
        arrays = {k: v for k, v in spec.items() if isinstance(v, np.ndarray)}
        names = {k: f"{self.prefix}.{len(self.specs)}.{k}" for k in arrays}
        self.arrays |= {names[k]: v for k, v in arrays.items()}
        self.specs.append({"op": op, "activation": activation} | spec | names)

    def dense(
        self,
        weight: NDArray[Any],
        bias: NDArray[Any],
        activation: str = "none",
        inputs: NDArray[Any] | None = None,
        outputs: NDArray[Any] | None = None,
    ) -> None:
        """Append a dense layer, its inputs or outputs taken in another order."""
        if inputs is not None:
            weight = weight[:, inputs]
        if outputs is not None:
            weight, bias = weight[outputs], bias[outputs]
        self.append("dense", activation, weight=weight.T, bias=bias)

    def conv(
        self,
        weight: NDArray[Any],
        bias: NDArray[Any],
        activation: str,
        side: int,
        stride: int = 1,
        shuffle: int = 1,
    ) -> None:
        """Append a convolution of square images with ``side`` pixels, zeros around them."""
        # PixelShuffle reads channels as (channel, dy, dx); they are to lie as (dy, dx, channel).
        order = np.arange(len(bias)).reshape(-1, shuffle * shuffle).T.ravel()
        self.append(
            "conv", activation, weight=weight[order].transpose(2, 3, 1, 0), bias=bias[order],
            height=side, width=side, stride=stride, pad=1, shuffle=shuffle,
        )  # fmt: skip


def browser_model(
    config: TrainConfig,
    image_shape: tuple[int, int, int],
    weights: Mapping[str, NDArray[np.floating]],
    name: str,
    dtype: Literal["float32", "float16"] = "float32",
) -> bytes:
    """Make the file from which the browser decodes and encodes.

    Parameters
    ----------
    config
        What the run is.
    image_shape
        ``(C, H, W)``.
    weights
        The run's checkpoint: arrays by the names that torch gives them, after ``model.``.
    name
        What tells this model from all others, its epoch included.
    dtype
        float16 is half as long, and its images are right to about 0.002.

    Returns
    -------
    bytes
        A safetensors file; ``kind`` in its metadata is ``"model"``.

    Raises
    ------
    ValueError
        If the weights do not fit the config, or are too many for a page.
    """
    decoder, encoder = _Layers("decoder", weights), _Layers("encoder", weights)
    if config.architecture == "mlp":
        _mlp_layers(config, image_shape, encoder, decoder)
    else:
        _conv_layers(config, image_shape, encoder, decoder)
    arrays = encoder.arrays | decoder.arrays
    num_weights = sum(array.size for array in arrays.values())
    if num_weights > MAX_WEIGHTS:
        raise ValueError(
            f"This model has {num_weights / 1e6:.0f} million weights, and a page can hold "
            f"{MAX_WEIGHTS / 1e6:.0f}: it is decoded on the server instead."
        )
    model = {
        "id": name,
        "latent_dim": config.latent_dim,
        "image_shape": image_shape,
        "is_vae": config.model == "vae",
        "mean": MEANS.get(config.likelihood, "sigmoid"),
        "encoder": encoder.specs,
        "decoder": decoder.specs,
    }
    return _file("model", model, {k: v.astype(dtype) for k, v in arrays.items()})


def _mlp_layers(
    config: TrainConfig, image_shape: tuple[int, int, int], encoder: _Layers, decoder: _Layers
) -> None:
    # Where each number of a channels-last image lies in torch's.
    pixels = np.arange(np.prod(image_shape)).reshape(image_shape).transpose(1, 2, 0).ravel()
    for i in range(len(config.hidden)):
        inputs = pixels if i == 0 else None
        encoder.dense(*encoder.take(f"body.{2 * i}"), config.activation, inputs=inputs)
        decoder.dense(*decoder.take(f"body.{2 * i}"), config.activation)
    _append_heads(encoder)
    decoder.dense(*decoder.take("out"), outputs=pixels)


def _conv_layers(
    config: TrainConfig, image_shape: tuple[int, int, int], encoder: _Layers, decoder: _Layers
) -> None:
    side = image_shape[1]
    for i in range(len(config.channels)):
        encoder.conv(*encoder.take(f"stages.{2 * i}"), config.activation, side, stride=2)
        side //= 2
    encoder.dense(*encoder.take("body.0"), config.activation)
    _append_heads(encoder)
    for i in range(2):
        decoder.dense(*decoder.take(f"body.{2 * i}"), config.activation)
    for i in reversed(range(len(config.channels))):
        stage = decoder.take(f"stages.{2 * (len(config.channels) - 1 - i)}.conv")
        decoder.conv(*stage, config.activation if i else "none", side, shuffle=2)
        side *= 2
    image_bias = decoder.weights["model.decoder.image_bias"]
    decoder.append("add", bias=image_bias.transpose(1, 2, 0).ravel())


def _append_heads(encoder: _Layers) -> None:
    """Both heads as one layer: mu, then logvar."""
    heads = [encoder.take(f"heads.{head}") for head in ("mu", "logvar")]
    weight, bias = (np.concatenate(column) for column in zip(*heads, strict=True))
    encoder.dense(weight, bias)


def browser_map(
    projection: Projection,
    name: str,
    run_name: str,
    map_key: str,
    kl_per_dim: Sequence[float] | None = None,
    labels: NDArray[np.integer] | None = None,
    label_names: Sequence[str] = (),
    background: Sequence[float] = (0.0,),
) -> bytes:
    """Make the file from which the browser knows where it is on a map.

    Parameters
    ----------
    projection
        The map of N images.
    name
        The ``name`` of the model that it maps.
    run_name
        Whose model it is: the browser remembers for each run where it was left.
    map_key
        Key of the Streamlit container around the map's chart.
    kl_per_dim
        What each dimension carries, in nats, ``(D,)``; without it, dimensions are sorted by their
        variance.
    labels, label_names
        ``(N,)``, at most 256 different ones, and what they are called.
    background
        What images are mostly made of at their border, a number a channel.

    Returns
    -------
    bytes
        A safetensors file; ``kind`` in its metadata is ``"map"``. Codes are float16 in it, which
        is exact enough to find neighbours, except on a plane, where they are the places.
    """
    codes = projection.codes
    carried = codes.var(0) if kl_per_dim is None else np.asarray(kl_per_dim)
    limits = np.ceil(np.maximum(3.0, np.abs(codes).max(0)))
    active = active_units(codes)
    dims = [
        {
            "dim": int(dim),
            "limit": float(limits[dim]),
            "active": bool(active[dim]),
            "kl": None if kl_per_dim is None else float(carried[dim]),
        }
        for dim in np.argsort(-carried, kind="stable")
    ]
    spec = {
        "model": name,
        "run": run_name,
        "map_key": map_key,
        "projection": projection.kind,
        "dims": dims,
        "radii": [float(radius) for radius in neighbour_radii(codes)],
        "label_names": list(label_names),
        "background": list(background),
    }
    arrays: Arrays = {"codes": codes.astype(np.float32 if codes.shape[1] <= 2 else np.float16)}
    if projection.kind == "umap" or codes.shape[1] == 1:
        arrays["coordinates"] = projection.coordinates
    if projection.kind == "pca":
        arrays |= {"center": projection.center, "components": projection.components}
    if labels is not None:
        arrays["labels"] = labels.astype(np.uint8)
    return _file("map", spec, arrays)


def _file(kind: str, spec: Mapping[str, Any], arrays: Arrays) -> bytes:
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return save(contiguous, {"kind": kind, kind: json.dumps(spec)})
