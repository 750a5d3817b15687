"""The press of Start."""

from __future__ import annotations

import streamlit as st

from pages._train.form import Form
from pages._ui import resources, state
from pages._ui.text import explained
from vaelab.config import TrainConfig
from vaelab.datasets import DatasetUnavailable, check_fit
from vaelab.runs import Run, RunError

TITLE_KEY = "train-title"
#: Set by a press of Start, until the run is made: a press must not be lost to a rerun that comes between.
START_KEY = "train-start"
#: Set once the run is made, so that the next does not get its name.
STARTED_KEY = "train-started"


def start(form: Form) -> TrainConfig | None:
    """Check the settings as a whole; train when told to. Returns them, where they are sound."""
    config = None
    try:
        config = form.config()
        check_fit(config)
        problem = " ".join(form.problems)
    except (ValueError, DatasetUnavailable) as error:
        problem = explained(error)
    if problem:
        st.error(problem, icon=":material/error:")
        config = None
    if st.session_state.pop(STARTED_KEY, False):
        st.session_state[TITLE_KEY] = ""
    title = st.text_input(
        "Name",
        placeholder="named after the images, the model and the time",
        max_chars=80,
        help="What to call this run.",
        key=TITLE_KEY,
    )
    st.button(
        "Start training",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        disabled=config is None,
        help="Train a model with these settings; it goes on when you leave the page.",
        on_click=st.session_state.__setitem__,
        args=(START_KEY, True),
    )
    # Nothing is drawn from here until the run is queued, so that no other rerun can come between.
    if st.session_state.pop(START_KEY, False) and config is not None:
        try:
            run = Run.create(config)
            if title.strip():
                run.rename(title)
            resources.jobs().train_soon(run)
        except RunError as error:
            st.error(explained(error), icon=":material/error:")
        else:
            state.watch_training(run.name)
            st.session_state[STARTED_KEY] = True
            st.rerun()
    return config
