"""Images by name: every source gives the same :class:`ImageDataset`.

Importing this package is cheap: torchvision and Pillow are imported by what needs them.
"""

from __future__ import annotations

import os
from pathlib import Path

from vaelab.config import OWN, Preprocessing, TrainConfig
from vaelab.datasets import digits, faces, mnist_5k, shapes, vision
from vaelab.datasets.base import NOT_STATED, ImageDataset, Labelled
from vaelab.datasets.own import groups_of, keep_group, own_source, own_sources, save_own
from vaelab.datasets.preprocessing import check_classes, preprocess
from vaelab.datasets.source import DatasetUnavailable, Progress, Source
from vaelab.datasets.splits import Split, SplitName
from vaelab.files import expanded

__all__ = [
    "NOT_STATED",
    "SOURCES",
    "DatasetUnavailable",
    "ImageDataset",
    "Labelled",
    "Progress",
    "Source",
    "Split",
    "SplitName",
    "check_fit",
    "data_folder",
    "groups_of",
    "is_local",
    "keep_group",
    "load_dataset",
    "preprocess",
    "save_own",
    "source_of",
    "sources",
]

#: The datasets that come with vaelab, in the order in which people are offered them.
SOURCES: dict[str, Source] = {
    source.name: source for source in (mnist_5k.SOURCE, digits.SOURCE, shapes.SOURCE, faces.SOURCE, *vision.SOURCES)
}


def data_folder() -> Path:
    """Return where downloaded datasets are kept: a torchvision root.

    Returns
    -------
    Path
        ``$VAELAB_DATA``, or else ``vaelab/data`` in the user's cache folder, or ``vaelab-data`` in the current
        folder for a user without a home, as in a container. It may not exist yet.
    """
    if chosen := os.environ.get("VAELAB_DATA"):
        return expanded(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = expanded(cache)
    if folder.is_relative_to("~"):
        return Path("vaelab-data").absolute()
    return folder / "vaelab" / "data"


def sources(folder: str | Path | None = None) -> dict[str, Source]:
    """Find every dataset that can be loaded by name.

    Parameters
    ----------
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    dict
        What is built in, then what lies in its ``own/``, newest first, as ``own/<name>``.
    """
    return SOURCES | own_sources(folder)


def source_of(name: str, folder: str | Path | None = None) -> Source:
    """Find a dataset by its name, without loading it.

    Parameters
    ----------
    name
        A key of ``sources()``.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    Source
        What is known in advance.

    Raises
    ------
    ValueError
        If there is none.
    DatasetUnavailable
        If it is an own one that is gone or damaged.
    """
    if name in SOURCES:
        return SOURCES[name]
    if name.startswith(OWN):
        return own_source(name, folder)
    own = list(own_sources(folder))[:8]
    raise ValueError(f"There is no dataset called {name!r}: choose one of {', '.join([*SOURCES, *own])}.")


def check_fit(config: TrainConfig) -> None:
    """Refuse a config that does not fit its images, without loading them.

    Parameters
    ----------
    config
        What a run is to be.

    Raises
    ------
    ValueError
        If there is no such dataset, or it has no such classes; if its images are not of a size that the architecture
        takes, or a conditional model has no labels to be told.
    DatasetUnavailable
        If it is an own one that is gone or damaged.
    """
    source, classes = source_of(config.dataset), config.preprocessing.classes
    if classes is not None:
        check_classes(source.name, source.label_names, classes)
    config.check_image_shape(source.shape_after(config.preprocessing))
    config.check_labels(len(source.label_names if classes is None else classes))


def is_local(source: Source, folder: str | Path | None = None) -> bool:
    """Tell whether a dataset loads without a network.

    Parameters
    ----------
    source
        One of ``sources()``.
    folder
        Where downloads are kept; ``data_folder()`` by default.

    Returns
    -------
    bool
        True where it is drawn, embedded, or downloaded already.
    """
    where = data_folder() if folder is None else Path(folder).expanduser()
    return all((where / file).is_file() for file in source.files) or vision.is_brought(source.name, where)


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
        A key of ``sources()``.
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
    ('Kept 2 of 10 classes: 3, 8 (357 of 1,797 images).', 'Resized from 8 × 8 to 16 × 16 pixels.')
    """
    where = data_folder() if folder is None else Path(folder).expanduser()
    data = source_of(name, where).load(where, progress)
    return data if preprocessing is None else preprocess(data, preprocessing)
