"""The sheet of a map's images: each is where the spec says, as sharp as there is room for."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.export.test_browser import read
from vaelab.export import browser_thumbnails, thumbnails


def images_on(file):
    """Every place of the sheet that has an image, ``(N', H, W, 3)``, and the spec."""
    spec, arrays = read(file, "thumbnails")
    picture = Image.open(io.BytesIO(arrays["sheet"].tobytes()))
    assert Image.MIME[picture.format] == spec["type"]
    sheet = np.asarray(picture.convert("RGB"))
    height, width, columns = spec["height"], spec["width"], spec["columns"]
    assert sheet.shape[1] == columns * width
    rows = sheet.reshape(-1, height, columns, width, 3)
    return rows.transpose(0, 2, 1, 3, 4).reshape(-1, height, width, 3), spec


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_few_images_are_on_it_exactly(rng, channels, kind):
    pixels = rng.integers(0, 256, (11, channels, 6, 5)).astype(np.uint8)
    images = pixels if kind == np.uint8 else (pixels / 255).astype(np.float32)
    found, spec = images_on(browser_thumbnails(images, "these"))
    assert spec["id"] == "these"
    wanted = np.broadcast_to(pixels.transpose(0, 2, 3, 1), (11, 6, 5, 3))
    np.testing.assert_array_equal(found[:11], wanted)
    assert not found[11:].any()


def test_many_are_reduced_each_within_its_own_place(monkeypatch):
    monkeypatch.setattr(thumbnails, "MAX_PIXELS", 16 * 6 * 6)
    levels = np.arange(16, dtype=np.uint8) * 15
    images = np.broadcast_to(levels[:, None, None, None], (16, 1, 8, 8))
    found, spec = images_on(browser_thumbnails(images, "many"))
    assert (spec["width"], spec["height"]) == (6, 6)
    assert (found == levels[:, None, None, None]).all()


def test_what_is_large_as_png_is_sent_smaller(rng, monkeypatch):
    images = rng.integers(0, 256, (64, 3, 16, 16)).astype(np.uint8)
    exact = browser_thumbnails(images, "noise")
    monkeypatch.setattr(thumbnails, "LARGE", 1000)
    file = browser_thumbnails(images, "noise")
    assert len(file) < len(exact)
    found, spec = images_on(file)
    assert spec["type"] == "image/webp"
    assert len(found) == 64
