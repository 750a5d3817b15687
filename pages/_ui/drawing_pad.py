"""Paper to draw on, one drawing after another: see ``assets/collect``."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import browser_code
from vaelab.collecting import MAX_TEXT
from vaelab.collecting.sets import Paper
from vaelab.explaining import explain

__all__ = ["Take", "drawing_pad"]

#: Called with a drawing's id, its image uint8 ``(H, W)``, class and nickname; a ValueError refuses it.
Take = Callable[[str, NDArray[np.uint8], str, str], None]

_PAD = browser_code.component("drawing_pad", "collect/pad_mount.js", "collect/pad.html", "collect/pad.css")
#: Answered at a time; the browser sends the others again.
_AT_ONCE = 20


class DrawingSent(TypedDict):
    """What the browser sends, until it is answered."""

    id: str
    image: str  # a byte a pixel, row by row, in base64
    label: str
    nickname: str


class PadSpec(TypedDict):
    """What the browser is sent."""

    set: str  # tells what drawings are for
    title: str
    size: int
    paper: str
    classes: list[str]
    others: bool  # whether another class may be written
    nicknames: bool  # whether to ask for one
    max_text: int
    answers: dict[str, str]  # by id, why a drawing was refused; empty for one that was taken


def drawing_pad(
    name: str,
    take: Take,
    *,
    title: str,
    size: int,
    paper: Paper = "white",
    classes: Sequence[str] = (),
    others_allowed: bool = True,
    nicknames: bool = True,
) -> None:
    """Draw paper, and hand over each drawing that is added to it.

    Parameters
    ----------
    name
        What drawings are for: the browser keeps those that were not answered yet under it.
    take
        Called with each drawing before the rerun. The same one may come more than once.
    title
        To read above the paper.
    size
        Pixels of a drawing's side.
    paper
        ``"white"`` or ``"black"``.
    classes, others_allowed
        What can be chosen as its class, and whether something else can be written.
    nicknames
        Whether to ask who draws.
    """
    key = f"paper-{name}"
    answers = f"paper-answers-{name}"

    def arrived() -> None:
        st.session_state[answers] = _answer(st.session_state[key]["outbox"], size, take)

    spec = PadSpec(
        set=name,
        title=title,
        size=size,
        paper=paper,
        classes=list(classes),
        others=others_allowed,
        nicknames=nicknames,
        max_text=MAX_TEXT,
        answers=st.session_state.get(answers, {}),
    )
    _PAD(key=key, data=spec, on_outbox_change=arrived)


def _answer(outbox: Any, size: int, take: Take) -> dict[str, str]:
    """Hand over what a browser sent, which may be anything."""
    answers: dict[str, str] = {}
    match outbox:
        case {"drawings": [*drawings]}:
            for drawing in drawings[:_AT_ONCE]:
                match drawing:
                    case {"id": str(id), "image": str(image), "label": str(label), "nickname": str(nickname)}:
                        try:
                            take(id, _read_image(image, size), label, nickname)
                            answers[id] = ""
                        except ValueError as error:
                            answers[id] = explain(error)
    return answers


def _read_image(image: str, size: int) -> NDArray[np.uint8]:
    wrong = ValueError("The drawing did not arrive complete: draw it again.")
    if len(image) > 2 * size * size:
        raise wrong
    try:
        return np.frombuffer(base64.b64decode(image, validate=True), np.uint8).reshape(size, size)
    except ValueError:
        raise wrong from None
