"""Five maps of the same images, as far as they are made: of pixels, an AE's codes and a VAE's."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages._ui import resources, widgets
from pages._ui.cached import per_run
from pages._ui.text import plain
from vaelab.datasets import ImageDataset
from vaelab.evaluation.map_study import NUM_IMAGES, code_places, pixel_places
from vaelab.evaluation.reduction import two_pixels
from vaelab.figures.maps import MapPanel
from vaelab.latent.projections import choose_points
from vaelab.runs import Run

MAP_TITLES = {"raw": "Two pixels", "pca": "PCA", "umap": "UMAP", "ae": "Autoencoder", "vae": "VAE"}


class Maps(NamedTuple):
    """The five maps, as far as they are made."""

    indices: NDArray[np.int64]  # (N,), which images
    places: dict[str, NDArray[Any]]  # (N, 2) by the keys of MAP_TITLES
    figures: dict[str, dict[str, Any]]  # by the same
    pixels: list[tuple[int, int]]  # row and column of the two pixels of "raw", from 0
    knn_in_pixels: float | None
    missing: list[tuple[Run, str, str]]  # arguments of ``result_or_progress`` for what is to be made


def maps_so_far(models: dict[str, Run], data: ImageDataset) -> Maps:
    """Collect what needs no waiting: studies or, where one is still to be made, places alone."""
    run = next(iter(models.values()))
    missing = []
    places: dict[str, NDArray[Any]] = {}
    figures: dict[str, dict[str, Any]] = {}
    for kind, model in models.items():
        study = resources.known(model, "code_map")
        if study is None:
            missing.append((model, "code_map", f"Judging the {MAP_TITLES[kind]}'s map of {plain(model.title)}"))
            places[kind] = _code_places(model, data)["codes"]
        else:
            places[kind] = study.arrays["codes"]
            figures[kind] = study.figures["codes"] | {"seconds": seconds_of(model)}
            if (model.evaluation() or {}).get("active_units") == 0:
                figures[kind]["knn_accuracy"] = None  # means of a collapsed model tremble as the images differ
    known = (resources.known(each, "pixel_maps") for each in [run, *resources.same_images(run)])
    pixels = next((study for study in known if study is not None), None)
    if pixels is None:
        what = f"Making UMAP's map of the images of {plain(run.title)}, and judging those of the pixels"
        missing.append((run, "pixel_maps", what))
        arrays, positions, knn = _pixel_places(data), _two_pixels(data), None
    else:
        arrays, positions, knn = pixels.arrays, pixels.figures["pixels"], pixels.figures["knn_in_pixels"]
        figures |= {name: pixels.figures[name] for name in ("raw", "pca", "umap")}
    places |= {name: array for name, array in arrays.items() if name != "indices"}
    return Maps(arrays["indices"], places, figures, positions, knn, missing)


@per_run(max_entries=16, spinner="Placing the images …")
def _code_places(run: Run, data: ImageDataset) -> dict[str, Any]:
    return code_places(run.engine, data)


@per_run(max_entries=8, spinner="Placing the images …")
def _pixel_places(data: ImageDataset) -> dict[str, Any]:
    return pixel_places(data)


@per_run(max_entries=8)
def _two_pixels(data: ImageDataset) -> list[tuple[int, int]]:
    return list(two_pixels(data.images[choose_points(len(data), NUM_IMAGES)]).positions)


def seconds_of(run: Run) -> float | None:
    """How long a run was trained; the shipped runs have this only among their epochs."""
    if run.status.seconds:
        return run.status.seconds
    epochs = run.epochs()
    return float(epochs[-1]["seconds"]) if epochs else None


def panels_of(maps: Maps, models: dict[str, Run]) -> list[MapPanel]:
    """Each map with its title and its figures, for ``vaelab.figures.maps.linked_maps``."""
    first, second = (f"pixel in row {row + 1}, column {column + 1}" for row, column in maps.pixels)
    axes = {"raw": (first, second), "pca": ("PC 1", "PC 2"), "umap": ("", "")}
    panels = []
    for name, short in MAP_TITLES.items():
        run, title = models.get(name), short
        if run is not None:
            dims = run.config.latent_dim
            axes[name] = ("z1", "z2") if dims <= 2 else ("PC 1 of the codes", "PC 2 of the codes")
            kind = widgets.kind_of(run.config)
            kind = title if kind == "AE" else kind  # there is room to spell it out
            title = f"{kind[0].upper()}{kind[1:]}, {dims}-D" + (" by PCA" if dims > 2 else "")
        if name not in maps.places:
            absent = "is being made …" if name == "umap" else "is not trained yet"
            panels.append(MapPanel(title, f"{title} {absent}", None))
            continue
        figures = maps.figures.get(name)
        note = "being judged …"
        if figures is not None:
            knn = figures["knn_accuracy"]
            note = f"trust {figures['trustworthiness']:.2f} · continuity {figures['continuity']:.2f}" + (
                "" if knn is None else f" · k-NN {knn:.0%}"
            )
        panels.append(MapPanel(title, note, maps.places[name], axes[name], name != "umap"))
    return panels
