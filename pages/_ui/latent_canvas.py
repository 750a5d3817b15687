"""Python's side of the decoder that runs in the browser: see ``assets/latent_canvas``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import browser_code, browser_files
from pages._ui.decoders import note_pin
from vaelab.datasets import Labelled
from vaelab.export.place import WayPoint
from vaelab.latent.projections import Projection
from vaelab.runs import Run
from vaelab.sharing import live

__all__ = ["Pin", "latent_canvas"]

# The map is drawn over a chart outside of the component, so its styles cannot be shut in.
_CANVAS = browser_code.component(
    "latent_canvas", "latent_canvas/mount.js", "latent_canvas/component.html", "latent_canvas/component.css"
)


class PinSent(TypedDict):
    """What the browser sends where z came to rest."""

    model: str  # by its name
    z: list[float]
    image: int | None
    label: int
    pins: list[WayPoint]  # the way; a single one is where it would begin
    along: float  # how much of the way lies behind, from 0 to 1


class Pin(NamedTuple):
    """Where z came to rest in the browser."""

    z: NDArray[np.float32]  # (D,)
    image: int | None  # of the dataset, where one was clicked
    label: int  # that a conditional model decodes it with
    way: list[WayPoint]  # through all pins; one is where a way would begin
    along: float  # how much of the way lies behind, from 0 to 1


def latent_canvas(
    run: Run,
    data: Labelled,
    projection: Projection,
    map_key: str,
    on_pin: Callable[[Pin], None] = lambda pin: None,
    link: Literal["image", "place", "ends"] | None = None,
    dimension_names: Mapping[int, str] | None = None,
) -> None:
    """Draw the canvas that decodes wherever the pointer is on the map beside it.

    The model must be sent as well: see ``send_model``.

    Parameters
    ----------
    run
        A trained run.
    data
        Its images.
    projection
        The map that the chart shows.
    map_key
        Key of the container around the chart.
    on_pin
        Called before the rerun that follows a click, or a slider let go; by default a pin is for
        the browser alone.
    link
        On a page with several: whether the others go to the same image, or to the same place. On a page about the
        way between two places, ``"ends"``: clicks set them in turn.
    dimension_names
        What people call dimensions, from 0, by their sliders.
    """
    name = live.model_name(run)
    key = f"canvas-{map_key}"

    def pinned() -> None:
        pin: PinSent | None = st.session_state[key]["pin"]
        # What was pinned before the run was changed is of another latent space.
        if pin and pin["model"] == name:
            on_pin(Pin(np.array(pin["z"], dtype=np.float32), pin["image"], pin["label"], pin["pins"], pin["along"]))
            note_pin(drawn=False)

    _CANVAS(
        key=key,
        data=browser_files.browser_map(run, data, projection, map_key, link, dimension_names),
        on_pin_change=pinned,
    )
    note_pin(drawn=True)
