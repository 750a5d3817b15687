"""What a threshold does: the scores on both sides of it, and what is found and missed."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._anomalies.case import Case, detection_of, detector_of
from pages._anomalies.gallery import look_closer
from pages._ui import controls, frame, widgets
from vaelab.evaluation.anomalies import SCORES, unit_of
from vaelab.evaluation.calibration import MIN_HELD_OUT
from vaelab.evaluation.detection import Confusion, confusion, threshold_for
from vaelab.figures.detection import detection_curves, round_step, score_histogram, score_range

ALLOWED_FALSE_ALARMS = 0.05
#: From this area under the ROC curve on, a score has nothing left to prove.
EASY = 0.999


def judge(case: Case) -> None:
    """Draw what a threshold does, in a fragment that is redrawn when the threshold is moved."""
    normal, anomalous = case.scores
    low, high = score_range(normal, anomalous)
    step = round_step(low, high)
    # By other images than those that are judged, of which it would flag one in twenty by construction.
    start = float(np.ceil(threshold_for(case.normal, ALLOWED_FALSE_ALARMS) / step) * step)
    title = f"{SCORES[case.score].title} ({unit_of(case.score, case.run.config.model == 'vae')})"
    is_held_out = detector_of(case.run).is_held_out

    @frame.part()
    def body() -> None:
        left, right = st.columns(2, gap="medium")
        with left:
            place = st.container()
            threshold = controls.slider(
                "Threshold",
                param="threshold",
                key=f"threshold:{case.run.name}:{case.run.version}:{case.score}:{case.source}",
                min_value=low,
                max_value=high,
                step=step,
                default=min(max(start, low), high),
                help="In the score's own unit. It starts where it flags one in twenty of the normal images "
                + ("kept for validation" if is_held_out else "of training")
                + ", so that neither anomalies nor the images counted here had a say.",
                format=f"%.{max(0, -int(np.floor(np.log10(step))))}f",
            )
            figure = score_histogram(normal, anomalous, threshold, title)
            with place:
                widgets.chart(figure, key="histogram", config=widgets.NO_BAR)
            counts = confusion(normal, anomalous, threshold)
            draw_table(counts)
            if not is_held_out:
                st.caption(
                    f"There are fewer than {MIN_HELD_OUT} images for validation, so the threshold starts where one "
                    "**training** image in twenty is flagged. The model knows those: of new ones it flags more."
                )
        with right:
            detection = detection_of(case.scores)
            widgets.chart(detection_curves(detection, counts), key="curves", config=widgets.NO_BAR)
            say(counts)
            if detection.auc >= EASY:
                st.caption(
                    "These anomalies are easy: hardly a normal image scores higher than one of them. A class that "
                    "was left out, or slighter damage, is a better test."
                )
        look_closer(case, threshold)


def draw_table(counts: Confusion) -> None:
    st.markdown(
        "| in truth | flagged | not flagged |\n|:--|--:|--:|\n"
        f"| **anomalous** | {counts.true_positives:,} found "
        f"| {counts.false_negatives:,} missed |\n"
        f"| **normal** | {counts.false_positives:,} false alarms "
        f"| {counts.true_negatives:,} passed |"
    )


def say(counts: Confusion) -> None:
    """The same in plain words, with the rates and what they may be of other images."""

    def percent(rate: float | None) -> str:
        return "none" if rate is None else f"{rate:.1%}"

    def between(interval: tuple[float, float] | None) -> str:
        return "" if interval is None else f" ({interval[0]:.1%} to {interval[1]:.1%})"

    anomalous = counts.true_positives + counts.false_negatives
    flagged = counts.true_positives + counts.false_positives
    normal = counts.false_positives + counts.true_negatives
    st.markdown(
        f"- Of {anomalous:,} anomalies, {counts.true_positives:,} were flagged: "
        f"**recall {percent(counts.recall)}**{between(counts.recall_interval)}.\n"
        f"- Of {flagged:,} flagged images, {counts.true_positives:,} are anomalies: "
        f"**precision {percent(counts.precision)}**.\n"
        f"- Of {normal:,} normal images, {counts.false_positives:,} were flagged: "
        f"**false alarm rate {percent(counts.false_alarm_rate)}**{between(counts.false_alarm_interval)}."
    )
    st.caption(
        "In brackets: 95% intervals, as other images of the kind would give other rates (Wilson 1927). The precision "
        "depends on how many anomalies there are among all images."
    )
