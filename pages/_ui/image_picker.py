"""A sheet of images to choose any number of: see ``assets/images``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import browser_code
from vaelab.images import png_data_uri, tile

__all__ = ["pick_images"]

_PICKER = st.components.v2.component(
    "image_picker",
    html=browser_code.read("images/picker.html"),
    css=browser_code.read("images/picker.css"),
    js=browser_code.join("images/mount.js"),
    isolate_styles=False,
)

#: Images a row of the one picture that the browser cuts them out of.
COLUMNS = 10
#: Images smaller than this are enlarged by the browser, and so shown as squares.
CRISP = 64


class SheetSent(TypedDict):
    """What the browser is sent."""

    sheet: str  # a data address
    columns: int
    crisp: bool
    names: list[str]
    choosing: bool


def pick_images(images: NDArray[np.uint8], names: Sequence[str], key: str, choosing: bool = True) -> list[int]:
    """Show images ``(N, C, H, W)`` with their names, and return which are chosen, by their place.

    Parameters
    ----------
    images
        At least one.
    names
        One each.
    key
        One for each set of images: with another, nothing is chosen.
    choosing
        Whether any can be chosen; else they are there to be looked at.
    """
    sent = SheetSent(
        sheet=png_data_uri(tile(images, COLUMNS)),
        columns=COLUMNS,
        crisp=images.shape[3] < CRISP,
        names=list(names),
        choosing=choosing,
    )
    picked = _PICKER(key=key, data=sent, default={"chosen": []}, on_chosen_change=lambda: None)
    return [int(index) for index in picked["chosen"]]
