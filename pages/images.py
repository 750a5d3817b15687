"""Images: every dataset there is, and the way in for one's own."""

from __future__ import annotations

import streamlit as st

from pages._images.adding import draw_adding, draw_unfinished
from pages._images.giving import ADD_PARAM, begin_adding
from pages._images.sets import draw_cards
from pages._images.view import SET_PARAM, act_on, draw_set, look_at, train_on
from pages._ui import address, frame
from pages._ui.text import plain
from vaelab.config import OWN
from vaelab.datasets import Source, is_local, sources
from vaelab.datasets.own import broken_own
from vaelab.export import modules


def main() -> None:
    st.html(modules.ASSETS / "images" / "page.css")
    there = sources()
    wanted, way = address.held(SET_PARAM), address.held(ADD_PARAM)
    if way is not None:
        draw_adding()
    elif wanted in there:
        draw_set(there[wanted])
    else:
        if wanted is not None:
            st.warning(f"There are no images called {plain(wanted)}: these are all there are.")
        draw_all(there)


def draw_all(there: dict[str, Source]) -> None:
    """Own datasets first, then those that come with vaelab."""
    draw_unfinished()
    own = {name: source for name, source in there.items() if name.startswith(OWN)}
    with st.container(horizontal=True, vertical_alignment="center", key="images-head"):
        st.markdown("## Your own", width="stretch")
        frame.link_to("collect", "Collect drawings", "qr_code_2")
        st.button(
            "Add images",
            type="primary",
            icon=":material/add_photo_alternate:",
            on_click=begin_adding,
            help="Bring your own: files, a folder, an archive, a camera.",
        )
    if own:
        draw_cards(own, buttons, "own")
    else:
        st.markdown(
            "None yet. Press **Add images**, and drop a folder whose subfolders are the classes, a zip of it, or just "
            "some pictures: 30 are enough to begin with."
        )
    for problem in broken_own().values():
        st.warning(plain(problem), icon=":material/broken_image:")
    st.markdown("## Built in")
    draw_cards({name: source for name, source in there.items() if name not in own}, buttons, "built-in")


def buttons(source: Source) -> None:
    train_on(source)
    if is_local(source):
        st.button(
            "Look", key=f"look-{source.name}", on_click=look_at, args=(source.name,), help="See all of these images."
        )
    if source.name.startswith(OWN):
        act_on(source)


frame.show(main, __file__)
