"""Interpolate: walk from one image, or any other place, to another through latent space."""

from __future__ import annotations

import streamlit as st

from pages._interpolate.ends import ENDS, Ends
from pages._interpolate.way import MAP_KEY, Way, draw_ends, draw_map, draw_way
from pages._ui import browser_files, controls, fitting, frame, map_view, resources, share, widgets
from pages._ui.canvas_images import send_thumbnails
from pages._ui.chosen_panel import draw_chosen
from pages._ui.decoders import send_model
from pages._ui.latent_canvas import latent_canvas
from pages._ui.linked_selection import mark_chosen
from vaelab.latent.interpolation import INTERPOLATIONS
from vaelab.sharing.as_code import Code, code_of_way

HOW = (
    "**Move over the map** to decode it. **Click two places**, on a point or beside one: the first becomes A, the "
    "second B, and the line is the way."
)


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.INTERPOLATE)
        data = resources.images_of(run)
        map_kind = map_view.choose_map(run)
        way_kind = controls.segmented_control(
            "Way",
            param="way",
            key="way",
            options=list(INTERPOLATIONS),
            default="linear",
            help="**Linear**: straight through latent space. **Spherical**: along an arc around "
            "the origin, which keeps to where the prior has its mass in many dimensions.",
            format_func=str.capitalize,
        )
        num_steps = controls.slider(
            "Steps",
            param="steps",
            key="steps",
            min_value=4,
            max_value=24,
            step=1,
            default=12,
            help="Images in the film strip.",
            width=180,
        )
    fitting.say_what_suits(fitting.INTERPOLATE, run)
    if reason := browser_files.why_not_live(run):
        st.caption(reason)

    def code_now() -> Code:
        ends = Ends(run, data, map_view.map_or_stand_in(run, map_kind).projection)
        return code_of_way(run, [ends.at(end)["z"] for end in ENDS], way_kind, num_steps, ends.label)

    share.offer_code(code_now)

    @frame.part(every=1.0, until=lambda: not map_view.map_or_stand_in(run, map_kind).waiting)
    def body() -> None:
        view = map_view.map_or_stand_in(run, map_kind)
        ends = Ends(run, data, view.projection)
        ends.open()
        ends.keep()
        way = Way(ends, way_kind)
        ends.keep_along()
        with st.container(gap=None):  # neither shows anything
            send_model(run, after=MAP_KEY)
            ends.send(MAP_KEY, way_kind)
        left, right = st.columns([3, 2], gap="medium")
        with right:
            latent_canvas(run, data, view.projection, MAP_KEY, ends.take_over, "ends")
            draw_ends(way)
        with left:
            view.say()
            draw_map(ends)
            mark_chosen(run, MAP_KEY)
            about = f" {map_view.WAYS_ON_UMAP}" if view.projection.kind == "umap" else ""
            st.caption(HOW + about)
        draw_chosen(run, data, actions=False)
        draw_way(way, num_steps)
        send_thumbnails(data, view.projection.indices, MAP_KEY)


frame.show(main, __file__)
