"""What a cluster of several machines could stumble over, told before a job is queued."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any

from vaelab.datasets import DatasetUnavailable
from vaelab.installed import APP_PACKAGE
from vaelab.runs import Run, RunError

__all__ = ["check_cluster"]


def check_cluster(client: Any, scheduler: str, run: Run) -> None:
    """Make sure that a cluster of several machines can do jobs of a run, before one is queued.

    Parameters
    ----------
    client
        The cluster's ``distributed.Client``.
    scheduler
        The cluster's address, for people.
    run
        Whose jobs they are to do.

    Raises
    ------
    ConnectionError
        If there is no worker; if scheduler or workers were not started by vaelab or have another version of it; if a
        worker does not see the run's folder or its images.
    """
    here = source_version()
    try:
        there = client.run_on_scheduler(source_version)
    except Exception:  # whatever a scheduler says that cannot import this function
        there = ""
    if there != here:
        raise ConnectionError(
            f"The scheduler at {scheduler} does not run this version of vaelab: stop it, and start it with python -m "
            "vaelab scheduler."
        )
    try:
        source = run.source()
        images = source.name, source.version
    except DatasetUnavailable:
        images = None  # known to be gone: the job says so
    answers = client.run(_visit, str(run.path), here, images, on_error="return")
    start = f"python -m vaelab worker {scheduler}"
    if not answers:
        raise ConnectionError(f"No worker has joined the cluster at {scheduler}: start one with {start}.")
    for worker, answer in answers.items():
        if answer:
            strange = f"cannot run this version of vaelab: stop it, and start it with {start}"
            raise ConnectionError(f"The worker at {worker} {answer if isinstance(answer, str) else strange}.")
    offered = [info["resources"] for info in client.scheduler_info(n_workers=-1)["workers"].values()]
    if not all(any(kind in each for each in offered) for kind in ("training", "map")):
        raise ConnectionError(
            f"The cluster at {scheduler} has no workers of vaelab's that train and make maps: start some with {start}."
        )


def _visit(path: str, version: str, images: tuple[str, str] | None) -> str:
    """Runs in a worker: what keeps it from doing a run's jobs, or nothing."""
    from vaelab.datasets import data_folder, source_of

    if source_version() != version:
        return "has another version of vaelab: update it to this one, and start it again"
    try:
        run = Run.open(path)
    except RunError:
        return f"does not see {path}: keep the runs in a folder that all machines share, and set VAELAB_RUNS to it"
    if not os.access(run.path, os.W_OK):
        return f"cannot write into {path}: allow it to"
    if images is not None:
        name, version_of_images = images
        try:
            same = source_of(name).version == version_of_images
        except DatasetUnavailable:
            same = False
        if not same:
            return (
                f"does not see {name} in {data_folder()}: keep the data in a folder that all machines share, and set "
                "VAELAB_DATA to it"
            )
    return ""


@cache
def source_version() -> str:
    """A hash of the package's code: a clone's number stays while its code changes."""
    folder = Path(__file__).parents[1]
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        if path.is_relative_to(folder / APP_PACKAGE):  # the app is not what trains
            continue
        content.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return content.hexdigest()
