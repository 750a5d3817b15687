"""A server of the app, and visitors to it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.steps import TRAFFIC
from tests.patience import SECONDS
from vaelab.runs import ACTIVE, list_runs

ROOT = Path(__file__).parents[2]


@contextmanager
def serve(runs: Path):
    """Run the app until the block ends, with its data beside its runs; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # More threads than one get in one another's way on a machine that runs all this.
    folders = {"VAELAB_RUNS": str(runs), "VAELAB_DATA": str(runs.with_name("data"))}
    environment = os.environ | folders | {"OMP_NUM_THREADS": "1"}
    runs.mkdir(exist_ok=True)
    log_path = runs.with_suffix(".log")
    log = log_path.open("w")
    options = f"--server.headless true --server.address 127.0.0.1 --server.port {port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", *options.split()],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=log,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"The app did not start: {log_path.read_text()}")
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(30)
        log.close()


@pytest.fixture(scope="session")
def runs_folder(tmp_path_factory):
    """Where the app that all tests of this process visit keeps its runs."""
    return tmp_path_factory.mktemp("served") / "runs"


@pytest.fixture(scope="session")
def data_folder(runs_folder):
    """Where that app keeps people's own images."""
    return runs_folder.with_name("data")


@pytest.fixture(scope="session")
def base_url(runs_folder):
    """The app's address. One app for all tests of a process: a new one imports torch again."""
    with serve(runs_folder) as address:
        yield address


@pytest.fixture(scope="module", autouse=True)
def served_runs(runs_folder, data_folder):
    """The app's runs folder, empty: what one file trains or collects, another must not open with."""
    yield runs_folder
    for run in list_runs(runs_folder):
        if run.status.state in ACTIVE:
            run.request_stop()
    deadline = time.monotonic() + SECONDS
    while any(run.status.state in ACTIVE for run in list_runs(runs_folder)):
        assert time.monotonic() < deadline, "A training did not stop."
        time.sleep(0.05)
    for path in [*runs_folder.glob("*"), *data_folder.glob("*")]:
        while path.exists():  # a job may still be writing into it
            assert time.monotonic() < deadline, f"{path} could not be emptied."
            shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return browser_context_args | {"viewport": {"width": 1400, "height": 1000}}


def prepare(context):
    """Have a context wait as long as a busy machine may take, and note what its pages send."""
    context.set_default_timeout(1000 * SECONDS)
    context.add_init_script(TRAFFIC)
    return context


@pytest.fixture
def context(context):
    return prepare(context)


@pytest.fixture
def page(page):
    """A new visitor, with a session of its own; no page may show a traceback."""
    yield page
    assert page.get_by_test_id("stException").count() == 0


@contextmanager
def stay(request, browser, **options):
    """Open a page for more than one test; ``traced`` keeps what is done in it."""
    context = prepare(browser.new_context(**options))
    if request.config.getoption("--tracing") != "off":
        context.tracing.start(screenshots=True, snapshots=True)
    yield context.new_page()
    context.close()


@contextmanager
def traced(request, page):
    """Keep a trace and a screenshot of what is done meanwhile, if a test fails meanwhile.

    As pytest-playwright does for a page of one test.
    """
    failed = request.session.testsfailed
    tracing = page.context.tracing
    if request.config.getoption("--tracing") == "off":
        yield
        return
    tracing.start_chunk()
    yield
    if request.session.testsfailed == failed:
        tracing.stop_chunk()
        return
    name = re.sub(r"\W+", "-", f"{request.node.nodeid}-{getattr(request, 'param', '')}")
    folder = Path(request.config.getoption("--output")) / name[:100]
    tracing.stop_chunk(path=folder / "trace.zip")
    page.screenshot(path=folder / "page.png")


@pytest.fixture(scope="module")
def long_page(request, browser, browser_context_args):
    """A visitor who stays for all tests of a file."""
    with stay(request, browser, **browser_context_args) as page:
        yield page
