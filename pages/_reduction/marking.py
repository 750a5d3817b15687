"""The maps, and the images that are marked in all of them: by a loop, or by their colour."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._reduction.maps import Maps, panels_of
from pages._ui import frame, widgets
from pages._ui.cached import per_run
from pages._ui.chosen import choose, chosen_of
from pages._ui.linked_selection import mark_chosen
from vaelab.datasets import ImageDataset
from vaelab.figures.maps import linked_maps
from vaelab.runs import Run

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


MAPS_KEY = "linked-maps"

HOW = (
    "<b>Draw a loop</b> around some points in one<br>map: the same images are marked in<br>all, "
    "and shown below. A click beside<br>them removes the marks."
)
CHART = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["autoScale2d", "toImage", "zoomIn2d", "zoomOut2d", "select2d"],
}


def draw_maps(maps: Maps, models: dict[str, Run], data: ImageDataset, color: str | None) -> None:
    """Draw the maps; a loop in one marks the same images in all."""
    figure = _figure(maps, models, data, color, frame.has_webgl(), frame.is_narrow())
    with st.container(key=MAPS_KEY):
        widgets.chart(figure, key="maps-chart", config=CHART)
    mark_chosen(next(iter(models.values())), MAPS_KEY, lasso="always", hovered=(data, maps.indices))


@per_run(max_entries=8)
def _figure(
    maps: Maps, models: dict[str, Run], data: ImageDataset, color: str | None, webgl: bool, narrow: bool
) -> Figure:
    """The maps, drawn once: fifty traces take a while, and a loop does not change them."""
    values = labels = None
    if color == "label":
        labels = data.labels_of(maps.indices)
    elif color is not None and data.factors is not None:
        values = data.factors[maps.indices, data.factor_names.index(color)]
    return linked_maps(
        panels_of(maps, models),
        maps.indices,
        labels,
        data.label_names,
        values,
        (color or "").replace("_", " "),
        "" if narrow else HOW,  # the line above the page says it
        height=780 if narrow else 700,
        webgl=webgl,
        columns=2 if narrow else 3,
    )


def groups_of(data: ImageDataset, indices: NDArray[np.int64], color: str | None) -> dict[str, NDArray[np.int64]]:
    """What can be marked without a loop: each class, or each quarter of a factor's range."""
    labels = data.labels_of(indices)
    if color == "label" and labels is not None:
        return {
            name: indices[labels == label] for label, name in enumerate(data.label_names) if (labels == label).any()
        }
    if color is None or data.factors is None:
        return {}
    values = data.factors[indices, data.factor_names.index(color)]
    edges = np.linspace(values.min(), values.max(), 5)
    quarters = np.searchsorted(edges[1:-1], values, side="right")
    return {
        f"{low:.2f} to {high:.2f}": indices[quarters == quarter] for quarter, (low, high) in enumerate(pairwise(edges))
    }


def choose_by_color(run: Run, data: ImageDataset, groups: dict[str, NDArray[np.int64]], color: str | None) -> None:
    """Let the images of a colour be marked without a loop, for those who use no pointer."""
    key = f"mark:{data.key}:{color}"

    def mark() -> None:
        name = st.session_state[key]
        choose(run, [] if name is None else groups[name])

    if not groups:
        return
    marked = st.session_state.get(key)
    if marked is not None and not np.array_equal(groups[marked], chosen_of(run).images):
        st.session_state[key] = None  # others were chosen since
    st.selectbox(
        "Mark",
        list(groups),
        None,
        key=key,
        on_change=mark,
        width=200,
        placeholder="without a loop",
        help="Mark the images of a colour in all maps, without drawing a loop.",
    )
