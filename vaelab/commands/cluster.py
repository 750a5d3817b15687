"""The commands that share trainings among machines: ``scheduler``, ``worker``."""

from __future__ import annotations

import tyro

__all__ = ["scheduler", "worker"]


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
