import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vaelab.latent.interpolation import INTERPOLATIONS, linear, spherical

numbers = st.floats(-100, 100).map(lambda value: 0.0 if abs(value) < 1e-3 else value)
pairs = st.integers(1, 12).flatmap(lambda size: st.tuples(*[arrays(np.float64, size, elements=numbers)] * 2))
T = np.linspace(0, 1, 13)


def angle(a, b):
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    return 2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))


def have_an_arc(a, b):
    return a.any() and b.any() and 1e-3 < angle(a, b) < np.pi - 1e-3


@pytest.mark.parametrize("walk", INTERPOLATIONS.values(), ids=INTERPOLATIONS)
@given(pair=pairs)
def test_it_starts_at_one_end_and_arrives_at_the_other(walk, pair):
    a, b = pair
    path = walk(a, b, T)
    assert path.shape == (13, len(a))
    assert path.dtype == np.float64
    assert np.allclose(path[0], a, rtol=1e-9, atol=1e-9)
    assert np.allclose(path[-1], b, rtol=1e-9, atol=1e-9)
    assert np.isfinite(path).all()


@pytest.mark.parametrize("walk", INTERPOLATIONS.values(), ids=INTERPOLATIONS)
@given(pair=pairs)
def test_the_way_back_is_the_way_there(walk, pair):
    a, b = pair
    assert np.allclose(walk(a, b, T), walk(b, a, 1 - T), atol=1e-7)


@pytest.mark.parametrize("walk", INTERPOLATIONS.values(), ids=INTERPOLATIONS)
@given(pair=pairs, scale=st.floats(0.01, 100))
def test_a_larger_space_has_the_same_paths(walk, pair, scale):
    a, b = pair
    assert np.allclose(walk(scale * a, scale * b, T), scale * walk(a, b, T), atol=1e-6 * scale)


@given(pair=pairs)
def test_a_straight_line_has_even_steps(pair):
    a, b = pair
    assert np.allclose(np.diff(linear(a, b, T), axis=0), (b - a) / 12, atol=1e-9)


@given(pair=pairs)
def test_on_an_arc_the_length_goes_over_evenly(pair):
    a, b = pair
    if have_an_arc(a, b):
        expected = (1 - T) * np.linalg.norm(a) + T * np.linalg.norm(b)
        assert np.allclose(np.linalg.norm(spherical(a, b, T), axis=1), expected, rtol=1e-9)


@given(pair=pairs)
def test_an_arc_turns_at_a_constant_rate(pair):
    a, b = pair
    if have_an_arc(a, b):
        path = spherical(a, b, T)
        turned = [angle(a, code) for code in path]
        assert np.allclose(turned, T * angle(a, b), atol=1e-6)
        # In the plane of the two ends: their span explains every code.
        basis = np.linalg.qr(np.stack([a, b], axis=1))[0]
        assert np.allclose(path @ basis @ basis.T, path, atol=1e-6 * np.abs(path).max())


def test_an_arc_between_typical_codes_stays_where_codes_are(rng):
    """In many dimensions N(0, I) lies near a sphere, whose inside a straight line crosses."""
    a, b = rng.normal(size=(2, 128))
    middle = [np.linalg.norm(walk(a, b, np.array([0.5]))) for walk in (linear, spherical)]
    assert middle[0] < 0.85 * np.sqrt(128)
    assert middle[1] == pytest.approx(np.sqrt(128), rel=0.1)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1.0, 2.0], [-1.0, -2.0]),
        ([1.0, 2.0], [-2.0, -4.0]),
        ([1.0, 2.0], [2.0, 4.0]),
        ([1.0, 2.0], [1.0, 2.0]),
        ([0.0, 0.0], [1.0, 2.0]),
        ([0.0, 0.0], [0.0, 0.0]),
        ([3.0], [-1.0]),
    ],
    ids=["opposite", "opposite and longer", "longer", "same", "origin", "both", "one dimension"],
)
def test_without_an_arc_it_is_the_straight_line(a, b):
    a, b = np.array(a), np.array(b)
    assert np.allclose(spherical(a, b, T), linear(a, b, T), atol=1e-12)


@pytest.mark.parametrize("near", [1e-4, np.pi - 1e-4])
def test_next_to_having_no_arc_it_is_still_one(near):
    a, b = np.array([1.0, 0.0]), np.array([np.cos(near), np.sin(near)])
    path = spherical(a, b, T)
    assert np.allclose(np.linalg.norm(path, axis=1), 1, atol=1e-9)
    assert np.allclose(np.arctan2(path[:, 1], path[:, 0]), T * near, atol=1e-7)


@pytest.mark.parametrize("walk", INTERPOLATIONS.values(), ids=INTERPOLATIONS)
@pytest.mark.parametrize("shapes", [((2,), (3,)), ((1, 2), (1, 2)), ((), ())])
def test_ends_that_are_not_two_codes_of_one_length_are_refused(walk, shapes):
    with pytest.raises(ValueError, match=r"must be codes of one length, not \(") as caught:
        walk(np.ones(shapes[0]), np.ones(shapes[1]), T)
    assert str(shapes[1]) in str(caught.value)


@pytest.mark.parametrize("walk", INTERPOLATIONS.values(), ids=INTERPOLATIONS)
def test_ends_are_left_as_they_were_and_any_precision_will_do(walk):
    a, b = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    path = walk(a, b, np.array([0, 1]))
    path[:] = 9
    assert a.tolist() == [1, 0]
    assert b.tolist() == [0, 1]
