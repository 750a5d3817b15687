"""Collect: a set of drawings that others add to from their phones."""

from __future__ import annotations

import re
from functools import partial

import segno
import streamlit as st

from pages._ui import address, frame, reach, widgets
from pages._ui.arrivals import arrivals
from pages._ui.drawing_pad import drawing_pad
from pages._ui.text import explained
from vaelab import collecting
from vaelab.collecting import DrawingSet

#: In the URL: ``?set=symbols`` is where to draw, with the owner's secret where to watch it grow.
SET_KEY, OWNER_KEY = "set", "owner"


def main() -> None:
    name, owner = address.held(SET_KEY), address.held(OWNER_KEY)
    if name is None:
        begin()
    elif owner is None:
        draw(name)
    else:
        look_after(name, owner)


def is_for_phones() -> bool:
    return SET_KEY in st.query_params and OWNER_KEY not in st.query_params


# On a phone -------------------------------------------------------------------------------------


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


# Opening a set ----------------------------------------------------------------------------------


def begin() -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        describe_new_set()
    with right:
        list_own_sets()


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
            number = "1 drawing" if count == 1 else f"{count:,} drawings"
            st.markdown(f"{number}, {'open' if found.is_open else 'closed'}", width="content")
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


# A set as it grows ------------------------------------------------------------------------------


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


frame.show(main, __file__, is_for_phones)
