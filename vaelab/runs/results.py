"""What is found out about a run once and kept in its folder: its evaluations, and maps of its latent space."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vaelab.latent.projections import MAX_POINTS, PROJECTIONS, Projection, ProjectionKind
from vaelab.runs.folder import RunError
from vaelab.runs.makers import RESULTS, Maker, Making, Result
from vaelab.runs.run import Run
from vaelab.runs.status import ACTIVE

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset

__all__ = ["RESULTS", "Maker", "Result", "keep", "kinds_of_map", "make", "map_of_snapshot", "read", "read_progress"]


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
    maker = _maker(name)
    with suppress(RunError, KeyError, TypeError, ValueError):
        file = _file(run, name, points)
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
    file = _maker(name).file
    # What is of any epoch is to be read also where the checkpoint, which names the epoch, is damaged.
    return file.format(epoch=run.epoch, points=points) if "{epoch" in file else file


def _progress_file(run: Run, name: str, points: int) -> Path:
    file = run.path / _file(run, name, points)
    return file.with_name(f".{file.stem}.progress")


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
        Of the images whose codes were kept, at most ``vaelab.training.keeping.SNAPSHOT_IMAGES`` of them.

    Raises
    ------
    RunError
        If no codes were kept.
    """
    snapshot = run.last_snapshot()
    return PROJECTIONS[kind](snapshot.mu, snapshot.indices)
