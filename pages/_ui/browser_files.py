"""What the page fetches: a run's model, its map, the images on it, each made once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pages._ui.cached import per_run
from pages._ui.resources import fresh
from vaelab.datasets import ImageDataset, Labelled
from vaelab.latent.projections import Projection
from vaelab.runs import Run
from vaelab.sharing import live

__all__ = ["browser_map", "browser_model", "browser_thumbnails", "why_not_live"]


@per_run(max_entries=4)
def browser_model(run: Run) -> bytes:
    """The run's model, for the decoder in the browser; a ValueError if it is too large."""
    return live.model_file(fresh(run))


@per_run(max_entries=64)
def why_not_live(run: Run) -> str | None:
    """Say why the browser cannot run a model, or None where it can."""
    try:
        browser_model(run)
    except ValueError as error:
        return f"{error} It is decoded on the server instead."
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
    names = tuple((dimension_names or {}).items())
    kl = (run.evaluation() or {}).get("kl_per_dim")  # may come after the model did
    return _browser_map(run, data, projection, map_key, link, names, kl)


@per_run(max_entries=8)
def _browser_map(
    run: Run,
    data: Labelled,
    projection: Projection,
    map_key: str,
    link: Literal["image", "place", "ends"] | None,
    dimension_names: tuple[tuple[int, str], ...],
    kl_per_dim: list[float] | None,  # what tells the map after an evaluation from that before it
) -> bytes:
    sheet = live.thumbnails_name(data, projection.indices)
    return live.map_file(run, data, projection, map_key, link, dict(dimension_names), sheet)


@per_run(max_entries=4)
def browser_thumbnails(name: str, data: ImageDataset, indices: NDArray[np.integer]) -> bytes:
    """The images of a map, small, for the page to show beside what is decoded; ``name`` tells them from others."""
    return live.thumbnails_file(data, indices)
