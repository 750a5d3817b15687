import numpy as np
import pytest

from vaelab.evaluation.detection import Confusion, confusion, detect
from vaelab.figures import ACCENT
from vaelab.figures.detection import detection_curves, round_step, score_histogram, score_range
from vaelab.figures.errors import error_panels, frame_images


@pytest.fixture
def scores(rng):
    return rng.normal(10, 1, 300), rng.normal(14, 2, 80)


def test_histogram_is_in_percent_of_each_group(scores):
    figure = score_histogram(*scores, 12.5, "error (nats)")
    for bars, group in zip(figure.data, scores, strict=True):
        assert sum(bars.y) == pytest.approx(100)
        assert sum(bars.customdata) == len(group)
    low, high = score_range(*scores)
    normal = figure.data[0]
    middle = (np.array(normal.x) > 9) & (np.array(normal.x) < 11)
    assert abs(sum(np.array(normal.y)[middle]) - 68) < 10
    assert figure.layout.xaxis.range == (low, high)
    assert figure.layout.shapes[0].x0 == figure.layout.shapes[0].x1 == 12.5
    assert figure.layout.shapes[0].line.color == ACCENT
    assert figure.layout.annotations[0].text == "flagged above 12.5"


def test_range_shows_nearly_all_but_not_the_outlier(scores):
    normal, anomalous = scores
    low, high = score_range(normal, np.append(anomalous, 1e6))
    assert high < 100
    assert ((normal >= low) & (normal <= high)).mean() > 0.98
    assert low < high


def test_range_of_equal_scores_has_a_width():
    low, high = score_range(np.ones(5), np.ones(3))
    assert low <= 1 < high


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3.7, 12), (200, 900), (0.001, 0.0013)])
def test_steps_are_round_and_fine_enough_but_not_too_fine(low, high):
    step = round_step(low, high)
    assert 200 <= (high - low) / step <= 500 * (1 + 1e-9)
    assert f"{step:.0e}"[0] in "125"


def test_the_threshold_is_marked_on_both_curves(scores):
    counts = confusion(*scores, 12.0)
    found = detect(*scores)
    figure = detection_curves(found, counts)
    points = [trace for trace in figure.data if trace.name == "the threshold"]
    assert [(p.x[0], p.y[0]) for p in points] == [
        (counts.false_alarm_rate, counts.recall),
        (counts.recall, counts.precision),
    ]
    titles = [title.text for title in figure.layout.annotations]
    assert titles == [
        f"ROC: AUC {found.auc:.3f}",
        f"Precision-recall: {found.average_precision:.3f}",
    ]


@pytest.mark.parametrize(
    ("normal", "anomalous"),
    [
        ([0.9, 0.5, 0.1], [0.8, 0.6]),
        ([0.5, 0.5, 0.1], [0.5, 0.9, 0.1]),
        (np.random.default_rng(0).normal(0, 1, 1000), np.random.default_rng(1).normal(0, 1, 5)),
    ],
)
def test_the_area_under_the_steps_of_precision_is_the_average_precision(normal, anomalous):
    normal, anomalous = np.array(normal), np.array(anomalous)
    found = detect(normal, anomalous)
    figure = detection_curves(found, confusion(normal, anomalous, 0.55))
    steps = next(trace for trace in figure.data if trace.xaxis == "x2" and trace.line.shape)
    recall, precision = np.array(steps.x), np.array(steps.y)
    # Plotly goes level to the next point at the height of the first ("hv") or of the second ("vh").
    heights = {"hv": precision[:-1], "vh": precision[1:]}[steps.line.shape]
    area = (heights * -np.diff(recall)).sum()
    assert area == pytest.approx(found.average_precision)
    if len(anomalous) == 2:
        assert area == pytest.approx(0.5833, abs=1e-4)


def test_a_threshold_that_flags_nothing_has_a_place(scores):
    figure = detection_curves(detect(*scores), Confusion(0, 0, 300, 80))
    points = [trace for trace in figure.data if trace.name == "the threshold"]
    assert [(p.x[0], p.y[0]) for p in points] == [(0, 0), (0, 1)]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("as_bytes", [True, False])
def test_error_map_is_the_difference_on_a_fixed_scale(rng, channels, as_bytes):
    image = rng.integers(0, 256, (channels, 8, 8), dtype=np.uint8)
    back = rng.random((channels, 8, 8))
    figure = error_panels(image if as_bytes else image / 255, back)
    shown, again, off = figure.data
    assert np.array_equal(np.array(shown.z)[..., 0], image[0])
    assert np.allclose(np.array(again.z)[..., 0], back[0] * 255, atol=0.5 + 1e-4)
    assert np.allclose(off.z, (image / 255 - back).mean(0))
    assert (off.zmin, off.zmax) == (-1, 1)


def test_only_the_chosen_images_are_framed(rng):
    images = rng.random((3, 1, 8, 8), dtype=np.float32)
    framed = frame_images(images, np.array([False, True, False]), side=20, thickness=2)
    assert framed.shape == (3, 3, 28, 28)
    accent = [int(ACCENT[i : i + 2], 16) for i in (1, 3, 5)]
    for index, colour in enumerate(([255] * 3, accent, [255] * 3)):
        for corner in (framed[index, :, 0, 5], framed[index, :, -1, -1], framed[index, :, 9, 1]):
            assert list(corner) == colour
    # Each pixel is a square of 3.
    assert np.array_equal(framed[:, 0, 2:-2:3, 2:-2:3], np.round(images[:, 0] * 255))
