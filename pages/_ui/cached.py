"""Streamlit's cache, for functions of runs, images and maps, which it cannot tell apart by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from zlib import crc32

import streamlit as st

from vaelab.config import Preprocessing
from vaelab.datasets import ImageDataset, Source
from vaelab.latent.projections import Projection
from vaelab.runs import Remembered, Run

__all__ = ["per_run"]

P = ParamSpec("P")
R = TypeVar("R")


def _images(data: ImageDataset | Remembered) -> str:
    return data.key


#: What tells one from another: a run changes as it is trained, a source as its files do.
_HASHES: dict[Any, Callable[[Any], object]] = {
    Run: lambda run: (str(run.path), run.version),
    ImageDataset: _images,
    Remembered: _images,
    Preprocessing: lambda preprocessing: preprocessing.model_dump_json(),
    Source: lambda source: (source.name, source.version),
    Projection: lambda projection: (
        projection.kind,
        projection.axes,
        *(
            None if array is None else crc32(array.tobytes())
            for array in (projection.indices, projection.coordinates, projection.components, projection.sigma)
        ),
    ),
}


def per_run(max_entries: int, spinner: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep what a function returned for a run as it stands, for images, for a map: for each of all its arguments.

    Parameters
    ----------
    max_entries
        How many results are kept; the oldest give way.
    spinner
        What is said while it computes; by default nothing.

    Returns
    -------
    callable
        A decorator. What the function returns is shared by all sessions, and must not be changed.
    """
    return st.cache_resource(max_entries=max_entries, show_spinner=spinner or False, hash_funcs=_HASHES)
