"""A sheet of images to choose one or any number of: see ``assets/images``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import browser_code
from vaelab.images import png_data_uri, tile

__all__ = ["pick_image", "pick_images"]

_PICKER = browser_code.component("image_picker", "images/mount.js", "images/picker.html", "images/picker.css")

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
    about: str  # what the images are, for screen readers
    choosing: Literal["any", "one", "none"]
    chosen: int | None  # of one that is chosen


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
    sent = _sheet(images, names, "Images", "any" if choosing else "none")
    picked = _PICKER(key=key, data=sent, default={"chosen": []}, on_chosen_change=lambda: None)
    return [int(index) for index in picked["chosen"]]


def pick_image(
    images: NDArray[np.uint8],
    names: Sequence[str],
    key: str,
    about: str,
    chosen: int | None,
    on_pick: Callable[[int], None],
) -> None:
    """Show images ``(N, C, H, W)``, one of which is chosen by a click or with the keyboard.

    Parameters
    ----------
    images
        At least one.
    names
        One each.
    key
        Of the component.
    about
        What the images are, for screen readers.
    chosen
        The place of the one that is marked, if one is.
    on_pick
        Called with the place of the one that was chosen, before the rerun that follows.
    """

    def picked() -> None:
        index = st.session_state[key]["picked"]
        if index is not None:
            on_pick(int(index))

    _PICKER(key=key, data=_sheet(images, names, about, "one", chosen), on_picked_change=picked)


def _sheet(
    images: NDArray[np.uint8],
    names: Sequence[str],
    about: str,
    choosing: Literal["any", "one", "none"],
    chosen: int | None = None,
) -> SheetSent:
    return SheetSent(
        sheet=png_data_uri(tile(images, COLUMNS)),
        columns=COLUMNS,
        crisp=images.shape[3] < CRISP,
        names=list(names),
        about=about,
        choosing=choosing,
        chosen=chosen,
    )
