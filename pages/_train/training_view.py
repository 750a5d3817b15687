"""A training as it goes, drawn over in place: see ``assets/training``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from safetensors.numpy import save

from pages._train.curves import Change, changes_of, curves_of, steps_per_epoch
from pages._ui import browser_code, resources
from pages._ui.cached import per_run
from vaelab.datasets import ImageDataset
from vaelab.figures import PALETTE
from vaelab.latent.projections import pca, plane
from vaelab.runs import Run, Snapshot

if TYPE_CHECKING:
    from vaelab.engine import Engine


_COURSE = browser_code.component(
    "training_course", "training/mount.js", "training/course.html", "lessons/stage.css", "training/course.css"
)
# Images have a mount of their own, so that they travel once.
_IMAGES = browser_code.component("training_images", "training/images_mount.js")

#: Images on the forming map, and pixels a side of the pictures that go with it.
MAP_IMAGES, SIDE, THUMB = 1_000, 64, 28
#: Images that are shown beside their reconstructions.
NUM_PAIRS = 8
#: Colours of training and of validation, as in ``loss_curves``.
COLORS = (PALETTE[0], PALETTE[6])

Floats = NDArray[np.float32]


class ImagesSpec(TypedDict):
    """What the browser is sent with a run's images."""

    run: str
    label_names: list[str]
    palette: list[str]


class CourseSpec(TypedDict):
    """What the browser is sent of a training as it goes."""

    run: str
    terms: list[str]  # what the curves are of
    colors: list[str]  # of training and of validation
    axes: list[str]  # of the map
    about: str  # what the map shows
    epochs: list[float]  # of which there is a map
    steps: int  # that an epoch takes
    changes: list[Change]  # of settings while it was trained


class Frames(NamedTuple):
    """What a model made of images after some epochs."""

    epochs: list[float]
    places: Floats  # (F, N, 2)
    pictures: NDArray[np.uint8]  # (F, K, H, W, C)


def send_images(run: Run, data: ImageDataset) -> None:
    """Give the browser the images of a run in training: those on the map, and those that are reconstructed."""
    snapshot = run.last_snapshot()
    on_map = snapshot.indices[_on_map(snapshot)]
    shown = snapshot.indices[_shown(snapshot, data)]
    arrays: dict[str, NDArray[Any]] = {
        "thumbs": _small(data.images[on_map], THUMB),
        "shown": _small(data.images[shown], SIDE),
        "numbers": on_map.astype(np.int32),
    }
    if data.labels is not None:
        arrays["labels"] = data.labels[on_map].astype(np.int32)
    spec = ImagesSpec(run=_id_of(run), label_names=list(data.label_names), palette=list(PALETTE))
    _IMAGES(key="training-images", data=_pack(arrays, "images", spec))


def draw_course(run: Run, frames: Frames | None) -> None:
    """Draw the curves of a run, and the map and reconstructions of some epochs.

    Parameters
    ----------
    run
        A run that was begun.
    frames
        The last one while it goes on, all at its end; None while there is none.
    """
    terms, train, validation = curves_of(run)
    arrays: dict[str, NDArray[Any]] = {"train": train, "validation": validation}
    if frames is not None:
        arrays |= {"places": frames.places, "pictures": frames.pictures}
    flat = run.config.latent_dim <= 2
    spec = CourseSpec(
        run=_id_of(run),
        terms=terms,
        colors=list(COLORS),
        axes=["z1", "z2"] if flat else ["", ""],
        about=""
        if flat
        else "The two directions in which codes differ most (PCA), turned so that the map keeps its place "
        "from epoch to epoch.",
        epochs=[] if frames is None else frames.epochs,
        steps=steps_per_epoch(run),
        changes=changes_of(run),
    )
    _COURSE(key="training-course", data=_pack(arrays, "course", spec))


# The map as it forms ----------------------------------------------------------------------------


@per_run(max_entries=8)
def frames_of(run: Run, data: ImageDataset, everything: bool) -> Frames:
    """What the model made of the images: after the last epoch, or after each that was kept.

    Parameters
    ----------
    run
        A run that was begun.
    data
        Its images.
    everything
        Whether all are wanted.

    Raises
    ------
    RunError
        If nothing was kept, or it is damaged.
    """
    run = resources.fresh(run)
    last = run.last_snapshot()
    kept = [epoch for epoch in run.snapshot_epochs() if epoch < last.epoch] if everything else []
    snapshots = [*(run.snapshot(epoch) for epoch in kept), last]
    places, pictures = [], []
    known = _places(str(run.path), run.created)
    for snapshot in snapshots:
        places.append(_place(snapshot, known, snapshot.epoch))
        pictures.append(_draw(snapshot, run.engine, data))
    return Frames([snapshot.epoch for snapshot in snapshots], np.stack(places), np.stack(pictures))


