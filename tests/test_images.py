"""Pictures hold exactly the pixels that they were made from."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from vaelab.datasets import load_dataset
from vaelab.images import as_float, border_color, enlarge, ink_extent, png, png_data_uri, tile, to_pixels


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (5, 1, 3, 3), dtype=np.uint8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bytes_become_fractions_of_255_and_floats_stay(images, dtype):
    fractions = as_float(images, dtype)
    np.testing.assert_allclose(fractions, images / 255, rtol=np.finfo(dtype).eps)
    assert fractions.dtype == as_float(fractions, dtype).dtype == dtype
    again = as_float(fractions, dtype)
    np.testing.assert_array_equal(again, fractions)
    again[:] = -1  # a copy, always
    assert (fractions >= 0).all()
    np.testing.assert_array_equal(as_float(np.array([-0.5, 1.5]), dtype), [-0.5, 1.5])


def test_ink_is_as_large_as_that_of_the_largest():
    symbols = np.full((3, 2, 20, 10), 200, np.uint8)
    assert ink_extent(symbols) == 1  # nothing but ground
    symbols[0, 0, 3:9, 4:6] = 100
    symbols[1, 1, 0:2, 2:8] = 100
    assert ink_extent(symbols) == 0.6  # 6 of 10 across, rather than 6 of 20 down
    assert ink_extent(np.where(symbols == 100, 150, symbols).astype(np.uint8)) == 1  # hardly seen
    assert ink_extent(load_dataset("mnist_5k").images) == 20 / 28


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
    assert sheet.shape == (3 * 7 - 1, 2 * 7 - 1, 4)
    for index, image in enumerate(to_pixels(images)):
        top, left = index // 2 * 7, index % 2 * 7
        place = sheet[top : top + 6 : 2, left : left + 6 : 2]
        np.testing.assert_array_equal(place[..., :3], image)
        assert (place[..., 3] == 255).all()
    assert (sheet[14:, 7:] == [255, 255, 255, 0]).all(), "where there is no image it is clear"
    assert (sheet[..., 3] == 255).sum() == 5 * 36


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


@pytest.mark.parametrize("channels", [1, 3])
def test_the_colour_of_a_border_is_what_lies_around_the_image(rng, channels):
    color = np.array([10, 200, 255])[:channels]
    images = np.empty((20, channels, 6, 8), np.uint8)
    images[:] = color[:, None, None]
    images[:, :, 1:-1, 1:-1] = rng.integers(0, 256, (20, channels, 4, 6))
    np.testing.assert_array_equal(border_color(images), color / 255)
    # What crosses the border now and then does not count: each channel's median.
    images[:9, :, 0] = 77
    np.testing.assert_array_equal(border_color(images), color / 255)


@pytest.mark.parametrize("edge", ["top", "bottom", "left", "right"])
def test_every_edge_is_of_the_border(edge):
    # Three edges, with two of the corners, white: the fourth makes no majority, and three do.
    image = np.full((1, 1, 9, 9), 255, np.uint8)
    rows, columns = {
        "top": (0, slice(None)),
        "bottom": (-1, slice(None)),
        "left": (slice(None), 0),
        "right": (slice(None), -1),
    }[edge]
    image[0, 0, rows, columns] = 0
    assert border_color(image) == [1.0]
    assert border_color(255 - image) == [0.0]
    image[0, 0, 1:-1, 1:-1] = 0
    assert border_color(image) == [1.0]


def test_the_first_five_hundred_images_tell_the_colour_of_all():
    images = np.zeros((2000, 1, 4, 4), np.uint8)
    images[500:] = 255
    assert border_color(images) == [0.0]
    images[:300] = 51
    assert border_color(images) == pytest.approx([0.2])
