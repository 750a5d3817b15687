"""A model for the decoder that runs in the browser.

One safetensors file, whose metadata is a ``ModelSpec``: the model's own list of layers (``vaelab.networks.layers``),
with the name of an array in the file where the list has a parameter. The browser's code has types of the same names and
shapes, in ``assets/network/network.js`` and ``layers.js``.

Weights are rearranged so that the browser has least to do (``rearranged``); a layer that lists its parameters as the
browser wants them needs no word here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from vaelab.config import TrainConfig
from vaelab.export.file import Arrays, safetensors_file
from vaelab.export.rearranging import rearranged
from vaelab.networks.layers import Layer, Layers

__all__ = ["MAX_WEIGHTS", "LayerSpec", "ModelSpec", "browser_model"]

#: A ``Layer`` without its ``inputs`` and ``outputs``, which the browser tells from the arrays that it names.
LayerSpec = dict[str, Any]


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


def browser_model(
    config: TrainConfig,
    image_shape: tuple[int, int, int],
    layers: Layers,
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
    layers
        What the model consists of, as ``Run.layers`` or the model itself says it.
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
        If the weights do not fit the layers, or are too many for a page.
    """
    link = LINKS[config.likelihood]
    arrays: Arrays = {}
    encoder, decoder = (
        [_put(layer, f"{part}.{index}", weights, link, arrays) for index, layer in enumerate(layers[part])]
        for part in ("encoder", "decoder")
    )
    num_weights = sum(array.size for array in arrays.values())
    if num_weights > MAX_WEIGHTS:
        raise ValueError(
            f"This model has {num_weights / 1e6:.0f} million weights, and a page can hold {MAX_WEIGHTS / 1e6:.0f}."
        )
    model: ModelSpec = {
        "id": name,
        "latent_dim": config.latent_dim,
        "image_shape": image_shape,
        "is_vae": config.model == "vae",
        "mean": _mean(config),
        "likelihood": config.likelihood,
        "sigma": _sigma(config, weights),
        "encoder": encoder,
        "decoder": decoder,
    }
    return safetensors_file("model", model, {k: v.astype(dtype) for k, v in arrays.items()})


def _put(layer: Layer, name: str, weights: Mapping[str, NDArray[Any]], link: str, arrays: Arrays) -> LayerSpec:
    """Put a layer's parameters among ``arrays``, and name them where they were listed."""
    parameters = {role: _joined(listed, weights) for role, listed in layer.items() if isinstance(listed, dict)}
    arrays |= {f"{name}.{role}": array for role, array in rearranged(layer, parameters).items()}
    named = {role: f"{name}.{role}" for role in parameters}
    if layer.get("link") == "likelihood":
        named["link"] = link
    return {key: named.get(key, value) for key, value in layer.items() if key not in {"inputs", "outputs"}}


def _joined(listed: Mapping[str, Iterable[int]], weights: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """The arrays of a parameter, each of which must be there and have its shape, one below the other."""
    arrays = []
    for name, shape in listed.items():
        array = weights.get(f"model.{name}")
        if array is None or array.shape != tuple(shape):
            actual = "is missing" if array is None else f"has shape {array.shape}"
            raise ValueError(
                f"These weights do not fit the run's settings: {name} {actual}, and should have {tuple(shape)}."
            )
        arrays.append(array)
    return np.concatenate(arrays)


def _mean(config: TrainConfig) -> str:
    """How a pixel's mean comes from its logit."""
    if config.pca_path and LINKS[config.likelihood] == "none":
        return "clip"
    return MEANS.get(config.likelihood, "sigmoid")


def _sigma(config: TrainConfig, weights: Mapping[str, NDArray[np.floating]]) -> float:
    """The standard deviation of Gaussian pixels: as it was learned, where it was."""
    learned = weights.get("model.likelihood.log_sigma") if config.likelihood == "gaussian_learned" else None
    return config.sigma if learned is None else float(np.exp(learned))
