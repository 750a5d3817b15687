"""What a path is, and its files as streams."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from vaelab.importing.limits import MAX_FILE_BYTES
from vaelab.importing.places.archives import Tar, Zip
from vaelab.importing.places.base import Place
from vaelab.importing.places.folders import Folder, SingleFile

__all__ = ["ARCHIVES", "binary", "place_of"]

#: What ends the names of archives, those that are not read included.
ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar", ".tbz2", ".bz2", ".txz", ".xz", ".zst", ".lz4")


def place_of(path: Path, should_stop: Callable[[], bool]) -> Place:
    """Find out what a path is.

    Parameters
    ----------
    path
        As a person gave it.
    should_stop
        Asked while long archives are read.

    Returns
    -------
    Place
        For a file that is no archive, one with that file alone.

    Raises
    ------
    ValueError
        If there is nothing, or an archive of a kind that is not read.
    """
    if not path.exists():
        raise ValueError(f"There is no file or folder {str(path)!r}.")
    if path.is_dir():
        return Folder(path)
    name = path.name.lower()
    if name.endswith(".zip"):
        return Zip(path)
    if name.endswith((".tar", ".tar.gz", ".tgz")):
        return Tar(path, should_stop)
    if name.endswith(ARCHIVES):
        raise ValueError(f"{path.name} is packed in a way that cannot be read: use zip, tar or tar.gz.")
    return SingleFile(path)


def binary(place: Place, name: str) -> BinaryIO:
    """Open a file so that it can be sought in: where it lies, or in memory if it is in an archive.

    Parameters
    ----------
    place, name
        Which.

    Returns
    -------
    BinaryIO
        To be closed.

    Raises
    ------
    ValueError
        If it is in an archive and too large for that.
    """
    if isinstance(place, Folder | SingleFile):
        opened: BinaryIO = place.open(name)
        return opened
    with place.open(name) as stream:
        content = stream.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(f"{name} has more than {MAX_FILE_BYTES >> 20} MB: unpack the archive first.")
    return BytesIO(content)
