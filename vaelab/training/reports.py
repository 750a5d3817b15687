"""What a trainer reports while it trains."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ChangeRecord", "EpochRecord", "Pause", "Progress", "Record", "StepRecord", "Terms"]


@dataclass(frozen=True)
class Terms:
    """A loss and its parts, averaged over images: nats per image."""

    total: float
    reconstruction: float
    kl: float
    kl_per_dim: tuple[float, ...]
    num_images: int
    penalty: float = 0.0  # what the objective adds beside the two, weighted


@dataclass(frozen=True)
class Progress:
    """A sign of life from a part of training that has no figures yet."""

    phase: str
    fraction: float


@dataclass(frozen=True)
class StepRecord:
    """How training stands within an epoch; ``train`` is over the images since the last record.

    ``beta`` is the config's, times how far the objective has warmed up.
    """

    epoch: int
    step: int
    seconds: float
    progress: float
    beta: float
    learning_rate: float
    images_per_second: float
    train: Terms


@dataclass(frozen=True)
class EpochRecord:
    """How an epoch ended; ``train`` is over its batches as they were trained on, ``beta`` as a ``StepRecord``'s."""

    epoch: int
    step: int
    seconds: float
    progress: float
    beta: float
    learning_rate: float
    images_per_second: float
    train: Terms
    validation: Terms


@dataclass(frozen=True)
class ChangeRecord:
    """Settings that hold from the step on that comes after ``step``, in epoch ``epoch``."""

    epoch: int
    step: int
    seconds: float
    settings: dict[str, float]


@dataclass(frozen=True)
class Pause(Progress):
    """A sign of life from a training that waits before a step."""


Record = StepRecord | EpochRecord | ChangeRecord | Progress
