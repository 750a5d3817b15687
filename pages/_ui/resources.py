"""What is loaded once and shared by sessions and reruns: vaelab behind Streamlit's caches."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zlib import crc32

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vaelab import comparing
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import SOURCES, DatasetUnavailable, ImageDataset, Labelled, Source, SplitName, load_dataset
from vaelab.export import browser_map as make_browser_map
from vaelab.export import browser_model as make_browser_model
from vaelab.export import browser_thumbnails as make_browser_thumbnails
from vaelab.figures import decoded_extent
from vaelab.images import ink_extent, png_data_uri, tile
from vaelab.jobs import Jobs
from vaelab.latent.projections import MAX_POINTS, Projection, ProjectionKind
from vaelab.maps import make_map, map_of_snapshot, read_map
from vaelab.runs import Remembered, Run, list_runs
from vaelab.studies import Study, read_study

if TYPE_CHECKING:
    from vaelab.engine import Codes

__all__ = [
    "all_runs",
    "backdrop",
    "browser_map",
    "browser_model",
    "browser_thumbnails",
    "codes_of",
    "dataset",
    "error_quantiles",
    "example",
    "examples",
    "fresh",
    "images_of",
    "images_or_labels",
    "is_example",
    "jobs",
    "known_map",
    "known_study",
    "load_torch",
    "make_known_map",
    "model_name",
    "opened",
    "same_images",
    "suggestion",
    "thumbnails_name",
    "torch_is_loaded",
    "why_not_live",
]

#: Runs that the app opens with, read where they are shipped.
EXAMPLES = Path(__file__).parents[2] / "assets" / "checkpoints"

#: Those that people are to see first.
FIRST = ("mnist-2d", "faces-8d")

#: A model whose weights take more than this as float32 goes to the browser as float16.
LONG_MODEL = 8_000_000

#: Images on the longer side of the grid decoded under a map.
BACKDROP_SIDE = 28


@st.cache_resource(on_release=Jobs.close)
def jobs() -> Jobs:
    """The queue of jobs, one for the whole app; what waited when the app was last ended goes on."""
    queue = Jobs()
    queue.take_up()
    return queue


def all_runs() -> dict[str, Run]:
    """Every run with a model to look at, by folder name: own ones, newest first, then examples."""
    runs = {run.name: run for run in list_runs() if run.has_model}
    return runs | {run.name: run for run in examples() if run.name not in runs}


def examples() -> list[Run]:
    """The runs that the app is shipped with: what is shown first, then by images and size.

    By date they would be as the checkout happened to write them.
    """

    def place(run: Run) -> tuple[int, int, int, str]:
        first = FIRST.index(run.name) if run.name in FIRST else len(FIRST)
        return first, list(SOURCES).index(run.config.dataset), run.config.latent_dim, run.name

    return sorted(list_runs(EXAMPLES), key=place)


def is_example(run: Run) -> bool:
    """Whether a run came with the app, which writes nothing into it."""
    return run.path.parent == EXAMPLES


def example(name: str) -> Run:
    """A run that the app is shipped with."""
    return Run.open(EXAMPLES / name)


def same_images(run: Run) -> list[Run]:
    """The other runs that learned the images that ``run`` did."""
    return [other for other in all_runs().values() if other.name != run.name and comparing.same_images(run, other)]


def torch_is_loaded() -> bool:
    """Whether models can be used at once; see ``explore`` for what is done until then."""
    return "torch" in sys.modules


def load_torch() -> None:
    """Import what models need, which takes seconds and the cores."""
    import_module("vaelab.engine")


def fresh(run: Run) -> Run:
    """The run as it stands now, its model loaded once; training may go on under it."""
    return opened(str(run.path), run.version)


@st.cache_resource(max_entries=8, show_spinner=False)
def opened(path: str, version: int) -> Run:
    """A run as it stood at a version: for cached functions, whose arguments must be small."""
    return Run.open(path).pin()


def images_of(run: Run) -> ImageDataset:
    """The images of a run, as it saw them; a DatasetUnavailable where they are gone or others now."""
    data = dataset(run.source(), run.config.preprocessing)
    run.check_images(data)
    return data


def images_or_labels(run: Run) -> ImageDataset | Remembered:
    """The images of a run or, where they are gone or others now, what it remembers of them."""
    try:
        return images_of(run)
    except DatasetUnavailable as error:
        return run.remembered(str(error))


def dataset(source: Source, preprocessing: Preprocessing | None = None) -> ImageDataset:
    """The images of a source as they are now."""
    return _dataset(source.name, source.version, (preprocessing or Preprocessing()).model_dump_json())


@st.cache_resource(max_entries=3, show_spinner="Loading the images …")
def _dataset(name: str, version: str, preprocessing: str) -> ImageDataset:
    return load_dataset(name, Preprocessing.model_validate_json(preprocessing))


def suggestion(source: Source) -> tuple[TrainConfig, dict[str, str]]:
    """Settings that suit a source's images, and why each."""
    data = dataset(source)
    return _suggestion(data.key, data)


