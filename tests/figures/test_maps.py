import numpy as np
import pytest

from vaelab.evaluation.denoising import Quality
from vaelab.figures import GREY, PALETTE
from vaelab.figures.maps import MapPanel, linked_maps
from vaelab.figures.strengths import strength_curves

NAMES = ("raw", "pca", "umap", "ae", "vae")


@pytest.fixture
def panels(rng):
    return [MapPanel(name, f"how good {name} is", rng.normal(size=(60, 2))) for name in NAMES]


def points_of(figure, axis):
    return {
        int(image): (float(x), float(y))
        for trace in figure.data
        if trace.xaxis == axis
        for image, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    }


@pytest.mark.parametrize("num_labels", [0, 3, 12])
def test_every_map_has_every_image_at_its_place(panels, rng, num_labels):
    indices = np.sort(rng.choice(1000, 60, replace=False))
    labels = rng.integers(num_labels, size=60) if num_labels else None
    names = [f"class {label}" for label in range(num_labels)]
    figure = linked_maps(panels, indices, labels, names)
    for panel, axis in zip(panels, ("x", "x2", "x3", "x4", "x5"), strict=True):
        points = points_of(figure, axis)
        assert sorted(points) == indices.tolist()
        np.testing.assert_allclose([points[image] for image in indices], panel.places)
    assert not [trace for trace in figure.data if trace.xaxis == "x6"]
    if labels is None:
        return
    for trace in figure.data:
        assert {names[labels[np.searchsorted(indices, i)]] for i in trace.customdata} == {trace.name}
    # A class is named once, and looks the same on every map; no two look alike.
    shown = [trace.name for trace in figure.data if trace.showlegend]
    assert sorted(shown) == sorted(set(names))
    looks = {(trace.name, trace.legendgroup, trace.marker.color, trace.marker.symbol) for trace in figure.data}
    assert len(looks) == len({look[2:] for look in looks}) == num_labels


def test_factors_share_one_scale(panels, rng):
    values = rng.uniform(size=60)
    figure = linked_maps(panels, np.arange(60), values=values, value_name="size")
    assert len(figure.data) == 5
    for trace in figure.data:
        np.testing.assert_array_equal(trace.marker.color, values)
        assert trace.marker.coloraxis == "coloraxis"
    assert figure.layout.coloraxis.colorbar.title.text == "size"


def test_on_a_narrow_screen_two_maps_are_in_a_row(panels):
    panels = [panel._replace(note="trust 0.9 · continuity 0.8 · k-NN 77%") for panel in panels]
    wide, narrow = (linked_maps(panels, np.arange(60), columns=columns) for columns in (3, 2))
    for figure, across, down in ((wide, 3, 2), (narrow, 2, 3)):
        assert len({axis.domain for axis in figure.select_xaxes()}) == across
        assert len({axis.domain for axis in figure.select_yaxes()}) == down
    for axis in ("x", "x2", "x3", "x4", "x5"):
        assert points_of(narrow, axis) == points_of(wide, axis)
    assert sum("continuity 0.8<br>k-NN 77%" in title.text for title in narrow.layout.annotations) == 5


def test_a_map_that_is_not_there_says_so(panels):
    panels[3] = MapPanel("ae", "not trained yet", None)
    figure = linked_maps(panels, np.arange(60), how="Draw.")
    assert {trace.xaxis for trace in figure.data} == {"x", "x2", "x3", "x5"}
    texts = [annotation.text for annotation in figure.layout.annotations]
    assert "not trained yet" in texts
    assert "Draw." in texts
    assert sum("how good" in text for text in texts) == 4
    figure.to_json()


def test_curves_are_the_figures_of_each_way():
    found = {name: [Quality(20 - i, 1 - i / 10) for i in range(3)] for name in ("one", "two")}
    figure = strength_curves([0.1, 0.2, 0.3], found, "σ", chosen=0.2)
    assert [(trace.name, list(trace.y)) for trace in figure.data] == [
        (name, line) for line in ([20, 19, 18], [1, 0.9, 0.8]) for name in ("one", "two")
    ]
    assert figure.data[0].line.color == figure.data[2].line.color != figure.data[1].line.color
    assert {trace.line.color for trace in figure.data} <= {GREY, *PALETTE}
    assert [shape.x0 for shape in figure.layout.shapes] == [0.2, 0.2]


def test_curves_are_above_each_other_on_a_narrow_screen():
    found = {"one": [Quality(20, 1), Quality(19, 0.9)]}
    beside, above = (strength_curves([0.1, 0.2], found, "σ", columns=columns) for columns in (2, 1))
    assert [list(trace.y) for trace in above.data] == [list(trace.y) for trace in beside.data]
    assert above.layout.xaxis.domain == above.layout.xaxis2.domain
    assert above.layout.yaxis.domain[0] > above.layout.yaxis2.domain[1]
    assert above.layout.height == 2 * beside.layout.height
