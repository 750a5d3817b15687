"""Both ends of the ranking and, of one image, its reconstruction and where the two differ."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._anomalies.case import Case
from pages._anomalies.outliers import draw_error
from pages._ui import controls, frame, widgets
from pages._ui.image_picker import pick_image
from vaelab.figures.errors import frame_images

#: Images in each half of the gallery.
NUM_SHOWN = 20
#: Of the control that says which list of images to look at.
LIST_KEY = "anomaly-list"


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
    judged_wrongly = (case.all_scores > threshold) != case.anomalous
    halves = {"most": (order, "normal images flagged"), "least": (order[::-1], "anomalies missed")}
    for column, (name, (ranked, kind)) in zip(st.columns(2, gap="medium"), halves.items(), strict=True):
        chosen = ranked[:NUM_SHOWN]
        wrong = judged_wrongly[chosen]
        with column:
            st.markdown(f"## The {len(chosen)} {name} anomalous of {len(order):,}")
            draw_half(case, name, chosen, wrong, looked_at)
            errors = int(wrong.sum())
            st.markdown(
                f"The {name} anomalous first; **click one** to see where its error is. "
                + (f"Framed: **{errors} judged wrongly**, {kind}." if errors else "All are judged correctly.")
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
