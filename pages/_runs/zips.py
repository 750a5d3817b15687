"""Runs in zips: one that is ticked goes out, and one from elsewhere comes in."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from pages._ui import frame, state
from pages._ui.text import explained
from vaelab.runs import Run, RunError
from vaelab.sharing import open_zip

__all__ = ["take_in"]

_TURN = "zip-turn"


def take_in() -> None:
    """Draw where a run from elsewhere is given."""
    with st.popover(
        "Open a run from elsewhere", icon=":material/unarchive:", help="A run in a zip, as Share saves it."
    ):
        turn = st.session_state.setdefault(_TURN, 0)
        file = st.file_uploader(
            "A run in a zip", type="zip", key=f"run-zip-{turn}", help="Read as plain numbers: nothing in it is run."
        )
        st.caption("Its map, decoder and sliders work without its images, should these not be here.")
        if st.button("Open it", icon=":material/unarchive:", help="Keep it among your runs.", disabled=file is None):
            assert file is not None
            try:
                run = _kept(file.name, file.getvalue())
            except (ValueError, RunError) as error:
                st.error(explained(error), icon=":material/error:")
                return
            st.session_state[_TURN] = turn + 1  # an empty field for the next
            frame.switch_to("explore", {state.RUN_KEY: run.name})


def _kept(name: str, content: bytes) -> Run:
    """The run in an uploaded zip, which is read from a file of its name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name).name or "run.zip")
        path.write_bytes(content)
        return open_zip(path)
