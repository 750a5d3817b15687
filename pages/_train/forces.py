"""What pulls at the codes of a forming map, as arrows on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets import ImageDataset
from vaelab.runs import Snapshot

if TYPE_CHECKING:
    from vaelab.engine import Engine

__all__ = ["COLUMNS", "arrow_rows", "on_map"]

#: Codes that have arrows.
NUM_ARROWS = 150
#: Draws of z that forces are averaged over, of small images and of large ones, whose gradients take their time.
FEW_PIXELS, DRAWS, DRAWS_OF_LARGE = 1_024, 8, 1

#: What is known of each arrow: the two arrows themselves, x and y on the map; how long they and their sum are in all
#: dimensions; sigma and what pulls at it, along the map's axes, or the mean of all dimensions where PCA chose them.
COLUMNS = (
    "reconstruction_x",
    "reconstruction_y",
    "regularizer_x",
    "regularizer_y",
    "reconstruction_length",
    "regularizer_length",
    "sum_length",
    "sigma_x",
    "sigma_y",
    "reconstruction_sigma_x",
    "reconstruction_sigma_y",
    "regularizer_sigma_x",
    "regularizer_sigma_y",
)

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


def arrow_rows(snapshot: Snapshot, data: ImageDataset, mapped: Rows) -> Rows:
    """Choose the images whose codes have arrows: training images, spread over those on the map.

    Parameters
    ----------
    snapshot
        Of a run.
    data
        Its images.
    mapped
        ``(N,)``, which rows of the snapshot are on the map.

    Returns
    -------
    ndarray
        Which of the images on the map.
    """
    trained = np.flatnonzero(np.isin(snapshot.indices[mapped], data.split.train))
    chosen: Rows = trained[np.linspace(0, len(trained) - 1, min(len(trained), NUM_ARROWS)).astype(np.int64)]
    return chosen


def on_map(snapshot: Snapshot, then: Engine, data: ImageDataset, mapped: Rows, places: Floats) -> Floats:
    """Say what pulls at codes, as seen on the map.

    Parameters
    ----------
    snapshot
        What the model looked like.
    then
        The model as it was, to decode with.
    data
        Its images.
    mapped
        ``(N,)``, which rows of the snapshot are on the map.
    places
        ``(N, 2)``, where they are there.

    Returns
    -------
    ndarray
        float32 ``(A, 13)``, the ``COLUMNS``, for the images of ``arrow_rows``; not a number where the snapshot is older
        than what this needs.
    """
    rows = arrow_rows(snapshot, data, mapped)
    if snapshot.sigma is None:
        return np.full((len(rows), len(COLUMNS)), np.nan, np.float32)
    from vaelab.engine import Codes  # here, as it imports torch

    at = mapped[rows]
    which = snapshot.indices[at]
    codes = Codes(snapshot.mu[at], snapshot.sigma[at].astype(np.float32))
    images = data.images[which]
    reconstruction, regularizer = then.forces(
        images,
        data.labels_of(which),
        codes,
        snapshot.progress,
        DRAWS if images[0].size <= FEW_PIXELS else DRAWS_OF_LARGE,
    )
    along = _directions(snapshot.mu[mapped], places)
    both = reconstruction.mu + regularizer.mu
    columns = [
        *(pull.mu @ along for pull in (reconstruction, regularizer)),
        np.column_stack([np.linalg.norm(each, axis=1) for each in (reconstruction.mu, regularizer.mu, both)]),
        *(_seen(each) for each in (codes.sigma, reconstruction.sigma, regularizer.sigma)),
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


def _directions(mu: Floats, places: Floats) -> Floats:
    """How places move with codes, ``(D, 2)``: a map of one or two dimensions, or PCA, is linear."""
    if mu.shape[1] <= 2:
        return np.eye(2, dtype=np.float32)[: mu.shape[1]]
    found: Floats = np.linalg.lstsq(mu - mu.mean(0), places - places.mean(0), rcond=None)[0]
    return found


def _seen(sigma: Floats) -> Floats:
    """Along the axes of the map, ``(A, 2)``; the mean of all dimensions twice where PCA chose them."""
    dimensions = sigma.shape[1]
    return sigma if dimensions == 2 else np.repeat(sigma.mean(1, keepdims=True), 2, axis=1)
