"""Several maps of the same images, side by side: arrays in, Plotly figures out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape  # classes and titles are whatever people wrote
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from vaelab.figures.style import PALETTE, SVG_POINTS, SYMBOLS

__all__ = ["MapPanel", "linked_maps"]


class MapPanel(NamedTuple):
    """One of several maps of the same images.

    Attributes
    ----------
    title
        Its name.
    note
        A short line under it, or in the middle of an empty panel.
    places
        ``(N, 2)``, or None while there are none.
    axes
        What the two axes are called.
    ticks
        Whether numbers along the axes mean something.
    """

    title: str
    note: str
    places: NDArray[np.floating] | None
    axes: tuple[str, str] = ("", "")
    ticks: bool = True


def linked_maps(
    panels: Sequence[MapPanel],
    indices: NDArray[np.integer],
    labels: NDArray[np.integer] | None = None,
    label_names: Sequence[str] = (),
    values: NDArray[np.floating] | None = None,
    value_name: str = "",
    how: str = "",
    height: int = 700,
    webgl: bool = True,
    columns: int = 3,
) -> go.Figure:
    """Draw maps of the same images in rows, with a legend in the place left over.

    Parameters
    ----------
    panels
        Five maps of N images.
    indices
        ``(N,)``, which images of the dataset.
    labels, label_names
        ``(N,)`` and the names that they stand for: a colour a class.
    values, value_name
        ``(N,)``: instead of classes, one colour scale for a known factor.
    how
        What to do, for the place left over.
    height
        In pixels.
    webgl
        Whether the browser has it, so that many points can be drawn by it.
    columns
        Maps in a row: 3, or 2 on a narrow screen, where the axes are then without numbers.

    Returns
    -------
    plotly.graph_objects.Figure
        Each point's ``customdata`` is the index of its image. A class is hidden in all maps at
        once. A selection changes no marker: whoever shows the figure marks the chosen everywhere.
    """
    narrow = columns < 3
    titles = [
        f"<b>{panel.title}</b><br><span style='font-size:0.8em'>{_note(panel, narrow)}</span>" for panel in panels
    ]
    between = 0.13 if narrow else 0.055
    figure = make_subplots(
        rows=-(-(len(panels) + 1) // columns),
        cols=columns,
        subplot_titles=titles,
        horizontal_spacing=between,
        vertical_spacing=0.14 if narrow else 0.16,
    )
    figure.update_annotations(font_size=14 if narrow else 15)
    classes = _classes(len(indices), labels, label_names)
    many = len(panels) * len(indices) > SVG_POINTS
    scatter = go.Scattergl if many and webgl else go.Scatter
    for number, panel in enumerate(panels):
        place = {"row": number // columns + 1, "col": number % columns + 1}
        if panel.places is None:
            _empty(figure, panel.note, place)
            continue
        for trace in _points(panel.places, indices, classes, values, value_name, scatter):
            trace.showlegend = number == 0 and len(classes) > 1
            figure.add_trace(trace, **place)
        figure.update_xaxes(
            title=panel.axes[0],
            title_standoff=4,
            zeroline=False,
            showticklabels=panel.ticks,
            **place,
        )
        figure.update_yaxes(
            title=panel.axes[1],
            title_standoff=4,
            zeroline=False,
            showticklabels=panel.ticks,
            scaleanchor="x" if number == 0 else f"x{number + 1}",
            **place,
        )
    if narrow:
        figure.update_xaxes(showticklabels=False, title_font_size=11)
        figure.update_yaxes(showticklabels=False, title_font_size=11)
    left = (columns - 1) * (1 + between) / columns  # of the place left over
    rest = {"row": len(figure._grid_ref), "col": columns}
    top = next(figure.select_yaxes(**rest)).domain[1]
    figure.update_xaxes(visible=False, **rest)
    figure.update_yaxes(visible=False, **rest)
    figure.add_annotation(
        text=how,
        xref="paper",
        yref="paper",
        x=left,
        y=top + 0.02,
        xanchor="left",
        yanchor="top",
        align="left",
        showarrow=False,
        font={"size": 13},
    )
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 96 if narrow else 74, "b": 8},  # above the titles: the tool bar
        dragmode="lasso",  # which the browser draws, and not Plotly
        hovermode="closest",
        # Zoom and hidden classes survive a redraw of the same maps.
        uirevision=f"{len(indices)}-{indices[0]}",
        legend={
            "title": {"text": ""},
            "itemsizing": "constant",
            "tracegroupgap": 0,
            "x": left,
            "xanchor": "left",
            "y": top - 0.12 if how else top,
            "yanchor": "top",
            "font": {"size": 12},
        },
        coloraxis={
            "colorscale": "Cividis",
            "colorbar": {
                "title": {"text": value_name, "side": "top"},
                "orientation": "h",
                "thickness": 12,
                "x": left,
                "xanchor": "left",
                "len": 0.28,
                "y": top - 0.14 if how else top,
                "yanchor": "top",
            },
        },
    )
    return figure


def _note(panel: MapPanel, narrow: bool) -> str:
    """What is written under a map's name; the place for it where there is no map. Half as wide, it takes two lines."""
    note = panel.note if panel.places is not None else " "
    first, *more = note.rsplit(" · ", 1)
    return "<br>".join((first, *(more or [" "]))) if narrow else note


def _classes(
    num_images: int, labels: NDArray[np.integer] | None, label_names: Sequence[str]
) -> list[tuple[str, NDArray[Any], dict[str, Any]]]:
    """Each class that occurs: its name, which rows, and how it is drawn."""
    everything = np.arange(num_images)
    if labels is None:
        return [("images", everything, {"color": PALETTE[0]})]
    return [
        (
            name,
            everything[labels == label],
            {
                "color": PALETTE[label % len(PALETTE)],
                "symbol": SYMBOLS[label // len(PALETTE) % len(SYMBOLS)],
            },
        )
        for label, name in enumerate(label_names)
        if (labels == label).any()
    ]


def _points(
    places: NDArray[np.floating],
    indices: NDArray[np.integer],
    classes: list[tuple[str, NDArray[Any], dict[str, Any]]],
    values: NDArray[np.floating] | None,
    value_name: str,
    scatter: type[go.Scatter] | type[go.Scattergl],
) -> list[go.Scatter | go.Scattergl]:
    style = {"size": 5 if len(indices) <= 2500 else 4, "opacity": 0.8}
    if values is not None:
        # Classes go on as colours only where there are no values.
        colour = {"color": values, "coloraxis": "coloraxis"}
        classes = [("images", np.arange(len(indices)), colour)]
    traces = []
    for name, chosen, marker in classes:
        hover = f"{value_name} %{{marker.color:.2f}}<br>" if values is not None else f"{escape(name)}<br>"
        if name == "images" and values is None:
            hover = ""
        traces.append(
            scatter(
                x=places[chosen, 0],
                y=places[chosen, 1],
                customdata=indices[chosen],
                mode="markers",
                name=escape(name),
                legendgroup=escape(name),
                hovertemplate=f"{hover}image %{{customdata}}<extra></extra>",
                marker=style | marker,
            )
        )
    return traces


def _empty(figure: go.Figure, note: str, place: dict[str, int]) -> None:
    """Say in an empty panel why it is."""
    figure.update_xaxes(visible=False, range=[0, 1], **place)
    figure.update_yaxes(visible=False, range=[0, 1], **place)
    figure.add_annotation(text=note, x=0.5, y=0.5, showarrow=False, **place)
