"""What there is to find out about a run, and how each is made and kept.

Imports no torch: whatever needs it is imported by the maker that does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaelab.latent.projections import PROJECTIONS, Projection, ProjectionKind, choose_points
from vaelab.runs.folder import Arrays
from vaelab.runs.run import Run

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset

__all__ = ["RESULTS", "Maker", "Making", "Result"]


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
        About how long it takes of ten thousand images.
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

    @property
    def is_quick(self) -> bool:
        """Whether a page can make it while somebody waits; if not, a job does."""
        return self.seconds < 3


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
