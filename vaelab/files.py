"""Names of files and folders as people give them, and files that are written whole or not at all."""

from __future__ import annotations

import os
import re
import uuid
from pathlib import Path

__all__ = ["check_name", "expanded", "file_to_write", "write_whole"]


def check_name(name: str) -> str:
    """Refuse what cannot be the name of a dataset, which is a folder's name as well.

    Parameters
    ----------
    name
        As a person gave it.

    Returns
    -------
    str
        The same.

    Raises
    ------
    ValueError
        With what would do.

    Examples
    --------
    >>> check_name("my leaves")
    'my leaves'
    """
    if not re.fullmatch(r"\w[\w -]{0,58}\w|\w", name):
        raise ValueError(
            f"A dataset cannot be called {name!r}: take 1 to 60 letters, digits, spaces, - and _, a letter or digit "
            "first and last."
        )
    return name


def expanded(path: str | Path) -> Path:
    """Put the home folder in place of ``~``, where there is one.

    Parameters
    ----------
    path
        As a person gave it.

    Returns
    -------
    Path
        The same path where the user, or whoever is named, has no home; there is nothing at it then.
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 (pathlib's raises an error of its own)


def file_to_write(path: str | Path, example: str) -> Path:
    """Check where a file is to be.

    Parameters
    ----------
    path
        As a person gave it.
    example
        A name that would do.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    ValueError
        If it is a folder, or in none.
    """
    file = expanded(path).absolute()
    if file.is_dir() or not file.parent.is_dir():
        what = "is a folder" if file.is_dir() else "lies in a folder that there is not"
        raise ValueError(f"{file} {what}: name a file in a folder that there is, such as {example}.")
    return file


def write_whole(path: Path, content: bytes, durable: bool = True) -> None:
    """Write a file beside its place, and rename it into it.

    A reader, or a kill at any instant, meets the old file or the new one.

    Parameters
    ----------
    path
        The file, in a folder that is there.
    content
        All of it.
    durable
        Whether to wait until it is on the disk, so that a power cut cannot take it back.

    Raises
    ------
    OSError
        If it cannot be written; what was there is untouched.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
