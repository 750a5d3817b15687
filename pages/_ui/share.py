"""What leaves a page: its link, on each of them, and on some what they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, TypedDict
from zipfile import ZipFile

import streamlit as st

import vaelab
from pages._ui import browser_code, browser_files
from pages._ui.text import plain
from vaelab.runs import Run
from vaelab.sharing.zipped import zipped

if TYPE_CHECKING:
    from vaelab.sharing import MapOf
    from vaelab.sharing.as_code import Code

__all__ = [
    "about",
    "begin_page",
    "of",
    "offer",
    "offer_code",
    "offer_file",
    "offer_numbers",
    "offer_zip",
    "taken_offers",
]

#: What codes are written as.
TABLES = {
    "CSV": "For a spreadsheet.",
    "Parquet": "For pandas, polars and DuckDB: smaller, and with the types of its columns.",
    "NPZ": "For NumPy: an array mu and an array sigma, and one for each other column.",
}

#: In the session: what draws what a page offers, and what writes what it computes as code.
_OFFER, _CODE = "page-offer", "page-code"
#: So many models are named on a picture of all of them.
NAMED = 4
#: In the session: what is shown, as a picture of it says.
_ABOUT = "share-about"

_PICTURES = browser_code.component(
    "page_pictures", "pictures/mount.js", "pictures/component.html", "pictures/component.css"
)
_LINK = browser_code.component("share_link", "frame/link.js", "frame/link.html", "frame/link.css")


def _draw_link(code: Code | None) -> None:
    """Draw what copies the page's address, or hands it to a phone's share sheet; and what it computes, as code."""
    _LINK(key="share-link", data=None if code is None else CodeSent(python=code.python, command=code.command))
    same = " The code computes what it shows, in Python or in a terminal." if code is not None else ""
    st.caption(f"The link has all that is set on this page: whoever opens it sees the same.{same}")


class CodeSent(TypedDict):
    """What a page computes, to be copied."""

    python: str
    command: str


class PicturesSent(TypedDict):
    """What the browser is told of the page that it makes pictures of."""

    file: str  # what the names of files begin with
    whose: str  # the models that the page shows, with their seeds
    version: str


def begin_page() -> None:
    """Forget what another page showed and offered, or one that could not be drawn to its end."""
    about()
    st.session_state.pop(_CODE, None)
    st.session_state.pop(_OFFER, None)


def offer(draw: Callable[[], None]) -> None:
    """Have what leaves the page be found under Share.

    Parameters
    ----------
    draw
        Draws buttons, each time that a person opens it.
    """
    st.session_state[_OFFER] = draw


def offer_code(write: Callable[[], Code | None]) -> None:
    """Have what the page computes be copied as code, under Share.

    Parameters
    ----------
    write
        Writes the code, each time that a person opens it; None where there is nothing to compute yet.
    """
    st.session_state[_CODE] = write


def taken_offers() -> Callable[[], None]:
    """What draws all that leaves the page which was just drawn, each time that a person opens it."""
    draw: Callable[[], None] | None = st.session_state.pop(_OFFER, None)
    write: Callable[[], Code | None] | None = st.session_state.pop(_CODE, None)

    def draw_all() -> None:
        _draw_link(write() if write is not None else None)
        _draw_pictures()
        if draw is not None:
            draw()

    return draw_all


def about(*runs: Run) -> None:
    """Note which models the page shows, for its pictures to say."""
    others = f"-and-{len(runs) - 1}-more" if len(runs) > 1 else ""
    st.session_state[_ABOUT] = PicturesSent(
        file=f"{runs[0].name}{others}" if runs else "",
        whose=", ".join([*map(of, runs[:NAMED]), *([f"{len(runs) - NAMED} more"] if len(runs) > NAMED else [])]),
        version=f"vaelab {vaelab.__version__}",
    )


def of(run: Run) -> str:
    """What a picture says of the model that it shows."""
    return f"{run.name}, seed {run.config.seed}"


def _draw_pictures() -> None:
    """Offer all charts, sheets of images and tables that are on the page, as the browser shows them."""
    _PICTURES(key="page-pictures", data=st.session_state[_ABOUT])


def offer_file(maps: Sequence[MapOf]) -> None:
    """Offer what is seen as one file, made once it is asked for.

    Parameters
    ----------
    maps
        The maps as they are drawn now.
    """
    st.markdown("**One file**: this map and the decoder, in a page that opens by a double click, without a network.")
    runs = [map_.run for map_ in maps if isinstance(map_.run, Run)]
    too_large = next((reason for run in runs if (reason := browser_files.why_not_live(run))), None)
    if too_large:
        st.caption(f"{plain(too_large)} So there is no such file of it.")
        return
    images = st.toggle(
        "With the images",
        True,
        key="share-images",
        help="Small, for the nearest to be seen beside what is decoded. Without them the file shows points alone.",
    )

    def make() -> bytes:
        from vaelab.sharing import explorer_of  # here, as the page itself does not need it

        return explorer_of(maps, images).page.encode()

    st.download_button(
        "Save as HTML",
        make,
        file_name=f"{'-'.join(run.name for run in runs)}.html",
        mime="text/html",
        icon=":material/html:",
        help="Some seconds until it is made, and 3 to 12 MB.",
        on_click="ignore",  # a rerun would replace what is being fetched
    )


def offer_zip(run: Run) -> None:
    """Offer a run in a zip, made once it is asked for."""
    st.markdown("**The run**: all that is known of it, to be opened by another vaelab, or to be kept.")
    st.download_button(
        "Save as zip",
        lambda: zipped(run),
        file_name=f"{run.name}.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        help="Plain JSON and safetensors. It is opened on Runs, or by vaelab unpack.",
        on_click="ignore",
    )


def offer_numbers(map_: MapOf) -> None:
    """Offer the codes on a map as a table, and the model that makes them."""
    run = map_.run
    st.markdown("**Numbers**: the codes of the map’s images, with σ, labels, places and nearest images; and the model.")

    def table(kind: str) -> bytes:
        from vaelab.sharing.numbers import table_file, table_of  # here, as the page itself does not need it

        return table_file(table_of(map_), kind)

    def model() -> bytes:
        from vaelab.sharing.onnx_files import onnx_files

        content = BytesIO()
        with ZipFile(content, "w") as archive:
            for name, file in onnx_files(run.engine).items():
                archive.writestr(name, file)
        return content.getvalue()

    with st.container(horizontal=True, gap="small"):
        for kind, what in TABLES.items():
            st.download_button(
                kind,
                partial(table, kind.lower()),
                file_name=f"{run.name}-codes.{kind.lower()}",
                help=what,
                on_click="ignore",
            )
        st.download_button(
            "ONNX",
            model,
            file_name=f"{run.name}-onnx.zip",
            mime="application/zip",
            help="Encoder and decoder, for whatever runs ONNX. It takes some seconds to make.",
            on_click="ignore",
        )
