"""Interpolate: walk from one image to another through latent space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages._ui import controls, fitting, frame, resources, state, widgets
from vaelab.export import animated_gif
from vaelab.figures import latent_map
from vaelab.latent.interpolation import INTERPOLATIONS

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from vaelab.datasets import ImageDataset
    from vaelab.latent.projections import Projection
    from vaelab.runs import Run

MAP_KEY = "interpolation-map"
#: The ends of the way, and what their images are called in the URL: ``?a=12&b=99``.
ENDS = {"A": "a", "B": "b"}


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.INTERPOLATE)
        data = resources.images_of(run)
        kind = widgets.choose_map(run)
        method = controls.segmented_control(
            "Way",
            param="way",
            key="way",
            options=list(INTERPOLATIONS),
            default="linear",
            help="**Linear**: straight through latent space. **Spherical**: along an arc around "
            "the origin, which keeps to where the prior has its mass in many dimensions.",
            format_func=str.capitalize,
        )
        num_steps = st.slider(
            "Steps",
            4,
            24,
            12,
            key="steps",
            bind="query-params",
            width=180,
            help="Images in the film strip.",
        )
    for end in ENDS:
        open_end(run, data, end)

    waiting = widgets.map_or_stand_in(run, kind).waiting

    @st.fragment(run_every=1.0 if waiting else None)
    @frame.guarded
    def body() -> None:
        view = widgets.map_or_stand_in(run, kind)
        if waiting and not view.waiting:
            st.rerun()
        ends = [keep_end(run, data, end) for end in ENDS]
        labels = data.labels_of(ends)
        codes = run.engine.encode(data.images[ends], labels).mu
        walk = INTERPOLATIONS[method]
        path = walk(codes[0], codes[1], np.linspace(0, 1, num_steps))
        # A conditional model keeps A's label all the way: only what the code says changes.
        label = data.label_of(ends[0])
        frames = run.engine.decode(path, label)

        left, right = st.columns([3, 2], gap="medium")
        with right:
            between = draw_ends(run, data)
            t = st.slider(
                "From A to B",
                0.0,
                1.0,
                0.5,
                0.01,
                key="along",
                bind="query-params",
                help="Where on the way to decode.",
            )
            here = walk(codes[0], codes[1], np.array([t]))
            with between:
                widgets.picture(run.engine.decode(here, label)[0], f"{t:.0%} of the way from A to B")
        with left:
            view.say()
            draw_map(run, data, view.projection, codes, path, here)
        st.markdown("## The way, decoded")
        widgets.sheet(frames, num_steps, "Images decoded on the way from A to B")
        st.download_button(
            "Save as animated GIF",
            # Made on demand, and from twice the frames: smooth there and back.
            lambda: animated_gif(run.engine.decode(walk(codes[0], codes[1], np.linspace(0, 1, 2 * num_steps)), label)),
            file_name=f"{run.name}-{ends[0]}-{ends[1]}.gif",
            mime="image/gif",
            help="The way there and back, with twice as many images.",
            icon=":material/gif_box:",
        )

    body()


def draw_ends(run: Run, data: ImageDataset) -> DeltaGenerator:
    """Draw A and B and what chooses them; returns the place between them."""
    st.segmented_control(
        "A click on the map sets",
        list(ENDS),
        default="A",
        required=True,
        key="end-to-set",
        persist_state="session",
        help="Which end the next click on a point of the map chooses; then it is the other's turn.",
    )
    of_a, between, of_b = st.columns(3, gap="small")
    for end, column in zip(ENDS, (of_a, of_b), strict=True):
        index = state.chosen_end(run, end)
        assert index is not None
        with column:
            widgets.picture(data.images[index], f"{end}: {widgets.describe_image(data, index)}")
            options = ["any", *data.label_names]
            label = st.selectbox(
                f"Class of {end}",
                options,
                key=class_key(data, end),
                label_visibility="collapsed",
                persist_state="session",
                help="Random draws come from this class.",
                on_change=pick_from_class,
                args=(run, data, end),
            )
            st.button(
                "Draw",
                icon=":material/casino:",
                key=f"draw-{end}",
                width="stretch",
                help=f"Draw another image for {end}.",
                on_click=pick_random,
                args=(run, data, end, label),
            )
    return between


def draw_map(
    run: Run,
    data: ImageDataset,
    projection: Projection,
    codes: np.ndarray,
    path: np.ndarray,
    here: np.ndarray,
) -> None:
    labels = None if data.labels is None else data.labels[projection.indices]
    places = projection.place(np.vstack([codes, here]))
    figure = latent_map(
        projection,
        labels,
        data.label_names,
        marks={"A": places[0], "B": places[1], "": places[2]},
        path=projection.place(path),
        height=500,
    )

    def clicked() -> None:
        index = state.clicked_image(MAP_KEY)
        if index is not None:
            end = st.session_state.get("end-to-set", "A")
            state.choose_end(run, end, index)
            st.session_state["end-to-set"] = "B" if end == "A" else "A"

    widgets.chart(figure, key=MAP_KEY, on_select=clicked, selection_mode="points", config=widgets.MAP_CONFIG)
    st.caption("**Click two points**: the first becomes A, the second B. The line is the way.")


def open_end(run: Run, data: ImageDataset, end: str) -> None:
    """Choose the image at an end that the URL names or, at first, one at random."""
    text = state.take_from_url(ENDS[end])
    if text and text.isdecimal() and int(text) < len(data):
        state.choose_end(run, end, int(text))
    elif text is not None or state.chosen_end(run, end) is None:
        state.choose_end(run, end, first_end(data, end))
        if text:
            st.warning(
                f"There is no image {text} for {end}: there are those from 0 to {len(data) - 1}.",
                icon=":material/link_off:",
            )


def keep_end(run: Run, data: ImageDataset, end: str) -> int:
    """Write the image at an end into the URL, unless it is the first one; returns its number."""
    index = state.chosen_end(run, end) or 0
    state.put_into_url(ENDS[end], None if index == first_end(data, end) else str(index))
    return index


def first_end(data: ImageDataset, end: str) -> int:
    """The image at an end before one is chosen: the same on every visit."""
    return int(np.random.default_rng(ord(end)).choice(np.arange(len(data))))


def pick_random(run: Run, data: ImageDataset, end: str, label: str = "any") -> None:
    """Draw an image of a class, or of any, for an end."""
    candidates = np.arange(len(data))
    if label != "any" and data.labels is not None:
        candidates = candidates[data.labels == data.label_names.index(label)]
    state.choose_end(run, end, int(np.random.default_rng().choice(candidates)))


def pick_from_class(run: Run, data: ImageDataset, end: str) -> None:
    pick_random(run, data, end, st.session_state[class_key(data, end)])


def class_key(data: ImageDataset, end: str) -> str:
    """Key of the selector of the class that an end's images are drawn from."""
    return f"class-{end}-{data.key}"


frame.show(main, __file__)
