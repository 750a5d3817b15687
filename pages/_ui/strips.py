"""Rows of images, named at the left, a word under each: one element, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vaelab.figures.generation import row_of_images
from vaelab.images import png_data_uri

__all__ = ["Images", "Words", "draw"]


class Images(NamedTuple):
    """A row of images ``(N, C, H, W)``; with a frame, in that colour, where they stand out."""

    name: str
    images: NDArray[np.generic]
    frame: str | None = None


class Words(NamedTuple):
    """A word for each image of a row."""

    name: str
    words: Sequence[str]


def draw(rows: Sequence[Images | Words], columns: int) -> None:
    """Draw rows beneath each other, all of ``columns`` cells."""
    parts = []
    for row in rows:
        name = f'<div style="{_NAME}{{}}">{escape(row.name)}</div>'
        parts.append(name.format("" if isinstance(row, Images) else ";align-self:start"))
        if isinstance(row, Images):
            source = png_data_uri(row_of_images(row.images, columns, row.frame))
            parts.append(f'<img style="{_IMAGES}" src="{source}" alt="{escape(row.name)}">')
        else:
            cells = "".join(f"<div>{escape(word)}</div>" for word in row.words)
            parts.append(f'<div style="{_WORDS.format(columns)}">{cells}</div>')
    st.html(f'<div style="{_GRID}">{"".join(parts)}</div>')


_GRID = "display:grid;grid-template-columns:max-content 1fr;column-gap:.5rem;align-items:center"
_NAME = "font-size:.875rem;opacity:.75;max-width:7rem;line-height:1.2"
_IMAGES = "width:100%;display:block;image-rendering:pixelated"
_WORDS = (
    "display:grid;grid-template-columns:repeat({},minmax(0,1fr));text-align:center;"
    "font-size:.8rem;opacity:.75;padding-bottom:.6rem;overflow:hidden"
)
