"""A part of MNIST that comes with this repository: real handwriting, there at once, and learned in a minute."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from vaelab.datasets.base import ImageDataset
from vaelab.datasets.source import DatasetUnavailable, Progress, Source
from vaelab.datasets.splits import seeded_split
from vaelab.installed import APP_FOLDER

__all__ = ["SOURCE", "load"]

#: Written by ``make.py`` beside it, which says how the images were chosen.
FILE = APP_FOLDER / "assets" / "mnist_5k" / "images.npz"


def load(folder: Path | None = None, progress: Progress | None = None) -> ImageDataset:
    """Load 5,000 of MNIST's training images, 500 of each digit.

    Parameters
    ----------
    folder, progress
        Not used: nothing is downloaded.

    Returns
    -------
    ImageDataset
        Images ``(5000, 1, 28, 28)``, labelled by digit, in the order in which MNIST has them.

    Raises
    ------
    DatasetUnavailable
        If the file is not there, as in a package that was installed without the repository, or is damaged.
    """
    try:
        with FILE.open("rb") as file, np.load(file) as arrays:  # opened here: np.load would leave a damaged one open
            images, labels = arrays["images"], arrays["labels"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DatasetUnavailable(
            f"The images of {SOURCE.name} come with vaelab's repository, and {FILE} is not there or damaged: "
            "check the repository out anew, or choose digits."
        ) from error
    return ImageDataset(
        name=SOURCE.name,
        images=images,
        labels=labels.astype(np.int64),
        label_names=SOURCE.label_names,
        split=seeded_split(len(images)),
        source="5,000 of MNIST's training images: LeCun, Bottou, Bengio and Haffner, Gradient-based learning "
        "applied to document recognition, Proc. IEEE 1998.",
        licence=SOURCE.licence,
        description=SOURCE.description,
    )


SOURCE = Source(
    name="mnist_5k",
    title="MNIST (5,000 images)",
    description="Handwritten digits, 500 of each from MNIST; trains in a minute.",
    licence="CC BY-SA 3.0 (Y. LeCun, C. Cortes, C. J. C. Burges)",
    image_shape=(1, 28, 28),
    num_images=5000,
    offline=True,
    load=load,
    label_names=tuple("0123456789"),
)
