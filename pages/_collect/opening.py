"""Opening a set, and those that were opened so far."""

from __future__ import annotations

import re

import streamlit as st

from pages._ui import address, reach
from pages._ui.text import counted, explained
from vaelab import collecting
from vaelab.collecting import DrawingSet

#: In the URL: ``?set=symbols`` is where to draw, with the owner's secret where to watch it grow.
SET_KEY, OWNER_KEY = "set", "owner"


def describe_new_set() -> None:
    name = st.text_input(
        "Name",
        max_chars=60,
        placeholder="symbols",
        help="Letters, digits, spaces, - and _; also what the dataset will be called.",
        key="collect-name",
    )
    title = st.text_input(
        "What to draw",
        max_chars=80,
        placeholder="Draw a symbol",
        help="What is written above the paper; the name if you leave it empty.",
        key="collect-title",
    )
    classes = st.text_area(
        "Classes",
        placeholder="sun, moon, star",
        help="What people can choose from, separated by commas. Leave it empty and everyone writes their own.",
        key="collect-classes",
    )
    others_allowed = st.toggle(
        "Other classes may be written",
        value=True,
        help="Lets people write a class that is not on the list.",
        key="collect-others",
    )
    with st.container(horizontal=True):
        size = st.segmented_control(
            "Size",
            collecting.SIZES,
            default=collecting.SIZES[0],
            required=True,
            format_func=lambda side: f"{side} × {side}",
            help="Pixels of a drawing. A small one is learned faster, a large one shows more.",
            key="collect-size",
        )
        paper = st.segmented_control(
            "Paper",
            collecting.PAPERS,
            default=collecting.PAPERS[0],
            required=True,
            format_func=str.capitalize,
            help="What to draw on, in the other colour.",
            key="collect-paper",
        )
    if not st.button(
        "Open the set",
        type="primary",
        icon=":material/qr_code_2:",
        width="stretch",
        help="Shows the code that phones scan to join.",
    ):
        return
    if not name.strip():
        st.error("Give the set a name first.", icon=":material/error:")
        return
    try:
        words = re.split(r"[,\n]", classes)
        found = collecting.open_set(
            name.strip(), words, others_allowed=others_allowed, size=size, paper=paper, title=title
        )
    except ValueError as error:
        st.error(explained(error), icon=":material/error:")
        return
    st.session_state.setdefault("collect-opened", []).append(found.name)
    go_to(found)
    st.rerun()


def list_own_sets() -> None:
    opened = st.session_state.get("collect-opened", [])
    everything = reach.at_the_machine()
    sets = [found for found in collecting.list_sets() if everything or found.name in opened]
    st.markdown("## Sets so far")
    if not sets:
        st.caption(
            "None yet. Open one, show its code, and everyone in the room draws on a phone: thirty people make a "
            "dataset in five minutes, and all can find their own drawings on the map of what was learned."
        )
    for found in sets:
        count = collecting.count_drawings(found.name)
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(f"**{found.name}**", width="stretch")
            st.markdown(f"{counted(count, 'drawing')}, {'open' if found.is_open else 'closed'}", width="content")
            st.button(
                "Look",
                key=f"look-{found.name}",
                icon=":material/visibility:",
                help=f"Shows the code of {found.name}, and what was drawn.",
                on_click=go_to,
                args=(found,),
            )


def go_to(found: DrawingSet) -> None:
    address.hold({SET_KEY: found.name, OWNER_KEY: found.owner})
