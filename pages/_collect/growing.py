"""A set as it grows: the code that phones scan, what can be done with it, and the drawings as they arrive."""

from __future__ import annotations

import re
from functools import partial

import segno
import streamlit as st

from pages._collect.arrivals import arrivals
from pages._collect.opening import OWNER_KEY, SET_KEY
from pages._ui import address, frame, reach, widgets
from vaelab import collecting
from vaelab.collecting import DrawingSet


def look_after(name: str, token: str) -> None:
    found = collecting.find_set(name)
    if not found.belongs_to(token):
        st.error("This address is not the one shown when the set was opened.", icon=":material/lock:")
        return
    if found.is_open:
        frame.say_first("**Show the code**: what others draw on their phones arrives here.")
    left, right = st.columns(2 if frame.presenting() else [2, 3], gap="large")
    missing = missing_from(collecting.count_drawings(found.name))
    with left:
        leads_here = invite(found)
        with frame.errors_in_words():
            manage(found, missing)
    with right:
        if leads_here and frame.presenting():
            st.markdown(f"## {widgets.plain(leads_here)}")  # for those whose phone reads no codes
        watch(found, missing)


def missing_from(count: int) -> int:
    """How many drawings more training needs."""
    return max(0, collecting.MIN_DRAWINGS - count)


def invite(found: DrawingSet) -> str | None:
    """Show the address by which phones come to the set, as a code to scan; it is returned where they can come."""
    st.markdown(f"## {widgets.plain(found.title)}")
    if not found.is_open:
        st.info("The set is closed: nothing more can be added.", icon=":material/lock:")
        return None
    place = st.container()
    typed = st.text_input(
        "Address for phones",
        value=reach.from_phones({SET_KEY: found.name}),
        max_chars=300,
        help="What the code leads to. Change it where phones reach this machine by another name.",
        key=f"collect-address-{found.name}",
    )
    is_address = re.fullmatch(r"https?://\S+", typed) is not None
    if is_address:
        with place:
            code = segno.make(typed, error="m", micro=False)
            st.image(
                code.png_data_uri(scale=12, border=4),
                width="stretch" if frame.presenting() else 320,
                alt=f"Code that leads to {typed}",
            )
    else:
        st.error("An address begins with http:// or https:// and has no spaces.", icon=":material/error:")
    st.caption(reach.what_it_takes())
    return typed if is_address else None


def manage(found: DrawingSet, missing: int) -> None:
    with st.container(horizontal=True):
        train = st.button(
            "Train on these",
            type="primary",
            icon=":material/model_training:",
            disabled=missing > 0,
            help="Keeps the drawings so far as a dataset of this name, and opens Train with it.",
        )
        st.button(
            "Close the set" if found.is_open else "Open it again",
            icon=":material/lock:" if found.is_open else ":material/lock_open:",
            help="Chooses whether drawings can be added.",
            on_click=widgets.attempt,
            args=(collecting.set_open, found.name, not found.is_open),
        )
        if found.is_open:
            st.link_button(
                "Draw here",
                reach.from_here({SET_KEY: found.name}),
                icon=":material/draw:",
                help="Opens the paper in another tab.",
            )
        with st.popover("Delete", icon=":material/delete:", help="Deletes the set and its drawings."):
            st.markdown("The drawings will be gone for good; a dataset made from them stays.")
            st.button(
                "Delete the set",
                icon=":material/delete:",
                help="This cannot be undone.",
                on_click=delete,
                args=(found,),
            )
        st.button("All sets", icon=":material/arrow_back:", help="Back to the other sets.", on_click=leave)
    if missing:
        st.caption(f"{missing} more {'drawing' if missing == 1 else 'drawings'} to go before training.")
    if train:
        with st.spinner("Keeping the drawings …"):
            dataset = collecting.keep(found.name)
        frame.switch_to("train", {"dataset": dataset})


def delete(found: DrawingSet) -> None:
    widgets.attempt(collecting.delete_set, found.name)
    leave()


def leave() -> None:
    address.hold({SET_KEY: None, OWNER_KEY: None})


def watch(found: DrawingSet, missing: int) -> None:
    def has_news() -> bool:
        return missing_from(collecting.count_drawings(found.name)) != missing

    @frame.part(every=1.0 if found.is_open else None, until=has_news, waits=True)
    def body() -> None:
        drawings = collecting.list_drawings(found.name)
        arrivals(found, drawings, partial(widgets.attempt, collecting.remove_drawing, found.name))
