"""Images in arrays: npy, npz and idx files, of which nothing is ever unpickled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.importing.array_files import Stored, arrays_in
from vaelab.importing.intake import Intake, Known
from vaelab.importing.limits import MAX_FILES
from vaelab.importing.numbers import as_text, numbers_to_bytes, range_of, to_rows
from vaelab.importing.places import Place
from vaelab.importing.report import Skipped

__all__ = ["of_arrays"]

#: What people call images and labels. The rest of an array's name says which belong together: ``x_train``, ``y_train``.
IMAGE_WORDS = {"images", "image", "imgs", "img", "x", "data", "pixels", "faces", "arr0"}
LABEL_WORDS = {"labels", "label", "y", "targets", "target", "classes", "class", "lab", "arr1"}

#: Words that say nothing.
NOISE = {"idx", "idx1", "idx3", "idx2", "idx4", "ubyte", "byte", ""}


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
    stored = [array for place, name in files for array in arrays_in(place, name, skipped)]
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
        low, high = range_of([pair.images for pair in pairs])
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


NO_IMAGES = "There are no arrays of images: name them images and labels, or x and y."


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
