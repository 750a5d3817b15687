"""A hidden region, filled in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._denoising.methods import (
    NUM_SHOWN,
    PSNR_HELP,
    RESTORE_STEPS,
    Images,
    Indices,
    fill,
    filled_psnr,
    names_of,
    num_judged,
)
from pages._ui import controls, frame, widgets
from pages._ui.image_table import Row, draw_table
from vaelab.datasets import ImageDataset
from vaelab.evaluation.denoising import best_of, hide_box, hide_region
from vaelab.runs import Run

REGION_NAMES = {
    "top": "Top half",
    "bottom": "Bottom half",
    "left": "Left half",
    "right": "Right half",
    "centre": "Centre",
    "box": "Box",
}


def draw_restored(runs: Sequence[Run], data: ImageDataset, chosen: Indices) -> None:
    @frame.part()
    def body() -> None:
        with widgets.toolbar(None):
            visible = choose_hidden(data)
        place = st.empty()
        shown, judged = chosen[:NUM_SHOWN], chosen[: num_judged(runs, "filled")]
        clean = data.images[shown] / np.float32(255)
        repaired = fill(runs, data, shown, visible)
        names = names_of(runs)
        on = f"Over the hidden pixels alone of {len(judged)} held-out images. "

        def draw(psnr: dict[str, float] | None) -> None:
            rows = [
                Row("Clean", "held-out images", clean, ("",)),
                Row("Hidden", "what is given", show_hole(clean, visible), ("",)),
            ]
            for name, images in repaired.items():
                figures = () if psnr is None else (f"{psnr[name]:.2f}",)
                rows.append(Row(*names[name], images, figures, [name in best_of(psnr or {})]))
            draw_table(place, rows, ("PSNR, dB",), (on + PSNR_HELP,))

        draw(None)
        draw(filled_psnr(runs, data, judged, visible))
        st.caption(
            "A model draws the whole image anew, the visible pixels are put back, and so on, "
            f"{RESTORE_STEPS} times (Rezende et al. 2014, appendix F). PSNR is over the hidden "
            f"pixels alone, of the mean squared error of {len(judged)} images. The mean image and the most similar "
            "training image are what one has without any model."
        )


def choose_hidden(data: ImageDataset) -> NDArray[np.bool_]:
    """Choose which pixels stay visible, ``(H, W)``; the others are hidden."""
    _, height, width = data.image_shape
    region = controls.segmented_control(
        "Hide",
        param="hide",
        key="hidden-region",
        options=list(REGION_NAMES),
        default="bottom",
        help="The part of the image that the model is not shown. **Box**: choose it yourself.",
        format_func=REGION_NAMES.__getitem__,
        wrap=True,
    )
    if region != "box":
        return hide_region(height, width, region)
    (top, bottom), (left, right) = (
        controls.range_slider(
            name,
            param=name.lower(),
            key=f"hidden-{name}-{side}",
            min_value=1,
            max_value=side,
            step=1,
            default=(side // 4 + 1, side * 3 // 4),
            help="The first hidden and the last, counted from the top left.",
            width=240,
        )
        for name, side in (("Rows", height), ("Columns", width))
    )
    return hide_box(height, width, (top - 1, bottom - 1), (left - 1, right - 1))


def show_hole(images: Images, visible: NDArray[np.bool_]) -> Images:
    """The images in colour, with the hidden pixels in one that no image has."""
    colour = np.array([0.90, 0.45, 0.70], np.float32)[:, None, None]
    return np.where(visible, np.broadcast_to(images, (len(images), 3, *visible.shape)), colour)
