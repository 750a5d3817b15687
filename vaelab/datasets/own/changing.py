"""What can be changed about an own dataset that is there: its title, its classes, and whether it is."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets._labels import used_only
from vaelab.datasets.base import ImageDataset
from vaelab.datasets.own.files import INDEX, folder_of, gone, read_index, write_arrays, write_index, writing
from vaelab.datasets.own.keeping import load_own
from vaelab.datasets.own.plain_text import MARKUP, plain_title
from vaelab.datasets.source import DatasetUnavailable

__all__ = ["delete_own", "relabel_own", "relabelled", "retitle_own"]


def retitle_own(name: str, title: str, folder: str | Path | None = None) -> None:
    """Give a dataset another title; its folder stays where it is, so that no run loses it.

    Parameters
    ----------
    name
        With or without ``own/``.
    title
        1 to 80 characters.
    folder
        The data folder; ``data_folder()`` by default.

    Raises
    ------
    ValueError
        If the title is empty or too long.
    DatasetUnavailable
        If the dataset is not there, or cannot be written.
    """
    path = folder_of(name, folder)
    index = read_index(path).model_copy(update={"title": plain_title(title)})
    with writing(path):
        write_index(path, index)


def relabel_own(
    name: str, indices: NDArray[np.integer] | list[int], label_name: str, folder: str | Path | None = None
) -> None:
    """Put some images into another class, a new one if there is none of this name.

    Parameters
    ----------
    name
        With or without ``own/``.
    indices
        Which images.
    label_name
        Their class from now on. A class with no image left goes.
    folder
        The data folder; ``data_folder()`` by default.

    Raises
    ------
    ValueError
        If there is no such image, the name is empty or longer than 60 characters, or the images have no classes and
        only some are chosen.
    DatasetUnavailable
        If the dataset is not there, or cannot be written.
    """
    path = folder_of(name, folder)
    before, data = read_index(path), relabelled(load_own(name, folder), indices, label_name)
    assert data.labels is not None
    index = read_index(path)
    if index.images != before.images:  # these labels are of images that are no longer there
        raise DatasetUnavailable(f"The images own/{path.name} were replaced meanwhile: try again.")
    with writing(path):
        update = {"labels": write_arrays(path, "labels", {"labels": data.labels}), "label_names": data.label_names}
        write_index(path, index.model_copy(update=update))


def relabelled(data: ImageDataset, indices: NDArray[np.integer] | list[int], label_name: str) -> ImageDataset:
    """Put some images into another class, a new one if there is none of this name.

    Parameters
    ----------
    data
        Any dataset.
    indices
        Which images.
    label_name
        Their class in what is returned. A class with no image left goes.

    Returns
    -------
    ImageDataset
        The same but for labels and their names.

    Raises
    ------
    ValueError
        If there is no such image, or the name is empty or longer than 60 characters.
    """
    label_name = " ".join(label_name.translate(MARKUP).split())
    if not 1 <= len(label_name) <= 60:
        raise ValueError(f"A class has a name of 1 to 60 characters, but this has {len(label_name)}.")
    chosen = np.asarray(indices, np.int64)
    if not chosen.size or chosen.min() < 0 or chosen.max() >= len(data):
        raise ValueError(f"Choose images of this dataset, from 0 to {len(data) - 1}.")
    if data.labels is None:
        names, labels = [UNLABELLED], np.zeros(len(data), np.int64)
    else:
        names, labels = list(data.label_names), data.labels.copy()
    if label_name not in names:
        names.append(label_name)
    labels[chosen] = names.index(label_name)
    labels, used = used_only(labels, names)
    return replace(data, labels=labels, label_names=used)


#: The class of images that had none, once others of their dataset were given one.
UNLABELLED = "no class"


def delete_own(name: str, folder: str | Path | None = None) -> None:
    """Delete an own dataset, for good.

    Parameters
    ----------
    name
        With or without ``own/``.
    folder
        The data folder; ``data_folder()`` by default.

    Raises
    ------
    DatasetUnavailable
        If it is not there, or cannot be deleted.
    """
    path = folder_of(name, folder)
    if not path.is_dir():
        raise gone(path)
    with writing(path):
        (path / INDEX).unlink(missing_ok=True)  # from here on it is no dataset
        shutil.rmtree(path)
