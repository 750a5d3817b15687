import numpy as np
import plotly.graph_objects as go
import pytest

from vaelab.figures.detection import score_histogram
from vaelab.figures.errors import error_panels
from vaelab.figures.lecture import enlarged
from vaelab.figures.maps import MapPanel, linked_maps


def test_words_grow_with_the_figure_and_the_one_given_stays(rng):
    figure = score_histogram(rng.normal(size=50), rng.normal(size=50) + 3, 2.0, "Score", 300)
    before = figure.to_plotly_json()
    larger = enlarged(figure, 1.5)
    assert figure.to_plotly_json() == before
    assert larger.layout.height == 450
    assert larger.layout.annotations[0].font.size == 1.5 * 13
    assert larger.layout.font.size == 1.5 * 12
    np.testing.assert_array_equal(larger.data[0].y, figure.data[0].y)


def test_what_fills_a_screen_stays_as_high_but_for_several_rows(rng):
    one = go.Figure(go.Scatter(x=[0], y=[0], marker_size=4), layout_height=600)
    assert enlarged(one, 2.0).layout.height == 600
    assert enlarged(one, 2.0).data[0].marker.size == pytest.approx(4 * 2**0.5)
    panels = [MapPanel(str(i), "note", rng.normal(size=(9, 2))) for i in range(5)]
    assert enlarged(linked_maps(panels, np.arange(9), height=700), 2.0).layout.height == 1400


def test_pictures_have_neither_marks_nor_lines(rng):
    panels = enlarged(error_panels(rng.random((1, 8, 8)), rng.random((1, 8, 8))))
    assert [title.text for title in panels.layout.annotations] == ["Image", "Reconstruction", "Difference"]
