"""What runs in a worker."""

from __future__ import annotations

from typing import Any

from vaelab.runs import ACTIVE, Run, results

__all__ = ["make_in_worker", "train_in_worker"]


def train_in_worker(path: str, job: str) -> None:
    """Train a queued run; more than once if a worker dies under it."""
    from vaelab.training.running import run_training

    run = Run.open(path)
    status = run.status
    if status.job != job or status.state not in {*ACTIVE, "interrupted"}:
        return  # it was stopped on its way here, or someone else took it up
    if status.state != "queued":
        run.forget_asked()  # of the worker that died: what changed is in the records, and repeated
    for _ in run_training(run):
        pass


def make_in_worker(path: str, name: str, points: int) -> Any:
    """Make a result of a run."""
    run = Run.open(path)
    return results.make(run, run.images(), name, points)
