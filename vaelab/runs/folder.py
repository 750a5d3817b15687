"""The files of a run's folder: each written whole or not at all, and nothing ever unpickled."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_safetensors

from vaelab.config import TrainConfig
from vaelab.files import expanded, write_whole

__all__ = ["CHECKPOINT", "Arrays", "RunError", "RunFolder", "cannot_write", "runs_folder"]

Arrays = dict[str, NDArray[Any]]

CHECKPOINT = "checkpoints/last.safetensors"


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


def runs_folder() -> Path:
    """Where runs are kept: ``VAELAB_RUNS``, or ``runs`` in the current folder."""
    return expanded(os.environ.get("VAELAB_RUNS") or "runs").absolute()


class RunFolder:
    """A folder, and what the run in it is.

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

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    def write_arrays(
        self, name: str, arrays: Arrays, metadata: Mapping[str, str] | None = None, durable: bool = True
    ) -> None:
        """Write a safetensors file into the folder, whole or not at all."""
        # `np.ascontiguousarray` would make a vector of a single number.
        contiguous = {key: np.asarray(value, order="C") for key, value in arrays.items()}
        self._write(name, save_safetensors(contiguous, dict(metadata or {})), durable)

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
        with self._reading(name), safe_open(path, "np") as file:
            names = file.keys()  # it is no mapping: iterating over it does not work
            return {key: file.get_tensor(key) for key in names}, file.metadata() or {}

    def read_text(self, name: str) -> str:
        """Read a file of the folder; a RunError if it is not there, or damaged."""
        with self._reading(name):
            return self._read(name, "nothing was trained that far").decode()

    def write_text(self, name: str, text: str) -> None:
        """Write a file of the run's folder, whole or not at all."""
        self._write(name, text.encode())

    def _write(self, name: str, content: bytes, durable: bool = True) -> None:
        path = self.path / name
        with self._writing():
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

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        try:
            yield
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise self._damaged(name) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise cannot_write(self.path, error) from error


def cannot_write(folder: Path, error: OSError) -> RunError:
    """Say that a folder of runs cannot be written, and what would do.

    Parameters
    ----------
    folder
        A run's, or that of all runs.
    error
        What went wrong.

    Returns
    -------
    RunError
        To be raised.
    """
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        goes_on = (folder / CHECKPOINT).exists()
        then = "then resume; every finished epoch is kept" if goes_on else "then try again"
        return RunError(f"The disk that holds {folder} is full: free some space, {then}.")
    return RunError(f"{folder} cannot be written ({error.strerror}): choose another folder for runs (VAELAB_RUNS).")
