"""Other trainings of the same images: where they lie by rate and distortion, other seeds, and a sweep to train more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages._ui import choosing, frame, map_view, resources, state, widgets
from pages._ui.figures_table import spread_of
from pages._ui.text import explained
from vaelab.figures.comparison import RatePoint, rate_distortion
from vaelab.runs import Run, RunError
from vaelab.runs.comparing import differs_by_seed, why_not
from vaelab.training.sweep import SWEPT, create_sweep, read_values


def draw_rates(runs: Sequence[Run]) -> None:
    """Draw every run of these images whose nats compare with the page's run."""
    points = [
        RatePoint(run.name, choosing.named(run), figures["kl"], figures["reconstruction"])
        for run in [runs[0], *resources.same_images(runs[0])]
        if not why_not(runs[0], run, "reconstruction") and (figures := run.evaluation())
    ]
    if len(points) < 2:
        st.info(
            "Here each evaluated model of these images becomes a point, and there are fewer than two so far. "
            "**Sweep**, below, trains several; each is evaluated at the end of its training."
        )
        return
    event = widgets.chart(
        rate_distortion(points, [run.name for run in runs]),
        key="compare-rates",
        on_select="rerun",
        selection_mode="points",
        config=map_view.MAP_CONFIG,
    )
    st.caption(
        "Each point is a model; **click one** to explore it. Further to the right, codes cost more; further "
        "down, images are explained better; along a dotted line the ELBO is the same. A larger β "
        "moves a model to the left and, as a rule, up. Pink: the models above. " + say_left_out(runs)
    )
    for point in event["selection"]["points"]:
        if "customdata" in point:
            frame.switch_to("explore", {state.RUN_KEY: str(np.ravel(point["customdata"])[0])})


def say_left_out(runs: Sequence[Run]) -> str:
    """Say which of the models above are no points, and why."""
    name_of = choosing.told_apart(runs, choosing.named)
    reasons = {name_of(run): why_not(runs[0], run, "reconstruction") for run in runs}
    told = [f"**{widgets.plain(name)}** {reason}" for name, reason in reasons.items() if reason]
    return f"Not here, since its nats do not compare: {'; '.join(told)}." if told else ""


def draw_seeds(run: Run) -> None:
    """Say how far the figures of the page's run are chance: those of its other seeds."""
    same = [other for other in resources.same_images(run) if differs_by_seed(run, other)]
    evaluations = [figures for each in (run, *same) if (figures := each.evaluation())]
    if len(evaluations) < 2:
        return
    st.markdown("## The same training from other seeds")
    st.table(spread_of(evaluations))
    st.caption(
        f"{len(evaluations)} trainings that differ in nothing but their seed. A difference between two models that is "
        "no larger than those between these seeds may be chance, however narrow the intervals above, which are over "
        "images."
    )


def draw_sweep(run: Run) -> None:
    with st.expander("Sweep: train this model with several values of one setting"):
        with st.form("sweep", border=False):
            over_column, values_column = st.columns(2)
            over = over_column.selectbox(
                "Over",
                [name for name in SWEPT if name != "beta" or run.config.model == "vae"],
                format_func=lambda name: SWEPT[name].capitalize(),
                help="The setting that differs; all others are this model's. **Seed**: the same training from other "
                "random numbers, which shows how far figures are chance.",
                key="sweep-over",
            )
            text = values_column.text_input(
                "Values",
                "0.25, 1, 4, 16" if run.config.model == "vae" else "1, 2, 4, 8",
                help="Separated by commas. Seeds are whole numbers, such as 1, 2, 3.",
                key="sweep-values",
            )
            pressed = st.form_submit_button(
                "Train them", icon=":material/play_arrow:", help="Queue a training for each value."
            )
        if pressed:
            start_sweep(run, over, text)
        st.caption(
            f"Each is trained like {widgets.plain(run.title)}, one after the other. **Runs** shows how far they "
            "are; here they appear as points above when they are done."
        )


def start_sweep(run: Run, over: Any, text: str) -> None:
    try:
        runs = create_sweep(run.config, over, read_values(text, over))
        with st.spinner("Starting …"):
            resources.jobs().train(*runs)
    except (ValueError, RunError, ConnectionError) as error:
        st.error(explained(error), icon=":material/error:")
    else:
        names = ", ".join(widgets.plain(each.title) for each in runs)
        st.success(f"{len(runs)} trainings are queued: {names}.", icon=":material/check:")
        frame.link_to("runs", "See how far they are", "list", help="The list of all runs.")
