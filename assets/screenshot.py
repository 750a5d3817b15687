"""Have the app make the README's picture: ``python assets/screenshot.py``, with chromium there."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.browser.conftest import serve  # noqa: E402
from tests.conftest import FLAGS  # noqa: E402


def main() -> None:
    """Open Explore on the digits, and photograph it."""
    with (
        tempfile.TemporaryDirectory() as runs,
        serve(Path(runs)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 880})
        page.goto(address)
        page.wait_for_selector('[data-testid="latent-canvas"][data-state="ready"]')
        page.wait_for_timeout(2000)
        page.screenshot(path=HERE / "screenshot.png")
        browser.close()


if __name__ == "__main__":
    main()
