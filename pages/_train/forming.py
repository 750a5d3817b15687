"""The map as it forms: what the model made of some images, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._train import forces
from pages._ui import resources
from pages._ui.cached import per_run
from vaelab.datasets import ImageDataset
from vaelab.latent.projections import pca, plane
from vaelab.runs import Run, Snapshot
from vaelab.sharing.losses import steps_per_epoch

if TYPE_CHECKING:
    from vaelab.engine import Engine

#: Images on the forming map, and pixels a side of the pictures that go with it.
MAP_IMAGES, SIDE = 1_000, 64
#: Images that are shown beside their reconstructions.
NUM_PAIRS = 8

Floats = NDArray[np.float32]


class Frames(NamedTuple):
    """What a model made of images after some epochs."""

    epochs: list[float]
    places: Floats  # (F, N, 2)
    pictures: NDArray[np.uint8]  # (F, K, H, W, C)
    forces: Floats | None  # (F, A, C), as ``forces.COLUMNS`` has them; not a number where nothing is known of them


@per_run(max_entries=8)
def frames_of(run: Run, data: ImageDataset, everything: bool, with_forces: bool = False) -> Frames:
    """What the model made of the images: after the last epoch, or after each that was kept.

    Parameters
    ----------
    run
        A run that was begun.
    data
        Its images.
    everything
        Whether all are wanted.
    with_forces
        Whether what pulls at codes is wanted, too.

    Raises
    ------
    RunError
        If nothing was kept, or it is damaged.
    """
    run = resources.fresh(run)
    last = run.last_snapshot()
    kept = [epoch for epoch in run.snapshot_epochs() if epoch < last.epoch] if everything else []
    snapshots = [*(run.snapshot(epoch) for epoch in kept), last]
    known = _places(str(run.path), run.created)
    places = [_place(snapshot, known, snapshot.epoch) for snapshot in snapshots]
    return _frames([snapshot.epoch for snapshot in snapshots], snapshots, places, run.engine, data, with_forces)


def _frames(
    epochs: Sequence[float],
    snapshots: Sequence[Snapshot],
    places: Sequence[Floats],
    engine: Engine,
    data: ImageDataset,
    with_forces: bool,
) -> Frames:
    pictures, pulls = [], []
    for snapshot, where in zip(snapshots, places, strict=True):
        then = engine.as_of(snapshot)
        pictures.append(_draw(snapshot, then, data))
        if with_forces:
            pulls.append(forces.on_map(snapshot, then, data, rows_on_map(snapshot), where))
    return Frames(list(epochs), np.stack(places), np.stack(pictures), np.stack(pulls) if with_forces else None)


def frames_within(run: Run, data: ImageDataset, with_forces: bool = False) -> Frames | None:
    """What the model makes of the images amid an epoch, where somebody looks at its steps; None where nobody does.

    Parameters
    ----------
    run
        A run in training.
    data
        Its images.
    with_forces
        Whether what pulls at codes is wanted, too.

    Raises
    ------
    RunError
        If what is shown is damaged.
    """
    snapshot = run.live()
    if snapshot is None:
        return None
    at = snapshot.step / steps_per_epoch(run)
    known = _places(str(run.path), run.created)
    known.pop(at, None)  # of an earlier time, when other settings held
    places = _place(snapshot, known, at)
    for other in [epoch for epoch in list(known) if epoch % 1 and epoch != at]:
        known.pop(other, None)  # what comes next is turned like this one
    return _frames([at], [snapshot], [places], resources.fresh(run).engine, data, with_forces)


@st.cache_resource(max_entries=8, show_spinner=False)
def _places(path: str, created: float) -> dict[float, Floats]:
    """Where images were on a run's maps, by epoch: a new one is turned like that before it."""
    return {}


def _place(snapshot: Snapshot, known: dict[float, Floats], at: float) -> Floats:
    """Where the images are on the map, ``(N, 2)``: their codes, or PCA of them turned like the map before."""
    chosen = rows_on_map(snapshot)
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


def _draw(snapshot: Snapshot, then: Engine, data: ImageDataset) -> NDArray[np.uint8]:
    """What the images that are shown looked like when they were reconstructed then."""
    shown = rows_shown(snapshot, data)
    return small(then.decode(snapshot.mu[shown], data.labels_of(snapshot.indices[shown])), SIDE)


def rows_on_map(snapshot: Snapshot) -> NDArray[np.int64]:
    """Which of a snapshot's images are on the map: spread over all."""
    count = len(snapshot.indices)
    return np.linspace(0, count - 1, min(count, MAP_IMAGES)).astype(np.int64)


def rows_shown(snapshot: Snapshot, data: ImageDataset) -> NDArray[np.int64]:
    """Which of a snapshot's images are reconstructed: held-out ones, if there are any."""
    held_out = np.flatnonzero(np.isin(snapshot.indices, data.split.validation))
    chosen = held_out if len(held_out) else np.arange(len(snapshot.indices))
    return np.random.default_rng(0).permutation(chosen)[:NUM_PAIRS]


def small(images: NDArray[np.generic], side: int) -> NDArray[np.uint8]:
    """Images ``(N, C, H, W)`` as bytes ``(N, H, W, C)``, of every so many pixels where there are more than ``side``."""
    every = -(-images.shape[3] // side)
    pixels = images[:, :, ::every, ::every]
    if pixels.dtype != np.uint8:
        pixels = (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)
    return np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))
