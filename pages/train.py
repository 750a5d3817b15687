"""Train: choose data, model and objective; watch the model learn."""

from __future__ import annotations

import streamlit as st

from pages._train.images import choose_source, preview
from pages._train.settings import ask_settings
from pages._train.starting import start
from pages._train.suiting import open_form, why
from pages._train.watching import run_to_watch, watch
from pages._ui import frame, share
from vaelab.sharing.as_code import code_of_training


def main() -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        source = choose_source()
    with right, st.container(key="train-shown"):  # first, as choosing settings that suit takes a while
        run = run_to_watch()
        if run is None:
            preview(source)
        else:
            watch(run)
    with left:
        form = open_form(source)
        reasons = st.expander("Why these settings") if form.reasons else None
        ask_settings(form)
        if form.suits:
            frame.say_first("**Press Start training**: what is set suits the images. Watch the model learn.")
        if reasons is not None:
            reasons.markdown(why(form))
        config = start(form)
        if config is not None:
            share.offer_code(lambda: code_of_training(config))


frame.show(main, __file__)
