"""The maps, and the images that are marked in all of them: by a loop, or by their colour."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._reduction.linked_selection import link_selection
from pages._reduction.maps import Maps, panels_of
from pages._ui import frame, pictures, widgets
from pages._ui.cached import per_run
from pages._ui.text import counted
from vaelab.datasets import ImageDataset
from vaelab.figures.maps import linked_maps
from vaelab.runs import Run

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


MAPS_KEY = "linked-maps"
MOST_SHOWN = 40

HOW = (
    "<b>Draw a loop</b> around some points in one<br>map: the same images are marked in<br>all, "
    "and shown below. A double click<br>removes the marks."
)
CHART = {"displaylogo": False, "modeBarButtonsToRemove": ["autoScale2d", "toImage", "zoomIn2d", "zoomOut2d"]}


def chosen_key(data: ImageDataset) -> str:
    """Key of the images that are marked."""
    return f"linked:{data.key}"


def mark_key(data: ImageDataset, color: str | None) -> str:
    """Key of what marks images without a loop."""
    return f"mark:{data.key}:{color}"


def draw_maps(maps: Maps, models: dict[str, Run], data: ImageDataset, color: str | None) -> None:
    """Draw the maps; a loop in one marks the same images in all."""
    figure = _figure(maps, models, data, color, frame.has_webgl(), frame.is_narrow())
    # A cleared selection needs a new chart, which has no loop in it.
    chart_key = f"maps-chart-{st.session_state.setdefault('maps-cleared', 0)}"

    def selected() -> None:
        points = st.session_state[chart_key]["selection"]["points"]
        images = {int(np.ravel(point["customdata"])[0]) for point in points if "customdata" in point}
        st.session_state[chosen_key(data)] = sorted(images)
        st.session_state[mark_key(data, color)] = None

    with st.container(key=MAPS_KEY):
        widgets.chart(
            figure, key=chart_key, on_select=selected, selection_mode=("points", "box", "lasso"), config=CHART
        )
    link_selection(MAPS_KEY, st.session_state.get(chosen_key(data), []))


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


def draw_chosen(data: ImageDataset, groups: dict[str, NDArray[np.int64]], color: str | None) -> None:
    """Show the images that are marked, and let a group be marked without a loop, for those who use no pointer."""

    def mark() -> None:
        name = st.session_state[mark_key(data, color)]
        st.session_state[chosen_key(data)] = [] if name is None else groups[name].tolist()
        st.session_state["maps-cleared"] += 1

    def clear() -> None:
        st.session_state[mark_key(data, color)] = None
        mark()

    if groups:
        st.selectbox(
            "Mark",
            list(groups),
            None,
            key=mark_key(data, color),
            on_change=mark,
            width=200,
            placeholder="without a loop",
            help="Mark the images of a colour in all maps, without drawing a loop.",
        )
    chosen = np.array(st.session_state.get(chosen_key(data), []), dtype=np.int64)
    if not len(chosen):
        return
    shown = chosen
    if len(chosen) > MOST_SHOWN:
        shown = chosen[np.linspace(0, len(chosen) - 1, MOST_SHOWN).round().astype(int)]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        some = "" if len(shown) == len(chosen) else f", {len(shown)} of them shown"
        labels = data.labels_of(chosen)
        classes = ""
        if labels is not None:
            common = Counter(labels.tolist()).most_common(8)
            classes = ": " + ", ".join(f"{n:,} × “{widgets.plain(data.label_names[c])}”" for c, n in common)
            if len(set(labels.tolist())) > len(common):
                classes += " …"
        st.markdown(f"**{counted(len(chosen), 'image')} chosen**{some}{classes}")
        st.button(
            "Clear selection",
            icon=":material/close:",
            key="maps-clear",
            on_click=clear,
            help="Remove the marks from all maps.",
        )
    pictures.sheet(data.images[shown], 20, "The chosen images")
