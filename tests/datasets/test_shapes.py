"""Each factor of a shape can be measured in its image."""

import numpy as np
import pytest

from vaelab.datasets import shapes

AXIS = np.arange(32) - 15.5
NAMES = list(shapes.FACTOR_RANGES)


@pytest.fixture(scope="module")
def drawn():
    factors = shapes.sample_factors(2000, seed=1)
    return factors, shapes.draw(factors)


def moments(images):
    weights = images[:, 0] / 255.0
    mass = weights.sum(axis=(1, 2))
    x = (weights * AXIS).sum(axis=(1, 2)) / mass
    y = (weights * AXIS[:, None]).sum(axis=(1, 2)) / mass
    dx, dy = AXIS - x[:, None, None], AXIS[:, None] - y[:, None, None]
    second = [(weights * a * b).sum(axis=(1, 2)) / mass for a, b in ((dx, dx), (dx, dy), (dy, dy))]
    return mass, x, y, second


def test_the_same_seed_gives_the_same_bytes(drawn):
    factors, images = drawn
    again = shapes.sample_factors(2000, seed=1)
    assert again.tobytes() == factors.tobytes()
    assert shapes.draw(again).tobytes() == images.tobytes()
    assert shapes.sample_factors(2000, seed=2).tobytes() != factors.tobytes()


def test_an_image_depends_on_its_own_factors_only(drawn):
    factors, images = drawn
    some = np.random.default_rng(0).permutation(2000)[:75]
    assert np.array_equal(shapes.draw(factors[some]), images[some])


def test_factors_fill_their_ranges_independently():
    factors = shapes.sample_factors()
    low, high = np.array(list(shapes.FACTOR_RANGES.values())).T
    assert (factors >= low).all()
    assert (factors <= high).all()
    assert (np.ptp(factors, axis=0) > 0.99 * (high - low)).all()
    correlation = np.corrcoef(factors.T) - np.eye(len(NAMES))
    assert np.abs(correlation).max() < 0.04
    assert (np.abs(np.bincount(factors[:, 0].astype(int)) / len(factors) - 0.25) < 0.02).all()


def test_x_and_y_are_the_centroid_in_pixels(drawn):
    factors, images = drawn
    _, x, y, _ = moments(images)
    assert np.abs(x - factors[:, 3]).max() < 0.12
    assert np.abs(y - factors[:, 4]).max() < 0.12


def test_area_is_scale_squared_whatever_the_kind(drawn):
    factors, images = drawn
    mass, *_ = moments(images)
    assert np.abs(mass / (shapes.AREA * factors[:, 1] ** 2) - 1).max() < 0.05


def test_rotation_is_counter_clockwise_in_degrees(drawn):
    factors, images = drawn
    ellipses = factors[:, 0] == shapes.KINDS.index("ellipse")
    *_, (xx, xy, yy) = moments(images[ellipses])
    # Downward y turns the sense of the angle.
    measured = np.rad2deg(-0.5 * np.arctan2(2 * xy, xx - yy))
    assert np.abs(measured - factors[ellipses, 2]).max() < 1.5


def test_the_ellipse_is_twice_as_long_as_high():
    image = shapes.draw(np.array([[1, 1.0, 0, 0, 0]]))
    *_, (xx, _, yy) = moments(image)
    # A uniform ellipse has a quarter of its half axis squared; pixels add a twelfth.
    length, height = 2 * np.sqrt(xx - 1 / 12), 2 * np.sqrt(yy - 1 / 12)
    assert length / height == pytest.approx(2, rel=0.03)


def test_kinds_differ_at_equal_factors():
    images = shapes.draw(np.array([[kind, 1, 0, 0, 0] for kind in range(4)])).astype(int)
    for a in range(4):
        for b in range(a):
            assert (np.abs(images[a] - images[b]) > 128).sum() > 10


def test_nothing_touches_the_border():
    low, high = np.array(list(shapes.FACTOR_RANGES.values())).T
    turns = np.linspace(-40, 40, 81)
    corners = [
        (kind, high[1], turn, x, y)
        for kind in range(4)
        for turn in turns
        for x in (low[3], high[3])
        for y in (low[4], high[4])
    ]
    images = shapes.draw(np.array(corners))
    images[:, :, 1:-1, 1:-1] = 0
    assert not images.any()


def test_edges_are_crisp(drawn):
    # Anti-aliasing takes one pixel along the outline, not a blur: few pixels are in between.
    _, images = drawn
    between = ((images > 0) & (images < 255)).sum() / (images > 0).sum()
    assert 0.1 < between < 0.6


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        (np.zeros((3, 4)), r"\(N, 5\), one column each for kind, .* received \(3, 4\)"),
        (np.zeros(5), r"received \(5,\)"),
        (np.array([[0, np.nan, 0, 0, 0]]), "finite"),
        (np.array([[4, 1, 0, 0, 0]]), "0 to 3: square, ellipse, triangle, heart"),
        (np.array([[0, 0, 0, 0, 0]]), "scale must be more than 0"),
    ],
)
def test_bad_factors_are_explained(factors, message):
    with pytest.raises(ValueError, match=message):
        shapes.draw(factors)


def test_no_factors_give_no_images():
    assert shapes.draw(np.zeros((0, 5))).shape == (0, 1, 32, 32)


def test_the_dataset_is_labelled_by_kind():
    data = shapes.load()
    assert data.factor_names == tuple(NAMES)
    assert data.factors.dtype == np.float32
    assert np.array_equal(data.labels, data.factors[:, 0])
