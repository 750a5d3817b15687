"""The odd ones among a model's own images: nobody says which they are, so all are ranked."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._anomalies.case import detector_of
from pages._ui import controls, frame, pictures, widgets
from pages._ui.cached import per_run
from pages._ui.image_picker import pick_image
from vaelab.datasets import ImageDataset
from vaelab.evaluation.anomalies import unit_of
from vaelab.evaluation.cases import EITHER, MOST_RANKED, rank
from vaelab.figures.errors import error_panels
from vaelab.images import to_pixels
from vaelab.runs import Run

#: Images shown.
NUM_SHOWN = 24


def draw_outliers(run: Run, data: ImageDataset, score: str) -> None:
    """Rank the images by how strange the model finds them, and look at the strangest one by one."""
    indices, scores = _ranked(run, data, score)
    shown = indices[:NUM_SHOWN]
    some = f" of {len(data):,}" if len(data) <= MOST_RANKED else f" of {MOST_RANKED:,} drawn from {len(data):,}"
    st.markdown(f"## The {len(shown)} oddest{some}")
    number_key = f"outlier:{data.key}"

    def look_at(place: int) -> None:
        st.session_state[number_key] = place + 1

    @frame.part()
    def look() -> None:
        sheet = st.container()
        st.caption(
            "The oddest first; **click one** to see where its error is. Images that were trained on are among them: a "
            "model that has learned one by heart finds it normal."
        )
        left, right = st.columns([2, 3], gap="medium")
        with left:
            number = controls.number_input(
                f"Which of {len(indices):,}",
                param="number",
                key=number_key,
                min_value=1,
                max_value=len(indices),
                default=1,
                help="Counted as in the pictures: 1 is the oddest.",
            )
            index = int(indices[number - 1])
            unit = "times the usual spread" if score == EITHER else unit_of(score, run.engine.is_vae)
            st.markdown(
                f"{widgets.plain(pictures.describe_image(data, index))}: score **{scores[number - 1]:.4g}** {unit}."
            )
            if st.button("Show on the map", icon=":material/explore:", help="Open Explore at this image."):
                frame.switch_to("explore", {"run": run.name, "image": str(index)})
        with right:
            draw_error(run, data.images[index])
        with sheet:
            pick_image(
                to_pixels(data.images[shown]).transpose(0, 3, 1, 2),
                [pictures.describe_image(data, int(each)) for each in shown],
                key="oddest",
                about="The oddest images",
                chosen=number - 1 if number <= len(shown) else None,
                on_pick=look_at,
            )


def draw_error(run: Run, image: NDArray[np.generic]) -> None:
    """One image ``(C, H, W)``, its reconstruction, and where the two differ."""
    back = detector_of(run).reconstruct(image[None])[0]
    widgets.chart(error_panels(image, back), key="error-panels", config=widgets.NO_BAR)
    st.caption(
        "Difference: image minus reconstruction. Red where the image is brighter, blue where it is darker; always from "
        "-1 to 1, black against white."
    )


@per_run(max_entries=16, spinner="Scoring the images …")
def _ranked(run: Run, data: ImageDataset, score: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Indices and scores of the images, the oddest first."""
    return rank(detector_of(run), data, score)
