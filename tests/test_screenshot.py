"""The README's picture: the script that makes it shows the app as it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pages import PAGES
from tests.patience import SECONDS

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[1]


def test_the_picture_is_of_explore_with_every_page_in_the_menu(tmp_path):
    if shutil.which("chromium") is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Debian's chromium: apt-get install -y chromium.")
        pytest.skip("Debian's chromium is not installed.")
    picture = tmp_path / "picture.png"
    script = [sys.executable, ROOT / "assets" / "screenshot.py", picture]
    done = subprocess.run(script, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    entries = done.stdout.splitlines()
    assert entries == [page.title for page in PAGES if page.in_menu]
    assert len(entries) > 10
    with Image.open(picture) as image:
        assert image.size == (1400, 880)
        # Points of ten colours, and their edges, on a white ground.
        assert len(np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)) > 100
