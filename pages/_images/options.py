"""How images are taken in: settings that may be left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from vaelab.config import SIDES

#: All of them left alone, as ``choose_options`` returns them.
AS_THEY_ARE: dict[str, Any] = {"size": None, "fit": "crop", "color": None, "labels": None, "group": None}

FITS = {"crop": "Crop", "pad": "Pad", "stretch": "Stretch"}
COLORS = {"as-is": "as they are", "gray": "grey", "rgb": "colour"}


def choose_options(tables: Sequence[str], beside: bool = False) -> dict[str, Any]:
    """How to take the images in; what is left alone is chosen to suit them.

    Parameters
    ----------
    tables
        The CSV files that were given.
    beside
        Whether something else was given as well, so that one table is about that.
    """
    with st.expander("Size, colour, classes"), st.container(horizontal=True, vertical_alignment="bottom"):
        size = st.number_input(
            "Pixels a side",
            *SIDES,
            None,
            placeholder="automatic",
            key="adding-size",
            persist_state="session",
            help="By default the largest of 8, 16, 28, 32 and 64 that most images have.",
            width=170,
        )
        fit = st.segmented_control(
            "Where not square",
            list(FITS),
            default="crop",
            required=True,
            format_func=FITS.__getitem__,
            key="adding-fit",
            persist_state="session",
            help="**Crop** to the middle, **pad** with the colour of the border, or **stretch**.",
        )
        color = st.segmented_control(
            "Colour",
            list(COLORS),
            default="as-is",
            required=True,
            format_func=COLORS.__getitem__,
            key="adding-color",
            persist_state="session",
            help="As they are: grey where all of them are grey.",
        )
        labels = None
        if tables:
            labels = st.selectbox(
                "Classes from",
                tables,
                index=0 if len(tables) == 1 and beside else None,
                placeholder="the folders",
                help="A CSV with a column of file names, and others that say what each image is.",
                width=220,
            )
        group = st.text_input(
            "Keep together by",
            placeholder="a column of the CSV",
            key="adding-group",
            persist_state="session",
            help="Images with the same value in this column, such as a patient or a writer, stay on one side: "
            "either all to learn from, or all to test with.",
            width=220,
        )
    return {
        "size": size,
        "fit": fit,
        "color": None if color == "as-is" else color,
        "labels": labels,
        "group": group.strip() or None,
    }
