"""Tables whose columns are pixels, a row for each image."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.importing.columns import LABEL_COLUMNS, known_from
from vaelab.importing.csv_files import decoded, delimiter_of, number_in
from vaelab.importing.intake import Intake
from vaelab.importing.limits import MAX_FILES, Columns
from vaelab.importing.numbers import numbers_to_bytes, to_rows
from vaelab.importing.places import Place, binary

__all__ = ["of_pixels"]

#: Columns from which on a table of numbers holds pixels: those of 8 x 8.
MIN_PIXEL_COLUMNS = 64

#: Bytes of a table of pixels that are read at a time; no row may be longer.
STEP_BYTES = 2**22


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
        start = decoded(file.read(2**20))
    lines = start.splitlines()[:2]
    if not lines:
        raise ValueError(f"{name} is empty.")
    delimiter = delimiter_of(start)
    first = next(csv.reader(lines[:1], delimiter=delimiter))
    if len(first) < MIN_PIXEL_COLUMNS:
        return None
    bare = all(number_in(cell) is not None for cell in first[1:])
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
