"""A way through latent space, to be saved as a film."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vaelab.export import FILMS, film

__all__ = ["draw_film"]

#: Pixels that a film is wide at least, and seconds that each image is shown.
SIZES = {"Small": 128, "Medium": 256, "Large": 512}
SPEEDS = {"Slow": 0.16, "Medium": 0.08, "Fast": 0.04}


def draw_film(decode: Callable[[int], NDArray[np.floating]], num_images: int, file_name: str) -> None:
    """Offer a way as a film, made once it is asked for.

    Parameters
    ----------
    decode
        Takes how many images, and gives so many ``(N, C, H, W)`` along the way; called outside the page's run.
    num_images
        How many there are to be.
    file_name
        Without its ending.
    """
    kind = st.segmented_control(
        "Film",
        list(FILMS),
        default="gif",
        required=True,
        key="film-kind",
        format_func=lambda kind: FILMS[kind].name,
        help="GIF and WebP are pictures, which go on for ever; MP4 is a video.",
    )
    st.caption(f"{FILMS[kind].what} The way there and back.")
    with st.container(horizontal=True):
        size = st.segmented_control(
            "Size",
            list(SIZES),
            default="Medium",
            required=True,
            key="film-size",
            help="At least 128, 256 or 512 pixels wide: each pixel of the model's becomes a square.",
        )
        speed = st.segmented_control(
            "Speed",
            list(SPEEDS),
            default="Medium",
            required=True,
            key="film-speed",
            help="About 6, 12 or 25 images per second.",
        )
    st.download_button(
        "Save as film",
        lambda: film(decode(num_images), kind, SPEEDS[speed], SIZES[size]),
        file_name=f"{file_name}.{kind}",
        mime=FILMS[kind].mime,
        icon=":material/movie:",
        help="Made when you press it: a large one takes some seconds.",
        on_click="ignore",  # a rerun would replace what is being fetched
    )
