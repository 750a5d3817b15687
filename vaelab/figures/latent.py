"""The map of latent space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape  # classes and names of images are whatever people wrote
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from vaelab.figures.style import ACCENT, PALETTE, SVG_POINTS, SYMBOLS
from vaelab.latent.projections import Projection

__all__ = ["latent_map"]


def latent_map(
    projection: Projection,
    labels: NDArray[np.integer] | None = None,
    label_names: Sequence[str] = (),
    values: NDArray[np.floating] | None = None,
    value_name: str = "",
    marks: Mapping[str, NDArray[np.floating]] | None = None,
    path: NDArray[np.floating] | None = None,
    height: int = 600,
    image_names: Sequence[str] = (),
    ringed: NDArray[np.integer] | None = None,
    decoded: bool = False,
    points: Literal["full", "faint", "none"] = "full",
    webgl: bool = True,
) -> go.Figure:
    """Draw a map of latent space.

    Parameters
    ----------
    projection
        The map of N images.
    labels, label_names
        ``(N,)`` and the names that they stand for: a colour a class.
    values, value_name
        ``(N,)``: instead of classes, one colour scale for a known factor.
    marks
        Places ``(2,)`` to mark, by the letter or sign to draw there.
    path
        Places ``(K, 2)`` along a way to draw.
    height
        In pixels.
    image_names
        What each image of the dataset is called, to be read at its point; empty where they have no names.
    ringed
        Images of the dataset whose points get a ring.
    decoded
        Whether the browser draws decoded images under the points: the chart is then transparent, and says
        so in its ``meta``.
    points
        How they are drawn: over decoded images they are in the way of these.
    webgl
        Whether the browser has it. Of more than ``SVG_POINTS`` images, some are left out otherwise, and the map
        says so.

    Returns
    -------
    plotly.graph_objects.Figure
        Each point's ``customdata`` is the index of its image in the dataset.
    """
    figure = go.Figure()
    size = 7 if len(projection.indices) <= 2500 else 4.5
    opacity = {"full": 0.9, "faint": 0.3, "none": 0.0}[points]
    if decoded:
        size *= 0.75  # leave something to see of what lies under them

    everything = np.arange(len(projection.indices))
    if not webgl:
        everything = everything[:: -(-len(everything) // SVG_POINTS)]
    scatter = go.Scatter if len(everything) <= SVG_POINTS else go.Scattergl

    def add(chosen: NDArray[Any], name: str, hover: str, **marker: Any) -> None:
        style = {"size": size, "opacity": opacity}
        called = [escape(image_names[index]) for index in projection.indices[chosen]] if image_names else None
        figure.add_trace(
            scatter(
                x=projection.coordinates[chosen, 0],
                y=projection.coordinates[chosen, 1],
                customdata=projection.indices[chosen],
                mode="markers",
                name=name,
                text=called,
                hovertemplate=f"{hover}<br>image %{{customdata}}{'<br>%{text}' if called else ''}<extra></extra>",
                marker=style | marker,
                # The point clicked stands out; greying out all the rest would hide the map.
                selected={"marker": {"opacity": 1, "size": 16, "color": ACCENT}},
                unselected={"marker": {"opacity": opacity}},
            )
        )

    if values is not None:
        value_name = escape(value_name)
        # Below the buttons that zoom, which are at the top right.
        bar = {"title": {"text": value_name, "side": "right"}, "thickness": 12, "len": 0.9, "y": 0, "yanchor": "bottom"}
        hover = f"{value_name} %{{marker.color:.2f}}"
        add(everything, value_name, hover, color=values[everything], colorscale="Cividis", colorbar=bar)
    elif labels is not None:
        for label, name in enumerate(label_names):
            symbol = SYMBOLS[label // len(PALETTE) % len(SYMBOLS)]
            chosen = everything[labels[everything] == label]
            if len(chosen):
                add(chosen, escape(name), escape(name), color=PALETTE[label % len(PALETTE)], symbol=symbol)
    else:
        add(everything, "images", "", color=PALETTE[0])

    _mark(figure, projection, ringed, path, marks or {})
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        clickmode="event+select",
        dragmode="pan",
        hovermode="closest",
        # Zoom and hidden classes survive a redraw of the same map.
        uirevision=f"{projection.kind}-{projection.coordinates[0]}",
        legend={"title": {"text": ""}, "itemsizing": "constant", "y": 0.94, "yanchor": "top"},
        showlegend=None if points != "none" else False,
    )
    if len(everything) < len(projection.indices):
        left_bottom = {"xref": "paper", "yref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "bottom"}
        drawn = f"{len(everything):,} of {len(projection.indices):,} points"
        figure.add_annotation(text=drawn, showarrow=False, **left_bottom)
    figure.update_xaxes(title=escape(projection.axes[0]), zeroline=False)
    figure.update_yaxes(title=escape(projection.axes[1]), zeroline=False)
    if projection.codes.shape[1] > 1:
        figure.update_yaxes(scaleanchor="x")
    if decoded:
        figure.update_layout(meta={"decoded": True}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)")
        figure.update_xaxes(showgrid=False)  # lines would run over the images
        figure.update_yaxes(showgrid=False)
    if projection.kind == "umap":
        # Its numbers mean nothing; what lies beside what does.
        figure.update_xaxes(showticklabels=False)
        figure.update_yaxes(showticklabels=False)
    return figure


def _mark(
    figure: go.Figure,
    projection: Projection,
    ringed: NDArray[np.integer] | None,
    path: NDArray[np.floating] | None,
    marks: Mapping[str, NDArray[np.floating]],
) -> None:
    """Draw what lies over the points: rings, a way, and places."""
    if ringed is not None and len(ringed):
        on_map = np.isin(projection.indices, ringed)
        figure.add_trace(
            go.Scatter(
                x=projection.coordinates[on_map, 0],
                y=projection.coordinates[on_map, 1],
                mode="markers",
                hoverinfo="skip",
                showlegend=False,
                marker={
                    "symbol": "circle-open",
                    "size": 18 if len(ringed) <= 20 else 12,
                    "color": ACCENT,
                    "line": {"width": 3},
                },
            )
        )
    if path is not None:
        figure.add_trace(
            go.Scatter(
                x=path[:, 0],
                y=path[:, 1],
                mode="lines+markers",
                hoverinfo="skip",
                showlegend=False,
                line={"color": ACCENT, "width": 3},
                marker={"size": 5},
            )
        )
    for sign, place in marks.items():
        figure.add_trace(
            go.Scatter(
                x=place[:1],
                y=place[1:2],
                mode="markers+text",
                text=[sign],
                # In the mark: over points it could not be read.
                textposition="middle center",
                textfont={"size": 15, "color": "black"},
                hoverinfo="skip",
                showlegend=False,
                marker={
                    "size": 24 if sign else 15,
                    "color": "white",
                    "line": {"color": ACCENT, "width": 4},
                },
            )
        )