@st.cache_resource(max_entries=32, show_spinner="Trying out which settings suit these images …")
def _suggestion(key: str, _data: ImageDataset) -> tuple[TrainConfig, dict[str, str]]:
    from vaelab.suggest import suggest  # here, as it imports torch

    found = suggest(_data)
    return found.config, found.reasons


def known_map(run: Run, kind: ProjectionKind, max_points: int = MAX_POINTS) -> Projection | None:
    """A map that needs no computing."""
    try:
        found = _read_map(str(run.path), run.version, kind, max_points)
    except LookupError:
        return jobs().known_map(run, kind, max_points)
    lacks_sigma = run.config.model == "vae" and found.sigma is None
    if lacks_sigma and torch_is_loaded():
        with suppress(DatasetUnavailable):
            images_of(run)
            # A map of old: how wide posteriors are is added to it, and nothing laid out anew.
            return _make_map(str(run.path), run.version, kind, max_points)
    return found


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_map(path: str, version: int, kind: ProjectionKind, max_points: int) -> Projection:
    projection = read_map(opened(path, version), kind, max_points)
    if projection is None:
        # Raised rather than returned, as an absence must not be cached: a job may end it.
        raise LookupError
    return projection


def make_known_map(run: Run, kind: ProjectionKind, max_points: int = MAX_POINTS) -> Projection:
    """A map, computed now if it must be: only for kinds that take no time."""
    projection = known_map(run, kind, max_points)
    return projection or _make_map(str(run.path), run.version, kind, max_points)


@st.cache_resource(max_entries=16, show_spinner="Placing the images on the map …")
def _make_map(path: str, version: int, kind: ProjectionKind, max_points: int) -> Projection:
    run = opened(path, version)
    try:
        data = images_of(run)
    except DatasetUnavailable:
        return map_of_snapshot(run, kind)
    return make_map(run, data, kind, max_points)


def known_study(run: Run, name: str) -> Study | None:
    """A study that needs no computing."""
    try:
        return _read_study(str(run.path), run.version, name)
    except LookupError:
        return jobs().known_study(run, name)


@st.cache_resource(max_entries=32, show_spinner=False)
def _read_study(path: str, version: int, name: str) -> Study:
    study = read_study(opened(path, version), name)
    if study is None:
        raise LookupError
    return study


def codes_of(run: Run, split: SplitName) -> Codes:
    """The posteriors of a split's images."""
    return _codes_of(str(run.path), run.version, split)


@st.cache_resource(max_entries=16, show_spinner="Encoding the images …")
def _codes_of(path: str, version: int, split: SplitName) -> Codes:
    run = opened(path, version)
    data = images_of(run)
    chosen = data.indices(split)
    return run.engine.encode(data.images[chosen], data.labels_of(chosen))


def error_quantiles(run: Run) -> list[float]:
    """How far the reconstructions of held-out images are off, as quantiles."""
    return _error_quantiles(str(run.path), run.version)


@st.cache_data(max_entries=64, show_spinner=False)
def _error_quantiles(path: str, version: int) -> list[float]:
    from vaelab.evaluation.held_out import reconstruction_errors  # here, as it imports torch

    run = opened(path, version)
    quantiles: list[float] = np.quantile(
        reconstruction_errors(run.engine, images_of(run)), np.linspace(0, 1, 101)
    ).tolist()
    return quantiles


def model_name(run: Run) -> str:
    """A name for a run's model as of its last epoch, which no other model has."""
    return _model_name(run, run.version)


def _model_name(run: Run, version: int) -> str:
    return f"{run.name}@{version}"


def browser_model(run: Run) -> bytes:
    """The run's model, for the decoder in the browser; a ValueError if it is too large."""
    return _browser_model(str(run.path), run.version)


@st.cache_resource(max_entries=4, show_spinner=False)
def _browser_model(path: str, version: int) -> bytes:
    run = opened(path, version)
    weights, _ = run.checkpoint()
    size = 4 * sum(array.size for name, array in weights.items() if name.startswith("model."))
    return make_browser_model(
        run.config,
        run.data.image_shape,
        run.layers,
        weights,
        _model_name(run, version),
        "float16" if size > LONG_MODEL else "float32",
    )


