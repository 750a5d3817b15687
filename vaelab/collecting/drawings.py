"""The drawings of a set, a file each: added at once by many, looked through, taken away."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from vaelab.collecting.sets import DrawingSet, checked_text, find_set, home_of
from vaelab.files import write_whole

__all__ = [
    "MAX_DRAWINGS",
    "Drawing",
    "add_drawing",
    "class_counts",
    "count_drawings",
    "list_drawings",
    "remove_drawing",
]


#: Drawings of one set, those that were removed included.
MAX_DRAWINGS = 5_000

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Drawing:
    """A drawing of a set.

    Attributes
    ----------
    id
        32 hexadecimal digits, made by the browser that sent it.
    image
        uint8 ``(H, W)``, 0 black to 255 white.
    label
        Its class; empty in a set without classes.
    nickname
        Who drew it; empty where they did not say.
    time
        When it arrived, in seconds since the epoch.
    """

    id: str
    image: NDArray[np.uint8]
    label: str
    nickname: str
    time: float


def add_drawing(
    name: str,
    id: str,
    image: NDArray[np.uint8],
    label: str = "",
    nickname: str = "",
    folder: str | Path | None = None,
) -> None:
    """Add a drawing to a set, from any number of threads and processes at once.

    One that is there already, by its id, or was removed, is left as it is.

    Parameters
    ----------
    name
        The set's.
    id
        32 hexadecimal digits, drawn at random by whoever sends it.
    image
        uint8 ``(H, W)`` of the set's size.
    label
        Its class: one of those offered or, where the set allows it, another.
    nickname
        Who drew it, if they say so.
    folder
        The data folder; ``data_folder()`` by default.

    Raises
    ------
    ValueError
        If the set is not there, closed or full, the paper is empty, or something else is not as
        said above.
    """
    found = find_set(name, folder)
    if not found.is_open:
        raise ValueError(f"{found.title} is closed: nothing more can be added.")
    if not _ID.fullmatch(id):
        raise ValueError("A drawing's id has 32 hexadecimal digits.")
    if image.dtype != np.uint8 or image.shape != (found.size, found.size):
        raise ValueError(
            f"A drawing here has {found.size} × {found.size} bytes, not {image.dtype} of shape {image.shape}."
        )
    if image.min() == image.max():
        raise ValueError("There is nothing on the paper: draw something first.")
    label = _check_label(found, label)
    nickname = checked_text(nickname, "A nickname")
    path = home_of(folder) / found.name / f"{id}.png"
    if path.exists():
        return
    if sum(1 for _ in _files(path.parent)) >= MAX_DRAWINGS:
        raise ValueError(f"{found.title} is full: it holds {MAX_DRAWINGS:,} drawings.")
    text = PngImagePlugin.PngInfo()
    for key, value in (("class", label), ("nickname", nickname), ("time", repr(time.time()))):
        text.add_itxt(key, value)
    content = BytesIO()
    Image.fromarray(image).save(content, "png", pnginfo=text)
    beside = path.with_name(f".{secrets.token_hex(8)}")
    try:
        with beside.open("wb") as file:
            file.write(content.getvalue())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(beside, path)
    except OSError as error:
        raise ValueError(f"The drawing could not be kept: {error.strerror}.") from error
    finally:
        beside.unlink(missing_ok=True)


def remove_drawing(name: str, id: str, folder: str | Path | None = None) -> None:
    """Remove a drawing of a set, so that it stays away even if it is sent once more.

    Raises
    ------
    ValueError
        If there is no such set, or drawing.
    """
    path = home_of(folder) / find_set(name, folder).name / f"{id}.png"
    if not _ID.fullmatch(id) or not path.exists():
        raise ValueError("There is no such drawing.")
    if not path.stat().st_size:
        return
    write_whole(path, b"")


def list_drawings(name: str, folder: str | Path | None = None) -> list[Drawing]:
    """List the drawings of a set, the newest first; a damaged file is passed over."""
    path = home_of(folder) / find_set(name, folder).name
    found = []
    for entry in _files(path):
        about = entry.stat()
        if about.st_size:
            with suppress(OSError, SyntaxError, ValueError, KeyError):
                found.append(_read(entry.path, about.st_mtime_ns))
    return sorted(found, key=lambda drawing: (drawing.time, drawing.id), reverse=True)


def count_drawings(name: str, folder: str | Path | None = None) -> int:
    """Count the drawings of a set, without reading them."""
    path = home_of(folder) / find_set(name, folder).name
    return sum(1 for entry in _files(path) if entry.stat().st_size)


def class_counts(found: DrawingSet, drawings: Sequence[Drawing]) -> dict[str, int]:
    """Count the drawings of each class.

    Parameters
    ----------
    found
        The set.
    drawings
        Its drawings.

    Returns
    -------
    dict
        The classes offered, in their order and also where nobody drew one, and then the others. What
        differs only in case is one class, called as it was offered or else first written.
    """
    names = {word.casefold(): word for word in found.classes}
    counts = dict.fromkeys(found.classes, 0)
    for drawing in sorted(drawings, key=lambda drawing: drawing.time):
        if drawing.label:
            name = names.setdefault(drawing.label.casefold(), drawing.label)
            counts[name] = counts.get(name, 0) + 1
    return counts


def _files(path: Path) -> Iterator[os.DirEntry[str]]:
    """The files of all drawings; not what a kill left half written."""
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name.endswith(".png"):
                yield entry


@lru_cache(maxsize=2 * MAX_DRAWINGS)
def _read(path: str, changed: int) -> Drawing:
    """Read a drawing; ``changed``, the time of its file, tells it from another at the same place."""
    with Image.open(path, formats=["PNG"]) as file:
        image = np.asarray(file.convert("L"))
        text = file.text  # type: ignore[attr-defined]
    return Drawing(Path(path).stem, image, text["class"], text["nickname"], float(text["time"]))


def _check_label(found: DrawingSet, label: str) -> str:
    label = checked_text(label, "A class")
    if not found.has_classes:
        return ""
    if not label:
        raise ValueError("Say what it is: choose a class.")
    offered = {word.casefold(): word for word in found.classes}
    if label.casefold() in offered:
        return offered[label.casefold()]
    if not found.others_allowed:
        raise ValueError(f"{found.title} has no class {label}: choose one of those offered.")
    return label
