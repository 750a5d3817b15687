"""The same model trained without a class, which then is the anomaly."""

from __future__ import annotations

import streamlit as st

from pages._ui import frame, resources, state, widgets
from pages._ui.text import explained
from vaelab.evaluation.cases import missing_classes
from vaelab.runs import Run, RunError


def offer_training(run: Run) -> None:
    """Train the same model without a class, where none was left out yet."""
    source = run.source()
    names = source.label_names
    if missing_classes(run) or len(names) < 2:
        return
    with st.popover(
        "Train one without …",
        icon=":material/model_training:",
        help="Train this model without one class: images of that class are then the anomalies.",
    ):
        st.markdown("The same model, trained without a class: then that class is the anomaly.")
        left_out = st.selectbox(
            "Leave out",
            names,
            key=f"leave-out:{source.name}:{source.version}",
            help="The class that the model will never see.",
        )
        if st.button(
            "Start training",
            type="primary",
            icon=":material/play_arrow:",
            help="With all the settings of this model, and without that class.",
        ):
            kept = tuple(name for name in names if name != left_out)
            preprocessing = run.config.preprocessing.model_copy(update={"classes": kept})
            try:
                new = Run.create(run.config.model_copy(update={"preprocessing": preprocessing}))
                new.rename(f"{source.title} without {left_out}")
                with st.spinner("Starting …"):
                    resources.jobs().train(new)
            except (RunError, ConnectionError) as error:
                st.error(explained(error), icon=":material/error:")
            else:
                state.watch_training(new.name)
                st.session_state["left-out-training"] = new.title
        if title := st.session_state.get("left-out-training"):
            st.success(f"**{widgets.plain(title)}** is in training. Once it has begun, it can be chosen here.")
            frame.link_to("train", "Follow it on Train", "east", help="Watch its loss and its map as they form.")
