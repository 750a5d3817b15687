"""Ellipses and lines lie where they say."""

import numpy as np
import plotly.graph_objects as go
import pytest
from scipy.interpolate import RegularGridInterpolator

from vaelab.figures.posteriors import CORNERS, MASSES, add_aggregate_posterior, add_ellipses


def test_ellipses_are_so_many_sigmas_wide(rng):
    means = rng.normal(size=(6, 2))
    factors = rng.normal(size=(6, 2, 2))
    covariances = factors @ factors.transpose(0, 2, 1)
    figure = go.Figure()
    add_ellipses(figure, means, covariances, "posteriors", "red", times=2)
    (trace,) = figure.data
    corners = np.column_stack([trace.x, trace.y]).reshape(6, CORNERS + 1, 2)
    assert np.isnan(corners[:, -1]).all()
    off = corners[:, :-1] - means[:, None]
    mahalanobis = np.einsum("nka,nab,nkb->nk", off, np.linalg.inv(covariances), off)
    np.testing.assert_allclose(mahalanobis, 4)


@pytest.mark.parametrize("center", [[0.0, 0.0], [3.0, -1.0]])
def test_lines_hold_the_mass_that_is_said(rng, center):
    """Of a model whose aggregate posterior is the prior both have the same; elsewhere each its own."""
    means = rng.normal(size=(3000, 2)) * 0.8
    covariances = np.tile(0.36 * np.eye(2), (3000, 1, 1))
    figure = go.Figure()
    add_aggregate_posterior(figure, means, covariances, np.array(center))
    *lines, prior = figure.data
    draws = rng.normal(size=(20_000, 2))
    for line, mass in zip(lines, MASSES, strict=True):
        counted = RegularGridInterpolator((line.y, line.x), line.z, bounds_error=False, fill_value=0)(draws[:, ::-1])
        assert (counted > line.contours.start).mean() == pytest.approx(mass, abs=0.03)
    circles = np.column_stack([prior.x, prior.y]).reshape(2, CORNERS + 1, 2)[:, :-1] - center
    for circle, mass in zip(circles, MASSES, strict=True):
        radius = np.linalg.norm(circle, axis=1)
        np.testing.assert_allclose(radius, radius[0])
        assert (np.linalg.norm(draws, axis=1) < radius[0]).mean() == pytest.approx(mass, abs=0.03)
