"""The curves of runs over one another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import streamlit as st

from pages._ui import controls, share, widgets
from vaelab.changes import in_words
from vaelab.figures import COMPARED, compare_curves
from vaelab.runs import Run
from vaelab.runs.comparing import Term, why_not


def newest(runs: Sequence[Run]) -> list[Run]:
    """The newest run and others whose curves compare with it."""
    begun = [run for run in runs if run.has_model]
    term: Term = "reconstruction" if begun and begun[0].config.model == "ae" else "elbo"
    return [run for run in begun if not why_not(begun[0], run, term)][:5]


def draw_curves(runs: Sequence[Run], names: dict[Path, str], ticked: bool) -> None:
    st.markdown("## Curves" + ("" if ticked else " of the newest runs"))
    with widgets.toolbar(None):
        term = controls.segmented_control(
            "Term",
            param="term",
            key="curve-term",
            options=list(COMPARED),
            default="elbo" if any(run.config.model == "vae" for run in runs) else "reconstruction",
            help="Which part of the loss to draw. **ELBO**: reconstruction and KL divergence together, weighted alike "
            "in all models; higher is better. **Total loss** is what training lowers, and compares only among models "
            "whose terms have the same weights.",
            format_func=COMPARED.__getitem__,
        )
        part = controls.segmented_control(
            "Images",
            param="images",
            key="curve-split",
            options=["validation", "train"],
            default="validation",
            help="**Validation** images are held out: a curve that rises again there, while that "
            "of the **training** images falls, means images learned by heart.",
            format_func={"validation": "Validation", "train": "Training"}.__getitem__,
        )
        axis = controls.segmented_control(
            "Over",
            param="over",
            key="curve-over",
            options=["epoch", "seconds"],
            default="epoch",
            help="By how often all images were seen, or by how long it took.",
            format_func=str.capitalize,
        )
    epochs = {run.path: found for run in runs if (found := run.epochs())}
    reasons = why_left_out([run for run in runs if run.path in epochs], cast("Term", term))
    curves = {names[path]: found for path, found in epochs.items() if path not in reasons}
    share.about(*(run for run in runs if names[run.path] in curves))
    if curves:
        if not ticked:
            st.caption(
                "Of the newest run and others whose nats compare with its own: of the same images, and the same kind "
                "of pixels. Tick rows to choose for yourself."
            )
        changes = {
            names[run.path]: {step: in_words(run.config, settings) for step, settings in run.changes_made().items()}
            for run in runs
        }
        widgets.chart(compare_curves(curves, term, part, axis, changes=changes), key="curves")
    elif not reasons:
        st.info(
            "There are no curves yet: they appear when a run that is ticked has finished its first epoch."
            if ticked
            else "No run has finished an epoch yet. Go to **Train**, and press **Start training**."
        )
    if reasons:
        told = "; ".join(f"**{widgets.plain(names[path])}** {reason}" for path, reason in reasons.items())
        st.caption(f"Not drawn, since nats compare only with others of their kind: {told}.")


def why_left_out(runs: Sequence[Run], term: Term) -> dict[Path, str]:
    """Why runs are not drawn beside the first that has the term, by their folders."""
    first = next((run for run in runs if not why_not(run, run, term)), None)
    reasons = {run.path: why_not(first or run, run, term) for run in runs}
    return {path: reason for path, reason in reasons.items() if reason}
