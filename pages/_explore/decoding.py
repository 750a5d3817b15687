"""Who decodes: the browser, unless the address says otherwise (``?live=false``) or it cannot run the model."""

from __future__ import annotations

import streamlit as st

from pages._ui import address, browser_files, state
from pages._ui.pictures import picture
from vaelab.runs import Run

__all__ = ["draw_where_blocked", "say_why", "why_server"]

ASKED = "Each place is decoded on the server, as the address asks."

_LIVE = "decodes-live"


def why_server(run: Run) -> str | None:
    """Why the server is to decode a run, or None where the browser is."""
    text = address.take("live")
    if text is not None:
        st.session_state[_LIVE] = text != "false"
    live: bool = st.session_state.get(_LIVE, True)
    address.put("live", None if live else "false")
    return browser_files.why_not_live(run) if live else ASKED


def say_why(why: str) -> None:
    """Say why the server decodes, and offer the other way where there is one."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{why} There is no pad to draw on, since that needs the model in the browser.", width="stretch")
        if why == ASKED and st.button(
            "Decode in the browser",
            icon=":material/bolt:",
            help="The model is sent to the browser, which then needs no server to decode.",
        ):
            st.session_state[_LIVE] = True
            st.rerun()


def draw_where_blocked(run: Run) -> None:
    """What stands in for the canvas where the browser blocks its code: there alone, style sheets show it."""
    with st.container(key="where-blocked"):
        st.caption(
            "Your browser seems to block the live decoder. **Click a point** of the map to see its image and what is "
            "decoded from its code."
        )
        with st.columns(3)[0]:
            picture(run.engine.decode(state.z_of(run), state.label_of(run))[0], "Decoded from z", side=160)
