"""The dialogs that rename and delete runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages._ui import state, widgets
from pages._ui.text import explained
from vaelab.runs import Run, RunError


def open_dialog() -> None:
    """Open the dialog that a button requested; from the page, as a redrawn fragment drops it."""
    dialog = state.pop_dialog()
    if dialog is not None:
        name, paths = dialog
        runs = [Run.open(path) for path in paths]
        if name == "rename":
            rename(runs[0])
        else:
            delete(runs)


@st.dialog("Rename this run")
def rename(run: Run) -> None:
    with st.form("rename", border=False):
        title = st.text_input("Name", run.title, max_chars=80, help="What to call this run.")
        if st.form_submit_button("Rename", type="primary", help="Call it this from now on."):
            try:
                run.rename(title)
            except (ValueError, RunError) as error:
                st.error(explained(error))
            else:
                st.rerun()


@st.dialog("Delete for good?")
def delete(runs: Sequence[Run]) -> None:
    what = "This run" if len(runs) == 1 else f"These {len(runs)} runs"
    size = widgets.megabytes(sum(run.num_bytes for run in runs))
    st.markdown(f"{what}, and everything learned, will be deleted from the disk ({size}):")
    st.markdown("\n".join(f"- **{widgets.plain(run.title)}**, in `{run.path}`" for run in runs))
    with st.container(horizontal=True):
        label = "Delete it" if len(runs) == 1 else f"Delete all {len(runs)}"
        if st.button(label, type="primary", icon=":material/delete:", help="This cannot be undone."):
            problems = []
            for run in runs:
                try:
                    run.delete()
                except RunError as error:
                    problems.append(explained(error))
            if not problems:
                st.rerun()
            st.error(" ".join(problems))
        keep = "Keep it" if len(runs) == 1 else "Keep them"
        if st.button(keep, help="Changes nothing."):
            st.rerun()
