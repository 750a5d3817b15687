"""Sets of drawings that grow: one person opens a set, and others add to it from their phones.

A set is a folder, ``$VAELAB_DATA/collect/<name>``:

``set.json``
    What is drawn, the classes to choose from, whether it is open, and whose it is.
``<id>.png``
    A drawing, with its class, nickname and time as text within the file. The id is made by the
    browser that sends it, so that a drawing sent twice is one drawing. A file is made whole beside
    its place and linked into it, which fails where there is one already: nobody ever overwrites
    another's. A drawing that was removed leaves an empty file: sent once more, it stays away.

It is not below ``own/``, since a set that is still growing is no dataset: ``keep`` makes one of it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin
from pydantic import BaseModel, ConfigDict, ValidationError

from vaelab.config import expanded
from vaelab.datasets import ImageDataset, data_folder
from vaelab.datasets.own import check_name, own_sources, save_own
from vaelab.datasets.splits import seeded_split
from vaelab.files import write_whole

__all__ = [
    "MAX_CLASSES",
    "MAX_DRAWINGS",
    "MAX_TEXT",
    "MIN_DRAWINGS",
    "PAPERS",
    "SIZES",
    "Drawing",
    "DrawingSet",
    "add_drawing",
    "class_counts",
    "count_drawings",
    "delete_set",
    "find_set",
    "keep",
    "list_drawings",
    "list_sets",
    "open_set",
    "remove_drawing",
    "set_open",
    "to_dataset",
]

Size = Literal[28, 32, 64]
Paper = Literal["white", "black"]

#: What to draw on.
PAPERS: tuple[Paper, ...] = ("white", "black")
#: Pixels of a drawing's side that can be chosen.
SIZES: tuple[Size, ...] = (28, 32, 64)
#: Characters of a class or nickname.
MAX_TEXT = 30
MAX_CLASSES = 50
#: Drawings of one set, those that were removed included.
MAX_DRAWINGS = 5_000
MAX_SETS = 200
#: Fewer cannot be split into images for training, for choosing and for judging.
MIN_DRAWINGS = 10

#: Where people read that a dataset's images are from.
SOURCE = "collected from those who drew them"
#: What Markdown would make a link, a picture, colour or code of.
_MARKUP = frozenset("[]<>`\\")
_ID = re.compile(r"[0-9a-f]{32}")


class DrawingSet(BaseModel):
    """What is known of a set, besides its drawings.

    Attributes
    ----------
    name
        The folder's name, and that of the dataset it becomes.
    title
        What those who draw read above the paper; the name where there is none.
    classes
        What can be chosen.
    others_allowed
        Whether another class may be written.
    size
        Pixels of a drawing's side; drawings are gray.
    paper
        The colour they are drawn on, in the other one.
    is_open
        Whether drawings are taken.
    owner
        The secret of whoever opened it, and may remove drawings and close it.
    opened
        When, in seconds since the epoch; tells a set from an earlier one of its name.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    classes: tuple[str, ...]
    others_allowed: bool
    size: Size
    paper: Paper
    is_open: bool = True
    owner: str
    opened: float

    @property
    def has_classes(self) -> bool:
        """Whether each drawing says what it shows."""
        return bool(self.classes) or self.others_allowed

    def belongs_to(self, token: str) -> bool:
        """Whether ``token`` is the owner's secret."""
        return secrets.compare_digest(self.owner.encode(), token.encode(errors="replace"))


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


# Sets -------------------------------------------------------------------------------------------


