"""Visits to a page with a canvas, in the app or from the disk: what is done there, and what the page notes of it."""

from __future__ import annotations

import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.app import ROOT

__all__ = ["CANVAS", "MAP", "SHEET", "Hovered", "hover", "on_the_way", "serve", "settle", "visit"]

MAP = ".st-key-latent-map .js-plotly-plot .nsewdrag"
CANVAS = "[data-testid=latent-canvas]"
SHEET = 'img[alt="The real images nearest to z"]'


class Hovered(NamedTuple):
    """Milliseconds for each decode."""

    costs: list[float]  # from the frame of a move to its image
    page: list[float]  # of work in the page since the last one


def hover(page: Any, moves: int) -> Hovered:
    """The decodes of so many moves, and some more, over the map."""
    box = page.locator(MAP).bounding_box()
    page.evaluate("lab.start()")
    for step in range(moves + moves // 10):
        page.mouse.move(*on_the_way(box, step / 50))
        page.evaluate("lab.frame()")
    decodes = page.evaluate("lab.stop()")["moves"]
    if len(decodes) < moves:
        raise RuntimeError(f"Of {moves + moves // 10} moves only {len(decodes)} were decoded.")
    return Hovered([decode["ms"] for decode in decodes], [decode["page"] for decode in decodes])


def on_the_way(box: dict[str, float], seconds: float) -> tuple[float, float]:
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


def settle(page: Any, quiet: int = 400) -> None:
    """Wait until nothing has come from the server for ``quiet`` ms."""
    before = -1
    while before != (before := page.received()):
        page.wait_for_timeout(quiet)


@contextmanager
def visit(browser: Any, address: str, rest: bool = True) -> Iterator[Any]:
    """A visitor's page, once chart and canvas are there; ``rest``: and the server is done."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(120_000)
    context.add_init_script((ROOT / "benchmarks" / "canvas" / "app.js").read_text("utf-8"))
    page = _Page(context.new_page())
    try:
        page.goto(address)
        page.wait_for_selector(MAP)
        page.wait_for_selector(f"{CANVAS}[data-state=ready]")
        while not page.evaluate("lab.drawn !== null && lab.ready.length > 0"):
            page.wait_for_timeout(10)
        if rest:
            page.wait_for_selector(SHEET)
            settle(page, 1000)
        yield page
    finally:
        context.close()  # a page whose server is gone goes on asking for it


@contextmanager
def serve(runs: Path, data: Path | None) -> Iterator[str]:
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
