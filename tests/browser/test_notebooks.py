"""A run in a notebook: two cells from ``import vaelab`` to hovering, in Jupyter's page and in marimo."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.steps import until
from tests.conftest import ROOT
from tests.patience import SECONDS
from vaelab.images import to_pixels
from vaelab.runs import Run

pytestmark = pytest.mark.browser

NOTEBOOK = ROOT / "assets" / "notebook" / "walkthrough.ipynb"

MARIMO = f"""
import marimo

app = marimo.App()


@app.cell
def _():
    import vaelab

    return (vaelab,)


@app.cell
def _(vaelab):
    vaelab.Run.open({str(EXAMPLES / "digits-2d")!r})
    return
"""


@pytest.fixture
def environment(tmp_path):
    """Whatever is run is run with this vaelab, and keeps its runs out of the way."""
    return os.environ | {"PYTHONPATH": str(ROOT), "VAELAB_RUNS": str(tmp_path / "runs"), "OMP_NUM_THREADS": "1"}


def hover(page, frame):
    """Move over the map in a cell; returns what is decoded there, and the code."""
    plot = frame.locator(".nsewdrag")
    plot.wait_for()
    root = frame.get_by_test_id("latent-canvas")
    expect(root).to_have_attribute("data-state", "ready")
    plot.scroll_into_view_if_needed()
    before = root.get_attribute("data-z")
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.3 * box["height"])
    until(page, lambda: root.get_attribute("data-z") != before)
    return np.array(json.loads(root.get_attribute("data-z"))), frame.get_by_test_id("decoded")


def levels(canvas):
    """The levels of grey of an image of 8 x 8 pixels."""
    pixels = canvas.evaluate("(c) => Array.from(c.getContext('2d').getImageData(0, 0, 8, 8).data)")
    return np.array(pixels).reshape(8, 8, 4)[:, :, 0]


def test_the_walkthrough_runs_from_top_to_bottom_and_ends_in_explorers(page, environment, tmp_path):
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", str(NOTEBOOK)]
    done = subprocess.run(
        [*command, "--output-dir", str(tmp_path), "--output", "walkthrough"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (trained,) = (tmp_path / "runs").iterdir()
    page.context.set_offline(True)
    page.goto((tmp_path / "walkthrough.html").as_uri())
    frames = page.locator("iframe")
    expect(frames).to_have_count(2)  # of the model made by hand, and of the run
    hover(page, page.frame_locator("iframe").first)
    z, decoded = hover(page, page.frame_locator("iframe").last)
    wanted = to_pixels(Run.open(trained).engine.decode(z))[0, :, :, 0]
    assert np.abs(levels(decoded) - wanted.astype(int)).max() <= 1


def test_the_notebook_is_the_walkthrough_of_today(monkeypatch):
    monkeypatch.syspath_prepend(NOTEBOOK.parent)
    from make import notebook  # of assets/notebook

    assert NOTEBOOK.read_text("utf-8") == notebook(), "make it again: python assets/notebook/make.py"


def test_two_cells_of_marimo(page, environment, tmp_path):
    (tmp_path / "cells.py").write_text(MARIMO)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "marimo", "run", "cells.py", "--headless", "--no-token", "--port", str(port)]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=2).close()
                break
            except OSError:
                assert server.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline, (tmp_path / "log").read_text()
                time.sleep(0.1)
        page.goto(address)
        z, decoded = hover(page, page.frame_locator("iframe").last)
        wanted = to_pixels(Run.open(EXAMPLES / "digits-2d").engine.decode(z))[0, :, :, 0]
        assert np.abs(levels(decoded) - wanted.astype(int)).max() <= 1
    finally:
        server.terminate()
        server.wait(30)
