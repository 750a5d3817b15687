"""Images in arrays: npy, npz and idx files, of which nothing is ever unpickled."""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from gzip import GzipFile
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from vaelab.importing.intake import Intake, Known
from vaelab.importing.limits import MAX_FILES, MAX_PIXELS, CutOffError, Unpacking
from vaelab.importing.places import Place, binary, zip_index_bytes
from vaelab.importing.report import Skipped

__all__ = ["as_text", "is_array_file", "numbers_to_bytes", "of_arrays", "to_rows"]

#: What people call images and labels. The rest of an array's name says which belong together: ``x_train``, ``y_train``.
IMAGE_WORDS = {"images", "image", "imgs", "img", "x", "data", "pixels", "faces", "arr0"}
LABEL_WORDS = {"labels", "label", "y", "targets", "target", "classes", "class", "lab", "arr1"}
#: Words that say nothing.
NOISE = {"idx", "idx1", "idx3", "idx2", "idx4", "ubyte", "byte", ""}
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


def of_arrays(files: Sequence[tuple[Place, str]]) -> Intake:
    """Find images and their labels among the arrays of some files.

    Parameters
    ----------
    files
        npy, npz and idx files.

    Returns
    -------
    Intake
        Parts such as ``x_train`` and ``x_test`` joined.

    Raises
    ------
    ValueError
        In one sentence, if there are none, or they do not go together, or would have to be unpickled.
    """
    skipped: list[Skipped] = []
    stored = [array for place, name in files for array in _arrays_in(place, name, skipped)]
    pairs = _pairs(stored, skipped)
    if not pairs:
        raise ValueError(
            f"There are no arrays of images: {skipped[0].file}: {skipped[0].why}" if skipped else NO_IMAGES
        )
    if sum(pair.images.shape[0] for pair in pairs) > MAX_FILES:
        raise ValueError(f"There are more than {MAX_FILES:,} images, which is more than can be taken.")
    names, labels = [], []
    known = Known()
    for pair in pairs:
        names += [f"{pair.images.name} {index}" for index in range(pair.images.shape[0])]
        if pair.labels is not None:
            labels += _texts(pair.labels)
    if labels:
        known.labels = labels
    if len(pairs) > 1:
        known.notes.append(f"Joined {_and([pair.images.name for pair in pairs])}.")
    if not names:
        raise ValueError(f"{pairs[0].images.name} has no images in it.")

    @cache  # to find the range takes reading them all
    def scale() -> Callable[[NDArray[Any]], NDArray[np.uint8]]:
        low, high = _range([pair.images for pair in pairs])
        to_bytes, note = numbers_to_bytes(low, high, all(pair.images.dtype == np.uint8 for pair in pairs))
        known.notes += note
        return to_bytes

    def arrays() -> Iterator[NDArray[np.uint8]]:
        for pair in pairs:
            for block in pair.images.blocks():
                yield scale()(to_rows(block, pair.images.name))

    sizes: dict[tuple[int, int], int] = {}
    for pair in pairs:
        rows = to_rows(np.empty((0, *pair.images.shape[1:])), pair.images.name)
        size = (rows.shape[2], rows.shape[1])
        sizes[size] = sizes.get(size, 0) + pair.images.shape[0]
    return Intake(names, known, arrays=arrays, sizes=sizes, skipped=skipped)


#: What reading a damaged file may end with (RuntimeError: it is encrypted).
DAMAGES = (ValueError, EOFError, OSError, RuntimeError, SyntaxError, struct.error, zlib.error, zipfile.BadZipFile)
NO_IMAGES = "There are no arrays of images: name them images and labels, or x and y."


# --- Which arrays there are ---------------------------------------------------------------------


def _arrays_in(place: Place, name: str, skipped: list[Skipped]) -> Iterator[Stored]:
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


# --- Which belong together ----------------------------------------------------------------------


@dataclass
class _Pair:
    images: Stored
    labels: Stored | None


def _pairs(stored: list[Stored], skipped: list[Skipped]) -> list[_Pair]:
    """Put each array of images together with its labels."""
    images = [array for array in stored if _is_images(array)]
    named = [array for array in images if _words(array) & IMAGE_WORDS] or images
    skipped += [Skipped(array.name, "It is not among the images.") for array in images if array not in named]
    labels = [array for array in stored if _is_labels(array)]
    pairs = []
    for array in named:
        fitting = [other for other in labels if other.shape[0] == array.shape[0]]
        fitting = [other for other in fitting if _part(other) == _part(array)] or (
            fitting if len(named) == 1 and len(fitting) == 1 else []
        )
        pairs.append(_Pair(array, fitting[0] if fitting else None))
        labels = [other for other in labels if other is not pairs[-1].labels]
    if len({_part(pair.images) for pair in pairs}) < len(pairs):
        raise ValueError(
            f"There are several arrays of images, {_and([p.images.name for p in pairs])}: give one of them."
        )
    if labels and any(pair.labels is None for pair in pairs):
        lacking = next(pair.images for pair in pairs if pair.labels is None)
        raise ValueError(
            f"{labels[0].name} has {labels[0].shape[0]:,} labels and {lacking.name} has {lacking.shape[0]:,} images: "
            "there must be one for each."
        )
    for array in stored:
        if not _is_images(array) and not any(array is pair.labels for pair in pairs):
            skipped.append(Skipped(array.name, f"It is an array of shape {array.shape}, neither images nor labels."))
    if any(pair.labels for pair in pairs) and not all(pair.labels for pair in pairs):
        without = _and([pair.images.name for pair in pairs if pair.labels is None])
        raise ValueError(f"There are labels for the others, but none for {without}: give them all, or none.")
    return pairs


