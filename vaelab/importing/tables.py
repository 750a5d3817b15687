"""Tables: of pixels, of file names, and what their other columns tell about each image."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.importing.arrays import as_text, numbers_to_bytes, to_rows
from vaelab.importing.decoding import Encoded
from vaelab.importing.intake import MAX_CLASSES, NO_CLASS, Intake, Known
from vaelab.importing.limits import MAX_FILES, MAX_TABLE_BYTES, Columns
from vaelab.importing.places import Folder, Place, SingleFile, binary
from vaelab.importing.report import Skipped

__all__ = ["LABEL_COLUMNS", "Table", "known_from", "of_pixels", "of_table", "read_table", "rows_by_name"]

#: What people call the column with the class, the surest first.
LABEL_COLUMNS = ("label", "class", "category", "target", "y", "labels", "classes", "species")
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
#: What a known factor can be, being float32.
FLOAT_MAX = 3e38
#: Columns from which on a table of numbers holds pixels: those of 8 x 8.
MIN_PIXEL_COLUMNS = 64
#: Bytes of a table of pixels that are read at a time; no row may be longer.
STEP_BYTES = 2**22


@dataclass
class Table:
    """Columns of texts, all of one length."""

    name: str
    columns: dict[str, list[str]]


def read_table(place: Place, name: str) -> Table:
    """Read a CSV, with commas, semicolons or tabs, and with or without names of columns.

    Parameters
    ----------
    place, name
        Which.

    Returns
    -------
    Table
        Columns without a name are called ``column 1`` and so on.

    Raises
    ------
    ValueError
        If it is too large, empty or ragged.
    """
    with binary(place, name) as file:
        content = file.read(MAX_TABLE_BYTES + 1)
    if len(content) > MAX_TABLE_BYTES:
        raise ValueError(f"{name} has more than {MAX_TABLE_BYTES >> 20} MB, which is more than a table of files takes.")
    text = _decoded(content)
    try:
        read = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        rows = list(islice((row for row in read if row), MAX_FILES + 2))
    except csv.Error as error:
        raise ValueError(f"{name} is not a table that can be read.") from error
    if len(rows) > MAX_FILES + 1:
        raise ValueError(f"{name} has more than {MAX_FILES:,} rows: give a part of them.")
    if not rows:
        raise ValueError(f"{name} is empty.")
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise ValueError(f"Row {number} of {name} has {len(row)} columns, and the first has {len(rows[0])}.")
    # A name of a file in the first row, or a number: the columns have no names.
    bare = any(PurePosixPath(cell).suffix[1:].isalpha() or _number(cell) is not None for cell in rows[0])
    head = [f"column {i + 1}" for i in range(len(rows[0]))] if bare else [cell.strip() for cell in rows[0]]
    if len(set(head)) < len(head):
        raise ValueError(f"{name} has two columns of the same name: give each its own.")
    body = rows if bare else rows[1:]
    return Table(name, {column: [row[i].strip() for row in body] for i, column in enumerate(head)})


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _delimiter(text: str) -> str:
    first = text[:10_000].splitlines()[0] if text.strip() else ""
    return max(",;\t", key=first.count)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < FLOAT_MAX else None


# --- What the columns tell ----------------------------------------------------------------------


def known_from(
    columns: dict[str, list[Any]], group: str | None = None, orders: dict[str, tuple[str, ...]] | None = None
) -> Known:
    """Make the class, known factors and groups of a table's columns.

    The class is the column that is called so, or else the first of few different texts. Columns of numbers are known
    factors.

    Parameters
    ----------
    columns
        By name, a value for each image: texts or numbers.
    group
        The column whose equal values are to be on one side of the split.
    orders
        The names of classes in their order, for columns of which the source knows it.

    Returns
    -------
    Known
        With a sentence for each column that is not taken.

    Raises
    ------
    ValueError
        If there is no column for the groups.
    """
    known = Known()
    if group is not None:
        if group not in columns:
            raise ValueError(f"There is no column called {group!r}: choose one of {', '.join(columns) or '(none)'}.")
        known.groups = [str(value) for value in columns[group]]
        known.notes.append(
            f"Images of one {group} stay on the same side of the split ({len(set(known.groups)):,} of them)."
        )
    rest = {name: values for name, values in columns.items() if name != group}
    label = _label_column(rest, orders or {})
    if label is not None:
        known.labels = [as_text(_tidy(value)) or NO_CLASS for value in rest.pop(label)]
        known.label_names = (orders or {}).get(label)
        known.notes.append(f"Took the classes from the column {label}.")
    for name, values in rest.items():
        numbers = [_number(str(value)) for value in values]
        if all(number is not None for number in numbers) and numbers and name:
            known.factors[name] = [number for number in numbers if number is not None]
        elif name:
            why = (
                "has gaps"
                if any(number is not None for number in numbers)
                else "holds text, and the classes come from elsewhere"
            )
            known.notes.append(f"Left out the column {name}, which {why}.")
    if known.factors:
        known.notes.append(f"Took as known factors: {', '.join(known.factors)}.")
    return known


def _tidy(value: Any) -> Any:
    """A whole number in a text as such (3.0 is class 3), and nothing as an empty text."""
    if value is None or value != value:  # noqa: PLR0124 - NaN alone is unequal to itself
        return ""
    number = _number(value) if isinstance(value, str) and "." in value else None
    return value if number is None else number


def _label_column(columns: dict[str, list[Any]], orders: dict[str, tuple[str, ...]]) -> str | None:
    by_name = {name.lower(): name for name in columns}
    candidates = [by_name[name] for name in LABEL_COLUMNS if name in by_name] or [*orders]
    for name in candidates:
        if len(set(columns[name])) <= MAX_CLASSES:
            return name
    for name, values in columns.items():
        texts = [value for value in values if isinstance(value, str) and _number(value) is None]
        if len(texts) == len(values) and 1 <= len(set(values)) <= min(200, max(2, len(values) // 2)):
            return name
    return None


# --- Tables of file names -----------------------------------------------------------------------


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
        return sum(PurePosixPath(cell).suffix[1:].isalnum() and _number(cell) is None for cell in cells)

    by_name = {name.lower(): name for name in table.columns}
    for column in (*(by_name[name] for name in FILE_COLUMNS if name in by_name), *table.columns):
        if 2 * fits(column) > len(table.columns[column]):
            return column
    raise ValueError(f"{table.name} has neither pixels nor a column that names image files.")


# --- Tables of pixels ---------------------------------------------------------------------------


def of_pixels(place: Place, name: str, group: str | None) -> Intake | None:
    """Find the images in a table whose columns are pixels.

    Parameters
    ----------
    place, name
        The table.
    group
        See ``known_from``.

    Returns
    -------
    Intake
        Or None where the columns are something else.

    Raises
    ------
    ValueError
        If the number of pixels is that of no square image, or the table is damaged.
    """
    with binary(place, name) as file:
        start = _decoded(file.read(2**20))
    lines = start.splitlines()[:2]
    if not lines:
        raise ValueError(f"{name} is empty.")
    delimiter = _delimiter(start)
    first = next(csv.reader(lines[:1], delimiter=delimiter))
    if len(first) < MIN_PIXEL_COLUMNS:
        return None
    bare = all(_number(cell) is not None for cell in first[1:])
    head = [str(i) for i in range(len(first))] if bare else [cell.strip() for cell in first]
    pixels = _pixel_columns(head, bare)
    side = math.isqrt(len(pixels))
    if side * side != len(pixels) and (len(pixels) % 3 or math.isqrt(len(pixels) // 3) ** 2 * 3 != len(pixels)):
        raise ValueError(f"{name} has {len(pixels)} columns of pixels, which do not make a square image.")
    others = [column for column in head if column not in set(pixels)]
    columns: dict[str, list[Any]] = {("label" if bare else column): [] for column in others}
    low, high, num_images = math.inf, -math.inf, 0
    batches, kept = _batches(place, name, head, bare, delimiter, pixels), Columns(name)
    for block, rest in batches():
        kept.count(sum(column.nbytes for column in rest), len(rest) * len(block))
        if len(block):
            low, high = min(low, float(block.min())), max(high, float(block.max()))
            num_images += len(block)
        for column, values in zip(columns, rest, strict=True):
            columns[column] += values.to_pylist()
        if num_images > MAX_FILES:
            raise ValueError(f"{name} has more than {MAX_FILES:,} rows: give a part of them.")
    if not num_images:
        raise ValueError(f"{name} has no images in it.")
    scale, note = numbers_to_bytes(low, high, are_bytes=high > 1 and low >= 0)
    known = known_from(columns, group)
    known.notes += note

    def arrays() -> Iterator[NDArray[np.uint8]]:
        for block, _ in batches():
            yield scale(to_rows(block, name))

    shape = to_rows(np.empty((0, len(pixels))), name).shape
    names = [f"row {row}" for row in range(1, num_images + 1)]
    return Intake(names, known, arrays=arrays, sizes={(shape[2], shape[1]): num_images})


def _pixel_columns(head: list[str], bare: bool) -> list[str]:
    """All columns but those with a name of their own; without names, the first if what is left is a square."""
    if bare:
        return head if math.isqrt(len(head)) ** 2 == len(head) else head[1:]
    # pixel0, pixel1 and so on share what comes before their number.
    stems = Counter(column.rstrip("0123456789x_") for column in head)
    stem, count = stems.most_common(1)[0]
    pixels = [column for column in head if column.rstrip("0123456789x_") == stem]
    return pixels if count >= MIN_PIXEL_COLUMNS else [column for column in head if column.lower() not in LABEL_COLUMNS]


def _batches(
    place: Place, name: str, head: list[str], bare: bool, delimiter: str, pixels: list[str]
) -> Callable[[], Iterator[tuple[NDArray[np.float32], list[Any]]]]:
    """Prepare to read a table of pixels some rows at a time, as often as one likes."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    others = [column for column in head if column not in set(pixels)]

    def batches() -> Iterator[tuple[NDArray[np.float32], list[Any]]]:
        try:
            with (
                binary(place, name) as file,
                arrow.open_csv(
                    file,
                    arrow.ReadOptions(column_names=head, skip_rows=0 if bare else 1, block_size=STEP_BYTES),
                    arrow.ParseOptions(delimiter=delimiter),
                    arrow.ConvertOptions(column_types=dict.fromkeys(pixels, pa.float32())),
                ) as reader,
            ):
                for batch in reader:
                    block = np.stack([batch.column(column).to_numpy(zero_copy_only=False) for column in pixels], axis=1)
                    if not np.isfinite(block).all():
                        raise ValueError(f"Some of the pixels in {name} are missing.")
                    yield block, [batch.column(column) for column in others]
        except pa.ArrowException as error:
            raise ValueError(f"{name} is not a table of pixels: {str(error).splitlines()[0]}") from error

    return batches
