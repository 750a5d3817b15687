"""What a model consists of, as its checkpoint says it: JSON, which is read without torch.

Layers are listed in the order of the forward pass, as the modules of ``vaelab.networks.nn`` say them::

    {"op": "dense", "inputs": [3, 8, 8], "outputs": [128], "activation": "silu",
     "weight": {"encoder.body.0.weight": [128, 192]}, "bias": {"encoder.body.0.bias": [128]}}

``op`` names the class that runs it in the browser (``assets/network/layers.js``). ``inputs`` and ``outputs`` are
shapes, of images ``(C, H, W)``, which a dense layer takes and gives channels first, as torch lays them flat. An entry
that is a dictionary is a parameter: where its arrays are found, and their shapes. Of several, one lies below the other,
as the two heads of an encoder do. Whatever else an op needs to know stands beside it, such as a convolution's stride.
"""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["Layer", "Layers", "num_weights", "read_layers"]

Layer = dict[str, Any]

#: Those of the ``encoder`` and of the ``decoder``.
Layers = dict[str, list[Layer]]


def read_layers(text: str) -> Layers:
    """Read what a checkpoint says.

    Parameters
    ----------
    text
        JSON.

    Returns
    -------
    dict
        The layers of ``encoder`` and ``decoder``.

    Raises
    ------
    ValueError
        If it is no such list.
    """
    layers = json.loads(text)
    try:
        for part in ("encoder", "decoder"):
            for layer in layers[part]:
                _ = layer["op"], num_weights(layer)
    except (LookupError, TypeError) as error:
        raise ValueError("This does not list a model's layers.") from error
    return {part: layers[part] for part in ("encoder", "decoder")}


def num_weights(layer: Layer) -> int:
    """How many numbers are learned in a layer, its biases included."""
    parameters = (value for value in layer.values() if isinstance(value, dict))
    return sum(math.prod(shape) for parameter in parameters for shape in parameter.values())
