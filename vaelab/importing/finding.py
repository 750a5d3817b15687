"""What is to be taken of the paths that a person gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

from PIL import Image

from vaelab.importing.arrays import is_array_file, of_arrays
from vaelab.importing.decoding import Encoded
from vaelab.importing.intake import NO_CLASS, Intake, Known
from vaelab.importing.parquet import of_parquet
from vaelab.importing.places import ARCHIVES, Place, SingleFile, place_of
from vaelab.importing.report import Skipped
from vaelab.importing.tables import of_pixels, of_table, read_table, rows_by_name

__all__ = ["find"]

Kind = Literal["image", "array", "table", "parquet", "archive", "pickle", "other"]

TABLES = (".csv", ".tsv", ".csv.gz")
#: Files that unpickling opens, which can run code.
PICKLES = (".pkl", ".pickle", ".p", ".pt", ".pth", ".joblib", ".dill")
#: What Pillow lists among its formats and is something else.
NO_IMAGES = {".pdf", ".h5", ".hdf", ".mpg", ".mpeg", ".grib", ".bufr", ".eps", ".ps", ".wmf", ".emf"}
#: Folders by which collections are divided, rather than by class.
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}


class _File(NamedTuple):
    place: Place
    name: str  # in its place
    shown: str  # to people


def find(
    paths: Sequence[str | Path], labels: str | Path | None, group: str | None, should_stop: Callable[[], bool]
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
    files, skipped = _all_files([place_of(Path(path).expanduser(), should_stop) for path in paths])
    by_kind: dict[Kind, list[_File]] = {}
    for file in files:
        by_kind.setdefault(kind_of(file.shown), []).append(file)
    for file in by_kind.pop("archive", []):
        skipped.append(Skipped(file.shown, "It is an archive inside of what was given: give it by itself."))
    for file in by_kind.pop("pickle", []):
        skipped.append(Skipped(file.shown, "It is a pickle, which can run code when it is opened, so it never is."))
    taken = _first_kind(by_kind)
    if taken is None:
        raise ValueError(_nothing(paths, skipped))
    if labels is not None and taken not in {"image", "other"}:
        raise ValueError("A table of labels goes with image files, and there are none.")
    chosen = by_kind.pop(taken)
    if taken in {"image", "other"}:
        # A file without an ending may be an image as well as any.
        bare = [file for file in by_kind.pop("other", []) if not PurePosixPath(file.name).suffix]
        intake = _of_images(chosen + bare, labels, group, should_stop)
    elif taken == "array":
        intake = of_arrays([(file.place, file.name) for file in chosen])
    elif taken == "parquet":
        intake = of_parquet([(file.place, file.name) for file in chosen], group)
    else:
        if len(chosen) > 1:
            raise ValueError(f"There are several tables, {chosen[0].shown} and {chosen[1].shown}: give one of them.")
        place, name, _ = chosen[0]
        intake = of_pixels(place, name, group) or of_table(place, name, group)
    if group is not None and intake.known.groups is None:
        raise ValueError(f"There is no column {group!r} to group by: give a table that has it as labels.")
    intake.skipped += skipped
    named = set(intake.names)
    intake.skipped += [
        Skipped(file.shown, _why_left(kind))
        for kind, rest in by_kind.items()
        for file in rest
        # Images that a table names are taken by way of the table.
        if file.shown not in named
    ]
    return intake


def kind_of(name: str) -> Kind:
    """Tell by its name what a file may hold.

    Examples
    --------
    >>> [kind_of(name) for name in ("a.JPG", "a.npz", "a.csv", "a.tar.gz", "README")]
    ['image', 'array', 'table', 'archive', 'other']
    """
    name = name.lower()
    if is_array_file(name):
        return "array"
    if name.endswith(TABLES):
        return "table"
    if name.endswith(".parquet"):
        return "parquet"
    if name.endswith(ARCHIVES):
        return "archive"
    if name.endswith(PICKLES):
        return "pickle"
    suffix = PurePosixPath(name).suffix
    return "image" if suffix in Image.registered_extensions() and suffix not in NO_IMAGES else "other"


def _first_kind(by_kind: dict[Kind, list[_File]]) -> Kind | None:
    kinds: tuple[Kind, ...] = ("image", "array", "parquet", "table", "other")
    tables = by_kind.get("table", [])
    if tables and all(isinstance(file.place, SingleFile) for file in tables):
        return "table"  # somebody named it
    return next((kind for kind in kinds if kind in by_kind), None)


def _why_left(kind: Kind) -> str:
    return {
        "table": "It is a table: give it as labels, or by itself, to take classes from it.",
        "array": "It holds arrays, and image files were taken: give it by itself.",
        "parquet": "It holds a table, and image files were taken: give it by itself.",
        "image": "Other files were taken: give it by itself.",
    }.get(kind, "It is not an image.")


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
        files += [_File(place, name, top + name) for name in listing.names]
        skipped += [Skipped(top + file, why) for file, why in listing.skipped]
    return files, skipped


def _stem(path: Path) -> str:
    name = path.resolve().name
    return next((name[: -len(end)] for end in (".tar.gz", *ARCHIVES) if name.lower().endswith(end)), name)


# --- Image files --------------------------------------------------------------------------------


def _of_images(
    files: list[_File], labels: str | Path | None, group: str | None, should_stop: Callable[[], bool]
) -> Intake:
    shown = [file.shown for file in files]
    if labels is None:
        known, skipped = _by_folder(shown), []
    else:
        table = _table(Path(labels).expanduser(), should_stop)
        kept, known, skipped = rows_by_name(table, shown, group)
        files = [files[index] for index in kept]
    numbers = {(id(file.place), file.name): number for number, file in enumerate(files)}

    def encoded() -> Iterator[tuple[int, Encoded | Skipped]]:
        for place in {id(file.place): file.place for file in files}.values():
            for name, content in place.read([file.name for file in files if file.place is place]):
                yield numbers[id(place), name], content

    return Intake([file.shown for file in files], known, encoded=encoded, skipped=skipped)


def _table(path: Path, should_stop: Callable[[], bool]) -> Any:
    place = place_of(path, should_stop)
    if not isinstance(place, SingleFile):
        raise ValueError(f"{path.name} is no table: give a CSV with a row for each image.")
    return read_table(place, path.name)


def _by_folder(names: list[str]) -> Known:
    """Make the folders' names the classes: those next to the top that tell images apart."""
    parts = [name.split("/") for name in names]
    known = Known()
    while len({part[0] for part in parts}) == 1 and all(len(part) > 1 for part in parts):
        parts = [part[1:] for part in parts]
    tops = {part[0].lower() for part in parts if len(part) > 1}
    if tops and tops <= PARTS and all(len(part) > 1 for part in parts):
        known.notes.append(f"Joined the folders {', '.join(sorted(tops))}; all images are split anew.")
        parts = [part[1:] for part in parts]
    if any(len(part) > 1 for part in parts):
        known.labels = [part[0] if len(part) > 1 else NO_CLASS for part in parts]
        count = len(set(known.labels) - {NO_CLASS})
        known.notes.append(
            f"Took the {count:,} subfolders as classes." if count > 1 else "Took the subfolder as a class."
        )
    return known
