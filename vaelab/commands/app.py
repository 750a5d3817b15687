"""The command that opens the app: ``app``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import tyro

from vaelab.installed import APP_FOLDER, EXAMPLES

__all__ = ["app"]

#: Ports that are tried, as Streamlit does.
PORTS = range(8501, 8601)
#: Seconds until a server that does not answer is taken to be one that never will.
PATIENCE = 60.0


def app(
    run: tyro.conf.Positional[Path | None] = None,
    port: int | None = None,
    address: str | None = None,
    browser: bool = True,
) -> None:
    """Open the app in the browser, on a run if one is named.

    Parameters
    ----------
    run
        A run's folder, wherever it is; beside it the app shows the runs of VAELAB_RUNS, or of the folder runs where you
        are.
    port
        Where the app listens; by default the first free one from 8501 on.
    address
        The only address at which it listens, such as 127.0.0.1; by default it can be reached from other machines.
    browser
        Whether to open the browser.
    """
    environment = dict(os.environ)
    query = ""
    if run is not None:
        from vaelab.runs import OPENED, Run

        found = Run.open(run)
        if not found.has_model:
            raise ValueError(f"{found.path} has no trained model yet: finish an epoch, or name another run.")
        if found.path.parent != EXAMPLES:  # an example is there in any case
            environment[OPENED] = str(found.path)
        query = "explore?" + urlencode({"run": found.name})
    port = _free_port(address) if port is None else port
    options = {"server.headless": "true", "server.port": str(port)}
    if address is not None:
        options["server.address"] = address
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    command = [sys.executable, "-m", "streamlit", "run", str(APP_FOLDER / "app.py"), *flags]
    # The server hears of Ctrl-C by itself, and says so; a signal to this process alone is handed on.
    with subprocess.Popen(command, env=environment) as server:
        signal.signal(signal.SIGTERM, lambda number, frame: server.terminate())
        url = f"http://{address or 'localhost'}:{port}/{query}"
        if browser and _answers(server, address or "localhost", port):
            webbrowser.open(url)
        code = _wait(server)
    if code > 0:
        sys.exit(code)


def _free_port(address: str | None) -> int:
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((address or "", port))
                return port
    raise ValueError(f"All ports from {PORTS[0]} to {PORTS[-1]} are taken: name a free one with --port.")


def _answers(server: subprocess.Popen[bytes], host: str, port: int) -> bool:
    """Whether the server came up; it may end first, and then says why."""
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            urllib.request.urlopen(f"http://{host}:{port}/_stcore/health", timeout=2).close()
            return True
        time.sleep(0.1)
    return False


def _wait(server: subprocess.Popen[bytes]) -> int:
    while True:
        with suppress(KeyboardInterrupt):
            return server.wait()