def open_set(
    name: str,
    classes: Sequence[str] = (),
    *,
    others_allowed: bool = True,
    size: Size = 28,
    paper: Paper = "white",
    title: str = "",
    folder: str | Path | None = None,
) -> DrawingSet:
    """Open a new set.

    Parameters
    ----------
    name
        1 to 60 letters, digits, spaces, - and _.
    classes
        What can be drawn, at most ``MAX_CLASSES``; those that differ only in case are one.
    others_allowed
        Whether another class may be written. Without any class and without others, drawings have none.
    size
        Pixels of a drawing's side.
    paper
        The colour to draw on.
    title
        What to read above the paper, at most 80 characters; the name by default.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    DrawingSet
        With the owner's secret.

    Raises
    ------
    ValueError
        For a name that is taken or cannot be one, or classes, a size or a title out of range.
    """
    name = check_name(name)
    home = _home(folder)
    if _find(home / name) is not None:
        raise ValueError(f"There is already a set called {name}: choose another name.")
    if f"own/{name}" in own_sources(folder):
        raise ValueError(f"There is already a dataset called {name}: choose another name.")
    if len(list_sets(folder)) >= MAX_SETS:
        raise ValueError(f"There are {MAX_SETS} sets already: delete one first.")
    if size not in SIZES:
        raise ValueError(f"A drawing is 28, 32 or 64 pixels wide, not {size}.")
    if paper not in PAPERS:
        raise ValueError(f"Paper is white or black, not {paper!r}.")
    offered: dict[str, str] = {}
    for word in (_check_text(each, "A class") for each in classes):
        if word:
            offered.setdefault(word.casefold(), word)
    if len(offered) > MAX_CLASSES:
        raise ValueError(f"At most {MAX_CLASSES} classes can be offered, but these are {len(offered)}.")
    made = DrawingSet(
        name=name,
        title=_check_text(title, "A title", 80) or name,
        classes=tuple(offered.values()),
        others_allowed=others_allowed,
        size=size,
        paper=paper,
        owner=secrets.token_urlsafe(12),
        opened=time.time(),
    )
    # A whole folder is renamed into its place, so that of two who open the same name one is told so.
    beside = home / f".{secrets.token_hex(8)}"
    beside.mkdir(parents=True)
    try:
        (beside / "set.json").write_text(_text_of(made), "utf-8")
        beside.rename(home / name)
    except OSError as error:
        raise ValueError(f"The set {name} could not be opened: {error.strerror}.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return made


def find_set(name: str, folder: str | Path | None = None) -> DrawingSet:
    """Find a set by its name.

    Raises
    ------
    ValueError
        If there is none.
    """
    with suppress(ValueError):
        found = _find(_home(folder) / check_name(name))
        if found is not None:
            return found
    raise ValueError("There is no such set of drawings: ask for its address again.")


def list_sets(folder: str | Path | None = None) -> list[DrawingSet]:
    """List all sets, the newest first."""
    found = [_find(path.parent) for path in _home(folder).glob("*/set.json")]
    return sorted((each for each in found if each is not None), key=lambda each: each.opened, reverse=True)


def set_open(name: str, is_open: bool, folder: str | Path | None = None) -> None:
    """Close a set, so that nothing is added any more, or open it again."""
    changed = find_set(name, folder).model_copy(update={"is_open": is_open})
    path = _home(folder) / name
    write_whole(path / "set.json", _text_of(changed).encode())


def delete_set(name: str, folder: str | Path | None = None) -> None:
    """Delete a set and its drawings, for good; a dataset that was made from it stays."""
    found = find_set(name, folder)
    path = _home(folder) / found.name
    # Out of sight first: half of a set must not be seen.
    gone = path.with_name(f".{secrets.token_hex(8)}")
    path.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


# Drawings ---------------------------------------------------------------------------------------


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
    nickname = _check_text(nickname, "A nickname")
    path = _home(folder) / found.name / f"{id}.png"
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
    path = _home(folder) / find_set(name, folder).name / f"{id}.png"
    if not _ID.fullmatch(id) or not path.exists():
        raise ValueError("There is no such drawing.")
    if not path.stat().st_size:
        return
    write_whole(path, b"")


def list_drawings(name: str, folder: str | Path | None = None) -> list[Drawing]:
    """List the drawings of a set, the newest first; a damaged file is passed over."""
    path = _home(folder) / find_set(name, folder).name
    found = []
    for entry in _files(path):
        about = entry.stat()
        if about.st_size:
            with suppress(OSError, SyntaxError, ValueError, KeyError):
                found.append(_read(entry.path, about.st_mtime_ns))
    return sorted(found, key=lambda drawing: (drawing.time, drawing.id), reverse=True)


def count_drawings(name: str, folder: str | Path | None = None) -> int:
    """Count the drawings of a set, without reading them."""
    path = _home(folder) / find_set(name, folder).name
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


# Into a dataset ---------------------------------------------------------------------------------


def to_dataset(name: str, folder: str | Path | None = None) -> ImageDataset:
    """Make a dataset of a set as it is now.

    Parameters
    ----------
    name
        The set's.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    ImageDataset
        Gray images in the order in which they arrived, with their classes; each is called by the
        nickname of who drew it.

    Raises
    ------
    ValueError
        If there is no such set, or it has fewer than ``MIN_DRAWINGS`` drawings.
    """
    found, drawings = find_set(name, folder), list_drawings(name, folder)[::-1]
    if len(drawings) < MIN_DRAWINGS:
        raise ValueError(f"Training needs at least {MIN_DRAWINGS} drawings; this set has {len(drawings)} so far.")
    counts = class_counts(found, drawings)
    names = [word for word, count in counts.items() if count]
    place = {word.casefold(): index for index, word in enumerate(names)}
    images = np.stack([drawing.image for drawing in drawings])
    return ImageDataset.of(
        images,
        [place[drawing.label.casefold()] for drawing in drawings] if names else None,
        name=found.name,
        label_names=names or None,
        image_names=[drawing.nickname for drawing in drawings],
        split=seeded_split(len(images), groups=np.array([hashlib.sha256(image).hexdigest() for image in images])),
        source=SOURCE,
        description=f"Drawings of {found.size} × {found.size} pixels, on {found.paper}.",
    )


def keep(name: str, folder: str | Path | None = None) -> str:
    """Make the set an own dataset of its name, or that dataset anew.

    Parameters
    ----------
    name
        The set's.
    folder
        The data folder; ``data_folder()`` by default.

    Returns
    -------
    str
        What ``load_dataset`` takes: ``"own/<name>"``.

    Raises
    ------
    ValueError
        As ``to_dataset`` does, or if there is a dataset of this name that is not from this set.
    """
    found = find_set(name, folder)
    data = to_dataset(name, folder)
    before = own_sources(folder).get(f"own/{found.name}")
    if before is not None and before.source != SOURCE:
        raise ValueError(f"There is already a dataset called {found.name}, from elsewhere: delete it first.")
    # Once it is there, its title is what it was renamed to.
    title = found.title if before is None else ""
    return save_own(data, found.name, title=title, replace=True, folder=folder)


# Files and words --------------------------------------------------------------------------------


def _home(folder: str | Path | None) -> Path:
    return (data_folder() if folder is None else expanded(folder)) / "collect"


def _find(path: Path) -> DrawingSet | None:
    try:
        found = DrawingSet.model_validate_json((path / "set.json").read_bytes())
    except (OSError, ValidationError):
        return None
    return found.model_copy(update={"name": path.name})


def _text_of(described: DrawingSet) -> str:
    return described.model_dump_json(indent=2) + "\n"


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
    label = _check_text(label, "A class")
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


def _check_text(text: str, what: str, longest: int = MAX_TEXT) -> str:
    """Return a line of text without spaces around it, in Unicode's composed form.

    Others read it on their pages, so it can hold nothing that changes how a page looks.
    """
    line = unicodedata.normalize("NFC", re.sub(" +", " ", text)).strip()
    if len(line) > longest:
        raise ValueError(f"{what} has at most {longest} characters, but this has {len(line)}.")
    # What joins emoji is not printable by itself, and harmless.
    if not line.replace("\u200d", "").isprintable() or _MARKUP & set(line):
        raise ValueError(f"{what} can have letters, digits and common signs: leave out anything else.")
    return line
