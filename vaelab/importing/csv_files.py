"""Tables of text: their delimiter, their columns, and the numbers in their cells."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

from vaelab.importing.limits import MAX_FILES, MAX_TABLE_BYTES
from vaelab.importing.places import Place, binary

__all__ = ["Table", "decoded", "delimiter_of", "number_in", "read_table"]

#: What a known factor can be, being float32.
FLOAT_MAX = 3e38


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
    text = decoded(content)
    try:
        read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
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
    bare = any(PurePosixPath(cell).suffix[1:].isalpha() or number_in(cell) is not None for cell in rows[0])
    head = [f"column {i + 1}" for i in range(len(rows[0]))] if bare else [cell.strip() for cell in rows[0]]
    if len(set(head)) < len(head):
        raise ValueError(f"{name} has two columns of the same name: give each its own.")
    body = rows if bare else rows[1:]
    return Table(name, {column: [row[i].strip() for row in body] for i, column in enumerate(head)})


def decoded(content: bytes) -> str:
    """Decode a text of UTF-8, or of Latin-1 if it is none."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def delimiter_of(text: str) -> str:
    """Tell what parts the columns of a table, by its first line."""
    first = text[:10_000].splitlines()[0] if text.strip() else ""
    return max(",;\t", key=first.count)


def number_in(text: str) -> float | None:
    """Read a number; None if the text is something else, or the number not finite."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < FLOAT_MAX else None
