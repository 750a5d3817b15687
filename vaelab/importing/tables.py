"""Tables that name image files, and what their other columns tell about each image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from vaelab.importing.columns import known_from
from vaelab.importing.csv_files import Table, number_in, read_table
from vaelab.importing.encoded import Encoded
from vaelab.importing.intake import Intake, Known
from vaelab.importing.places import Folder, Place, SingleFile
from vaelab.importing.report import Skipped

__all__ = ["of_table", "rows_by_name"]

#: What people call the column with the file.
FILE_COLUMNS = (
    "file",
    "filename",
    "file_name",
    "path",
    "filepath",
    "file_path",
    "image",
    "image_path",
    "img",
    "name",
    "id",
)


def of_table(place: Place, name: str, group: str | None) -> Intake:
    """Find the images that a table names, in the folder in which the table lies.

    Parameters
    ----------
    place, name
        The table.
    group
        See ``known_from``.

    Returns
    -------
    Intake
        Of the files that are there; each row without one is in ``skipped``.

    Raises
    ------
    ValueError
        If no column names files.
    """
    table = read_table(place, name)
    base: Place = Folder(place.path.parent) if isinstance(place, SingleFile) else place
    below = str(PurePosixPath(name).parent) if "/" in name else ""
    there = None if isinstance(base, Folder) else set(base.listing().names)
    column = _file_column(table)
    files: list[str] = []
    kept: list[int] = []
    skipped: list[Skipped] = []
    root = base.path.resolve()
    for row, file in enumerate(table.columns[column]):
        path = str(PurePosixPath(below, file.replace("\\", "/")))
        if path.startswith("/") or ".." in path.split("/"):
            skipped.append(Skipped(file, "Its name leads out of the folder."))
        elif path not in there if there is not None else not (root / path).is_file():
            skipped.append(Skipped(file, f"{name} names it, but it is not there."))
        elif there is None and not (root / path).resolve().is_relative_to(root):
            skipped.append(Skipped(file, "It is a link that leads out of the folder."))
        else:
            files.append(path)
            kept.append(row)
    if not files:
        file, why = skipped[0]
        raise ValueError(f"None of the files that {name} names in its column {column} can be taken. {file}: {why}")
    known = known_from(_rows(table, kept, column), group)

    def encoded() -> Iterator[tuple[int, Encoded | Skipped]]:
        # A file may be named twice; it is then read once.
        numbers: dict[str, list[int]] = {}
        for number, path in enumerate(files):
            numbers.setdefault(path, []).append(number)
        for path, content in base.read(list(numbers)):
            for number in numbers[path]:
                yield number, content

    return Intake(files, known, encoded=encoded, skipped=skipped)


def rows_by_name(table: Table, names: Sequence[str], group: str | None) -> tuple[list[int], Known, list[Skipped]]:
    """Find the row of a table for each image.

    Parameters
    ----------
    table
        With a column of file names: with or without folders, with or without endings.
    names
        Of the images.
    group
        See ``known_from``.

    Returns
    -------
    tuple
        Which images have a row; what is known about these; images without a row and rows without an image.

    Raises
    ------
    ValueError
        If no image has a row.
    """
    column = _file_column(table, names)
    row_of = {file.replace("\\", "/").removeprefix("./"): row for row, file in enumerate(table.columns[column])}
    shorts = Counter(PurePosixPath(name).name for name in names)
    kept, rows, skipped = [], [], []
    for index, name in enumerate(names):
        row = next((row_of[key] for key in _keys(name, shorts) if key in row_of), None)
        if row is None:
            skipped.append(Skipped(name, f"{table.name} has no row for it."))
        else:
            kept.append(index)
            rows.append(row)
    used = set(rows)
    for file, row in row_of.items():
        if row not in used:
            skipped.append(Skipped(file, f"{table.name} names it, but it is not there."))
    if not kept:
        raise ValueError(
            f"{table.name} names none of the images: its column {column} has {table.columns[column][0]!r}."
        )
    return kept, known_from(_rows(table, rows, column), group), skipped


def _keys(name: str, shorts: Counter[str]) -> Iterator[str]:
    """What a table may call a file: any end of its path that belongs to it alone."""
    parts = name.split("/")
    for start in range(len(parts)):
        if start == len(parts) - 1 and shorts[parts[-1]] > 1:
            return
        path = "/".join(parts[start:])
        yield path
        yield path.rsplit(".", 1)[0]


def _rows(table: Table, rows: list[int], without: str) -> dict[str, list[Any]]:
    return {name: [values[row] for row in rows] for name, values in table.columns.items() if name != without}


def _file_column(table: Table, names: Sequence[str] = ()) -> str:
    stems = {PurePosixPath(name).stem for name in names}

    def fits(column: str) -> int:
        cells = table.columns[column]
        if names:
            return sum(PurePosixPath(cell.replace("\\", "/")).stem in stems for cell in cells)
        return sum(PurePosixPath(cell).suffix[1:].isalnum() and number_in(cell) is None for cell in cells)

    by_name = {name.lower(): name for name in table.columns}
    for column in (*(by_name[name] for name in FILE_COLUMNS if name in by_name), *table.columns):
        if 2 * fits(column) > len(table.columns[column]):
            return column
    raise ValueError(f"{table.name} has neither pixels nor a column that names image files.")
