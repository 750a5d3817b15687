"""Explore as one file: a model and its map in a page that opens anywhere, and needs neither server nor network."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

import numpy as np

from vaelab.datasets import ImageDataset
from vaelab.datasets.own.groups import groups_of
from vaelab.export.modules import join, read
from vaelab.export.page import one_file_page
from vaelab.export.place import PlaceSent
from vaelab.files import file_to_write, write_whole
from vaelab.runs import Run, RunError, comparing
from vaelab.sharing import live
from vaelab.sharing.history import Known, PastSent
from vaelab.sharing.in_memory import ModelInMemory
from vaelab.sharing.maps import KindOfMap, MapOf, draw_map, draw_map_of_model
from vaelab.sharing.said import body_of, key_of, title_of

if TYPE_CHECKING:
    from vaelab.engine import Engine

__all__ = ["ChosenSpec", "Explorer", "ViewSpec", "explorer", "explorer_of", "explorer_of_model"]

#: Bytes that a map's images may take in a file before they become inexact: of MNIST's digits some 8,000 do.
EXACT_IMAGES = 2_000_000

_STYLES = (
    "explorer/theme.css",
    "explorer/page.css",
    "latent_canvas/component.css",
    "linked_selection/component.css",
    "lessons/stage.css",
    "time_machine/component.css",
    "explorer/phone.css",
)


class ViewSpec(TypedDict):
    """One map of the page."""

    map_key: str  # of the element around the chart
    place: PlaceSent | None  # where its canvas begins
    errors: list[float] | None  # quantiles of how far held-out images' reconstructions are off


class ChosenSpec(TypedDict):
    """The images of its maps that were chosen."""

    groups: dict[str, list[int]]  # those that were kept under a name, ascending
    chosen: list[int]  # those that are at first


@dataclass(frozen=True, repr=False)
class Explorer:
    """A page that is one file: ``save`` it, or have a notebook show it.

    Attributes
    ----------
    title
        What it is about.
    page
        HTML.
    height
        Pixels that it takes in a notebook.
    """

    title: str
    page: str
    height: int = 860

    def __repr__(self) -> str:
        return f"Explorer({self.title!r}, {len(self.page) / 1e6:.1f} MB)"

    def save(self, path: str | Path) -> Path:
        """Write the page.

        Parameters
        ----------
        path
            The file. What there is at it is replaced.

        Returns
        -------
        Path
            Where it is now.

        Raises
        ------
        ValueError
            If that is a folder, or in none.
        """
        file = file_to_write(path, "explorer.html")
        write_whole(file, self.page.encode(), durable=False)
        return file

    def _repr_html_(self) -> str:
        """The page in a frame of its own, for Jupyter, marimo and the like."""
        return (
            f'<iframe srcdoc="{html.escape(self.page)}" title="{html.escape(self.title)}" '
            f'style="width: 100%; height: {self.height}px; border: 0" allow="clipboard-write"></iframe>'
        )


def explorer(
    *runs: Run, kind: KindOfMap | None = None, points: int | None = None, images: bool = True, epochs: bool = False
) -> Explorer:
    """Make the explorer of a run, or of several side by side.

    Parameters
    ----------
    *runs
        Trained runs, of the same images where they are several.
    kind
        The map; by default the latent plane of two numbers, or else UMAP where it was made already, or else PCA.
        ``"epochs"`` is PCA of the codes of all epochs that the run kept.
    points
        Images on the map, at the most; by default as many as can be told apart, ``MAX_POINTS``.
    images
        Whether the images are in it, for the nearest to be seen.
    epochs
        Whether the epochs that the runs kept are in it, where the map can be taken back to them: up to 12 MB a run,
        which is more than some notebooks show.

    Returns
    -------
    Explorer
        With their latest models.

    Raises
    ------
    ValueError
        If there is no run or no such map, they learned different images, or a model is too large for a page.
    """
    if not runs:
        raise ValueError("An explorer is of a run, or of several: give one.")
    for other in runs[1:]:
        if not comparing.same_images(runs[0], other):
            raise ValueError(f"{other.title} and {runs[0].title} learned different images: compare models of the same.")
    return explorer_of([draw_map(run, kind, points, images) for run in runs], images, epochs)


def explorer_of(maps: Sequence[MapOf], images: bool = True, epochs: bool = True) -> Explorer:
    """Make the explorer of maps that were drawn already.

    Parameters
    ----------
    maps
        One, or several whose pointers go to the same image.
    images, epochs
        As ``explorer`` takes them.

    Returns
    -------
    Explorer
        With the figures as they are.

    Raises
    ------
    ValueError
        If a model is too large for a page.
    """
    from plotly.offline import get_plotlyjs, get_plotlyjs_version  # reads 5 MB

    views: list[ViewSpec] = []
    first: dict[str, bytes | str] = {"code": join("explorer/open.js")}
    later: dict[str, bytes | str] = {"plotly": get_plotlyjs()}
    sheets: set[str] = set()
    for index, map_ in enumerate(maps):
        run, data, projection, figure, names, place, *_ = map_
        key = key_of(index, len(maps))
        sheet = live.thumbnails_name(data, projection.indices) if images else None
        link: Literal["image"] | None = "image" if len(maps) > 1 else None
        first[f"model-{index}"] = _model_of(run)
        first[f"map-{index}"] = live.map_file(run, data, projection, key, link, names, sheet, posteriors=True)
        later[f"figure-{index}"] = type(figure)(figure).update_layout(template=None, height=None, width=None).to_json()
        if sheet is not None and sheet not in sheets and isinstance(data, ImageDataset):
            later[f"images-{index}"] = live.thumbnails_file(data, projection.indices, EXACT_IMAGES)
            sheets.add(sheet)
        here = None if place is None else PlaceSent(**(place | {"map_key": key}))
        views.append(ViewSpec(map_key=key, place=here, errors=_errors_of(map_)))
    past = _put_past(maps, later) if epochs else []
    title, chosen = title_of([map_.run for map_ in maps]), _chosen_of(maps[0])
    page = one_file_page(
        f"{title} · vaelab",
        body_of(title, maps, images, get_plotlyjs_version(), list(chosen["groups"])),
        first | {"views": json.dumps(views), "chosen": json.dumps(chosen), "past": json.dumps(past)},
        later,
        read(*_STYLES),
        compiles=any(trace.type == "scattergl" for map_ in maps for trace in map_.figure.data),
    )
    return Explorer(title, page)


def explorer_of_model(engine: Engine, data: ImageDataset | None = None, points: int | None = None) -> Explorer:
    """Make the explorer of a model that is no run's, on images that are given, or on draws from the prior.

    Parameters
    ----------
    engine, data, points
        As ``codes_on_a_map`` takes them.

    Returns
    -------
    Explorer
        Of the model as it is now.

    Raises
    ------
    ValueError
        As ``codes_on_a_map`` raises it, or if it is too large for a page.
    """
    return explorer_of([draw_map_of_model(engine, data, points)])


def _chosen_of(map_: MapOf) -> ChosenSpec:
    """The groups of the images on a map, as far as they are on it; all maps are of the same images."""
    data, run, on_map = map_.data, map_.run, map_.projection.indices
    image_hash = ""
    if isinstance(data, ImageDataset):
        image_hash = data.image_hash
    elif isinstance(run, Run):
        image_hash = run.data.image_hash
    kept = groups_of(image_hash) if image_hash else {}
    groups = {name: images[np.isin(images, on_map)].tolist() for name, images in kept.items()}
    chosen = np.array(map_.chosen, np.int64)
    return ChosenSpec(
        groups={name: images for name, images in groups.items() if images},
        chosen=chosen[np.isin(chosen, on_map)].tolist(),
    )


def _put_past(maps: Sequence[MapOf], parts: dict[str, bytes | str]) -> list[PastSent]:
    """Put the epochs of runs among a page's parts; what it is told of them."""
    past: list[PastSent] = []
    count = 0
    for index, map_ in enumerate(maps):
        history = map_.history
        if history is None:
            continue
        decoders = {epoch: f"decoder-{count + i}" for i, epoch in enumerate(history.epochs)}
        count += len(decoders)
        codes = f"codes-{index}"
        try:
            files = {codes: history.codes_file(Known.of(map_.data))}
            files |= {name: history.decoder_file(epoch) for epoch, name in decoders.items()}
        except RunError:
            continue  # an epoch is gone or damaged: map and model are whole without it
        parts |= files
        past.append(history.sent(key_of(index, len(maps)), codes, decoders))
    return past


def _model_of(run: Run | ModelInMemory) -> bytes:
    try:
        return live.model_file(run)
    except ValueError as error:
        raise ValueError(f"{run.title} cannot be a file that decodes: {error}") from error


def _errors_of(map_: MapOf) -> list[float] | None:
    """What an image that a person gives is compared with, where there are images."""
    if not isinstance(map_.data, ImageDataset):
        return None
    from vaelab.evaluation.held_out import error_quantiles

    return error_quantiles(map_.run.engine, map_.data)
