"""What is loaded once and shared by sessions and reruns: vaelab behind Streamlit's caches."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import ImageDataset, load_dataset
from vaelab.figures import decoded_extent
from vaelab.images import png_data_uri, tile
from vaelab.jobs import Jobs
from vaelab.latent.projections import Projection, ProjectionKind
from vaelab.maps import make_map, read_map
from vaelab.runs import Run, list_runs

__all__ = [
    "all_runs",
    "backdrop",
    "dataset",
    "fresh",
    "jobs",
    "known_map",
    "make_known_map",
    "torch_is_loaded",
]

#: Runs that the app opens with, read where they are shipped.
EXAMPLES = Path(__file__).parents[2] / "assets" / "checkpoints"

#: Images a side of the grid decoded under a map.
BACKDROP_SIDE = 20


@st.cache_resource
def jobs() -> Jobs:
    """The queue of jobs, one for the whole app."""
    return Jobs()


def all_runs() -> dict[str, Run]:
    """Every run with a model to look at, by folder name: own ones, newest first, then examples."""
    runs = {run.name: run for run in list_runs() if run.has_model}
    examples = sorted(list_runs(EXAMPLES), key=lambda run: run.config.latent_dim)
    return runs | {run.name: run for run in examples if run.name not in runs}


def torch_is_loaded() -> bool:
    """Whether models can be used at once; see ``explore`` for what is done until then."""
    return "torch" in sys.modules


def fresh(run: Run) -> Run:
    """The run as it stands now, its model loaded once; training may go on under it."""
    return _open(str(run.path), run.version)


@st.cache_resource(max_entries=8, show_spinner=False)
def _open(path: str, version: int) -> Run:
    return Run.open(path).pin()


def dataset(config: TrainConfig) -> ImageDataset:
    """The images of a run, as it saw them."""
    return _dataset(config.dataset, config.preprocessing.model_dump_json())


@st.cache_resource(max_entries=3, show_spinner="Loading the images …")
def _dataset(name: str, preprocessing: str) -> ImageDataset:
    return load_dataset(name, Preprocessing.model_validate_json(preprocessing))


def known_map(run: Run, kind: ProjectionKind) -> Projection | None:
    """A map that needs no computing."""
    try:
        return _read_map(str(run.path), run.version, kind)
    except LookupError:
        return jobs().known_map(run, kind)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_map(path: str, version: int, kind: ProjectionKind) -> Projection:
    projection = read_map(_open(path, version), kind)
    if projection is None:
        # Raised rather than returned: absence must not be cached, a job may be about to end it.
        raise LookupError
    return projection


def make_known_map(run: Run, kind: ProjectionKind) -> Projection:
    """A map, computed now if it must be: for those that take no time."""
    return known_map(run, kind) or _make_map(str(run.path), run.version, kind)


@st.cache_resource(max_entries=16, show_spinner="Placing the images on the map …")
def _make_map(path: str, version: int, kind: ProjectionKind) -> Projection:
    run = _open(path, version)
    return make_map(run, dataset(run.config), kind)


@st.cache_data(max_entries=16, show_spinner="Decoding the grid …")
def _backdrop(path: str, version: int, kind: ProjectionKind) -> str:
    run = _open(path, version)
    projection = make_known_map(run, kind)
    x_min, x_max, y_min, y_max = decoded_extent(projection)

    def centres(low: float, high: float) -> NDArray[np.float64]:
        edges = np.linspace(low, high, BACKDROP_SIDE + 1)
        return (edges[1:] + edges[:-1]) / 2

    # From the top left, as pictures go.
    x, y = np.meshgrid(centres(x_min, x_max), centres(y_min, y_max)[::-1])
    z = projection.lift(np.column_stack([x.ravel(), y.ravel()]))
    images = run.engine.decode(z)
    times = max(1, 32 // images.shape[3])  # crisp squares; a browser would smear small pixels
    return png_data_uri(tile(images, BACKDROP_SIDE, gap=1, times=times))


def backdrop(run: Run, kind: ProjectionKind) -> str:
    """Images decoded over a map, as a data address."""
    return _backdrop(str(run.path), run.version, kind)
