"""Rows of images with their names, drawn as one element however many there are.

Two kinds: a table whose rows end in figures, and strips with words under their images.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from vaelab.figures.generation import row_of_images
from vaelab.images import png_data_uri, tile

__all__ = ["Row", "Strip", "Words", "draw_strips", "draw_table"]

# A table with figures --------------------------------------------------------------------------

_STYLE = """
<style>
.vl-rows { width: 100%; border-collapse: collapse; font-size: 0.9rem; line-height: 1.25; }
.vl-rows :is(th, td) { padding: 0.25rem 0.6rem; border: 0; vertical-align: middle; }
.vl-rows th { text-align: left; font-weight: 600; }
.vl-rows tbody th { width: 10.5rem; min-width: 6.5rem; padding-left: 0; }
.vl-rows th small { display: block; font-weight: 400; opacity: 0.75; font-size: 0.8rem; }
.vl-rows .figure { text-align: right; width: 5.2rem; white-space: nowrap; }
.vl-rows .figure { font-variant-numeric: tabular-nums; }
.vl-rows img { display: block; width: 100%; }
.vl-rows .best { font-weight: 700; }
.vl-rows .best span { background: #e5007e33; border-radius: 0.4rem; padding: 0.15rem 0.4rem; }
.vl-rows .figure span { padding: 0.15rem 0.4rem; }
</style>
"""

#: Images of a full row; fewer keep the size that they would have in it.
FULL = 10


class Row(NamedTuple):
    """One row of the table."""

    name: str
    note: str
    images: NDArray[np.generic]  # (N, C, H, W)
    figures: Sequence[str] = ()  # one a column, "" where there is none
    best: Sequence[bool] = ()


def draw_table(place: DeltaGenerator, rows: Sequence[Row], columns: Sequence[str], helps: Sequence[str]) -> None:
    """Draw rows of images under one another, with aligned images and figures.

    Parameters
    ----------
    place
        Where; a table drawn there again replaces the earlier one.
    rows
        All of as many images.
    columns
        What the figures are called.
    helps
        What each means, shown on hovering.
    """
    head = "".join(
        f'<th class="figure" scope="col" title="{escape(text)}"><span>{escape(name)}</span></th>'
        for name, text in zip(columns, helps, strict=True)
    )
    body = "".join(_row(row, len(columns)) for row in rows)
    place.html(
        f'{_STYLE}<table class="vl-rows"><thead><tr><td></td><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def _row(row: Row, num_columns: int) -> str:
    times = max(1, -(-96 // row.images.shape[3]))
    source = png_data_uri(tile(row.images, len(row.images), gap=4, times=times))
    width = min(100, 100 * len(row.images) / FULL)
    figures = list(row.figures) or ["…"] * num_columns
    best = list(row.best) or [False] * num_columns
    cells = "".join(
        f'<td class="figure{" best" if first else ""}"><span>{escape(figure)}</span></td>'
        for figure, first in zip(figures, best, strict=True)
    )
    return (
        f'<tr><th scope="row">{escape(row.name)}<small>{escape(row.note)}</small></th>'
        f'<td><img src="{source}" alt="{escape(row.name)}" style="width: {width:g}%"></td>'
        f"{cells}</tr>"
    )


# Strips with words ----------------------------------------------------------------------------

_GRID = "display:grid;grid-template-columns:max-content 1fr;column-gap:.5rem;align-items:center"
_NAME = "font-size:.875rem;opacity:.75;max-width:7rem;line-height:1.2"
_IMAGES = "width:100%;display:block;image-rendering:pixelated"
_WORDS = (
    "display:grid;grid-template-columns:repeat({},minmax(0,1fr));text-align:center;"
    "font-size:.8rem;opacity:.75;padding-bottom:.6rem;overflow:hidden"
)


class Strip(NamedTuple):
    """A row of images ``(N, C, H, W)``, framed in a colour where they are to stand out."""

    name: str
    images: NDArray[np.generic]
    frame: str | None = None


class Words(NamedTuple):
    """A word under each image of the strip above."""

    name: str
    words: Sequence[str]


def draw_strips(rows: Sequence[Strip | Words], columns: int) -> None:
    """Draw rows beneath each other, all of ``columns`` cells."""
    parts = []
    for row in rows:
        name = f'<div style="{_NAME}{{}}">{escape(row.name)}</div>'
        parts.append(name.format("" if isinstance(row, Strip) else ";align-self:start"))
        if isinstance(row, Strip):
            source = png_data_uri(row_of_images(row.images, columns, row.frame))
            parts.append(f'<img style="{_IMAGES}" src="{source}" alt="{escape(row.name)}">')
        else:
            cells = "".join(f"<div>{escape(word)}</div>" for word in row.words)
            parts.append(f'<div style="{_WORDS.format(columns)}">{cells}</div>')
    st.html(f'<div style="{_GRID}">{"".join(parts)}</div>')
