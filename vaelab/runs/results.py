"""What is found out about a run once and kept in its folder: its evaluations, and maps of its latent space.

Imports no torch: whatever needs it is imported by the maker that does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaelab.latent.projections import MAX_POINTS, PROJECTIONS, Projection, ProjectionKind, choose_points
from vaelab.runs import ACTIVE, Arrays, Run, RunError

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset

__all__ = ["RESULTS", "Maker", "Result", "keep", "kinds_of_map", "make", "map_of_snapshot", "read", "read_progress"]

#: Called with the fraction done, 0 to 1.
Report = Callable[[float], None]


class Result(NamedTuple):
    """Figures, and what lies behind them; a map is a ``Projection`` instead."""

    figures: dict[str, Any]  # as JSON has it
    arrays: dict[str, NDArray[Any]]


class Making(NamedTuple):
    """What a maker is given."""

    run: Run  # pinned: a run in training goes on under it
    data: ImageDataset
    report: Report
    points: int  # on a map, at the most
    old: Any  # the result as it is kept, where ``is_whole`` would have it made again


def _pack(result: Result) -> tuple[Arrays, dict[str, str]]:
    # A safetensors file holds at least one array.
    return result.arrays or {"none": np.zeros(1, np.uint8)}, {"figures": json.dumps(result.figures)}


def _unpack(run: Run, arrays: Arrays, text: dict[str, str]) -> Result:
    arrays.pop("none", None)
    return Result(json.loads(text["figures"]), arrays)


@dataclass(frozen=True)
class Maker:
    """How a kind of result is made and kept.

    Attributes
    ----------
    make
        Makes it.
    file
        Where it is kept in the run's folder; a file of JSON has figures alone. Another name has those of old made anew.
    seconds
        About how long it takes of ten thousand images: what takes more than a few is made by a job.
    needs_model
        Whether it is about the model; if not, it is the same for all runs of the same images.
    pack, unpack
        The result as what its file holds, arrays and text, and back.
    is_whole
        Whether a result that was kept has all that is kept today.
    """

    make: Callable[[Making], Any]
    file: str
    seconds: float
    needs_model: bool = True
    pack: Callable[[Any], tuple[Arrays, dict[str, str]]] = _pack
    unpack: Callable[[Run, Arrays, dict[str, str]], Any] = _unpack
    is_whole: Callable[[Run, Any], bool] = lambda run, result: True


def read(run: Run, name: str, points: int = MAX_POINTS) -> Any:
    """Read a result about the run's last epoch, or None where it was not made yet.

    Parameters
    ----------
    run
        A trained run.
    name
        A key of ``RESULTS``.
    points
        How many points a map was to have at the most.

    Returns
    -------
    Result or Projection or None
        The result; of a map, a ``Projection``.

    Raises
    ------
    ValueError
        If there is no such result.
    """
    maker, file = _maker(name), _file(run, name, points)
    with suppress(RunError, KeyError, TypeError, ValueError):
        if file.endswith(".json"):
            return maker.unpack(run, {}, {"figures": run.read_text(file)})
        return maker.unpack(run, *run.read_arrays(file))
    return None


def keep(run: Run, name: str, result: Any, points: int = MAX_POINTS) -> None:
    """Keep a result about the run's last epoch.

    Parameters
    ----------
    run, name
        As ``read`` takes them.
    result
        What ``read`` is to return.
    points
        As ``read`` takes it.

    Raises
    ------
    RunError
        If the folder cannot be written.
    """
    file = _file(run, name, points)
    arrays, text = _maker(name).pack(result)
    if file.endswith(".json"):
        run.write_text(file, json.dumps(result.figures, indent=2) + "\n")
    else:
        run.write_arrays(file, arrays, text)


def make(run: Run, data: ImageDataset, name: str, points: int = MAX_POINTS) -> Any:
    """Make a result about the run's last epoch and keep it, or read it where it was made before.

    Parameters
    ----------
    run
        A trained run.
    data
        Its images.
    name, points
        As ``read`` takes them.

    Returns
    -------
    Result or Projection
        The result. It is kept unless the run is still in training, when the next epoch has another, or its folder
        cannot be written.

    Raises
    ------
    ValueError
        If there is no such result, or this run or its images do not allow it.
    """
    maker, old = _maker(name), read(run, name, points)
    if old is not None and maker.is_whole(run, old):
        return old
    run = run.pin()
    progress = _progress_file(run, name, points)

    def report(fraction: float) -> None:
        with suppress(OSError):
            progress.parent.mkdir(exist_ok=True)
            progress.write_text(f"{fraction:.3f}")

    try:
        result = maker.make(Making(run, data, report, points, old))
    finally:
        with suppress(OSError):
            progress.unlink(missing_ok=True)
    if run.status.state not in ACTIVE:
        with suppress(RunError):
            keep(run, name, result, points)
    return result


def read_progress(run: Run, name: str, points: int = MAX_POINTS) -> float:
    """How far the making of a result has come, from 0 to 1; 0 where nothing is known."""
    with suppress(OSError, ValueError):
        return float(_progress_file(run, name, points).read_text())
    return 0.0


def _maker(name: str) -> Maker:
    if name not in RESULTS:
        raise ValueError(f"There is no result {name!r}: choose one of {', '.join(RESULTS)}.")
    return RESULTS[name]


def _file(run: Run, name: str, points: int) -> str:
    return _maker(name).file.format(epoch=run.epoch, points=points)


def _progress_file(run: Run, name: str, points: int) -> Path:
    file = run.path / _file(run, name, points)
    return file.with_name(f".{file.stem}.progress")


# What there is -------------------------------------------------------------------------------------


def _evaluation(making: Making) -> Result:
    from vaelab.evaluation import evaluate

    return Result(evaluate(making.run.engine, making.data).as_dict(), {})


def _unpack_evaluation(run: Run, arrays: Arrays, text: dict[str, str]) -> Result:
    """Without the k-NN accuracy of a VAE where that is of means, as it once was: it does not compare."""
    figures = json.loads(text["figures"])
    if run.config.model == "vae" and "knn_of" not in figures:
        figures["knn_accuracy"] = None
    return Result(figures, arrays)


def _full_evaluation(making: Making) -> Result:
    from vaelab.evaluation.full import evaluate_fully

    return Result(*evaluate_fully(making.run.engine, making.data, making.report))


def _pixel_maps(making: Making) -> Result:
    from vaelab.evaluation.map_study import pixel_maps

    return Result(*pixel_maps(making.data, making.report))


def _code_map(making: Making) -> Result:
    from vaelab.evaluation.map_study import code_map

    return Result(*code_map(making.run.engine, making.data, making.report))


def _map(kind: ProjectionKind, seconds: float) -> Maker:
    """Make maps of a kind; to one of old, which lacks the posteriors' widths, these are added."""

    def make(making: Making) -> Projection:
        run, data, _, points, old = making
        indices = choose_points(len(data), points)
        codes = run.engine.encode(data.images[indices], data.labels_of(indices))
        projection: Projection = old or PROJECTIONS[kind](codes.mu, indices)
        return replace(projection, sigma=codes.sigma.astype(np.float16)) if run.config.model == "vae" else projection

    return Maker(
        make,
        f"projections/{kind}-{{points}}-epoch-{{epoch:04d}}.safetensors",
        seconds,
        pack=Projection.to_arrays,
        unpack=lambda run, arrays, text: Projection.from_arrays(arrays, text),
        is_whole=lambda run, map: map.sigma is not None or run.config.model != "vae",
    )


