"""Images and labels that training would make nonsense of, refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["check_images", "check_labels"]


def check_images(images: NDArray[np.uint8], what: str) -> None:
    """Refuse images that training would make nonsense of."""
    if images.dtype != np.uint8 or images.ndim != 4 or not len(images):
        raise ValueError(
            f"The {what} images are {images.dtype} {images.shape}; they must be uint8 (N, C, H, W), N at least 1: "
            "ImageDataset.of makes such of others."
        )


def check_labels(labels: NDArray[np.int64], num_images: int, num_labels: int) -> None:
    """Refuse labels that are not one from 0 to ``num_labels - 1`` for each image."""
    if labels.dtype.kind not in "iu":
        raise ValueError(f"These labels are {labels.dtype}; they must be whole numbers from 0.")
    if len(labels) != num_images or labels.min() < 0 or labels.max() >= num_labels:
        raise ValueError(
            f"There are {len(labels)} labels from {labels.min()} to {labels.max()} for {num_images} "
            f"images: give each image one, from 0 to {num_labels - 1}."
        )