def frames_within(run: Run, data: ImageDataset) -> Frames | None:
    """What the model makes of the images amid an epoch, where somebody looks at its steps; None where nobody does.

    Parameters
    ----------
    run
        A run in training.
    data
        Its images.

    Raises
    ------
    RunError
        If what is shown is damaged.
    """
    live = run.live()
    if live is None:
        return None
    step, snapshot = live
    at = step / steps_per_epoch(run)
    known = _places(str(run.path), run.created)
    known.pop(at, None)  # of an earlier time, when other settings held
    places = _place(snapshot, known, at)
    for other in [epoch for epoch in list(known) if epoch % 1 and epoch != at]:
        known.pop(other, None)  # what comes next is turned like this one
    pictures = _draw(snapshot, resources.fresh(run).engine, data)
    return Frames([at], places[None], pictures[None])


@st.cache_resource(max_entries=8, show_spinner=False)
def _places(path: str, created: float) -> dict[float, Floats]:
    """Where images were on a run's maps, by epoch: a new one is turned like that before it."""
    return {}


def _place(snapshot: Snapshot, known: dict[float, Floats], at: float) -> Floats:
    """Where the images are on the map, ``(N, 2)``: their codes, or PCA of them turned like the map before."""
    chosen = _on_map(snapshot)
    if snapshot.mu.shape[1] <= 2:
        return plane(snapshot.mu, snapshot.indices).coordinates[chosen].astype(np.float32)
    turned = known.get(at)
    if turned is None:
        places = pca(snapshot.mu, snapshot.indices).coordinates[chosen].astype(np.float32)
        # Another visitor's page may add to these, or drop some.
        before = max(
            ((epoch, where) for epoch, where in list(known.items()) if epoch < at), default=None, key=itemgetter(0)
        )
        turned = known[at] = places if before is None else turned_like(places, before[1])
    return turned


def turned_like(places: Floats, others: Floats) -> Floats:
    """Turn or mirror places so that they come as near to others as they can.

    Parameters
    ----------
    places, others
        ``(N, 2)``.

    Returns
    -------
    ndarray
        ``(N, 2)``: the orthogonal Procrustes problem (Schönemann 1966).
    """
    left, _, right = np.linalg.svd(places.T @ others)
    turned: Floats = (places @ (left @ right)).astype(np.float32)
    return turned


def _draw(snapshot: Snapshot, engine: Engine, data: ImageDataset) -> NDArray[np.uint8]:
    """What the images that are shown looked like when they were reconstructed then."""
    shown = _shown(snapshot, data)
    then = engine.as_of(snapshot)
    return _small(then.decode(snapshot.mu[shown], data.labels_of(snapshot.indices[shown])), SIDE)


def _on_map(snapshot: Snapshot) -> NDArray[np.int64]:
    """Which of a snapshot's images are on the map: spread over all."""
    count = len(snapshot.indices)
    return np.linspace(0, count - 1, min(count, MAP_IMAGES)).astype(np.int64)


def _shown(snapshot: Snapshot, data: ImageDataset) -> NDArray[np.int64]:
    """Which of a snapshot's images are reconstructed: held-out ones, if there are any."""
    held_out = np.flatnonzero(np.isin(snapshot.indices, data.split.validation))
    chosen = held_out if len(held_out) else np.arange(len(snapshot.indices))
    return np.random.default_rng(0).permutation(chosen)[:NUM_PAIRS]


def _small(images: NDArray[np.generic], side: int) -> NDArray[np.uint8]:
    """Images ``(N, C, H, W)`` as bytes ``(N, H, W, C)``, of every so many pixels where there are more than ``side``."""
    every = -(-images.shape[3] // side)
    pixels = images[:, :, ::every, ::every]
    if pixels.dtype != np.uint8:
        pixels = (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)
    return np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))


def _id_of(run: Run) -> str:
    """A name for a run that another in the same folder has not."""
    return f"{run.name}@{run.created:.6f}"


def _pack(arrays: Mapping[str, NDArray[Any]], kind: str, spec: ImagesSpec | CourseSpec) -> bytes:
    """A file as the browser reads it."""
    metadata = {"kind": kind, kind: json.dumps(spec, allow_nan=False)}
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata)
