"""What pages share of the session's state, behind typed accessors, and their way into the URL.

Each key of the session's state belongs to one file. Here are those that several files need: which
run, image and place one is at. What a single page remembers, and the values of its own widgets,
are in that page's file; those of the controls in the URL pass through ``controls``. Widgets keep
their values when a page is left, by ``persist_state="session"``.

Two ways lead into the URL. A widget whose value can stand there as it is says so itself, with
``bind="query-params"``: its key is then the name in the URL, and nothing else may use that name.
Whatever is called differently than it is shown, or is about a run or a dataset, goes through
``asked_for`` and ``keep``: see ``controls``.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.runtime.scriptrunner import get_script_run_ctx

from vaelab.datasets import ImageDataset
from vaelab.latent.projections import Projection
from vaelab.runs import Run

__all__ = [
    "KIND_KEY",
    "RUN_KEY",
    "WATCH_KEY",
    "anchor_of",
    "ask",
    "asked",
    "asked_for",
    "choose_end",
    "choose_image",
    "chosen_end",
    "chosen_image",
    "clicked_image",
    "forget_sent",
    "go_to",
    "is_new_here",
    "keep",
    "keep_all",
    "label_key",
    "label_of",
    "open_lesson",
    "open_watched",
    "place_sent",
    "remember_sent",
    "run_chosen",
    "set_label",
    "set_z",
    "slider_key",
    "start_with",
    "want_run",
    "wanted_lesson",
    "wanted_run",
    "was_sent",
    "watch_training",
    "z_of",
]

#: In the URL: ``?run=digits-2d``, by the folder's name rather than by what the selector shows.
RUN_KEY = "run"
KIND_KEY = "map"
LESSON_KEY = "lesson"
WATCH_KEY = "watch"


def wanted_lesson() -> str | None:
    """The lesson that the URL names or, on coming back to the course, the last one read."""
    slug: str | None = st.query_params.get(LESSON_KEY) or st.session_state.get("wanted-lesson")
    return slug


def open_lesson(slug: str) -> None:
    """Go to a lesson: in the URL, and on coming back."""
    st.session_state["wanted-lesson"] = slug
    if st.query_params.get(LESSON_KEY) != slug:
        st.query_params[LESSON_KEY] = slug


def wanted_run() -> str | None:
    """The run that the URL names or, on a page reached without one, the last one looked at."""
    asked = asked_for(RUN_KEY)
    if asked:
        st.session_state["wanted-run"] = asked
    name: str | None = st.session_state.get("wanted-run")
    return name


def want_run(name: str) -> None:
    """Show the run called ``name``: in the URL, in the selector, and on the next page."""
    st.session_state[RUN_KEY] = st.session_state["wanted-run"] = name
    keep(RUN_KEY, name)


def run_chosen() -> None:
    """Take over what the run selector was just set to."""
    want_run(st.session_state[RUN_KEY])


# Settings in the URL ----------------------------------------------------------------------------

#: Seconds for which a browser may not have heard yet of what was put into the URL.
_ON_THE_WAY = 5.0


@dataclass
class _Address:
    """What the page shown has put into the URL, None for nothing."""

    page: str
    kept: dict[str, str | None] = field(default_factory=dict)
    #: Keys of the controls that were drawn on it.
    drawn: set[str] = field(default_factory=set)
    #: Until when what was there before may still come from the browser.
    until: dict[tuple[str, str | None], float] = field(default_factory=dict)

    def take(self, name: str, text: str | None) -> None:
        """Take over what is in the URL from now on."""
        if name in self.kept and self.kept[name] != text:
            self.until[name, self.kept[name]] = time.monotonic() + _ON_THE_WAY
        self.kept[name] = text

    def is_late(self, name: str, text: str | None) -> bool:
        """Whether the browser has only not heard yet that this is over."""
        return time.monotonic() < self.until.get((name, text), 0)


def _address() -> _Address:
    page = urlsplit(st.context.url or "").path
    address: _Address | None = st.session_state.get("address")
    if address is None or address.page != page:
        address = st.session_state["address"] = _Address(page)
    return address


def _went_back() -> bool:
    """Whether this run is for Back or Forward: then what the URL does not name is at its default.

    There is no public way to tell it from a page reached through the menu, on which settings stay.
    """
    return bool(getattr(get_script_run_ctx(), "is_history_navigation", False))


def asked_for(name: str) -> str | None:
    """What the URL newly asks of a setting: on opening a page, after a link, or after Back.

    Returns
    -------
    str or None
        The text; empty where the default is asked for; None where nothing is. Each is told once:
        a setting that was changed since stays changed.
    """
    address, text = _address(), st.query_params.get(name)
    if name in address.kept and address.kept[name] == text:
        return None
    if not _went_back() and (text is None or address.is_late(name, text)):
        return None
    address.take(name, text)
    return text or ""


def is_new_here(key: str) -> bool:
    """Whether a control is drawn for the first time since the page was opened; told once."""
    drawn = _address().drawn
    new = key not in drawn
    drawn.add(key)
    return new


def keep(name: str, text: str | None) -> None:
    """Have a setting in the URL, or with None not there, as one at its default."""
    keep_all({name: text})


def keep_all(texts: Mapping[str, str | None]) -> None:
    """Have several settings in the URL that change together: one step of Back."""
    address = _address()
    for name, text in texts.items():
        address.take(name, text)
    new: dict[str, str] = {}
    went_back = _went_back()
    for name, text in address.kept.items():
        now = st.query_params.get(name)
        # What comes late must not take the place of what another setting was changed to.
        ours = name in texts or (address.is_late(name, now) and not went_back)
        if now == text or not ours:
            continue
        if text is None:
            del st.query_params[name]
        else:
            new[name] = text
    if new:
        st.query_params.update(new)


# A place in latent space ------------------------------------------------------------------------


def _of(run: Run, what: str) -> str:
    return f"{what}:{run.name}"


def slider_key(run: Run, dim: int) -> str:
    """Key of the slider of a latent dimension."""
    return _of(run, f"z{dim}")


def set_z(run: Run, z: Sequence[float] | NDArray[np.floating]) -> None:
    """Set all sliders of ``run``; only before they are drawn, so in a callback."""
    for dim, value in enumerate(z):
        st.session_state[slider_key(run, dim)] = float(value)


def z_of(run: Run) -> NDArray[np.float32]:
    """Where the sliders of ``run`` stand, ``(D,)``; at the origin before they were moved."""
    dims = range(run.config.latent_dim)
    values = [st.session_state.get(slider_key(run, dim), 0.0) for dim in dims]
    return np.array(values, dtype=np.float32)


def set_label(run: Run, label: int | None) -> None:
    """Choose what a conditional model is told with the code; before its selector is drawn."""
    if label is not None:
        st.session_state[label_key(run)] = label


def label_of(run: Run) -> int:
    """What a conditional model is told with the code."""
    label: int = st.session_state.get(label_key(run), 0)
    return label


def label_key(run: Run) -> str:
    """Key of the selector of a conditional model's label."""
    return _of(run, "label")


