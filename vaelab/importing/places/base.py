"""What every place with files can do, and what is taken from none."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from vaelab.importing.encoded import Encoded
from vaelab.importing.report import Skipped

__all__ = ["LEADS_OUT", "MAX_MEMBER_BYTES", "Listing", "Place", "Reader", "checked_member", "is_clutter", "leads_out"]

#: What systems leave in folders, which nobody means.
CLUTTER = {"thumbs.db", "desktop.ini", "__macosx"}

#: Bytes of one image in an archive, which is read as a whole.
MAX_MEMBER_BYTES = 2**26


class Listing(NamedTuple):
    """What lies in a place: the names of files, with ``/`` between folders; and what was not taken."""

    names: list[str]
    skipped: list[Skipped]


class Place(Protocol):
    """Somewhere with files."""

    path: Path

    def listing(self) -> Listing:
        """Find all files but hidden ones, without reading them."""

    def read(self, names: Collection[str]) -> Iterator[tuple[str, Encoded | Skipped]]:
        """Hand over the files of these names, in the order that is quickest."""

    def open(self, name: str) -> Any:
        """Open one file as a context that gives a stream with ``read(num_bytes)``."""


class Reader:
    """What has ``read(num_bytes)`` and nothing else."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.read = read


LEADS_OUT = "Its name leads out of the archive."


def leads_out(name: str) -> bool:
    """Tell whether a name in an archive is one of a file outside of it."""
    return name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or bool(re.match(r"[A-Za-z]:", name))


def is_clutter(name: str) -> bool:
    """Tell by its name whether a file or folder is there for the system alone."""
    return (name[0:1] == "." and name not in {".", ".."}) or name.lower() in CLUTTER


def checked_member(name: str, content: bytes) -> Encoded | Skipped:
    """Pass on what a file in an archive holds, or say why it is not taken."""
    if not content:
        return Skipped(name, "It is empty.")
    if len(content) > MAX_MEMBER_BYTES:
        return Skipped(name, f"It has more than {MAX_MEMBER_BYTES >> 20} MB.")
    return content
