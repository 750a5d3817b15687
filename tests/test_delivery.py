"""What stands in front of Streamlit: packed scripts, and a first page that says what is coming."""

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit as st
from starlette.responses import PlainTextResponse

from pages import PAGES
from pages._ui.delivery import Delivery

SCRIPTS = Path(st.__file__).parent / "static" / "static" / "js"


def fetch(path, accept="gzip, deflate, br", method="GET"):
    """A request's answer: its headers and its body; "passed on" where it is left to Streamlit."""
    sent = []

    async def ask():
        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": [(b"accept-encoding", accept.encode())]}
        await Delivery(PlainTextResponse("passed on"))(scope, receive, send)

    # In a thread of its own: where browser tests went before, this one has a running loop, that of Playwright.
    with ThreadPoolExecutor() as threads:
        threads.submit(asyncio.run, ask()).result()
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return headers, b"".join(message.get("body", b"") for message in sent)


def test_the_largest_script_is_sent_packed_and_unpacks_to_itself():
    largest = max(SCRIPTS.glob("PlotlyChart.*.js"), key=lambda path: path.stat().st_size)
    headers, body = fetch(f"/static/js/{largest.name}")
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    assert headers["vary"] == "Accept-Encoding"
    assert len(body) < largest.stat().st_size / 3
    assert gzip.decompress(body) == largest.read_bytes()


@pytest.mark.parametrize(
    ("path", "accept", "method"),
    [
        ("/static/js/no-such.js", "gzip", "GET"),
        ("/static/js/../../index.html", "gzip", "GET"),
        ("/static/../app.js", "gzip", "GET"),
        ("/_stcore/health", "gzip", "GET"),
        ("/favicon.png", "gzip", "GET"),
        (f"/static/js/{next(SCRIPTS.glob('index.*.js')).name}", "identity", "GET"),
        (f"/static/js/{next(SCRIPTS.glob('index.*.js')).name}", "gzip", "HEAD"),
        ("/", "gzip", "POST"),
    ],
)
def test_whatever_else_is_asked_for_is_left_to_streamlit(path, accept, method):
    assert fetch(path, accept, method)[1] == b"passed on"


@pytest.mark.parametrize("shown", PAGES, ids=lambda page: page.name)
def test_each_page_begins_with_what_is_coming(shown):
    headers, body = fetch(shown.address)
    html = body.decode()
    assert headers["content-type"].startswith("text/html")
    assert headers["cache-control"] == "no-cache"
    assert ("latent-space explorer" if shown.name == "home" else shown.title) in html.split('<div id="root">')[0]
    # Only where a chart is drawn are its 1.4 MB fetched in advance.
    assert ("PlotlyChart" in html) == shown.has_chart
    assert all((SCRIPTS / name).is_file() for name in preloaded(html))


def preloaded(html):
    marker = 'rel="modulepreload" href="./static/js/'
    return [part.split('"')[0] for part in html.split(marker)[1:]]
