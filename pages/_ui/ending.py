"""How the app ends: by Ctrl-C, or as a container is stopped, which is an ordinary act and takes one sentence."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from uvicorn import Server

from vaelab.runs import ACTIVE, list_runs

if TYPE_CHECKING:
    import streamlit as st

__all__ = ["ends_quietly"]

#: Seconds until the process ends although a browser still takes what it was sent, or a worker does not end.
PATIENCE = 10.0


@asynccontextmanager
async def ends_quietly(app: st.App) -> AsyncIterator[None]:
    """Lifespan of the app: the first signal to end has it close what is open, and further ones change nothing.

    Uvicorn by itself leaves with a ``KeyboardInterrupt``, and at a second Ctrl-C without closing anything; both are
    told in a library's words, or in a traceback.
    """
    # Uvicorn's handler, where it has one, is a method of the server: it has none in a thread.
    server = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    if isinstance(server, Server):
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            # In the loop, since a signal may come in the midst of a line that is being printed.
            signal.signal(each, lambda number, _: loop.call_soon_threadsafe(_end, server, number))
    yield


def _end(server: Server, number: int) -> None:
    if server.should_exit:
        return
    server.should_exit = True
    trains = any(run.status.state in ACTIVE for run in list_runs())
    below = "\n" if number == signal.SIGINT and sys.stderr.isatty() else ""  # the ^C that a terminal writes
    sys.stderr.write(f"{below}Stopping{'; every finished epoch is kept' if trains else ''}.\n")
    sys.stderr.flush()
    # The last act of uvicorn's own task is to give Ctrl-C back to Python, whose end is no place to be interrupted at.
    for task in asyncio.all_tasks():
        task.add_done_callback(lambda _: signal.signal(signal.SIGINT, signal.SIG_IGN))
    patience = threading.Timer(PATIENCE, os._exit, [0])
    patience.daemon = True
    patience.start()
