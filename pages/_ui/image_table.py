"""Rows of images with their names, drawn as one element however many there are.

Three kinds: a table whose rows end in figures, strips with words under their images, and a few large pictures.
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
from vaelab.images import enlarge, png_data_uri, tile, to_pixels

__all__ = ["Row", "Strip", "Words", "draw_pictures", "draw_strips", "draw_table"]

#: An image is never narrower than this, in pixels: where there is no room for all, the rows scroll together.
LEAST = 44
#: Around rows; the keyboard can scroll it, too.
_SCROLLING = '<div class="vl-scroll" role="group" tabindex="0" aria-label="Rows of images">{}</div>'
_SCROLL = ".vl-scroll { container-type: inline-size; overflow-x: auto; }"

# A table with figures --------------------------------------------------------------------------

_STYLE = (
    f"<style>{_SCROLL}"
    + """
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
.vl-rows .figure::before { display: none; content: attr(data-name) " "; opacity: 0.75; font-size: 0.8rem; }
@container (max-width: 640px) {
  .vl-rows, .vl-rows tbody { display: block; }
  .vl-rows thead { display: none; }
  .vl-rows tbody tr { display: grid; grid-template-columns: max-content max-content 1fr; align-items: end; }
  .vl-rows tbody th { position: sticky; left: 0; width: auto; padding: 0.5rem 0 0.1rem; max-width: 11rem; }
  .vl-rows .figure { width: auto; text-align: left; padding: 0 0 0.1rem 0.6rem; }
  .vl-rows .figure:not(:empty)::before { display: inline; }
  .vl-rows .images { grid-row: 2; grid-column: 1 / -1; padding: 0; }
}
</style>
"""
)

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
    body = "".join(_row(row, columns) for row in rows)
    place.html(
        _STYLE
        + _SCROLLING.format(
            f'<table class="vl-rows"><thead><tr><td></td><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'
        )
    )


def _row(row: Row, columns: Sequence[str]) -> str:
    times = max(1, -(-96 // row.images.shape[3]))
    source = png_data_uri(tile(row.images, len(row.images), gap=4, times=times))
    width = min(100, 100 * len(row.images) / FULL)
    figures = list(row.figures) or ["…"] * len(columns)
    best = list(row.best) or [False] * len(columns)
    cells = "".join(
        f'<td class="figure{" best" if first else ""}" data-name="{escape(name)}"><span>{escape(figure)}</span></td>'
        if figure
        else '<td class="figure"></td>'
        for name, figure, first in zip(columns, figures, best, strict=True)
    )
    return (
        f'<tr><th scope="row">{escape(row.name)}<small>{escape(row.note)}</small></th>'
        f'<td class="images"><img src="{source}" alt="{escape(row.name)}" '
        f'style="width: {width:g}%; min-width: {LEAST * len(row.images)}px"></td>'
        f"{cells}</tr>"
    )


# Strips with words ----------------------------------------------------------------------------

_STRIPS = (
    f"<style>{_SCROLL}"
    + """
.vl-strips { display: grid; grid-template-columns: max-content 1fr; column-gap: 0.5rem; align-items: center; }
.vl-strips .name { font-size: 0.875rem; opacity: 0.75; max-width: 7rem; line-height: 1.2; }
.vl-strips .name.of-words { align-self: start; }
.vl-strips img { width: 100%; display: block; image-rendering: pixelated; }
.vl-strips .words {
  display: grid; text-align: center; font-size: 0.8rem; opacity: 0.75; padding-bottom: 0.6rem; overflow: hidden;
}
@container (max-width: 640px) {
  .vl-strips { display: block; }
  .vl-strips .name { position: sticky; left: 0; width: max-content; max-width: 20rem; padding-top: 0.3rem; }
}
</style>
"""
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
    least = f"min-width:{LEAST * columns}px"
    for row in rows:
        if isinstance(row, Strip):
            source = png_data_uri(row_of_images(row.images, columns, row.frame))
            parts.append(f'<div class="name">{escape(row.name)}</div>')
            parts.append(f'<img style="{least}" src="{source}" alt="{escape(row.name)}">')
        else:
            grid = f"grid-template-columns:repeat({columns},minmax(0,1fr))"
            cells = "".join(f"<div>{escape(word)}</div>" for word in row.words)
            parts.append(f'<div class="name of-words">{escape(row.name)}</div>')
            parts.append(f'<div class="words" style="{grid};{least}">{cells}</div>')
    st.html(_STRIPS + _SCROLLING.format(f'<div class="vl-strips">{"".join(parts)}</div>'))


# A few large pictures -------------------------------------------------------------------------

_PICTURES = """
<style>
.vl-pictures { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 1rem; }
.vl-pictures figure { margin: 0; text-align: center; font-size: 0.875rem; line-height: 1.25; }
.vl-pictures img { width: 100%; display: block; border-radius: var(--st-base-radius, 0.5rem); margin-bottom: 0.4rem; }
.vl-pictures figcaption { opacity: 0.75; }
</style>
"""
#: Pixels of the screen that a picture has at the most, or nearly.
_LARGE = 320


def draw_pictures(pictures: Sequence[tuple[NDArray[np.generic], str]]) -> None:
    """Draw images ``(C, H, W)`` beside each other, also on a phone, each above what it is."""
    figures = "".join(
        f'<figure><img src="{png_data_uri(enlarge(to_pixels(image[None])[0], _LARGE))}" alt="{escape(name)}">'
        f"<figcaption>{escape(name)}</figcaption></figure>"
        for image, name in pictures
    )
    st.html(f'{_PICTURES}<div class="vl-pictures">{figures}</div>')
