"""Pictures by the camera, class by class: see ``assets/images/camera.js``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

import streamlit as st

from pages._ui import browser_code
from vaelab.datasets.base import MIN_IMAGES

_CAMERA = browser_code.component("camera", "images/camera_mount.js", "images/camera.html", "images/camera.css")


class Shot(TypedDict):
    """One picture, as the browser sends it."""

    label: str
    jpeg: str  # base64


def take_pictures(turn: int, on_use: Callable[[Sequence[Shot]], None]) -> None:
    """Show the camera, and what was taken with it.

    Parameters
    ----------
    turn
        With another number nothing is taken yet.
    on_use
        Called with all pictures, before the rerun, once a person has as many as are wanted.
    """
    key = f"camera-{turn}"

    def used() -> None:
        shots: Any = st.session_state[key]["shots"]
        if shots:
            on_use(shots)

    _CAMERA(key=key, data={"least": MIN_IMAGES}, on_shots_change=used)


def jpeg_of(shot: Shot) -> bytes:
    """The picture's file.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        return base64.b64decode(shot["jpeg"], validate=True)
    except (binascii.Error, KeyError, TypeError) as error:
        raise ValueError("A picture arrived damaged: take it again.") from error
