"""Ctrl-C reaches every process that a terminal has started; what is to be done about it, one of them decides."""

from __future__ import annotations

import multiprocessing.resource_tracker
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["deaf_to_ctrl_c"]


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Have threads and processes that are started now, and the processes that these start, not hear of Ctrl-C.

    This process hears of it afterwards. On Windows nothing changes.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    multiprocessing.resource_tracker.ensure_running()  # it would undo it when it starts
    # The mask is what they inherit. It is of this thread alone: another may still hear, and interrupt this one halfway
    # through starting a process. So what is heard waits.
    heard: list[Any] = []
    handler = signal.getsignal(signal.SIGINT)
    waits = threading.current_thread() is threading.main_thread() and callable(handler)
    if waits:
        signal.signal(signal.SIGINT, lambda *call: heard.append(call))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if waits:
            signal.signal(signal.SIGINT, handler)
            if heard and callable(handler):
                handler(*heard[0])
