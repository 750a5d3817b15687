"""How everything here is timed: contestants take turns, so that a noisy machine is noisy to all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["interleaved", "mnist_folder", "print_table"]


def interleaved(contestants: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Time each contestant ``rounds`` times in turn, after one round that does not count.

    Returns
    -------
    dict
        The median seconds of each.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds + 1):
        for name, run in contestants.items():
            started = time.perf_counter()
            run()
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in seconds.items()}


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a head, in columns."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    print(f"\n{title}")
    for row in [head, ["-" * width for width in widths], *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def mnist_folder() -> Path | None:
    """A torchvision folder that holds MNIST, or None."""
    from vaelab.datasets import SOURCES, data_folder, is_local

    beside = Path(__file__).parents[2] / "shared" / "data"
    for folder in (data_folder(), beside):
        if is_local(SOURCES["mnist"], folder):
            return folder
    return None
