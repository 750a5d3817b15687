"""The run folder: the one place where everything known about a run is kept.

``config.json``
    What the run is.
``data.json``, ``labels.safetensors``
    What its images were, and their labels: a map is drawn from these where the images are gone.
``metrics.jsonl``
    A line a record, appended and flushed.
``status.json``
    What it is doing, by whom, with a heartbeat.
``checkpoints/last.safetensors``
    What training goes on from, and the model's layers; an epoch is finished once this names it.
``checkpoints/epoch-0000.safetensors`` ...
    What the model looked like then: codes of a fixed subset of images, the decoder's weights. Of
    a long training only some are kept (``kept_epochs``).
``title.txt``, ``dimensions.json``
    What people call it, and the dimensions of its code.
``projections/*.safetensors``, ``evaluation.json``
    Results that were computed once.

Whole files are written beside their place and renamed into it, so a reader, or a kill at any
instant, meets the old file or the new one. Nothing is ever unpickled.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import psutil
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_safetensors

from vaelab.config import OWN, Preprocessing, TrainConfig, expanded
from vaelab.datasets.base import DatasetUnavailable
from vaelab.earlier_layers import earlier_layers
from vaelab.explaining import explain
from vaelab.files import write_whole
from vaelab.layers import Layers, read_layers

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset, Progress, Source
    from vaelab.engine import Engine

__all__ = [
    "DataRecord",
    "Remembered",
    "Run",
    "RunError",
    "Snapshot",
    "Status",
    "broken_runs",
    "checked_dimension_name",
    "kept_epochs",
    "list_runs",
    "runs_folder",
]

Arrays = dict[str, NDArray[Any]]
State = Literal["new", "queued", "preparing", "running", "finished", "stopped", "failed", "interrupted"]
ACTIVE: frozenset[State] = frozenset({"queued", "preparing", "running"})

#: A run on another machine whose heartbeat is older than this, in seconds, is taken for dead.
HEARTBEAT_TIMEOUT = 60.0

#: Snapshots that a run keeps at the most.
MOST_SNAPSHOTS = 48

LABELS = "labels.safetensors"
CHECKPOINT = "checkpoints/last.safetensors"
#: In the checkpoint's metadata, what the model consists of.
LAYERS = "layers"
#: Biases of an encoder from before checkpoints listed layers, which had convolutions, dense layers and heads alone.
_BIAS = re.compile(r"model\.encoder\.(stages|body|heads)\.(\w+)\.bias")

#: What may lie in a run's folder before its first epoch has ended.
_FIRST_FILES = (
    "config.json",
    "title.txt",
    "status.json",
    "data.json",
    LABELS,
    "metrics.jsonl",
    "evaluation.json",
    "stop",
)

#: Characters of a dimension's name: as many as fit beside its slider.
MAX_DIMENSION_NAME = 24


class RunError(RuntimeError):
    """A run folder that cannot be read or written, in one sentence.

    Attributes
    ----------
    why
        The same for where the run was named already, such as in a list.
    """

    why: str | None = None

    @classmethod
    def in_file(cls, run_name: str, file: str, what: str) -> RunError:
        """Say what is wrong with a file of a run."""
        error = cls(f"{file} of the run {run_name} {what}.")
        error.why = f"{file} {what}."
        return error


class DataRecord(BaseModel):
    """What a run's images were, kept with it so that it opens without them."""

    model_config = ConfigDict(frozen=True)

    name: str
    image_shape: tuple[int, int, int]
    num_train: int
    num_validation: int
    num_test: int
    label_names: tuple[str, ...]
    factor_names: tuple[str, ...]
    steps: tuple[str, ...]
    source: str
    licence: str
    description: str
    preprocessing: Preprocessing
    image_hash: str = ""  # tells these images from others; runs of old have none
    background: tuple[float, ...] = ()  # colour of the images' border, from 0 to 1, a number a channel

    @classmethod
    def of(cls, data: ImageDataset) -> DataRecord:
        """Describe ``data``."""
        return cls(
            name=data.name,
            image_shape=data.image_shape,
            num_train=len(data.split.train),
            num_validation=len(data.split.validation),
            num_test=len(data.split.test),
            label_names=data.label_names,
            factor_names=data.factor_names,
            steps=data.steps,
            source=data.source,
            licence=data.licence,
            description=data.description,
            preprocessing=data.preprocessing,
            image_hash=data.image_hash,
            background=data.background,
        )


