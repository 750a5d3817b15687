"""What surrounds every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

# Before any chart: once anybody has begun to import pandas, as scikit-learn does, Plotly asks it about whatever it
# draws, and fails while that import is still under way in the run of another page, or of another visitor.
import pandas  # noqa: F401
import streamlit as st

from pages import PAGES, Page
from pages._ui import address, browser_code, controls, resources, share
from pages._ui.text import explained
from vaelab.datasets import DatasetUnavailable
from vaelab.runs import RunError

__all__ = [
    "PRESENT_KEY",
    "carried",
    "errors_in_words",
    "go_where_wanted",
    "has_webgl",
    "is_first_pass",
    "is_narrow",
    "later",
    "link_to",
    "part",
    "presenting",
    "say_first",
    "show",
    "switch_to",
]

#: In the URL: ``?present=true``, for a projector and a back row.
PRESENT_KEY = "present"

_FILES = Path(__file__).parents[2] / "assets" / "frame"
_STYLE, _LARGE, _ALONE = (_FILES / f"{name}.css" for name in ("page", "presentation", "alone"))

_BROWSER = browser_code.component("browser", "frame/mount.js")

_PAGE_OF = {page.name: page for page in PAGES}

_ENTERED, _WANTED = "entered-through-app", "wanted-page"
_SHOWN, _SETTLED = "page-shown", "page-settled"
#: Whether a part is drawn along with the page around it. Of the thread that draws: see pages/_ui/address.py.
_IS_FIRST_PASS = ContextVar("is_first_pass", default=False)
#: The sentence above the page and the place for what leaves it, for as long as the page is drawn.
_FIRST, _SHARE = "page-first", "page-share-place"


def go_where_wanted() -> None:
    """Called by ``app.py`` once it has set up navigation: see ``show``."""
    st.session_state[_ENTERED] = True
    resources.jobs()  # on whichever page: what was queued goes on
    wanted = st.session_state.pop(_WANTED, None)
    if wanted is not None:
        st.switch_page(wanted, query_params=st.query_params.to_dict())


def show(main: Callable[[], None], file: str, alone: Callable[[], bool] = lambda: False) -> None:
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
    """
    page = _PAGE_OF[Path(file).stem]
    if not st.session_state.get(_ENTERED):
        st.session_state[_WANTED] = page.path
        st.switch_page("app.py", query_params=st.query_params.to_dict())
    if st.session_state.get(_SHOWN) != file:
        st.session_state[_SHOWN], st.session_state[_SETTLED] = file, False
    address.open_page(file)
    with errors_in_words(), address.drawing():
        if alone():
            st.html(_STYLE)
            st.html(_ALONE)
        else:
            _head(page)
        main()
        if not alone():
            _draw_share()


def say_first(text: str) -> None:
    """Say above the page what to do first, where that depends on how it is set.

    Parameters
    ----------
    text
        One sentence of markdown, instead of the one in ``pages.PAGES``.
    """
    st.session_state[_FIRST].markdown(text, width="stretch")


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


def switch_to(page: str, query: Mapping[str, Any] | None = None) -> NoReturn:
    """Open another page, by its name in ``pages.PAGES``."""
    st.switch_page(_PAGE_OF[page].path, query_params=carried(query))


def link_to(page: str, label: str, icon: str, query: Mapping[str, Any] | None = None, help: str | None = None) -> None:
    """Draw a link to another page, by its name in ``pages.PAGES``; the icon is one of Material's."""
    st.page_link(_PAGE_OF[page].path, label=label, icon=f":material/{icon}:", query_params=carried(query), help=help)


def has_webgl() -> bool:
    """Whether the visitor's browser has WebGL, as far as it has said: some have it switched off."""
    return st.session_state.get("browser", {}).get("webgl") is not False


def is_narrow() -> bool:
    """Whether the visitor's screen is a phone's; until the browser has said how wide it is, by what it calls itself."""
    said = st.session_state.get("browser", {}).get("narrow")
    return "Mobi" in st.context.headers.get("User-Agent", "") if said is None else bool(said)


