"""Runs side by side: which stand beside the page's own, and their maps under one cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from pages._ui import address, browser_files, choosing, controls, frame, map_view, resources, state, widgets
from pages._ui.canvas_images import send_thumbnails
from pages._ui.chosen import chosen_of
from pages._ui.decoders import send_model
from pages._ui.latent_canvas import latent_canvas
from pages._ui.linked_selection import mark_chosen
from pages._ui.time_machine import Passed, draw_time_machine, has_history, history_of, map_of_epochs
from vaelab.datasets import ImageDataset
from vaelab.figures import latent_map
from vaelab.latent.projections import Projection
from vaelab.runs import Run
from vaelab.sharing import MapOf

#: Maps side by side, at the most.
MOST_RUNS = 4


def choose_others(run: Run) -> list[Run]:
    """Choose runs to set beside the page's own; at first one of the same size but another kind."""
    others = {other.name: other for other in resources.same_images(run)}
    if not others:
        return []

    def distance(name: str) -> tuple[bool, bool]:
        config = others[name].config
        return config.latent_dim != run.config.latent_dim, config.model == run.config.model

    first = [min(others, key=distance)]
    key = f"compare-with-{run.name}"
    # Where possible, the models that were beside another run stay.
    before = [name for name in st.session_state.get("compare-with", []) if name in others]
    if before and key not in st.session_state:
        st.session_state[key] = before
    say_unknown()
    names = controls.multiselect(
        "Beside it",
        param=state.WITH_KEY,
        key=key,
        options=list(others),
        default=first,
        help="Other models of the same images.",
        format_func=lambda name: choosing.describe_run(others[name]),
        max_selections=MOST_RUNS - 1,
        always=True,
        width=460,
        placeholder="Choose another model of these images",
    )
    st.session_state["compare-with"] = names
    return [resources.fresh(others[name]) for name in names]


def say_unknown() -> None:
    """Say which models the address names that are not here; those of other images are left out in silence."""
    asked = (address.asked(state.WITH_KEY) or "none").split(",")
    unknown = [name for name in asked if name not in {"none", *resources.all_runs()}]
    if unknown:
        names = " and ".join(f"“{widgets.plain(name)}”" for name in unknown)
        many = len(unknown) > 1
        st.toast(
            f"The address asks for the model{'s' if many else ''} {names}, which {'are' if many else 'is'} not here.",
            icon=":material/link_off:",
            duration="infinite",
        )


def choose_link() -> Literal["image", "place"]:
    """Choose where the other maps go when the pointer moves over one."""
    return controls.segmented_control(
        "The cursor goes to",
        param="link",
        key="compare-link",
        options=["image", "place"],
        default="image",
        help="**Same image**: to where each model has put the image nearest to the pointer. "
        "**Same place**: to the same numbers, for models with as many dimensions as the one under the pointer.",
        format_func={"image": "Same image", "place": "Same place"}.__getitem__,
    )


def choose_time(runs: Sequence[Run]) -> bool:
    """Choose whether codes of many numbers are on maps that hold still through all epochs; a plane always does."""
    if not any(run.config.latent_dim > 2 and has_history(run) for run in runs):
        return False
    return controls.toggle(
        "All epochs",
        param="epochs",
        key="compare-epochs",
        help="Maps that hold still from epoch to epoch, PCA of the codes of all of them, and a slider over these.",
    )


def side_by_side(runs: Sequence[Run], data: ImageDataset, link: Literal["image", "place"], epochs: bool) -> None:
    """Draw the maps beside each other, and below them what takes all of them back in time."""
    for index, run in enumerate(runs):
        send_model(run, slot=f"-{index}", after=f"compare-map-{index}")
    height = 460 if len(runs) <= 2 else 340
    # Each such chart holds three of a browser's contexts, and browsers end the oldest from the eighth or 16th on.
    webgl = frame.has_webgl() and len(runs) <= 2
    for index, (run, column) in enumerate(zip(runs, st.columns(len(runs)), strict=True)):
        with column:
            draw_one(run, map_of(run, epochs), data, index, link, height, webgl)
    draw_time_machine([Passed(run, f"compare-map-{i}") for i, run in enumerate(runs) if holds(run, epochs)])
    with st.container(gap=None):  # none shows anything
        for index, run in enumerate(runs):
            send_thumbnails(data, map_of(run, epochs).indices, f"compare-map-{index}")


def draw_one(
    run: Run,
    projection: Projection,
    data: ImageDataset,
    index: int,
    link: Literal["image", "place"],
    height: int,
    webgl: bool,
) -> None:
    map_key = f"compare-map-{index}"
    more = choosing.unsaid(run, run.title)
    st.markdown(f"**{widgets.plain(run.title)}**" + (f" · {more}" if more else ""))

    @frame.part()
    def canvas() -> None:
        if reason := browser_files.why_not_live(run):
            st.caption(reason)
        latent_canvas(run, data, projection, map_key, link=link)

    map_view.say_collapsed(run)
    figure = latent_map(projection, data.labels_of(projection.indices), data.label_names, height=height, webgl=webgl)
    if frame.presenting():  # a low and wide map, that has no room to spare
        figure.update_layout(legend={"y": 1}, xaxis={"title": None}, yaxis={"title": None})
    else:
        below = 62 / (height - 80)  # the axis and its title
        figure.update_layout(legend={"orientation": "h", "y": -below, "yanchor": "top", "x": 0})
    with st.container(key=map_key):
        widgets.chart(figure, fills=True, of=run, key=f"{map_key}-chart", config=map_view.MAP_CONFIG)

    @frame.part()
    def marks() -> None:
        mark_chosen(run, map_key)


def maps_now(runs: Sequence[Run], data: ImageDataset, epochs: bool) -> list[MapOf]:
    """The maps as they are drawn now, to leave the page."""
    maps = []
    for run in runs:
        projection = map_of(run, epochs)
        figure = latent_map(projection, data.labels_of(projection.indices), data.label_names)
        chosen = chosen_of(run).images.tolist()
        history = history_of(run) if holds(run, epochs) else None
        maps.append(MapOf(run, data, projection, figure, chosen=chosen, history=history))
    return maps


def holds(run: Run, epochs: bool) -> bool:
    """Whether places on a run's map mean the same after every epoch."""
    return epochs or run.config.latent_dim <= 2


def map_of(run: Run, epochs: bool) -> Projection:
    """The best map that there is without waiting; with ``epochs`` one that holds still through them."""
    if run.config.latent_dim > 2 and epochs and has_history(run):
        return map_of_epochs(run)
    if run.config.latent_dim <= 2:
        return resources.made(run, "plane")
    return resources.known(run, "umap") or resources.made(run, "pca")
