"""Datasets as people see them: a sheet of each, what there is to say of it, and its card."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from contextlib import suppress
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from pages._ui import frame
from vaelab.config import OWN
from vaelab.datasets import DatasetUnavailable, ImageDataset, Source, data_folder, is_local, load_dataset
from vaelab.datasets.own import few_images
from vaelab.images import tile

#: Images on a card, and how many of them a row.
SHOWN, COLUMNS = 12, 6
#: Pixels a side of an image on a card.
SIDE = 64


def facts(source: Source) -> str:
    """What a dataset is, in one line: ``"1,797 images · 8 × 8 · grey · 10 classes"``."""
    channels, height, width = source.image_shape
    parts = [f"{source.num_images:,} images", f"{height} × {width}", "grey" if channels == 1 else "colour"]
    if source.label_names:
        classes = len(source.label_names)
        parts.append(f"{classes} classes" if classes > 1 else "1 class")
    if source.factor_names:
        parts.append(f"{len(source.factor_names)} known factors")
    return " · ".join(parts)


def some_of(data: ImageDataset, count: int) -> NDArray[np.int64]:
    """Numbers of some images, evenly spaced through the dataset."""
    return np.linspace(0, len(data) - 1, min(count, len(data))).astype(np.int64)


def counts_of(data: ImageDataset) -> NDArray[np.int64]:
    """How many images there are of each class; empty without classes."""
    if data.labels is None:
        return np.zeros(0, np.int64)
    return np.bincount(data.labels, minlength=len(data.label_names)).astype(np.int64)


# Cards ------------------------------------------------------------------------------------------


def draw_cards(sources: dict[str, Source], buttons: Callable[[Source], None], key: str) -> None:
    """Draw a card for each dataset.

    Parameters
    ----------
    sources
        By name.
    buttons
        Draws what can be done with one.
    key
        Tells these cards from others on the page.
    """
    missing = [source for source in sources.values() if _lacks_sheet(source)]
    with st.container(key=f"image-cards-{key}"):
        for source in sources.values():
            with st.container(border=True, key=f"card-{source.name}", gap="small"):
                # One element: with twenty cards, a browser takes a second for three each.
                st.html(_head(source, coming=source in missing))
                with st.container(horizontal=True, gap="xsmall"):
                    buttons(source)
    if missing:
        _make_sheets(missing)


def _head(source: Source, coming: bool) -> str:
    """A sheet, and what there is to say in three lines."""
    about = source.source if source.name.startswith(OWN) else source.description
    return (
        f'<div class="vl-card">{_sheet_or_why_not(source, coming)}<strong>{escape(source.title)}</strong>'
        f"<span>{facts(source)}</span><small>{escape(about)}</small></div>"
    )


def _sheet_or_why_not(source: Source, coming: bool) -> str:
    why = ""
    if not is_local(source):
        why = f"Not here yet: a download of {source.num_bytes / 1e6:,.0f} MB, fetched when a training first needs it."
    elif not coming:
        try:
            return f'<img src="{_sheet(source)}" alt="Some images of {escape(source.title)}">'
        except DatasetUnavailable as error:
            why = str(error)
    return f'<div class="vl-no-sheet">{escape(why)}</div>'


def _sheet(source: Source) -> str:
    """A picture of some of its images, as a data address."""
    if source.name.startswith(OWN):
        return _own_sheet(source.name, source.version)
    return _built_in_sheet(source.name, str(data_folder()))


@st.cache_data(max_entries=200, show_spinner=False)
def _own_sheet(name: str, version: str) -> str:
    return _address(_picture(few_images(name, SHOWN)))


@st.cache_data(max_entries=32, show_spinner=False)
def _built_in_sheet(name: str, folder: str) -> str:
    file = _sheet_file(name)
    with suppress(OSError):
        return _address(file.read_bytes())
    data = load_dataset(name)
    picture = _picture(data.images[some_of(data, SHOWN)])
    with suppress(OSError):  # a folder that can only be read: then it is made anew with each start
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{name}-{os.getpid()}")
        beside.write_bytes(picture)
        beside.replace(file)
    return _address(picture)


def _sheet_file(name: str) -> Path:
    """Where the sheet of a built-in dataset is kept: all of MNIST takes seconds to load."""
    return data_folder() / "sheets" / f"{name}.webp"


def _lacks_sheet(source: Source) -> bool:
    """Whether drawing the card must wait for all images to be loaded."""
    if source.name.startswith(OWN) or not is_local(source):
        return False
    return source.name not in _made() and not _sheet_file(source.name).is_file()


@st.cache_resource
def _made() -> set[str]:
    """The datasets whose sheets were made since the server was started."""
    return set()


def _make_sheets(missing: list[Source]) -> None:
    """Make one after another, once the browser has drawn the rest."""

    @frame.part(every=0.3, until=lambda: not any(map(_lacks_sheet, missing)), waits=True, once_drawn=True)
    def body() -> None:
        for source in missing:
            with suppress(DatasetUnavailable):
                _sheet(source)
            _made().add(source.name)  # also where it cannot be: the card says why


def _picture(images: NDArray[np.uint8]) -> bytes:
    """A sheet as a WebP file: exact where it is grey, for photographs a tenth of a PNG's size."""
    if images.shape[3] > SIDE:
        images = np.stack([_reduced(image) for image in images])
    pixels = tile(images, COLUMNS, gap=1, times=max(1, SIDE // images.shape[3]))
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", lossless=images.shape[1] == 1, quality=85, method=0)
    return buffer.getvalue()


def _reduced(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    channels = [Image.fromarray(channel).resize((SIDE, SIDE), Image.Resampling.BOX) for channel in image]
    return np.stack([np.asarray(channel) for channel in channels])


def _address(picture: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(picture).decode()