def _head(page: Page) -> None:
    """Say where this is and what to do first, on every page at the same place."""
    st.html(_STYLE)
    share.begin_page()
    with st.container(key="page-browser"):
        _BROWSER(
            key="browser", data={"narrow": is_narrow()}, on_webgl_change=lambda: None, on_narrow_change=lambda: None
        )
    with st.container(key="page-head", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        # As a heading of its own, since a page of Streamlit's has none.
        st.markdown(f"# {page.heading}")
        st.session_state[_SHARE] = st.container(key="page-share", width="content")
        st.session_state[_FIRST] = st.markdown(page.first, width="stretch")
        # Not by Streamlit's own way into the URL: a link would then take two steps of Back more.
        controls.toggle(
            "Presentation",
            param=PRESENT_KEY,
            key=PRESENT_KEY,
            help="For a projector and a back row: larger text and images, and less around them.",
        )
    if presenting():
        st.html(_LARGE)


def _draw_share() -> None:
    """Draw what opens on all that leaves the page."""
    draw = share.taken_offers()
    with st.session_state[_SHARE]:

        @part()
        def body() -> None:
            popover = st.popover("Share", icon=":material/ios_share:", key="share", on_change="rerun")
            # Only then: of what a page offers, some is of where one is by now.
            if popover.open:
                with popover:
                    draw()


def part(
    *,
    every: float | None = None,
    until: Callable[[], bool] | None = None,
    waits: bool = False,
    once_drawn: bool = False,
) -> Callable[[Callable[[], object]], None]:
    """Draw a part of the page where it stands, as a decorator: what is used in it redraws only this part.

    What a person can mend is said there in one sentence, and what its controls put is written into the address.

    Parameters
    ----------
    every
        Seconds after which it is drawn again, and again, by itself; by default only when something in it is used.
    until
        It is drawn again by itself only while this is not so; when it changes, the whole page is drawn anew.
    waits
        Whether the page has the part only because it saw that this is not so: if it has become so meanwhile, that is a
        change as well.
    once_drawn
        Whether the browser has to have drawn the rest of the page first: it is then left out of the page's own run.

    Returns
    -------
    callable
        Takes what draws the part, and draws it.

    Examples
    --------
    Have a job make a map, and look each second whether it is there::

        @frame.part(every=1.0, until=lambda: known(run, "umap") is not None)
        def body() -> None:
            draw_map(run)
    """

    def draw_here(draw: Callable[[], object]) -> None:
        before = until is not None and not waits and until()
        here = address.next_part()
        # True in the run of the whole page, and never after. In that run the browser has drawn nothing yet.
        passes = iter([True])

        def keep_up() -> None:
            if until is not None and until() != before:
                st.rerun()

        @st.fragment(run_every=None if before else every)
        @wraps(draw)
        def body() -> None:
            first = next(passes, False)
            _IS_FIRST_PASS.set(first)
            with errors_in_words(), address.drawing(here):
                if not first:
                    keep_up()
                if not (once_drawn and first):
                    draw()
                keep_up()

        body()

    return draw_here


def is_first_pass() -> bool:
    """Whether a part is drawn for the first time, along with the page; asked before any part within it is drawn."""
    return _IS_FIRST_PASS.get()


def later(draw: Callable[[], None]) -> None:
    """Draw the lower part of a page once the browser has drawn the upper one.

    A browser that is given a page's charts at once shows none of them until it has made them all.
    So on opening the page, and then only, what is drawn here comes half a second after the rest.
    """
    if st.session_state[_SETTLED]:
        draw()
        return
    address.keep_what_is_asked()

    @part(every=0.5, until=lambda: st.session_state[_SETTLED], once_drawn=True)
    def settle() -> None:
        st.session_state[_SETTLED] = True


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Say what a person can mend in one sentence, where it went wrong, instead of a traceback."""
    try:
        yield
    except (RunError, DatasetUnavailable, ConnectionError, ValueError) as error:
        st.error(explained(error), icon=":material/error:")
