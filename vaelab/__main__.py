"""The command line: ``python -m vaelab train | resume | sweep | evaluate | ...``."""

from __future__ import annotations

import importlib
import io
import json as jsonlib
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tyro
from tqdm import tqdm

from vaelab.config import OWN, TrainConfig
from vaelab.explaining import explain

# Whatever imports torch is imported by the command that needs it: --help must not take seconds.

__all__ = ["main"]

#: Files that are listed one by one when they were not taken.
MAX_LISTED = 20

Json = Annotated[bool, tyro.conf.arg(help="Print one line of JSON at the end, and nothing else.")]


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
        self.bar.set_description_str(f"epoch {record.epoch}")
        terms = getattr(record, "validation", record.train)
        self.bar.set_postfix_str(
            f"{terms.total:.2f} nats/image ({terms.reconstruction:.2f} reconstruction + "
            f"{terms.kl:.2f} KL), {record.images_per_second:,.0f} images/s"
        )
        self.bar.n = round(100 * record.progress, 1)
        self.bar.refresh()


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
    _print_run(run, json)


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
    _print_run(run, json)


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
        _print_run(run, json, **{over: getattr(run.config, over)})
        if run.epoch < 0:
            run.discard()
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(runs)} runs failed: {failed[0]}")


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


def scheduler(host: str = "127.0.0.1", port: int = 8786) -> None:
    """Start the head of a cluster, which hands out trainings to workers on this machine or others.

    Whoever reaches it can run code on every machine of the cluster, so use it only on a trusted network.

    Parameters
    ----------
    host
        The address at which other machines reach this one; by default they cannot.
    port
        Where it listens.
    """
    from vaelab.training.cluster import serve_scheduler

    def say(address: str) -> None:
        print(
            f"Waiting for workers and jobs at {address}; Ctrl-C ends it.\n"
            f"On each machine that is to train:       python -m vaelab worker {address}\n"
            f"Where the app or a sweep is started:    export VAELAB_SCHEDULER={address}",
            flush=True,
        )

    serve_scheduler(host, port, say)


def worker(scheduler: tyro.conf.Positional[str], trainings: int | None = None) -> None:
    """Train for a scheduler, which may be on another machine.

    The folders of runs and of data must be the same on all machines: VAELAB_RUNS and VAELAB_DATA.

    Parameters
    ----------
    scheduler
        The scheduler's address, as it printed it.
    trainings
        How many trainings run side by side; by default half as many as there are cores, at most four.
    """
    from vaelab.training.cluster import serve_workers

    if trainings is not None and not 1 <= trainings <= 256:
        raise ValueError(f"trainings was {trainings}; it must be 1 to 256.")

    def say(num: int) -> None:
        print(f"Ready: {num - 1} for trainings, one for results; Ctrl-C ends it.", flush=True)

    serve_workers(scheduler, trainings, say)


def evaluate(
    run_dir: tyro.conf.Positional[Path],
    split: Literal["train", "validation", "test"] = "test",
    json: Json = False,
) -> None:
    """Evaluate a run on held-out images.

    Parameters
    ----------
    run_dir
        The run's folder.
    split
        Which images to evaluate it on.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.evaluation import evaluate as evaluate_run
    from vaelab.runs import Run

    run = Run.open(run_dir)
    figures = evaluate_run(run.engine, run.images(), split).as_dict()
    print(jsonlib.dumps(figures) if json else _as_table(figures))


def import_(
    paths: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="PATH...")],
    name: str,
    size: int | None = None,
    fit: Literal["crop", "pad", "stretch"] = "crop",
    color: Literal["gray", "rgb"] | None = None,
    labels: Path | None = None,
    group: str | None = None,
    background: str | None = None,
    title: str = "",
    replace: bool = False,
    json: Json = False,
) -> None:
    """Import your own images: a folder, files, a zip, arrays or a table.

    Parameters
    ----------
    paths
        A folder (its subfolders are classes), image files, a zip or tar archive, npz, npy or idx files, a CSV of pixels
        or of file names, parquet files.
    name
        What to call the dataset.
    size
        Height and width in pixels, 8 to 128; by default the largest of 8, 16, 28, 32 and 64 that most images have.
    fit
        What to do with images that are not square.
    color
        By default grey where all images are.
    labels
        A CSV with a row for each image: one column names its file, others tell its class and known factors.
    group
        A column of the table: images with the same value stay on one side of the split.
    background
        The colour behind transparent parts: a name or #rrggbb; by default the border's colour, or white.
    title
        The title shown to people; the name by default.
    replace
        Replace a dataset of this name.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.importing import import_images

    shown = "{desc} {bar} {percentage:3.0f}% {elapsed}<{remaining}"
    with tqdm(total=100, disable=json or None, bar_format=shown) as bar:

        def show(fraction: float, text: str) -> None:
            bar.set_description_str(text, refresh=False)
            bar.n = round(100 * fraction, 1)
            bar.refresh()

        try:
            report = import_images(
                *paths,
                name=name,
                size=size,
                fit=fit,
                color=color,
                labels=labels,
                group=group,
                background=background,
                title=title,
                replace=replace,
                progress=show,
            ).as_dict()
        except BaseException as error:
            bar.leave = False
            if isinstance(error, KeyboardInterrupt):
                raise KeyboardInterrupt("Stopped; nothing was kept.") from None
            raise
    if json:
        print(jsonlib.dumps(report))
        return
    steps, skipped = report.pop("steps"), report.pop("skipped")
    print(_as_table(report))
    print("\n".join(steps))
    if skipped:
        print(f"{len(skipped):,} files were not taken:")
    for file in skipped[:MAX_LISTED]:
        print(f"  {file['file']}: {file['why']}")
    if len(skipped) > MAX_LISTED:
        print(f"  and {len(skipped) - MAX_LISTED:,} more, which --json lists.")


