"""The app as it is started: whom it asks."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
#: Noted by every Python process that finds it on its path: whom it looks up, or connects to.
WITNESS = """
import os, sys

def note(event, arguments):
    if event == "socket.getaddrinfo":
        asked = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        asked = arguments[1][0]
    else:
        return
    with open(os.environ["VAELAB_WITNESS"], "a") as file:
        file.write(f"{asked}\\n")

sys.addaudithook(note)
"""


def test_the_app_asks_no_other_machine_when_it_starts(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WITNESS, "utf-8")
    witness = tmp_path / "asked.txt"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # As the README says, but for the port: at the default address, where Streamlit would ask.
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "VAELAB_WITNESS": str(witness)}
    with (tmp_path / "log").open("w") as log:
        app = subprocess.Popen(
            [*command, "--server.port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        until = time.monotonic() + 120
        while f":{port}" not in (tmp_path / "log").read_text():  # where it says its address
            assert app.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=10).close()
    finally:
        app.send_signal(signal.SIGTERM)
        app.wait(30)
    # That the witness is at work is seen from the server's own look-up of what to listen on.
    lines = witness.read_text().split() if witness.exists() else []
    outside = set(lines) - {"None", "0.0.0.0", "::", "localhost", "127.0.0.1", "::1", str(port)}
    assert outside == set()
