"""Which images are trained on, which decide, and which judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Split", "SplitName", "seeded_split"]


SplitName = Literal["train", "validation", "test"]

#: Every split is drawn from this seed, so that a figure on held-out images means the same in
#: every run of a dataset, whatever the run's own seed.
SPLIT_SEED = 20_240_229


@dataclass(frozen=True)
class Split:
    """Indices into a dataset's images; the three never overlap."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]

    def check(self, num_images: int) -> None:
        """Refuse parts that are empty, overlap, or name images that are not there.

        Parameters
        ----------
        num_images
            How many images there are.

        Raises
        ------
        ValueError
            With what was received.
        """
        for name in ("train", "validation", "test"):
            part = getattr(self, name)
            if not len(part):
                raise ValueError(
                    f"The split has no {name} images: training, validation and test need at least one each "
                    f"of these {num_images:,} images."
                )
            if part.min() < 0 or part.max() >= num_images:
                raise ValueError(
                    f"The split's {name} part names image {part.min() if part.min() < 0 else part.max()}, "
                    f"but images run from 0 to {num_images - 1}."
                )
        count = np.bincount(np.concatenate([self.train, self.validation, self.test]))
        if (twice := np.flatnonzero(count > 1)).size:
            raise ValueError(
                f"The split names image {twice[0]} {count[twice[0]]} times: each belongs to one part, once, or a "
                "figure on held-out images would be of images that were learned."
            )


def seeded_split(
    num_images: int, validation: float = 0.1, test: float = 0.1, groups: NDArray[np.generic] | None = None
) -> Split:
    """Split ``num_images`` by a fixed seed.

    Parameters
    ----------
    num_images
        How many images there are.
    validation, test
        Fractions of all images.
    groups
        ``(N,)``, of any kind that can be sorted: images of one group (a patient, a writer, the same image twice) never
        stand on both sides. Parts then are as near to their fractions as whole groups allow.

    Returns
    -------
    Split
        Sorted indices, the same on every machine; at least one image in each part.

    Raises
    ------
    ValueError
        If there are fewer than three images, or groups.
    """
    if groups is not None:
        return _grouped_split(np.asarray(groups), validation, test)
    if num_images < 3:
        raise ValueError(f"There are {num_images} images, which cannot be split into three parts.")
    order = np.random.default_rng(SPLIT_SEED).permutation(num_images)
    num_validation, num_test = max(1, round(num_images * validation)), max(1, round(num_images * test))
    held_out = num_validation + num_test
    return Split(
        train=np.sort(order[held_out:]),
        validation=np.sort(order[:num_validation]),
        test=np.sort(order[num_validation:held_out]),
    )


def _grouped_split(groups: NDArray[np.generic], validation: float, test: float) -> Split:
    names, group_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < 3:
        raise ValueError(
            f"The images are of {len(names)} group{'s' if len(names) > 1 else ''}, which cannot be split into three "
            "parts: training, validation and test need at least one group each."
        )
    # The largest first, each to the part that lacks most of its share; in a drawn order where sizes are the same.
    drawn = np.random.default_rng(SPLIT_SEED).permutation(len(names))
    order = drawn[np.argsort(-sizes[drawn], kind="stable")]
    wanted = np.array([1 - validation - test, validation, test]) * len(groups)
    part_of, lacking = np.empty(len(names), np.int64), wanted.copy()
    for position, group in enumerate(order):
        empty = np.flatnonzero(lacking == wanted)
        # What is left must do for the parts that have nothing yet.
        choices = empty if len(order) - position <= len(empty) else np.arange(3)
        part = choices[np.argmax(lacking[choices])]
        part_of[group] = part
        lacking[part] -= sizes[group]
    parts = part_of[group_of]
    return Split(*(np.flatnonzero(parts == part) for part in range(3)))
