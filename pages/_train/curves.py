"""What the curves of a training are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from vaelab.changes import in_words
from vaelab.config import TrainConfig
from vaelab.figures.curves import PENALTY, TERMS
from vaelab.runs import Run

#: Points of a curve: more could not be told apart.
CURVE_POINTS = 400
#: Epochs up to which training's own curve is drawn within them.
FEW_EPOCHS = 12

Floats = NDArray[np.float32]


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


def curves_of(run: Run) -> tuple[list[str], Floats, Floats]:
    """Read the loss of a run and its parts, over epochs.

    Parameters
    ----------
    run
        A run that was begun.

    Returns
    -------
    tuple
        What the terms are called; then of training and of validation, a float32 array each: a row of epochs and
        one a term, in nats per image. In the first epochs, and in one that is under way, training has points
        within an epoch.
    """
    records = run.records()
    epochs = [record for record in records if record["kind"] == "epoch"]
    steps = [record for record in records if record["kind"] == "step"]
    ended = epochs[-1]["step"] if epochs else 0
    # Of epochs that take a blink there are more than of steps, which are written down by the clock.
    if len(epochs) < min(FEW_EPOCHS, len(steps)):
        train = steps
    else:
        train = epochs + [record for record in steps if record["step"] > ended]
    # By what the run is, as there may be no record yet.
    terms = _terms_of(run.config)
    per_epoch = steps_per_epoch(run)
    return (
        list(terms.values()),
        _curve(train, "train", list(terms), per_epoch),
        _curve(epochs, "validation", list(terms), per_epoch),
    )


def steps_per_epoch(run: Run) -> int:
    """How many steps a pass over the training images takes."""
    return -(-run.data.num_train // run.config.batch_size)


def _terms_of(config: TrainConfig) -> dict[str, str]:
    """The parts of a loss that have curves; where its reconstruction is all there is, that is the total."""
    terms = TERMS | (PENALTY if config.minimized.has_penalty else {})
    if config.model == "vae":
        return terms
    without_kl = {name: title for name, title in terms.items() if name != "kl"}
    return without_kl if config.minimized.has_penalty else {"total": terms["total"]}


def _curve(records: Sequence[Mapping[str, Any]], split: str, terms: Sequence[str], per_epoch: float) -> Floats:
    if len(records) > CURVE_POINTS:
        records = [records[i] for i in np.linspace(0, len(records) - 1, CURVE_POINTS).round().astype(int)]
    rows = [[record["step"] / per_epoch for record in records]]
    rows += [[record[split].get(term, 0.0) for record in records] for term in terms]
    return np.array(rows, dtype=np.float32)
