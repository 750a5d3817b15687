"""What decodes for a canvas: a model that the browser is sent, or the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

import numpy as np
import streamlit as st

from pages._ui import browser_code, browser_files, frame, offers
from vaelab.export.file import safetensors_file
from vaelab.runs import Run
from vaelab.sharing import live

__all__ = ["note_pin", "offer_to", "send_model", "serve_decoder"]

# A model has a mount of its own, so that it travels once: for another map, or another page and back,
# it is not fetched again. Over a slow line it comes once the map's chart is drawn.
_MODEL = browser_code.component("latent_model", "latent_canvas/model_mount.js")

# Where the server decodes, another takes its place: what the canvas asks for, and the answer.
_SERVER = browser_code.component("latent_server", "latent_canvas/server_mount.js")

#: In the session: whether a pin was told that the canvas's part of the page has not been drawn with yet.
_UNSEEN = "pin-unseen"

#: Codes of one request at most: assets/network/server_model.js asks for fewer.
MOST_CODES = 200


class Offer(TypedDict):
    """What the browser is sent in place of something large, which it fetches."""

    name: str
    address: str
    after: str  # key of the container around the chart that is drawn first; empty where there is none


class Asked(TypedDict):
    """What the browser asks the server to decode."""

    turn: int  # tells it from other requests
    tries: int  # how often it was asked by now
    z: list[float]  # codes, one after another
    label: int


class Served(TypedDict):
    """What the browser is sent of a model that the server runs, beside the images that it asked for."""

    model: str  # by its name
    latent_dim: int
    image_shape: tuple[int, int, int]  # (C, H, W)
    is_vae: bool
    num_labels: int  # that a conditional model tells apart
    turn: int | None  # of the request


def send_model(run: Run, slot: str = "", after: str = "") -> None:
    """Give the browser the run's model, if it lacks it, or decode for it what it cannot run.

    Parameters
    ----------
    run
        A trained run.
    slot
        Tells the models of one page apart.
    after
        Key of the container around the chart that the browser draws first: a model may take ten times as long
        to come.
    """
    if browser_files.why_not_live(run):
        serve_decoder(run)
        return
    offer_to(_MODEL, f"model-for-browser{slot}", live.model_name(run), browser_files.browser_model(run), after)


def serve_decoder(run: Run) -> None:
    """Decode for the canvas what it asks for, in place of a model that it was sent.

    Parameters
    ----------
    run
        A trained run.
    """
    key = f"decoder-for-browser-{live.model_name(run)}"

    # A part of its own, so that an answer redraws nothing else.
    @frame.part()
    def answer() -> None:
        asked: Asked | None = st.session_state.get(key, {}).get("asked")
        _SERVER(key=key, data=_served(run, asked), on_asked_change=lambda: None)
        # What the browser says in one moment comes with a run of one part alone, which may be this one.
        if st.session_state.get(_UNSEEN) and not frame.is_first_pass():
            st.rerun()


def note_pin(*, drawn: bool) -> None:
    """Note that a pin was told, or that the canvas's part of the page has been drawn with it."""
    st.session_state[_UNSEEN] = not drawn


def _served(run: Run, asked: Asked | None) -> bytes:
    """The images that the browser asked for, as levels from 0 to 255; a ValueError if they are too many."""
    channels, height, width = run.data.image_shape
    images = np.zeros((0, height, width, channels), np.uint8)
    if asked is not None:
        z = np.array(asked["z"], np.float32).reshape(-1, run.config.latent_dim)
        if len(z) > MOST_CODES:
            raise ValueError(f"The page asks for {len(z):,} images at once, and {MOST_CODES} are the most: reload it.")
        images = np.rint(255 * run.engine.decode(z, asked["label"]).transpose(0, 2, 3, 1)).astype(np.uint8)
    served = Served(
        model=live.model_name(run),
        latent_dim=run.config.latent_dim,
        image_shape=run.data.image_shape,
        is_vae=run.config.model == "vae",
        num_labels=len(run.data.label_names) if run.config.conditional else 0,
        turn=None if asked is None else asked["turn"],
    )
    return safetensors_file("decoded", served, {"images": images})


def offer_to(mount: Callable[..., Any], key: str, name: str, file: bytes, after: str) -> None:
    """Tell the browser what there is, and where."""
    mount(key=key, data=Offer(name=name, address=offers.offer(file), after=after))
