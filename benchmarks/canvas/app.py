"""The canvas in the app: moves over the map, 70,000 points, what Python does once z rests."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import mnist_folder, print_table
from benchmarks.canvas.models import SHIPPED
from benchmarks.canvas.visiting import MAP, SHEET, Hovered, hover, on_the_way, serve, settle, visit
from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset, load_dataset
from vaelab.datasets.own import save_own
from vaelab.export import browser_model
from vaelab.runs import Run
from vaelab.training.running import train
from vaelab.training.suggest import network_for

__all__ = ["measure_app"]

NUM_MNIST = 70_000
#: Points on the chart, the one at z not counted.
NUM_POINTS = """() =>
    (document.querySelector(".st-key-latent-map .js-plotly-plot")?._fullData ?? []).filter(
        (trace) => trace.customdata).reduce((sum, trace) => sum + trace.x.length, 0)"""


def measure_app(browser: Any, moves: int, visits: int = 5, slides: int = 40) -> None:
    """Print the tables of the app."""
    runs = sorted(path.parent.name for path in SHIPPED.glob("*/config.json"))
    with tempfile.TemporaryDirectory() as folder:
        large = _train_large(Path(folder) / "data", Path(folder) / "large")
        with serve(Path(folder), Path(folder) / "data") as address:
            _print_opening(browser, address, runs, visits)
            hovered = {}
            waited = {}
            for run in [*runs, large.name]:
                with visit(browser, f"{address}/?run={run}") as page:
                    hovered[run] = hover(page, moves)
                    waited[run] = _let_go(page, slides)
        _print_hover(hovered, moves)
        _print_let_go(waited, slides)
        data = mnist_folder()
        if data is None:
            print("\nThere is no MNIST here, so 70,000 points are not measured.")
            return
        mnist = _train(data, Path(folder) / "mnist")
        with serve(Path(folder), data) as address:
            _print_many_points(browser, f"{address}/?run=mnist", mnist)


# Parts -------------------------------------------------------------------------------------------


def _print_opening(browser: Any, address: str, runs: list[str], visits: int) -> None:
    """How long after the chart the canvas can decode."""
    after: dict[str, list[float]] = {f"{runs[0]}, a server's first visitor": []}
    for turn in range(visits + 1):
        for run in runs:
            with visit(browser, f"{address}/?run={run}", rest=False) as page:
                wait = page.evaluate("lab.ready[0] - lab.drawn")
            first = turn == 0
            if not first:
                after.setdefault(run, []).append(wait)
            elif run == runs[0]:
                after[next(iter(after))].append(wait)
    print_table(
        "From the chart drawn to the first image decoded, fresh pages; ms (less than 0: before it)",
        ("run", "visits", "median", "most", "asked"),
        [(name, str(len(ms)), f"{np.median(ms):.0f}", f"{max(ms):.0f}", "<= 50") for name, ms in after.items()],
    )


def _print_hover(hovered: dict[str, Hovered], moves: int) -> None:
    rows = []
    for run, (costs, page) in hovered.items():
        percentiles = [f"{p:.1f}" for ms in (costs, page) for p in np.percentile(ms, (50, 95))]
        rows.append((run, str(len(costs)), *percentiles, "<= 8"))
    print_table(
        f"{moves} moves of the mouse and more in the app; ms, to 0.1: from a move's frame to its image, and what of "
        "that the page itself works, which a worker relieves",
        ("run", "moves", "image p50", "p95", "page p50", "p95", "p95 asked"),
        rows,
    )


def _let_go(page: Any, times: int) -> list[float]:
    """Milliseconds from letting a slider go to the panel below it, from Python, changed."""
    page.wait_for_selector(SHEET)
    waited = []
    for turn in range(times + 1):
        settle(page)
        share = (0.2 + 0.005 * turn) * (-1) ** turn
        waited.append(page.evaluate("(share) => lab.letGo(share)", share))
    return waited[1:]


def _print_let_go(waited: dict[str, list[float]], times: int) -> None:
    rows = []
    for run, ms in waited.items():
        p50, p95 = np.percentile(ms, (50, 95))
        rows.append((run, f"{p50:.0f}", f"{p95:.0f}", "<= 200"))
    print_table(
        f"From a slider let go to Python's panel changed, {times} times; ms",
        ("run", "p50", "p95", "p50 asked"),
        rows,
    )


def _train(data: Path, path: Path) -> Run:
    config = TrainConfig(dataset="mnist", seconds=5, threads=2)
    return train(config, load_dataset("mnist", folder=data), path)


def _train_large(data_folder: Path, path: Path) -> Run:
    """A run that has hardly begun, of 500 discs in colour, 128 x 128 pixels, with the network that suits these."""
    rng = np.random.default_rng(0)
    across = np.linspace(-1, 1, 128)
    x, y = rng.uniform(-0.5, 0.5, (2, 500, 1, 1))
    inside = (across - x) ** 2 + (across[:, None] - y) ** 2 < 0.15
    disc, ground = rng.random((2, 500, 3, 1, 1), np.float32)
    data = ImageDataset.of(np.where(inside[:, None], disc, ground), name="discs")
    name = save_own(data, "discs", folder=data_folder)
    config = TrainConfig(dataset=name, latent_dim=16, seconds=5, threads=2, **network_for((3, 128, 128))[0])
    return train(config, load_dataset(name, folder=data_folder), path)


def _print_many_points(browser: Any, address: str, run: Run) -> None:
    model = len(browser_model(run.config, run.data.image_shape, run.layers, run.checkpoint()[0], run.name))
    with visit(browser, address) as page:
        rows = [_smoothness(page, f"{page.evaluate(NUM_POINTS):,} points")]
        before, num_ready = page.received(), page.evaluate("lab.ready.length")
        page.get_by_role("combobox", name="Points").click()
        started = time.perf_counter()
        page.get_by_role("option", name=f"All {NUM_MNIST:,}").click()
        page.wait_for_function(f"() => ({NUM_POINTS})() === {NUM_MNIST}")
        page.wait_for_function("(number) => lab.ready.length > number", arg=num_ready)
        seconds = time.perf_counter() - started
        settle(page)
        choosing = page.received() - before
        rows.append(_smoothness(page, f"{NUM_MNIST:,} points"))
        settle(page)
        before = page.received()
        page.mouse.click(*on_the_way(page.locator(MAP).bounding_box(), 0.3))
        page.wait_for_timeout(500)
        settle(page)
        pinning = page.received() - before
        everything = page.received()
        page.evaluate("lab.tick()")
        rows.append(_smoothness(page, "peer: no canvas, one number changes", moving=False))
    print_table(
        "The mouse moved over MNIST's map for 10 s",
        ("map", "frames/s", "p95 between frames, ms", "decodes/s", "asked", "decode p50, ms", "p95, ms"),
        rows,
    )
    print(
        f"ratio: {int(rows[1][3]) / int(rows[2][1]):.2f} decodes for each frame of the peer's, "
        f"which is the same page with all {NUM_MNIST:,} points at rest"
    )
    print_table(
        f"Bytes from the server over the page's socket ({seconds:.1f} s to all {NUM_MNIST:,})",
        ("what", "MB", "asked"),
        [
            (f"choosing all {NUM_MNIST:,}", f"{choosing / 1e6:.2f}", "< 3"),
            (
                "a click that pins a place",
                f"{pinning / 1e6:.3f}",
                f"not the model again, of {model / 1e6:.2f}",
            ),
            ("everything since the page was opened", f"{everything / 1e6:.2f}", ""),
        ],
    )


def _smoothness(page: Any, name: str, moving: bool = True, seconds: float = 10) -> tuple[str, ...]:
    """Move along a smooth way for some seconds; a row of the table."""
    box = page.locator(MAP).bounding_box()
    page.mouse.move(*on_the_way(box, 0))
    page.wait_for_timeout(500)
    page.evaluate("lab.start()")
    started = time.perf_counter()
    while (now := time.perf_counter() - started) < seconds:
        if moving:
            page.mouse.move(*on_the_way(box, now))
        else:
            page.wait_for_timeout(100)
    watched = page.evaluate("lab.stop()")
    frames, costs = np.array(watched["frames"]), [move["ms"] for move in watched["moves"]]
    elapsed = (frames[-1] - frames[0]) / 1000
    row = (
        name,
        f"{(len(frames) - 1) / elapsed:.0f}",
        f"{np.percentile(np.diff(frames), 95):.0f}",
    )
    if not moving:
        return *row, "", "", "", ""
    p50, p95 = np.percentile(costs, (50, 95))
    return *row, f"{len(costs) / elapsed:.0f}", ">= 30", f"{p50:.1f}", f"{p95:.1f}"
