"""What the page fetches: a run's model, its map, the images on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from zlib import crc32

from pages._ui.cached import per_run
from pages._ui.resources import fresh
from vaelab.datasets import ImageDataset, Labelled
from vaelab.export import browser_map as make_browser_map
from vaelab.export import browser_model as make_browser_model
from vaelab.export import browser_thumbnails as make_browser_thumbnails
from vaelab.images import ink_extent
from vaelab.latent.projections import Projection
from vaelab.runs import Run

__all__ = ["browser_map", "browser_model", "browser_thumbnails", "model_name", "thumbnails_name", "why_not_live"]


#: A model whose weights take more than this as float32 goes to the browser as float16.
LONG_MODEL = 8_000_000


def model_name(run: Run) -> str:
    """A name for a run's model as of its last epoch, which no other model has."""
    return f"{run.name}@{run.version}"


@per_run(max_entries=4)
def browser_model(run: Run) -> bytes:
    """The run's model, for the decoder in the browser; a ValueError if it is too large."""
    run = fresh(run)
    weights, _ = run.checkpoint()
    size = 4 * sum(array.size for name, array in weights.items() if name.startswith("model."))
    return make_browser_model(
        run.config,
        run.data.image_shape,
        run.layers,
        weights,
        model_name(run),
        "float16" if size > LONG_MODEL else "float32",
    )


@per_run(max_entries=64)
def why_not_live(run: Run) -> str | None:
    """Say why the browser cannot run a model, or None where it can."""
    try:
        browser_model(run)
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
    names = dimension_names or {}
    kl = (run.evaluation() or {}).get("kl_per_dim")  # may come after the model did
    in_order = tuple(names.get(dim, "") for dim in range(run.config.latent_dim))
    return _browser_map(run, data, projection, map_key, link, in_order, kl)


@per_run(max_entries=8)
def _browser_map(
    run: Run,
    data: Labelled,
    projection: Projection,
    map_key: str,
    link: Literal["image", "place", "ends"] | None,
    dimension_names: tuple[str, ...],
    kl_per_dim: list[float] | None,
) -> bytes:
    return make_browser_map(
        projection,
        model_name(run),
        run.name,
        map_key,
        kl_per_dim=kl_per_dim or None,
        labels=None if data.labels is None else data.labels[projection.indices],
        label_names=data.label_names,
        background=data.background,
        extent=ink_extent(data.images) if isinstance(data, ImageDataset) else 1.0,
        link=link,
        dimension_names=dimension_names,
        thumbnails=thumbnails_name(data, projection),
        is_vae=run.config.model == "vae",
    )


def thumbnails_name(data: Labelled, projection: Projection) -> str | None:
    """A name for the images of a map, which no others have; None where they are gone."""
    if not isinstance(data, ImageDataset):
        return None
    return f"{data.key}:{len(projection.indices)}:{crc32(projection.indices.tobytes())}"


@per_run(max_entries=4)
def browser_thumbnails(name: str, data: ImageDataset, projection: Projection) -> bytes:
    """The images of a map, small, for the page to show beside what is decoded."""
    return make_browser_thumbnails(data.images[projection.indices], name)
