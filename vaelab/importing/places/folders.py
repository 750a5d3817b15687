"""Files that lie in a folder, or are given one by one."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from vaelab.importing.encoded import Encoded
from vaelab.importing.limits import MAX_FILES
from vaelab.importing.places.base import Listing, is_clutter
from vaelab.importing.report import Skipped

__all__ = ["Folder", "SingleFile"]


class Folder:
    """A folder with all that is below it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def listing(self) -> Listing:
        """Find all files but hidden ones, without reading them."""
        names: list[str] = []
        skipped: list[Skipped] = []
        self._walk(self.path.resolve(), "", names, skipped)
        names.sort()
        return Listing(names, skipped)

    def _walk(self, root: Path, below: str, names: list[str], skipped: list[Skipped]) -> None:
        try:
            with os.scandir(root / below) as entries:
                for entry in entries:
                    name = below + entry.name
                    if is_clutter(entry.name):
                        continue
                    if entry.is_file(follow_symlinks=False):
                        names.append(name)
                    elif entry.is_dir(follow_symlinks=False):
                        self._walk(root, f"{name}/", names, skipped)
                    else:
                        self._follow(root, name, names, skipped)
                    if len(names) > MAX_FILES:
                        raise ValueError(f"{self.path.name} has more than {MAX_FILES:,} files: give a part of them.")
        except OSError as error:
            skipped.append(Skipped(below or ".", f"It cannot be read: {error.strerror}."))

    @staticmethod
    def _follow(root: Path, name: str, names: list[str], skipped: list[Skipped]) -> None:
        path = root / name
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):
            skipped.append(Skipped(name, "It is a link that leads nowhere."))
            return
        if not real.is_relative_to(root):
            skipped.append(Skipped(name, "It is a link that leads out of the folder."))
        elif real.is_dir():
            skipped.append(Skipped(name, "It is a link to a folder."))
        elif real.is_file():
            names.append(name)
        else:
            skipped.append(Skipped(name, "It is not a file that can be read to its end."))

    def read(self, names: Collection[str]) -> Iterator[tuple[str, Encoded | Skipped]]:
        """Hand over paths: whoever decodes them opens them."""
        root = str(self.path.resolve())
        for name in names:
            yield name, f"{root}/{name}"

    def open(self, name: str) -> Any:
        """Open one file."""
        return (self.path.resolve() / name).open("rb")


class SingleFile:
    """One file, as a place of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def listing(self) -> Listing:
        """Name the file."""
        if not self.path.is_file():
            return Listing([], [Skipped(self.path.name, "It is not a file that can be read to its end.")])
        return Listing([self.path.name], [])

    def read(self, names: Collection[str]) -> Iterator[tuple[str, Encoded | Skipped]]:
        """Hand over its path."""
        for name in names:
            yield name, str(self.path.resolve())

    def open(self, name: str) -> Any:
        """Open it."""
        return self.path.open("rb")
