"""Scikit-learn's small handwritten digits: there at once, and quick to learn."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets.base import ImageDataset
from vaelab.datasets.source import Progress, Source
from vaelab.datasets.splits import seeded_split

__all__ = ["SOURCE", "load"]

LABEL_NAMES = tuple("0123456789")


def load(folder: Path | None = None, progress: Progress | None = None) -> ImageDataset:
    """Load the 1,797 digits that come with scikit-learn.

    Parameters
    ----------
    folder, progress
        Not used: nothing is downloaded.

    Returns
    -------
    ImageDataset
        Images ``(1797, 1, 8, 8)``, labelled by digit.
    """
    pixels, labels = _read()
    # The source counts 0 to 16 inked points a cell; adding 8 rounds 0..255 to nearest.
    images = ((pixels.astype(np.int64) * 255 + 8) // 16).astype(np.uint8).reshape(-1, 1, 8, 8)
    return ImageDataset(
        name=SOURCE.name,
        images=images,
        labels=labels.astype(np.int64),
        label_names=LABEL_NAMES,
        split=seeded_split(len(images)),
        source="The test part of 'Optical Recognition of Handwritten Digits' (E. Alpaydin and "
        "C. Kaynak, UCI Machine Learning Repository, 1998), as it comes with scikit-learn.",
        licence=SOURCE.licence,
        description=SOURCE.description,
    )


def _read() -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    # Importing scikit-learn costs seconds and 150 MB, so its file is read without it.
    path = _packaged_file()
    if path is None:
        return _ask_scikit_learn()
    table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
    return table[:, :-1], table[:, -1]


def _packaged_file() -> Path | None:
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"
    return path if path.is_file() else None


def _ask_scikit_learn() -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    from sklearn.datasets import load_digits  # a second to import

    pixels, labels = load_digits(return_X_y=True)
    return np.asarray(pixels, np.uint8), np.asarray(labels, np.uint8)


SOURCE = Source(
    name="digits",
    title="Digits (8 × 8)",
    description="Small handwritten digits by 13 people; trains in seconds.",
    licence="CC BY 4.0 (E. Alpaydin, C. Kaynak)",
    image_shape=(1, 8, 8),
    num_images=1797,
    offline=True,
    load=load,
    label_names=LABEL_NAMES,
)
