"""The explorer as one file beside the app: its size, how soon it decodes, and a hover."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import mnist_folder, print_table
from benchmarks.app import FLAGS
from benchmarks.canvas.models import SHIPPED
from benchmarks.canvas.visiting import Hovered, hover, serve, visit
from vaelab.config import TrainConfig
from vaelab.datasets import load_dataset
from vaelab.runs import Run
from vaelab.training.running import train

__all__ = ["main"]

EXAMPLES = ("digits-2d", "mnist-2d", "faces-8d")
#: Milliseconds from the page's beginning to its first image, and to its chart.
OPENED = "[lab.decoded, lab.drawn]"


def main(moves: int = 300, visits: int = 5) -> None:
    """Print the tables."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("This drives Debian's chromium: apt-get install -y chromium.")
    flags = [*FLAGS.split(), "--disable-gpu-compositing"]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        runs = [Run.open(SHIPPED / name) for name in EXAMPLES] + _mnist(Path(folder) / "runs")
        files = {run.name: run.to_html(Path(folder) / f"{run.name}.html") for run in runs}
        _print_opening(browser, runs, files, visits)
        with serve(Path(folder) / "runs", mnist_folder()) as address:
            _print_hover(browser, runs, files, address, moves)
        browser.close()


def _mnist(folder: Path) -> list[Run]:
    """A run of all of MNIST, whose map has 10,000 points; none where there is no MNIST."""
    data = mnist_folder()
    if data is None:
        print("There is no MNIST here, so that 10,000 of its points are not measured.")
        return []
    config = TrainConfig(dataset="mnist", seconds=5, threads=2)
    return [train(config, load_dataset("mnist", folder=data), folder / "mnist")]


def _print_opening(browser: Any, runs: list[Run], files: dict[str, Path], visits: int) -> None:
    rows = []
    for run in runs:
        times = []
        for _ in range(visits):
            with visit(browser, files[run.name].as_uri(), rest=False) as page:
                times.append(page.evaluate(OPENED))
        decoded, drawn = np.median(times, axis=0) / 1000
        size = files[run.name].stat().st_size / 1e6
        most = np.max(times, axis=0)[0] / 1000
        rows.append((run.name, f"{size:.1f}", f"{decoded:.2f}", f"{most:.2f}", "<= 3", f"{drawn:.2f}"))
    print_table(
        f"Files opened from the disk, {visits} times each",
        ("run", "MB", "first image, s", "most", "asked", "chart, s"),
        rows,
    )


def _print_hover(browser: Any, runs: list[Run], files: dict[str, Path], address: str, moves: int) -> None:
    rows = []
    for run in runs:
        hovered: dict[str, Hovered] = {}
        for name, where in {"app": f"{address}/explore?run={run.name}", "file": files[run.name].as_uri()}.items():
            with visit(browser, where, rest=name == "app") as page:
                hovered[name] = hover(page, moves)
        p95 = {name: np.percentile(found.costs, 95) for name, found in hovered.items()}
        work = {name: np.percentile(found.page, 95) for name, found in hovered.items()}
        rows.append(
            (
                run.name,
                *(f"{p95[name]:.1f}" for name in p95),
                f"{p95['file'] / p95['app']:.2f}",
                *(f"{work[name]:.1f}" for name in work),
                f"{work['file'] / work['app']:.2f}",
                "<= 1.5",
            )
        )
    print_table(
        f"{moves} moves of the mouse in each; ms, p95: from a move's frame to its image, and of that the page's work",
        ("run", "image: app", "file", "ratio", "page: app", "file", "ratio", "asked"),
        rows,
    )


if __name__ == "__main__":
    main()