def why_not_live(run: Run) -> str | None:
    """Say why the browser cannot run a model, or None where it can."""
    return _why_not_live(str(run.path), run.version)


@st.cache_data(max_entries=64, show_spinner=False)
def _why_not_live(path: str, version: int) -> str | None:
    try:
        _browser_model(path, version)
    except ValueError as error:
        return str(error)
    return None


def browser_map(
    run: Run,
    data: Labelled,
    projection: Projection,
    map_key: str,
    link: Literal["image", "place", "ends"] | None = None,
    dimension_names: Mapping[int, str] | None = None,
) -> bytes:
    """A map, for the decoder in the browser."""
    kind, num_points = projection.kind, len(projection.indices)
    names = dimension_names or {}
    kl = (run.evaluation() or {}).get("kl_per_dim")  # may come after the model did
    return _browser_map(
        model_name(run),
        run.name,
        kind,
        num_points,
        map_key,
        tuple(kl or ()),
        link,
        data.key,
        projection.axes,
        tuple(names.get(dim, "") for dim in range(run.config.latent_dim)),
        run.config.model == "vae",
        data,
        projection,
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _browser_map(
    model: str,
    run_name: str,
    kind: ProjectionKind,
    num_points: int,
    map_key: str,
    kl_per_dim: tuple[float, ...],
    link: Literal["image", "place", "ends"] | None,
    data_key: str,
    axes: tuple[str, str],
    dimension_names: tuple[str, ...],
    is_vae: bool,
    _data: Labelled,
    _projection: Projection,
) -> bytes:
    return make_browser_map(
        _projection,
        model,
        run_name,
        map_key,
        kl_per_dim=kl_per_dim or None,
        labels=None if _data.labels is None else _data.labels[_projection.indices],
        label_names=_data.label_names,
        background=_data.background,
        extent=ink_extent(_data.images) if isinstance(_data, ImageDataset) else 1.0,
        link=link,
        dimension_names=dimension_names,
        thumbnails=thumbnails_name(_data, _projection),
        is_vae=is_vae,
    )


def thumbnails_name(data: Labelled, projection: Projection) -> str | None:
    """A name for the images of a map, which no others have; None where they are gone."""
    if not isinstance(data, ImageDataset):
        return None
    return f"{data.key}:{len(projection.indices)}:{crc32(projection.indices.tobytes())}"


def browser_thumbnails(name: str, data: ImageDataset, projection: Projection) -> bytes:
    """The images of a map, small, for the page to show beside what is decoded."""
    return _browser_thumbnails(name, data, projection)


@st.cache_resource(max_entries=4, show_spinner=False)
def _browser_thumbnails(name: str, _data: ImageDataset, _projection: Projection) -> bytes:
    return make_browser_thumbnails(_data.images[_projection.indices], name)


@st.cache_data(max_entries=16, show_spinner="Decoding the grid …")
def _backdrop(
    path: str, version: int, name: tuple[object, ...], held: bytes, label: int, _projection: Projection
) -> str:
    run = opened(path, version)
    x_min, x_max, y_min, y_max = decoded_extent(_projection)
    cell = max(x_max - x_min, y_max - y_min) / BACKDROP_SIDE  # square where the map's axes are

    def centres(low: float, high: float) -> NDArray[np.float64]:
        edges = np.linspace(low, high, max(1, round((high - low) / cell)) + 1)
        return (edges[1:] + edges[:-1]) / 2

    # From the top left, as pictures go.
    x, y = np.meshgrid(centres(x_min, x_max), centres(y_min, y_max)[::-1])
    z = _projection.lift(np.column_stack([x.ravel(), y.ravel()]), np.frombuffer(held, np.float32))
    images = run.engine.decode(z, label)
    times = max(1, 32 // images.shape[3])  # crisp squares; a browser would smear small pixels
    return png_data_uri(tile(images, x.shape[1], gap=1, times=times))


def backdrop(run: Run, projection: Projection, z: NDArray[np.float32], label: int) -> str:
    """Images decoded over a map, as a data address; a conditional model's with one label.

    On a map of two dimensions the others are those of ``z``.
    """
    # Which map it is; only of two dimensions does it matter what the others are.
    name = (projection.kind, len(projection.indices), projection.components.tobytes())
    held = z if projection.kind == "pair" else np.zeros_like(z)
    label = label if run.config.conditional else 0
    return _backdrop(str(run.path), run.version, name, held.tobytes(), label, projection)