def go_to(run: Run, z: Sequence[float] | NDArray[np.floating], image: int | None,
          label: int | None) -> None:  # fmt: skip
    """Go to a place, on the server and in the browser; before the sliders are drawn."""
    set_z(run, z)
    choose_image(run, image)
    set_label(run, label)
    st.session_state[_of(run, "sent")] = {
        "z": [float(value) for value in z],
        "image": image,
        "label": label_of(run),
        "turn": str(time.time_ns()),
    }


def place_sent(run: Run) -> dict[str, Any] | None:
    """Where the browser was last told to go, if it was; ``turn`` tells it from earlier times."""
    place: dict[str, Any] | None = st.session_state.get(_of(run, "sent"))
    return place


def start_with(run: Run, data: ImageDataset, projection: Projection) -> None:
    """Where nothing was chosen yet, choose the first image of the map: something to look at."""
    if _of(run, "image") not in st.session_state:
        first = int(projection.indices[0])
        choose_image(run, first)
        set_z(run, projection.codes[0])
        set_label(run, data.label_of(first))


def choose_image(run: Run, index: int | None) -> None:
    """Remember which image of the dataset was clicked last; None forgets it."""
    st.session_state[_of(run, "image")] = index


def chosen_image(run: Run) -> int | None:
    """Which image of the dataset was clicked last."""
    index: int | None = st.session_state.get(_of(run, "image"))
    return index


def choose_end(run: Run, end: str, index: int) -> None:
    """Remember the image at an end, ``"A"`` or ``"B"``, of an interpolation."""
    st.session_state[_of(run, f"end-{end}")] = index


def chosen_end(run: Run, end: str) -> int | None:
    """The image at an end of an interpolation."""
    index: int | None = st.session_state.get(_of(run, f"end-{end}"))
    return index


def anchor_of(run: Run, chosen: int | None, first: int, marked: bool) -> int | None:
    """Which image the figure itself shows as selected.

    Streamlit puts a new chart in place of one whose figure changed, and zoom and selection are gone
    with the old one. So a click must not change the figure: the browser marks what was clicked. The
    figure catches up only when it is drawn anew in any case, because z is marked apart from the
    image, now or the last time.
    """
    anchor, was_marked = _of(run, "anchor"), _of(run, "marked")
    if marked or st.session_state.get(was_marked):
        st.session_state[anchor] = chosen
    st.session_state[was_marked] = marked
    index: int | None = st.session_state.setdefault(anchor, first)
    return index


def clicked_image(chart_key: str) -> int | None:
    """Which image the last click on a map hit, from the chart's selection."""
    event = st.session_state.get(chart_key)
    points = event["selection"]["points"] if event else []
    for point in points:
        data = point.get("customdata")
        if data is not None:
            return int(data[0] if isinstance(data, list | tuple) else data)
    return None


def was_sent(model: str) -> bool:
    """Whether this visitor's browser has been sent a model."""
    return model in st.session_state.get("models-sent", ())


def remember_sent(model: str) -> None:
    """A model is on its way to this visitor's browser, and need not be sent again."""
    st.session_state.setdefault("models-sent", set()).add(model)


def forget_sent(model: str) -> None:
    """The browser says that it has not, or no longer, got a model."""
    st.session_state.get("models-sent", set()).discard(model)


def watch_training(name: str) -> None:
    """Have the Train page show the run called ``name``; before its selector is drawn."""
    st.session_state[WATCH_KEY] = name


def open_watched(names: Collection[str]) -> None:
    """Take over the run to watch from the URL, and forget one that is gone; before its selector."""
    if st.session_state.get(WATCH_KEY) not in {None, *names}:
        del st.session_state[WATCH_KEY]
    asked = asked_for(WATCH_KEY)
    if asked in names:
        st.session_state[WATCH_KEY] = asked


def ask(what: str, run: Run) -> None:
    """Ask for a dialog about ``run``, to be opened by the page rather than a part of it."""
    st.session_state["asked"] = (what, run.path)


def asked() -> tuple[str, Path] | None:
    """Take the dialog that was asked for; asking is then over."""
    what: tuple[str, Path] | None = st.session_state.pop("asked", None)
    return what
