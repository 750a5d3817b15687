"""Results about a run that take a while: computed once, as a job, and kept in its folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vaelab.runs import ACTIVE, Run, RunError

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset

__all__ = ["STUDIES", "Study", "make_study", "read_progress", "read_study"]

#: Called with the fraction done, 0 to 1.
Report = Callable[[float], None]


@dataclass(frozen=True)
class Study:
    """The results."""

    figures: dict[str, Any]  # as JSON has it
    arrays: dict[str, NDArray[Any]]


# Pages import this module to read studies; what makes them imports torch and scikit-learn.


def _evaluation(run: Run, data: ImageDataset, report: Report) -> Study:
    from vaelab.evaluation.full import evaluate_fully

    return Study(*evaluate_fully(run.engine, data, report))


def _pixel_maps(run: Run, data: ImageDataset, report: Report) -> Study:
    from vaelab.evaluation.map_study import pixel_maps

    return Study(*pixel_maps(data, report))


def _code_map(run: Run, data: ImageDataset, report: Report) -> Study:
    from vaelab.evaluation.map_study import code_map

    return Study(*code_map(run.engine, data, report))


#: What makes each study, by its name; ``pixel_maps`` depends on a run's images alone.
STUDIES: dict[str, Callable[[Run, ImageDataset, Report], Study]] = {
    "evaluation": _evaluation,
    "pixel_maps": _pixel_maps,
    "code_map": _code_map,
}


#: How a study is made, where that has changed since studies were first kept: one of old is made anew.
VERSIONS = {"evaluation": 2}


def read_study(run: Run, name: str) -> Study | None:
    """Read a study of the run's last epoch, or None where it was not made yet.

    Parameters
    ----------
    run
        A trained run.
    name
        A key of ``STUDIES``.

    Returns
    -------
    Study or None
        The results.
    """
    with suppress(RunError, KeyError, ValueError):
        arrays, text = run.read_arrays(_file_name(run, name))
        arrays.pop("none", None)
        return Study(json.loads(text["figures"]), arrays)
    return None


def read_progress(run: Run, name: str) -> float:
    """How far the making of a study has come, from 0 to 1; 0 where nothing is known."""
    with suppress(OSError, ValueError):
        return float((run.path / _progress_name(name)).read_text())
    return 0.0


def make_study(run: Run, data: ImageDataset, name: str) -> Study:
    """Make a study of the run's last epoch and keep it, or read it where it was made before.

    Parameters
    ----------
    run
        A trained run.
    data
        Its images.
    name
        A key of ``STUDIES``.

    Returns
    -------
    Study
        The results. They are kept unless the run is still in training, or its folder cannot be
        written.

    Raises
    ------
    ValueError
        If there is no such study, or these images do not allow it.
    """
    if name not in STUDIES:
        raise ValueError(f"There is no study {name!r}: choose one of {', '.join(STUDIES)}.")
    kept = read_study(run, name)
    if kept is not None:
        return kept
    run = run.pin()  # a run in training goes on under it

    def report(fraction: float) -> None:
        with suppress(OSError):
            path = run.path / _progress_name(name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{fraction:.3f}")

    report(0.0)
    try:
        study = STUDIES[name](run, data, report)
    finally:
        with suppress(OSError):
            (run.path / _progress_name(name)).unlink(missing_ok=True)
    if run.status.state not in ACTIVE:
        with suppress(RunError):
            # A safetensors file holds at least one array.
            arrays = study.arrays or {"none": np.zeros(1, np.uint8)}
            run.write_arrays(_file_name(run, name), arrays, {"figures": json.dumps(study.figures)})
    return study


def _file_name(run: Run, name: str) -> str:
    version = f"-v{VERSIONS[name]}" if name in VERSIONS else ""
    return f"studies/{name}{version}-epoch-{run.epoch:04d}.safetensors"


def _progress_name(name: str) -> str:
    return f"studies/.{name}.progress"
