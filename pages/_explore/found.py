"""Images that are looked for by what they are called: a nickname, or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import controls, places, state, widgets
from vaelab.datasets import Labelled

if TYPE_CHECKING:
    from vaelab.latent.projections import Projection
    from vaelab.runs import Run

__all__ = ["find_images", "go_to_image", "say_found", "show_found"]


def find_images(data: Labelled) -> NDArray[np.int64]:
    """Choose images by what they are called: a nickname, or a file."""
    names = data.image_names
    if not any(names):
        return np.zeros(0, np.int64)
    wanted = controls.text_input(
        "Find",
        param="find",
        key=f"find:{data.key}",
        default="",
        help="A nickname or the name of a file: its images get a ring on the map.",
        placeholder="nickname or file",
        width=160,
    )
    typed, wanted = wanted.strip(), folded(wanted.strip())
    if not wanted:
        return np.zeros(0, np.int64)
    called = [folded(name) for name in names]
    found = [index for index, name in enumerate(called) if name == wanted]
    # Who writes a part of a name means any that have it, unless that is a name itself.
    found = found or [index for index, name in enumerate(called) if wanted in name]
    if not found:
        st.toast(f"No image is called “{widgets.plain(typed)}”.", icon=":material/search_off:")
    return np.array(found, np.int64)


def folded(name: str) -> str:
    """A name for comparing: without case, and with the signs that names were once kept with instead of markup."""
    return name.casefold().translate(str.maketrans("[]<>`\\", "()‹›'/"))


def show_found(run: Run, data: Labelled, projection: Projection, found: NDArray[np.int64]) -> None:
    """Go to the first of the images that were just looked for."""
    key = f"found:{run.name}"
    if len(found) and st.session_state.get(key) != found.tolist():
        go_to_image(run, data, projection, int(found[0]))
    st.session_state[key] = found.tolist()


def go_to_image(run: Run, data: Labelled, projection: Projection, index: int) -> None:
    state.go_to(run, places.code_of(run, data, projection, index), index, data.label_of(index))


def say_found(run: Run, data: Labelled, projection: Projection, found: NDArray[np.int64]) -> None:
    """Say how many images were found, and lead from one to the next."""
    if not len(found):
        return
    at = state.chosen_image(run)
    position = found.tolist().index(at) if at in found else -1
    on_map = int(np.isin(found, projection.indices).sum())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(found_in_words(len(found), on_map, position), width="content")
        if len(found) > 1:
            st.button(
                "Next",
                icon=":material/arrow_forward:",
                key="next-found",
                help="Go to the next image that was found.",
                on_click=go_to_image,
                args=(run, data, projection, int(found[(position + 1) % len(found)])),
            )


def found_in_words(count: int, on_map: int, position: int) -> str:
    """Say how many images match, which of them is looked at (-1 for none), and what is ringed of them."""
    if count == 1:
        return "One image matches and is ringed." if on_map else "One image matches; it is not among the map's points."
    ringed = " and are ringed" if on_map == count else f"; {on_map} of them are on the map, and ringed"
    this = f"; this is the {ordinal(position + 1)}" if position >= 0 else ""
    return f"{count:,} images match{ringed}{this}."


def ordinal(number: int) -> str:
    """A number as one counts: ``"1st"``, ``"12th"``, ``"23rd"``."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 // 10 != 1 else "th"
    return f"{number}{ending}"
