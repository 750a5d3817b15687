"""Images in parquet files, as Hugging Face keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.importing.columns import known_from
from vaelab.importing.encoded import Encoded
from vaelab.importing.intake import Intake
from vaelab.importing.limits import MAX_FILES, SMALL_BYTES, Columns
from vaelab.importing.numbers import numbers_to_bytes, to_rows
from vaelab.importing.places import Place, binary
from vaelab.importing.report import Skipped

__all__ = ["of_parquet"]

#: Bytes that a group of rows may have unpacked: the reader unpacks whole pages of it.
MAX_GROUP_BYTES = 2**28
#: Rows that are read at a time, and bytes: each row may repeat one value that is as large as its group.
STEP_ROWS, STEP_BYTES = 64, 2**28
#: What people call the column with the image.
IMAGE_COLUMNS = ("image", "img", "images", "picture", "pixel_values", "pixels", "x")


def of_parquet(files: Sequence[tuple[Place, str]], group: str | None) -> Intake:
    """Find images and what is known about each in parquet files of the same columns.

    Parameters
    ----------
    files
        Which, in order.
    group
        See ``known_from``.

    Returns
    -------
    Intake
        Of encoded images (a struct of ``bytes`` and ``path``, or binary), or of arrays (nested lists).

    Raises
    ------
    ValueError
        If there is no column of images, or a file is damaged or too large.
    """
    import pyarrow as pa

    first = _schema(*files[0])
    column = _image_column(first, files[0][1])
    kind = first.field(column).type
    others = [name for name in first.names if name != column and not pa.types.is_nested(first.field(name).type)]
    orders = _class_names(first)
    names: list[str] = []
    columns: dict[str, list[Any]] = {name: [] for name in others}
    kept = Columns(files[0][1])
    for place, file in files:
        if _schema(place, file).names != first.names:
            raise ValueError(f"{file} has other columns than {files[0][1]}: give one of them.")
        for batch in _batches(place, file, others):
            kept.count(batch.nbytes, batch.num_rows * len(others))
            for name in others:
                columns[name] += batch.column(name).to_pylist()
            names += [f"row {len(names) + row}" for row in range(1, batch.num_rows + 1)]
            if len(names) > MAX_FILES:
                raise ValueError(f"There are more than {MAX_FILES:,} rows, which is more than can be taken.")
    if not names:
        raise ValueError(f"{files[0][1]} has no rows.")
    for name, classes in orders.items():
        columns[name] = [classes[n] if n is not None and 0 <= n < len(classes) else "" for n in columns[name]]
    known = known_from(columns, group, orders)
    if pa.types.is_struct(kind) or _is_binary(kind):
        return Intake(names, known, encoded=lambda: _encoded(files, column, names))
    return _of_lists(files, column, names, known)


def _encoded(
    files: Sequence[tuple[Place, str]], column: str, names: list[str]
) -> Iterator[tuple[int, Encoded | Skipped]]:
    number = 0
    for place, file in files:
        for batch in _batches(place, file, [column]):
            for value in batch.column(column):
                content = value.as_py()
                if isinstance(content, dict):
                    # The name that the file had; the bytes alone count, since a path could be any file's.
                    names[number] = str(content.get("path") or names[number])
                    content = content.get("bytes")
                yield number, content or Skipped(names[number], "Its row has no image.")
                number += 1


def _of_lists(files: Sequence[tuple[Place, str]], column: str, names: list[str], known: Any) -> Intake:
    def blocks() -> Iterator[NDArray[Any]]:
        for place, file in files:
            for batch in _batches(place, file, [column]):
                yield _array(batch.column(column), file)

    low, high, shapes = np.inf, -np.inf, set()
    for block in blocks():
        low, high = min(low, float(block.min())), max(high, float(block.max()))
        shapes.add(to_rows(block, column).shape[1:])
    if len(shapes) > 1:
        raise ValueError(f"The arrays of the column {column} are of several shapes.")
    scale, note = numbers_to_bytes(low, high, are_bytes=high > 1 and low >= 0)
    known.notes += note
    ((height, width, _),) = shapes
    return Intake(
        names,
        known,
        arrays=lambda: (scale(to_rows(block, column)) for block in blocks()),
        sizes={(width, height): len(names)},
    )


def _array(column: Any, file: str) -> NDArray[Any]:
    """Nested lists of one shape as an array, by way of their values, since Python's lists take 30 times the memory."""
    shape = [len(column)]
    flat = column
    while hasattr(flat.type, "value_type"):
        inner = flat.flatten()
        if flat.null_count or not len(flat) or len(inner) % len(flat):
            raise ValueError(f"The arrays in {file} are of several shapes, or some are missing.")
        shape.append(len(inner) // len(flat))
        lengths = flat.value_lengths() if hasattr(flat, "value_lengths") else None
        if lengths is not None and len(lengths.unique()) > 1:
            raise ValueError(f"The arrays in {file} are of several shapes, or some are missing.")
        flat = inner
    values: NDArray[Any] = flat.to_numpy(zero_copy_only=False)
    if values.dtype.kind not in "uifb":
        raise ValueError(f"The arrays in {file} hold something other than numbers.")
    return values.reshape(shape)


# --- What lies in the file ----------------------------------------------------------------------


def _opened(name: str, stream: Any) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(stream)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{name} is not a parquet file, or is damaged or cut off.") from error
    metadata = file.metadata
    for i in range(metadata.num_row_groups):
        group = metadata.row_group(i)
        if group.total_byte_size > MAX_GROUP_BYTES or group.num_rows > MAX_FILES:
            raise ValueError(
                f"{name} has groups of rows that unpack to {group.total_byte_size >> 20:,} MB: "
                f"write it with groups of at most {MAX_GROUP_BYTES >> 20} MB."
            )
    return file


def _schema(place: Place, name: str) -> Any:
    with binary(place, name) as stream:
        return _opened(name, stream).schema_arrow


def _batches(place: Place, name: str, columns: list[str]) -> Iterator[Any]:
    import pyarrow as pa

    with binary(place, name) as stream:
        file = _opened(name, stream)
        groups = (file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        rows = max(1, min(STEP_ROWS, STEP_BYTES // max(1, *groups, 1)))
        num_bytes = stream.seek(0, 2)
        try:
            for batch in file.iter_batches(rows, columns=columns, use_threads=False):
                if batch.nbytes > SMALL_BYTES and batch.nbytes > 20 * num_bytes:
                    raise ValueError(f"{name} unpacks to far more than its size allows.")
                yield batch
        except (pa.ArrowException, OSError) as error:
            raise ValueError(f"{name} is damaged or cut off.") from error


def _image_column(schema: Any, file: str) -> str:
    import pyarrow as pa

    def holds_images(name: str) -> bool:
        kind = schema.field(name).type
        if pa.types.is_struct(kind):
            return "bytes" in {kind.field(i).name for i in range(kind.num_fields)}
        return _is_binary(kind) or pa.types.is_nested(kind)

    by_name = {name.lower(): name for name in schema.names}
    for name in (*(by_name[name] for name in IMAGE_COLUMNS if name in by_name), *schema.names):
        if holds_images(name):
            return str(name)
    raise ValueError(f"{file} has no column of images; its columns are {', '.join(schema.names)}.")


def _is_binary(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _class_names(schema: Any) -> dict[str, tuple[str, ...]]:
    """Names of classes, which Hugging Face keeps beside the schema."""
    found = {}
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        for name, feature in features.items():
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and name in schema.names:
                found[name] = tuple(map(str, feature["names"]))
    return found
