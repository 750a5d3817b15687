"""A cluster that jobs are handed to, started or reached when the first of them comes."""

from __future__ import annotations

import atexit
import warnings
from collections.abc import Callable
from threading import Lock
from typing import Any

from vaelab.runs import Run
from vaelab.training.cluster import start_cluster, whole_address
from vaelab.training.cluster_check import check_cluster

__all__ = ["Cluster"]


class Cluster:
    """The processes that work: this machine's own, or those of a scheduler.

    Parameters
    ----------
    scheduler
        Address of an existing cluster; None for one of this machine.
    at_exit
        Called at the interpreter's end where the cluster is this machine's own: it is to close it.
    """

    def __init__(self, scheduler: str | None, at_exit: Callable[[], None]) -> None:
        self._scheduler = scheduler
        self._at_exit = at_exit
        self._client: Any = None
        self._own: Any = None
        self._lock = Lock()

    def connect(self) -> Any:
        """Return the ``distributed.Client``; a ConnectionError where there is none to be had."""
        with self._lock:
            if self._client is None:
                from distributed import Client  # most of a second to import

                try:
                    if self._scheduler:
                        self._scheduler = whole_address(self._scheduler)
                    else:
                        self._own = start_cluster()
                        atexit.register(self._at_exit)  # before dask's own, which would wait for what is in training
                    with warnings.catch_warnings():  # a table of versions; what matters, ``check_cluster`` says
                        warnings.simplefilter("ignore")
                        self._client = Client(self._scheduler or self._own, timeout="10s", set_as_default=False)
                except ValueError as error:  # of the script that is being run
                    raise ConnectionError(str(error)) from None
                except (OSError, TimeoutError, RuntimeError) as error:
                    raise self._unreachable() from error
            return self._client

    def submit(self, function: Any, *arguments: Any, resource: str) -> Any:
        """Hand over a call for a worker that has a resource, and return its future."""
        client = self.connect()
        try:
            # First in, first out; dask takes those of the same tenth of a second in any order.
            return client.submit(function, *arguments, pure=False, fifo_timeout="0 s", resources={resource: 1})
        except (OSError, TimeoutError, RuntimeError) as error:
            raise self._unreachable() from error

    def check(self, run: Run) -> None:
        """Tell before anything is queued what a cluster of several machines could stumble over."""
        client = self.connect()
        if not self._scheduler:
            if run.epoch < 0 and run.config.device not in {"auto", "cpu"}:
                from vaelab.training.devices import pick_device  # here, as it imports torch

                pick_device(run.config.device)
        else:
            try:
                check_cluster(client, self._scheduler, run)
            except (TimeoutError, RuntimeError) as error:
                raise self._unreachable() from error

    def close(self, first: Callable[[], None]) -> None:
        """Leave the cluster; this machine's own ends, with every job.

        Parameters
        ----------
        first
            Called before this machine's own ends.
        """
        atexit.unregister(self._at_exit)
        with self._lock:
            if self._own is not None:
                first()
            for part in (self._client, self._own):
                if part is not None:
                    part.close()
            self._client = self._own = None

    def _unreachable(self) -> ConnectionError:
        if self._scheduler:
            return ConnectionError(
                f"The cluster at {self._scheduler} cannot be reached: check VAELAB_SCHEDULER, or "
                "unset it to train on this machine."
            )
        return ConnectionError(
            "The processes that train could not be started or are gone: restart the app; every finished epoch is kept."
        )
