"""The files that the browser is given: arrays, and what it is to do with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

__all__ = ["Arrays", "safetensors_file"]

Arrays = dict[str, NDArray[Any]]


def safetensors_file(
    kind: Literal["model", "map", "history", "thumbnails", "decoded"], spec: Mapping[str, Any], arrays: Arrays
) -> bytes:
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
