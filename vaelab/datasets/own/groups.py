"""Groups of images that a person chose and named, kept with the images that they are of.

A group is known by the images' ``image_hash``: every run of these images has it, and a relabelled image stays in it.
So it is there again when they are. It is one file, so that of two visitors who each keep a group neither loses one:
``groups/<image_hash>/<digest of the name>.json`` in the data folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from vaelab.datasets.own.files import writing
from vaelab.datasets.own.plain_text import MARKUP
from vaelab.files import expanded, write_whole

__all__ = ["clean_name", "drop_group", "groups_of", "keep_group", "rename_group"]

#: Characters that a group's name may have, at the most.
LONGEST = 60


class _Kept(BaseModel):
    """What a group's file says."""

    model_config = ConfigDict(frozen=True)

    name: str
    images: tuple[NonNegativeInt, ...]


def groups_of(
    image_hash: str, num_images: int | None = None, *, folder: str | Path | None = None
) -> dict[str, NDArray[np.int64]]:
    """Find the groups of some images.

    Parameters
    ----------
    image_hash
        Of the images, ``ImageDataset.image_hash``; a run has it as ``run.data.image_hash``.
    num_images
        How many there are: a number beyond is left out, and a group of nothing else is none. By default, not asked.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    dict
        Which images are in each, ascending, by its name; in the order of their names. A damaged file is no group.
    """
    found = {}
    for path in _folder(image_hash, folder).glob("*.json"):
        with suppress(OSError, ValidationError):
            kept = _Kept.model_validate_json(path.read_bytes())
            images = np.unique(np.array(kept.images, np.int64))
            images = images if num_images is None else images[images < num_images]
            if len(images):
                found[kept.name] = images
    return dict(sorted(found.items(), key=lambda pair: pair[0].casefold()))


def keep_group(
    image_hash: str,
    name: str,
    images: NDArray[np.integer] | Sequence[int],
    *,
    replace: bool = False,
    folder: str | Path | None = None,
) -> str:
    """Keep some images as a group.

    Parameters
    ----------
    image_hash
        Of the images that they are some of.
    name
        1 to 60 characters; capitals make no other name.
    images
        Their numbers in the dataset.
    replace
        Whether a group of this name may be replaced.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    str
        The name as it is kept: on one line, without what would be markup.

    Raises
    ------
    ValueError
        If the name cannot be one or is taken, or there is no image.
    DatasetUnavailable
        If the folder cannot be written.
    """
    name = clean_name(name)
    numbers = np.unique(np.asarray(images, np.int64))
    if not numbers.size or numbers.min() < 0:
        raise ValueError("A group has at least one image: choose some first.")
    path = _file(image_hash, name, folder)
    taken = {other.casefold() for other in groups_of(image_hash, folder=folder)}  # a damaged file takes no name
    if name.casefold() in taken and not replace:
        raise ValueError(f"There is already a group called “{name}”: choose another name, or delete it first.")
    kept = _Kept(name=name, images=tuple(numbers.tolist()))
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, kept.model_dump_json().encode())
    return name


def rename_group(image_hash: str, name: str, other: str, folder: str | Path | None = None) -> str:
    """Give a group another name.

    Parameters
    ----------
    image_hash
        Of the images.
    name, other
        Its name now, and from now on.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    str
        The name as it is kept.

    Raises
    ------
    ValueError
        If there is no such group, or the other name cannot be one or is another group's.
    DatasetUnavailable
        If the folder cannot be written.
    """
    path = _file(image_hash, name, folder)
    try:
        kept = _Kept.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ValueError(f"There is no group called “{name}” any more.") from error
    is_same = _file(image_hash, clean_name(other), folder) == path  # but for capitals
    new = keep_group(image_hash, other, kept.images, replace=is_same, folder=folder)
    if not is_same:
        drop_group(image_hash, name, folder)
    return new


def drop_group(image_hash: str, name: str, folder: str | Path | None = None) -> None:
    """Delete a group, if it is there; the images stay.

    Parameters
    ----------
    image_hash
        Of the images.
    name
        The group's.
    folder
        The data folder; ``data_folder()`` by default.

    Raises
    ------
    DatasetUnavailable
        If it cannot be deleted.
    """
    path = _file(image_hash, name, folder)
    with writing(path.parent):
        path.unlink(missing_ok=True)


def clean_name(name: str) -> str:
    """Bring a group's name to plain text on one line.

    Parameters
    ----------
    name
        As a person wrote it.

    Returns
    -------
    str
        The name.

    Raises
    ------
    ValueError
        Unless it then has 1 to 60 characters.

    Examples
    --------
    >>> clean_name("  round   threes ")
    'round threes'
    """
    name = " ".join(name.translate(MARKUP).split())
    if not 1 <= len(name) <= LONGEST:
        raise ValueError(f"A group has a name of 1 to {LONGEST} characters, but this has {len(name)}.")
    return name


def _root(folder: str | Path | None) -> Path:
    from vaelab.datasets import data_folder  # which stands on this module

    return (data_folder() if folder is None else expanded(folder)) / "groups"


def _folder(image_hash: str, folder: str | Path | None) -> Path:
    if not image_hash.isalnum():
        raise ValueError("These images cannot be told from others, so they have no groups.")
    return _root(folder) / image_hash


def _file(image_hash: str, name: str, folder: str | Path | None) -> Path:
    digest = hashlib.blake2b(name.casefold().encode(), digest_size=16).hexdigest()
    return _folder(image_hash, folder) / f"{digest}.json"
