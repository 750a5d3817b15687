"""What is to be taken of the paths that a person gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

from PIL import Image

from vaelab.files import expanded
from vaelab.importing.array_files import is_array_file
from vaelab.importing.arrays import of_arrays
from vaelab.importing.csv_files import read_table
from vaelab.importing.encoded import Encoded
from vaelab.importing.intake import NO_CLASS, Intake, Known, printable
from vaelab.importing.parquet import of_parquet
from vaelab.importing.pixel_tables import of_pixels
from vaelab.importing.places import ARCHIVES, Folder, Place, SingleFile, place_of
from vaelab.importing.report import Skipped
from vaelab.importing.tables import of_table, rows_by_name

__all__ = ["find"]

Kind = Literal["image", "array", "table", "parquet", "archive", "pickle", "other"]

#: What files of a kind are called. Pickles are what unpickling opens, which can run code.
ENDINGS: dict[Kind, tuple[str, ...]] = {
    "table": (".csv", ".tsv"),
    "parquet": (".parquet",),
    "archive": ARCHIVES,
    "pickle": (".pkl", ".pickle", ".p", ".pt", ".pth", ".joblib", ".dill"),
}
#: Kinds that are never opened.
NEVER: dict[Kind, str] = {
    "archive": "It is an archive inside another: give it by itself.",
    "pickle": "It is a pickle, which can run code when opened, so it is left closed.",
}
#: Why the kinds that were not taken were not.
WHY_LEFT: dict[Kind, str] = {
    "table": "It is a table: give it as labels, or by itself, to take classes from it.",
    "array": "It holds arrays, and other files were taken: give it by itself.",
    "parquet": "It holds a table, and other files were taken: give it by itself.",
    "image": "Other files were taken: give it by itself.",
}
#: So many files that it is worth while to prepare for them.
MANY_FILES = 1000
#: What Pillow lists among its formats and is something else.
NO_IMAGES = {".pdf", ".h5", ".hdf", ".mpg", ".mpeg", ".grib", ".bufr", ".eps", ".ps", ".wmf", ".emf"}
#: Folders by which collections are divided, rather than by class.
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}


class _File(NamedTuple):
    place: Place
    name: str  # in its place
    shown: str  # to people


def find(
    paths: Sequence[str | Path],
    labels: str | Path | None = None,
    group: str | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    when_many: Callable[[], None] = lambda: None,
) -> Intake:
    """Find the images below some paths, and what is known about each.

    Parameters
    ----------
    paths
        Folders, files and archives.
    labels
        A table with a row for each image file.
    group
        The column whose equal values are to be on one side of the split.
    should_stop
        Asked while long archives are read.
    when_many
        Called as soon as it is known that there are many files.

    Returns
    -------
    Intake
        Images only, if there are any; or else arrays, parquet files, a table.

    Raises
    ------
    ValueError
        In one sentence, if there is nothing that can be taken.
    """
    if not paths:
        raise ValueError("Name a folder, files or an archive to take images from.")
    files, skipped = _all_files([place_of(expanded(path), should_stop) for path in paths])
    if labels is not None:
        files = [file for file in files if not _is_file(file, expanded(labels))]
    if len(files) >= MANY_FILES:
        when_many()
    by_kind: dict[Kind, list[_File]] = {}
    for file in files:
        by_kind.setdefault(kind_of(file.shown), []).append(file)
    skipped += [Skipped(file.shown, NEVER[kind]) for kind in NEVER for file in by_kind.pop(kind, [])]
    taken = _first_kind(by_kind)
    if taken is None:
        raise ValueError(_nothing(paths, skipped))
    chosen = by_kind.pop(taken)
    if taken in {"image", "other"}:
        # A file without an ending may be an image as well as any.
        others = by_kind.pop("other", [])
        by_kind["other"] = [file for file in others if PurePosixPath(file.name).suffix]
        bare = [file for file in others if not PurePosixPath(file.name).suffix]
        intake = _of_images(chosen + bare, labels, group, should_stop)
    elif labels is not None:
        raise ValueError("A table of labels goes with image files, and there are none.")
    else:
        intake = _of_data(taken, chosen, group)
    if group is not None and intake.known.groups is None:
        raise ValueError(f"There is no column {group!r} to group by: give a table that has it as labels.")
    named = set(intake.names)  # images that a table names are taken by way of the table
    intake.skipped += skipped + [
        Skipped(file.shown, WHY_LEFT.get(kind, "It is not an image."))
        for kind, rest in by_kind.items()
        for file in rest
        if file.shown not in named
    ]
    return intake


def _is_file(file: _File, path: Path) -> bool:
    """Whether a file that was found is the one at ``path``."""
    return file.name.endswith(path.name) and isinstance(file.place, Folder) and file.place.path / file.name == path


def _of_data(kind: Kind, files: list[_File], group: str | None) -> Intake:
    sources = [(file.place, file.name) for file in files]
    if kind == "array":
        return of_arrays(sources)
    if kind == "parquet":
        return of_parquet(sources, group)
    if len(files) > 1:
        raise ValueError(f"There are several tables, {files[0].shown} and {files[1].shown}: give one of them.")
    return of_pixels(*sources[0], group) or of_table(*sources[0], group)


def kind_of(name: str) -> Kind:
    """Tell by its name what a file may hold.

    Examples
    --------
    >>> [kind_of(name) for name in ("a.JPG", "a.npz", "a.csv", "a.tar.gz", "README")]
    ['image', 'array', 'table', 'archive', 'other']
    """
    name = name.lower()
    if name[name.rfind(".") :] in _image_suffixes():
        return "image"
    if is_array_file(name):
        return "array"
    return next((kind for kind, endings in ENDINGS.items() if name.endswith(endings)), "other")


@cache
def _image_suffixes() -> set[str]:
    return set(Image.registered_extensions()) - NO_IMAGES


def _first_kind(by_kind: dict[Kind, list[_File]]) -> Kind | None:
    kinds: tuple[Kind, ...] = ("image", "array", "parquet", "table", "other")
    tables = by_kind.get("table", [])
    if tables and all(isinstance(file.place, SingleFile) for file in tables):
        return "table"  # somebody named it
    return next((kind for kind in kinds if kind in by_kind), None)


def _nothing(paths: Sequence[str | Path], skipped: list[Skipped]) -> str:
    where = Path(paths[0]).name if len(paths) == 1 else "what was given"
    if not skipped:
        return f"There are no images in {where}."
    return f"There are no images in {where} that can be taken. {skipped[0].file}: {skipped[0].why}"


def _all_files(places: list[Place]) -> tuple[list[_File], list[Skipped]]:
    files: list[_File] = []
    skipped: list[Skipped] = []
    for place in places:
        listing = place.listing()
        # Of several folders each may be a class; the name of one says nothing.
        top = "" if len(places) == 1 or isinstance(place, SingleFile) else f"{_stem(place.path)}/"
        files += [_File(place, name, printable(top + name)) for name in listing.names]
        skipped += [Skipped(printable(top + file), why) for file, why in listing.skipped]
    return files, skipped


def _stem(path: Path) -> str:
    name = path.resolve().name
    return next((name[: -len(end)] for end in (".tar.gz", *ARCHIVES) if name.lower().endswith(end)), name)


# --- Image files --------------------------------------------------------------------------------


def _of_images(
    files: list[_File], labels: str | Path | None, group: str | None, should_stop: Callable[[], bool]
) -> Intake:
    shown = [file.shown for file in files]
    skipped: list[Skipped] = []
    if labels is None:
        known = _by_folder(shown)
    else:
        table = _table(expanded(labels), should_stop)
        kept, known, skipped = rows_by_name(table, shown, group)
        files = [files[index] for index in kept]
    numbers: dict[int, dict[str, int]] = {}
    for number, file in enumerate(files):
        numbers.setdefault(id(file.place), {})[file.name] = number
    places = {id(file.place): file.place for file in files}

    def encoded() -> Iterator[tuple[int, Encoded | Skipped]]:
        for key, place in places.items():
            number_of = numbers[key]
            for name, content in place.read(number_of):
                yield number_of[name], content

    return Intake([file.shown for file in files], known, encoded=encoded, skipped=skipped)


def _table(path: Path, should_stop: Callable[[], bool]) -> Any:
    place = place_of(path, should_stop)
    if not isinstance(place, SingleFile):
        raise ValueError(f"{path.name} is not a table: give a CSV with a row for each image.")
    return read_table(place, path.name)


def _by_folder(names: list[str]) -> Known:
    """Make the folders' names the classes: those next to the top that tell images apart."""
    known = Known()
    folders = [name.rpartition("/")[0] for name in names]
    while len(tops := {folder.partition("/")[0] for folder in set(folders)}) == 1 and tops != {""}:
        folders = [folder.partition("/")[2] for folder in folders]
    if {top.lower() for top in tops} <= PARTS:
        known.notes.append(f"Joined the folders {', '.join(sorted(tops))}; all images are split anew.")
        folders = [folder.partition("/")[2] for folder in folders]
    if any(folders):
        class_of = {folder: folder.partition("/")[0] or NO_CLASS for folder in set(folders)}
        known.labels = [class_of[folder] for folder in folders]
        count = len(set(class_of.values()) - {NO_CLASS})
        known.notes.append(
            f"Took the {count:,} subfolders as classes." if count > 1 else "Took the subfolder as a class."
        )
    return known
