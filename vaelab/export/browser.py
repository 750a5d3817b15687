"""A model and a map of its latent space, for the decoder that runs in the browser.

Both are one safetensors file each. Its metadata says in JSON what ``assets/network`` is to do with
the arrays: for a model a ``ModelSpec``, for a map a ``MapSpec``. The browser's code has types of
the same names and shapes, in ``layers.js``, ``network.js`` and ``map.js``.

Weights are rearranged so that the browser has least to do: a dense layer's matrix is (inputs,
outputs), a convolution's (rows, columns, channels in, channels out), images lie channels last, and
the channels that a pixel shuffle spreads lie as they come to lie in the image.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from vaelab.config import TrainConfig
from vaelab.latent.density import neighbour_radii
from vaelab.latent.projections import Projection
from vaelab.latent.units import active_units, code_scale

__all__ = [
    "MAX_WEIGHTS",
    "AddSpec",
    "ConvSpec",
    "DenseSpec",
    "DimSpec",
    "LayerSpec",
    "MapSpec",
    "ModelSpec",
    "SkipSpec",
    "browser_map",
    "browser_model",
    "safetensors_file",
]

Arrays = dict[str, NDArray[Any]]


class DenseSpec(TypedDict):
    """``f(x W + b)``. Arrays are given by their names in the file."""

    op: Literal["dense"]
    activation: str  # as vaelab.config calls it, or "none"
    weight: str  # (inputs, outputs)
    bias: str  # (outputs,)
    labels: NotRequired[str]  # (num_labels, outputs), of which one is added to the bias


class ConvSpec(TypedDict):
    """A convolution of square images, zeros around them."""

    op: Literal["conv"]
    activation: str
    weight: str  # (rows, columns, channels in, channels out)
    bias: str  # (channels out,)
    height: int  # of the image that comes in
    width: int
    stride: int
    pad: int
    shuffle: int  # 2 where each output is four pixels


class AddSpec(TypedDict):
    """A number for each pixel, added."""

    op: Literal["add"]
    activation: str  # "none"
    bias: str  # (height * width * channels,)


class SkipSpec(TypedDict):
    """What the network itself was given, through a dense layer past all others, and added."""

    op: Literal["skip"]
    link: str  # how logits come from what that layer gives, which are pixels in a decoder, or "none"
    weight: str  # (inputs of the network, outputs)
    bias: str  # (outputs,)
    width: int  # numbers in a row, to the first of which it is added


LayerSpec = DenseSpec | ConvSpec | AddSpec | SkipSpec


class ModelSpec(TypedDict):
    """A model's file: what it is, and its layers in order."""

    id: str  # tells this model from all others, its epoch included
    latent_dim: int
    image_shape: tuple[int, int, int]  # (C, H, W)
    is_vae: bool
    mean: str  # how E[x|z] comes from the logits
    likelihood: str  # as vaelab.config calls it
    sigma: float  # of Gaussian pixels, learned or not
    encoder: list[LayerSpec]
    decoder: list[LayerSpec]


class DimSpec(TypedDict):
    """One dimension of the code, for its slider."""

    dim: int  # from 0
    limit: float  # the slider goes from -limit to limit
    active: bool
    kl: float | None  # that it carries, in nats
    name: str  # that people gave it, or empty


class MapSpec(TypedDict):
    """A map's file."""

    model: str  # the id of the model that it maps
    run: str
    map_key: str  # of the Streamlit container around the chart
    projection: str
    dims: list[DimSpec]  # those that carry most first
    scale: list[float]  # what each number of a code counts in a distance; nothing where it collapsed
    radii: list[float]  # quantiles of the distance to the eighth neighbour, of codes times scale
    place_radii: list[float]  # those of places of a UMAP map; empty for any other
    label_names: list[str]
    background: list[float]  # colour of the images' border, from 0 to 1, a number a channel
    extent: float  # of an image's side, 0 to 1, what its ink takes at the most
    link: Literal["image", "place", "ends"] | None
    thumbnails: str | None  # the id of the sheet with its images, or None where they are gone


