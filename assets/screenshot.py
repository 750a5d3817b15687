"""Have the app make the README's picture: ``python assets/screenshot.py``, with chromium there.

It says which pages the menu on the picture leads to, one a line. The picture goes into the file
named after it, or else where the README has it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


def main() -> None:
    """Make the picture, and say what is in the menu."""
    picture = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "screenshot.png"
    print(*photograph(picture), sep="\n")


def photograph(picture: Path) -> list[str]:
    """Open Explore on the digits and photograph it.

    Parameters
    ----------
    picture
        The PNG to write, 1400 x 880 pixels.

    Returns
    -------
    list of str
        All pages that the menu on the picture leads to, those below a heading included.
    """
    with (
        tempfile.TemporaryDirectory() as runs,
        serve(Path(runs)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 880})
        page.goto(f"{address}/explore")
        page.wait_for_selector('[data-testid="latent-canvas"][data-state="ready"]', timeout=60_000)
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        page.wait_for_timeout(2000)  # the chart fades in
        page.screenshot(path=picture)
        entries = menu_entries(page)
        browser.close()
        return entries


def menu_entries(page: Page) -> list[str]:
    """Titles of all pages in the menu, in its order."""
    link = '[data-testid="stTopNavLink"]'
    entries = page.locator(link).all_inner_texts()
    for heading in page.get_by_test_id("stTopNavSection").all():
        heading.click()
        page.get_by_test_id("stTopNavDropdownLink").first.wait_for()
        entries += page.get_by_test_id("stTopNavDropdownLink").all_inner_texts()
        page.keyboard.press("Escape")
    return [entry.splitlines()[-1] for entry in entries]  # an icon's name comes first


@contextmanager
def serve(runs: Path) -> Iterator[str]:
    """Run the app with an empty folder of runs until the block ends; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"--server.headless true --server.address 127.0.0.1 --server.port {port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options.split()]
    address = f"http://127.0.0.1:{port}"
    with (runs / "server.log").open("w") as log:
        server = subprocess.Popen(
            command,
            cwd=HERE.parent,
            env=os.environ | {"VAELAB_RUNS": str(runs)},
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(f"{address}/_stcore/health", server, runs / "server.log")
            yield address
        finally:
            server.terminate()
            server.wait(30)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers.

    Raises
    ------
    RuntimeError
        If it ends instead, or takes more than a minute.
    """
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"The app did not start: {log.read_text()}")


if __name__ == "__main__":
    main()
