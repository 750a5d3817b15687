"""An own dataset onto the disk, and off it again."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from vaelab.config import OWN
from vaelab.datasets.base import ImageDataset
from vaelab.datasets.own.files import (
    INDEX,
    Index,
    damaged,
    folder_of,
    own_folder,
    read_arrays,
    read_index,
    write_arrays,
    write_index,
    writing,
)
from vaelab.datasets.own.plain_text import plain_title, without_markup
from vaelab.datasets.source import DatasetUnavailable
from vaelab.datasets.splits import Split
from vaelab.files import check_name

__all__ = ["few_images", "load_own", "save_own"]


def save_own(
    data: ImageDataset, name: str, *, title: str = "", replace: bool = False, folder: str | Path | None = None
) -> str:
    """Keep images under a name, whole or not at all.

    Parameters
    ----------
    data
        Any dataset.
    name
        What to call it; also its folder's name.
    title
        What people read; the name by default.
    replace
        Whether a dataset of this name may be replaced; its title stays unless another is given.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    str
        ``own/<name>``, as ``load_dataset`` and ``TrainConfig.dataset`` take it.

    Raises
    ------
    ValueError
        If the name cannot be one, or is taken.
    DatasetUnavailable
        If the folder cannot be written.
    """
    path = own_folder(folder) / check_name(name)
    data = without_markup(data)
    if (path / INDEX).exists():
        if not replace:
            raise ValueError(f"There is already a dataset called {name!r}: choose another name, or delete it first.")
        with suppress(DatasetUnavailable):
            title = title or read_index(path).title
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, NDArray[Any]] = {
            "images": data.images,
            "train": data.split.train,
            "validation": data.split.validation,
            "test": data.split.test,
        }
        if data.factors is not None:
            arrays["factors"] = data.factors
        if data.image_names:
            arrays["names"] = np.frombuffer(json.dumps(data.image_names).encode(), np.uint8)
        index = Index(
            title=plain_title(title or name),
            image_shape=data.image_shape,
            num_images=len(data),
            label_names=data.label_names,
            factor_names=data.factor_names,
            source=data.source,
            licence=data.licence,
            description=data.description,
            steps=data.steps,
            created=time.time(),
            images=write_arrays(path, "images", arrays),
            labels=None if data.labels is None else write_arrays(path, "labels", {"labels": data.labels}),
        )
        write_index(path, index)
    return OWN + name


def load_own(name: str, folder: str | Path | None = None) -> ImageDataset:
    """Load an own dataset.

    Parameters
    ----------
    name
        With or without ``own/``.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    ImageDataset
        Named ``own/<name>``.

    Raises
    ------
    DatasetUnavailable
        If it is not there, or damaged.
    """
    path = folder_of(name, folder)
    for last in (False, True):
        index = read_index(path)
        try:
            return _load(path, index)
        except FileNotFoundError:
            # Someone changed it between the two reads; but not twice.
            if last:
                raise damaged(path) from None
    raise AssertionError


def _load(path: Path, index: Index) -> ImageDataset:
    arrays = read_arrays(path, index.images)
    labels = None if index.labels is None else read_arrays(path, index.labels)["labels"]
    try:
        return ImageDataset(
            name=OWN + path.name,
            images=arrays["images"],
            labels=labels,
            label_names=index.label_names,
            split=Split(arrays["train"], arrays["validation"], arrays["test"]),
            source=index.source,
            licence=index.licence,
            description=index.description,
            factors=arrays.get("factors"),
            factor_names=index.factor_names,
            steps=index.steps,
            image_names=tuple(json.loads(arrays["names"].tobytes())) if "names" in arrays else (),
        )
    except (KeyError, ValueError) as error:
        raise damaged(path) from error


def few_images(name: str, count: int, folder: str | Path | None = None) -> NDArray[np.uint8]:
    """Read some images of an own dataset, evenly spaced, without reading the rest.

    Parameters
    ----------
    name
        With or without ``own/``.
    count
        How many at the most.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    ndarray
        uint8 ``(K, C, H, W)``.

    Raises
    ------
    DatasetUnavailable
        If it is not there, or damaged.
    """
    path = folder_of(name, folder)
    index = read_index(path)
    chosen = np.linspace(0, index.num_images - 1, min(count, index.num_images)).astype(int)
    try:
        with safe_open(path / index.images, "np") as file:
            images = file.get_slice("images")
            return np.concatenate([images[int(i) : int(i) + 1] for i in chosen])
    except (OSError, SafetensorError) as error:
        raise damaged(path) from error
