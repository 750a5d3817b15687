"""The map itself: its points, the grid under them, and what can be done on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._explore.found import go_to_image
from pages._explore.posteriors import NO_POSTERIORS, draw_posteriors
from pages._ui import controls, frame, map_view, state, widgets
from vaelab.figures import latent_map

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from vaelab.datasets import ImageDataset
    from vaelab.latent.projections import Projection, ProjectionKind
    from vaelab.runs import Remembered, Run

__all__ = ["MAP_KEY", "Shown", "choose_grid", "draw_map", "figure_of", "say_how"]

#: Of the container around the chart, by which the browser finds it, and of the chart itself.
MAP_KEY = "latent-map"
CHART_KEY = "latent-map-chart"

#: How points are drawn over a decoded grid.
Grid = Literal["faint", "full", "none"]
GRID_NAMES: dict[Grid, str] = {"faint": "Faint", "full": "Full", "none": "None"}


class Shown(NamedTuple):
    """What is chosen above the map."""

    kind: ProjectionKind
    max_points: int
    dims: tuple[int, int] | None  # along the axes, on a map of two dimensions
    color: str | None
    found: NDArray[np.int64]
    grid: Grid | None
    posteriors: str


def choose_grid() -> Grid | None:
    """Choose whether images are decoded under the points and, if so, how much is seen of these."""
    shown = controls.toggle(
        "Decoded grid",
        param="grid",
        key="grid",
        help="Draw under the points what the decoder makes of every place of the map.",
    )
    if not shown:
        return None
    return controls.segmented_control(
        "Points over it",
        param="dots",
        key="grid-dots",
        options=list(GRID_NAMES),
        default="faint",
        help="How much is seen of the images' points: the grid lies under them.",
        format_func=GRID_NAMES.__getitem__,
    )


def figure_of(
    run: Run, data: ImageDataset | Remembered, projection: Projection, shown: Shown, webgl: bool = True
) -> go.Figure:
    """The map's figure: points, and posteriors where they were asked for."""
    color = shown.color
    values = labels = None
    if color == "label" and data.labels is not None:
        labels = data.labels[projection.indices]
    elif color is not None and data.factors is not None:
        values = data.factors[projection.indices, data.factor_names.index(color)]
    figure = latent_map(
        projection,
        labels,
        data.label_names,
        values,
        (color or "").replace("_", " "),
        decoded=shown.grid is not None,
        points=shown.grid or ("full" if shown.posteriors == NO_POSTERIORS else "faint"),
        image_names=data.image_names,
        ringed=shown.found,
        webgl=webgl,
    )
    draw_posteriors(figure, run, data, projection, shown.posteriors)
    return figure


def draw_map(run: Run, data: ImageDataset | Remembered, projection: Projection, shown: Shown) -> None:
    """Draw the map. No click changes its figure, so that its zoom stays: the canvas marks z itself."""
    figure = figure_of(run, data, projection, shown, frame.has_webgl())

    # The canvas answers clicks; until its code runs, and where a browser blocks that, they come here.
    def clicked() -> None:
        index = state.clicked_image(CHART_KEY)
        if index is not None:
            go_to_image(run, data, projection, index)

    with st.container(key=MAP_KEY):
        widgets.chart(
            figure,
            fills=True,
            key=CHART_KEY,
            on_select=clicked,
            selection_mode="points",
            config=map_view.MAP_CONFIG,
        )


#: How a map came to be, by its kind.
PLACED: dict[ProjectionKind, str] = {
    "plane": "placed by the encoder",
    "pair": "placed by two numbers of its code",
    "epochs": "encoded, then projected by PCA of all epochs",
    "pca": "encoded, then projected by PCA",
    "umap": "encoded, then laid out by UMAP",
}


def say_how(shown: Shown, kind: ProjectionKind) -> None:
    """Say what can be done on the map, by mouse and by finger; its kind may be that of a stand-in."""
    placed = f"Each point is an image, {PLACED[kind]}."
    legend = "; click a class in the legend to hide it" if shown.color == "label" else ""
    others = ", with the other numbers left where the sliders are" if shown.dims else ""
    between = f" {map_view.WAYS_ON_UMAP}" if kind == "umap" else ""
    with st.container(key="by-mouse"):
        st.caption(
            f"{placed} **Move over the map** to decode any place of it{others}; **click** to stay there, "
            "**Shift-click** (or switch on Way-points) to make a way. Drag to move; **Ctrl (⌘) and the wheel** zoom, "
            f"or the wheel alone after a click on the map{legend}. **Choose images** to draw a line "
            f"around some, and keep, decode, relabel or save them together.{between}"
        )
    with st.container(key="by-finger"):
        st.caption(
            f"{placed} **Draw a finger over the map** to decode any place of it, and **lift it** to stay there. "
            "**Two fingers** zoom the map and move it; a finger beside it scrolls the page. **Choose images** to "
            "draw a line around some."
        )
