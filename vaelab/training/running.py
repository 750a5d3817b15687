"""Train a run: the trainer's records, written into the run folder and passed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch

from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset, check_fit
from vaelab.datasets.preprocessing import preprocess
from vaelab.engine import Engine
from vaelab.evaluation import evaluate
from vaelab.explaining import explain
from vaelab.networks.torch_settings import our_torch
from vaelab.runs import DataRecord, Run, RunError, Snapshot, results
from vaelab.training.devices import pick_device
from vaelab.training.reports import EpochRecord, Progress, Record, StepRecord
from vaelab.training.trainer import Trainer

__all__ = ["SNAPSHOT_IMAGES", "resume", "run_training", "snapshot_indices", "train"]

#: Images whose codes every epoch keeps.
SNAPSHOT_IMAGES = 2_000

#: Seconds between the step records that are written down; an hour of training is then 3,600 lines.
STEP_RECORD_EVERY = 1.0


class _StoppedError(Exception):
    """Raised through a download to end it."""


def snapshot_indices(num_images: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Choose the images whose codes every epoch keeps: the same ones for a dataset, always.

    Parameters
    ----------
    num_images
        How many images there are.

    Returns
    -------
    ndarray
        int64, sorted, at most ``SNAPSHOT_IMAGES`` of them.
    """
    chosen = np.random.default_rng(0).permutation(num_images)[:SNAPSHOT_IMAGES]
    return np.sort(chosen).astype(np.int64)


def train(
    config: TrainConfig,
    data: ImageDataset | None = None,
    run_dir: str | Path | None = None,
    on_record: Callable[[Record], None] | None = None,
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

    Returns
    -------
    Run
        Finished, with ``run.engine`` ready to decode.

    Raises
    ------
    ValueError
        If images and config do not fit each other, before anything is written.
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
    run = Run.create(config, run_dir)
    try:
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
    if run.status.state in {"preparing", "running"}:
        raise RunError(f"{run.name} is being trained by another process: stop it there first.")
    return _finish(run, data, on_record)


def _finish(run: Run, data: ImageDataset | None, on_record: Callable[[Record], None] | None) -> Run:
    run.pop_stop_request()  # of an earlier time
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


def _run_training(run: Run, data: ImageDataset | None) -> Iterator[Record]:
    yield (loading := Progress("loading the images", 0.0))
    run.write_status("preparing", loading.phase)
    data = _load(run, data)
    train, validation = data.split.train, data.split.validation
    trainer = Trainer(
        _for_this_machine(run),
        data.images[train],
        data.images[validation],
        data.labels_of(train),
        data.labels_of(validation),
        len(data.label_names),
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
    if trainer.epoch == 0:
        _save(run, trainer, data)
    run.thin_snapshots()  # runs of old have one for every epoch

    written = -STEP_RECORD_EVERY  # the first at once, so that there is a curve from the first second on
    for record in trainer.records():
        speed = None
        if isinstance(record, StepRecord):
            speed = record.images_per_second
            if record.seconds - written >= STEP_RECORD_EVERY:
                run.append_record("step", record)
                written = record.seconds
        if isinstance(record, EpochRecord):
            speed = record.images_per_second
            run.append_record("epoch", record)
            _save(run, trainer, data)
        where = f"epoch {trainer.epoch + 1}" if speed else "validating"
        run.write_status("running", where, trainer.progress, trainer.seconds, speed)
        yield record
        if run.pop_stop_request():
            # An epoch that was cut short is done again on resuming, to the same numbers.
            run.forget_after(trainer.epoch)
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


def _save(run: Run, trainer: Trainer, data: ImageDataset) -> None:
    """Write the snapshot first: an epoch is finished once the checkpoint names it, and others go only then."""
    engine = Engine(trainer.model, run.config)
    indices = snapshot_indices(len(data))
    # What stays as it is, such as PCA beside the network, is in the checkpoint: it need not be kept at every epoch.
    parameters = trainer.model.decoder.named_parameters()
    decoder = {name: value.detach().cpu().numpy() for name, value in parameters if value.requires_grad}
    mu = engine.encode(data.images[indices], data.labels_of(indices)).mu
    run.write_snapshot(Snapshot(trainer.epoch, indices, mu, decoder))
    tensors, numbers = trainer.state()
    run.write_checkpoint({name: value.numpy() for name, value in tensors.items()}, numbers, trainer.model.layers())
    run.thin_snapshots()
