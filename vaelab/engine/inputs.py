"""What every question to a trained model takes: images and labels, checked, as batches on its device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from vaelab.config import TrainConfig
from vaelab.images import check_range
from vaelab.networks.models import VAE, Autoencoder
from vaelab.networks.objectives import Companion
from vaelab.training.devices import to_float

__all__ = ["Floats", "Inputs", "Labels"]

Floats = NDArray[np.float32]
#: A label an image, one for all of them, or none.
Labels = NDArray[np.integer] | int | None


class Inputs:
    """A model and what it can be given.

    Parameters
    ----------
    model
        A trained model; it is put into evaluation mode whenever it is used.
    config
        What its run is.
    companion
        What the run's objective trained beside the model, where it is known.
    """

    #: Images at a time: bounds memory, and larger batches are no faster.
    BATCH = 512

    def __init__(self, model: Autoencoder, config: TrainConfig, companion: Companion | None = None) -> None:
        self.model = model
        self.config = config
        self.companion = companion
        self.device = next(model.parameters()).device

    @property
    def latent_dim(self) -> int:
        """D."""
        return self.config.latent_dim

    @property
    def num_labels(self) -> int:
        """How many classes a conditional model knows, 0 for any other."""
        label = self.model.decoder.label
        return 0 if label is None else label.num_embeddings

    @property
    def is_vae(self) -> bool:
        """Whether codes are distributions."""
        return isinstance(self.model, VAE)

    def _label_tensor(self, labels: Labels, count: int) -> Tensor | None:
        """Labels for the model, ``(count,)`` on the device, or None where it takes none."""
        if not self.num_labels:
            return None
        if labels is None:
            raise ValueError("This model is conditional: it encodes and decodes together with a label, so give labels.")
        classes = np.asarray(labels)
        if classes.dtype.kind not in "iu" and classes.size:
            raise ValueError(
                f"These labels are {classes.dtype}; this model's are whole numbers from 0 to {self.num_labels - 1}."
            )
        if classes.shape not in {(), (1,), (count,)}:
            raise ValueError(
                f"These labels have shape {classes.shape}, and there are {count} images or codes: "
                "give a label for each, or one for all."
            )
        classes = np.broadcast_to(classes, (count,))
        if classes.size and not 0 <= classes.min() <= classes.max() < self.num_labels:
            raise ValueError(
                f"This model knows the labels 0 to {self.num_labels - 1}, and was given "
                f"{classes.min()} to {classes.max()}."
            )
        return torch.from_numpy(classes.astype(np.int64)).to(self.device)

    def _checked(self, images: ArrayLike) -> NDArray[Any]:
        """Images of the model's shape and in range, or a ValueError that says what they are instead."""
        array = np.asarray(images)
        if array.ndim != 4 or not len(array) or array.shape[1:] != self.model.image_shape:
            channels, height, width = self.model.image_shape
            raise ValueError(
                f"These images have shape {array.shape}; this model's are (N, {channels}, {height}, {width}), "
                "N at least 1."
            )
        check_range(array)
        return array

    def _batches(
        self, images: NDArray[np.generic], labels: Tensor | None, size: int | None = None
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """Float batches on the device, one at a time: all of MNIST as floats would be 220 MB."""
        size = size or self.BATCH
        for start in range(0, len(images), size):
            # A copy, as torch warns of arrays that may not be written to.
            part = torch.from_numpy(np.array(images[start : start + size], order="C")).to(self.device)
            y = None if labels is None else labels[start : start + size]
            yield (to_float(part) if part.dtype == torch.uint8 else part.float()), y
