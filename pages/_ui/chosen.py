"""The images that are chosen: the same on every page, for every model of these images, and in the address.

They were drawn around on a map, or are a group that was kept under a name: ``?group=round+threes&chosen=3-14-15``. The
numbers are there too, so that a link shows the same where nobody kept that group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import address, resources
from pages._ui.text import counted, plain
from vaelab.datasets import ImageDataset
from vaelab.datasets.own.groups import groups_of
from vaelab.runs import Run

__all__ = [
    "MOST_IN_ADDRESS",
    "Chosen",
    "choose",
    "choose_group",
    "chosen_of",
    "hash_of",
    "is_stale",
    "read_numbers",
    "write_numbers",
]

#: More images are not in the address, which would be too long for some programs; a group's name is.
MOST_IN_ADDRESS = 1000

GROUP_PARAM, CHOSEN_PARAM = "group", "chosen"


class Chosen(NamedTuple):
    """The images that are chosen, ascending, and the group that they are, if they are one."""

    images: NDArray[np.int64]
    group: str | None = None


NOTHING = Chosen(np.zeros(0, np.int64))


def hash_of(run: Run) -> str:
    """What tells a run's images from others; of a run of old whose images are gone, its name does."""
    known = run.data.image_hash
    if known:
        return known
    data = resources.images_or_labels(run)
    return data.image_hash if isinstance(data, ImageDataset) else "".join(filter(str.isalnum, run.name))


def chosen_of(run: Run) -> Chosen:
    """The images that are chosen of those that a run learned."""
    found: Chosen = st.session_state.get(f"chosen:{hash_of(run)}", NOTHING)
    return found


def choose(run: Run, images: NDArray[np.integer] | Sequence[int], group: str | None = None) -> None:
    """Choose images, of a group where they are one; none at all to choose nothing."""
    st.session_state[f"chosen:{hash_of(run)}"] = Chosen(np.unique(np.asarray(images, np.int64)), group)


def choose_group(run: Run) -> None:
    """Take over what the address asks for, and let one of the groups be chosen, where there are any; above a page."""
    data = run.data
    num_images = data.num_train + data.num_validation + data.num_test
    groups = groups_of(hash_of(run), num_images)
    _open(run, groups, num_images)
    now = chosen_of(run)
    if now.group is not None and not np.array_equal(groups.get(now.group, []), now.images):
        choose(run, now.images)  # another visitor deleted that group, or made it another
        now = chosen_of(run)
    key = f"group:{hash_of(run)}"

    def picked() -> None:
        name = st.session_state[key]
        choose(run, groups.get(name, ()), name)

    if groups:
        st.session_state[key] = now.group
        st.selectbox(
            "Group",
            list(groups),
            key=key,
            index=None,
            format_func=lambda name: f"{name} ({len(groups[name]):,})" if name in groups else name,
            placeholder="none",
            on_change=picked,
            help="Images that were chosen on a map and kept under a name: marked on every map, on every page.",
            width=190,
        )
    address.put(GROUP_PARAM, now.group)
    in_address = 0 < len(now.images) <= MOST_IN_ADDRESS
    address.put(CHOSEN_PARAM, write_numbers(now.images) if in_address else None)
    st.session_state[f"chosen-drawn:{hash_of(run)}"] = now


def is_stale(run: Run) -> bool:
    """Whether other images were chosen since the page was drawn, by what redraws only a part of it."""
    now = chosen_of(run)
    return st.session_state.get(f"chosen-drawn:{hash_of(run)}", now) is not now


def _open(run: Run, groups: dict[str, NDArray[np.int64]], num_images: int) -> None:
    name, text = (address.take(param) for param in (GROUP_PARAM, CHOSEN_PARAM))
    if name is None and text is None:
        return
    try:
        images = read_numbers(text, num_images) if text else None
    except ValueError as error:
        st.toast(plain(str(error)), icon=":material/link_off:", duration="infinite")
        return
    kept = groups.get(name or "")
    if kept is not None and (images is None or np.array_equal(kept, np.unique(images))):
        choose(run, kept, name)
    else:  # the numbers are what was sent: a group of this name may be another one here
        choose(run, images or ())
    if name and kept is None and images is None:
        st.toast(
            f"The address asks for the group “{plain(name[:60])}”, which nobody kept here.",
            icon=":material/link_off:",
            duration="infinite",
        )


def write_numbers(images: NDArray[np.int64]) -> str:
    """Write numbers of images for the address, which has no commas without a percent sign and two digits for each."""
    return "-".join(map(str, images.tolist()))


def read_numbers(text: str, num_images: int) -> list[int]:
    """Read numbers of images as ``write_numbers`` writes them; a ValueError says what is wrong with them."""
    parts = text.split("-")
    wrong = next((part for part in parts if not (re.fullmatch("[0-9]{1,9}", part) and int(part) < num_images)), None)
    if wrong is not None:
        raise ValueError(
            f"The address asks for the image “{wrong[:20]}”; there are {counted(num_images, 'image')}, numbered from "
            "0, with a hyphen between two."
        )
    return [int(part) for part in parts]
