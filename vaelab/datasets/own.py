"""A person's own images: each dataset a folder below ``own/`` in the data folder.

``dataset.json``
    What people read about it, and which of the other files hold it now.
``images-*.safetensors``
    Images, factors, the names of images and the split.
``labels-*.safetensors``
    The labels, which can change.

A dataset is there once ``dataset.json`` names its files. Whatever changes it writes new files beside the old ones,
then replaces that one: a kill at any instant leaves the old dataset or the new one, whole. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace as with_other
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_safetensors

from vaelab.config import OWN, check_name, expanded
from vaelab.datasets.base import DatasetUnavailable, ImageDataset, Source
from vaelab.datasets.splits import Split
from vaelab.files import write_whole

__all__ = [
    "broken_own",
    "check_name",
    "delete_own",
    "few_images",
    "load_own",
    "own_folder",
    "own_source",
    "own_sources",
    "relabel_own",
    "retitle_own",
    "save_own",
]

#: The file whose presence makes a folder a dataset.
INDEX = "dataset.json"

#: What a kill left behind is removed once it is so old, in seconds: nobody is still writing it.
LEFTOVER_SECONDS = 3600.0


class _Index(BaseModel):
    """What ``dataset.json`` says."""

    model_config = ConfigDict(frozen=True)

    title: str
    image_shape: tuple[int, int, int]
    num_images: int
    label_names: tuple[str, ...]
    factor_names: tuple[str, ...]
    source: str
    licence: str
    description: str
    steps: tuple[str, ...]
    created: float
    images: str  # the file's name
    labels: str | None


def own_folder(folder: str | Path | None = None) -> Path:
    """Where own datasets are kept.

    Parameters
    ----------
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    Path
        It may not exist yet.
    """
    from vaelab.datasets import data_folder  # which stands on this module

    return (data_folder() if folder is None else expanded(folder)) / "own"


def own_sources(folder: str | Path | None = None) -> dict[str, Source]:
    """Find every own dataset that is not damaged, reading no images.

    Parameters
    ----------
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    dict
        By name, ``own/<name>``, newest first.
    """
    found = []
    for path in _folders(folder):
        with suppress(DatasetUnavailable):
            found.append((_read_index(path), path))
    found.sort(key=lambda pair: pair[0].created, reverse=True)
    return {OWN + path.name: _source(index, path) for index, path in found}


def own_source(name: str, folder: str | Path | None = None) -> Source:
    """Find one own dataset, reading no images.

    Parameters
    ----------
    name
        With or without ``own/``.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    Source
        Named ``own/<name>``.

    Raises
    ------
    DatasetUnavailable
        If it is not there, or damaged.
    """
    path = _folder_of(name, folder)
    return _source(_read_index(path), path)


def broken_own(folder: str | Path | None = None) -> dict[str, str]:
    """Find the own datasets that are damaged.

    Parameters
    ----------
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    dict
        What is wrong with each, by its name, in one sentence.
    """
    broken = {}
    for path in _folders(folder):
        try:
            _read_index(path)
        except DatasetUnavailable as error:
            broken[OWN + path.name] = str(error)
    return broken


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
    data = _without_markup(data)
    if (path / INDEX).exists():
        if not replace:
            raise ValueError(f"There is already a dataset called {name!r}: choose another name, or delete it first.")
        with suppress(DatasetUnavailable):
            title = title or _read_index(path).title
    with _writing(path):
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
        index = _Index(
            title=_title(title or name),
            image_shape=data.image_shape,
            num_images=len(data),
            label_names=data.label_names,
            factor_names=data.factor_names,
            source=data.source,
            licence=data.licence,
            description=data.description,
            steps=data.steps,
            created=time.time(),
            images=_write_arrays(path, "images", arrays),
            labels=None if data.labels is None else _write_arrays(path, "labels", {"labels": data.labels}),
        )
        _write_index(path, index)
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
    path = _folder_of(name, folder)
    for last in (False, True):
        index = _read_index(path)
        try:
            return _load(path, index)
        except FileNotFoundError:
            # Someone changed it between the two reads; but not twice.
            if last:
                raise _damaged(path) from None
    raise AssertionError


def _load(path: Path, index: _Index) -> ImageDataset:
    arrays = _read_arrays(path, index.images)
    labels = None if index.labels is None else _read_arrays(path, index.labels)["labels"]
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
        raise _damaged(path) from error


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
    path = _folder_of(name, folder)
    index = _read_index(path)
    chosen = np.linspace(0, index.num_images - 1, min(count, index.num_images)).astype(int)
    try:
        with safe_open(path / index.images, "np") as file:
            images = file.get_slice("images")
            return np.concatenate([images[int(i) : int(i) + 1] for i in chosen])
    except (OSError, SafetensorError) as error:
        raise _damaged(path) from error


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
    path = _folder_of(name, folder)
    index = _read_index(path).model_copy(update={"title": _title(title)})
    with _writing(path):
        _write_index(path, index)


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
    path = _folder_of(name, folder)
    data, index = load_own(name, folder), _read_index(path)
    label_name = " ".join(label_name.translate(_MARKUP).split())
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
    used, labels = np.unique(labels, return_inverse=True)
    with _writing(path):
        update = {
            "labels": _write_arrays(path, "labels", {"labels": labels.astype(np.int64)}),
            "label_names": tuple(names[label] for label in used),
        }
        _write_index(path, index.model_copy(update=update))


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
    path = _folder_of(name, folder)
    if not path.is_dir():
        raise _gone(path)
    with _writing(path):
        (path / INDEX).unlink(missing_ok=True)  # from here on it is no dataset
        shutil.rmtree(path)


def _folders(folder: str | Path | None) -> Iterator[Path]:
    for path in sorted(own_folder(folder).glob(f"*/{INDEX}")):
        yield path.parent


def _folder_of(name: str, folder: str | Path | None) -> Path:
    short = name.removeprefix(OWN)
    try:
        return own_folder(folder) / check_name(short)
    except ValueError as error:
        raise DatasetUnavailable(str(error)) from error


def _source(index: _Index, path: Path) -> Source:
    return Source(
        name=OWN + path.name,
        title=index.title,
        description=index.description,
        licence=index.licence,
        image_shape=index.image_shape,
        num_images=index.num_images,
        offline=True,
        load=lambda folder, progress: load_own(path.name, folder),
        label_names=index.label_names,
        factor_names=index.factor_names,
        source=index.source,
        files=(f"own/{path.name}/{INDEX}",),
        version=f"{index.images} {index.labels}",
    )


#: What would make a link, a picture or a tag where names are shown, and what it is shown as.
_MARKUP = str.maketrans("[]<>`\\", "()‹›'/")


def _without_markup(data: ImageDataset) -> ImageDataset:
    """The same with texts that are nothing but text: they may come from a stranger's archive, or phone.

    What images are called stays as it is, since one looks for a file by its name; whoever shows it escapes it.
    """
    labels: list[str] = []
    for name in data.label_names:
        plain = name.translate(_MARKUP)
        labels.append(plain if plain not in labels else f"{plain} {len(labels)}")

    def all_of(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text.translate(_MARKUP) for text in texts)

    return with_other(
        data,
        label_names=tuple(labels),
        factor_names=all_of(data.factor_names),
        steps=all_of(data.steps),
        source=data.source.translate(_MARKUP),
        licence=data.licence.translate(_MARKUP),
        description=data.description.translate(_MARKUP),
    )


def _title(title: str) -> str:
    title = " ".join(title.translate(_MARKUP).split())
    if not 1 <= len(title) <= 80:
        raise ValueError(f"A dataset's title has 1 to 80 characters, but this has {len(title)}.")
    return title


def _read_index(path: Path) -> _Index:
    try:
        return _Index.model_validate_json((path / INDEX).read_bytes())
    except FileNotFoundError as error:
        raise _gone(path) from error
    except (OSError, ValidationError) as error:
        raise _damaged(path) from error


def _write_index(path: Path, index: _Index) -> None:
    """Make the switch, then drop the files that no longer count."""
    before = set()
    with suppress(DatasetUnavailable):
        old = _read_index(path)
        before = {old.images, old.labels}
    write_whole(path / INDEX, (index.model_dump_json(indent=2) + "\n").encode())
    now = time.time()
    for file in path.iterdir():
        if file.name in {INDEX, index.images, index.labels}:
            continue
        with suppress(OSError):
            # What is young and was not in use may be another process's, about to be switched to.
            if file.name in before or now - file.stat().st_mtime > LEFTOVER_SECONDS:
                file.unlink()


def _write_arrays(path: Path, kind: str, arrays: dict[str, NDArray[Any]]) -> str:
    name = f"{kind}-{uuid.uuid4().hex[:12]}.safetensors"
    contiguous = {key: np.ascontiguousarray(value) for key, value in arrays.items()}
    write_whole(path / name, save_safetensors(contiguous))
    return name


def _read_arrays(path: Path, name: str) -> dict[str, NDArray[Any]]:
    if not (path / name).exists():
        raise FileNotFoundError(name)
    try:
        with safe_open(path / name, "np") as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
    except (OSError, SafetensorError) as error:
        raise _damaged(path) from error


def _gone(path: Path) -> DatasetUnavailable:
    return DatasetUnavailable(f"There are no images called own/{path.name}: they were deleted, or never kept here.")


def _damaged(path: Path) -> DatasetUnavailable:
    return DatasetUnavailable(f"The images own/{path.name} are damaged: delete {path} and import them once more.")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatasetUnavailable(
            f"{path} cannot be written ({error.strerror}): free some space, or name another folder in VAELAB_DATA."
        ) from error
