"""Dimensionality reduction: the same images on five maps, linked."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages._ui import fitting, frame, resources, widgets
from pages._ui.cached import per_run
from pages._ui.linked_selection import link_selection
from pages._ui.reduction_maps import MAP_TITLES, Maps, maps_so_far, panels_of
from vaelab.config import TrainConfig
from vaelab.figures.maps import linked_maps
from vaelab.runs import ACTIVE, Run, Status, list_runs

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from vaelab.datasets import ImageDataset

MAPS_KEY = "linked-maps"
MOST_SHOWN = 40

HOW = (
    "<b>Draw a loop</b> around some points in one<br>map: the same images are marked in<br>all, "
    "and shown below. A double click<br>removes the marks."
)
CHART = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["autoScale2d", "toImage", "zoomIn2d", "zoomOut2d"],
}
FAMILY = {"ae": "autoencoder", "vae": "VAE"}


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.REDUCTION)
        data = resources.images_of(run)
        other = choose_other(run)
        color = widgets.color_choice(data)
    st.caption("Five ways of laying out the same images on a plane, and where each puts the ones that you choose.")
    fitting.say_what_suits(fitting.REDUCTION, run)
    models: dict[str, Run] = {each.config.model: each for each in (run, other) if each is not None}
    if other is None:
        offer_other(run)

    @frame.part()
    def body() -> None:
        maps = maps_so_far(models, data)
        chosen_key = f"linked:{data.key}"
        mark_key = f"mark:{chosen_key}:{color}"
        draw_maps(maps, models, data, color, chosen_key, mark_key)
        draw_chosen(data, groups_of(data, maps.indices, color), chosen_key, mark_key)
        progress = st.container()
        draw_figures(maps, models, data)
        with progress:  # last, as the very first job starts the cluster, which takes seconds
            follow(maps)


def follow(maps: Maps) -> None:
    """Have jobs make what is missing, and draw the maps again whenever one is done."""
    if not maps.missing:
        return

    def has_more() -> bool:
        return any(resources.known(run, name) for run, name, _ in maps.missing)

    @frame.part(every=1.0, until=has_more, waits=True)
    def bars() -> None:
        for study in maps.missing:
            widgets.result_or_progress(*study)


def choose_other(run: Run) -> Run | None:
    """Choose the model of the other kind."""
    config = run.config
    others = [
        other
        for other in resources.same_images(run)
        if other.config.model != config.model and other.status.state not in ACTIVE
    ]

    def likeness(other: Run) -> tuple[bool, bool, bool]:
        same_size = other.config.latent_dim == config.latent_dim
        return same_size, other.config.corruption is None, not other.config.conditional

    best = max(others, key=likeness, default=None)
    return widgets.choose_other_run(
        "Beside it",
        key="beside-map",
        runs=others,
        help="An autoencoder beside a VAE, or the other way round, of the same images.",
        prefer=lambda other: other is best,
    )


# A model that is not there ----------------------------------------------------------------------


def offer_other(run: Run) -> None:
    """Offer to train the model of the other kind, and show how far that is."""
    kind = "ae" if run.config.model == "vae" else "vae"
    settings = run.config.model_dump() | {"model": kind, "objective": "elbo", "free_bits": 0.0}
    config = TrainConfig.model_validate(settings)

    def twin() -> Run | None:
        return next((other for other in list_runs() if other.config == config), None)

    def train() -> None:
        resources.jobs().train(twin() or Run.create(config))

    def status_of_twin() -> Status | None:
        other = twin()
        return None if other is None else resources.jobs().status(other)

    def is_idle() -> bool:
        status = status_of_twin()
        return status is None or status.state not in ACTIVE

    @frame.part(every=1.0, until=is_idle)
    def offer() -> None:
        status = status_of_twin()
        if status is not None and status.state in ACTIVE:
            st.progress(status.progress, f"Training the {FAMILY[kind]} with the same settings …")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            why = "" if status is None or not status.message else f" {status.message}"
            st.info(
                f"There is no {FAMILY[kind]} of these images yet to compare with.{widgets.plain(why)}",
                icon=":material/info:",
            )
            st.button(
                f"Train the {FAMILY[kind]}",
                icon=":material/model_training:",
                help=f"With the settings of {widgets.plain(run.title)}, switched to the other kind of model.",
                on_click=widgets.attempt,
                args=(train,),
            )


# Drawing ----------------------------------------------------------------------------------------


def draw_maps(
    maps: Maps,
    models: dict[str, Run],
    data: ImageDataset,
    color: str | None,
    chosen_key: str,
    mark_key: str,
) -> None:
    figure = _figure(maps, models, data, color, frame.has_webgl(), frame.is_narrow())
    # A cleared selection needs a new chart, which has no loop in it.
    chart_key = f"maps-chart-{st.session_state.setdefault('maps-cleared', 0)}"

    def selected() -> None:
        points = st.session_state[chart_key]["selection"]["points"]
        images = {int(np.ravel(point["customdata"])[0]) for point in points if "customdata" in point}
        st.session_state[chosen_key] = sorted(images)
        st.session_state[mark_key] = None

    with st.container(key=MAPS_KEY):
        widgets.chart(
            figure,
            key=chart_key,
            on_select=selected,
            selection_mode=("points", "box", "lasso"),
            config=CHART,
        )
    link_selection(MAPS_KEY, st.session_state.get(chosen_key, []))


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


def draw_chosen(data: ImageDataset, groups: dict[str, NDArray[np.int64]], chosen_key: str, mark_key: str) -> None:
    def mark() -> None:
        name = st.session_state[mark_key]
        st.session_state[chosen_key] = [] if name is None else groups[name].tolist()
        st.session_state["maps-cleared"] += 1

    def clear() -> None:
        st.session_state[mark_key] = None
        mark()

    # The same without a loop, for those who use no pointer.
    if groups:
        st.selectbox(
            "Mark",
            list(groups),
            None,
            key=mark_key,
            on_change=mark,
            width=200,
            placeholder="without a loop",
            help="Mark the images of a colour in all maps, without drawing a loop.",
        )
    chosen = np.array(st.session_state.get(chosen_key, []), dtype=np.int64)
    if not len(chosen):
        return
    shown = chosen
    if len(chosen) > MOST_SHOWN:
        shown = chosen[np.linspace(0, len(chosen) - 1, MOST_SHOWN).round().astype(int)]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        images = "image" if len(chosen) == 1 else "images"
        some = "" if len(shown) == len(chosen) else f", {len(shown)} of them shown"
        labels = data.labels_of(chosen)
        classes = ""
        if labels is not None:
            common = Counter(labels.tolist()).most_common(8)
            classes = ": " + ", ".join(f"{n:,} × “{widgets.plain(data.label_names[c])}”" for c, n in common)
            if len(set(labels.tolist())) > len(common):
                classes += " …"
        st.markdown(f"**{len(chosen):,} {images} chosen**{some}{classes}")
        st.button(
            "Clear selection",
            icon=":material/close:",
            key="maps-clear",
            on_click=clear,
            help="Remove the marks from all maps.",
        )
    widgets.sheet(data.images[shown], 20, "The chosen images")


def draw_figures(maps: Maps, models: dict[str, Run], data: ImageDataset) -> None:
    rows = []
    for name, short in MAP_TITLES.items():
        title, run = short, models.get(name)
        if run is not None:
            title = f"{run.title} ({widgets.kind_of(run.config)})"
        figures = maps.figures.get(name, {})
        rows.append(
            (
                title,
                figures.get("trustworthiness"),
                figures.get("continuity"),
                None if (knn := figures.get("knn_accuracy")) is None else 100 * knn,
                figures.get("seconds"),
            )
        )
    pixels = data.images[0].size
    knn = None if maps.knn_in_pixels is None else 100 * maps.knn_in_pixels
    rows.append((f"All {pixels:,} pixels, no map", None, None, knn, None))
    columns = ["Map", "Trustworthiness", "Continuity", "k-NN accuracy", "Time"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], float))
    number = st.column_config.NumberColumn
    st.dataframe(
        table.style.apply(mark_best, subset=columns[1:4]),
        hide_index=True,
        placeholder="—",
        column_config={
            "Map": st.column_config.TextColumn(width="medium"),
            "Trustworthiness": number(
                format="%.3f",
                help="Are neighbours on the map also alike as images? 1: nothing was pushed "
                "together that does not belong together. 0.5: no better than chance.",
            ),
            "Continuity": number(
                format="%.3f",
                help="Are images that are alike also neighbours on the map? 1: nothing was torn "
                "apart. 0.5: no better than chance.",
            ),
            "k-NN accuracy": number(
                format="%.1f%%",
                help="How often the ten nearest points on the map, which are means, get an image's label right; "
                "the image itself has no vote. None where a model ignores its code.",
            ),
            "Time": number(
                format="%.2f s",
                help="PCA and UMAP: laying these images out. AE and VAE: their training, on all "
                "training images; afterwards each places a new image at once.",
            ),
        },
    )
    st.caption(
        f"On {len(maps.indices):,} images, with neighbourhoods of ten by the distance of all "
        "pixels; higher is better, except for time. A model of more than two dimensions is judged by "
        "the two principal components of its codes that are drawn."
        + (" These images have no labels, so there is no k-NN." if data.labels is None else "")
    )


def mark_best(column: Any) -> list[str]:
    """Mark the best map; the pixels themselves, in the last row, are none."""
    maps = column.iloc[:-1]
    return ["background-color: #e5007e33" if value == maps.max() else "" for value in maps] + [""]


frame.show(main, __file__)
