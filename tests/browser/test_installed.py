"""The wheel: installed into an empty environment elsewhere, it is a command with the app in it."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time

import pytest
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.steps import canvas, idle, model
from tests.conftest import ROOT
from tests.patience import SECONDS

pytestmark = pytest.mark.browser

#: A browser that notes what it was to open.
NOTES = """#!/bin/sh
echo "$1" >> "{file}"
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of the commands of an environment that has the wheel; what it depends on is lent by this one."""
    folder = tmp_path_factory.mktemp("installed")
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, files.split("\0")):
        (folder / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / "clone" / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, folder / "clone"], check=True)
    shutil.rmtree(folder / "clone")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    python = folder / "env" / "bin" / "python"
    (wheel,) = folder.glob("vaelab-*.whl")
    subprocess.run([*pip, "--python", python, "install", "--no-deps", wheel], check=True)
    lent = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages/lent.pth"
    (folder / "env" / lent).write_text(sysconfig.get_path("purelib"))
    return folder / "env" / "bin"


@pytest.fixture
def elsewhere(tmp_path):
    """An environment of nobody's, in which a browser notes what it was to open."""
    browser = tmp_path / "browser"
    browser.write_text(NOTES.format(file=tmp_path / "opened"))
    browser.chmod(0o755)
    away = {"HOME": str(tmp_path), "BROWSER": f"{browser} %s", "VAELAB_DATA": str(tmp_path / "data")}
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | away | {"OMP_NUM_THREADS": "1"}


def test_it_is_another_copy_with_pages_assets_and_examples(installed, elsewhere, tmp_path):
    said = subprocess.run(
        [installed / "python", "-c", "import vaelab.installed as i; print(i.APP_FOLDER)"],
        cwd=tmp_path,
        env=elsewhere,
        capture_output=True,
        text=True,
        check=True,
    )
    folder = installed.parent / "lib"
    assert said.stdout.startswith(str(folder))
    app = next(folder.rglob("vaelab/_app"))
    tracked = subprocess.run(
        ["git", "ls-files", "pages", "assets"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wanted = {name for name in tracked.stdout.split("\n") if name and not name.startswith("assets/screenshot")}
    assert wanted <= {str(path.relative_to(app)) for path in app.rglob("*")}
    assert (app / "app.py").is_file()
    assert (app / ".streamlit" / "config.toml").is_file()


def test_the_app_opens_on_a_run_wherever_it_is(installed, elsewhere, page, tmp_path):
    run = tmp_path / "far" / "away" / "mine"
    shutil.copytree(EXAMPLES / "digits-2d", run)
    (run / "title.txt").write_text("Mine")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [installed / "vaelab", "app", run, "--address", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "log").open("w") as log:
        app = subprocess.Popen(command, cwd=tmp_path, env=elsewhere, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + SECONDS
        while not (tmp_path / "opened").exists():
            assert app.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        address = (tmp_path / "opened").read_text().strip()
        assert address == f"http://127.0.0.1:{port}/explore?run=mine"
        page.goto(address)
        canvas(page)
        expect(model(page)).to_have_value("Mine · VAE 2-D")
        idle(page)
        # Its images are those that come with scikit-learn, and the app's theme is its own.
        expect(page.get_by_alt_text("The real images nearest to z")).to_be_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).colorScheme") == "light"
        page.goto(f"http://127.0.0.1:{port}/runs")
        expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
    finally:
        app.terminate()
        assert app.wait(30) == 0
    assert "Stopping." in (tmp_path / "log").read_text()
