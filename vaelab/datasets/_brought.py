"""Files of a dataset that people brought by hand: packed, with other names, a folder higher or deeper than usual."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from io import BufferedIOBase
from pathlib import Path

__all__ = ["find", "lay_out"]

#: Folders beside one another that are looked into.
MOST_FOLDERS = 50

#: Of MNIST's labels of the test images: its files, Fashion-MNIST's and Kuzushiji-MNIST's have the same names.
MNIST_LABELS = ("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")


def find(root: Path, files: Collection[str], names: Collection[str], shared: bool) -> dict[str, Path]:
    """Find a dataset's files.

    Parameters
    ----------
    root
        The data folder.
    files
        Names of the files, without folders.
    names
        What the dataset's folder may be called, torchvision's name first.
    shared
        Whether files of other datasets have the same names: then only a folder of the dataset's own counts, or one
        that holds MNIST's labels where MNIST is looked for.

    Returns
    -------
    dict
        Where each is, by name: those of the one place that has most of them.
    """
    best: dict[str, Path] = {}
    for place, is_named in _places(root, names):
        found = {file: path for file in files if (path := _find_one(place, file)) is not None}
        if len(found) > len(best) and (is_named or not shared or ("mnist" in names and _is_mnist(found))):
            best = found
    return best


def lay_out(found: Mapping[str, Path], folder: Path) -> None:
    """Copy files into a folder, unpacked.

    Parameters
    ----------
    found
        As ``find`` returns them.
    folder
        Where to; it is made.

    Raises
    ------
    OSError
        If one cannot be read or is damaged.
    """
    folder.mkdir(parents=True)
    for file, path in found.items():
        with _open(path) as packed, (folder / file).open("wb") as target:
            shutil.copyfileobj(packed, target)


def _places(root: Path, names: Collection[str]) -> Iterator[tuple[Path, bool]]:
    """Folders that files may lie in, and whether a folder is called after the dataset."""
    below: list[Path] = []
    with suppress(OSError):
        entries = (path for path in sorted(root.iterdir()) if path.name[0] != "." and path.is_dir())
        below = [path for path, _ in zip(entries, range(MOST_FOLDERS), strict=False)]
    for base in (root, *below):
        for name in names:
            for inner in ("", "raw", name, f"{name}/raw"):
                yield base / name / inner, True
        is_named = bool({base.name, base.parent.name} & set(names))
        yield base, is_named
        yield base / "raw", is_named


def _find_one(place: Path, file: str) -> Path | None:
    for name in (file, file.replace("-idx", ".idx")):
        for path in (place / name, place / f"{name}.gz", place / name / name):  # the last as Kaggle packs them
            with suppress(OSError):
                if path.is_file():
                    return path
    return None


def _is_mnist(found: Mapping[str, Path]) -> bool:
    name, digest = MNIST_LABELS
    if name not in found:
        return False
    try:
        with _open(found[name]) as file:
            return hashlib.sha256(file.read()).hexdigest() == digest
    except (OSError, EOFError):
        return False


def _open(path: Path) -> BufferedIOBase:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")
