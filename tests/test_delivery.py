"""What stands in front of Streamlit: packed scripts, and a first page that says what is coming."""

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit as st
from starlette.responses import PlainTextResponse
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from pages import PAGES
from pages._ui.delivery import Delivery, take_nothing_back

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


def drawn(*path, words=None):
    """What Streamlit sends of an element of a fragment: its words, or that the browser knows it already."""
    message = ForwardMsg()
    message.metadata.delta_path.extend(path)
    if words is None:
        message.ref_hash = "of what was sent before"
    else:
        message.delta.fragment_id = "body"
        message.delta.new_element.markdown.body = words
    return message


@pytest.fixture
def queue(monkeypatch):
    """What was drawn of a fragment and is not yet sent, as the app's server holds it."""
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)  # put back afterwards
    take_nothing_back()
    queue = ForwardMsgQueue()
    for message in (drawn(0, 0, words="a title"), drawn(0, 1)):
        queue.enqueue(message)
    return queue


def test_what_a_fragment_drew_is_sent_before_what_it_draws_next(queue):
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["body"])
    queue.enqueue(drawn(0, 0, words="another"))
    sent = [(list(each.metadata.delta_path), each.delta.new_element.markdown.body) for each in queue.flush()]
    assert sent == [([0, 0], "a title"), ([0, 1], ""), ([0, 0], "another")]


def test_what_a_page_drew_is_taken_back_where_it_is_drawn_anew(queue):
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.is_empty()
