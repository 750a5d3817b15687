"""Collect: a set of drawings that others add to from their phones."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages._collect.growing import look_after
from pages._collect.opening import OWNER_KEY, SET_KEY, describe_new_set, list_own_sets
from pages._ui import address, frame
from pages._ui.drawing_pad import drawing_pad
from pages._ui.text import explained
from vaelab import collecting


def main() -> None:
    name, owner = address.held(SET_KEY), address.held(OWNER_KEY)
    if name is None:
        left, right = st.columns([2, 3], gap="large")
        with left:
            describe_new_set()
        with right:
            list_own_sets()
    elif owner is None:
        draw(name)
    else:
        look_after(name, owner)


def is_for_phones() -> bool:
    return SET_KEY in st.query_params and OWNER_KEY not in st.query_params


def draw(name: str) -> None:
    """Paper for whoever was given the set's address."""
    try:
        found = collecting.find_set(name)
    except ValueError as error:
        st.markdown("# Nothing to draw here")
        st.info(explained(error), icon=":material/draw:")
        return
    if not found.is_open:
        st.markdown("# Closed")
        st.info("This set is closed: nothing more can be added. Thank you!", icon=":material/lock:")
        return
    drawing_pad(
        f"{found.name} {found.opened:.0f}",
        partial(collecting.add_drawing, found.name),
        title=found.title,
        size=found.size,
        paper=found.paper,
        classes=found.classes,
        others_allowed=found.others_allowed,
    )


frame.show(main, __file__, is_for_phones)