def _is_images(array: Stored) -> bool:
    if array.dtype.kind not in "uifb" or len(array.shape) not in {2, 3, 4} or _words(array) & LABEL_WORDS:
        return False
    return len(array.shape) > 2 or bool(_words(array) & IMAGE_WORDS) or array.shape[1] >= 64


def _is_labels(array: Stored) -> bool:
    one = len(array.shape) == 1 or (len(array.shape) == 2 and array.shape[1] == 1)
    named = bool(_words(array) & LABEL_WORDS)
    return one and (named or array.dtype.kind in "uiU") and array.dtype.kind in "uifbUS"


def _words(array: Stored) -> set[str]:
    # arr_0 and arr_1 are numpy's own names for arrays that were given none.
    return set(re.split(r"[^a-z0-9]+", array.name.lower().replace("arr_", "arr")))


def _part(array: Stored) -> frozenset[str]:
    return frozenset(_words(array) - IMAGE_WORDS - LABEL_WORDS - NOISE)


def _and(names: list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


def _texts(labels: Stored) -> list[str]:
    return [text for block in labels.blocks() for text in map(as_text, block.reshape(-1).tolist())]


def as_text(label: Any) -> str:
    """Call a class by what a file says: whole numbers as such, whatever their type."""
    if isinstance(label, bytes):
        return label.decode("utf-8", "replace")
    if isinstance(label, bool):
        return str(int(label))
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


# --- Numbers into bytes -------------------------------------------------------------------------


def to_rows(block: NDArray[Any], name: str) -> NDArray[Any]:
    """Bring images into the shape ``(n, H, W, C)``.

    Parameters
    ----------
    block
        ``(n, H, W)``, ``(n, H, W, C)``, ``(n, C, H, W)``, or flattened ``(n, H * W)`` and ``(n, 3 * H * W)``.
    name
        What to call them in an error.

    Returns
    -------
    ndarray
        The same numbers.

    Raises
    ------
    ValueError
        For any other shape, and for images that are too large.
    """
    shape = block.shape
    if math.prod(shape[1:]) > 4 * MAX_PIXELS:
        raise ValueError(f"The images of {name} have more than {MAX_PIXELS // 10**6} million pixels.")
    if block.ndim == 3:
        return block[..., None]
    if block.ndim == 4 and shape[3] in {1, 3, 4}:
        return block
    if block.ndim == 4 and shape[1] in {1, 3, 4}:
        return block.transpose(0, 2, 3, 1)
    if block.ndim == 2:
        for channels in (1, 3):
            side = math.isqrt(shape[1] // channels)
            if channels * side * side == shape[1] and side:
                return block.reshape(-1, channels, side, side).transpose(0, 2, 3, 1)
    raise ValueError(
        f"{name} has the shape {('N', *shape[1:])}, and images are (N, H, W), (N, H, W, C) or (N, C, H, W)."
    ) from None


def numbers_to_bytes(
    low: float, high: float, are_bytes: bool = False
) -> tuple[Callable[[NDArray[Any]], NDArray[np.uint8]], list[str]]:
    """Find out how numbers become gray values from 0 to 255.

    Parameters
    ----------
    low, high
        The smallest and the largest of all.
    are_bytes
        Whether they come as uint8, which are gray values however dark; other numbers are such if they look it.

    Returns
    -------
    tuple
        What does it, and a sentence about it unless they are 0 to 255 already.

    Raises
    ------
    ValueError
        If they are not finite.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError("Some of the images' values are not finite numbers: fill the gaps first.")
    if low >= 0 and (1 if are_bytes else 127) < high <= 255:
        return lambda block: _rounded(block, 0, 255), []
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= -1 and high <= 1:
        low, high = -1.0, 1.0
    note = f"Scaled values ({low:g} to {high:g}) to 0 to 255."
    return lambda block: _rounded(block, low, high), [note]


def _rounded(block: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    if block.dtype == np.uint8 and (low, high) == (0, 255):
        return block
    scaled = (block.astype(np.float64) - low) * (255 / ((high - low) or 1))
    return np.rint(scaled).clip(0, 255).astype(np.uint8)


def _range(arrays: list[Stored]) -> tuple[float, float]:
    low, high = math.inf, -math.inf
    for array in arrays:
        for block in array.blocks():
            if block.size:
                # A gap (NaN) would hide in a comparison.
                least, most = float(block.min()), float(block.max())
                if math.isnan(least):
                    return least, most
                low, high = min(low, least), max(high, most)
    return low, high
