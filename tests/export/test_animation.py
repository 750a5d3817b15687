"""An animation goes there and back, and shows what it was given."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageSequence

from vaelab.export import animated_gif


def test_gif_walks_there_and_back():
    levels = np.array([0.0, 0.25, 0.5, 1.0])
    images = np.broadcast_to(levels.reshape(4, 1, 1, 1), (4, 1, 8, 8))
    gif = Image.open(BytesIO(animated_gif(images, frame_seconds=0.1, side=20)))
    shades = [np.asarray(frame.convert("L")).mean() for frame in ImageSequence.Iterator(gif)]
    np.testing.assert_allclose(shades, [0, 64, 128, 255, 128, 64], atol=2)
    assert gif.size == (24, 24)
    assert gif.info["loop"] == 0


def test_ends_are_shown_longer():
    images = np.linspace(0, 1, 3).reshape(3, 1, 1, 1) * np.ones((3, 1, 4, 4))
    gif = Image.open(BytesIO(animated_gif(images, frame_seconds=0.1)))
    durations = [frame.info["duration"] for frame in ImageSequence.Iterator(gif)]
    assert durations == [500, 100, 500, 100]


def test_one_image_is_a_gif_too():
    assert Image.open(BytesIO(animated_gif(np.ones((1, 3, 4, 4))))).n_frames == 1
