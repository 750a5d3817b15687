"""Images drawn by hand, one after another, class by class."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._images.current import begin_with_classes, task_number
from pages._ui import frame, pictures
from pages._ui.drawing_pad import drawing_pad
from pages._ui.text import plain
from vaelab.datasets.base import MIN_IMAGES
from vaelab.images import png

#: Pixels a side of what is drawn here: enough for a symbol, and quickly learned.
DRAWING_SIDE = 28


class Drawing(NamedTuple):
    """What was drawn here, uint8 ``(H, W)``."""

    label: str
    image: NDArray[np.uint8]


def draw_oneself() -> None:
    """Draw one after another, class by class."""
    turn = task_number()
    drawings: dict[str, Drawing] = st.session_state.setdefault(f"adding-drawings-{turn}", {})

    def take(id: str, image: NDArray[np.uint8], label: str, nickname: str) -> None:
        if image.min() == image.max():
            raise ValueError("There is nothing on the paper: draw something first.")
        drawings[id] = Drawing(" ".join(label.split()), image)

    left, right = st.columns(2, gap="large")
    labels = list(dict.fromkeys(drawing.label for drawing in drawings.values()))
    # The browser remembers by this name what was drawn, and another visit begins anew.
    visit = st.session_state.setdefault("adding-visit", secrets.token_hex(8))
    with left:
        drawing_pad(
            f"{visit} {turn}",
            take,
            title="Draw",
            size=DRAWING_SIDE,
            classes=[label for label in labels if label],
            nicknames=False,
        )
    with right:
        st.markdown(
            f"Draw, choose or write what it is, and press **Add**; at least {MIN_IMAGES} drawings are needed. "
            "It is faster together: with **Collect drawings**, others draw on their phones."
        )
        frame.link_to("collect", "Collect drawings", "qr_code_2")
        for label in labels:
            images = np.stack([drawing.image[None] for drawing in drawings.values() if drawing.label == label])
            pictures.sheet(images, 10, f"Drawings of {label or 'no class'}", side=DRAWING_SIDE)
            st.caption(f"{plain(label) or 'No class'} · {len(images)}")
        missing = MIN_IMAGES - len(drawings)
        with st.container(horizontal=True):
            st.button(
                f"{missing} more are needed" if missing > 0 else f"Use these {len(drawings)}",
                type="primary",
                key="adding-drawn",
                disabled=missing > 0,
                on_click=read_drawings,
                args=(list(drawings.values()),),
                help="Shows you the dataset first; nothing is kept yet.",
            )
            st.button(
                "Take the last one back",
                icon=":material/undo:",
                disabled=not drawings,
                on_click=take_back,
                args=(drawings,),
                help="Removes the drawing that was added last.",
            )


def take_back(drawings: dict[str, Drawing]) -> None:
    """Drop the drawing that was added last; in a callback."""
    drawings.popitem()


def read_drawings(drawings: Sequence[Drawing]) -> None:
    """Begin to read what was drawn; in a callback."""
    begin_with_classes("drawings", [(drawing.label, png(drawing.image)) for drawing in drawings], ".png")
