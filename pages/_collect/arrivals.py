"""The drawings of a set as they arrive: see ``assets/collect``."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import TypedDict

import streamlit as st

from pages._ui import browser_code
from vaelab.collecting import Drawing, DrawingSet, class_counts

_ARRIVALS = browser_code.component(
    "arrivals", "collect/arrivals_mount.js", "collect/arrivals.html", "collect/arrivals.css"
)
#: Drawings that are shown at first, and how many more each time.
_STEP = 60


class Arrival(TypedDict):
    """A drawing, as the browser is sent it."""

    id: str
    image: str  # a byte a pixel, row by row, in base64
    label: str
    nickname: str


class ArrivalsSpec(TypedDict):
    """What the browser is sent."""

    size: int
    total: int
    counts: list[tuple[str, int]]  # by class
    arrivals: list[Arrival]  # the newest first


def arrivals(found: DrawingSet, drawings: Sequence[Drawing], remove: Callable[[str], None]) -> None:
    """Show the newest drawings of a set, each with a button that removes it.

    Parameters
    ----------
    found
        The set.
    drawings
        All of its drawings, the newest first.
    remove
        Called before the rerun, with the id of each that was removed so far.
    """
    key = f"arrivals-{found.name}-{found.opened:.0f}"

    def removed() -> None:
        for drawing in st.session_state[key]["removed"] or []:
            remove(drawing)

    shown = st.session_state.get(key, {}).get("shown")
    newest = drawings[: shown if isinstance(shown, int) else _STEP]
    spec = ArrivalsSpec(
        size=found.size,
        total=len(drawings),
        counts=list(class_counts(found, drawings).items()),
        arrivals=[
            Arrival(
                id=drawing.id,
                image=base64.b64encode(drawing.image.tobytes()).decode(),
                label=drawing.label,
                nickname=drawing.nickname,
            )
            for drawing in newest
        ],
    )
    _ARRIVALS(key=key, data=spec, on_removed_change=removed, on_shown_change=lambda: None)
