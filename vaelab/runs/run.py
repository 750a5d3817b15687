"""A run: a folder with all that is known about it."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from vaelab.config import TrainConfig
from vaelab.explaining import explain
from vaelab.files import expanded
from vaelab.runs.folder import RunError, runs_folder
from vaelab.runs.images import LABELS
from vaelab.runs.shown import Shown
from vaelab.runs.snapshots import WithSnapshots
from vaelab.runs.status import ACTIVE, WithStatus
from vaelab.runs.touch import WithTouch

if TYPE_CHECKING:
    from vaelab.engine import Engine

__all__ = ["OPENED", "Run", "broken_runs", "list_runs"]

#: In the environment: the folder of a run to show beside those of the runs folder.
OPENED = "VAELAB_RUN"

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
    "asked.jsonl",
    "live.safetensors",
)


class Run(WithStatus, WithTouch, WithSnapshots, Shown):
    """A run folder. Make one with ``Run.create`` or ``Run.open``."""

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

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
            with run._writing():
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

    @cached_property
    def created(self) -> float:
        """When the run was made, in seconds since the epoch."""
        return (self.path / "config.json").stat().st_mtime

    @property
    def num_bytes(self) -> int:
        """How much the run takes on the disk."""
        total = 0
        for path in self.path.rglob("*"):
            with suppress(OSError):  # renamed or deleted meanwhile
                total += path.stat().st_size if path.is_file() else 0
        return total

    @cached_property
    def engine(self) -> Engine:
        """The trained model, numpy in and numpy out, as it was when first accessed."""
        from vaelab.engine import Engine  # stands on this module

        return Engine.open(self)

    def result(self, name: str) -> Any:
        """Read what was found out about the last epoch, or None where that was not made yet.

        Parameters
        ----------
        name
            A key of ``vaelab.runs.results.RESULTS``: ``"evaluation"``, ``"umap"`` ...

        Returns
        -------
        Result or Projection or None
            As ``vaelab.runs.results.read`` returns it.
        """
        from vaelab.runs.results import read  # looks up, as ``engine`` does

        return read(self, name)

    def evaluation(self) -> dict[str, Any] | None:
        """Read the figures on held-out images, or None where none were computed."""
        found = self.result("evaluation")
        return found and dict(found.figures)

    def problem(self) -> str | None:
        """Say what is damaged about the run, in one sentence that does not name it, or None where nothing is."""
        try:
            if self.epoch >= 0:
                _ = self.data
                self._check_checkpoint()
        except RunError as error:
            return error.why or str(error)
        return None

    def delete(self) -> None:
        """Delete the run and its folder, for good.

        Raises
        ------
        RunError
            If it is being trained, or the folder cannot be deleted.
        """
        if self.status.state in ACTIVE:
            raise RunError(f"{self.title} is being trained: stop it before deleting it.")
        with self._writing():
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


def list_runs(folder: Path | None = None) -> list[Run]:
    """Find every run that is not damaged.

    Parameters
    ----------
    folder
        Where to look; ``runs_folder()`` by default.

    Returns
    -------
    list of Run
        Newest first; ``broken_runs`` has the others. By default the run that ``OPENED`` names is among them, wherever
        it is, in place of one of the same name.
    """
    paths = {path.parent.name: path.parent for path in (folder or runs_folder()).glob("*/config.json")}
    opened = os.environ.get(OPENED)
    if folder is None and opened:
        paths[Path(opened).name] = Path(opened)
    runs = []
    for path in paths.values():
        with suppress(RunError):
            run = Run.open(path)
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
