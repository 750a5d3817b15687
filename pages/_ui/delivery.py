"""How the app gets to a browser: whole, and over a slow line packed, with something to look at meanwhile.

Streamlit sends its own 8 MB of scripts as they are, and a page stays white until the first of them
run. This stands in front of it: what never changes is packed once and kept, the page that all
addresses begin with says what is coming, and what is large is there for the page to fetch.
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from pages import PAGES
from pages._ui import offers
from vaelab.runs import RunError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send
    from streamlit.proto.ClientState_pb2 import ClientState

__all__ = ["Delivery", "count_presses_once", "take_nothing_back"]

_STATIC = Path(st.__file__).parent / "static"
_WELCOME = Path(__file__).parents[2] / "assets" / "frame" / "welcome.html"
#: Of these a browser unpacks less than it would have to fetch; pictures and fonts are packed already.
_PACKED = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_FOR_EVER = "public, immutable, max-age=31536000"
#: Fetched along with the first scripts instead of after them, where a page draws a chart.
_CHART = "PlotlyChart.*.js"
#: What of a control's state is a press, and no value.
_PRESSES = {"trigger_value", "string_trigger_value", "chat_input_value", "json_trigger_value"}
_PAGE_AT = {page.address: page for page in PAGES}


class Delivery:
    """Middleware of the app's server: answers for what can be had sooner than Streamlit has it.

    Parameters
    ----------
    app
        What answers everything else.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        response = None
        if scope["type"] == "http" and scope["method"] == "GET":
            packs = "gzip" in Headers(scope=scope).get("accept-encoding", "")
            # Packing takes half a second for the largest, once.
            response = await run_in_threadpool(_answer, scope["path"], packs)
        await (response or self._app)(scope, receive, send)


def take_nothing_back() -> None:
    """Have the browser told all that was drawn, where a fragment is run again before that was sent.

    Streamlit (1.67) takes back what the fragment drew the last time, all except what the browser keeps a copy of: of
    that a mere hash is sent, which does not say whose it is. Where there is no longer a place for it, the page goes
    blank.
    """
    clear = ForwardMsgQueue.clear

    def clear_whole_runs(
        queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
    ) -> None:
        clear(queue, retain_lifecycle_msgs, None if fragment_ids_this_run is None else [])

    ForwardMsgQueue.clear = clear_whole_runs  # type: ignore[method-assign,assignment]


def count_presses_once() -> None:
    """Have a press count once, where a part of the page is drawn again by itself at that very moment.

    The browser (Streamlit 1.67) sends a press a moment after it was made, and forgets it then. What a part's timer
    sends in between has the press as well, and what a button does was done twice.
    """
    request = AppSession.request_rerun

    def request_once(session: AppSession, client_state: ClientState | None) -> None:
        if client_state is not None and client_state.is_auto_rerun:
            widgets = client_state.widget_states.widgets
            kept = [widget for widget in widgets if widget.WhichOneof("value") not in _PRESSES]
            del widgets[:]
            widgets.extend(kept)
        request(session, client_state)

    AppSession.request_rerun = request_once  # type: ignore[method-assign,assignment]


def _answer(path: str, packs: bool) -> Response | None:
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    path = path.removeprefix(f"/{base}") or "/" if base else path
    if path in _PAGE_AT:
        return Response(_first_page(path), headers={"Cache-Control": "no-cache"}, media_type="text/html")
    if path.startswith(offers.PREFIX):
        return _offered(path.removeprefix(offers.PREFIX))
    name = path.partition("/static/")[2]
    if not (name and packs and Path(name).suffix in _PACKED):
        return None
    packed = _packed(name)
    if packed is None:
        return None
    headers = {"Content-Encoding": "gzip", "Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    return Response(packed, headers=headers, media_type=_PACKED[Path(name).suffix])


def _offered(digest: str) -> Response:
    try:
        file = offers.offered(digest)
    except (RunError, ValueError):  # what it is made of has gone meanwhile
        file = None
    if file is None:
        return Response("This is offered no longer.", 404)
    return Response(file, headers={"Cache-Control": _FOR_EVER}, media_type="application/octet-stream")


@cache
def _files() -> frozenset[str]:
    """What there is, so that no name from outside becomes a path."""
    return frozenset(str(path.relative_to(_STATIC / "static")) for path in (_STATIC / "static").rglob("*.*"))


def _packed(name: str) -> bytes | None:
    return _pack(name) if name in _files() else None


@cache
def _pack(name: str) -> bytes:
    return gzip.compress((_STATIC / "static" / name).read_bytes(), 9)


@cache
def _first_page(address: str) -> str:
    """Streamlit's page, which says what the app's page is about until that is drawn over it."""
    page = _PAGE_AT[address]
    html = (_STATIC / "index.html").read_text("utf-8")
    what = "The latent-space explorer is being loaded …" if page.address == "/" else f"{page.title} is being loaded …"
    welcome = _WELCOME.read_text("utf-8").replace("{what}", what)
    html = html.replace('<div id="root">', f'{welcome}<div id="root">')
    if page.has_chart:
        (chart,) = (_STATIC / "static" / "js").glob(_CHART)
        html = html.replace("</head>", f'<link rel="modulepreload" href="./static/js/{chart.name}"></head>')
    return html
