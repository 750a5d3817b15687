"""The way and its ends, drawn: as a film, as pictures, and on the map."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._interpolate.ends import ANY, ENDS, Ends
from pages._ui import frame, map_view, pictures, resources, state, widgets
from pages._ui.films import draw_film
from pages._ui.image_table import Strip, Words, draw_pictures, draw_strips
from vaelab.figures import latent_map
from vaelab.latent.interpolation import INTERPOLATIONS

MAP_KEY = "interpolation-map"
MAP_CHART_KEY = f"{MAP_KEY}-chart"
#: In the session: which end the next click sets, where no canvas answers it.
NEXT_KEY = "end-to-set"


class Way:
    """From one end to the other as they are now, by a kind of way: a key of ``INTERPOLATIONS``."""

    def __init__(self, ends: Ends, kind: str) -> None:
        self.ends, self.label = ends, ends.label
        self._between, self._codes = INTERPOLATIONS[kind], [np.array(ends.at(end)["z"]) for end in ENDS]

    def at(self, t: NDArray[np.floating]) -> NDArray[np.float64]:
        """Codes ``(K, D)`` at ``t`` ``(K,)``, from 0 to 1."""
        return self._between(*self._codes, t)

    def decoded(self, t: NDArray[np.floating]) -> NDArray[np.float32]:
        """Images ``(K, C, H, W)`` at ``t`` ``(K,)``."""
        return self.ends.run.engine.decode(self.at(t), self.label)


def draw_way(way: Way, num_steps: int) -> None:
    """Decode the way in steps, and offer it as a film."""
    st.markdown("## The way, decoded")
    t = np.linspace(0, 1, num_steps)
    if not resources.torch_is_loaded():
        with st.spinner("Loading the decoder …"):
            resources.load_torch()
    draw_strips([Strip("from A to B", way.decoded(t)), Words("of the way", [f"{part:.0%}" for part in t])], num_steps)
    images = [way.ends.at(end)["image"] for end in ENDS]
    names = "-".join("place" if image is None else str(image) for image in images)
    with st.popover("Save the way", icon=":material/movie:"):
        # A part, as how the film is to be changes nothing else. From twice the images: smooth there and back.
        frame.part()(
            lambda: draw_film(
                lambda count: way.decoded(np.linspace(0, 1, count)), 2 * num_steps, f"{way.ends.run.name}-{names}"
            )
        )


def draw_ends(way: Way) -> None:
    """Draw what is at A and at B, and what chooses other images for them."""
    draw_pictures([picture_of(way, end) for end in ENDS])
    ends, data = way.ends, way.ends.data
    classes = [ANY, *range(len(data.label_names))]
    for end, column in zip(ENDS, st.columns(2, gap="small"), strict=True):
        with column, st.container(horizontal=True, vertical_alignment="bottom"):
            label = ANY
            if len(classes) > 2:
                key = f"class-{end}-{data.key}"
                label = st.selectbox(
                    f"Class of {end}",
                    classes,
                    key=key,
                    format_func=lambda label: "any" if label == ANY else f"“{data.label_names[label]}”",
                    label_visibility="collapsed",
                    persist_state="session",
                    help="Random images are drawn from this class.",
                    on_change=lambda end=end, key=key: ends.draw(end, st.session_state[key]),
                )
            st.button(
                f"Draw {end}",
                icon=":material/casino:",
                key=f"draw-{end}",
                help=f"Draw another image for {end}.",
                on_click=ends.draw,
                args=(end, label),
            )


def picture_of(way: Way, end: str) -> tuple[NDArray[np.generic], str]:
    """What to show of an end: its image or, where there is none, what the place decodes to."""
    data, index = way.ends.data, way.ends.at(end)["image"]
    if index is not None:
        return data.images[index], f"{end}: {pictures.describe_image(data, index)}"
    return way.decoded(np.array([float(end == "B")]))[0], f"{end}: decoded, between the images"


def draw_map(ends: Ends) -> None:
    """Draw the map; the way on it is the canvas's."""
    projection, data = ends.projection, ends.data
    labels = data.labels_of(projection.indices)
    figure = latent_map(projection, labels, data.label_names, webgl=frame.has_webgl())

    # Where the canvas runs it answers clicks, and this is never called.
    def clicked() -> None:
        index = state.clicked_image(MAP_CHART_KEY)
        if index is not None:
            end = st.session_state.get(NEXT_KEY, "A")
            ends.set(end, ends.image(index))
            st.session_state[NEXT_KEY] = "B" if end == "A" else "A"

    with st.container(key=MAP_KEY):
        widgets.chart(
            figure,
            fills=True,
            key=MAP_CHART_KEY,
            on_select=clicked,
            selection_mode="points",
            config=map_view.MAP_CONFIG,
        )
