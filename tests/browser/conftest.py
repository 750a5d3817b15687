"""A server of the app, and Debian's chromium to visit it with."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@contextmanager
def serve(runs: Path):
    """Run the app until the block ends; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"VAELAB_RUNS": str(runs)}
    log = (runs / "server.log").open("w")
    server = subprocess.Popen(
        [
            sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
            "--server.address", "127.0.0.1", "--server.port", str(port),
        ],
        cwd=ROOT, env=environment, stdout=log, stderr=log,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"The app did not start: {(runs / 'server.log').read_text()}")
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(30)
        log.close()


@pytest.fixture(scope="module")
def served_runs(tmp_path_factory):
    """The runs folder of ``server``."""
    return tmp_path_factory.mktemp("served-runs")


@pytest.fixture(scope="module")
def server(served_runs):
    """The app, one for each file: what one file trains, another must not open with."""
    with serve(served_runs) as address:
        yield address


@pytest.fixture(scope="module")
def context(chromium, server):
    """One profile for all visitors of a file: the app's own files are fetched once for them."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000}, base_url=server)
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def page(context):
    """A new visitor, with a session of its own; no page may show a traceback."""
    page = context.new_page()
    yield page
    assert page.get_by_test_id("stException").count() == 0
    page.close()
