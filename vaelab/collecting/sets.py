"""Sets that people add drawings to: what is asked for, and whether it is open."""

from __future__ import annotations

import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from vaelab.datasets import data_folder
from vaelab.datasets.own import own_sources
from vaelab.files import check_name, expanded, write_whole

__all__ = [
    "MAX_CLASSES",
    "MAX_TEXT",
    "PAPERS",
    "SIZES",
    "DrawingSet",
    "Paper",
    "checked_text",
    "delete_set",
    "find_set",
    "home_of",
    "list_sets",
    "open_set",
    "set_open",
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
MAX_SETS = 200

#: What Markdown would make a link, a picture, colour or code of.
_MARKUP = frozenset("[]<>`\\")


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
    home = home_of(folder)
    if found_in(home / name) is not None:
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
    for word in (checked_text(each, "A class") for each in classes):
        if word:
            offered.setdefault(word.casefold(), word)
    if len(offered) > MAX_CLASSES:
        raise ValueError(f"At most {MAX_CLASSES} classes can be offered, but these are {len(offered)}.")
    made = DrawingSet(
        name=name,
        title=checked_text(title, "A title", 80) or name,
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
        found = found_in(home_of(folder) / check_name(name))
        if found is not None:
            return found
    raise ValueError("There is no such set of drawings: ask for its address again.")


def list_sets(folder: str | Path | None = None) -> list[DrawingSet]:
    """List all sets, the newest first."""
    found = [found_in(path.parent) for path in home_of(folder).glob("*/set.json")]
    return sorted((each for each in found if each is not None), key=lambda each: each.opened, reverse=True)


def set_open(name: str, is_open: bool, folder: str | Path | None = None) -> None:
    """Close a set, so that nothing is added any more, or open it again."""
    changed = find_set(name, folder).model_copy(update={"is_open": is_open})
    path = home_of(folder) / name
    write_whole(path / "set.json", _text_of(changed).encode())


def delete_set(name: str, folder: str | Path | None = None) -> None:
    """Delete a set and its drawings, for good; a dataset that was made from it stays."""
    found = find_set(name, folder)
    path = home_of(folder) / found.name
    # Out of sight first: half of a set must not be seen.
    gone = path.with_name(f".{secrets.token_hex(8)}")
    path.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def home_of(folder: str | Path | None) -> Path:
    """Where sets lie, within a folder for data."""
    return (data_folder() if folder is None else expanded(folder)) / "collect"


def found_in(path: Path) -> DrawingSet | None:
    try:
        found = DrawingSet.model_validate_json((path / "set.json").read_bytes())
    except (OSError, ValidationError):
        return None
    return found.model_copy(update={"name": path.name})


def _text_of(described: DrawingSet) -> str:
    return described.model_dump_json(indent=2) + "\n"


def checked_text(text: str, what: str, longest: int = MAX_TEXT) -> str:
    """Return a line of text without spaces around it, in Unicode's composed form.

    Others read it on their pages, so it can hold nothing that changes how a page looks.

    Parameters
    ----------
    text
        As somebody typed it.
    what
        It is, at the beginning of a sentence.
    longest
        How many characters it may have.

    Returns
    -------
    str
        The line, which may be empty.

    Raises
    ------
    ValueError
        If it is too long, or has something in it that changes how a page looks.
    """
    line = unicodedata.normalize("NFC", re.sub(" +", " ", text)).strip()
    if len(line) > longest:
        raise ValueError(f"{what} has at most {longest} characters, but this has {len(line)}.")
    # What joins emoji is not printable by itself, and harmless.
    if not line.replace("\u200d", "").isprintable() or _MARKUP & set(line):
        raise ValueError(f"{what} can have letters, digits and common signs: leave out anything else.")
    return line
