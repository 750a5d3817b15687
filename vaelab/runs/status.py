"""What a run is doing, and by whom."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from vaelab.runs.folder import CHECKPOINT, RunFolder

__all__ = ["ACTIVE", "State", "Status", "WithStatus"]

State = Literal["new", "queued", "preparing", "running", "paused", "finished", "stopped", "failed", "interrupted"]
ACTIVE: frozenset[State] = frozenset({"queued", "preparing", "running", "paused"})

#: A run on another machine whose heartbeat is older than this, in seconds, is taken for dead.
HEARTBEAT_TIMEOUT = 60.0


class Status(BaseModel):
    """What a run is doing, as last reported by the process that trains it."""

    model_config = ConfigDict(frozen=True)

    state: State = "new"
    message: str = ""
    progress: float = 0.0  # fraction of training done
    seconds: float = 0.0  # of training so far
    images_per_second: float = 0.0
    step: int = 0  # the last that was taken
    pace: float | None = None  # steps a second; None is as fast as it goes
    heard: int = 0  # bytes of what was asked of the training (``WithTouch``)
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


class WithStatus(RunFolder):
    """A run that says what it is doing, in ``status.json``, and can be asked to stop."""

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
        with self._writing():
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

    def write_status(
        self,
        state: State,
        message: str = "",
        progress: float | None = None,
        seconds: float | None = None,
        images_per_second: float | None = None,
        job: str | None = None,
        touched: Mapping[str, Any] | None = None,
    ) -> None:
        """Say what the run is doing; each time is also a heartbeat. A None stays as it was.

        Of a training that goes on, ``touched`` has its step, its pace, and how much of what was asked it heard.
        """
        before = self.status
        begins = state in {"queued", "preparing"}
        status = Status(
            state=state,
            message=message,
            progress=before.progress if progress is None else progress,
            seconds=before.seconds if seconds is None else seconds,
            images_per_second=images_per_second or before.images_per_second,
            job=before.job if job is None else job,
            **(touched or {}),
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
