"""What changed while a run was trained, for its curves."""

from __future__ import annotations

from typing import TypedDict

from vaelab.changes import in_words
from vaelab.runs import Run
from vaelab.sharing.losses import steps_per_epoch


class Change(TypedDict):
    """What changed while a run was trained."""

    at: float  # in epochs
    text: str


def changes_of(run: Run) -> list[Change]:
    """Say which settings changed while a run was trained, and when; none that is still to be repeated."""
    per_epoch = steps_per_epoch(run)
    taken = max(run.status.step, run.steps_done)
    changes = [(step, settings) for step, settings in run.changes().items() if step <= taken]
    return [Change(at=step / per_epoch, text=in_words(run.config, settings)) for step, settings in changes]
