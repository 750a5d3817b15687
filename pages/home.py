"""Start: what this is, a living map, and three ways on."""

from __future__ import annotations

import streamlit as st

from pages._ui import frame, map_view, resources, share, state, widgets
from pages._ui.canvas_images import send_thumbnails
from pages._ui.decoders import send_model
from pages._ui.latent_canvas import latent_canvas
from vaelab.figures import latent_map

#: The run that is shown to those who have not trained one yet.
EXAMPLE = "mnist-2d"
MAP_KEY = "home-map"
WAYS = (
    (
        "explore",
        "Play",
        "explore",
        "Every place of the map decoded under your pointer, with sliders, pins and your own drawings.",
        "Explore a trained model",
    ),
    (
        "train",
        "Make",
        "model_training",
        "Digits, shapes, faces or your own images: watch a model learn them in seconds.",
        "Train a model",
    ),
    (
        "learn",
        "Understand",
        "school",
        "From a first autoencoder to the VAE's loss, in short lessons that you can touch.",
        "Take the course",
    ),
)


def main() -> None:
    if st.query_params.get(state.RUN_KEY):  # an address from before there was this page
        st.switch_page("pages/explore.py", query_params=st.query_params.to_dict())
    run = resources.fresh(resources.example(EXAMPLE))
    share.about(run)
    data = resources.images_of(run)
    projection = resources.made(run, "plane")
    send_model(run, after=MAP_KEY)
    left, right = st.columns([3, 2], gap="medium")
    with right:  # first: while the browser draws the chart it comes to nothing else
        latent_canvas(run, data, projection, MAP_KEY, link="place")
        for page, name, icon, what, link in WAYS:
            with st.container(border=True, gap="xsmall"):
                st.markdown(f"**{name}** {what}")
                frame.link_to(page, link, icon)
                if page == "train":
                    frame.link_to("images", "Bring your own images", "add_photo_alternate", {"add": "files"})
    with left, st.container(key=MAP_KEY):
        labels = data.labels_of(projection.indices)
        widgets.chart(
            latent_map(projection, labels, data.label_names, height=560, webgl=frame.has_webgl()),
            fills=True,
            key=f"{MAP_KEY}-chart",
            config=map_view.MAP_CONFIG,
        )
    st.caption(
        f"Each point is one of {len(data):,} handwritten digits, placed by a small network that had to "
        "describe each with two numbers. What you see decoded is made from two such numbers alone."
    )
    send_thumbnails(data, projection.indices, MAP_KEY)
    get_ready()


def get_ready() -> None:
    """Load, once the page is drawn, what the other pages need: it holds up the server."""
    if resources.torch_is_loaded():
        return

    @frame.part(every=2.0, once_drawn=True)
    def load() -> None:
        resources.load_torch()


frame.show(main, __file__)
