"""Decoding on every core, a bounded way ahead of who takes the results."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, wait
from itertools import islice
from typing import Any, NamedTuple

from joblib.externals.loky import ProcessPoolExecutor

from vaelab.importing.decoding import Block, Encoded, Target, decode
from vaelab.importing.report import ImportStopped

__all__ = ["Pool"]

#: Processes at the most: each may hold an image of some hundred megabytes.
MAX_PROCESSES = 8
#: How long a task should take, so that progress and stopping are felt at once.
TASK_SECONDS = 0.15
#: Images of the first tasks, and at the most.
FIRST_IMAGES, MOST_IMAGES = 16, 1000
#: Bytes of one task, and of all that are on their way.
TASK_BYTES, BYTES_AHEAD = 2**23, 2**26


class _Task(NamedTuple):
    numbers: list[int]
    contents: list[Encoded]
    num_bytes: int
    future: Future[Block]


class Pool:
    """Processes that decode images.

    They are loky's, which start from anywhere: a script without a ``__main__`` guard, a thread of the app. Threads
    would be simpler, but with small images they mostly wait for the interpreter's lock: two take twice as long as
    one (``benchmark importing``).

    Parameters
    ----------
    should_stop
        Asked several times a second.
    """

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        self.should_stop = should_stop
        self.num_processes = min(MAX_PROCESSES, os.cpu_count() or 1)
        self._executor: Any = None

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *details: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(kill_workers=True)

    def start(self) -> None:
        """Have the processes start while something else is done."""
        if self._executor is None:
            # Ctrl-C reaches every process of a terminal; what is to be done about it is decided here. And should this
            # process be killed, the others end when they have had nothing to do for a while.
            self._executor = ProcessPoolExecutor(
                self.num_processes, timeout=20, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
            )
            self._executor.submit(decode, [], Target(8, "crop"))

    def decode(self, contents: Iterator[tuple[int, Encoded]], target: Target) -> Iterator[tuple[list[int], Block]]:
        """Decode images in the order in which they come.

        Parameters
        ----------
        contents
            Each with its number.
        target
            What to bring them to.

        Yields
        ------
        tuple
            The numbers of some images, and the block they became.

        Raises
        ------
        ImportStopped
            When ``should_stop`` says so.
        RuntimeError
            If a process was ended from outside.
        """
        self.start()
        ahead: deque[_Task] = deque()
        num_images = FIRST_IMAGES
        try:
            while True:
                while len(ahead) < 2 * self.num_processes + 1 and sum(task.num_bytes for task in ahead) < BYTES_AHEAD:
                    task = self._submit(contents, num_images, target)
                    if task is None:
                        break
                    ahead.append(task)
                if not ahead:
                    return
                task = ahead.popleft()
                block = self._result(task.future)
                yield task.numbers, block
                for index in block.large:
                    future = self._executor.submit(decode, [task.contents[index]], target, True)
                    yield [task.numbers[index]], self._result(future)
                if task.contents and block.seconds:
                    num_images = max(1, min(MOST_IMAGES, int(TASK_SECONDS * len(task.contents) / block.seconds)))
        except BrokenExecutor as error:
            raise RuntimeError(
                "A process that decodes images was ended, perhaps for want of memory: take fewer or smaller images."
            ) from error

    def _submit(self, contents: Iterator[tuple[int, Encoded]], num_images: int, target: Target) -> _Task | None:
        numbers, chosen, num_bytes = [], [], 0
        for number, content in islice(contents, num_images):
            numbers.append(number)
            chosen.append(content)
            num_bytes += len(content) if isinstance(content, bytes) else 0
            if num_bytes > TASK_BYTES:
                break
        if not chosen:
            return None
        return _Task(numbers, chosen, num_bytes, self._executor.submit(decode, chosen, target))

    def _result(self, future: Future[Block]) -> Block:
        while not wait([future], timeout=0.1).done:
            if self.should_stop():
                raise ImportStopped("Stopped; nothing was kept.")
        if self.should_stop():
            raise ImportStopped("Stopped; nothing was kept.")
        return future.result()
