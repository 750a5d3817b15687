"""Figures for a projector and a back row."""

from __future__ import annotations

import plotly.graph_objects as go

__all__ = ["enlarged"]

#: Size of Plotly's own text, in pixels.
FONT_SIZE = 12
#: A figure of one row that is this high or higher fills a screen, so its height is kept.
FULL_HEIGHT = 500


def enlarged(figure: go.Figure, times: float = 1.4) -> go.Figure:
    """Enlarge a figure's text and marks and, where larger text needs the room, the figure.

    Parameters
    ----------
    figure
        Left as it is: it may be shared.
    times
        How much larger text becomes.

    Returns
    -------
    plotly.graph_objects.Figure
        A copy. Figures of several rows, and those that do not fill a screen, become higher.

    Examples
    --------
    >>> figure = go.Figure(layout={"height": 300, "font": {"size": 10}})
    >>> larger = enlarged(figure, 2.0)
    >>> larger.layout.height, larger.layout.font.size, figure.layout.height
    (600.0, 20.0, 300)
    """
    figure = go.Figure(figure)
    layout = figure.layout
    layout.font.size = times * (layout.font.size or FONT_SIZE)
    # Text without a size of its own follows this.
    for words in (layout.legend, *layout.annotations):
        if words.font.size:
            words.font.size *= times
    rows = {axis.domain for axis in figure.select_yaxes()}
    if layout.height and (layout.height < FULL_HEIGHT or len(rows) > 1):
        layout.height *= times
        layout.margin.t = times * (layout.margin.t or 0)
    # Marks need not grow as much as words, or those of a map would cover one another.
    more = times**0.5
    for trace in figure.data:
        for part, measure in (("marker", "size"), ("line", "width")):
            # A bar's mark has no size, and a picture no mark.
            if part in trace and measure in trace[part]:
                marks = trace[part]
                if isinstance(marks[measure], int | float):
                    marks[measure] *= more
    return figure
