"""What people ask of a training that goes on: lines of a file in the run's folder, which whoever trains it reads.

A line is an order, not a state: two presses of "one step" are two steps, and of two visitors neither undoes the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vaelab.changes import changed
from vaelab.runs.changes import WithChanges

__all__ = ["Order", "WithTouch"]

_FILE = "asked.jsonl"


class Order(BaseModel):
    """One thing that was asked; what is not set stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pace: float | None = Field(None, ge=0, description="Steps a second; 0 pauses, None is as fast as it goes.")
    take: Literal["step", "epoch"] | None = Field(
        None, description="To be taken, and then training pauses: a step, or what is left of the epoch."
    )
    settings: dict[str, float] = Field({}, description="Settings that hold from the next step on.")


class WithTouch(WithChanges):
    """A run whose training can be paused, slowed down, taken step by step, and changed.

    Each asks, and returns at once: whoever trains the run looks before every step. What was asked of a training
    that has ended is forgotten.
    """

    def pause(self) -> None:
        """Have training wait after the step that it is at."""
        self._ask(Order(pace=0))

    def go_on(self, steps_per_second: float | None = None) -> None:
        """Have training go on from the step where it waits.

        Parameters
        ----------
        steps_per_second
            How fast; as fast as it goes by default.

        Raises
        ------
        ValueError
            If that is not more than 0.
        """
        if steps_per_second is not None and not 0 < steps_per_second < float("inf"):
            raise ValueError(
                f"steps_per_second was {steps_per_second}; it must be more than 0, or None for full speed."
            )
        self._ask(Order(pace=steps_per_second))

    def take(self, what: Literal["step", "epoch"]) -> None:
        """Have training take one step, or go to the end of the epoch, and pause there."""
        self._ask(Order(take=what))

    def change(self, settings: Mapping[str, float]) -> None:
        """Have settings change from the next step on; a record of it is kept.

        Parameters
        ----------
        settings
            The new values, by the names of ``vaelab.choices.changeable``.

        Raises
        ------
        ValueError
            If one cannot be changed, or not to that.
        """
        changed(self.config, settings)
        self._ask(Order(settings=dict(settings)))

    def _ask(self, order: Order) -> None:
        with self._writing(), (self.path / _FILE).open("a") as file:
            file.write(order.model_dump_json(exclude_unset=True) + "\n")

    @property
    def asked_bytes(self) -> int:
        """How long the file of all that was asked is: the run's status says how much of it was heard."""
        with suppress(OSError):
            return (self.path / _FILE).stat().st_size
        return 0

    def asked_since(self, heard: int) -> tuple[list[Order], int]:
        """Read what was asked since.

        Parameters
        ----------
        heard
            Bytes that were read before.

        Returns
        -------
        tuple
            The orders, oldest first, and how many bytes are read now. A line that is still being written is not.
        """
        try:
            with (self.path / _FILE).open("rb") as file:
                file.seek(heard)
                whole, newline, _ = file.read().rpartition(b"\n")
        except OSError:
            return [], heard
        orders = [order for line in whole.splitlines() if (order := _read(line)) is not None]
        return orders, heard + len(whole) + len(newline)

    def forget_asked(self) -> None:
        """Forget what was asked of a training that has ended."""
        with self._writing():
            (self.path / _FILE).unlink(missing_ok=True)


def _read(line: bytes) -> Order | None:
    """An order, or None where a line is none, such as another program's."""
    try:
        return Order.model_validate_json(line)
    except ValidationError:
        return None
