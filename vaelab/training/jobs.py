"""Hands trainings and slow results to dask.distributed, stops them, and says how they stand.

What a job has done is in its run folder, which also survives the job, the cluster and the app; so
jobs are followed by reading that folder, and nothing is sent back.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Literal

from vaelab.explaining import explain
from vaelab.latent.projections import MAX_POINTS
from vaelab.runs import ACTIVE, Run, RunError, Status, list_runs
from vaelab.training.cluster import RETRIES
from vaelab.training.connection import Cluster
from vaelab.training.work import make_in_worker, train_in_worker

__all__ = ["JobState", "Jobs"]

JobState = Literal["none", "working", "done", "failed"]

#: How long trainings have to notice that they are to stop; they look four times a second.
STOP_SECONDS = 5.0


class Jobs:
    """A queue of jobs on a cluster, which is started when the first job comes.

    By default it is a cluster of processes on this machine: half as many as there are cores for
    trainings, and one for results, which so never wait behind a training. With
    ``VAELAB_SCHEDULER=tcp://host:8786`` it is an existing cluster, made by ``python -m vaelab scheduler``
    and ``worker``, whose workers must see the same runs folder.

    Parameters
    ----------
    scheduler
        Address of an existing cluster; ``VAELAB_SCHEDULER`` if not given.
    """

    def __init__(self, scheduler: str | None = None) -> None:
        self._cluster = Cluster(scheduler or os.environ.get("VAELAB_SCHEDULER"), at_exit=self.close)
        self._trainings: dict[Path, Any] = {}
        #: Trainings that are to be handed to the cluster, in order, by the run's folder and the job's name.
        self._coming: deque[tuple[Run, str]] = deque()
        self._turn = Lock()
        self._results: dict[tuple[Any, ...], Any] = {}

    def train(self, *runs: Run) -> None:
        """Queue the training of runs, each from wherever its folder stands: of all, or of none.

        Parameters
        ----------
        *runs
            New, stopped or interrupted runs.

        Raises
        ------
        RunError
            If a folder cannot be written.
        ValueError
            If a new run is to be trained on a device that this machine does not have.
        ConnectionError
            If the cluster cannot be reached, or one of its workers could not do it, or the script that is being run has
            no ``__main__`` guard; nothing is queued then, and those that were new are taken off the disk.
        """
        coming = [run for run in runs if not self._is_coming(run)]
        new = [run for run in coming if run.status.state == "new"]
        try:
            for run in coming:
                self._cluster.check(run)
            for run in coming:
                self._announce(run)
                self._hand_over()
        except (ConnectionError, ValueError, RunError):
            for run in new:
                if run.status.state in {"new", "failed"}:
                    run.discard()
            raise

    def train_soon(self, run: Run) -> None:
        """Queue the training of ``run`` without waiting for a cluster that has yet to start.

        What goes wrong from here on is in the run's status.

        Parameters
        ----------
        run
            A new, stopped or interrupted run.

        Raises
        ------
        RunError
            If its folder cannot be written.
        """

        def hand_over() -> None:
            with suppress(ConnectionError, RunError, ValueError):
                self._hand_over()

        if not self._is_coming(run):
            self._announce(run)
            Thread(target=hand_over, daemon=True).start()

    def take_up(self) -> None:
        """Queue again what waited in the queue of a process of this machine that is gone.

        Each run is taken up by one process, however many start at once.
        """
        left = [(status, run) for run in list_runs() if (status := run.left_waiting()) is not None]
        for status, run in sorted(left, key=lambda pair: pair[0].updated):
            with suppress(RunError), run.claiming(status) as ours:
                if ours:
                    self.train_soon(run)

    def ahead_of(self, run: Run) -> list[Run]:
        """Find what a queued run waits for.

        Parameters
        ----------
        run
            A queued run.

        Returns
        -------
        list of Run
            Those in training, then those queued before it, in order; none if it waits no longer.
        """
        mine, ahead = run.status, []
        if mine.state != "queued":  # its turn may have come since its caller looked
            return []
        for other in list_runs(run.path.parent):
            status = other.status
            waits = status.state == "queued"
            if other.path != run.path and status.state in ACTIVE and (not waits or status.updated < mine.updated):
                ahead.append((waits, status.updated, other))
        return [other for _, _, other in sorted(ahead, key=lambda entry: entry[:2])]

    def _is_coming(self, run: Run) -> bool:
        """Whether a run is queued or in training already: this is a second press of the button."""
        future = self._trainings.get(run.path)
        coming = run.status.state == "queued" and any(other.path == run.path for other, _ in self._coming)
        return coming or (future is not None and not future.done())

    def _announce(self, run: Run) -> None:
        """Have the run's status say that it is queued."""
        run.pop_stop_request()  # of an earlier time
        run.forget_asked()
        job = os.urandom(8).hex()
        run.write_status("queued", "Waiting for its turn.", job=job)
        self._coming.append((run, job))

    def _hand_over(self) -> None:
        """Hand the next of what was announced to the cluster, unless it was stopped meanwhile."""
        with self._turn:
            run, job = self._coming[0]
            try:
                self._cluster.check(run)
                status = run.status
                if status.state != "queued" or status.job != job:
                    return
                self._trainings[run.path] = self._cluster.submit(
                    train_in_worker, str(run.path), job, resource="training"
                )
            except (ConnectionError, ValueError) as error:
                run.write_end("failed", str(error))
                raise
            finally:
                self._coming.popleft()

    def stop(self, run: Run) -> None:
        """Stop ``run`` within a second, or take it out of the queue.

        Parameters
        ----------
        run
            A queued or running run; what its finished epochs left is kept.
        """
        run.request_stop()
        future = self._trainings.pop(run.path, None)
        gone = future is not None and future.done()
        if run.status.state == "queued" or (gone and run.status.state in ACTIVE):
            if future is not None:
                future.cancel()
            run.write_end("stopped", "Stopped before it began.")

    def stop_all(self, runs: Iterable[Run]) -> None:
        """Stop several runs, and wait until they have stopped, for a few seconds at most.

        Parameters
        ----------
        runs
            As ``stop`` takes one.
        """
        stopping = list(runs)
        for run in stopping:
            self.stop(run)
        until = time.monotonic() + STOP_SECONDS
        while any(self.status(run).state in ACTIVE for run in stopping) and time.monotonic() < until:
            time.sleep(0.1)

    def status(self, run: Run) -> Status:
        """How ``run`` stands, also where its job can no longer write that down itself.

        ``queued`` while a new worker takes over from one that died; ``failed`` if the job ended
        before or beside its run: it could not see the folder, or not write into it.
        """
        status = run.status
        future = self._trainings.get(run.path)
        if status.state == "interrupted" and future is not None and not future.done():
            message = "Its worker died; another goes on from the last finished epoch."
            return status.model_copy(update={"state": "queued", "message": message})
        if status.state in ACTIVE and future is not None and future.status == "error":
            message = _why(future)
            with suppress(RunError):
                run.write_end("failed", message)
                return run.status
            return status.model_copy(update={"state": "failed", "message": message})
        return status

    def make(self, run: Run, name: str, points: int = MAX_POINTS) -> None:
        """Queue the making of a result, once; ``known`` has it when it is done.

        Parameters
        ----------
        run
            A trained run.
        name
            A key of ``vaelab.runs.results.RESULTS``.
        points
            How many points a map is to have at the most.
        """
        key = _key(run, name, points)
        if key not in self._results:
            self._cluster.check(run)
            # What comes out the same each time has a worker of its own.
            self._results[key] = self._cluster.submit(make_in_worker, str(run.path), name, points, resource="map")

    def state(self, run: Run, name: str, points: int = MAX_POINTS) -> tuple[JobState, str]:
        """How the making of a result stands, and why it failed if it did."""
        future = self._results.get(_key(run, name, points))
        if future is None:
            return "none", ""
        if not future.done():
            return "working", ""
        if future.status == "finished":
            return "done", ""
        return "failed", _why(future)

    def known(self, run: Run, name: str, points: int = MAX_POINTS) -> Any:
        """Return a result that was made here, also where its run's folder could not keep it; None if there is none."""
        future = self._results.get(_key(run, name, points))
        if future is None or future.status != "finished":
            return None
        return future.result(timeout=30)

    def close(self) -> None:
        """Stop the local cluster, and with it every job; their run folders keep what is finished.

        What waits in its queue stays queued, for the app that is started next.
        """
        self._cluster.close(first=self._stop_trainings)

    def _stop_trainings(self) -> None:
        """Let what is in training end by itself: its run says so then, and its process is soon gone."""
        training = []
        for path, future in list(self._trainings.items()):
            with suppress(RunError):
                run = Run.open(path)
                if run.status.state == "queued":
                    future.cancel()  # or it would begin now
                elif run.status.state in ACTIVE:
                    training.append(run)
        self.stop_all(training)


def _why(future: Any) -> str:
    """Why a job failed, in a sentence."""
    from distributed.scheduler import KilledWorker

    error = future.exception(timeout=5)
    if isinstance(error, KilledWorker):
        return (
            f"The process that did this was ended {RETRIES + 1} times, most likely because memory ran out: close other "
            "programs, or take fewer or smaller images."
        )
    return explain(error)


def _key(run: Run, name: str, points: int) -> tuple[Any, ...]:
    return run.path, run.epoch, name, points