@dataclass(frozen=True)
class Remembered:
    """What a run itself keeps of its images: enough for a map, though not for a picture.

    Attributes
    ----------
    why
        Why the images themselves are not there, in one sentence.
    key, labels, label_names, background, num_images
        As an ``ImageDataset`` has them.
    """

    why: str
    key: str
    num_images: int
    labels: NDArray[np.int64] | None
    label_names: tuple[str, ...]
    background: tuple[float, ...]
    factors: None = None
    factor_names: tuple[str, ...] = ()
    image_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.num_images

    def label_of(self, index: int) -> int | None:
        """The label of one image, or None where there are none."""
        return None if self.labels is None else int(self.labels[index])


class Status(BaseModel):
    """What a run is doing, as last reported by the process that trains it."""

    model_config = ConfigDict(frozen=True)

    state: State = "new"
    message: str = ""
    progress: float = 0.0  # fraction of training done
    seconds: float = 0.0  # of training so far
    images_per_second: float = 0.0
    job: str = ""  # who queued it: lets a job that is tried again know its own traces
    before: Status | None = None  # until training begins: how the run stood, and stands again if it cannot
    refused: str = ""  # why the run could not go on when that was last tried
    updated: float = 0.0
    host: str = ""
    pid: int = 0
    pid_started: float = 0.0

    @property
    def alive(self) -> bool:
        """Whether the process that wrote this still exists."""
        if self.host != socket.gethostname():
            return time.time() - self.updated < HEARTBEAT_TIMEOUT
        try:
            # The start time too: a number freed by one process is given to another.
            started: float = psutil.Process(self.pid).create_time()
            return abs(started - self.pid_started) < 1
        except psutil.Error:
            return False


@dataclass(frozen=True)
class Snapshot:
    """What the model looked like at the end of an epoch."""

    epoch: int
    indices: NDArray[np.int64]  # (M,), which images of the dataset
    mu: NDArray[np.float32]  # (M, D), their codes
    decoder: Arrays  # weights that were trained, float16: for looking at, not for training on


def kept_epochs(last: int) -> list[int]:
    """Choose the epochs whose snapshots are kept: dense where a model still changes fast.

    Epochs 0 to 8, then four for each doubling (10, 12, 14, 16, 20, ...), or fewer where these are too many,
    and the last. What one call leaves out no later one asks for.

    Parameters
    ----------
    last
        The last finished epoch.

    Returns
    -------
    list of int
        In order, at most ``MOST_SNAPSHOTS``.

    Examples
    --------
    >>> kept_epochs(21)
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 21]
    """
    for per_doubling in (4, 2, 1):
        chosen = set(range(min(last, 8) + 1)) | {last}
        octave = 8
        while octave < last:
            stride = octave // per_doubling
            chosen |= set(range(octave + stride, min(2 * octave, last) + 1, stride))
            octave *= 2
        if len(chosen) <= MOST_SNAPSHOTS:
            break
    return sorted(chosen)


def runs_folder() -> Path:
    """Where runs are kept: ``VAELAB_RUNS``, or ``runs`` in the current folder."""
    return expanded(os.environ.get("VAELAB_RUNS") or "runs").absolute()


def list_runs(folder: Path | None = None) -> list[Run]:
    """Find every run that is not damaged.

    Parameters
    ----------
    folder
        Where to look; ``runs_folder()`` by default.

    Returns
    -------
    list of Run
        Newest first; ``broken_runs`` has the others.
    """
    runs = []
    for path in (folder or runs_folder()).glob("*/config.json"):
        with suppress(RunError):
            run = Run.open(path.parent)
            if run.problem() is None:
                runs.append(run)
    return sorted(runs, key=lambda run: run.created, reverse=True)


