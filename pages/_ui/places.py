"""A place in latent space in the URL: ``?z=0.75,-1.44&image=12``, and a conditional model's label.

The image is the one of the dataset that the place was pinned on, where it was pinned on one. A way through
several places is ``&through=0.75,-1.44;1.2,0.3``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import address, state
from vaelab.datasets import ImageDataset, Labelled
from vaelab.export.place import WayPoint

if TYPE_CHECKING:
    from vaelab.latent.projections import Projection
    from vaelab.runs import Run

__all__ = ["code_of", "keep_place", "open_place", "say_what_is_wrong"]

NAMES = ("z", "image", "label", "through")
#: Far off any data; beyond, numbers only lose precision.
FARTHEST = 1000.0


class Place(NamedTuple):
    """A code, with its image and its label where it has them."""

    z: NDArray[np.floating]
    image: int | None
    label: int | None


def open_place(run: Run, data: Labelled, projection: Projection) -> None:
    """Go to the place in the URL, at first to the map's first image."""
    state.start_with(run, data, projection)
    z, image, label, through = (address.take(name) for name in NAMES)
    if z is image is label is through is None:
        return
    wrong = None
    try:
        place, way = read(run, data, projection, z or None, image or None, label or None), read_way(run, through or "")
    except ValueError as error:
        wrong, place, way = str(error), start(data, projection), []
    st.session_state[_problem(run)] = wrong
    state.set_way(run, way)
    state.go_to(run, *place)
    address.settle(*NAMES)
    if wrong:
        state.choose_image(run, place.image, by_person=False)


def keep_place(run: Run, data: Labelled, projection: Projection) -> bool:
    """Write the place into the URL, unless it is where the map starts.

    Returns whether this has just replaced a wrong place that the URL had.
    """
    here = write(run, data, Place(state.z_of(run), state.chosen_image(run), state.label_of(run)))
    now = (*here, ";".join(write_code(point["z"]) for point in state.way_of(run)) or None)
    first = (*write(run, data, start(data, projection)), None)
    mended = now != first and st.session_state.get(_problem(run)) is not None
    if mended:
        st.session_state[_problem(run)] = None
    for name, text in zip(NAMES, now, strict=True):
        address.put(name, text if now != first else None)
    return mended


def say_what_is_wrong(run: Run) -> None:
    """Say why the place that the URL asked for is not shown, until another is."""
    if problem := st.session_state.get(_problem(run)):
        st.warning(f"{problem} Showing the map's first image instead.", icon=":material/link_off:")


def _problem(run: Run) -> str:
    return f"wrong-place:{run.name}"


def start(data: Labelled, projection: Projection) -> Place:
    """Where a map starts: at its first image."""
    first = int(projection.indices[0])
    return Place(projection.codes[0], first, data.label_of(first))


def write(run: Run, data: Labelled, place: Place) -> tuple[str | None, ...]:
    """A place as the URL has it, in the order of ``NAMES``."""
    z = write_code(place.z)
    image = None if place.image is None else str(place.image)
    has_label = run.config.conditional and place.label is not None
    return z, image, data.label_names[place.label or 0] if has_label else None


def write_code(z: Iterable[float]) -> str:
    # Plus 0, so that what is rounded to 0 is not written "-0".
    return ",".join(f"{round(float(value), 3) + 0.0:g}" for value in z)


def read(
    run: Run, data: Labelled, projection: Projection, z: str | None, image: str | None, label: str | None
) -> Place:
    """The place that the URL names; a ValueError says what is wrong with it."""
    if not z and image is None:
        first = start(data, projection)
        return first._replace(label=read_label(data, label, first.label))
    index = None if image is None else read_image(data, image)
    own_label = None if index is None else data.label_of(index)
    chosen_label = read_label(data, label, own_label)
    if z:
        return Place(read_code(run, z), index, chosen_label)
    assert index is not None
    return Place(code_of(run, data, projection, index), index, chosen_label)


def code_of(run: Run, data: Labelled, projection: Projection, index: int) -> NDArray[np.floating]:
    """The code of an image: from the map, where it is on it; a ValueError where its image is needed and gone."""
    at = int(np.searchsorted(projection.indices, index))
    if at < len(projection.indices) and projection.indices[at] == index:
        code: NDArray[np.floating] = projection.codes[at]
        return code
    if not isinstance(data, ImageDataset):
        raise ValueError(f"Image {index} is not on the map, and the images of {run.title} are not there to encode it.")
    encoded: NDArray[np.floating] = run.engine.encode(data.images[[index]], data.label_of(index)).mu[0]
    return encoded


def read_code(run: Run, text: str) -> NDArray[np.floating]:
    try:
        z = np.array([float(part) for part in text.split(",")])
    except ValueError:
        raise ValueError(
            f"The address asks for the place z = {text}, and a place is written like z=0.75,-1.44."
        ) from None
    if len(z) != run.config.latent_dim:
        raise ValueError(
            f"The address asks for a place of {len(z)} numbers, and the codes of {run.title} have "
            f"{run.config.latent_dim}."
        )
    if not (np.abs(z) <= FARTHEST).all():
        raise ValueError(
            f"The address asks for the place z = {text}, and its numbers must be from -{FARTHEST:g} to {FARTHEST:g}."
        )
    return z


def read_way(run: Run, text: str) -> list[WayPoint]:
    """The way that the URL names, empty without one; a ValueError says what is wrong with it."""
    codes = [read_code(run, code) for code in text.split(";")] if text else []
    return [WayPoint(z=code.tolist(), image=None) for code in codes]


def read_image(data: Labelled, text: str) -> int:
    if not text.isdecimal() or int(text) >= len(data):
        raise ValueError(f"The address asks for the image {text}, and there are those from 0 to {len(data) - 1}.")
    return int(text)


def read_label(data: Labelled, text: str | None, default: int | None) -> int | None:
    if text is None or data.labels is None:
        return default
    if text not in data.label_names:
        raise ValueError(f"The address asks for the label {text}, and there are: {', '.join(data.label_names)}.")
    return list(data.label_names).index(text)
