"""What a run knows of its images, also where they are gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from vaelab.config import OWN, Preprocessing
from vaelab.datasets.source import DatasetUnavailable
from vaelab.runs.folder import RunError
from vaelab.runs.names import WithNames

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset, Progress, Source

__all__ = ["LABELS", "DataRecord", "Remembered", "WithImages"]

LABELS = "labels.safetensors"


class DataRecord(BaseModel):
    """What a run's images were, kept with it so that it opens without them."""

    model_config = ConfigDict(frozen=True)

    name: str
    image_shape: tuple[int, int, int]
    num_train: int
    num_validation: int
    num_test: int
    label_names: tuple[str, ...]
    factor_names: tuple[str, ...]
    steps: tuple[str, ...]
    source: str
    licence: str
    description: str
    preprocessing: Preprocessing
    image_hash: str = ""  # tells these images from others; runs of old have none
    background: tuple[float, ...] = ()  # colour of the images' border, from 0 to 1, a number a channel

    @classmethod
    def of(cls, data: ImageDataset) -> DataRecord:
        """Describe ``data``."""
        return cls(
            name=data.name,
            image_shape=data.image_shape,
            num_train=len(data.split.train),
            num_validation=len(data.split.validation),
            num_test=len(data.split.test),
            label_names=data.label_names,
            factor_names=data.factor_names,
            steps=data.steps,
            source=data.source,
            licence=data.licence,
            description=data.description,
            preprocessing=data.preprocessing,
            image_hash=data.image_hash,
            background=data.background,
        )


@dataclass(frozen=True)
class Remembered:
    """What a run itself keeps of its images: enough for a map, though not for a picture.

    Attributes
    ----------
    why
        Why the images themselves are not there, in one sentence.
    key, labels, label_names, background, num_images
        As an ``ImageDataset`` has them.
    """

    why: str
    key: str
    num_images: int
    labels: NDArray[np.int64] | None
    label_names: tuple[str, ...]
    background: tuple[float, ...]
    factors: None = None
    factor_names: tuple[str, ...] = ()
    image_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.num_images

    def label_of(self, index: int) -> int | None:
        """The label of one image, or None where there are none."""
        return None if self.labels is None else int(self.labels[index])


class WithImages(WithNames):
    """A run that learned images, and keeps what they were."""

    @property
    def data(self) -> DataRecord:
        """What the run's images were.

        Raises
        ------
        RunError
            If training has not got that far, or the file is damaged.
        """
        text = self._read("data.json", "training has not loaded its images yet")
        try:
            return DataRecord.model_validate_json(text)
        except ValidationError as error:
            raise self._damaged("data.json") from error

    def source(self) -> Source:
        """Find where the run's images are loaded from.

        Returns
        -------
        Source
            Of the name in its config. Images that were given from Python under a name, and kept under it since, are
            found as ``own/<name>``.

        Raises
        ------
        DatasetUnavailable
            If they are not there.
        """
        from vaelab.datasets import SOURCES, source_of

        name = self.config.dataset
        if name in SOURCES or name.startswith(OWN):
            return source_of(name)
        try:
            return source_of(OWN + name)
        except DatasetUnavailable as error:
            raise DatasetUnavailable(
                f"The images of {self.title}, called {name!r}, were given from Python and are not kept: keep them with "
                f"vaelab.datasets.save_own(data, {name!r}), or give them again."
            ) from error

    def images(self, progress: Progress | None = None) -> ImageDataset:
        """Load the images that the run learned, as it saw them.

        Parameters
        ----------
        progress
            Called with the fraction of a download that has arrived, 0 to 1.

        Returns
        -------
        ImageDataset
            Preprocessed as for training.

        Raises
        ------
        DatasetUnavailable
            If they are gone, or are others now.
        """
        from vaelab.datasets import load_dataset

        data = load_dataset(self.source().name, self.config.preprocessing, progress=progress)
        self.check_images(data)
        return data

    def check_images(self, data: ImageDataset) -> None:
        """Refuse images that are not those that the run learned.

        Parameters
        ----------
        data
            Preprocessed as for training.

        Raises
        ------
        DatasetUnavailable
            If they are others, told by their hash; where training has not begun, any will do.
        """
        try:
            record = self.data
        except RunError:
            return
        same = not record.image_hash or record.image_hash == data.image_hash
        if self.config.conditional:
            same = same and len(record.label_names) == len(data.label_names)
        if not same or record.image_shape != data.image_shape:
            raise DatasetUnavailable(
                f"The images that {self.title} learned have changed since: {data.name} now holds others. Train "
                "anew on these, or bring back the others."
            )

    def remembered(self, why: str) -> Remembered:
        """What the run keeps of its images, for where they are gone.

        Parameters
        ----------
        why
            Why they are, in one sentence.

        Returns
        -------
        Remembered
            With labels where it kept them, which runs of old did not.

        Raises
        ------
        RunError
            If training has not got that far, or the run is damaged.
        """
        record, labels = self.data, None
        if (self.path / LABELS).exists():
            labels = self.read_arrays(LABELS)[0]["labels"].astype(np.int64)
        channels = record.image_shape[0]
        return Remembered(
            why=why,
            key=f"{self.name}:{record.image_hash}",
            num_images=record.num_train + record.num_validation + record.num_test,
            labels=labels,
            label_names=record.label_names,
            background=record.background or (0.0,) * channels,
        )

    def write_data(self, record: DataRecord, labels: NDArray[np.int64] | None = None) -> None:
        """Keep what the images were, and their labels."""
        if labels is not None:
            self.write_arrays(LABELS, {"labels": labels.astype(np.uint16)})
        self._write("data.json", (record.model_dump_json(indent=2) + "\n").encode())
