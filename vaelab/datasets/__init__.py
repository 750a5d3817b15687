"""Images by name: every source gives the same :class:`ImageDataset`.

Importing this package is cheap: torchvision and Pillow are imported by what needs them.
"""

from __future__ import annotations

import os
from pathlib import Path

from vaelab.config import DATASETS, Preprocessing
from vaelab.datasets import digits, faces, shapes, vision
from vaelab.datasets.base import ImageDataset, Progress, Source, Split, SplitName
from vaelab.datasets.preprocessing import preprocess
from vaelab.datasets.vision import DatasetUnavailable

__all__ = [
    "SOURCES",
    "DatasetUnavailable",
    "ImageDataset",
    "Progress",
    "Source",
    "Split",
    "SplitName",
    "data_folder",
    "is_local",
    "load_dataset",
    "preprocess",
]

_BY_NAME = {source.name: source for source in (digits.SOURCE, shapes.SOURCE, faces.SOURCE, *vision.SOURCES)}
#: Every dataset there is, in the order in which people are offered them.
SOURCES: dict[str, Source] = {name: _BY_NAME[name] for name in DATASETS}


def data_folder() -> Path:
    """Return where downloaded datasets are kept: a torchvision root.

    Returns
    -------
    Path
        ``$VAELAB_DATA``, or else ``vaelab/data`` in the user's cache folder. It may not exist yet.
    """
    if chosen := os.environ.get("VAELAB_DATA"):
        return Path(chosen).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "vaelab" / "data"


def is_local(source: Source, folder: str | Path | None = None) -> bool:
    """Tell whether a dataset loads without a network.

    Parameters
    ----------
    source
        One of ``SOURCES``.
    folder
        Where downloads are kept; ``data_folder()`` by default.

    Returns
    -------
    bool
        True where it is drawn, embedded, or downloaded already.
    """
    where = data_folder() if folder is None else Path(folder).expanduser()
    return all((where / file).is_file() for file in source.files)


def load_dataset(
    name: str,
    preprocessing: Preprocessing | None = None,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> ImageDataset:
    """Load a dataset, downloading it first where it must be.

    May be called from any thread; two that ask for the same download share it.

    Parameters
    ----------
    name
        A key of ``SOURCES``.
    preprocessing
        What to do to the images; nothing by default.
    folder
        Where downloads are kept; ``data_folder()`` by default. Files that are there already are
        used in place, and nothing is written.
    progress
        Called in this thread with the fraction of a download that has arrived, 0 to 1. What it
        raises ends the download.

    Returns
    -------
    ImageDataset
        Images uint8 ``(N, C, H, W)``, with labels, split and all that is known.

    Raises
    ------
    ValueError
        For a name that is not known, or preprocessing that the dataset cannot take.
    DatasetUnavailable
        Where the files are not there and cannot be downloaded, or are damaged.

    Examples
    --------
    >>> data = load_dataset("digits", Preprocessing(classes=("3", "8"), size=16))
    >>> data.image_shape
    (1, 16, 16)
    >>> data.steps
    ('Kept 2 of 10 classes: 3, 8 (357 of 1,797 images).', 'Resized from 8 x 8 to 16 x 16 pixels.')
    """
    if name not in SOURCES:
        raise ValueError(f"There is no dataset called {name!r}: choose one of {', '.join(SOURCES)}.")
    where = data_folder() if folder is None else Path(folder).expanduser()
    data = SOURCES[name].load(where, progress)
    return data if preprocessing is None else preprocess(data, preprocessing)
