"""Anomaly detection: score images by how strange a model finds them, and set a threshold."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import controls, fitting, frame, resources, state, widgets
from pages._ui.anomaly_case import AnomalySource, Case, detector_of, missing_classes
from pages._ui.image_picker import pick_image
from pages._ui.outliers import EITHER, draw_error, draw_outliers
from pages._ui.text import explained
from vaelab.choices import CORRUPTIONS
from vaelab.datasets import SOURCES, is_local, sources
from vaelab.evaluation.anomalies import MIN_HELD_OUT, SCORES, unit_of
from vaelab.evaluation.detection import Confusion, confusion, threshold_for
from vaelab.figures.detection import (
    detection_curves,
    frame_images,
    round_step,
    score_histogram,
    score_range,
)
from vaelab.runs import Run, RunError

KINDS = {
    "within": "Odd ones among these",
    "left_out": "Left-out classes",
    "corrupted": "Corrupted images",
    "other": "Other images",
}
#: Images in each half of the gallery.
NUM_SHOWN = 20
#: Of the control that says which list of images to look at, and of the one that says which of them.
LIST_KEY = "anomaly-list"
ALLOWED_FALSE_ALARMS = 0.05
#: From this area under the ROC curve on, a score has nothing left to prove.
EASY = 0.999


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.ANOMALIES)
        source = choose_anomalies(run)
        score = choose_score(run, source)
    fitting.say_what_suits(fitting.ANOMALIES, run)
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
                widgets.chart(figure, key="histogram", config=NO_BAR)
            counts = confusion(normal, anomalous, threshold)
            draw_table(counts)
            if not is_held_out:
                st.caption(
                    f"There are fewer than {MIN_HELD_OUT} images for validation, so the threshold starts where one "
                    "**training** image in twenty is flagged. The model knows those: of new ones it flags more."
                )
        with right:
            detection = case.detection()
            widgets.chart(detection_curves(detection, counts), key="curves", config=NO_BAR)
            say(counts)
            if detection.auc >= EASY:
                st.caption(
                    "These anomalies are easy: hardly a normal image scores higher than one of them. A class that "
                    "was left out, or slighter damage, is a better test."
                )
        look_closer(case, threshold)


NO_BAR = {"displayModeBar": False}


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


def look_closer(case: Case, threshold: float) -> None:
    """Draw both ends of the ranking and, of one image, its reconstruction and where the two differ."""
    scores, strange = case.all_scores, case.anomalous
    order = np.argsort(-scores, kind="stable")

    @frame.part()
    def body() -> None:
        flagged, truly = scores[order] > threshold, strange[order]
        lists = {
            "Most anomalous": order,
            "Least anomalous": order[::-1],
            "Missed": order[~flagged & truly][::-1],
            "False alarms": order[flagged & ~truly],
        }
        gallery = st.container()
        st.markdown("## Where the error is")
        left, right = st.columns([2, 3], gap="medium")
        with left:
            name, number = choose_image({name: len(chosen) for name, chosen in lists.items()})
            if number is None:
                st.info("There are none at this threshold: move it, or look at another list.")
            else:
                index = int(lists[name][number - 1])
                kind = "anomalous" if strange[index] else "normal"
                st.markdown(f"{widgets.plain(case.name(index))}: in truth **{kind}**, score **{scores[index]:.4g}**.")
        if number is not None:
            with right:
                draw_error(case.run, case.image(index))
        with gallery:
            draw_gallery(case, threshold, order, (name, number))


def choose_image(lengths: dict[str, int]) -> tuple[str, int | None]:
    """Choose a list of images and, counted from 1, one of them; None where the list is empty."""
    name = controls.segmented_control(
        "Look at",
        param="list",
        key=LIST_KEY,
        options=list(lengths),
        default="Most anomalous",
        help="**Missed**: anomalies below the threshold, the lowest score first. **False "
        "alarms**: normal images above it, the highest first.",
        to_param=lambda name: name.lower().replace(" ", "-"),
        wrap=True,
    )
    if not lengths[name]:
        return name, None
    key = number_key(name)
    if key in st.session_state:  # the threshold was moved, and there are fewer now
        st.session_state[key] = min(st.session_state[key], lengths[name])
    number: int = controls.number_input(
        f"Which of {lengths[name]:,}",
        param="number",
        key=key,
        min_value=1,
        max_value=lengths[name],
        default=1,
        help="Counted as in the gallery: 1 is the first.",
    )
    return name, number


def number_key(name: str) -> str:
    """Key of the control that says which image of a list to look at."""
    return f"anomaly-number:{name}"


def draw_gallery(case: Case, threshold: float, order: NDArray[np.int64], looked_at: tuple[str, int | None]) -> None:
    """Draw the most and the least anomalous images, of which a click chooses one to look at."""
    wrong = (case.all_scores > threshold) != case.anomalous
    halves = {"most": order[:NUM_SHOWN], "least": order[::-1][:NUM_SHOWN]}
    kinds = {"most": "normal images flagged", "least": "anomalies missed"}
    for column, (name, chosen) in zip(st.columns(2, gap="medium"), halves.items(), strict=True):
        with column:
            st.markdown(f"## The {len(chosen)} {name} anomalous of {len(order):,}")
            draw_half(case, name, chosen, wrong[chosen], looked_at)
            errors = int(wrong[chosen].sum())
            st.markdown(
                f"The {name} anomalous first; **click one** to see where its error is. "
                + (f"Framed: **{errors} judged wrongly**, {kinds[name]}." if errors else "All are judged correctly.")
            )


def draw_half(
    case: Case, name: str, chosen: NDArray[np.int64], wrong: NDArray[np.bool_], looked_at: tuple[str, int | None]
) -> None:
    list_name = f"{name.capitalize()} anomalous"
    number = looked_at[1] if looked_at[0] == list_name else None

    def look_at(place: int) -> None:
        st.session_state[LIST_KEY] = list_name
        st.session_state[number_key(list_name)] = place + 1

    scores = case.all_scores
    pick_image(
        frame_images(np.stack([case.image(int(index)) for index in chosen]), wrong, side=56),
        [f"{case.name(int(index))}, score {scores[index]:.4g}" for index in chosen],
        key=f"gallery-{name}",
        about=f"The {name} anomalous images",
        chosen=number - 1 if number is not None and number <= len(chosen) else None,
        on_pick=look_at,
    )


def choose_anomalies(run: Run) -> AnomalySource:
    """Choose which images play the anomalies."""
    kinds = [kind for kind in KINDS if kind != "left_out" or missing_classes(run)]
    # Who brings images asks which of them are odd; the examples show what can be found where one knows.
    own = run.config.dataset not in SOURCES
    kind = controls.segmented_control(
        "Anomalies are",
        param="anomalies",
        key=f"anomalies:{run.name}",
        options=kinds,
        default=kinds[0] if own else kinds[1],
        help="**Odd ones among these**: all images are ranked, and nobody says which are odd. In the other cases the "
        "normal images are the test images of what the model was trained on. **Left-out classes**: test images of "
        "the classes it was not trained on. **Corrupted images**: the normal ones, damaged. **Other images**: another "
        "dataset, brought to the same size.",
        format_func=KINDS.__getitem__,
        wrap=True,
    )
    if kind == "other":
        others = {name: source for name, source in sources().items() if name != run.config.dataset and is_local(source)}
        what = controls.selectbox(
            "Which",
            param="images",
            key=f"other-images:{list(others)}",
            options=list(others),
            default=next(iter(others)),
            help="The datasets that need no download.",
            format_func=lambda name: others[name].title,
            width=170,
        )
        return AnomalySource(kind, what)
    if kind == "corrupted":
        what = controls.selectbox(
            "How",
            param="damage",
            key="anomaly-corruption",
            options=list(CORRUPTIONS),
            default="masking",
            help="What is done to the normal images.",
            format_func=lambda name: CORRUPTIONS[name].title,
            width=160,
        )
        corruption = CORRUPTIONS[what]
        strength = controls.slider(
            corruption.strength,
            param="strength",
            key=f"anomaly-strength:{what}",
            min_value=0.0,
            max_value=corruption.most,
            step=0.05,
            default=corruption.slight,
            help="How strong the damage is.",
            width=170,
        )
        return AnomalySource(kind, what, strength)
    return AnomalySource(kind)


def choose_score(run: Run, source: AnomalySource) -> str:
    within = source.kind == "within"
    names = [EITHER] * within + [name for name in SCORES if name != "elbo" or run.config.model == "vae"]
    absent = "" if "elbo" in names else " An autoencoder has no ELBO."
    return controls.selectbox(
        "Score",
        param="score",
        key="outlier-score" if within else "anomaly-score",
        options=names,
        default=names[0],
        help=("**Error or distance**: whichever of the two stands out more. " if within else "")
        + "**Calibrated error**: how many times worse the image is reconstructed than a normal image with outlines as "
        "long and as much ink, so simple images are not taken for normal, nor intricate ones for strange. "
        "**Reconstruction error**: -log p(x|z). **Negative ELBO**: that plus the KL divergence, the mean over 16 draws "
        "of z; both tend to find simple images normal, whatever they show. **Latent distance**: from the image's code "
        f"to the tenth nearest code of a training image.{absent} Which of them tells best depends on the images: "
        "compare their AUC.",
        format_func=lambda name: "Error or distance" if name == EITHER else SCORES[name].title,
        width=200,
    )


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


frame.show(main, __file__)
