"""Arrays in npy, npz and idx files, found without reading them whole, of which nothing is ever unpickled."""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from gzip import GzipFile
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from vaelab.importing.limits import CutOffError, Unpacking
from vaelab.importing.places import Place, binary, zip_index_bytes
from vaelab.importing.report import Skipped

__all__ = ["Stored", "arrays_in", "is_array_file"]

#: Types of numbers in idx files, by their code (big-endian).
IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}

#: Bytes that are read at a time.
STEP_BYTES = 2**22

#: Bytes of the table of contents of an npz.
MAX_NPZ_INDEX_BYTES = 2**17

#: Bytes of an array in Fortran's order, which can only be read as a whole.
MAX_FORTRAN_BYTES = 2**28


def is_array_file(name: str) -> bool:
    """Tell by its name whether a file holds arrays.

    Examples
    --------
    >>> [is_array_file(name) for name in ("a.npz", "train-images-idx3-ubyte.gz", "a.png")]
    [True, True, False]
    """
    return bool(re.search(r"\.np[yz]$|(^|[.-])(idx\d?|idx\d?-ubyte|ubyte)(\.gz)?$", name.lower()))


class Stored(NamedTuple):
    """An array that is not read yet."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    #: A stream that stands where the numbers begin.
    opened: Callable[[], AbstractContextManager[Any]]

    def blocks(self) -> Iterator[NDArray[Any]]:
        """Read some rows at a time."""
        row_bytes = math.prod(self.shape[1:]) * self.dtype.itemsize
        rows = self.shape[0] if self.fortran else max(1, STEP_BYTES // max(1, row_bytes))
        with self.opened() as stream:
            for start in range(0, self.shape[0], rows):
                count = min(rows, self.shape[0] - start)
                content = stream.read(count * row_bytes)
                if len(content) < count * row_bytes:
                    raise CutOffError(f"{self.name} is cut off, or its header promises more than there is.")
                flat = np.frombuffer(content, self.dtype)
                yield flat.reshape(self.shape[::-1]).T if self.fortran else flat.reshape(count, *self.shape[1:])


#: What reading a damaged file may end with (RuntimeError: it is encrypted).
DAMAGES = (ValueError, EOFError, OSError, RuntimeError, SyntaxError, struct.error, zlib.error, zipfile.BadZipFile)


def arrays_in(place: Place, name: str, skipped: list[Skipped]) -> Iterator[Stored]:
    """Find the arrays in a file; what cannot be read is added to what was skipped."""
    try:
        if name.lower().endswith(".npz"):
            yield from _npz(place, name, skipped)
        elif name.lower().endswith(".npy"):
            yield _npy(name.rsplit("/", 1)[-1].rsplit(".", 1)[0], lambda: binary(place, name), _size(place, name))
        else:
            yield _idx(place, name)
    except DAMAGES as error:
        known = type(error) in {ValueError, CutOffError}
        skipped.append(Skipped(name, str(error) if known else "It is damaged or cut off."))


def _size(place: Place, name: str) -> int:
    with binary(place, name) as file:
        return file.seek(0, 2)


def _npz(place: Place, name: str, skipped: list[Skipped]) -> Iterator[Stored]:
    with binary(place, name) as file:
        if zip_index_bytes(file) > MAX_NPZ_INDEX_BYTES:
            raise ValueError("It holds more than a thousand arrays.")
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    for info in infos:
        if not info.filename.endswith(".npy"):
            continue

        @contextmanager
        def opened(info: zipfile.ZipInfo = info) -> Iterator[Unpacking]:
            with binary(place, name) as file, zipfile.ZipFile(file) as archive, archive.open(info) as stream:
                yield Unpacking(stream, info.compress_size)  # type: ignore[arg-type]

        key = info.filename.removesuffix(".npy")
        try:
            yield _npy(key, opened, info.file_size)
        except DAMAGES as error:
            known = type(error) in {ValueError, CutOffError}
            skipped.append(Skipped(f"{name}/{key}", str(error) if known else "It is damaged or cut off."))


def _npy(name: str, opened: Callable[[], AbstractContextManager[Any]], num_bytes: int) -> Stored:
    with opened() as stream:
        shape, fortran, dtype = _header(stream)
    if dtype.hasobject:
        raise ValueError("It holds Python objects, which could run code when they are unpickled: save plain arrays.")
    if math.prod(shape) * dtype.itemsize > num_bytes:
        raise ValueError(f"Its header promises {math.prod(shape):,} numbers, which {num_bytes:,} bytes cannot hold.")
    if fortran and math.prod(shape) * dtype.itemsize > MAX_FORTRAN_BYTES:
        raise ValueError("It is stored column by column: save it with numpy.ascontiguousarray.")

    @contextmanager
    def numbers() -> Iterator[Any]:
        with opened() as stream:
            _header(stream)
            yield stream

    return Stored(name, shape, dtype, fortran and len(shape) > 1, numbers)


def _header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(stream)
        read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
        shape, fortran, dtype = read(stream)
    except (ValueError, KeyError) as error:
        if "Unpacking" in str(error) or "unpacks" in str(error):
            raise
        raise ValueError("It has no header of an array that can be read.") from error
    if any(length < 0 for length in shape):
        raise ValueError("It has no header of an array that can be read.")
    return shape, fortran, dtype


def _idx(place: Place, name: str) -> Stored:
    packed = name.lower().endswith(".gz")

    @contextmanager
    def unpacked() -> Iterator[Any]:
        with binary(place, name) as file:
            if packed:
                with GzipFile(fileobj=file) as stream:
                    yield Unpacking(stream, file)  # type: ignore[arg-type]
            else:
                yield file

    with unpacked() as stream:
        head = stream.read(4)
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in IDX_TYPES or not 1 <= head[3] <= 4:
            raise ValueError("It is not an idx file.")
        dims = stream.read(4 * head[3])
        if len(dims) < 4 * head[3]:
            raise CutOffError("It is cut off.")
    shape = tuple(int(n) for n in np.frombuffer(dims, ">u4"))
    dtype = np.dtype(IDX_TYPES[head[2]])
    if not packed and math.prod(shape) * dtype.itemsize > _size(place, name):
        raise ValueError(f"Its header promises {math.prod(shape):,} numbers, and the file is shorter.")

    @contextmanager
    def numbers() -> Iterator[Any]:
        with unpacked() as stream:
            stream.read(4 + len(dims))
            yield stream

    stem = name.rsplit("/", 1)[-1].removesuffix(".gz")
    return Stored(stem, shape, dtype, fortran=False, opened=numbers)
