import numpy as np
import pytest

from vaelab.figures.comparison import RatePoint, bounds, factor_information, rate_distortion

POINTS = [
    RatePoint("a", "first", 10.0, 60.0),
    RatePoint("b", "second", 4.0, 75.0),
    RatePoint("c", "an autoencoder", None, 55.0),
]


def test_a_point_carries_the_name_of_its_run_and_stands_at_its_rate_and_distortion():
    figure = rate_distortion(POINTS, chosen=["b"])
    points = figure.data[-1]
    assert list(points.customdata) == ["a", "b"]
    assert list(points.x) == [10, 4]
    assert list(points.y) == [60, 75]
    assert points.marker.color[0] != points.marker.color[1]


def test_an_autoencoder_is_a_line_at_its_distortion():
    (line,) = rate_distortion(POINTS).layout.shapes
    assert line.y0 == line.y1 == 55


def test_along_a_diagonal_the_elbo_is_the_same():
    figure = rate_distortion(POINTS)
    diagonals = figure.data[:-1]
    assert 2 <= len(diagonals) <= 8
    for line in diagonals:
        rate, distortion = np.array(line.x), np.array(line.y)
        assert np.ptp(rate + distortion) < 1e-9
        assert f"{-(rate + distortion)[0]:.4g}" in line.hovertemplate


@pytest.mark.parametrize("points", [POINTS[:1], POINTS[2:], POINTS[:1] * 2])
def test_few_points_make_a_picture_as_well(points):
    assert rate_distortion(points).to_plotly_json()["data"]


def test_bounds_show_their_intervals():
    figure = bounds({"run": {1: (-24.0, -25.0, -23.5), 10: (-23.0, -23.2, -22.9)}})
    (line,) = figure.data
    assert list(line.x) == [1, 10]
    assert np.allclose(line.error_y.array, [0.5, 0.1])
    assert np.allclose(line.error_y.arrayminus, [1.0, 0.2])
    assert figure.layout.xaxis.type == "log"


def test_information_is_drawn_on_one_scale_for_all_models():
    (field,) = factor_information(np.array([[0.1, 0.8]]), ["x", "eye_size"]).data
    assert (field.zmin, field.zmax) == (0, 1)
    assert list(field.x) == ["x", "eye size"]
    assert list(field.y) == ["z1"]
