"""Where jobs run: processes of this machine, or of several, which dask.distributed hands them to.

Whoever reaches a port of a scheduler, nanny or worker can run code in it. So none of them listens on anything but the
loopback or the one address that was asked for; without a host, dask's listen on every interface.
"""

from __future__ import annotations

import ast
import asyncio
import errno
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vaelab.interrupts import deaf_to_ctrl_c

__all__ = ["PORT", "RETRIES", "serve_scheduler", "serve_workers", "start_cluster", "whole_address"]

#: Trainings side by side on one machine, at the most; the others queue.
MOST_TRAININGS = 4

#: What the processes of the local cluster listen on: this machine alone.
LOOPBACK = "127.0.0.1"

#: Where a scheduler listens, unless told otherwise: dask's own.
PORT = 8786

#: How often a job whose worker died is tried again. One that failed by itself would fail again.
RETRIES = 3

#: Seconds between two looks of a worker at whether there still is a scheduler.
CHECK_EVERY = 5.0

#: What went wrong is in the run folder, and told where people look.
LOG_LEVEL = logging.CRITICAL


def start_cluster() -> Any:
    """Start processes on this machine: half as many as there are cores for trainings, one for results.

    Returns
    -------
    distributed.SpecCluster
        To be closed.

    Raises
    ------
    ValueError
        If the script that is being run would be run again by each of the processes.
    """
    from distributed import Nanny, Scheduler, SpecCluster

    _check_main_guard()
    workers = {
        name: {"cls": Nanny, "options": _worker(LOOPBACK, resource)} for name, resource in _kinds(_most_trainings())
    }
    with deaf_to_ctrl_c():
        return SpecCluster(
            workers=workers,
            scheduler={"cls": Scheduler, "options": {"port": 0, **_scheduler(LOOPBACK)}},
            name="vaelab",
            silence_logs=LOG_LEVEL,
        )


def serve_scheduler(host: str, port: int, say: Callable[[str], None]) -> None:
    """Hand out jobs to the workers of several machines, until it is interrupted.

    Parameters
    ----------
    host, port
        Where to listen.
    say
        Told where it listens, once it does.

    Raises
    ------
    ConnectionError
        If it cannot listen there.
    """
    from distributed import Scheduler

    async def serve() -> None:
        async with Scheduler(port=port, **_scheduler(f"[{host}]" if ":" in host else host)) as scheduler:
            say(scheduler.address)
            await scheduler.finished()

    logging.getLogger("distributed").setLevel(LOG_LEVEL)
    # A scheduler that cannot listen leaves a socket open, or takes another port, and says only in a roundabout way why.
    host = host.strip("[]")  # around IPv6
    why_not = _why_not(host, port)
    if why_not:
        raise ConnectionError(f"The scheduler cannot listen on port {port} of {host}: {why_not}.")
    asyncio.run(serve())


def whole_address(scheduler: str) -> str:
    """Complete a scheduler's address, as a person may give it.

    Parameters
    ----------
    scheduler
        With or without ``tcp://``, its port, and brackets around IPv6 where a port follows.

    Returns
    -------
    str
        The address as dask writes it.

    Raises
    ------
    ConnectionError
        If it is none.

    Examples
    --------
    >>> whole_address("192.168.0.7"), whole_address("::1:9000")
    ('tcp://192.168.0.7:8786', 'tcp://[::1]:9000')
    """
    protocol, _, place = scheduler.strip().rpartition("://")
    if protocol not in {"", "tcp", "tls"}:
        return scheduler  # of dask's other ways, which have addresses of their own
    bare = place.endswith("]") or ":" not in place
    host, port = (place, str(PORT)) if bare else place.rsplit(":", 1)
    host = host.strip("[]")
    if not host or not port.isdecimal() or not 0 < int(port) <= 65535:
        raise ConnectionError(
            f"{scheduler!r} is not the address of a scheduler: give what python -m vaelab scheduler printed, such as "
            f"tcp://192.168.0.7:{PORT}."
        )
    return f"{protocol or 'tcp'}://{f'[{host}]' if ':' in host else host}:{port}"


