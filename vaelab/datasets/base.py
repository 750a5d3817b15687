"""The one shape in which every source hands over its images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vaelab.config import SIDES, Preprocessing
from vaelab.datasets._labels import check_labels, labels_and_names
from vaelab.datasets.splits import Split, SplitName, seeded_split
from vaelab.files import check_name
from vaelab.images import as_pixels, border_color, channels_first

__all__ = ["NOT_STATED", "ImageDataset", "Labelled"]

#: The licence of images whose licence nobody gave.
NOT_STATED = "not stated"

#: Fewer images cannot be split into three parts that mean something.
MIN_IMAGES = 10


class Labelled(Protocol):
    """What can be known of images without their pixels: all that a map needs.

    ``ImageDataset`` has it, and so has what a run remembers of images that are gone.
    """

    @property
    def key(self) -> str: ...  # noqa: D102 - as of ImageDataset, all of them
    @property
    def labels(self) -> NDArray[np.int64] | None: ...  # noqa: D102
    @property
    def label_names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def factors(self) -> NDArray[np.float32] | None: ...  # noqa: D102
    @property
    def factor_names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def image_names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def background(self) -> tuple[float, ...]: ...  # noqa: D102
    def __len__(self) -> int: ...
    def label_of(self, index: int) -> int | None: ...  # noqa: D102


@dataclass(frozen=True)
class ImageDataset:
    """Images and all that is known about them.

    Attributes
    ----------
    name
        The source's key, as in ``load_dataset(name)``; for images given from Python, whatever they are called.
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
    image_names
        What each image is called, its file or who drew it; empty where they have no names.

    Raises
    ------
    ValueError
        Where any of these does not fit the others.
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
    image_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        images, num_images = self.images, len(self.images)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] not in {1, 3}:
            raise ValueError(
                f"These images are {images.dtype} {images.shape}; a dataset's are uint8 (N, C, H, W), with 1 or 3 "
                "channels: ImageDataset.of takes others."
            )
        check_labels(self.labels, self.label_names, num_images)
        if self.factors is not None and self.factors.shape != (num_images, len(self.factor_names)):
            raise ValueError(
                f"These factors have shape {self.factors.shape}, and there are {num_images} images and "
                f"{len(self.factor_names)} names of factors: give a row for each image, a column for each name."
            )
        if self.image_names and len(self.image_names) != num_images:
            raise ValueError(
                f"There are {len(self.image_names)} names for {num_images} images: give each one, or none."
            )
        self.split.check(num_images)

    @classmethod
    def of(
        cls,
        images: ArrayLike,
        labels: ArrayLike | None = None,
        *,
        name: str = "leaves",
        label_names: Sequence[str] | None = None,
        factors: ArrayLike | None = None,
        factor_names: Sequence[str] = (),
        image_names: Sequence[str] = (),
        split: Split | None = None,
        source: str = "given from Python",
        licence: str = NOT_STATED,
        description: str = "",
        steps: Sequence[str] = (),
    ) -> ImageDataset:
        """Make a dataset of any images in an array, or say what is wrong with them.

        Parameters
        ----------
        images
            uint8, or floats in [0, 1]; ``(N, H, W)``, ``(N, H, W, C)`` or ``(N, C, H, W)`` with C 1 or 3, square,
            8 to 128 pixels a side, at least ten of them. They are copied.
        labels
            ``(N,)``: whole numbers from 0, or texts.
        name
            What to call them: letters, digits, spaces, - and _.
        label_names
            A name for each label; by default the texts, or the numbers.
        factors
            ``(N, F)``, finite: known causes of each image, by which a map can be coloured.
        factor_names
            A name for each factor.
        image_names
            A name for each image.
        split
            Which images are for training, validation and test; by default drawn with a fixed seed, 80, 10 and 10%.
        source, licence, description, steps
            What people read about them.

        Returns
        -------
        ImageDataset
            Which trains under its own name: ``train(TrainConfig(), data)``.

        Raises
        ------
        ValueError
            In one sentence, for anything else.

        Examples
        --------
        >>> grey = np.linspace(0, 1, 20)[:, None, None] * np.ones((8, 8))
        >>> data = ImageDataset.of(grey, ["dark"] * 10 + ["light"] * 10, name="greys")
        >>> data.image_shape, data.label_names, len(data.split.train)
        ((1, 8, 8), ('dark', 'light'), 16)
        """
        check_name(name)
        pixels = as_pixels(channels_first(images))
        num_images, _, height, width = pixels.shape
        if height != width:
            raise ValueError(
                f"Images must be square, but these are {height} × {width} pixels (height × width): crop or pad them, "
                "or have import_images do so."
            )
        if not SIDES[0] <= height <= SIDES[1]:
            raise ValueError(
                f"Images have {SIDES[0]} to {SIDES[1]} pixels a side, but these have {height}: resize them."
            )
        if num_images < MIN_IMAGES:
            raise ValueError(f"There are {num_images} images, and at least {MIN_IMAGES} are needed.")
        numbers, names = (None, ()) if labels is None else labels_and_names(labels, label_names)
        causes = None if factors is None else np.array(factors, np.float32)
        if causes is not None and not np.isfinite(causes).all():
            raise ValueError("Some factors are not finite numbers: leave those images out, or fill the gaps.")
        return cls(
            name=name,
            images=pixels,
            labels=numbers,
            label_names=names,
            split=seeded_split(num_images) if split is None else split,
            source=source,
            licence=licence,
            description=description or "Your own images.",
            factors=causes,
            factor_names=tuple(map(str, factor_names)),
            steps=tuple(steps),
            image_names=tuple(map(str, image_names)),
        )

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def image_hash(self) -> str:
        """Of the pixels and of the split: what a model learns from, and is judged on. 32 hex digits."""
        split = self.split
        return _digest(self.images, split.train, split.validation, split.test)

    @cached_property
    def content_hash(self) -> str:
        """Of everything that is known about each image, labels and names too. 32 hex digits."""
        names = (self.label_names, self.factor_names, self.image_names)
        return _digest(self.image_hash, self.labels, self.factors, *names)

    @cached_property
    def key(self) -> str:
        """What tells these images from all others: source, content and preprocessing. For caches and widgets."""
        return f"{self.name}:{self.content_hash}:{_digest(self.preprocessing.model_dump_json())[:8]}"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """``(C, H, W)`` of every image."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    @cached_property
    def background(self) -> tuple[float, ...]:
        """What images mostly show at their border, from 0 to 1, a number a channel: the ground to draw on."""
        return tuple(border_color(self.images).tolist())

    def indices(self, split: SplitName) -> NDArray[np.int64]:
        """Indices of the images in ``split``, int64 ``(M,)``; a ValueError if there is no such split."""
        if split not in get_args(SplitName):
            raise ValueError(f"There is no split called {split!r}: choose one of {', '.join(get_args(SplitName))}.")
        chosen: NDArray[np.int64] = getattr(self.split, split)
        return chosen

    def labels_of(self, indices: NDArray[np.integer] | list[int]) -> NDArray[np.int64] | None:
        """Labels of some images, int64 ``(M,)``, or None where there are none."""
        return None if self.labels is None else self.labels[indices]

    def of_class(self, name: str) -> NDArray[np.int64]:
        """Which images are of a class, ``(N,)``; a ValueError where there is none of this name."""
        if self.labels is None or name not in self.label_names:
            known = ", ".join(self.label_names) or "none at all"
            raise ValueError(f"There is no class “{name}” among these images; there are: {known}.")
        return np.flatnonzero(self.labels == self.label_names.index(name))

    def label_of(self, index: int) -> int | None:
        """The label of one image, or None where there are none."""
        return None if self.labels is None else int(self.labels[index])


def _digest(*parts: Any) -> str:
    """A hash of arrays and texts, each with its kind and size so that no two lists of parts look the same."""
    total = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).data)
        else:
            total.update(f"{part!r}\0".encode())
    return total.hexdigest()
