"""How many images a second this machine trains on, by trying."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vaelab.config import TrainConfig
from vaelab.training.reports import EpochRecord, StepRecord
from vaelab.training.trainer import Trainer

__all__ = ["roughly_resized", "try_speeds"]

#: Seconds of a trial, of which there is one for each number of threads and each size.
TRIAL = 0.6


def roughly_resized(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Resize images by leaving out pixels: good enough to take the time by."""
    kept = np.arange(size) * images.shape[-1] // size
    return np.ascontiguousarray(images[:, :, kept][..., kept])


def try_speeds(config: TrainConfig, images: NDArray[np.uint8], clock: Callable[[], float]) -> dict[int, float]:
    """Try how many images a second this machine trains on with one thread and, where there are more, two."""
    some = images[: 2 * config.batch_size]
    trial = config.model_copy(update={"seconds": TRIAL})
    return {
        threads: _images_per_second(trial.model_copy(update={"threads": threads}), some, clock)
        for threads in range(1, min(os.cpu_count() or 1, 2) + 1)
    }


def _images_per_second(config: TrainConfig, images: NDArray[np.uint8], clock: Callable[[], float]) -> float:
    records = Trainer(config, images, images[:1], clock=clock).records()
    # The quickest: the first steps wait for what is done once, and any for what else the machine does.
    return max(record.images_per_second for record in records if isinstance(record, StepRecord | EpochRecord))
