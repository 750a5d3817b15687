"""The files of an own dataset: how one is found, read whole and switched over to another."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_safetensors

from vaelab.config import OWN
from vaelab.datasets.source import DatasetUnavailable
from vaelab.files import check_name, expanded, write_whole

__all__ = [
    "INDEX",
    "Index",
    "damaged",
    "dataset_folders",
    "folder_of",
    "gone",
    "own_folder",
    "read_arrays",
    "read_index",
    "write_arrays",
    "write_index",
    "writing",
]

#: The file whose presence makes a folder a dataset.
INDEX = "dataset.json"

#: What a kill left behind is removed once it is so old, in seconds: nobody is still writing it.
LEFTOVER_SECONDS = 3600.0


class Index(BaseModel):
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


def dataset_folders(folder: str | Path | None) -> Iterator[Path]:
    """Find the folders of all own datasets, the damaged included, in the order of their names."""
    for path in sorted(own_folder(folder).glob(f"*/{INDEX}")):
        yield path.parent


def folder_of(name: str, folder: str | Path | None) -> Path:
    """Say in which folder a dataset is or would be; a DatasetUnavailable if it cannot have this name."""
    short = name.removeprefix(OWN)
    try:
        return own_folder(folder) / check_name(short)
    except ValueError as error:
        raise DatasetUnavailable(str(error)) from error


def read_index(path: Path) -> Index:
    """Read what is said of a dataset; a DatasetUnavailable if it is not there, or damaged."""
    try:
        return Index.model_validate_json((path / INDEX).read_bytes())
    except FileNotFoundError as error:
        raise gone(path) from error
    except (OSError, ValidationError) as error:
        raise damaged(path) from error


def write_index(path: Path, index: Index) -> None:
    """Make the switch, then drop the files that no longer count."""
    before = set()
    with suppress(DatasetUnavailable):
        old = read_index(path)
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


def write_arrays(path: Path, kind: str, arrays: dict[str, NDArray[Any]]) -> str:
    """Write arrays into a new file beside those that are read now, and return its name."""
    name = f"{kind}-{uuid.uuid4().hex[:12]}.safetensors"
    contiguous = {key: np.ascontiguousarray(value) for key, value in arrays.items()}
    write_whole(path / name, save_safetensors(contiguous))
    return name


def read_arrays(path: Path, name: str) -> dict[str, NDArray[Any]]:
    """Read a file of arrays; a FileNotFoundError if it was replaced, a DatasetUnavailable if it is damaged."""
    if not (path / name).exists():
        raise FileNotFoundError(name)
    try:
        with safe_open(path / name, "np") as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
    except (OSError, SafetensorError) as error:
        raise damaged(path) from error


def gone(path: Path) -> DatasetUnavailable:
    """Say that there is no such dataset."""
    return DatasetUnavailable(f"There are no images called own/{path.name}: they were deleted, or never kept here.")


def damaged(path: Path) -> DatasetUnavailable:
    """Say that a dataset cannot be read."""
    return DatasetUnavailable(f"The images own/{path.name} are damaged: delete {path} and import them once more.")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say of what cannot be written what would help."""
    try:
        yield
    except OSError as error:
        raise DatasetUnavailable(
            f"{path} cannot be written ({error.strerror}): free some space, or name another folder in VAELAB_DATA."
        ) from error