def _why_not(host: str, port: int) -> str:
    """What keeps this machine from listening there, and what would do; nothing if it can."""
    if not 0 <= port <= 65535:
        return "give a --port of 0 to 65535, 0 for any that is free"
    try:
        family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket.create_server((host, port), family=family).close()
    except (socket.gaierror, UnicodeError):  # an empty part of a name, or one too long
        return f"no machine of that name is known; give an address of this machine as --host, such as {LOOPBACK}"
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return "another program does; give another --port, or 0 for any that is free"
        if error.errno in {errno.EACCES, errno.EPERM}:
            return "that takes an administrator; give a --port from 1024 on"
        return "that is not an address of this machine; give one that is as --host"
    return ""


def serve_workers(scheduler: str, trainings: int | None, say: Callable[[int], None]) -> None:
    """Do jobs for a scheduler, until it ends or this is interrupted.

    Parameters
    ----------
    scheduler
        Its address, such as ``tcp://192.168.0.7:8786``.
    trainings
        How many trainings run side by side; by default half as many as there are cores, at most four. One more process
        makes results.
    say
        Told how many processes there are, once they are waiting for jobs.

    Raises
    ------
    ConnectionError
        If there is no scheduler, or it has ended.
    """
    from distributed import Nanny
    from distributed.comm.addressing import get_address_host_port
    from distributed.utils import LoopRunner

    logging.getLogger("distributed").setLevel(LOG_LEVEL)
    scheduler = whole_address(scheduler)
    try:
        with socket.create_connection(get_address_host_port(scheduler), timeout=10) as connection:
            host = connection.getsockname()[0]  # the address that the scheduler can reach
    except (ValueError, OSError) as error:
        raise _unreachable(scheduler) from error
    host = f"[{host}]" if ":" in host else host
    kinds = _kinds(_most_trainings() if trainings is None else trainings)
    nannies: list[Any] = []

    async def start() -> None:
        nannies.extend(Nanny(scheduler, **_worker(host, resource)) for _, resource in kinds)
        await asyncio.gather(*nannies)

    async def work() -> None:
        while True:  # a nanny would wait for ever for a scheduler that is gone
            await nannies[0].scheduler.identity()
            await asyncio.sleep(CHECK_EVERY)

    async def close() -> None:
        await asyncio.gather(*(nanny.close() for nanny in nannies))

    runner = LoopRunner()
    try:
        with deaf_to_ctrl_c():  # only this process hears it, and closes the others
            runner.start()
            runner.run_sync(start)
        say(len(nannies))
        runner.run_sync(work)
    except (OSError, TimeoutError, RuntimeError) as error:
        raise _unreachable(scheduler) from error
    finally:
        runner.run_sync(close)
        runner.stop()


def _most_trainings() -> int:
    return min(max(1, (os.cpu_count() or 1) // 2), MOST_TRAININGS)


def _kinds(trainings: int) -> list[tuple[str, str]]:
    """Names of workers, and what each is for: no map waits behind a training."""
    return [*((f"training-{index}", "training") for index in range(trainings)), ("map", "map")]


def _scheduler(host: str) -> dict[str, Any]:
    return {"allowed_failures": RETRIES, **_private(host)}


def _worker(host: str, resource: str) -> dict[str, Any]:
    return {
        "nthreads": 1,
        "memory_limit": 0,
        "silence_logs": LOG_LEVEL,
        "resources": {resource: 1},
        **_private(host),
    }


def _private(host: str) -> dict[str, Any]:
    # A free port for the dashboard, since dask's default of 8787 may be another program's.
    return {"host": host, "dashboard": False, "dashboard_address": f"{LOOPBACK}:0"}


def _unreachable(scheduler: str) -> ConnectionError:
    return ConnectionError(
        f"There is no scheduler at {scheduler}: start one with python -m vaelab scheduler, and give its address."
    )


def _check_main_guard() -> None:
    """Refuse a script that each worker process would run again from its first line, and start processes again."""
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    if file is None or getattr(main, "__spec__", None) is not None:
        return  # a notebook or a prompt, or a module that was run with -m
    try:
        statements = ast.parse(Path(file).read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return
    tests = [part for each in statements if isinstance(each, ast.If) for part in ast.walk(each.test)]
    if not any(isinstance(part, ast.Name) and part.id == "__name__" for part in tests):
        raise ValueError(
            f"Each process that trains would run {Path(file).name} again: put what starts trainings there under "
            'if __name__ == "__main__":.'
        )