#: Weights of encoder and decoder together that a page should be asked to hold: 64 MB.
MAX_WEIGHTS = 16_000_000

#: How a likelihood's mean comes from the logits, where it is not the sigmoid.
MEANS = {"continuous_bernoulli": "continuous_bernoulli"}
#: How PCA's pixels become logits. Those of a Gaussian beside PCA are pixels themselves.
LINKS = {
    "bernoulli": "logit",
    "continuous_bernoulli": "continuous_bernoulli",
    "gaussian": "none",
    "gaussian_learned": "none",
}


class _Layers:
    """The layers of one network, and their arrays, as they are appended."""

    def __init__(self, prefix: str, weights: Mapping[str, NDArray[np.floating]], conditional: bool) -> None:
        self.prefix = prefix
        self.weights = weights
        self.conditional = conditional
        self.specs: list[LayerSpec] = []
        self.arrays: Arrays = {}

    def take(self, name: str, *shape: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Weight, which must have this shape, and bias of a layer, as torch keeps them."""
        return self.array(f"{name}.weight", *shape), self.array(f"{name}.bias", shape[0])

    def array(self, name: str, *shape: int) -> NDArray[Any]:
        array = self.weights.get(f"model.{self.prefix}.{name}")
        if array is None or array.shape != shape:
            actual = "is missing" if array is None else f"has shape {array.shape}"
            raise ValueError(
                f"These weights do not fit the run's settings: {self.prefix}.{name} {actual}, and should have {shape}."
            )
        return array

    def put(self, name: str, array: NDArray[Any]) -> str:
        """Put an array of the next layer into the file; its name there."""
        name = f"{self.prefix}.{len(self.specs)}.{name}"
        self.arrays[name] = array
        return name

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
        spec = DenseSpec(
            op="dense",
            activation=activation,
            weight=self.put("weight", weight.T),
            bias=self.put("bias", bias),
        )
        # What a conditional model adds for a label, its first dense layer adds to the bias.
        if self.conditional and not any(layer["op"] == "dense" for layer in self.specs):
            spec["labels"] = self.put("labels", self.labels(len(bias)))
        self.specs.append(spec)

    def labels(self, width: int) -> NDArray[Any]:
        """A row a label; how many there are, the weights alone say."""
        rows = self.weights.get(f"model.{self.prefix}.label.weight")
        return self.array("label.weight", 1 if rows is None else len(rows), width)

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
        spec = ConvSpec(
            op="conv",
            activation=activation,
            weight=self.put("weight", weight[order].transpose(2, 3, 1, 0)),
            bias=self.put("bias", bias[order]),
            height=side,
            width=side,
            stride=stride,
            pad=1,
            shuffle=shuffle,
        )
        self.specs.append(spec)

    def add(self, bias: NDArray[Any]) -> None:
        """Append numbers that are added to the pixels of an image ``(C, H, W)``."""
        bias = bias.transpose(1, 2, 0).ravel()
        self.specs.append(AddSpec(op="add", activation="none", bias=self.put("bias", bias)))

    def skip(self, weight: NDArray[Any], bias: NDArray[Any], width: int, link: str = "none") -> None:
        """Append a dense layer of the network's own input, added to the first of ``width`` numbers."""
        spec = SkipSpec(
            op="skip",
            link=link,
            weight=self.put("weight", weight.T),
            bias=self.put("bias", bias),
            width=width,
        )
        self.specs.append(spec)


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
    decoder, encoder = (_Layers(prefix, weights, config.conditional) for prefix in ("decoder", "encoder"))
    if config.architecture == "mlp":
        _mlp_layers(config, image_shape, encoder, decoder)
    else:
        _conv_layers(config, image_shape, encoder, decoder)
    if config.pca_path:
        _linear_paths(config, image_shape, encoder, decoder)
    arrays = encoder.arrays | decoder.arrays
    num_weights = sum(array.size for array in arrays.values())
    if num_weights > MAX_WEIGHTS:
        raise ValueError(
            f"This model has {num_weights / 1e6:.0f} million weights, and a page can hold "
            f"{MAX_WEIGHTS / 1e6:.0f}: it is decoded on the server instead."
        )
    model: ModelSpec = {
        "id": name,
        "latent_dim": config.latent_dim,
        "image_shape": image_shape,
        "is_vae": config.model == "vae",
        "mean": _mean(config),
        "likelihood": config.likelihood,
        "sigma": _sigma(config, weights),
        "encoder": encoder.specs,
        "decoder": decoder.specs,
    }
    return safetensors_file("model", model, {k: v.astype(dtype) for k, v in arrays.items()})


def _mean(config: TrainConfig) -> str:
    """How a pixel's mean comes from its logit."""
    if config.pca_path and LINKS[config.likelihood] == "none":
        return "clip"
    return MEANS.get(config.likelihood, "sigmoid")


def _sigma(config: TrainConfig, weights: Mapping[str, NDArray[np.floating]]) -> float:
    """The standard deviation of Gaussian pixels: as it was learned, where it was."""
    learned = weights.get("model.likelihood.log_sigma") if config.likelihood == "gaussian_learned" else None
    return config.sigma if learned is None else float(np.exp(learned))


def _mlp_layers(config: TrainConfig, image_shape: tuple[int, int, int], encoder: _Layers, decoder: _Layers) -> None:
    num_pixels, pixels = int(np.prod(image_shape)), _pixels(image_shape)
    for i, (before, after) in enumerate(pairwise((num_pixels, *config.hidden))):
        inputs = pixels if i == 0 else None
        encoder.dense(*encoder.take(f"body.{2 * i}", after, before), config.activation, inputs)
    _append_heads(encoder, config.hidden[-1], config.latent_dim)
    for i, (before, after) in enumerate(pairwise((config.latent_dim, *reversed(config.hidden)))):
        decoder.dense(*decoder.take(f"body.{2 * i}", after, before), config.activation)
    decoder.dense(*decoder.take("out", num_pixels, config.hidden[0]), outputs=pixels)


def _conv_layers(config: TrainConfig, image_shape: tuple[int, int, int], encoder: _Layers, decoder: _Layers) -> None:
    side = image_shape[1]
    channels = (image_shape[0], *config.channels)
    for i, (before, after) in enumerate(pairwise(channels)):
        stage = encoder.take(f"stages.{2 * i}", after, before, 4, 4)
        encoder.conv(*stage, config.activation, side, stride=2)
        side //= 2
    width, small = config.conv_hidden, side * side * channels[-1]
    encoder.dense(*encoder.take("body.0", width, small), config.activation)
    _append_heads(encoder, width, config.latent_dim)
    decoder.dense(*decoder.take("body.0", width, config.latent_dim), config.activation)
    decoder.dense(*decoder.take("body.2", small, width), config.activation)
    for i, (before, after) in enumerate(pairwise(reversed(channels))):
        stage = decoder.take(f"stages.{2 * i}.conv", 4 * after, before, 3, 3)
        last = i == len(config.channels) - 1
        decoder.conv(*stage, "none" if last else config.activation, side, shuffle=2)
        side *= 2
    decoder.add(decoder.array("image_bias", *image_shape))


def _linear_paths(config: TrainConfig, image_shape: tuple[int, int, int], encoder: _Layers, decoder: _Layers) -> None:
    num_pixels, pixels, d = int(np.prod(image_shape)), _pixels(image_shape), config.latent_dim
    weight, bias = encoder.take("linear", d, num_pixels)
    encoder.skip(weight[:, pixels], bias, 2 * d)  # to mu, which comes before logvar
    weight, bias = decoder.take("linear", num_pixels, d)
    decoder.skip(weight[pixels], bias[pixels], num_pixels, LINKS[config.likelihood])


def _pixels(image_shape: tuple[int, int, int]) -> NDArray[np.intp]:
    """Where each number of a channels-last image lies in torch's."""
    return np.arange(np.prod(image_shape)).reshape(image_shape).transpose(1, 2, 0).ravel()


def _append_heads(encoder: _Layers, width: int, latent_dim: int) -> None:
    """Both heads as one layer: mu, then logvar."""
    heads = [encoder.take(f"heads.{head}", latent_dim, width) for head in ("mu", "logvar")]
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
    extent: float = 1.0,
    link: Literal["image", "place", "ends"] | None = None,
    dimension_names: Sequence[str] = (),
    thumbnails: str | None = None,
    is_vae: bool | None = None,
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
        ``(N,)``, and what they are called.
    background
        What images are mostly made of at their border, a number a channel.
    extent
        What stands out from that takes at the most so much of an image's side, 0 to 1: see ``images.ink_extent``.
    link
        Whether canvases on the same page follow this one: to the same image, or the same place. Or that the page is
        about the way between two places, ``"ends"``, which clicks set in turn.
    dimension_names
        What people call each dimension, empty where they gave it no name; none by default.
    thumbnails
        The name of the file with its images, see ``browser_thumbnails``; None where they are gone.
    is_vae
        Whether the model is one; by default that is told from sigma and KL.

    Returns
    -------
    bytes
        A safetensors file; ``kind`` in its metadata is ``"map"``. Codes are float16 in it, which
        is exact enough to find neighbours, except on a plane, where they are the places.
    """
    codes = projection.codes
    carried = codes.var(0) if kl_per_dim is None else np.asarray(kl_per_dim)
    limits = np.ceil(np.maximum(3.0, np.abs(codes).max(0)))
    is_vae = (projection.sigma is not None or kl_per_dim is not None) if is_vae is None else is_vae
    active = active_units(codes, is_vae)
    scale = code_scale(codes, projection.sigma, is_vae)
    sigma = None if projection.sigma is None else scale * projection.sigma
    dims: list[DimSpec] = [
        {
            "dim": int(dim),
            "limit": float(limits[dim]),
            "active": bool(active[dim]),
            "kl": None if kl_per_dim is None else float(carried[dim]),
            "name": dimension_names[dim] if dimension_names else "",
        }
        for dim in np.argsort(-carried, kind="stable")
    ]
    spec: MapSpec = {
        "model": name,
        "run": run_name,
        "map_key": map_key,
        "projection": projection.kind,
        "dims": dims,
        "scale": scale.tolist(),
        "radii": neighbour_radii(scale * codes, sigma).tolist(),
        "place_radii": neighbour_radii(projection.coordinates).tolist() if projection.kind == "umap" else [],
        "label_names": list(label_names),
        "background": list(background),
        "extent": extent,
        "link": link,
        "thumbnails": thumbnails,
    }
    arrays: Arrays = {
        "indices": projection.indices.astype(np.int32),
        "codes": codes.astype(np.float32 if codes.shape[1] <= 2 else np.float16),
    }
    if projection.kind == "umap" or codes.shape[1] == 1:
        arrays["coordinates"] = projection.coordinates
    if projection.kind in {"pca", "pair"}:
        arrays |= {"center": projection.center, "components": projection.components}
    if labels is not None:
        arrays["labels"] = labels.astype(np.uint8 if labels.max(initial=0) < 256 else np.int32)
    return safetensors_file("map", spec, arrays)


def safetensors_file(kind: Literal["model", "map", "thumbnails"], spec: Mapping[str, Any], arrays: Arrays) -> bytes:
    """Make a file of arrays and of what the browser is to do with them.

    Parameters
    ----------
    kind
        Of file: the browser refuses one where it expects the other.
    spec
        Becomes JSON in the metadata.
    arrays
        By name.

    Returns
    -------
    bytes
        A safetensors file.
    """
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return save(contiguous, {"kind": kind, kind: json.dumps(spec, allow_nan=False)})
