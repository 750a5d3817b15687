"""Seconds until there is something to look at, over a slow line: a class on one hotspot, say."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks._measure import print_table

__all__ = ["main"]

ROOT = Path(__file__).parents[1]
#: Of what the server sends, bytes a second; what a browser sends is small.
BYTES_A_SECOND = 1.6e6 / 8
#: From a question to its answer, in seconds.
ROUND_TRIP = 0.2
PAGES = {
    "Start": ("/", ".js-plotly-plot .nsewdrag"),
    "Explore": ("/explore", ".js-plotly-plot .nsewdrag"),
    "Learn": ("/learn", '[data-testid="lesson-figure"][data-state="ready"]'),
}
#: A canvas that has its model, which comes after the map; a lesson's figure has its own from the start.
DECODES = '[data-state="ready"]:is([data-testid="latent-canvas"], [data-testid="lesson-figure"])'
#: Whether anything is painted where a page's content goes.
SOMETHING = "() => document.body.innerText.trim().length > 8"


class Line:
    """A slow line to a server of this machine, shared by all its connections.

    Parameters
    ----------
    port
        The server's.

    Attributes
    ----------
    port
        Where this line begins.
    sent
        Bytes that came over it to the browser.
    """

    def __init__(self, port: int) -> None:
        self.sent = 0
        self._to = port
        self._free_at = 0.0
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait()

    def _run(self, ready: threading.Event) -> None:
        async def serve() -> None:
            server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await server.serve_forever()

        self._loop.run_until_complete(serve())

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(ROUND_TRIP)  # a connection is made by going there and back
        their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self._to)
        await asyncio.gather(
            self._pass_on(reader, their_writer, limited=False), self._pass_on(their_reader, writer, limited=True)
        )

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limited: bool) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, data = await waiting.get()
                if not data or writer.is_closing():
                    break
                await asyncio.sleep(due - time.monotonic())
                writer.write(data)
            writer.close()

        delivering = asyncio.create_task(deliver())
        try:
            while data := await reader.read(4096):
                due = time.monotonic()
                if limited:
                    self.sent += len(data)
                    due = self._free_at = max(self._free_at, due) + len(data) / BYTES_A_SECOND
                    await asyncio.sleep(due - time.monotonic())  # so that connections take turns
                waiting.put_nowait((due + ROUND_TRIP / 2, data))
        except ConnectionError:
            pass
        waiting.put_nowait((0.0, b""))
        await delivering


def main() -> None:
    """Print the table."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("This drives Debian's chromium: apt-get install -y chromium.")
    rows = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        port, server = _start(folder)
        browser = playwright.chromium.launch(executable_path=chromium)
        try:
            _open(browser, port, "/explore", PAGES["Explore"][1], None)  # the server's own first time does not count
            for name, (address, selector) in PAGES.items():
                line = Line(port)
                seconds, megabytes = zip(*_open(browser, line.port, address, selector, line), strict=True)
                rows.append((name, *(f"{one:.1f}" for one in seconds), *(f"{one:.2f}" for one in megabytes[1:])))
        finally:
            browser.close()
            server.terminate()
            server.wait(30)
    print_table(
        "Opened for the first time over 1.6 Mbit/s with 200 ms from question to answer",
        (
            "page",
            "something to look at, s",
            "map or figure, s",
            "it decodes, s",
            "MB until the map",
            "until it decodes",
        ),
        rows,
    )
    print(f"(asked: 3 s and 20 s; the machine's load was {os.getloadavg()[0]:.1f})")


def _start(folder: str) -> tuple[int, Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"--server.headless true --server.address 127.0.0.1 --server.port {port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", *options.split()],
        cwd=ROOT,
        env=os.environ | {"VAELAB_RUNS": str(Path(folder) / "runs"), "VAELAB_DATA": str(Path(folder) / "data")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
            return port, server
        except OSError:
            time.sleep(0.1)


def _open(browser: Any, port: int, address: str, selector: str, line: Line | None) -> list[tuple[float, float]]:
    """Seconds and MB until something is painted, ``selector`` is there and it decodes, in a browser without a cache."""
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    page.set_default_timeout(180_000)
    started = time.perf_counter()
    page.goto(f"http://127.0.0.1:{port}{address}", wait_until="commit")

    def now() -> tuple[float, float]:
        return time.perf_counter() - started, line.sent / 1e6 if line else 0.0

    page.wait_for_function(SOMETHING)
    steps = [now()]
    for awaited in (selector, DECODES):
        page.wait_for_selector(awaited)
        steps.append(now())
    page.context.close()
    return steps


if __name__ == "__main__":
    main()
