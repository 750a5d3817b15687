"""The canvas in the app: moves over the map, 70,000 points, what Python does once z rests."""

from __future__ import annotations

import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks._measure import mnist_folder, print_table
from benchmarks.app import ROOT
from benchmarks.canvas.models import SHIPPED
from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset, load_dataset
from vaelab.datasets.own import save_own
from vaelab.export import browser_model
from vaelab.runs import Run
from vaelab.training.running import train
from vaelab.training.suggest import network_for

__all__ = ["measure_app"]

MAP = ".st-key-latent-map .js-plotly-plot .nsewdrag"
CANVAS = "[data-testid=latent-canvas]"
SHEET = 'img[alt="The real images nearest to z"]'
NUM_MNIST = 70_000
#: Points on the chart, the one at z not counted.
NUM_POINTS = """() =>
    (document.querySelector(".st-key-latent-map .js-plotly-plot")?._fullData ?? []).filter(
        (trace) => trace.customdata).reduce((sum, trace) => sum + trace.x.length, 0)"""


class Hovered(NamedTuple):
    """Milliseconds for each decode."""

    costs: list[float]  # from the frame of a move to its image
    page: list[float]  # of work in the page since the last one


def measure_app(browser: Any, moves: int, visits: int = 5, slides: int = 40) -> None:
    """Print the tables of the app."""
    runs = sorted(path.parent.name for path in SHIPPED.glob("*/config.json"))
    with tempfile.TemporaryDirectory() as folder:
        large = _train_large(Path(folder) / "data", Path(folder) / "large")
        with _serve(Path(folder), Path(folder) / "data") as address:
            _print_opening(browser, address, runs, visits)
            hovered = {}
            waited = {}
            for run in [*runs, large.name]:
                with _visit(browser, f"{address}/?run={run}") as page:
                    hovered[run] = _hover(page, moves)
                    waited[run] = _let_go(page, slides)
        _print_hover(hovered, moves)
        _print_let_go(waited, slides)
        data = mnist_folder()
        if data is None:
            print("\nThere is no MNIST here, so 70,000 points are not measured.")
            return
        mnist = _train(data, Path(folder) / "mnist")
        with _serve(Path(folder), data) as address:
            _print_many_points(browser, f"{address}/?run=mnist", mnist)


# Parts -------------------------------------------------------------------------------------------


def _print_opening(browser: Any, address: str, runs: list[str], visits: int) -> None:
    """How long after the chart the canvas can decode."""
    after: dict[str, list[float]] = {f"{runs[0]}, a server's first visitor": []}
    for turn in range(visits + 1):
        for run in runs:
            with _visit(browser, f"{address}/?run={run}", rest=False) as page:
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


def _hover(page: Any, moves: int) -> Hovered:
    """The decodes of so many moves, and some more, over the map."""
    box = page.locator(MAP).bounding_box()
    page.evaluate("lab.start()")
    for step in range(moves + moves // 10):
        page.mouse.move(*_on_the_way(box, step / 50))
        page.evaluate("lab.frame()")
    decodes = page.evaluate("lab.stop()")["moves"]
    if len(decodes) < moves:
        raise RuntimeError(f"Of {moves + moves // 10} moves only {len(decodes)} were decoded.")
    return Hovered([decode["ms"] for decode in decodes], [decode["page"] for decode in decodes])


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
        _settle(page)
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
    with _visit(browser, address) as page:
        rows = [_smoothness(page, f"{page.evaluate(NUM_POINTS):,} points")]
        before, num_ready = page.received(), page.evaluate("lab.ready.length")
        page.get_by_role("combobox", name="Points").click()
        started = time.perf_counter()
        page.get_by_role("option", name=f"All {NUM_MNIST:,}").click()
        page.wait_for_function(f"() => ({NUM_POINTS})() === {NUM_MNIST}")
        page.wait_for_function("(number) => lab.ready.length > number", arg=num_ready)
        seconds = time.perf_counter() - started
        _settle(page)
        choosing = page.received() - before
        rows.append(_smoothness(page, f"{NUM_MNIST:,} points"))
        _settle(page)
        before = page.received()
        page.mouse.click(*_on_the_way(page.locator(MAP).bounding_box(), 0.3))
        page.wait_for_timeout(500)
        _settle(page)
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
    page.mouse.move(*_on_the_way(box, 0))
    page.wait_for_timeout(500)
    page.evaluate("lab.start()")
    started = time.perf_counter()
    while (now := time.perf_counter() - started) < seconds:
        if moving:
            page.mouse.move(*_on_the_way(box, now))
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


# Visiting ----------------------------------------------------------------------------------------


def _on_the_way(box: dict[str, float], seconds: float) -> tuple[float, float]:
    """A smooth closed way over most of the map, clear of its tool bar and legend."""
    x = 0.5 + 0.3 * math.sin(1.7 * seconds)
    y = 0.5 + 0.35 * math.sin(1.1 * seconds + 0.5)
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


class _Page:
    """A page of Playwright's, and how many bytes have come over its socket."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._bytes = 0
        page.on("websocket", lambda ws: ws.on("framereceived", self._count))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._page, name)

    def _count(self, payload: str | bytes) -> None:
        self._bytes += len(payload)

    def received(self) -> int:
        self._page.wait_for_timeout(1)  # what has come is counted while Playwright waits
        return self._bytes


def _settle(page: Any, quiet: int = 400) -> None:
    """Wait until nothing has come from the server for ``quiet`` ms."""
    before = -1
    while before != (before := page.received()):
        page.wait_for_timeout(quiet)


@contextmanager
def _visit(browser: Any, address: str, rest: bool = True) -> Iterator[Any]:
    """A visitor's page, once chart and canvas are there; ``rest``: and the server is done."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(120_000)
    context.add_init_script((ROOT / "benchmarks" / "canvas" / "app.js").read_text("utf-8"))
    page = _Page(context.new_page())
    try:
        page.goto(address)
        page.wait_for_selector(MAP)
        page.wait_for_selector(f"{CANVAS}[data-state=ready]")
        page.wait_for_function("() => lab.drawn !== null && lab.ready.length > 0")
        if rest:
            page.wait_for_selector(SHEET)
            _settle(page, 1000)
        yield page
    finally:
        context.close()  # a page whose server is gone goes on asking for it


@contextmanager
def _serve(runs: Path, data: Path | None) -> Iterator[str]:
    """Run the app until the block ends; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"VAELAB_RUNS": str(runs)}
    if data is not None:
        environment["VAELAB_DATA"] = str(data)
    options = f"--server.headless true --server.address 127.0.0.1 --server.port {port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", *options.split()],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            if server.poll() is not None:
                raise RuntimeError("The app did not start.")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)
