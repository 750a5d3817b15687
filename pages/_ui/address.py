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
from contextvars import ContextVar
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

__all__ = [
    "asked",
    "drawing",
    "held",
    "hold",
    "is_first_run",
    "is_new_here",
    "keep_what_is_asked",
    "next_part",
    "open_page",
    "put",
    "settle",
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
    #: The run that began last.
    run: _Run | None = None
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

    def clear(self, part: Part) -> None:
        """Forget what a part and those within it put, as they are drawn anew."""
        if not part:
            self.is_partial = False
        # In place, so that the order of names stays when a part is redrawn by itself.
        for each in [*self.parts, part]:
            if each[: len(part)] == part:
                self.parts[each] = {}

    def keep(self, part: Part, before: Mapping[Part, dict[str, str | None]]) -> None:
        """Have what was not reached in drawing a part stay as it was."""
        for each in self.parts:
            if each[: len(part)] == part:
                self.parts[each] = before.get(each, {}) | self.parts[each]
        self.is_partial = True

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


@dataclass
class _Run:
    """One run of the script, which draws the page or a part of it.

    Streamlit begins the next run of a page while the last may still be on its way out; what that one would put is late.
    """

    address: _Address
    #: The part that is being drawn, and how many parts each has begun.
    at: Part = ()
    begun: dict[Part, int] = field(default_factory=dict)
    #: What it has taken, of which nobody has said yet that the page is so; and the controls that it drew.
    taken: dict[str, str] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    #: Whether it came to its end, rather than being ended by Streamlit.
    is_over: bool = False

    @property
    def is_late(self) -> bool:
        return self.address.run is not self


#: Of the thread that runs the script: the session's state is of all its runs.
_RUN: ContextVar[_Run | None] = ContextVar("run", default=None)


def open_page(page: str) -> None:
    """Say which page is drawn from here on, by any name of its own: another one's address begins anew."""
    address: _Address | None = st.session_state.get("address")
    if address is None or address.page != page:
        st.session_state["address"] = _Address(page)


def _run() -> _Run:
    run = _RUN.get()
    assert run is not None, "Only what is drawn on a page has to do with its address."
    return run


def _here() -> _Address:
    """The address of the page drawn; in a callback, of the page that is there."""
    run = _RUN.get()
    if run is not None:
        return run.address
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
    address, outer = _here(), _RUN.get()
    if outer is None:
        if address.run is not None and not address.run.is_over:
            address.asked |= address.run.taken
        address.read()
        address.run = _Run(address)
    run = outer or address.run
    assert run is not None
    around, before = run.at, dict(address.parts)
    if not run.is_late:
        address.clear(part)
    run.at, run.begun[part] = part, 0
    token, is_over = _RUN.set(run), True
    try:
        yield
    except BaseException as error:
        is_over = isinstance(error, Exception)  # Streamlit ends a run by what is none
        if not run.is_late:
            address.keep(part, before)
        raise
    finally:
        _RUN.reset(token)
        run.at = around
        if outer is None and is_over and not run.is_late:
            run.is_over = True
            address.drawn |= run.drawn
            address.write()


def next_part() -> Part:
    """Where the next part of what is being drawn is, for ``drawing``."""
    run = _run()
    number = run.begun[run.at]
    run.begun[run.at] = number + 1
    return (*run.at, number)


def asked(name: str) -> str | None:
    """What the address newly asks for a setting, empty for its default; None where there is no news."""
    address = _here()
    if name in address.asked:
        return address.asked[name]
    return None if address.settled is None or name in address.settled else ""


def take(name: str) -> str | None:
    """The same, and only once: a setting that was changed since stays changed.

    Where the run is ended before the setting is ``put``, what it took is asked for again.
    """
    text, run = asked(name), _run()
    if run.is_late:
        return text
    if text is not None:
        run.taken[name] = text
    run.address.asked.pop(name, None)
    if run.address.settled is not None:
        run.address.settled.add(name)
    return text


def put(name: str, text: str | None) -> None:
    """Say what the address is to have of a setting; None, for one at its default, is left out."""
    run = _run()
    run.taken.pop(name, None)
    if not run.is_late:
        run.address.parts[run.at][name] = text


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


def settle(*names: str) -> None:
    """Say that the page is as it was asked to be, where what puts it into the address is drawn later."""
    for name in names:
        _run().taken.pop(name, None)


def is_first_run(what: str) -> bool:
    """Whether what a page opens on is still to be decided; True only once, in a run that is ended early, too."""
    drawn = _run().address.drawn
    first = what not in drawn
    drawn.add(what)
    return first


def is_new_here(key: str) -> bool:
    """Whether a control is drawn for the first time since the page was opened; once True in a run that ends."""
    run = _run()
    new = key not in run.address.drawn | run.drawn
    run.drawn.add(key)
    return new
