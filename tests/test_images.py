"""Pictures hold exactly the pixels that they were made from."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from vaelab.images import enlarge, png, png_data_uri, tile, to_pixels


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (5, 1, 3, 3), dtype=np.uint8)


def test_to_pixels_keeps_bytes_and_rounds_floats(images):
    pixels = to_pixels(images)
    assert pixels.shape == (5, 3, 3, 3)
    for channel in range(3):
        np.testing.assert_array_equal(pixels[..., channel], images[:, 0])
    np.testing.assert_array_equal(to_pixels(images / 255), pixels)


def test_to_pixels_clips_and_keeps_colour():
    image = np.array([-0.5, 0.5, 1.5]).reshape(1, 3, 1, 1)
    np.testing.assert_array_equal(to_pixels(image)[0, 0, 0], [0, 128, 255])


def test_tile_puts_each_image_in_its_place(images):
    sheet = tile(images, columns=2, gap=1, times=2)
    assert sheet.shape == (3 * 7 - 1, 2 * 7 - 1, 3)
    for index, image in enumerate(to_pixels(images)):
        top, left = index // 2 * 7, index % 2 * 7
        np.testing.assert_array_equal(sheet[top : top + 6 : 2, left : left + 6 : 2], image)
    assert (sheet[14:, 7:] == 255).all(), "a place without an image is white"


@pytest.mark.parametrize(("side", "times"), [(1, 1), (3, 1), (4, 2), (9, 3)])
def test_enlarge_repeats_pixels(images, side, times):
    pixels = to_pixels(images)[0]
    large = enlarge(pixels, side)
    assert large.shape == (3 * times, 3 * times, 3)
    np.testing.assert_array_equal(large[::times, ::times], pixels)


def test_png_is_read_back_the_same(images):
    pixels = to_pixels(images)[0]
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(png(pixels)))), pixels)
    head, body = png_data_uri(pixels).split(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == png(pixels)