#: Every kind of result, by its name.
RESULTS: dict[str, Maker] = {
    "plane": _map("plane", 1),
    "pca": _map("pca", 1),
    "umap": _map("umap", 60),
    "evaluation": Maker(_evaluation, "evaluation.json", 3, unpack=_unpack_evaluation),
    # Version 2: earlier accuracies were of means, and bounds on log p(x|y).
    "full_evaluation": Maker(_full_evaluation, "studies/evaluation-v2-epoch-{epoch:04d}.safetensors", 60),
    "pixel_maps": Maker(_pixel_maps, "studies/pixel_maps-epoch-{epoch:04d}.safetensors", 30, needs_model=False),
    "code_map": Maker(_code_map, "studies/code_map-epoch-{epoch:04d}.safetensors", 5),
}


def kinds_of_map(latent_dim: int) -> list[ProjectionKind]:
    """Maps of a latent space of ``latent_dim`` dimensions that are made and kept, the best one first."""
    if latent_dim == 1:
        return ["plane"]
    return ["plane", "pca", "umap"] if latent_dim == 2 else ["umap", "pca"]


def map_of_snapshot(run: Run, kind: ProjectionKind) -> Projection:
    """Make a map from the codes that the run kept after its last epoch: for where its images are gone.

    Parameters
    ----------
    run
        A trained run.
    kind
        ``"plane"`` or ``"pca"``.

    Returns
    -------
    Projection
        Of the images whose codes were kept, at most ``vaelab.training.SNAPSHOT_IMAGES`` of them.

    Raises
    ------
    RunError
        If no codes were kept.
    """
    snapshot = run.last_snapshot()
    return PROJECTIONS[kind](snapshot.mu, snapshot.indices)
