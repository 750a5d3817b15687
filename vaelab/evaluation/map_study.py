"""Ways of laying images on the plane, each with how well it keeps neighbours and what it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.reduction import map_quality, two_pixels
from vaelab.images import as_float
from vaelab.latent.projections import choose_points, pca, plane, umap

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset
    from vaelab.engine import Engine

__all__ = ["NUM_IMAGES", "code_map", "code_places", "pixel_maps", "pixel_places"]

#: Images on these maps: as many as the figures, which compare all pairs, take about a second for.
NUM_IMAGES = 2_000

Found = tuple[dict[str, Any], dict[str, NDArray[Any]]]
Report = Callable[[float], None]


def pixel_maps(data: ImageDataset, report: Report = lambda fraction: None) -> Found:
    """Lay images on the plane by their pixels alone.

    Parameters
    ----------
    data
        The images.
    report
        Called with the fraction done, 0 to 1.

    Returns
    -------
    tuple
        Figures of ``raw`` (the two pixels that say most), ``pca`` and ``umap``: trustworthiness,
        continuity and k-NN accuracy, each in [0, 1], and ``seconds``; the k-NN accuracy in all
        pixels as ``knn_in_pixels``. And arrays: ``indices`` ``(N,)`` of the images, the places
        ``(N, 2)`` by each name.
    """
    indices = choose_points(len(data), NUM_IMAGES)
    images, labels = data.images[indices], data.labels_of(indices)
    pixels = _flat(images)
    umap(pixels[:200], indices[:200])  # compiles; the time below is that of the map
    report(0.4)
    raw = two_pixels(images)

    def timed(make: Callable[[], NDArray[np.float32]]) -> tuple[NDArray[np.float32], float]:
        started = time.perf_counter()
        places = make()
        return places, time.perf_counter() - started

    makers: dict[str, Callable[[], NDArray[np.float32]]] = {
        "raw": lambda: raw.coordinates,
        "pca": lambda: pca(pixels, indices).coordinates,
        "umap": lambda: umap(pixels, indices).coordinates,
    }
    figures: dict[str, Any] = {"pixels": [list(position) for position in raw.positions]}
    arrays: dict[str, NDArray[Any]] = {"indices": indices}
    for done, (name, make) in enumerate(makers.items(), start=1):
        arrays[name], seconds = timed(make)
        quality = map_quality(pixels, arrays[name], labels)
        figures[name] = quality._asdict() | {"seconds": seconds}
        report(0.4 + 0.2 * done)
    figures["knn_in_pixels"] = map_quality(pixels, pixels, labels).knn_accuracy
    return figures, arrays


def code_map(engine: Engine, data: ImageDataset, report: Report = lambda fraction: None) -> Found:
    """Lay images on the plane by a model's codes: as they are, or by their principal components.

    Parameters
    ----------
    engine
        The model.
    data
        Its images.
    report
        Called with the fraction done, 0 to 1.

    Returns
    -------
    tuple
        Figures of ``codes``, as ``pixel_maps`` has them but without seconds: what the model took
        is its training's time. And arrays ``indices`` and ``codes`` ``(N, 2)``.
    """
    arrays = code_places(engine, data)
    indices, places = arrays["indices"], arrays["codes"]
    report(0.5)
    quality = map_quality(_flat(data.images[indices]), places, data.labels_of(indices))
    return {"codes": quality._asdict()}, arrays


def pixel_places(data: ImageDataset) -> dict[str, NDArray[Any]]:
    """Make the arrays of ``pixel_maps`` that take no time: all but ``umap``, and no figures."""
    indices = choose_points(len(data), NUM_IMAGES)
    images = data.images[indices]
    return {
        "indices": indices,
        "raw": two_pixels(images).coordinates,
        "pca": pca(_flat(images), indices).coordinates,
    }


def code_places(engine: Engine, data: ImageDataset) -> dict[str, NDArray[Any]]:
    """Make the arrays of ``code_map``, which take no time, without its figures."""
    indices = choose_points(len(data), NUM_IMAGES)
    mu = engine.encode(data.images[indices], data.labels_of(indices)).mu
    project = plane if mu.shape[1] <= 2 else pca
    return {"indices": indices, "codes": project(mu, indices).coordinates}


def _flat(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Images as float32 ``(N, P)`` in [0, 1]."""
    return as_float(images.reshape(len(images), -1))
