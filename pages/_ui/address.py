"""The page's address: read once when there is news in it, written once when the page is drawn.

What shows a setting takes what the address newly asks for (``take``), and says each time it is drawn what
the address is to have (``put``). ``drawing`` goes around what draws the page, and each part of it that is redrawn
by itself: at the end of what runs, the address gets what was put, in one step of the browser's Back. So
what is no longer drawn is no longer in the address.

News is a query that this page has neither had nor written, or that the browser went Back to. Any other is taken to be
late: sent before the browser heard what the address has become. So is, now and then, Back itself, where Streamlit makes
one run of it and of a click; and a link to the page one is on would be, with a query that it had before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

__all__ = [
    "asked",
    "drawing",
    "held",
    "hold",
    "is_new_here",
    "keep_what_is_asked",
    "next_part",
    "open_page",
    "put",
    "take",
]

#: Where in the page a part is: which of its parts, which of that one's parts, and so on; ``()`` is the page itself.
Part = tuple[int, ...]


@dataclass
class _Address:
    """What the address of a page says, and what it is to say."""

    page: str
    #: What this page has had or written, newest last; nothing older than these is expected late.
    known: deque[dict[str, str]] = field(default_factory=lambda: deque(maxlen=100))
    #: What is asked for and was not yet taken.
    asked: dict[str, str] = field(default_factory=dict)
    #: After Back, the settings that are as it wants them; any other that it does not name is to be at its default.
    settled: set[str] | None = None
    #: What each part of the page has put.
    parts: dict[Part, dict[str, str | None]] = field(default_factory=dict)
    #: The part that is being drawn, None between two runs, and how many parts each has begun.
    at: Part | None = None
    begun: dict[Part, int] = field(default_factory=dict)
    #: Whether something of the page is still to come, or could not be drawn.
    is_partial: bool = False
    #: The keys of the controls that were drawn here.
    drawn: set[str] = field(default_factory=set)

    def read(self) -> None:
        """Take in the browser's query, if it is news."""
        query, went_back = st.query_params.to_dict(), _went_back()
        if query in self.known and not went_back:
            return
        self.asked = dict(query)
        # What Back leads to is all of it; a link, or the menu, leaves what it does not name as it was.
        at_default = {name for put in self.parts.values() for name, text in put.items() if text is None}
        self.settled = at_default if went_back else None
        self.note(query)

    def write(self) -> None:
        """Have the browser's query be what was put."""
        query = {name: text for put in self.parts.values() for name, text in put.items() if text is not None}
        if self.is_partial:
            query = {name: text for name, text in self.asked.items() if text} | query
        else:
            self.asked, self.settled = {}, None
        if query != st.query_params.to_dict():
            st.query_params.from_dict(query)
        self.note(query)

    def note(self, query: dict[str, str]) -> None:
        """Note what the browser's query is from here on."""
        if query not in self.known:
            self.known.append(query)


def open_page(page: str) -> None:
    """Say which page is drawn from here on, by any name of its own: another one's address begins anew."""
    address: _Address | None = st.session_state.get("address")
    if address is None or address.page != page:
        st.session_state["address"] = _Address(page)


def _here() -> _Address:
    address: _Address = st.session_state["address"]
    return address


def _went_back() -> bool:
    """Whether this run is for Back or Forward; there is no public way to tell."""
    return bool(getattr(get_script_run_ctx(), "is_history_navigation", False))


@contextmanager
def drawing(part: Part = ()) -> Iterator[None]:
    """Around what draws the page, or one of its parts; what was put is written once the outermost of these ends.

    Where it ends with an error, what was not reached stays as it was in the address; where it ends because the page is
    to be drawn anew, the next run writes.
    """
    address = _here()
    outer, before = address.at, dict(address.parts)
    if outer is None:
        address.read()
    if not part:
        address.is_partial = False
    # In place, so that the order of names stays when a part is redrawn by itself.
    address.parts.setdefault(part, {})
    for each in address.parts:
        if each[: len(part)] == part:
            address.parts[each] = {}
    address.at, address.begun[part] = part, 0
    is_over = True
    try:
        yield
    except BaseException as error:
        for each in address.parts:
            if each[: len(part)] == part:
                address.parts[each] = before.get(each, {}) | address.parts[each]
        address.is_partial = True
        is_over = isinstance(error, Exception)  # Streamlit ends a run by what is none
        raise
    finally:
        address.at = outer
        if outer is None and is_over:
            address.write()


def next_part() -> Part:
    """Where the next part of what is being drawn is, for ``drawing``."""
    address = _here()
    inside = address.at or ()
    number = address.begun[inside]
    address.begun[inside] = number + 1
    return (*inside, number)


def asked(name: str) -> str | None:
    """What the address newly asks for a setting, empty for its default; None where there is no news."""
    address = _here()
    if name in address.asked:
        return address.asked[name]
    return None if address.settled is None or name in address.settled else ""


def take(name: str) -> str | None:
    """The same, and only once: a setting that was changed since stays changed."""
    text, address = asked(name), _here()
    address.asked.pop(name, None)
    if address.settled is not None:
        address.settled.add(name)
    return text


def put(name: str, text: str | None) -> None:
    """Say what the address is to have of a setting; None, for one at its default, is left out."""
    address = _here()
    address.parts[address.at or ()][name] = text


def keep_what_is_asked() -> None:
    """Leave in the address what nothing has taken yet, since more of the page is still to come."""
    _here().is_partial = True


def held(name: str) -> str | None:
    """What no control shows, and the address alone knows: where on the page one is."""
    text: str | None = st.query_params.get(name)
    put(name, text)
    return text


def hold(texts: Mapping[str, str | None]) -> None:
    """Have ``held`` return other texts from now on; None for none.

    In a callback of the page itself, or before a rerun: what a part writes next would undo it.
    """
    query = {name: text for name, text in (st.query_params.to_dict() | dict(texts)).items() if text is not None}
    st.query_params.from_dict(query)
    _here().note(query)


def is_new_here(key: str) -> bool:
    """Whether a control is drawn for the first time since the page was opened; True only once."""
    drawn = _here().drawn
    new = key not in drawn
    drawn.add(key)
    return new
