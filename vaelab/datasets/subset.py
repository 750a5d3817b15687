"""Some of a dataset's images, as a dataset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vaelab.config import Preprocessing
from vaelab.datasets._labels import used_only
from vaelab.datasets.base import MIN_IMAGES, ImageDataset
from vaelab.datasets.splits import Split, seeded_split

__all__ = ["group_to_train_on", "subset"]


def subset(data: ImageDataset, kept: NDArray[np.int64]) -> ImageDataset:
    """Keep some images, each in the split that it was in.

    Parameters
    ----------
    data
        Any dataset.
    kept
        Which, ascending.

    Returns
    -------
    ImageDataset
        With all that is known of them.

    Raises
    ------
    ValueError
        If there would be none left for training, validation or test.
    """
    split = _split_of(data, kept)
    if not (len(split.train) and len(split.validation) and len(split.test)):
        raise ValueError(
            f"Of the {len(kept):,} images that are left, {len(split.train)} are for training, {len(split.validation)} "
            f"for validation and {len(split.test)} for test; at least one of each is needed: keep more classes."
        )
    return _with_split(data, kept, split)


def group_to_train_on(data: ImageDataset, images: NDArray[np.int64], name: str | None = None) -> ImageDataset:
    """Make a dataset of a group of images.

    Parameters
    ----------
    data
        What they are some of.
    images
        Which.
    name
        The group's, for people, where it has one.

    Returns
    -------
    ImageDataset
        Each image in the split that it was in, so that what no model saw stays unseen; where that leaves a split empty,
        or less than half for training, all are split anew.

    Raises
    ------
    ValueError
        If there are too few.
    """
    kept = np.unique(images)
    if len(kept) < MIN_IMAGES:
        raise ValueError(
            f"There are {len(kept)} images, and at least {MIN_IMAGES} are needed to train on: choose more."
        )
    split = _split_of(data, kept)
    is_whole = 2 * len(split.train) >= len(kept) and len(split.validation) and len(split.test)
    chosen = _with_split(data, kept, split if is_whole else seeded_split(len(kept)))
    if chosen.labels is not None:
        labels, names = used_only(chosen.labels, chosen.label_names)
        chosen = replace(chosen, labels=labels, label_names=names)
    which = "that were chosen on a map" if name is None else f"of the group “{name}”"
    step = f"Kept the {len(kept):,} images {which}, of {len(data):,}."
    return replace(chosen, steps=(*chosen.steps, step), preprocessing=Preprocessing())


def _split_of(data: ImageDataset, kept: NDArray[np.int64]) -> Split:
    new_index = np.full(len(data), -1, np.int64)
    new_index[kept] = np.arange(len(kept))

    def remap(indices: NDArray[np.int64]) -> NDArray[np.int64]:
        moved = new_index[indices]
        return moved[moved >= 0]

    return Split(*(remap(part) for part in (data.split.train, data.split.validation, data.split.test)))


def _with_split(data: ImageDataset, kept: NDArray[np.int64], split: Split) -> ImageDataset:
    return replace(
        data,
        images=data.images[kept],
        labels=None if data.labels is None else data.labels[kept],
        factors=None if data.factors is None else data.factors[kept],
        image_names=tuple(data.image_names[index] for index in kept) if data.image_names else (),
        split=split,
    )
