"""The maps that leave: of what, and which where nobody says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from vaelab.datasets import DatasetUnavailable, ImageDataset
from vaelab.export.place import PlaceSent
from vaelab.latent.projections import MAX_POINTS, Projection, choose_points
from vaelab.runs import Remembered, Run, results
from vaelab.sharing.history import History, history_of
from vaelab.sharing.in_memory import ModelInMemory, codes_on_a_map

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from vaelab.engine import Engine

__all__ = ["KindOfMap", "MapOf", "draw_map", "draw_map_of_model"]

KindOfMap = Literal["plane", "pca", "umap", "epochs"]


class MapOf(NamedTuple):
    """A map that is to be in the file, and what it is of."""

    run: Run | ModelInMemory
    #: Its images or, where they are gone, what it remembers of them.
    data: ImageDataset | Remembered
    projection: Projection
    figure: go.Figure
    #: What people call dimensions, from 0.
    dimension_names: Mapping[int, str] = {}
    place: PlaceSent | None = None
    #: Images that are chosen on it at first.
    chosen: Sequence[int] = ()
    #: The epochs that it can be taken back to, where places mean the same after each of them.
    history: History | None = None


def draw_map(run: Run, kind: KindOfMap | None = None, points: int | None = None, images: bool = True) -> MapOf:
    """Draw a map of a run, in the colours of its classes.

    Parameters
    ----------
    run
        A trained run.
    kind, points, images
        As ``explorer`` takes them.

    Returns
    -------
    MapOf
        The map; made now where it was not kept.

    Raises
    ------
    ValueError
        If there is no such map.
    """
    try:
        data: ImageDataset | Remembered = run.images()
    except DatasetUnavailable as error:
        data = run.remembered(str(error))
    history = history_of(run)
    projection = _projection(run, data, kind, MAX_POINTS if points is None else points, history)
    holds = projection.kind == "plane" or kind == "epochs"
    names = {dim: name for dim, name in run.dimension_names.items() if name}
    figure = _figure(data, projection, images)
    return MapOf(run, data, projection, figure, names, history=history if holds else None)


def draw_map_of_model(engine: Engine, data: ImageDataset | None, points: int | None = None) -> MapOf:
    """Draw a map of a model that is no run's, as ``codes_on_a_map`` makes it.

    Parameters
    ----------
    engine, data, points
        As ``codes_on_a_map`` takes them.

    Returns
    -------
    MapOf
        The map.

    Raises
    ------
    ValueError
        As ``codes_on_a_map`` raises it.
    """
    model, seen, projection = codes_on_a_map(engine, data, points)
    return MapOf(model, seen, projection, _figure(seen, projection, images=True))


def _figure(data: ImageDataset | Remembered, projection: Projection, images: bool) -> go.Figure:
    from vaelab.figures import latent_map

    labels = None if data.labels is None else data.labels[projection.indices]
    return latent_map(projection, labels, data.label_names, image_names=data.image_names if images else ())


def _projection(
    run: Run, data: ImageDataset | Remembered, kind: KindOfMap | None, points: int, history: History | None
) -> Projection:
    """The map asked for, read where it was made already."""
    if points < 1:
        raise ValueError(f"A map of {points} points shows nothing: take one at least.")
    kinds = results.kinds_of_map(run.config.latent_dim)
    if kind == "epochs" and "plane" not in kinds:
        if history is None:
            raise ValueError(f"{run.title} kept none of its epochs: take {' or '.join(kinds)}.")
        return history.map_of(_projection(run, data, "pca", points, None))
    if kind is None:
        # A UMAP map takes a minute: nobody waits for one who did not ask for it.
        kinds = [each for each in kinds if results.RESULTS[each].is_quick or results.read(run, each) is not None]
    elif kind not in kinds:
        raise ValueError(
            f"There is no {kind} map of codes of {run.config.latent_dim} numbers: take {' or '.join(kinds)}."
        )
    chosen = kind or kinds[0]
    if chosen == "umap" and points > MAX_POINTS:
        raise ValueError(f"A UMAP map has {MAX_POINTS:,} points at the most: ask for fewer, or for another map.")
    most = max(points, MAX_POINTS)
    found: Projection | None = results.read(run, chosen, most)
    if isinstance(data, ImageDataset):
        found = results.make(run, data, chosen, most)
    elif found is None and chosen == "umap":
        raise ValueError(f"{data.why} So no UMAP map can be made of them: take another map.")
    if found is None:
        found = results.map_of_snapshot(run, chosen)
    return found.subset(choose_points(len(found.indices), points))
