import numpy as np
import pytest

from vaelab.figures.comparison import RatePoint, bounds, rate_bars, rate_distortion
from vaelab.figures.factors import factor_information

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


def test_the_chosen_lie_on_top_of_the_others():
    points = rate_distortion([POINTS[1], POINTS[0], *POINTS[2:]], chosen=["b"]).data[-1]
    assert list(points.customdata) == ["a", "b"]


@pytest.mark.parametrize("spread", [0.0, 0.2, 1.0, 10.0])
def test_no_name_lies_over_another_or_over_a_point(rng, spread):
    points = [
        RatePoint(str(i), f"Digits · VAE 2-D, β {i}", *(20 + spread * rng.normal(size=2) * (1, 3))) for i in range(9)
    ]
    figure = rate_distortion(points, height=420)
    drawn = figure.data[-1]
    (x_min, x_max), (y_min, y_max) = figure.layout.xaxis.range, figure.layout.yaxis.range
    places = np.column_stack([(drawn.x - x_min) / (x_max - x_min) * 1000, (drawn.y - y_min) / (y_max - y_min) * 420])
    boxes = []
    for place, text, side in zip(places, drawn.text, drawn.textposition, strict=True):
        if text:
            width = 6 * len(text)
            left = {"left": place[0] - width - 8, "right": place[0] + 8}.get(side.split()[1], place[0] - width / 2)
            middle = place[1] + {"top": 15, "bottom": -15, "middle": 0}[side.split()[0]]
            boxes.append((left, left + width, middle - 6, middle + 6))
    assert boxes, "one name at least has room"
    for i, (left, right, low, high) in enumerate(boxes):
        for other in boxes[:i]:
            assert right <= other[0] or other[1] <= left or high <= other[2] or other[3] <= low
    assert list(drawn.hovertext) == [point.title for point in points], "whatever is not written is told on hovering"


def test_no_name_lies_over_that_of_an_autoencoder():
    """It would at the sides on which the point has room otherwise: those above and below the line's name."""
    points = [
        RatePoint("corner", "MNIST · VAE 2-D", 4.0, 150.0),
        RatePoint("line", "MNIST, denoised · denoising AE 16-D", None, 88.0),
        RatePoint("under", "MNIST · VAE 16-D", 22.6, 83.5),
    ]
    alone, beside = (rate_distortion(each).data[-1] for each in ([points[0], points[2]], points))
    assert alone.textposition[1] == "top center"
    assert beside.textposition[1] == "bottom center"


def test_a_title_is_text():
    figure = rate_distortion([RatePoint("a", "a <b> & c", 1.0, 2.0), RatePoint("b", "<i>", None, 3.0)])
    assert figure.data[-1].text[0] == "a &lt;b&gt; &amp; c"
    assert figure.layout.annotations[0].text == "&lt;i&gt;"


def test_information_is_drawn_on_one_scale_for_all_models():
    (field,) = factor_information(np.array([[0.1, 0.3]]), ["x", "eye_size"], most=0.4).data
    assert np.array(field.text).tolist() == [["0.10", "0.30"]]
    assert (field.zmin, field.zmax) == (0, 0.4)
    assert list(field.x) == ["x", "eye size"]
    assert list(field.y) == ["z1"]


def test_a_rates_parts_lie_on_one_another_beside_a_line_at_log_n():
    parts = {"information": 3.0, "total_correlation": -0.01, "dimension_kl": 0.5, "log_num_images": 7.27}
    figure = rate_bars({"one": parts, "two": parts | {"information": 5.0}})
    assert figure.layout.barmode == "stack"
    assert [list(bar.x) for bar in figure.data] == [[3, 5], [0, 0], [0.5, 0.5]]
    assert figure.layout.shapes[0].x0 == 7.27


def test_what_a_dimension_tells_is_said_in_nats_where_they_are_known():
    figure = factor_information(np.array([[0.5, 0.0]]), ["shape", "x"], entropies=[1.0, 3.0])
    assert figure.data[0].customdata.tolist() == [[0.5, 0.0]]
    assert "nats" in figure.data[0].hovertemplate
    assert np.array(figure.data[0].text).tolist() == [["0.50<br>0.5 nats", "0.00<br>0.0 nats"]]
    assert list(figure.data[0].x) == ["shape", "x"]
    assert "nats" not in factor_information(np.array([[0.5]]), ["shape"]).data[0].hovertemplate


def test_what_few_images_cannot_tell_apart_is_one_part():
    parts = {"information": 7.2, "total_correlation": 9.0, "dimension_kl": 0.5, "log_num_images": 7.27}
    figure = rate_bars(
        {"few": parts | {"is_saturated": True}, "enough": parts | {"information": 3, "is_saturated": False}}
    )
    assert [list(bar.x) for bar in figure.data] == [[7.2, 3], [0, 9.0], [0, 0.5], [9.5, 0]]
    assert figure.data[-1].name == "not told apart by so few images"