def broken_runs(folder: Path | None = None) -> dict[Path, str]:
    """Find the folders that hold a damaged run.

    Parameters
    ----------
    folder
        Where to look; ``runs_folder()`` by default.

    Returns
    -------
    dict
        What is wrong with each, in one sentence.
    """
    broken = {}
    for path in sorted((folder or runs_folder()).glob("*/checkpoints")):
        try:
            problem = Run.open(path.parent).problem()
        except RunError as error:
            problem = error.why or str(error)
        if problem:
            broken[path.parent] = problem
    return broken


class Run:
    """A run folder. Make one with ``Run.create`` or ``Run.open``.

    Parameters
    ----------
    path
        The folder.
    config
        What the run is.
    """

    def __init__(self, path: Path, config: TrainConfig) -> None:
        self.path = path
        self.config = config
        self._pinned_epoch: int | None = None
        self._pinned_version: int | None = None

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    # Making and opening -------------------------------------------------------------------------

    @classmethod
    def create(cls, config: TrainConfig, path: str | Path | None = None) -> Run:
        """Make a new run folder.

        Parameters
        ----------
        config
            What the run is.
        path
            The folder; by default a new one in ``runs_folder()``, named after data, model and time.

        Returns
        -------
        Run
            With its config written down.

        Raises
        ------
        RunError
            If a run is there already, or the folder cannot be written.
        """
        if path is None:
            stamp = datetime.now().strftime("%m%d-%H%M%S")
            base = f"{config.dataset.replace('/', '-')}-{config.model}{config.latent_dim}d-{stamp}"
            folder = runs_folder() / base
            while folder.exists():
                folder = folder.with_name(f"{base}-{os.urandom(2).hex()}")
        else:
            folder = expanded(path).absolute()
        if (folder / "config.json").exists():
            raise RunError(f"{folder} already holds a run: choose another folder, or resume that run.")
        run = cls(folder, config)
        try:
            with _writing(folder):
                (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
            run._write("config.json", (config.model_dump_json(indent=2) + "\n").encode())
        except RunError:
            run.discard()
            raise
        return run

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Open a run folder.

        Parameters
        ----------
        path
            The folder.

        Returns
        -------
        Run
            Its config read and checked.

        Raises
        ------
        RunError
            If there is no run, or it is damaged.
        """
        folder = expanded(path).absolute()
        try:
            text = (folder / "config.json").read_bytes()
        except OSError as error:
            raise RunError(f"There is no run in {folder}: it holds no readable config.json.") from error
        try:
            return cls(folder, TrainConfig.model_validate_json(text))
        except ValidationError as error:
            problem = error.errors()[0]
            what = "cannot be used: " + explain(error).rstrip(".")
            if problem["type"] == "json_invalid":
                what = "ends too early" if "EOF" in problem["msg"] else "is not JSON"
            raise RunError.in_file(folder.name, "config.json", what) from error

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @cached_property
    def created(self) -> float:
        """When the run was made, in seconds since the epoch."""
        return (self.path / "config.json").stat().st_mtime

    # Reading ------------------------------------------------------------------------------------

    @property
    def data(self) -> DataRecord:
        """What the run's images were.

        Raises
        ------
        RunError
            If training has not got that far, or the file is damaged.
        """
        text = self._read("data.json", "training has not loaded its images yet")
        try:
            return DataRecord.model_validate_json(text)
        except ValidationError as error:
            raise self._damaged("data.json") from error

    def source(self) -> Source:
        """Find where the run's images are loaded from.

        Returns
        -------
        Source
            Of the name in its config. Images that were given from Python under a name, and kept under it since, are
            found as ``own/<name>``.

        Raises
        ------
        DatasetUnavailable
            If they are not there.
        """
        from vaelab.datasets import SOURCES, source_of

        name = self.config.dataset
        if name in SOURCES or name.startswith(OWN):
            return source_of(name)
        try:
            return source_of(OWN + name)
        except DatasetUnavailable as error:
            raise DatasetUnavailable(
                f"The images of {self.title}, called {name!r}, were given from Python and are not kept: keep them with "
                f"vaelab.datasets.save_own(data, {name!r}), or give them again."
            ) from error

    def images(self, progress: Progress | None = None) -> ImageDataset:
        """Load the images that the run learned, as it saw them.

        Parameters
        ----------
        progress
            Called with the fraction of a download that has arrived, 0 to 1.

        Returns
        -------
        ImageDataset
            Preprocessed as for training.

        Raises
        ------
        DatasetUnavailable
            If they are gone, or are others now.
        """
        from vaelab.datasets import load_dataset

        data = load_dataset(self.source().name, self.config.preprocessing, progress=progress)
        self.check_images(data)
        return data

    def check_images(self, data: ImageDataset) -> None:
        """Refuse images that are not those that the run learned.

        Parameters
        ----------
        data
            Preprocessed as for training.

        Raises
        ------
        DatasetUnavailable
            If they are others, told by their hash; where training has not begun, any will do.
        """
        try:
            record = self.data
        except RunError:
            return
        same = not record.image_hash or record.image_hash == data.image_hash
        if self.config.conditional:
            same = same and len(record.label_names) == len(data.label_names)
        if not same or record.image_shape != data.image_shape:
            raise DatasetUnavailable(
                f"The images that {self.title} learned have changed since: {data.name} now holds others. Train "
                "anew on these, or bring back the others."
            )

    def remembered(self, why: str) -> Remembered:
        """What the run keeps of its images, for where they are gone.

        Parameters
        ----------
        why
            Why they are, in one sentence.

        Returns
        -------
        Remembered
            With labels where it kept them, which runs of old did not.

        Raises
        ------
        RunError
            If training has not got that far, or the run is damaged.
        """
        record, labels = self.data, None
        if (self.path / LABELS).exists():
            labels = self.read_arrays(LABELS)[0]["labels"].astype(np.int64)
        channels = record.image_shape[0]
        return Remembered(
            why=why,
            key=f"{self.name}:{record.image_hash}",
            num_images=record.num_train + record.num_validation + record.num_test,
            labels=labels,
            label_names=record.label_names,
            background=record.background or (0.0,) * channels,
        )

    @property
    def status(self) -> Status:
        """What the run is doing; ``interrupted`` where the process that did it is gone."""
        try:
            status = Status.model_validate_json((self.path / "status.json").read_bytes())
        except (OSError, ValidationError):
            begun = (self.path / CHECKPOINT).exists()
            return Status(state="interrupted" if begun else "new")
        if status.state in ACTIVE and not status.alive:
            return status.model_copy(update={"state": "interrupted"})
        return status

    def left_waiting(self) -> Status | None:
        """How the run was left if it was still in the queue of a process of this machine that is gone."""
        try:
            status = Status.model_validate_json((self.path / "status.json").read_bytes())
        except (OSError, ValidationError):
            return None
        gone = status.state == "queued" and status.host == socket.gethostname() and not status.alive
        return status if gone else None

    @contextmanager
    def claiming(self, left: Status) -> Iterator[bool]:
        """Take over a run that was left in a queue: True for one process only, which queues it within the block.

        Parameters
        ----------
        left
            What ``left_waiting`` returned.

        Yields
        ------
        bool
            Whether it is this process that takes it over.

        Raises
        ------
        RunError
            If the folder cannot be written.
        """
        claim = self.path / f".taken-{left.job}"
        with _writing(self.path):
            try:
                claim.open("x").close()
            except FileExistsError:
                yield False
                return
        try:
            # Another may have taken it over, and withdrawn its claim, since it was looked at.
            yield self.left_waiting() == left
        finally:
            claim.unlink(missing_ok=True)

    def pin(self) -> Run:
        """Open the run once more, fixed to its present epoch even if training goes on."""
        pinned = Run(self.path, self.config)
        pinned._pinned_version = self.version
        pinned._pinned_epoch = self.epoch
        return pinned

    @property
    def version(self) -> int:
        """A number that changes with every checkpoint, also if the folder is made anew."""
        if self._pinned_version is not None:
            return self._pinned_version
        try:
            return (self.path / CHECKPOINT).stat().st_mtime_ns
        except OSError:
            return 0

    @property
    def epoch(self) -> int:
        """The last finished epoch: 0 before training, -1 where nothing was trained yet."""
        if self._pinned_epoch is not None:
            return self._pinned_epoch
        path = self.path / CHECKPOINT
        if not path.exists():
            return -1
        with _reading(self, CHECKPOINT), safe_open(path, "np") as file:
            return int(float((file.metadata() or {})["epoch"]))

    @property
    def num_bytes(self) -> int:
        """How much the run takes on the disk."""
        total = 0
        for path in self.path.rglob("*"):
            with suppress(OSError):  # renamed or deleted meanwhile
                total += path.stat().st_size if path.is_file() else 0
        return total

    @property
    def has_model(self) -> bool:
        """Whether there is a trained model to look at."""
        try:
            return self.epoch >= 1
        except RunError:
            return False

    def records(self) -> list[dict[str, Any]]:
        """Read every record of a finished or unfinished epoch.

        Returns
        -------
        list of dict
            The fields of ``StepRecord`` or ``EpochRecord``, and ``kind``: ``"step"`` or
            ``"epoch"``. A line torn by a kill is left out.
        """
        return self._records()

    def epochs(self) -> list[dict[str, Any]]:
        """Read the records of all epochs, oldest first."""
        return self._records(b'{"kind": "epoch"')

    def snapshot_epochs(self) -> list[int]:
        """Epochs of which a snapshot was kept, in order."""
        names = (path.name for path in (self.path / "checkpoints").glob("epoch-*.safetensors"))
        return sorted(int(match[1]) for n in names if (match := re.match(r"epoch-(\d+)\.s", n)))

    def snapshot(self, epoch: int) -> Snapshot:
        """Read the snapshot of an epoch.

        Parameters
        ----------
        epoch
            One of ``snapshot_epochs()``.

        Returns
        -------
        Snapshot
            Codes and decoder.

        Raises
        ------
        RunError
            If there is none, or it is damaged.
        """
        arrays, _ = self.read_arrays(_snapshot_name(epoch))
        with _reading(self, _snapshot_name(epoch)):
            decoder = {k.removeprefix("decoder."): v for k, v in arrays.items() if "." in k}
            return Snapshot(epoch, arrays["indices"], arrays["mu"], decoder)

    def last_snapshot(self) -> Snapshot:
        """Read the snapshot of the last finished epoch.

        Returns
        -------
        Snapshot
            Of a run in training, perhaps that of an epoch which ended meanwhile.

        Raises
        ------
        RunError
            If there is none, or it is damaged.
        """
        try:
            return self.snapshot(self._last_kept())
        except RunError:  # of a run in training it may just have given way to the next
            return self.snapshot(self._last_kept())

    def _last_kept(self) -> int:
        return max((epoch for epoch in self.snapshot_epochs() if epoch <= self.epoch), default=max(self.epoch, 0))

    def checkpoint(self) -> tuple[Arrays, dict[str, float]]:
        """Read the last good checkpoint.

        Returns
        -------
        tuple
            Arrays (weights as ``model.*``) and numbers (epoch, step, seconds).

        Raises
        ------
        RunError
            If there is none, or it is damaged.
        """
        arrays, metadata = self.read_arrays(CHECKPOINT)
        with _reading(self, CHECKPOINT):
            return arrays, {name: float(value) for name, value in metadata.items() if name != LAYERS}

    @property
    def layers(self) -> Layers:
        """What the model consists of.

        Its checkpoint says it, or, where that is older than such lists, the config.

        Raises
        ------
        RunError
            If the checkpoint is damaged, or training has not loaded its images yet.
        """
        layers = self._written_layers()
        return layers or earlier_layers(self.config, self.data.image_shape, len(self.data.label_names))

    def _written_layers(self) -> Layers | None:
        if not (self.path / CHECKPOINT).exists():
            return None
        with _reading(self, CHECKPOINT), safe_open(self.path / CHECKPOINT, "np") as file:
            text = (file.metadata() or {}).get(LAYERS)
            return None if text is None else read_layers(text)

    @cached_property
    def engine(self) -> Engine:
        """The trained model, numpy in and numpy out, as it was when first accessed."""
        from vaelab.engine import Engine  # stands on this module

        return Engine.open(self)

    @property
    def title(self) -> str:
        """What people call the run: what they renamed it to, or the folder's name."""
        try:
            title = (self.path / "title.txt").read_bytes().decode(errors="replace")
            return title.strip() or self.name
        except OSError:
            return self.name

    @property
    def dimension_names(self) -> dict[int, str]:
        """What people call dimensions of the code, counted from 0; those without a name are not in it."""
        try:
            names: dict[str, str] = json.loads((self.path / "dimensions.json").read_bytes())
            return {int(dim): str(name) for dim, name in names.items()}
        except (OSError, ValueError, AttributeError):  # names are no reason not to open a run
            return {}

    def problem(self) -> str | None:
        """Say what is damaged about the run, in one sentence that does not name it, or None where nothing is."""
        try:
            if self.epoch >= 0:
                _ = self.data
                self._check_checkpoint()
        except RunError as error:
            return error.why or str(error)
        return None

    def _check_checkpoint(self) -> None:
        """Look whether the encoder's layers are as wide as the config says: without a model, and in microseconds."""
        config = self.config
        before_code = config.hidden if config.architecture == "mlp" else (*config.channels, config.conv_hidden)
        widths = [*before_code, config.latent_dim, config.latent_dim]
        layers = self._written_layers()
        with _reading(self, CHECKPOINT), safe_open(self.path / CHECKPOINT, "np") as file:
            if layers is None:
                named = filter(None, map(_BIAS.fullmatch, file.keys()))
                in_order = sorted(named, key=lambda m: (("stages", "body", "heads").index(m[1]), len(m[2]), m[2]))
                biases = [match[0] for match in in_order]
            else:
                of_widths = (layer for layer in layers["encoder"] if layer["op"] in {"dense", "conv"})
                biases = [f"model.{name}" for layer in of_widths for name in layer["bias"]]
            found = [file.get_slice(name).get_shape()[0] for name in biases]
        if found and found != widths:
            raise self.misfit()

    def evaluation(self) -> dict[str, Any] | None:
        """Read the figures on held-out images, or None where none were computed.

        Without the k-NN accuracy of a VAE where that is of means, as it once was: it does not compare.
        """
        try:
            figures: dict[str, Any] = json.loads((self.path / "evaluation.json").read_bytes())
        except (OSError, ValueError):
            return None
        if self.config.model == "vae" and "knn_of" not in figures:
            figures["knn_accuracy"] = None
        return figures

    # Writing ------------------------------------------------------------------------------------

    def write_status(
        self,
        state: State,
        message: str = "",
        progress: float | None = None,
        seconds: float | None = None,
        images_per_second: float | None = None,
        job: str | None = None,
    ) -> None:
        """Say what the run is doing; each time is also a heartbeat. A None stays as it was."""
        before = self.status
        begins = state in {"queued", "preparing"}
        status = Status(
            state=state,
            message=message,
            progress=before.progress if progress is None else progress,
            seconds=before.seconds if seconds is None else seconds,
            images_per_second=images_per_second or before.images_per_second,
            job=before.job if job is None else job,
            before=(before.before or before) if begins else None,
            updated=time.time(),
            host=socket.gethostname(),
            pid=os.getpid(),
            pid_started=psutil.Process().create_time(),
        )
        self._write("status.json", status.model_dump_json().encode(), durable=False)

    def write_end(self, state: Literal["stopped", "failed"], message: str) -> None:
        """Say that training ended before its time.

        A run that was to go on, and had not yet begun to, is what it was before: what it learned is as good as ever.

        Parameters
        ----------
        state
            What it is now, where it was in training or is new.
        message
            Why.
        """
        before = self.status.before
        if before is None or before.state in {"new", state}:
            self.write_status(state, message)
            return
        status = before.model_copy(update={"refused": message if state == "failed" else ""})
        self._write("status.json", status.model_dump_json().encode(), durable=False)

    def write_data(self, record: DataRecord, labels: NDArray[np.int64] | None = None) -> None:
        """Keep what the images were, and their labels."""
        if labels is not None:
            self.write_arrays(LABELS, {"labels": labels.astype(np.uint16)})
        self._write("data.json", (record.model_dump_json(indent=2) + "\n").encode())

    def _records(self, beginning: bytes = b"") -> list[dict[str, Any]]:
        """Records whose line begins so: a page that follows a run parses only what it draws."""
        try:
            lines = (self.path / "metrics.jsonl").read_bytes().splitlines()
        except OSError:
            return []
        records = []
        for line in lines:
            if line.startswith(beginning):
                with suppress(ValueError):  # no JSON, or not even text
                    records.append(json.loads(line))
        return records

    def append_record(self, kind: Literal["step", "epoch"], record: Any) -> None:
        """Append a record of the trainer's as a line of JSON, flushed to the disk."""
        line = json.dumps({"kind": kind, **asdict(record)}) + "\n"
        with _writing(self.path), (self.path / "metrics.jsonl").open("a") as file:
            file.write(line)
            file.flush()
            if kind == "epoch":
                os.fsync(file.fileno())

    def forget_after(self, epoch: int) -> None:
        """Drop records of epochs later than ``epoch``, which a resumed run will do again."""
        kept = [record for record in self.records() if record["epoch"] <= epoch]
        text = "".join(json.dumps(record) + "\n" for record in kept)
        self._write("metrics.jsonl", text.encode())
        for leftover in self.path.rglob(".*.safetensors.*"):  # of a kill amid a write
            leftover.unlink(missing_ok=True)

    def write_checkpoint(self, arrays: Arrays, numbers: Mapping[str, float], layers: Layers | None = None) -> None:
        """Replace the last checkpoint; with this, the epoch it names is finished.

        Parameters
        ----------
        arrays, numbers
            As ``checkpoint`` reads them.
        layers
            What the model consists of; without it, the config alone tells.
        """
        metadata = {name: repr(value) for name, value in numbers.items()}
        if layers is not None:
            metadata[LAYERS] = json.dumps(layers)
        self.write_arrays(CHECKPOINT, arrays, metadata)

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Keep what the model looks like at the end of an epoch."""
        arrays: Arrays = {"indices": snapshot.indices, "mu": snapshot.mu}
        arrays |= {f"decoder.{k}": v.astype(np.float16) for k, v in snapshot.decoder.items()}
        self.write_arrays(_snapshot_name(snapshot.epoch), arrays)

    def thin_snapshots(self) -> None:
        """Drop the snapshots that ``kept_epochs`` leaves out, once the checkpoint names the last epoch."""
        for epoch in set(self.snapshot_epochs()).difference(kept_epochs(self.epoch)):
            with _writing(self.path):
                (self.path / _snapshot_name(epoch)).unlink(missing_ok=True)

    def write_evaluation(self, figures: Mapping[str, Any]) -> None:
        """Keep the figures on held-out images."""
        self._write("evaluation.json", (json.dumps(figures, indent=2) + "\n").encode())

    def rename(self, title: str) -> None:
        """Give the run another title; its folder stays where it is, so nothing loses it.

        Raises
        ------
        ValueError
            If the title is empty or longer than 80 characters.
        """
        title = " ".join(title.split())
        if not 1 <= len(title) <= 80:
            raise ValueError(f"A run's name has 1 to 80 characters, but this has {len(title)}.")
        self._write("title.txt", (title + "\n").encode())

    def name_dimension(self, dim: int, name: str) -> None:
        """Call a dimension of the code by what it does; an empty name takes its name away.

        Parameters
        ----------
        dim
            Which one, from 0.
        name
            At most 24 characters.

        Raises
        ------
        ValueError
            If there is no such dimension, or the name is too long.
        RunError
            If the folder cannot be written.
        """
        names = self.dimension_names | {dim: checked_dimension_name(dim, name, self.config.latent_dim)}
        kept = {str(dim): name for dim, name in sorted(names.items()) if name}
        self._write("dimensions.json", (json.dumps(kept, ensure_ascii=False, indent=2) + "\n").encode())

    def delete(self) -> None:
        """Delete the run and its folder, for good.

        Raises
        ------
        RunError
            If it is being trained, or the folder cannot be deleted.
        """
        if self.status.state in ACTIVE:
            raise RunError(f"{self.title} is being trained: stop it before deleting it.")
        with _writing(self.path):
            shutil.rmtree(self.path)

    def discard(self) -> None:
        """Take a run that learned nothing off the disk: what it wrote, and its folder if nothing else is in it."""
        with suppress(OSError):
            since = self.created
            for path in [*self.path.glob("checkpoints/*.safetensors"), *map(self.path.joinpath, _FIRST_FILES)]:
                # The folder may have been chosen, with a file of such a name in it.
                if path.exists() and path.stat().st_mtime >= since:
                    path.unlink()
        for folder in (self.path / "checkpoints", self.path):
            with suppress(OSError):  # gone, or someone else's files are in it
                folder.rmdir()

    def request_stop(self) -> None:
        """Ask whoever trains this run to stop; it looks several times a second."""
        self._write("stop", b"", durable=False)

    def pop_stop_request(self) -> bool:
        """Tell whether a stop was requested, and withdraw the request."""
        path = self.path / "stop"
        if not path.exists():
            return False
        path.unlink(missing_ok=True)
        return True

    def write_arrays(self, name: str, arrays: Arrays, metadata: Mapping[str, str] | None = None) -> None:
        """Write a safetensors file into the folder, whole or not at all."""
        # `np.ascontiguousarray` would make a vector of a single number.
        contiguous = {key: np.asarray(value, order="C") for key, value in arrays.items()}
        self._write(name, save_safetensors(contiguous, dict(metadata or {})))

    def read_arrays(self, name: str) -> tuple[Arrays, dict[str, str]]:
        """Read a safetensors file of the folder: its arrays and its metadata.

        Raises
        ------
        RunError
            If it is not there, or damaged.
        """
        path = self.path / name
        if not path.exists():
            raise RunError(f"The run {self.name} has no {name}: nothing was trained that far.")
        with _reading(self, name), safe_open(path, "np") as file:
            names = file.keys()  # it is no mapping: iterating over it does not work
            return {key: file.get_tensor(key) for key in names}, file.metadata() or {}

    def _write(self, name: str, content: bytes, durable: bool = True) -> None:
        path = self.path / name
        with _writing(self.path):
            path.parent.mkdir(exist_ok=True)
            write_whole(path, content, durable)

    def _read(self, name: str, why_absent: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError as error:
            raise RunError(f"The run {self.name} has no {name}: {why_absent}.") from error
        except OSError as error:
            raise self._damaged(name) from error

    def _damaged(self, name: str) -> RunError:
        return RunError.in_file(self.name, name, "is damaged; its other files are untouched")

    def misfit(self) -> RunError:
        """What to say where the checkpoint is another model's, as of a config.json that was edited."""
        what = "does not fit config.json: bring back the one it was trained with"
        return RunError.in_file(self.name, CHECKPOINT, what)


def checked_dimension_name(dim: int, name: str, latent_dim: int) -> str:
    """What people wrote as a dimension's name, on one line; a ValueError says what is wrong with it.

    Parameters
    ----------
    dim
        Which dimension, from 0.
    name
        What was written; empty for none.
    latent_dim
        How many there are.

    Returns
    -------
    str
        At most 24 characters.

    Raises
    ------
    ValueError
        If there is no such dimension, or the name is too long.
    """
    if not 0 <= dim < latent_dim:
        raise ValueError(f"There is no dimension {dim}: they run from 0 to {latent_dim - 1}.")
    name = " ".join(name.split())
    if len(name) > MAX_DIMENSION_NAME:
        raise ValueError(f"A dimension's name has at most {MAX_DIMENSION_NAME} characters, but this has {len(name)}.")
    return name


def _snapshot_name(epoch: int) -> str:
    return f"checkpoints/epoch-{epoch:04d}.safetensors"


@contextmanager
def _reading(run: Run, name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise run._damaged(name) from error


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            then = "then resume; every finished epoch is kept" if (folder / CHECKPOINT).exists() else "then try again"
            raise RunError(f"The disk that holds {folder} is full: free some space, {then}.") from error
        raise RunError(
            f"{folder} cannot be written ({error.strerror}): choose another folder for runs (VAELAB_RUNS)."
        ) from error
