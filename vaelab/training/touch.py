"""What a training that goes on lets people do to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from vaelab.training.reports import Record

if TYPE_CHECKING:
    from vaelab.training.trainer import Trainer

__all__ = ["Touch"]


class Touch(Protocol):
    """Whoever may hold a training up, or change it, between two steps."""

    @property
    def closely(self) -> bool:
        """Whether each step is looked at, and so to be reported."""

    def before_step(self, trainer: Trainer) -> Iterator[Record]:
        """Do what is wanted before a step; the time that it takes is none of training."""
