"""What is chosen on one map is marked in all: see ``assets/linked_selection``."""

from __future__ import annotations

from typing import Literal, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import browser_code
from pages._ui.canvas_images import send_thumbnails
from pages._ui.chosen import choose, chosen_of, is_stale
from vaelab.datasets import ImageDataset
from vaelab.runs import Run
from vaelab.sharing import live

__all__ = ["mark_chosen"]

_LINK = browser_code.component(
    "linked_selection",
    "linked_selection/mount.js",
    "linked_selection/component.html",
    "linked_selection/component.css",
)

Lasso = Literal["button", "always"]


class LinkSent(TypedDict):
    """What the browser is sent."""

    chart: str  # key of the container around it
    chosen: list[int]  # images
    lasso: Lasso  # whether a button first switches on that a line is drawn around images
    sheet: str | None  # the id of the sheet with the images below; none where a canvas shows what is hovered
    images: list[int]  # in the order in which they are on the sheet


def mark_chosen(
    run: Run,
    container_key: str,
    *,
    lasso: Lasso = "button",
    hovered: tuple[ImageDataset, NDArray[np.int64]] | None = None,
) -> None:
    """Mark the chosen images in every panel of a chart; what is being chosen, while it is.

    Parameters
    ----------
    run
        Whose images are on it.
    container_key
        Key of the container around the chart, whose points' ``customdata`` are images.
    lasso
        Whether a line can be drawn around images at once, where that is what the chart is for, or after the press of a
        button, which is drawn here.
    hovered
        The images, and which are on the chart, for the one under the pointer to be shown; by default a canvas does so.
    """
    key = f"link-{container_key}"

    def drawn() -> None:
        images = st.session_state[key]["chosen"]
        if images is not None:
            choose(run, images)

    sheet, shown = None, np.zeros(0, np.int64)
    if hovered is not None:
        data, shown = hovered
        sheet = live.thumbnails_name(data, shown)
        send_thumbnails(data, shown, container_key)
    images = chosen_of(run).images.tolist()
    sent = LinkSent(chart=container_key, chosen=images, lasso=lasso, sheet=sheet, images=shown.tolist())
    _LINK(key=key, data=sent, on_chosen_change=drawn)
    if is_stale(run):
        st.rerun()  # what is above the page says which group is chosen
