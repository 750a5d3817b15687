"""What is drawn is what was given."""

import numpy as np
import pytest

from vaelab.figures.generation import nearest_distances, row_of_images, shift_curves


@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 32)])
def test_a_row_holds_each_image_in_a_cell_of_equal_width(rng, channels, side):
    images = rng.integers(0, 256, (3, channels, side, side)).astype(np.uint8)
    row = row_of_images(images, 5)
    _, width, four = row.shape
    assert (four, width % 5) == (4, 0)
    cell = width // 5
    times = 96 // side
    for index in range(3):
        part = row[:, index * cell : (index + 1) * cell]
        inside = np.flatnonzero(part[:, :, 3].any(0))
        # In the middle of its cell, so that words under it are, too.
        assert inside[0] == cell - 1 - inside[-1]
        assert len(inside) == side * times
        top = np.flatnonzero(part[:, :, 3].any(1))[0]
        shown = part[top::times, inside[0] :: times, :3][:side, :side]
        expected = images[index].transpose(1, 2, 0)
        np.testing.assert_array_equal(shown, np.broadcast_to(expected, shown.shape))
    assert not row[:, 3 * cell :].any(), "cells left over show what is beneath"


def test_a_frame_surrounds_images_without_moving_them():
    images = np.full((2, 1, 8, 8), 200, np.uint8)
    plain, framed = row_of_images(images, 2), row_of_images(images, 2, "#0a141e")
    assert plain.shape == framed.shape
    image = plain[:, :, 3] == 255
    np.testing.assert_array_equal(framed[image], plain[image])
    frame = (framed[:, :, 3] == 255) & ~image
    assert frame.any()
    assert (framed[frame] == [10, 20, 30, 255]).all()


def test_distances_are_drawn_group_by_group_with_the_real_median(rng):
    groups = {"prior": rng.uniform(size=9), "real": np.array([0.1, 0.2, 0.9])}
    figure = nearest_distances(groups, "real")
    assert [trace.name for trace in figure.data] == list(groups)
    for trace, distances in zip(figure.data, groups.values(), strict=True):
        np.testing.assert_array_equal(trace.x, distances)
    assert figure.layout.shapes[0].x0 == pytest.approx(0.2)
    assert "RMS" in figure.layout.xaxis.title.text


def test_shares_are_drawn_with_what_real_images_reach():
    strengths = np.array([0.0, 1.0])
    shares = {"codes": np.array([0, 1.0]), "chance": np.array([0, 0.2])}
    figure = shift_curves(strengths, shares, "chance", 0.9)
    assert [trace.name for trace in figure.data] == ["codes", "chance"]
    np.testing.assert_array_equal(figure.data[0].y, shares["codes"])
    assert figure.data[1].line.dash == "dot"
    assert figure.layout.shapes[0].y0 == pytest.approx(0.9)
    assert not shift_curves(strengths, shares, "chance").layout.shapes