def datasets(json: Json = False) -> None:
    """List the datasets and whether they need a network.

    Parameters
    ----------
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.datasets import sources

    rows: list[dict[str, Any]] = [
        {
            "name": source.name,
            "images": source.num_images,
            "shape": source.image_shape,
            "offline": source.offline,
            "licence": source.licence,
            "description": source.description,
        }
        for source in sources().values()
    ]
    if json:
        print(jsonlib.dumps(rows))
        return
    for row in rows:
        shape = " x ".join(map(str, row["shape"]))
        where = "your own" if row["name"].startswith(OWN) else "built in" if row["offline"] else "download"
        print(f"{row['name']:15} {row['images']:>6,} of {shape:11} {where}  {row['description']}")


def benchmark(
    name: tyro.conf.Positional[
        Literal[
            "training",
            "decode",
            "projection",
            "app",
            "canvas",
            "mnist",
            "defaults",
            "anomalies",
            "disentanglement",
            "infovae",
            "own",
            "importing",
            "slow_line",
            "browsers",
        ]
    ],
) -> None:
    """Measure this machine, and print a table with the ratio to a peer in the same run.

    Parameters
    ----------
    name
        What to measure.
    """
    sys.path.insert(0, str(Path(__file__).parent.parent))
    try:
        module = importlib.import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        if error.name not in {"benchmarks", f"benchmarks.{name}"}:
            raise
        raise ValueError("The benchmarks are not part of the installed package: run this in a clone.") from error
    module.main()


def _print_run(run: Any, json: bool, **swept: Any) -> None:
    """Say how a run ended and what is known of it; of one in a sweep first which it is."""
    figures = run.evaluation() or {}
    # What never began is not kept.
    folder = str(run.path) if run.epoch >= 0 else None
    summary = {**swept, "run_dir": folder, "state": run.status.state, "epoch": run.epoch, **figures}
    print(jsonlib.dumps(summary) if json else _as_table(summary))


def _as_table(figures: dict[str, Any]) -> str:
    def show(value: Any) -> str:
        if isinstance(value, float):
            return f"{value:.4f}"
        if isinstance(value, list | tuple):
            return " ".join(show(part) for part in value)
        return "-" if value is None else str(value)

    return "\n".join(f"{name:15} {show(value)}" for name, value in figures.items())


def main() -> None:
    """Run a command; a mistake gets one sentence and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a β for a terminal or file that has none
            stream.reconfigure(errors="backslashreplace")
    commands: dict[str, Any] = {
        "train": train,
        "resume": resume,
        "sweep": sweep,
        "scheduler": scheduler,
        "worker": worker,
        "evaluate": evaluate,
        "import": import_,
        "datasets": datasets,
        "benchmark": benchmark,
    }
    try:
        tyro.extras.subcommand_cli_from_dict(
            commands, prog="python -m vaelab", config=(tyro.conf.OmitArgPrefixes, tyro.conf.DisallowNone)
        )
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where what goes wrong is still told
    except KeyboardInterrupt as error:
        print(str(error) or "Stopped.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # whoever read has read enough, such as head
        _drop_output()
        sys.exit(141)
    except (ValueError, RuntimeError, OSError, MemoryError) as error:
        print(explain(error), file=sys.stderr)
        _drop_output()
        sys.exit(2)


def _drop_output() -> None:
    """Have Python not try once more, when it ends, to write what could not be written."""
    with suppress(OSError, AttributeError):  # where there is none, or no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
