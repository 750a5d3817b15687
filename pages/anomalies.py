"""Anomaly detection: score images by how strange a model finds them, and set a threshold."""

from __future__ import annotations

import streamlit as st

from pages._anomalies.case import Case
from pages._anomalies.choices import choose_anomalies, choose_score
from pages._anomalies.judging import judge
from pages._anomalies.leaving_out import offer_training
from pages._anomalies.outliers import draw_outliers
from pages._ui import fitting, frame, resources, share, widgets
from pages._ui.chosen_panel import draw_chosen
from vaelab.sharing.as_code_of_uses import code_of_anomalies


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.ANOMALIES)
        source = choose_anomalies(run)
        score = choose_score(run, source)
    share.offer_code(lambda: code_of_anomalies(run, source, score))
    fitting.say_what_suits(fitting.ANOMALIES, run)
    draw_chosen(run, resources.images_of(run), actions=False)
    if source.kind == "within":
        draw_outliers(run, resources.images_of(run), score)
        return
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    head.caption(
        "Images that score above the threshold are flagged as anomalous. The table counts "
        "what that finds and what it costs."
    )
    with head:
        offer_training(run)
    data = resources.images_of(run)
    if not resources.torch_is_loaded():
        with st.spinner("Loading the model …"):
            run.engine.reconstruct(data.images[:1], data.labels_of([0]))
    # Scored once for all thresholds: what follows only counts.
    judge(Case.of(run, source, score))


frame.show(main, __file__)
