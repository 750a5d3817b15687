"""Decoding on every core, a bounded way ahead of who takes the results."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, wait
from itertools import islice
from typing import Any, NamedTuple

from joblib.externals.loky import ProcessPoolExecutor, cpu_count
from joblib.externals.loky.backend import resource_tracker as loky_tracker

from vaelab.importing.decoding import Block, decode
from vaelab.importing.encoded import Encoded
from vaelab.importing.fitting import Target
from vaelab.importing.report import ImportStopped
from vaelab.interrupts import deaf_to_ctrl_c

__all__ = ["Pool"]

#: Processes at the most: each may hold an image of some hundred megabytes.
MAX_PROCESSES = 8
#: Fewer are decoded in the calling thread.
FEW_IMAGES = 100
#: How long a task should take, so that progress and stopping are felt at once.
TASK_SECONDS = 0.15
#: Images of the first tasks, and at the most.
FIRST_IMAGES, MOST_IMAGES = 16, 1000
#: Bytes of one task, and of all that are on their way.
TASK_BYTES, BYTES_AHEAD = 2**23, 2**26


#: Seconds until a process notices that its parent is gone.
WATCH_SECONDS = 0.5


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
        # This one decodes as well, while it would have to wait.
        self.num_processes = min(MAX_PROCESSES, cpu_count() - 1)
        self._executor: Any = None
        self._ahead: deque[_Task] = deque()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *details: object) -> None:
        # What was begun is finished: loky stumbles where it is to kill processes while tasks are being handed over.
        for task in self._ahead:
            task.future.cancel()
        if self._executor is not None:
            self._executor.shutdown()

    def start(self) -> None:
        """Have the processes start, while something else is done."""
        if self._executor is None and self.num_processes:
            self._executor = ProcessPoolExecutor(self.num_processes, initializer=_end_with, initargs=(os.getpid(),))
            loky_tracker.ensure_running()  # it would undo what comes next when it starts
            with deaf_to_ctrl_c():
                self._executor.submit(decode, [], Target(8, "crop"))

    def decode(
        self, contents: Iterator[tuple[int, Encoded]], target: Target, num_images: int
    ) -> Iterator[tuple[list[int], Block]]:
        """Decode images in the order in which they come.

        Parameters
        ----------
        contents
            Each with its number.
        target
            What to bring them to.
        num_images
            How many there are: a few are decoded in this thread, sooner than other processes would have started.

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
        if num_images < FEW_IMAGES or not self.num_processes:
            for number, content in contents:
                self._ask()
                yield [number], decode([content], target, alone=True)
            return
        self.start()
        ahead = self._ahead
        num_images = FIRST_IMAGES
        try:
            while True:
                while len(ahead) < 2 * self.num_processes and sum(task.num_bytes for task in ahead) < BYTES_AHEAD:
                    task = _next_task(contents, num_images)
                    if task is None:
                        break
                    ahead.append(task._replace(future=self._executor.submit(decode, task.contents, target)))
                if not ahead:
                    return
                # While the others are busy this process does the next task, rather than wait.
                task = None if ahead[0].future.done() else _next_task(contents, num_images)
                block = Block() if task is None else decode(task.contents, target)
                if task is None:
                    task = ahead.popleft()
                    block = self._result(task.future)
                self._ask()
                yield task.numbers, block
                for index in block.large:
                    future = self._executor.submit(decode, [task.contents[index]], target, True)
                    yield [task.numbers[index]], self._result(future)
                if block.seconds:
                    num_images = max(1, min(MOST_IMAGES, int(TASK_SECONDS * len(task.contents) / block.seconds)))
        except BrokenExecutor as error:
            raise RuntimeError(
                "A process that decodes images was ended, perhaps because memory ran out: take fewer or smaller images."
            ) from error

    def _result(self, future: Future[Block]) -> Block:
        while not wait([future], timeout=0.1).done:
            self._ask()
        self._ask()
        return future.result()

    def _ask(self) -> None:
        if self.should_stop():
            raise ImportStopped("Stopped; nothing was kept.")


def _end_with(parent: int) -> None:
    """Have this process end once its parent has been killed: otherwise it would wait forever to hand over a result."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _next_task(contents: Iterator[tuple[int, Encoded]], num_images: int) -> _Task | None:
    numbers, chosen, num_bytes = [], [], 0
    for number, content in islice(contents, num_images):
        numbers.append(number)
        chosen.append(content)
        if isinstance(content, bytes):
            num_bytes += len(content)
            if num_bytes > TASK_BYTES:
                break
    return _Task(numbers, chosen, num_bytes, Future()) if chosen else None
