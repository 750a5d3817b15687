"""Images and labels that training would make nonsense of, refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["check_images", "check_labels", "check_shapes"]


def check_images(images: NDArray[np.uint8], what: str) -> None:
    """Refuse images that training would make nonsense of."""
    if images.dtype != np.uint8 or images.ndim != 4 or not len(images):
        raise ValueError(
            f"The {what} images are {images.dtype} {images.shape}; they must be uint8 (N, C, H, W), N at least 1: "
            "ImageDataset.of makes such of others."
        )


def check_shapes(train_images: NDArray[np.uint8], validation_images: NDArray[np.uint8]) -> None:
    """Refuse images that no training can be made of, or that are of different shapes."""
    check_images(train_images, "training")
    check_images(validation_images, "validation")
    if train_images.shape[1:] != validation_images.shape[1:]:
        raise ValueError(
            f"Training images are {train_images.shape[1:]} and validation images {validation_images.shape[1:]}: "
            "they must be of one shape."
        )


def check_labels(labels: NDArray[np.int64] | None, num_images: int, num_labels: int) -> NDArray[np.int64]:
    """Refuse labels that are not one from 0 to ``num_labels - 1`` for each image; returns them."""
    if labels is None:
        raise ValueError("A conditional model needs a label with every image: give train_labels and validation_labels.")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"These labels are {labels.dtype}; they must be whole numbers from 0.")
    if len(labels) != num_images or labels.min() < 0 or labels.max() >= num_labels:
        raise ValueError(
            f"There are {len(labels)} labels from {labels.min()} to {labels.max()} for {num_images} "
            f"images: give each image one, from 0 to {num_labels - 1}."
        )
    return labels
