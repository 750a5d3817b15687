"""Where images come from: what is known of a dataset before one of its images is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vaelab.config import Preprocessing
from vaelab.datasets.base import ImageDataset

__all__ = ["DatasetUnavailable", "Progress", "Source"]

#: Called with the fraction of a download that has arrived, 0 to 1, in the loading thread.
Progress = Callable[[float], None]


class DatasetUnavailable(RuntimeError):  # noqa: N818 - it is a state of the world, not a mistake
    """A dataset is not available here and now; the message says why and what would help."""


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
    factor_names
        The names of its known factors.
    source
        Where the images come from.
    files
        What must lie below the data folder for it to load without a network; empty if nothing.
    num_bytes
        Of the download; 0 where there is none.
    version
        Changes whenever what it loads does; empty for what never changes.
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
    factor_names: tuple[str, ...] = ()
    source: str = ""
    files: tuple[str, ...] = ()
    num_bytes: int = 0
    version: str = ""

    def shape_after(self, preprocessing: Preprocessing) -> tuple[int, int, int]:
        """``(C, H, W)`` of the images once they are preprocessed."""
        channels, height, width = self.image_shape
        channels = {None: channels, "gray": 1, "rgb": 3}[preprocessing.color]
        size = preprocessing.size
        return channels, size or height, size or width
