"""The curves of a training: the loss and its parts over epochs. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.config import TrainConfig
from vaelab.export.history import Curves
from vaelab.runs import Run

__all__ = ["curves_of", "steps_per_epoch"]

#: Points of a curve: more could not be told apart.
CURVE_POINTS = 400
#: Epochs up to which training's own curve is drawn within them.
FEW_EPOCHS = 12


def curves_of(run: Run) -> Curves:
    """Read the loss of a run and its parts, over epochs.

    Parameters
    ----------
    run
        A run that was begun.

    Returns
    -------
    Curves
        In the first epochs, and in one that is under way, training has points within an epoch.
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
    return Curves(
        list(terms.values()),
        _curve(train, "train", list(terms), per_epoch),
        _curve(epochs, "validation", list(terms), per_epoch),
    )


def steps_per_epoch(run: Run) -> int:
    """How many steps a pass over the training images takes.

    Parameters
    ----------
    run
        A run that was begun.

    Returns
    -------
    int
        The last of them may be of fewer images.
    """
    return -(-run.data.num_train // run.config.batch_size)


def _terms_of(config: TrainConfig) -> dict[str, str]:
    """The parts of a loss that have curves; where its reconstruction is all there is, that is the total."""
    from vaelab.figures.curves import PENALTY, TERMS  # which imports Plotly

    terms = TERMS | (PENALTY if config.minimized.has_penalty else {})
    if config.model == "vae":
        return terms
    without_kl = {name: title for name, title in terms.items() if name != "kl"}
    return without_kl if config.minimized.has_penalty else {"total": terms["total"]}


def _curve(
    records: Sequence[Mapping[str, Any]], split: str, terms: Sequence[str], per_epoch: float
) -> NDArray[np.float32]:
    if len(records) > CURVE_POINTS:
        records = [records[i] for i in np.linspace(0, len(records) - 1, CURVE_POINTS).round().astype(int)]
    rows = [[record["step"] / per_epoch for record in records]]
    rows += [[record[split].get(term, 0.0) for record in records] for term in terms]
    return np.array(rows, dtype=np.float32)
