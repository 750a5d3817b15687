"""Which own datasets there are, without reading an image."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from vaelab.config import OWN
from vaelab.datasets.own.files import INDEX, Index, dataset_folders, folder_of, read_index
from vaelab.datasets.own.keeping import load_own
from vaelab.datasets.source import DatasetUnavailable, Source

__all__ = ["broken_own", "own_source", "own_sources"]


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
    for path in dataset_folders(folder):
        with suppress(DatasetUnavailable):
            found.append((read_index(path), path))
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
    path = folder_of(name, folder)
    return _source(read_index(path), path)


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
    for path in dataset_folders(folder):
        try:
            read_index(path)
        except DatasetUnavailable as error:
            broken[OWN + path.name] = str(error)
    return broken


def _source(index: Index, path: Path) -> Source:
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
