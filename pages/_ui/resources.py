"""What is loaded once and shared by sessions and reruns: vaelab behind Streamlit's caches."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import streamlit as st

from pages._ui.cached import per_run
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import SOURCES, DatasetUnavailable, ImageDataset, Source, SplitName, load_dataset
from vaelab.installed import EXAMPLES
from vaelab.latent.projections import MAX_POINTS, Projection, ProjectionKind
from vaelab.runs import Remembered, Run, comparing, list_runs, results
from vaelab.runs.results import RESULTS
from vaelab.training.jobs import Jobs

if TYPE_CHECKING:
    from vaelab.engine import Codes

__all__ = [
    "all_runs",
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
    "known",
    "load_torch",
    "made",
    "same_images",
    "suggestion",
    "torch_is_loaded",
]


#: Those that people are to see first.
FIRST = ("mnist-2d", "faces-8d")


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


@per_run(max_entries=8)
def fresh(run: Run) -> Run:
    """The run as it stands now, its model loaded once; training may go on under it."""
    return Run.open(run.path).pin()


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
    return _dataset(source, preprocessing or Preprocessing())


@per_run(max_entries=3, spinner="Loading the images …")
def _dataset(source: Source, preprocessing: Preprocessing) -> ImageDataset:
    return load_dataset(source.name, preprocessing)


@per_run(max_entries=32, spinner="Trying out which settings suit these images …")
def suggestion(data: ImageDataset) -> tuple[TrainConfig, dict[str, str]]:
    """Settings that suit images, and why each."""
    from vaelab.training.suggest import suggest  # here, as it imports torch

    found = suggest(data)
    return found.config, found.reasons


def known(run: Run, name: str, points: int = MAX_POINTS) -> Any:
    """A result that needs no computing, or None; what is about the images alone may be of another run of theirs."""
    of = [run] if RESULTS[name].needs_model else [run, *same_images(run)]
    found = (_known(each, name, points) for each in of)
    return next((result for result in found if result is not None), None)


def _known(run: Run, name: str, points: int) -> Any:
    try:
        found = _read(run, name, points)
    except LookupError:
        return jobs().known(run, name, points)
    if torch_is_loaded() and not RESULTS[name].is_whole(run, found):
        with suppress(DatasetUnavailable):
            images_of(run)
            return _make(run, name, points)
    return found


@per_run(max_entries=48)
def _read(run: Run, name: str, points: int) -> Any:
    result = results.read(fresh(run), name, points)
    if result is None:
        # Raised rather than returned, as an absence must not be cached: a job may end it.
        raise LookupError
    return result


def made(run: Run, kind: ProjectionKind, points: int = MAX_POINTS) -> Projection:
    """A map, computed now if it must be: only of kinds that take no time."""
    projection: Projection | None = known(run, kind, points)
    return projection or _make(run, kind, points)


@per_run(max_entries=16, spinner="Placing the images on the map …")
def _make(run: Run, name: str, points: int) -> Any:
    run = fresh(run)
    try:
        data = images_of(run)
    except DatasetUnavailable:
        return results.map_of_snapshot(run, cast("ProjectionKind", name))  # nothing else is made here
    return results.make(run, data, name, points)


@per_run(max_entries=16, spinner="Encoding the images …")
def codes_of(run: Run, split: SplitName) -> Codes:
    """The posteriors of a split's images."""
    data = images_of(run)
    chosen = data.indices(split)
    return fresh(run).engine.encode(data.images[chosen], data.labels_of(chosen))


@per_run(max_entries=64)
def error_quantiles(run: Run) -> list[float]:
    """How far the reconstructions of held-out images are off, as quantiles."""
    from vaelab.evaluation.held_out import error_quantiles as quantiles_of  # here, as it imports torch

    return quantiles_of(fresh(run).engine, images_of(run))
