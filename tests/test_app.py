"""The app as it is started and ended: whom it asks, and what it says at a terminal."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import connect

from tests.patience import SECONDS
from tests.training.test_jobs import LONG, wait_for
from vaelab.runs import Run, list_runs

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


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_the_app_asks_no_other_machine_when_it_starts(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WITNESS, "utf-8")
    witness = tmp_path / "asked.txt"
    port = free_port()
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
        until = time.monotonic() + SECONDS
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


class AtTerminal:
    """The app as a terminal starts it, with what it prints there."""

    def __init__(self):
        self.port = free_port()
        self._said = b""
        self._terminal, its_end = os.openpty()
        os.set_blocking(self._terminal, False)
        options = f"--server.headless true --server.address 127.0.0.1 --server.port {self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *options.split()],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdin=its_end,
            stdout=its_end,
            stderr=its_end,
            start_new_session=True,
        )
        os.close(its_end)

    def said(self):
        with suppress(OSError):  # there is no more
            while new := os.read(self._terminal, 10_000):
                self._said += new
        return self._said.decode().replace("\r\n", "\n")

    def answers(self):
        assert self.process.poll() is None, self.said()
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=5):
            return True
        return False

    def interrupt(self, signal_number, times):
        """Send a signal, as a terminal does, to all that it has started; returns what is said from then on."""
        before = len(self.said())
        for _ in range(times):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal_number)
            time.sleep(0.2)
        assert self.process.wait(60) == 0
        return self.said()[before:]


@pytest.fixture
def app():
    """The app at a terminal, once it answers."""
    app = AtTerminal()
    try:
        wait_for(app.answers)
        yield app
    finally:
        with suppress(ProcessLookupError):
            os.killpg(app.process.pid, signal.SIGKILL)
        app.process.wait()


@pytest.mark.parametrize(
    ("number", "times", "said"),
    [(signal.SIGINT, 1, "\nStopping.\n"), (signal.SIGINT, 5, "\nStopping.\n"), (signal.SIGTERM, 1, "Stopping.\n")],
    ids=["Ctrl-C", "Ctrl-C many times", "SIGTERM"],
)
def test_the_app_ends_in_a_word(app, number, times, said):
    assert app.interrupt(number, times) == said


def test_ctrl_c_in_the_app_stops_what_is_in_training(app, tmp_path):
    training, waiting = (Run.create(LONG, tmp_path / "runs" / name) for name in ("training", "waiting"))
    queue = "import sys; from vaelab.runs import Run; Run.open(sys.argv[1]).write_status('queued', job='1')"
    for run in (training, waiting):  # by a process that is gone: the app goes on with them
        subprocess.run([sys.executable, "-c", queue, str(run.path)], check=True, cwd=ROOT)
    with connect(f"ws://127.0.0.1:{app.port}/_stcore/stream") as visitor:
        look = BackMsg()
        look.rerun_script.query_string = ""
        visitor.send(look.SerializeToString())
        wait_for(lambda: any(run.epoch >= 1 for run in list_runs()), 120)
        assert app.interrupt(signal.SIGINT, 5) == "\nStopping; every finished epoch is kept.\n"
    assert training.status.state == "stopped"
    # It waits for the next start, unless there was room for both.
    assert waiting.left_waiting() is not None or waiting.status.state == "stopped"
