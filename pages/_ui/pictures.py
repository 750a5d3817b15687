"""Images of a dataset, or decoded, on a page."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import frame
from pages._ui.text import plain
from vaelab.datasets import Labelled
from vaelab.images import enlarge, png_data_uri, tile, to_pixels

__all__ = ["describe_image", "draw_another", "picture", "sheet", "show_pixels"]


#: Images in a row of a phone's screen.
MOST_ON_PHONE = 7


def describe_image(data: Labelled, index: int) -> str:
    """Name an image of the dataset: its number, and its label and name where it has them."""
    label = "" if data.labels is None else f", “{data.label_names[data.labels[index]]}”"
    called = f", {data.image_names[index]}" if data.image_names and data.image_names[index] else ""
    return f"Image {index}{label}{called}"


def draw_another(candidates: NDArray[np.integer], shown: Collection[int]) -> int:
    """Draw the number of an image at random; as long as there is any other, none of those that are shown."""
    others = candidates[~np.isin(candidates, list(shown))]
    return int(np.random.default_rng().choice(others if len(others) else candidates))


def picture(image: NDArray[np.generic], caption: str, side: int = 320) -> None:
    """Show one image ``(C, H, W)``, every pixel a crisp square."""
    show_pixels(enlarge(to_pixels(image[None])[0], side), alt=caption, caption=f":small[{plain(caption)}]")


def sheet(images: NDArray[np.generic], columns: int, alt: str, side: int = 64) -> None:
    """Show images ``(N, C, H, W)`` in rows of so many; on a phone, where each would be tiny, in shorter ones."""
    if frame.is_narrow():
        columns = -(-columns // -(-columns // MOST_ON_PHONE))
    times = max(1, -(-side // images.shape[3]))
    show_pixels(tile(images, columns, gap=2, times=times), alt)


def show_pixels(pixels: NDArray[np.uint8], alt: str, caption: str | None = None) -> None:
    """Show a picture, ``(H, W, 3)`` or with opacity ``(H, W, 4)``, as wide as its place."""
    # As a data address: a picture served as a file is gone once the next rerun has replaced it,
    # which on a page that redraws itself every second is before a slow browser has fetched it.
    st.image(png_data_uri(pixels), caption, width="stretch", alt=alt)
