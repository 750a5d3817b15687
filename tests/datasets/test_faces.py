"""Each factor of a face shows, and the mouth means what its mood says."""

import itertools

import numpy as np
import pytest

from vaelab.datasets import faces

AXIS = np.arange(32) - 15.5
NAMES = list(faces.FACTOR_RANGES)
LOW, HIGH = np.array(list(faces.FACTOR_RANGES.values())).T
PLAIN = dict.fromkeys(NAMES, 0.0) | {
    "eye_open": 0.8,
    "eye_spacing": 4.5,
    "brow_height": 0.5,
    "head_width": 11.0,
}


def draw_with(**changes):
    """Draw plain faces with one factor (an array) or several changed."""
    columns = np.broadcast_arrays(*(PLAIN | changes).values())
    return faces.draw(np.stack([np.atleast_1d(column) for column in columns], axis=1))[:, 0]


def test_the_same_seed_gives_the_same_bytes():
    factors = faces.sample_factors(300, seed=1)
    images = faces.draw(factors)
    assert faces.draw(faces.sample_factors(300, seed=1)).tobytes() == images.tobytes()
    assert np.array_equal(faces.draw(factors[40:50]), images[40:50])
    assert faces.sample_factors(300, seed=2).tobytes() != factors.tobytes()


def test_factors_fill_their_ranges_independently():
    factors = faces.sample_factors()
    assert (factors >= LOW.astype(np.float32)).all()
    assert (factors <= HIGH.astype(np.float32)).all()
    assert (np.ptp(factors, axis=0) > 0.99 * (HIGH - LOW)).all()
    assert np.abs(np.corrcoef(factors.T) - np.eye(len(NAMES))).max() < 0.04


@pytest.mark.parametrize("name", NAMES)
def test_every_factor_shows_in_every_face(name):
    # A tenth of the range must already be seen, whatever the other factors are.
    factors = faces.sample_factors(200, seed=3)
    column = NAMES.index(name)
    step = 0.1 * (HIGH - LOW)[column]
    factors[:, column] = np.minimum(factors[:, column], HIGH[column] - step)
    before = faces.draw(factors).astype(int)
    factors[:, column] += step
    difference = np.abs(faces.draw(factors).astype(int) - before).sum(axis=(1, 2, 3))
    assert difference.min() > 100


@pytest.mark.parametrize("name", NAMES)
def test_a_traversal_is_smooth(name):
    # A hundredth of the range moves no pixel far: what a latent space is to learn is continuous.
    low, high = faces.FACTOR_RANGES[name]
    images = draw_with(**{name: np.linspace(low, high, 101)}).astype(int)
    assert np.abs(np.diff(images, axis=0)).max() < 100


def test_the_mouth_bends_by_its_factor():
    curves = np.linspace(-1, 1, 9)
    images = draw_with(mouth_curve=curves)
    rows, columns = slice(20, 27), slice(13, 19)
    ink = images[:, rows, columns].max() - images[:, rows, columns].astype(float)
    line = (ink * AXIS[rows, None]).sum(axis=1) / ink.sum(axis=1)
    # y = c - bend (x / half width)^2, downward, so a smile's middle is lowest.
    measured = np.array([np.polyfit(AXIS[columns], y, 2)[0] for y in line])
    expected = -faces._MOUTH_BEND * curves / faces._MOUTH_HALF_WIDTH**2
    assert np.abs(measured - expected).max() < 0.025
    assert (np.diff(measured) < 0).all()


def test_an_open_mouth_and_open_eyes_cover_more():
    dark = (draw_with(mouth_open=np.linspace(0, 1, 5))[:, 20:28, 11:21] < 80).sum(axis=(1, 2))
    assert (np.diff(dark) > 0).all()
    eyes = draw_with(eye_open=np.linspace(0.1, 1, 5))[:, 10:19].astype(float)
    white = (eyes - faces._SKIN * 255).clip(0).sum(axis=(1, 2))
    assert (np.diff(white) > 0).all()


def test_gaze_and_tilt_have_their_direction():
    eyes = slice(11, 18)
    x = []
    for image in draw_with(gaze=np.array([-1.0, 0.0, 1.0]))[:, eyes, 7:25]:
        ink = (image < 60).astype(float)
        x.append((ink * AXIS[7:25]).sum() / ink.sum())
    assert x[0] < -0.7
    assert abs(x[1]) < 0.2
    assert x[2] > 0.7
    # Counter-clockwise: the hair goes to the left, and tilting one way mirrors the other.
    left, right = draw_with(tilt=np.array([15.0, -15.0]))
    assert (left[:4].astype(float) * AXIS).sum() < 0
    assert np.array_equal(left, right[:, ::-1])


def test_head_width_is_in_pixels():
    widths = np.linspace(9.5, 12.5, 4)
    # Below the ears and above the mouth's corners the outline is the ellipse's.
    row = 22
    half = widths * np.sqrt(1 - ((AXIS[row] - faces._HEAD_Y) / faces._HEAD_HALF_HEIGHT) ** 2)
    outer = draw_with(head_width=widths)[:, row, :8].astype(float).sum(axis=1) / (faces._SKIN * 255)
    assert outer + 8 == pytest.approx(half, abs=0.25)


def test_nothing_touches_the_border():
    corners = itertools.product(*faces.FACTOR_RANGES.values())
    factors = [*corners, *faces.sample_factors(2000, seed=4)]
    images = faces.draw(np.array(factors))
    images[:, :, 1:-1, 1:-1] = 0
    assert not images.any()


def test_moods_are_thirds_of_the_mouth_curve():
    assert faces.mood(np.array([-1, -0.34, -0.33, 0, 0.33, 0.34, 1])).tolist() == [
        *[0, 0],
        *[1, 1, 1],
        *[2, 2],
    ]
    data = faces.load()
    assert data.label_names == ("sad", "neutral", "happy")
    assert data.factor_names == tuple(NAMES)
    assert np.array_equal(data.labels, faces.mood(data.factors[:, 0]))
    assert (np.abs(np.bincount(data.labels) / len(data) - 1 / 3) < 0.02).all()


def test_bad_factors_are_explained():
    with pytest.raises(ValueError, match=r"\(N, 9\), one column each for mouth_curve"):
        faces.draw(np.zeros((2, 5)))
