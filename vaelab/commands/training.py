"""The commands that train: ``train``, ``resume``, ``again``, ``sweep``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any, Self

import tyro
from tqdm import tqdm

from vaelab.commands.printing import Json, print_run
from vaelab.config import TrainConfig

__all__ = ["again", "resume", "sweep", "train"]


def train(
    config: Annotated[TrainConfig, tyro.conf.arg(name="")],
    run_dir: Path | None = None,
    json: Json = False,
) -> None:
    """Train a model and evaluate it on held-out images.

    Parameters
    ----------
    config
        Settings of the run.
    run_dir
        The run's folder; by default a new one in the runs folder.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.training.running import train as train_run

    with _Bar(quiet=json) as bar:
        run = train_run(config, run_dir=run_dir, on_record=bar)
    print_run(run, json)


def resume(run_dir: tyro.conf.Positional[Path], json: Json = False) -> None:
    """Continue a stopped or interrupted run from its last finished epoch.

    Parameters
    ----------
    run_dir
        The run's folder.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.training.running import resume as resume_run

    with _Bar(quiet=json) as bar:
        run = resume_run(run_dir, bar)
    print_run(run, json)


def again(run_dir: tyro.conf.Positional[Path], to: Path | None = None, json: Json = False) -> None:
    """Train a run once more, with the same settings, which change at the same steps.

    It comes to the same numbers, unless it goes by the clock.

    Parameters
    ----------
    run_dir
        The run's folder.
    to
        The new run's folder; by default one in the runs folder.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.runs import Run
    from vaelab.training.running import train as train_run

    earlier = Run.open(run_dir)
    with _Bar(quiet=json) as bar:
        run = train_run(earlier.config, run_dir=to, on_record=bar, changes=earlier.changes())
    print_run(run, json)


def sweep(
    config: Annotated[TrainConfig, tyro.conf.arg(name="")],
    betas: tuple[float, ...] = (),
    latent_dims: tuple[int, ...] = (),
    json: Json = False,
) -> None:
    """Train the same model with several values of beta, or of the latent dimension, as jobs.

    Parameters
    ----------
    config
        All other settings.
    betas
        Values of beta.
    latent_dims
        Values of the latent dimension; one of the two must be given.
    json
        Print one line of JSON for each run at the end, and nothing else.
    """
    from vaelab.runs import ACTIVE
    from vaelab.training.jobs import Jobs
    from vaelab.training.sweep import SweptName, create_sweep

    if bool(betas) == bool(latent_dims):
        raise ValueError("A sweep is over --betas or over --latent-dims: give one of the two.")
    over: SweptName = "beta" if betas else "latent_dim"
    runs = create_sweep(config, over, list(dict.fromkeys(betas or latent_dims)))
    jobs = Jobs()
    try:
        jobs.train(*runs)
        _follow(jobs, runs, quiet=json)
    except KeyboardInterrupt:
        jobs.stop_all(runs)
        jobs.close()
        for run in runs:
            if not run.has_model and run.status.state not in ACTIVE:
                run.discard()
        raise KeyboardInterrupt("Stopped; every finished epoch is kept.") from None
    finally:
        jobs.close()
    failed = [run.status.message for run in runs if run.status.state != "finished"]
    for index, run in enumerate(runs):
        if index and not json:
            print()
        print_run(run, json, **{over: getattr(run.config, over)})
        if run.epoch < 0:
            run.discard()
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(runs)} runs failed: {failed[0]}")


class _Bar:
    """A progress bar fed by the trainer's records; a mistake wipes it away."""

    def __init__(self, quiet: bool) -> None:
        self.bar = tqdm(
            total=100,
            disable=quiet or None,  # None: where nobody watches
            bar_format="{desc} {bar} {percentage:3.0f}% {elapsed}<{remaining} {postfix}",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        self.bar.leave = kind is None
        self.bar.close()

    def __call__(self, record: Any) -> None:
        if hasattr(record, "phase"):
            self.bar.set_description_str(record.phase)
            return
        if hasattr(record, "settings"):
            return
        self.bar.set_description_str(f"epoch {record.epoch}")
        terms = getattr(record, "validation", record.train)
        self.bar.set_postfix_str(
            f"{terms.total:.2f} nats/image ({terms.reconstruction:.2f} reconstruction + "
            f"{terms.kl:.2f} KL), {record.images_per_second:,.0f} images/s"
        )
        self.bar.n = round(100 * record.progress, 1)
        self.bar.refresh()


def _follow(jobs: Any, runs: list[Any], quiet: bool) -> None:
    """Show how far all runs together are, until the last has ended."""
    with tqdm(total=100 * len(runs), disable=quiet or None, bar_format="{desc} {bar} {elapsed}") as bar:
        while True:
            states = [jobs.status(run) for run in runs]
            ended = sum(status.state in {"finished", "failed", "stopped"} for status in states)
            bar.n = round(100 * sum(1 if s.state == "finished" else s.progress for s in states))
            bar.set_description_str(f"{ended} of {len(runs)} runs")
            if ended == len(runs):
                return
            time.sleep(0.5)
