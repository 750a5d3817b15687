"""Posteriors drawn on a map of latent space."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from vaelab.figures.style import ACCENT, GREY
from vaelab.latent.posteriors import draws_on_map

__all__ = ["MASSES", "add_aggregate_posterior", "add_ellipses"]

#: Shares of a density's mass that its lines are drawn around.
MASSES = (0.5, 0.95)
#: Corners of an ellipse; cells along each side of the map in which draws from q(z) are counted, and draws.
CORNERS, SIDE, DRAWS = 40, 50, 300_000


def add_ellipses(
    figure: go.Figure,
    means: NDArray[np.floating],
    covariances: NDArray[np.floating],
    name: str,
    color: str,
    times: float = 1.0,
) -> None:
    """Draw ellipses at the map's scale, as one trace.

    Parameters
    ----------
    figure
        The map, which they are added to.
    means, covariances
        ``(N, 2)`` and ``(N, 2, 2)``.
    name
        In the legend.
    color
        Of the lines.
    times
        How many standard deviations wide.
    """
    angles = np.linspace(0, 2 * np.pi, CORNERS)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    corners = means[:, :, None] + times * np.linalg.cholesky(covariances) @ circle  # (N, 2, CORNERS)
    gaps = np.full((len(means), 2, 1), np.nan)
    x, y = np.concatenate([corners, gaps], axis=2).transpose(1, 0, 2).reshape(2, -1)
    figure.add_trace(
        go.Scatter(
            x=x, y=y, mode="lines", name=name, hoverinfo="skip", opacity=0.6, line={"color": color, "width": 1.2}
        )
    )


def add_aggregate_posterior(
    figure: go.Figure,
    means: NDArray[np.floating],
    covariances: NDArray[np.floating],
    prior_center: NDArray[np.floating],
) -> None:
    """Draw where the aggregate posterior and the prior have their mass.

    A line encloses the places where a density is highest that hold ``MASSES`` of it (Hyndman 1996); that
    of the aggregate posterior is told from draws, counted in the cells of a grid.

    Parameters
    ----------
    figure
        The map, of two orthonormal directions of latent space, which they are added to.
    means, covariances
        ``(N, 2)`` and ``(N, 2, 2)``: the posteriors on it.
    prior_center
        ``(2,)``: where the origin of latent space is on it; there the prior is N(0, I) too.
    """
    draws = draws_on_map(means, covariances, DRAWS)
    low, high = draws.min(0), draws.max(0)
    margin = (high - low) / SIDE  # cells around all, so that lines close
    edges = np.linspace(low - margin, high + margin, SIDE + 1).T
    counts, _, _ = np.histogram2d(draws[:, 0], draws[:, 1], bins=[edges[0], edges[1]])
    x, y = ((edge[1:] + edge[:-1]) / 2 for edge in edges)
    ranked = np.sort(counts, axis=None)[::-1]
    levels = ranked[np.searchsorted(ranked.cumsum(), np.array(MASSES) * DRAWS)]
    for level in levels:
        figure.add_trace(
            go.Contour(
                x=x,
                y=y,
                z=counts.T,
                contours={"start": level, "end": level, "size": 1, "coloring": "none"},
                line={"color": ACCENT, "width": 2.5},
                showscale=False,
                hoverinfo="skip",
                name="q(z)",
                legendgroup="q",
                showlegend=bool(level == levels[0]),
            )
        )
    circles = np.sqrt(-2 * np.log(1 - np.array(MASSES)))  # radii of a Gaussian of two dimensions
    add_ellipses(figure, np.tile(prior_center, (2, 1)), circles[:, None, None] ** 2 * np.eye(2), "prior p(z)", GREY)
    figure.data[-1].update(opacity=1, line={"width": 2.5, "dash": "dash"})
