"""A film goes there and back, and shows what it was given."""

from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from vaelab.export import FILMS, film

LEVELS = np.array([0.0, 0.25, 0.5, 1.0])
IMAGES = np.broadcast_to(LEVELS.reshape(4, 1, 1, 1), (4, 1, 8, 9))


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_pictures_walk_there_and_back_for_ever_and_rest_at_both_ends(kind):
    content = film(IMAGES, kind, frame_seconds=0.1, side=20)
    pictures = Image.open(BytesIO(content))
    assert pictures.format == FILMS[kind].name.upper()
    shades = [np.asarray(frame.convert("L")).mean() for frame in ImageSequence.Iterator(pictures)]
    np.testing.assert_allclose(shades, [0, 64, 128, 255, 128, 64], atol=2)
    assert pictures.size == (27, 24)
    assert pictures.info["loop"] == 0
    durations = []
    for number in range(pictures.n_frames):
        pictures.seek(number)
        pictures.load()
        durations.append(pictures.info["duration"])
    assert durations == [500, 100, 100, 500, 100, 100]


def test_every_pixel_of_a_webp_is_as_it_was(rng):
    images = rng.integers(0, 256, (3, 3, 4, 4), np.uint8)
    webp = Image.open(BytesIO(film(images, "webp", side=4)))
    for number, image in enumerate(images):
        webp.seek(number)
        assert (np.asarray(webp.convert("RGB")) == image.transpose(1, 2, 0)).all()


def test_a_video_walks_there_and_back_at_the_speed_asked_for():
    with av.open(BytesIO(film(IMAGES, "mp4", frame_seconds=0.05, side=20))) as video:
        stream = video.streams.video[0]
        assert stream.codec.name == "h264"
        assert stream.average_rate == 20
        frames = [frame.to_ndarray(format="gray").mean() for frame in video.decode(stream)]
        assert (stream.width, stream.height) == (28, 24)  # even, as its colours are at half the size
    expected = [0] * 5 + [64, 128] + [255] * 5 + [128, 64] + [0] * 5
    np.testing.assert_allclose(frames, expected, atol=3)


@pytest.mark.parametrize("kind", FILMS)
def test_one_image_is_a_film_too(kind):
    content = film(np.ones((1, 3, 4, 4)), kind, side=4)
    if kind == "mp4":
        with av.open(BytesIO(content)) as video:
            assert sum(1 for _ in video.decode(video=0)) == 5
    else:
        assert Image.open(BytesIO(content)).n_frames == 1


def test_what_cannot_be_made_is_said():
    with pytest.raises(ValueError, match=r"^There is no film called avi: choose gif, webp, mp4\.$"):
        film(IMAGES, "avi")
    with pytest.raises(ValueError, match=r"^A film needs an image at least\.$"):
        film(IMAGES[:0])
    for seconds in (0, -1, float("nan")):
        with pytest.raises(ValueError, match=r"take 0\.001 to 60\.$"):
            film(IMAGES, "mp4", frame_seconds=seconds)
