"""A set of drawings becomes a dataset to train on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from vaelab.collecting.drawings import class_counts, list_drawings
from vaelab.collecting.sets import find_set
from vaelab.datasets import ImageDataset
from vaelab.datasets.own import own_sources, save_own
from vaelab.datasets.splits import seeded_split

__all__ = ["MIN_DRAWINGS", "keep", "to_dataset"]


#: Fewer cannot be split into images for training, for choosing and for judging.
MIN_DRAWINGS = 10

#: Where people read that a dataset's images are from.
SOURCE = "collected from those who drew them"


def to_dataset(name: str, folder: str | Path | None = None) -> ImageDataset:
    """Make a dataset of a set as it is now.

    Parameters
    ----------
    name
        The set's.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    ImageDataset
        Gray images in the order in which they arrived, with their classes; each is called by the
        nickname of who drew it.

    Raises
    ------
    ValueError
        If there is no such set, or it has fewer than ``MIN_DRAWINGS`` drawings.
    """
    found, drawings = find_set(name, folder), list_drawings(name, folder)[::-1]
    if len(drawings) < MIN_DRAWINGS:
        raise ValueError(f"Training needs at least {MIN_DRAWINGS} drawings; this set has {len(drawings)} so far.")
    counts = class_counts(found, drawings)
    names = [word for word, count in counts.items() if count]
    place = {word.casefold(): index for index, word in enumerate(names)}
    images = np.stack([drawing.image for drawing in drawings])
    return ImageDataset.of(
        images,
        [place[drawing.label.casefold()] for drawing in drawings] if names else None,
        name=found.name,
        label_names=names or None,
        image_names=[drawing.nickname for drawing in drawings],
        split=seeded_split(len(images), groups=np.array([hashlib.sha256(image).hexdigest() for image in images])),
        source=SOURCE,
        description=f"Drawings of {found.size} × {found.size} pixels, on {found.paper}.",
    )


def keep(name: str, folder: str | Path | None = None) -> str:
    """Make the set an own dataset of its name, or that dataset anew.

    Parameters
    ----------
    name
        The set's.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    str
        What ``load_dataset`` takes: ``"own/<name>"``.

    Raises
    ------
    ValueError
        As ``to_dataset`` does, or if there is a dataset of this name that is not from this set.
    """
    found = find_set(name, folder)
    data = to_dataset(name, folder)
    before = own_sources(folder).get(f"own/{found.name}")
    if before is not None and before.source != SOURCE:
        raise ValueError(f"There is already a dataset called {found.name}, from elsewhere: delete it first.")
    # Once it is there, its title is what it was renamed to.
    title = found.title if before is None else ""
    return save_own(data, found.name, title=title, replace=True, folder=folder)
