"""What an import says at its end, or when it is stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset

__all__ = ["ImportReport", "ImportStopped", "Skipped"]


class ImportStopped(RuntimeError):  # noqa: N818 - somebody wanted it so
    """An import was stopped; nothing of it is kept."""


class Skipped(NamedTuple):
    """A file that was not taken.

    Attributes
    ----------
    file
        Its name, with the folders below what was given.
    why
        One sentence.
    """

    file: str
    why: str


@dataclass(frozen=True)
class ImportReport:
    """What was taken in and what was not.

    Attributes
    ----------
    name
        The name that was given: the dataset is ``own/<name>``.
    num_images
        How many images were taken.
    image_shape
        ``(C, H, W)`` of each.
    label_names
        The names of their classes; empty without classes.
    duplicates
        How many of them show, pixel by pixel at their final size, what one before them shows. They are kept, and
        stand on the same side of the split.
    skipped
        The files that were not taken.
    steps
        What was done to the images, one sentence a step.
    seconds
        How long it took.
    data
        The images.
    """

    name: str
    num_images: int
    image_shape: tuple[int, int, int]
    label_names: tuple[str, ...]
    duplicates: int
    skipped: tuple[Skipped, ...]
    steps: tuple[str, ...]
    seconds: float
    data: ImageDataset = field(repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """All but the images, as JSON can hold it."""
        return {
            "name": self.name,
            "num_images": self.num_images,
            "image_shape": list(self.image_shape),
            "label_names": list(self.label_names),
            "duplicates": self.duplicates,
            "skipped": [skipped._asdict() for skipped in self.skipped],
            "steps": list(self.steps),
            "seconds": round(self.seconds, 3),
        }
