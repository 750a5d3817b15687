"""The one shape in which every source hands over its images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vaelab.config import Preprocessing

__all__ = ["ImageDataset", "Progress", "Source", "Split", "SplitName", "seeded_split"]

SplitName = Literal["train", "validation", "test"]
#: Called with the fraction of a download that has arrived, 0 to 1, in the loading thread.
Progress = Callable[[float], None]

#: Every split is drawn from this seed, so that a figure on held-out images means the same in
#: every run of a dataset, whatever the run's own seed.
SPLIT_SEED = 20_240_229


@dataclass(frozen=True)
class Split:
    """Indices into a dataset's images; the three never overlap."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True)
class ImageDataset:
    """Images and all that is known about them.

    Attributes
    ----------
    name
        The source's key, as in ``load_dataset(name)``.
    images
        uint8 ``(N, C, H, W)``, C being 1 (gray) or 3 (colour), 0 black to 255 white.
    labels
        int64 ``(N,)`` in ``[0, len(label_names))``, or None.
    label_names
        A name for each label, empty without labels.
    factors
        float32 ``(N, F)``: the known causes of each image, where it was drawn from them.
    factor_names
        A name for each factor.
    split
        Which images are for training, validation and test.
    source, licence, description
        Where the images come from, under which terms, and one line on what they show.
    preprocessing
        What was done to the source's images to arrive at these.
    steps
        The same in words, one sentence a step, for people.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64] | None
    label_names: tuple[str, ...]
    split: Split
    source: str
    licence: str
    description: str
    factors: NDArray[np.float32] | None = None
    factor_names: tuple[str, ...] = ()
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    steps: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """``(C, H, W)`` of every image."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    def indices(self, split: SplitName) -> NDArray[np.int64]:
        """Indices of the images in ``split``, int64 ``(M,)``."""
        chosen: NDArray[np.int64] = getattr(self.split, split)
        return chosen

    def labels_of(self, indices: NDArray[np.integer] | list[int]) -> NDArray[np.int64] | None:
        """Labels of some images, int64 ``(M,)``, or None where there are none."""
        return None if self.labels is None else self.labels[indices]

    def label_of(self, index: int) -> int | None:
        """The label of one image, or None where there are none."""
        return None if self.labels is None else int(self.labels[index])


@dataclass(frozen=True)
class Source:
    """A dataset that can be loaded by name.

    Attributes
    ----------
    name, title, description, licence
        The key, and what people read about it.
    image_shape
        ``(C, H, W)`` as the source has them.
    num_images
        How many images there are.
    offline
        Whether it needs no network, ever.
    load
        Takes a data folder and a callback for the download's progress (or None), and returns the
        dataset; raises ``DatasetUnavailable`` where that is not possible.
    label_names
        The names of its classes, so that they can be chosen before the images are loaded.
    files
        What must lie below the data folder for it to load without a network; empty if nothing.
    """

    name: str
    title: str
    description: str
    licence: str
    image_shape: tuple[int, int, int]
    num_images: int
    offline: bool
    load: Callable[[Path, Progress | None], ImageDataset]
    label_names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def seeded_split(num_images: int, validation: float = 0.1, test: float = 0.1) -> Split:
    """Split ``num_images`` by a fixed seed.

    Parameters
    ----------
    num_images
        How many images there are.
    validation, test
        Fractions of all images.

    Returns
    -------
    Split
        Sorted indices, the same on every machine.
    """
    order = np.random.default_rng(SPLIT_SEED).permutation(num_images)
    num_validation, num_test = round(num_images * validation), round(num_images * test)
    held_out = num_validation + num_test
    return Split(
        train=np.sort(order[held_out:]),
        validation=np.sort(order[:num_validation]),
        test=np.sort(order[num_validation:held_out]),
    )
