"""Train a run: the trainer's records, written into the run folder and passed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import torch

from vaelab.changes import Changes, checked_changes
from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset, check_fit
from vaelab.datasets.preprocessing import preprocess
from vaelab.engine import Engine
from vaelab.evaluation import evaluate
from vaelab.explaining import explain
from vaelab.networks.torch_settings import our_torch
from vaelab.runs import ACTIVE, DataRecord, Run, RunError, results
from vaelab.training.devices import pick_device
from vaelab.training.keeping import Keeping
from vaelab.training.reports import Progress, Record
from vaelab.training.trainer import Trainer

__all__ = ["resume", "run_training", "train"]


class _StoppedError(Exception):
    """Raised through a download to end it."""


def train(
    config: TrainConfig,
    data: ImageDataset | None = None,
    run_dir: str | Path | None = None,
    on_record: Callable[[Record], None] | None = None,
    changes: Changes | None = None,
) -> Run:
    """Train a run from the start and wait for it.

    Parameters
    ----------
    config
        What the run is. Where images are given and it names none, the run takes their name.
    data
        Its images; loaded by ``config.dataset`` if not given.
    run_dir
        The run's folder; by default a new one in the runs folder.
    on_record
        Called with every record, to show progress.
    changes
        Settings that change on the way, by the number of steps after which they hold, such as another run's
        ``changes()``: unless they go by the clock, both then come to the same numbers.

    Returns
    -------
    Run
        Finished, with ``run.engine`` ready to decode.

    Raises
    ------
    ValueError
        If images and config do not fit each other, or a setting cannot change so, before anything is written.
    RunError
        If the folder cannot be written or holds a run already.
    DatasetUnavailable
        If the images are not available. What fails before training begins leaves no run behind.
    DivergedError
        If the loss stopped being a number, or became one that no sound training comes to.
    """
    if data is None:
        check_fit(config)
    else:
        config, data = _agree(config, data)
        config.check_image_shape(data.image_shape)
        config.check_labels(len(data.label_names))
    checked_changes(config, changes or {})
    run = Run.create(config, run_dir)
    try:
        if changes:
            run.plan(changes)
        return _finish(run, data, on_record)
    except BaseException as error:
        if run.epoch >= 0:
            raise
        run.discard()  # it never began, as whoever called is told
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt("Stopped before training began; nothing is kept.") from None
        raise


def resume(
    run_dir: str | Path,
    on_record: Callable[[Record], None] | None = None,
    data: ImageDataset | None = None,
) -> Run:
    """Go on with a run from its last finished epoch and wait for it.

    Parameters
    ----------
    run_dir
        The run's folder.
    on_record
        Called with every record, to show progress.
    data
        Its images, where they were given from Python; else they are loaded.

    Returns
    -------
    Run
        Finished; the same as if it had never been interrupted.

    Raises
    ------
    RunError
        If the folder holds no run, is damaged, or is being trained by another process.
    DatasetUnavailable
        If its images are gone, or are others than it began with.
    """
    run = Run.open(run_dir)
    if run.status.state in ACTIVE - {"queued"}:
        raise RunError(f"{run.name} is being trained by another process: stop it there first.")
    return _finish(run, data, on_record)


def _finish(run: Run, data: ImageDataset | None, on_record: Callable[[Record], None] | None) -> Run:
    run.pop_stop_request()  # of an earlier time
    run.forget_asked()
    for record in run_training(run, data):
        if on_record is not None:
            on_record(record)
    return run


def run_training(run: Run, data: ImageDataset | None = None) -> Iterator[Record]:
    """Train ``run`` from wherever its folder stands, and evaluate it.

    Parameters
    ----------
    run
        A new, stopped or interrupted run.
    data
        Its images; loaded as its config says if not given.

    Yields
    ------
    Record
        Each of the trainer's, once it is written down; ``Progress`` from what comes before and
        after training.

    Raises
    ------
    Exception
        As ``train``; the run's status then says ``failed`` and why, and every finished epoch is
        kept. One that could not even begin to go on is what it was before (``Run.write_end``).
    """
    try:
        with our_torch(run.config.threads):
            yield from _run_training(run, data)
    except _StoppedError:
        run.write_end("stopped", "Stopped before training began.")
    except GeneratorExit:
        run.write_end("stopped", "Stopped.")
        raise
    except KeyboardInterrupt:
        run.write_end("stopped", "Stopped.")
        raise KeyboardInterrupt(
            f"Stopped; every finished epoch is kept, and resume {run.path} goes on from there."
        ) from None
    except Exception as error:
        with suppress(RunError):  # a full disk is what failed; its own message goes up
            run.write_end("failed", explain(error))
        raise
    finally:
        with suppress(RunError):
            run.forget_asked()


def _run_training(run: Run, data: ImageDataset | None) -> Iterator[Record]:
    yield (loading := Progress("loading the images", 0.0))
    run.write_status("preparing", loading.phase)
    data = _load(run, data)
    train, validation = data.split.train, data.split.validation
    keeping = Keeping(run, data)
    trainer = Trainer(
        _for_this_machine(run),
        data.images[train],
        data.images[validation],
        data.labels_of(train),
        data.labels_of(validation),
        len(data.label_names),
        changes=run.changes(),
        touch=keeping.hand,
    )
    if run.epoch >= 0:
        arrays, numbers = run.checkpoint()
        try:
            trainer.load_state({k: torch.from_numpy(v) for k, v in arrays.items()}, numbers)
        except (ValueError, KeyError) as error:
            raise run.misfit() from error
    # Only now, when nothing was found that does not fit: a run must open again whatever was tried.
    run.write_data(DataRecord.of(data), data.labels)
    run.forget_after(trainer.epoch)
    run.forget_live()
    if trainer.epoch == 0:
        keeping.save(trainer)
    run.thin_snapshots()  # runs of old have one for every epoch

    for record in trainer.records():
        keeping.keep(record, trainer)
        yield record
        if run.pop_stop_request():
            # An epoch that was cut short is done again on resuming, to the same numbers.
            run.forget_after(trainer.epoch)
            run.forget_live()
            run.write_status("stopped", f"Stopped after epoch {run.epoch}.")
            if run.epoch >= 1:  # what is kept deserves its figures; nobody waits for them
                _evaluate(run, Engine.open(run), data)
            return
    yield (evaluating := Progress("evaluating on held-out images", 0.0))
    run.write_status("running", evaluating.phase)
    _evaluate(run, Engine(trainer.model, run.config), data)
    run.write_status("finished", f"Finished after epoch {trainer.epoch}.")


def _for_this_machine(run: Run) -> TrainConfig:
    """The run's config, with another device where it was begun on one that this machine has not."""
    try:
        pick_device(run.config.device)
    except ValueError:
        if run.epoch < 0:
            raise
        return run.config.model_copy(update={"device": "auto"})
    return run.config


def _evaluate(run: Run, engine: Engine, data: ImageDataset) -> None:
    results.keep(run, "evaluation", results.Result(evaluate(engine, data).as_dict(), {}))


def _load(run: Run, data: ImageDataset | None) -> ImageDataset:
    if data is not None:
        _, data = _agree(run.config, data)
        run.check_images(data)
        return data

    def report(fraction: float) -> None:
        if run.pop_stop_request():
            raise _StoppedError
        run.write_status("preparing", f"downloading {run.config.dataset}: {fraction:.0%}", fraction)

    return run.images(report)


def _agree(config: TrainConfig, data: ImageDataset) -> tuple[TrainConfig, ImageDataset]:
    """A config and images of one name and one preprocessing."""
    if data.name != config.dataset:
        if "dataset" in config.model_fields_set:
            raise ValueError(
                f"The config says dataset={config.dataset!r}, but the images given are {data.name!r}: make the two "
                "agree, or leave dataset out."
            )
        config = config.model_copy(update={"dataset": data.name})
    if data.preprocessing != config.preprocessing:
        data = preprocess(data, config.preprocessing)
    return config, data
