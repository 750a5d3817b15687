"""Labels as people give them into labels as datasets hold them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["check_labels", "labels_and_names", "used_only"]


def check_labels(labels: NDArray[np.int64] | None, names: tuple[str, ...], num_images: int) -> None:
    """Refuse labels that are not one for each image, or have no names."""
    if labels is None:
        if names:
            raise ValueError(f"There are names for {len(names)} labels, but no labels.")
        return
    if labels.shape != (num_images,) or labels.dtype != np.int64:
        raise ValueError(
            f"These labels are {labels.dtype} {labels.shape}, and there are {num_images} images: give each one, "
            "as int64."
        )
    if len(set(names)) != len(names):
        raise ValueError("Two labels have the same name: give each its own.")
    if labels.size and (labels.min() < 0 or labels.max() >= len(names)):
        raise ValueError(
            f"These labels run from {labels.min()} to {labels.max()}, and {len(names)} have names: "
            "labels are whole numbers from 0, and each has a name."
        )


def labels_and_names(labels: ArrayLike, names: Sequence[str] | None) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Bring texts, or whole numbers, to numbers from 0 and a name for each; a ValueError for what is neither."""
    given = np.asarray(labels)
    if given.ndim != 1:
        raise ValueError(f"These labels have shape {given.shape}; they must be (N,): one for each image.")
    if given.dtype.kind in "US" or (given.dtype == object and all(isinstance(label, str) for label in given)):
        texts = given.astype(str)
        found = tuple(map(str, np.unique(texts)))
        order = found if names is None else tuple(map(str, names))
        if unnamed := sorted(set(found) - set(order)):
            raise ValueError(f"Some labels are not among label_names: {', '.join(map(repr, unnamed[:5]))}.")
        number = {text: index for index, text in enumerate(order)}
        return np.array([number[text] for text in texts], np.int64), order
    if given.dtype.kind not in "iu":
        raise ValueError(f"These labels are {given.dtype}; they must be whole numbers from 0, or texts.")
    numbers = given.astype(np.int64)
    if names is None:
        if numbers.size and (numbers.min() < 0 or numbers.max() > max(1000, len(numbers))):
            raise ValueError(
                f"These labels run from {numbers.min()} to {numbers.max()}; they must be whole numbers from 0, "
                "or texts."
            )
        names = [str(number) for number in range(numbers.max() + 1)] if numbers.size else []
    return numbers, tuple(map(str, names))


def used_only(labels: NDArray[np.int64], names: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The same without the classes that have no image; the others are numbered anew."""
    used, numbers = np.unique(labels, return_inverse=True)
    return numbers.astype(np.int64), tuple(names[label] for label in used)
