"""The app in Firefox and in WebKit, which the tests do not drive: whether a map decodes under the pointer.

By hand, where Debian's ``firefox-esr`` and ``webkit2gtk-driver`` are installed: one is spoken to in WebDriver BiDi, the
other in WebDriver, both standards of the W3C. Screenshots lie in the folder that is printed, to be looked at.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from benchmarks._measure import print_table

__all__ = ["main"]

ROOT = Path(__file__).parents[1]
SIZE = (1400, 1000)
SECONDS = 90

#: Page, address, what is moved over, and what must then change.
VISITS = (
    ("Start", "/", ".st-key-home-map .nsewdrag", "canvas"),
    ("Explore", "/explore", ".st-key-latent-map .nsewdrag", "canvas"),
    ("Compare", "/compare", ".st-key-compare-map-0 .nsewdrag", "canvas"),
    ("Lesson 2", "/learn?lesson=code_map", '[data-testid="lesson-figure"] .ls-plane', "canvas"),
    ("Lesson 4", "/learn?lesson=distribution", '[data-testid="lesson-figure"] .ls-plane', "canvas"),
)
#: The middle of an element on the screen, once it is there and nothing runs any more.
WHERE = """
(() => {
    const element = document.querySelector(SELECTOR);
    if (!element || document.querySelector('[data-testid="stStatusWidget"]')) return null;
    element.scrollIntoView({ block: "center" });
    const { left, top, width, height } = element.getBoundingClientRect();
    return width ? [left, top, width, height] : null;
})()
"""
#: All pictures that a page decodes, as one number: another one, and something was decoded.
PICTURES = """
(() => {
    let sum = 0;
    for (const canvas of document.querySelectorAll(SELECTOR)) {
        if (!(canvas instanceof HTMLCanvasElement) || !canvas.width) continue;
        for (const value of canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data) {
            sum = (sum * 31 + value) % 2147483647;
        }
    }
    return sum;
})()
"""


class Browser(Protocol):
    """What both can do."""

    def open(self, address: str) -> None: ...
    def evaluate(self, expression: str) -> Any: ...
    def move(self, x: float, y: float) -> None: ...
    def screenshot(self) -> bytes: ...
    def close(self) -> None: ...


class Firefox:
    """Firefox, spoken to in WebDriver BiDi over its own socket."""

    def __init__(self, folder: str) -> None:
        from websockets.sync.client import connect

        port = _free_port()
        command = ["firefox-esr", "--headless", "--no-remote", "--profile", folder, "--width", str(SIZE[0])]
        self._process = _quiet([*command, "--height", str(SIZE[1]), f"--remote-debugging-port={port}"])
        _wait_for(port)
        self._end = contextlib.ExitStack()
        self._socket = self._end.enter_context(connect(f"ws://127.0.0.1:{port}/session", max_size=None))
        self._sent = 0
        self._ask("session.new", capabilities={})
        self._context = self._ask("browsingContext.getTree")["contexts"][0]["context"]
        viewport = {"width": SIZE[0], "height": SIZE[1]}
        self._ask("browsingContext.setViewport", context=self._context, viewport=viewport)

    def _ask(self, method: str, **params: Any) -> Any:
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=SECONDS))
            if answer.get("id") == self._sent:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def open(self, address: str) -> None:
        self._ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        wrapped = f"JSON.stringify({expression})"
        target = {"context": self._context}
        answer = self._ask("script.evaluate", expression=wrapped, target=target, awaitPromise=False)
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def move(self, x: float, y: float) -> None:
        move = {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 50}
        self._ask(
            "input.performActions",
            context=self._context,
            actions=[{"type": "pointer", "id": "mouse", "actions": [move]}],
        )

    def screenshot(self) -> bytes:
        return base64.b64decode(self._ask("browsingContext.captureScreenshot", context=self._context)["data"])

    def close(self) -> None:
        self._end.close()
        self._process.terminate()
        self._process.wait(30)


class WebKit:
    """WebKitGTK's small browser, by its driver."""

    def __init__(self, folder: str) -> None:
        port = _free_port()
        self._driver = _quiet(["xvfb-run", "-a", "WebKitWebDriver", f"--port={port}"], XDG_DATA_HOME=folder)
        _wait_for(port)
        self._address = f"http://127.0.0.1:{port}/session"
        browser = str(next(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser")))
        options = {"webkitgtk:browserOptions": {"binary": browser, "args": ["--automation"]}}
        session = self._ask("", capabilities={"alwaysMatch": options})
        self._address += f"/{session['sessionId']}"
        self._ask("/window/rect", width=SIZE[0], height=SIZE[1])

    def _ask(self, path: str, method: str = "POST", **body: Any) -> Any:
        data = json.dumps(body).encode() if method == "POST" else None
        request = urllib.request.Request(
            self._address + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)["value"]

    def open(self, address: str) -> None:
        self._ask("/url", url=address)

    def evaluate(self, expression: str) -> Any:
        return self._ask("/execute/sync", script=f"return {expression.strip()}", args=[])

    def move(self, x: float, y: float) -> None:
        move = {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 50, "origin": "viewport"}
        self._ask("/actions", actions=[{"type": "pointer", "id": "mouse", "actions": [move]}])

    def screenshot(self) -> bytes:
        return base64.b64decode(self._ask("/screenshot", "GET"))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._ask("", "DELETE")
        self._driver.terminate()
        self._driver.wait(30)


def main() -> None:
    """Print what each browser did."""
    browsers: dict[str, tuple[str, Callable[[str], Browser]]] = {
        "Firefox": ("firefox-esr", Firefox),
        "WebKit": ("WebKitWebDriver", WebKit),
    }
    missing = [program for program, _ in browsers.values() if shutil.which(program) is None]
    if missing:
        sys.exit(f"Not installed: {', '.join(missing)}. apt-get install -y firefox-esr webkit2gtk-driver xvfb")
    shots = Path(tempfile.mkdtemp(prefix="vaelab-browsers-"))
    rows = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, _serve(folder) as address:
        for name, (_, start) in browsers.items():
            profile = Path(folder) / name
            profile.mkdir()
            browser = start(str(profile))
            try:
                for what in VISITS:
                    rows.append((name, *visit(browser, address, *what, shots / f"{name}-{what[0]}.png")))
                    print(*rows[-1], flush=True)
            finally:
                browser.close()
    print_table("Opened, and moved over", ("browser", "page", "seconds until drawn", "places decoded"), rows)
    print(f"Screenshots: {shots}")


def visit(
    browser: Browser, address: str, page: str, path: str, over: str, picture: str, shot: Path
) -> tuple[str, str, str]:
    """Open a page, move over its map, and count the moves after which another picture is shown."""
    started = time.monotonic()
    browser.open(address + path)
    where = None
    while where is None:
        if time.monotonic() - started > SECONDS:
            shot.write_bytes(browser.screenshot())
            return page, "never", "-"
        time.sleep(0.2)
        where = browser.evaluate(WHERE.replace("SELECTOR", json.dumps(over)))
    seconds = time.monotonic() - started
    time.sleep(3)  # the model, where it comes after the map
    left, top, width, height = browser.evaluate(WHERE.replace("SELECTOR", json.dumps(over))) or where
    look = PICTURES.replace("SELECTOR", json.dumps(picture))
    decoded, before = 0, browser.evaluate(look)
    for share in (0.3, 0.4, 0.5, 0.6, 0.7):
        browser.move(left + share * width, top + (1 - share) * height)
        time.sleep(0.7)
        after = browser.evaluate(look)
        decoded, before = decoded + (after != before), after
    shot.write_bytes(browser.screenshot())
    return page, f"{seconds:.1f}", f"{decoded} of 5"


@contextlib.contextmanager
def _serve(folder: str) -> Iterator[str]:
    port = _free_port()
    options = f"--server.headless true --server.address 127.0.0.1 --server.port {port}"
    folders = {"VAELAB_RUNS": str(Path(folder) / "runs"), "VAELAB_DATA": str(Path(folder) / "data")}
    server = _quiet([sys.executable, "-m", "streamlit", "run", "app.py", *options.split()], **folders)
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def _quiet(command: list[str], **environment: str) -> subprocess.Popen[bytes]:
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=nowhere, stderr=nowhere)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"Nothing answers at port {port}.")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
