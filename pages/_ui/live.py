"""Whether the browser decodes, or the server does: ``?live=false``, or a browser that blocks what it is sent."""

from __future__ import annotations

import streamlit as st

from pages._ui import address, browser_code, frame, resources
from vaelab.runs import Run

__all__ = ["decodes_live", "say_who_decodes", "wait_for_browser"]

_HELLO = st.components.v2.component(
    "latent_hello", js=browser_code.join("latent_canvas/hello_mount.js"), isolate_styles=False
)
#: Seconds that the browser's code may take to say hello, once its page is there.
PATIENCE = 10.0

_LIVE = "decodes-live"
_HEARD = "browser-said-hello"
_WHY_NOT = "why-not-live"


def decodes_live(run: Run) -> bool:
    """Whether the browser is to decode a run: unless the URL says otherwise, or it cannot."""
    text = address.take("live")
    if text is not None:
        _switch(text != "false")
    live: bool = st.session_state.get(_LIVE, True)
    address.put("live", None if live else "false")
    if not live:
        return False
    if reason := resources.why_not_live(run):
        st.info(reason, icon=":material/info:")
        return False
    return True


def say_who_decodes() -> None:
    """Where the server decodes although the browser could: say so, and offer the other way."""
    if st.session_state.get(_LIVE, True):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        why = st.session_state.get(_WHY_NOT, "Each click and each slider is decoded on the server.")
        st.caption(why, width="content")
        st.button(
            "Decode under the pointer",
            icon=":material/bolt:",
            help="Have the browser decode, while the pointer moves.",
            on_click=_switch,
            args=(True,),
        )


def wait_for_browser() -> None:
    """Go over to the server if the browser's code has not run in time; shows nothing."""
    if st.session_state.get(_HEARD):
        return

    @frame.part(every=PATIENCE)
    def wait() -> None:
        # State rather than a trigger: it comes with the next rerun, should the first word of it be lost.
        said: bool | None = _HELLO(key="latent-hello", on_hello_change=lambda: None).hello
        if said:
            st.session_state[_HEARD] = True
        elif not frame.is_first_pass() and not st.session_state.get(_HEARD):
            _switch(False, "Your browser blocks the live decoder, so the server decodes each click and each slider.")
            st.rerun()


def _switch(live: bool, why: str | None = None) -> None:
    st.session_state[_LIVE] = live
    st.session_state.pop(_WHY_NOT, None)
    if why:
        st.session_state[_WHY_NOT] = why
