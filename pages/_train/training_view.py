"""A training as it goes, drawn over in place: see ``assets/training``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from safetensors.numpy import save

from pages._ui import browser_code, resources
from pages._ui.cached import per_run
from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset
from vaelab.figures import PALETTE
from vaelab.figures.curves import PENALTY, TERMS
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
#: Points of a curve: more could not be told apart.
CURVE_POINTS = 400
#: Epochs up to which training's own curve is drawn within them.
FEW_EPOCHS = 12
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
    epochs: list[int]  # of which there is a map


class Frames(NamedTuple):
    """What a model made of images after some epochs."""

    epochs: list[int]
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
    )
    _COURSE(key="training-course", data=_pack(arrays, "course", spec))


# Curves -----------------------------------------------------------------------------------------


def curves_of(run: Run) -> tuple[list[str], Floats, Floats]:
    """Read the loss of a run and its parts, over epochs.

    Parameters
    ----------
    run
        A run that was begun.

    Returns
    -------
    tuple
        What the terms are called; then of training and of validation, a float32 array each: a row of epochs and
        one a term, in nats per image. In the first epochs, and in one that is under way, training has points
        within an epoch.
    """
    records = run.records()
    epochs = [record for record in records if record["kind"] == "epoch"]
    steps = [record for record in records if record["kind"] == "step"]
    ended = epochs[-1]["step"] if epochs else 0
    # Of epochs that take a blink there are more than of steps, which are written down by the clock.
    if len(epochs) < min(FEW_EPOCHS, len(steps)):
        train = steps
    else:
        train = epochs + [record for record in steps if record["step"] > ended]
    # By what the run is, as there may be no record yet.
    terms = _terms_of(run.config)
    # A step's place is in epochs: what is known of finished ones, or follows from the number of images.
    per_epoch = ended / epochs[-1]["epoch"] if epochs else -(-run.data.num_train // run.config.batch_size)
    return (
        list(terms.values()),
        _curve(train, "train", list(terms), per_epoch),
        _curve(epochs, "validation", list(terms), per_epoch),
    )


def _terms_of(config: TrainConfig) -> dict[str, str]:
    """The parts of a loss that have curves; where its reconstruction is all there is, that is the total."""
    terms = TERMS | (PENALTY if config.minimized.has_penalty else {})
    if config.model == "vae":
        return terms
    without_kl = {name: title for name, title in terms.items() if name != "kl"}
    return without_kl if config.minimized.has_penalty else {"total": terms["total"]}


def _curve(records: Sequence[Mapping[str, Any]], split: str, terms: Sequence[str], per_epoch: float) -> Floats:
    if len(records) > CURVE_POINTS:
        records = [records[i] for i in np.linspace(0, len(records) - 1, CURVE_POINTS).round().astype(int)]
    rows = [[record["step"] / per_epoch for record in records]]
    rows += [[record[split].get(term, 0.0) for record in records] for term in terms]
    return np.array(rows, dtype=np.float32)


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
        places.append(_place(snapshot, known))
        pictures.append(_draw(snapshot, run.engine, data))
    return Frames([snapshot.epoch for snapshot in snapshots], np.stack(places), np.stack(pictures))


@st.cache_resource(max_entries=8, show_spinner=False)
def _places(path: str, created: float) -> dict[int, Floats]:
    """Where images were on a run's maps, by epoch: a new one is turned like that before it."""
    return {}


def _place(snapshot: Snapshot, known: dict[int, Floats]) -> Floats:
    """Where the images are on the map, ``(N, 2)``: their codes, or PCA of them turned like the map before."""
    chosen = _on_map(snapshot)
    if snapshot.mu.shape[1] <= 2:
        return plane(snapshot.mu, snapshot.indices).coordinates[chosen].astype(np.float32)
    if snapshot.epoch not in known:
        places = pca(snapshot.mu, snapshot.indices).coordinates[chosen].astype(np.float32)
        before = max((epoch for epoch in known if epoch < snapshot.epoch), default=None)
        known[snapshot.epoch] = places if before is None else turned_like(places, known[before])
    return known[snapshot.epoch]


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
