"""What surrounds every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import streamlit as st

from pages import PAGES, Page
from pages._ui import browser_code, controls, resources
from pages._ui.text import explained
from vaelab.datasets import DatasetUnavailable
from vaelab.runs import RunError

__all__ = [
    "PRESENT_KEY",
    "carried",
    "first_call",
    "go_where_wanted",
    "guarded",
    "has_webgl",
    "is_narrow",
    "later",
    "presenting",
    "show",
]

#: In the URL: ``?present=true``, for a projector and a back row.
PRESENT_KEY = "present"

_FILES = Path(__file__).parents[2] / "assets" / "frame"
_STYLE, _LARGE, _ALONE = (_FILES / f"{name}.css" for name in ("page", "presentation", "alone"))

_BROWSER = st.components.v2.component("browser", js=browser_code.join("frame/mount.js"), isolate_styles=False)

_PAGE_OF = {page.name: page for page in PAGES}

_ENTERED, _WANTED = "entered-through-app", "wanted-page"
_SHOWN, _SETTLED = "page-shown", "page-settled"


def go_where_wanted() -> None:
    """Called by ``app.py`` once it has set up navigation: see ``show``."""
    st.session_state[_ENTERED] = True
    resources.jobs()  # on whichever page: what was queued goes on
    wanted = st.session_state.pop(_WANTED, None)
    if wanted is not None:
        st.switch_page(wanted, query_params=st.query_params.to_dict())


def show(
    main: Callable[[], None],
    file: str,
    alone: Callable[[], bool] = lambda: False,
    first: Callable[[], str] = lambda: "",
) -> None:
    """Run a page, and say what a person can mend in one sentence instead of a traceback.

    Until ``app.py`` has run once in a server's life, Streamlit takes a folder called ``pages`` for
    its older kind of app, and answers an address such as ``/train`` with the bare script. Such a
    visitor is sent through ``app.py``, and from there to the page.

    Parameters
    ----------
    main
        Draws the page.
    file
        The page's ``__file__``; ``pages.PAGES`` says what is written above it.
    alone
        Whether the visitor was sent to this page and nowhere else: then there is no menu and no line
        above it, and its margins are narrow.
    first
        What to do first, in markdown, where it is not what ``pages.PAGES`` says.
    """
    page = _PAGE_OF[Path(file).stem]
    if not st.session_state.get(_ENTERED):
        st.session_state[_WANTED] = page.path
        st.switch_page("app.py", query_params=st.query_params.to_dict())
    if st.session_state.get(_SHOWN) != file:
        st.session_state[_SHOWN], st.session_state[_SETTLED] = file, False
    if alone():
        st.html(_STYLE)
        st.html(_ALONE)
    else:
        _head(page, first() or page.first)
    guarded(main)()


def presenting() -> bool:
    """Whether the page is for a projector: larger, without what a lecture does not need."""
    return bool(st.session_state.get(PRESENT_KEY))


def carried(query: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a link to another page says in the address, the presentation with it.

    Else the page would write that down once it is there: one more step for the browser's Back, and to a
    place without it.

    Parameters
    ----------
    query
        What the link says otherwise.
    """
    return dict(query or {}) | ({PRESENT_KEY: "true"} if presenting() else {})


def has_webgl() -> bool:
    """Whether the visitor's browser has WebGL, as far as it has said: some have it switched off."""
    return st.session_state.get("browser", {}).get("webgl") is not False


def is_narrow() -> bool:
    """Whether the visitor's screen is a phone's; until the browser has said how wide it is, by what it calls itself."""
    said = st.session_state.get("browser", {}).get("narrow")
    return "Mobi" in st.context.headers.get("User-Agent", "") if said is None else bool(said)


def _head(page: Page, first: str) -> None:
    """Say where this is and what to do first, on every page at the same place."""
    st.html(_STYLE)
    with st.container(key="page-browser"):
        _BROWSER(
            key="browser",
            data={"narrow": is_narrow()},
            on_webgl_change=lambda: None,
            on_narrow_change=lambda: None,
        )
    with st.container(
        key="page-head",
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
    ):
        # As a heading of its own, since a page of Streamlit's has none.
        st.markdown(f"# {page.heading}")
        st.markdown(first, width="stretch")
        # Not by Streamlit's own way into the URL: a link would then take two steps of Back more.
        controls.toggle(
            "Presentation",
            param=PRESENT_KEY,
            key=PRESENT_KEY,
            help="For a projector and a back row: larger text and images, and less around them.",
        )
    if presenting():
        st.html(_LARGE)


def later(draw: Callable[[], None]) -> None:
    """Draw the lower part of a page once the browser has drawn the upper one.

    A browser that is given a page's charts at once shows none of them until it has made them all.
    So on opening the page, and then only, what is drawn here comes half a second after the rest.
    """
    if st.session_state[_SETTLED]:
        draw()
        return
    is_first_pass = first_call()

    @st.fragment(run_every=0.5)
    def body() -> None:
        if not is_first_pass():
            st.session_state[_SETTLED] = True
            st.rerun()

    body()


def first_call() -> Callable[[], bool]:
    """Return a function that answers True when it is first called, and False ever after.

    Made beside a fragment and called in it, it tells the run of the whole page, in which the
    browser has drawn nothing yet, from the fragment's own reruns after that.
    """
    answers = iter([True])
    return lambda: next(answers, False)


def guarded(draw: Callable[[], None]) -> Callable[[], None]:
    """Wrap what draws a page or a fragment of it, which Streamlit also runs by itself."""

    @wraps(draw)
    def run() -> None:
        try:
            draw()
        except (RunError, DatasetUnavailable, ConnectionError, ValueError) as error:
            st.error(explained(error), icon=":material/error:")

    return run
