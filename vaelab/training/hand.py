"""The hand of whoever watches a training: it pauses, slows down, goes step by step and changes settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from vaelab.runs import Run
from vaelab.runs.touch import Order
from vaelab.training.reports import Pause, Progress, Record
from vaelab.training.trainer import Trainer

__all__ = ["Hand"]

#: Seconds between two looks at what was asked, while training goes on and while it waits.
LOOK_EVERY, WAIT = 0.02, 0.01
#: Seconds after which a training that waits gives a sign of life.
SIGN_EVERY = 0.1
#: Seconds between two pictures of a training in slow motion.
SHOW_EVERY = 0.2


class Hand:
    """Does between the steps of a training what is asked in its run's folder.

    Parameters
    ----------
    run
        The run in training.
    show
        Called with the trainer to show what its model looks like within an epoch.

    Attributes
    ----------
    pace
        Steps a second; 0 is a pause, None as fast as it goes.
    """

    def __init__(self, run: Run, show: Callable[[Trainer], None]) -> None:
        self.run = run
        self.show = show
        self.pace: float | None = None
        self._heard = self._answered = 0  # bytes
        self._steps = 0  # that may still be taken
        self._until: int | None = None  # the epoch whose end is waited for, before it pauses
        self._looked = self._due = self._shown = 0.0
        #: The epoch that is under way, and after which step it began; after which step the model was shown.
        self._epoch, self._began, self._shown_step = -1, -1, -1

    @property
    def closely(self) -> bool:
        """Whether each step is looked at."""
        return self.pace is not None and self._until is None

    def said(self, trainer: Trainer) -> dict[str, Any]:
        """What the run's status says of it."""
        pace = self.pace if self._until is None else None
        return {"step": trainer.step, "pace": pace, "heard": self._answered}

    def before_step(self, trainer: Trainer) -> Iterator[Record]:
        """Hear what was asked, and wait for as long as that means."""
        if trainer.epoch != self._epoch:
            self._epoch, self._began = trainer.epoch, trainer.step
        now = time.monotonic()
        if self.pace is None and now - self._looked < LOOK_EVERY:
            return
        yield from self._hear(trainer)
        signed = now
        while self._waits(trainer):
            self._show(trainer)
            if self._answered != self._heard or (now := time.monotonic()) - signed >= SIGN_EVERY:
                signed, self._answered = now, self._heard
                yield Pause("paused", trainer.progress) if self.pace == 0 else Progress("training", trainer.progress)
            time.sleep(WAIT)
            yield from self._hear(trainer)
        # A step that was asked for is answered once it was taken, and can be seen.
        if self._answered != self._heard and not self._steps:
            self._answered = self._heard
            yield Progress("training", trainer.progress)
        self._steps = max(0, self._steps - 1)
        if self.pace:
            self._due = max(self._due, time.monotonic() - WAIT) + 1 / self.pace

    def _hear(self, trainer: Trainer) -> Iterator[Record]:
        self._looked = time.monotonic()
        asked = self.run.asked_bytes
        if asked < self._heard:  # it was begun anew
            self._heard = self._answered = 0
        if asked != self._heard:
            orders, self._heard = self.run.asked_since(self._heard)
            for order in orders:
                yield from self._obey(order, trainer)

    def _obey(self, order: Order, trainer: Trainer) -> Iterator[Record]:
        if "pace" in order.model_fields_set:
            self.pace, self._steps, self._until = order.pace, 0, None
            self._due = time.monotonic()
        match order.take:
            case "step":
                self.pace, self._steps, self._until = 0, self._steps + 1, None
            case "epoch":
                self.pace, self._steps, self._until = 0, 0, trainer.epoch + 1
        # To ask for what holds is to ask for nothing, unless it was to change later.
        later = {name for settings in trainer.changes_to_come.values() for name in settings}
        config = trainer.config
        others = {
            name: value
            for name, value in order.settings.items()
            if name in later or getattr(config, name, None) != value
        }
        if others:
            with suppress(ValueError):  # asked when the run was another, or by somebody else's program
                yield trainer.change(others)

    def _waits(self, trainer: Trainer) -> bool:
        if self._until is not None:
            if trainer.epoch < self._until:
                return False
            self._until = None
        if self.pace is None:
            return False
        return time.monotonic() < self._due if self.pace else not self._steps

    def _show(self, trainer: Trainer) -> None:
        """Show the model as it is, once, where an epoch's end has not shown it already."""
        now = time.monotonic()
        seen = trainer.step in {self._shown_step, self._began}
        if seen or (self.pace and now - self._shown < SHOW_EVERY):
            return
        self._shown_step, self._shown = trainer.step, now
        self.show(trainer)
