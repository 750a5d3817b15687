"""What a browser needs to decode a run: its model, a map, and the map's images. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets import ImageDataset, Labelled
from vaelab.export import browser_map, browser_model, browser_thumbnails
from vaelab.images import ink_extent
from vaelab.latent.projections import Projection
from vaelab.runs import Run
from vaelab.sharing.in_memory import ModelInMemory

__all__ = ["map_file", "model_file", "model_name", "thumbnails_file", "thumbnails_name"]

#: A model whose weights take more bytes than this as float32 goes to the browser as float16.
LONG_MODEL = 8_000_000


def model_name(run: Run | ModelInMemory) -> str:
    """Name a run's model as of its last epoch, as no other is named.

    Parameters
    ----------
    run
        A trained run, or a model in memory.

    Returns
    -------
    str
        The run's name and its version.
    """
    return f"{run.name}@{run.version}"


def model_file(run: Run | ModelInMemory) -> bytes:
    """Make the file of a run's model.

    Parameters
    ----------
    run
        A trained run, or a model in memory.

    Returns
    -------
    bytes
        As ``browser_model`` makes it.

    Raises
    ------
    ValueError
        If it is too large for a page.
    """
    weights, _ = run.checkpoint()
    size = 4 * sum(array.size for name, array in weights.items() if name.startswith("model."))
    return browser_model(
        run.config,
        run.data.image_shape,
        run.layers,
        weights,
        model_name(run),
        "float16" if size > LONG_MODEL else "float32",
    )


def map_file(
    run: Run | ModelInMemory,
    data: Labelled,
    projection: Projection,
    map_key: str,
    link: Literal["image", "place", "ends"] | None = None,
    dimension_names: Mapping[int, str] | None = None,
    thumbnails: str | None = None,
    posteriors: bool = False,
) -> bytes:
    """Make the file of a map.

    Parameters
    ----------
    run
        A trained run, or a model in memory.
    data
        Its images, or what it remembers of them.
    projection
        The map.
    map_key, link
        As ``browser_map`` takes them.
    dimension_names
        What people call dimensions, from 0.
    thumbnails, posteriors
        As ``browser_map`` takes them.

    Returns
    -------
    bytes
        As ``browser_map`` makes it.
    """
    names = dimension_names or {}
    return browser_map(
        projection,
        model_name(run),
        run.name,
        map_key,
        kl_per_dim=(run.evaluation() or {}).get("kl_per_dim") or None,
        labels=None if data.labels is None else data.labels[projection.indices],
        label_names=data.label_names,
        background=data.background,
        extent=ink_extent(data.images) if isinstance(data, ImageDataset) else 1.0,
        link=link,
        dimension_names=[names.get(dim, "") for dim in range(run.config.latent_dim)],
        thumbnails=thumbnails,
        is_vae=run.config.model == "vae",
        posteriors=posteriors,
    )


def thumbnails_name(data: Labelled, indices: NDArray[np.integer]) -> str | None:
    """Name the images of a map, as no others are named.

    Parameters
    ----------
    data
        The images of the run, or what it remembers of them.
    indices
        Those on the map.

    Returns
    -------
    str or None
        None where the images are gone.
    """
    if not isinstance(data, ImageDataset):
        return None
    return f"{data.key}:{len(indices)}:{crc32(indices.tobytes())}"


def thumbnails_file(data: ImageDataset, indices: NDArray[np.integer], exact_up_to: int | None = None) -> bytes:
    """Make the file of a map's images.

    Parameters
    ----------
    data
        The images of the run.
    indices
        Those on the map.
    exact_up_to
        As ``browser_thumbnails`` takes it.

    Returns
    -------
    bytes
        As ``browser_thumbnails`` makes it.
    """
    name = thumbnails_name(data, indices)
    assert name is not None  # of images that are there
    return browser_thumbnails(data.images[indices], name, exact_up_to)
