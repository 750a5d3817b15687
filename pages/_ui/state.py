"""What pages share of the session's state, behind typed accessors, and their way into the URL.

Each key of the session's state belongs to one file. Here are those that several files need: which
run, image and place one is at. What a single page remembers, and the values of its own widgets,
are in that page's file; those of the controls in the URL pass through ``controls``. Widgets keep
their values when a page is left, by ``persist_state="session"``.

What is in the URL as well passes through ``address``.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import address
from vaelab.datasets import Labelled
from vaelab.export.place import WayPoint
from vaelab.latent.projections import Projection
from vaelab.runs import Run

__all__ = [
    "KIND_KEY",
    "RUN_KEY",
    "WATCH_KEY",
    "WITH_KEY",
    "choose_image",
    "chosen_image",
    "clicked_image",
    "go_to",
    "keep_lesson",
    "label_of",
    "open_lesson",
    "open_watched",
    "place_sent",
    "pop_dialog",
    "request_dialog",
    "run_chosen",
    "set_label",
    "set_way",
    "set_z",
    "show_run",
    "stand_in",
    "standing_in",
    "start_with",
    "want_run",
    "wanted_lesson",
    "wanted_run",
    "was_chosen",
    "watch_training",
    "way_of",
    "z_of",
]

#: In the URL: ``?run=digits-2d``, by the folder's name rather than by what the selector shows.
RUN_KEY = "run"
KIND_KEY = "map"
LESSON_KEY = "lesson"
WATCH_KEY = "watch"
#: Of Compare: the names of the runs beside the page's own.
WITH_KEY = "with"


def wanted_lesson() -> str | None:
    """The lesson that the URL names or, on coming back to the course, the last one read."""
    slug: str | None = address.take(LESSON_KEY) or st.session_state.get("wanted-lesson")
    return slug


def open_lesson(slug: str) -> None:
    """Go to a lesson, and to the same on coming back; in a callback."""
    st.session_state["wanted-lesson"] = slug
    address.hold({LESSON_KEY: slug})


def keep_lesson(slug: str) -> None:
    """Remember which lesson is being read, and have it in the address."""
    st.session_state["wanted-lesson"] = slug
    address.put(LESSON_KEY, slug)


def wanted_run() -> str | None:
    """The run that the URL names or, on a page reached without one, the last one looked at."""
    requested = address.take(RUN_KEY)
    if requested:
        st.session_state["wanted-run"] = requested
        stand_in(None)
    name: str | None = st.session_state.get("wanted-run")
    return name


def want_run(name: str) -> None:
    """Show the run called ``name``, on this page and on the next; before the selector is drawn."""
    st.session_state["wanted-run"] = name
    stand_in(None)
    show_run(name)


def show_run(name: str) -> None:
    """Show the run called ``name`` on this page; before the selector is drawn."""
    st.session_state[RUN_KEY] = name


def stand_in(name: str | None) -> None:
    """Have this page show another run than the one looked at last, which other pages go on with; None: that one."""
    st.session_state["stand-in"] = name


def standing_in() -> str | None:
    """The run that this page shows instead of the one looked at last."""
    name: str | None = st.session_state.get("stand-in")
    return name


def run_chosen() -> None:
    """Take over what the run selector was just set to."""
    want_run(st.session_state[RUN_KEY])


# A place in latent space ------------------------------------------------------------------------


def _of(run: Run, what: str) -> str:
    return f"{what}:{run.name}"


def set_z(run: Run, z: Sequence[float] | NDArray[np.floating]) -> None:
    """Remember where z rests."""
    st.session_state[_of(run, "z")] = np.array(z, dtype=np.float32)


def z_of(run: Run) -> NDArray[np.float32]:
    """Where z rests, ``(D,)``; at the origin at first."""
    z: NDArray[np.float32] = st.session_state.get(_of(run, "z"), np.zeros(run.config.latent_dim, np.float32))
    return z


def set_label(run: Run, label: int | None) -> None:
    """Choose the label that a conditional model decodes with."""
    if label is not None:
        st.session_state[_of(run, "label")] = label


def label_of(run: Run) -> int:
    """The label that a conditional model decodes with."""
    label: int = st.session_state.get(_of(run, "label"), 0)
    return label


def set_way(run: Run, way: list[WayPoint]) -> None:
    """Remember the way through the places that were pinned."""
    st.session_state[_of(run, "way")] = way


def way_of(run: Run) -> list[WayPoint]:
    """The way through the places that were pinned; empty, or of two places at least."""
    way: list[WayPoint] = st.session_state.get(_of(run, "way"), [])
    return way if len(way) > 1 else []


def go_to(run: Run, z: Sequence[float] | NDArray[np.floating], image: int | None, label: int | None) -> None:
    """Go to a place, on the server and in the browser, and keep the way."""
    set_z(run, z)
    choose_image(run, image)
    set_label(run, label)
    code = [float(value) for value in z]
    st.session_state[_of(run, "sent")] = {
        "z": code,
        "image": image,
        "label": label_of(run),
        "turn": str(time.time_ns()),
        "pins": way_of(run) or [WayPoint(z=code, image=image)],
    }


def place_sent(run: Run) -> dict[str, Any] | None:
    """Where the browser was last sent, if it was; ``turn`` differs each time."""
    place: dict[str, Any] | None = st.session_state.get(_of(run, "sent"))
    return place


def start_with(run: Run, data: Labelled, projection: Projection) -> None:
    """Where no image was chosen yet, choose the first of the map, to have something to look at."""
    if _of(run, "image") not in st.session_state:
        first = int(projection.indices[0])
        choose_image(run, first, by_person=False)
        set_z(run, projection.codes[0])
        set_label(run, data.label_of(first))


def choose_image(run: Run, index: int | None, by_person: bool = True) -> None:
    """Remember which image of the dataset was clicked last, or is there to begin with; None forgets it."""
    st.session_state[_of(run, "image")] = index
    st.session_state[_of(run, "image-was-chosen")] = by_person


def chosen_image(run: Run) -> int | None:
    """Which image of the dataset was clicked last."""
    index: int | None = st.session_state.get(_of(run, "image"))
    return index


def was_chosen(run: Run) -> bool:
    """Whether a person chose the image, or it is there to begin with."""
    chosen: bool = st.session_state.get(_of(run, "image-was-chosen"), False)
    return chosen


def clicked_image(chart_key: str) -> int | None:
    """Which image the last click on a map hit, from the chart's selection."""
    event = st.session_state.get(chart_key)
    points = event["selection"]["points"] if event else []
    for point in points:
        data = point.get("customdata")
        if data is not None:
            return int(data[0] if isinstance(data, list | tuple) else data)
    return None


def watch_training(name: str) -> None:
    """Have the Train page show the run called ``name`` from its next rerun on."""
    st.session_state["watch-next"] = name


def open_watched(names: Collection[str], otherwise: str) -> None:
    """Take over the run to watch, from the URL too, and forget one that is gone; before its selector.

    Parameters
    ----------
    names
        What there is to watch; an empty text for no run.
    otherwise
        What is watched where nothing was chosen.
    """
    following = st.session_state.pop("watch-next", None)
    requested = address.take(WATCH_KEY)
    for wanted in (following, requested or None, st.session_state.get(WATCH_KEY), otherwise):
        if wanted in names:
            st.session_state[WATCH_KEY] = wanted
            return


def request_dialog(name: str, runs: Sequence[Run]) -> None:
    """Request a dialog about ``runs``, which the page opens rather than one of its fragments."""
    st.session_state["dialog"] = (name, [run.path for run in runs])


def pop_dialog() -> tuple[str, list[Path]] | None:
    """Return the dialog that was requested, once."""
    dialog: tuple[str, list[Path]] | None = st.session_state.pop("dialog", None)
    return dialog
