"""Figures show the numbers that they were given."""

import dataclasses

import numpy as np
import pytest

from vaelab.figures import TERMS, compare_curves, latent_map, loss_curves
from vaelab.latent.projections import plane


@pytest.fixture
def projection(rng):
    return plane(rng.standard_normal((60, 2)).astype(np.float32), np.arange(100, 160))


def epoch(number, seconds):
    terms = {"total": 30.0 / number, "reconstruction": 25.0 / number, "kl": 5.0 / number}
    later = {name: value + 1 for name, value in terms.items()}
    return {"epoch": number, "seconds": seconds, "train": terms, "validation": later}


def test_every_point_is_on_the_map_once_and_knows_its_image(projection, rng):
    labels = rng.integers(0, 3, 60)
    figure = latent_map(projection, labels, ("a", "b", "c"))
    seen = {}
    for trace in figure.data:
        for x, y, index in zip(trace.x, trace.y, trace.customdata, strict=True):
            seen[int(index)] = (x, y)
    assert sorted(seen) == list(range(100, 160))
    for position, index in enumerate(range(100, 160)):
        np.testing.assert_allclose(seen[index], projection.coordinates[position])


def test_each_class_has_one_look(projection):
    labels = np.arange(60) % 26
    figure = latent_map(projection, labels, [chr(65 + i) for i in range(26)])
    looks = [(trace.marker.color, trace.marker.symbol) for trace in figure.data]
    assert len(set(looks)) == 26
    assert [trace.name for trace in figure.data] == [chr(65 + i) for i in range(26)]


def test_marks_and_path_are_drawn_where_they_are(projection):
    path = np.array([[0.0, 0.0], [1.0, 2.0]])
    figure = latent_map(projection, marks={"A": path[0], "B": path[1]}, path=path)
    line, first, second = figure.data[-3:]
    np.testing.assert_array_equal(np.column_stack([line.x, line.y]), path)
    assert (first.x[0], first.y[0], second.x[0], second.y[0]) == (0, 0, 1, 2)
    assert (first.text[0], second.text[0]) == ("A", "B")


def test_a_grid_that_the_browser_draws_is_seen_through_the_chart(projection):
    assert not latent_map(projection).layout.meta
    figure = latent_map(projection, decoded=True, points="faint")
    assert figure.layout.meta == {"decoded": True}
    assert figure.layout.plot_bgcolor == figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert not figure.layout.xaxis.showgrid  # lines would run over the images
    assert not figure.layout.yaxis.showgrid
    full, faint, none = (
        latent_map(projection, decoded=True, points=points).data[0].marker.opacity
        for points in ("full", "faint", "none")
    )
    assert full > faint > none == 0


def test_what_people_call_a_dimension_is_text(projection):
    named = dataclasses.replace(projection, axes=("z1: <b>smile</b>", "z2"))
    assert latent_map(named).layout.xaxis.title.text == "z1: &lt;b&gt;smile&lt;/b&gt;"


def test_a_factor_colours_the_points(projection, rng):
    values = rng.random(60)
    (trace,) = latent_map(projection, values=values, value_name="tilt").data
    np.testing.assert_array_equal(trace.marker.color, values)
    assert trace.marker.colorbar.title.text == "tilt"


def test_loss_curves_hold_every_term_of_both_splits():
    records = [epoch(n, 2.0 * n) for n in (1, 2, 3)]
    figure = loss_curves(records)
    assert [trace.name for trace in figure.data] == ["training", "validation"] * 3
    for column, term in enumerate(TERMS):
        train, validation = figure.data[2 * column : 2 * column + 2]
        assert list(train.x) == [1, 2, 3]
        assert list(train.y) == [record["train"][term] for record in records]
        assert list(validation.y) == [record["validation"][term] for record in records]


@pytest.mark.parametrize("over", ["epoch", "seconds"])
def test_runs_are_compared_per_epoch_or_per_second(over):
    runs = {"fast": [epoch(1, 0.5), epoch(2, 1.0)], "slow": [epoch(1, 4.0)]}
    figure = compare_curves(runs, "kl", "train", over)
    assert [trace.name for trace in figure.data] == ["fast", "slow"]
    assert list(figure.data[0].x) == [record[over] for record in runs["fast"]]
    assert list(figure.data[0].y) == [5.0, 2.5]
    assert "KL" in figure.layout.yaxis.title.text
    assert figure.layout.xaxis.dtick == (1 if over == "epoch" else None)  # no ticks between epochs


@pytest.mark.parametrize(("over", "at"), [("epoch", [1.5, 2.0]), ("seconds", [0.75, 1.0])])
def test_a_stroke_across_the_curve_says_what_changed_there(over, at):
    records = [epoch(number, number / 2) | {"step": 10 * number} for number in (1, 2, 3)]
    figure = compare_curves({"run": records}, "kl", "train", over, changes={"run": {15: "β 4", 20: "free bits 1"}})
    curve, strokes = figure.data
    assert list(strokes.x) == at
    assert list(strokes.y) == [3.75, 2.5]
    assert list(strokes.text) == ["β 4", "free bits 1"]
    assert strokes.marker.line.color == curve.line.color
    assert not strokes.showlegend
    assert len(compare_curves({"run": records}, "kl", changes={"run": {}}).data) == 1


def test_images_that_were_looked_for_are_ringed(any_map):
    wanted = any_map.indices[[3, 7]]
    figure = latent_map(any_map, ringed=np.array([*wanted, 10**6]))
    ring = figure.data[-1]
    np.testing.assert_allclose(np.column_stack([ring.x, ring.y]), any_map.coordinates[[3, 7]])
    assert ring.customdata is None  # it is not to be clicked in the place of the point
    assert len(latent_map(any_map, ringed=np.array([], int)).data) == 1


def test_names_are_read_at_their_points_and_are_nothing_but_text(any_map):
    names = [f"<b>{index}</b>" for index in range(any_map.indices.max() + 1)]
    labels = np.arange(len(any_map.indices)) % 2
    figure = latent_map(any_map, labels, ("<i>a</i>", "b"), image_names=names)
    for trace in figure.data:
        assert [f"&lt;b&gt;{index}&lt;/b&gt;" for index in trace.customdata] == list(trace.text)
        assert "%{text}" in trace.hovertemplate
    assert figure.data[0].name == "&lt;i&gt;a&lt;/i&gt;"
    assert "%{text}" not in latent_map(any_map).data[0].hovertemplate
