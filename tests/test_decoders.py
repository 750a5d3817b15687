"""What Python does for a canvas that the server decodes for, without a browser."""

import numpy as np
import pytest
import streamlit as st
from safetensors.numpy import load

from pages._ui import decoders, frame, latent_canvas, resources
from vaelab.runs import Run
from vaelab.sharing import live


@pytest.fixture
def run():
    return Run.open(resources.EXAMPLES / "digits-2d")


def asked(z, turn=1):
    return {"turn": turn, "tries": 0, "z": np.ravel(z).tolist(), "label": 0}


def test_the_server_decodes_what_the_browser_asks_for_as_the_engine_does(run):
    z = np.array([[0.5, -1.0], [0.0, 0.0]], np.float32)
    images = load(decoders._served(run, asked(z)))["images"]
    expected = 255 * run.engine.decode(z).transpose(0, 2, 3, 1)
    assert images.dtype == np.uint8
    np.testing.assert_allclose(images, expected, atol=0.5001)


def test_more_codes_than_a_page_asks_for_are_refused(run):
    z = np.zeros((decoders.MOST_CODES + 1, 2))
    with pytest.raises(ValueError, match="reload"):
        decoders._served(run, asked(z))


@pytest.fixture
def canvas_page(run, monkeypatch):
    """A page with a canvas and the part that answers it; the browser's side is left out."""
    parts, reruns, pins, callbacks = [], [], [], []
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "rerun", lambda: reruns.append(True))

    def part(body):
        parts.append(body)
        body()

    monkeypatch.setattr(frame, "part", lambda: part)
    monkeypatch.setattr(decoders, "_SERVER", lambda **sent: None)
    monkeypatch.setattr(latent_canvas.browser_files, "browser_map", lambda *what: b"")
    monkeypatch.setattr(latent_canvas, "_CANVAS", lambda key, data, on_pin_change: callbacks.append(on_pin_change))

    def draw():
        parts.clear()
        frame._IS_FIRST_PASS.set(True)
        decoders.serve_decoder(run)
        latent_canvas.latent_canvas(run, None, None, "map", pins.append)
        frame._IS_FIRST_PASS.set(False)

    def pin():
        sent = {"model": live.model_name(run), "z": [1, 2], "image": None, "label": 0}
        st.session_state["canvas-map"] = {"pin": {**sent, "pins": [], "along": 0.0}}
        callbacks[-1]()

    def answer():
        parts[0]()

    return draw, pin, answer, reruns, pins


def test_a_pin_that_comes_with_an_answers_run_has_the_page_drawn_with_it(canvas_page):
    draw, pin, answer, reruns, pins = canvas_page
    draw()
    answer()
    assert not reruns, "an answer alone redraws nothing else"
    pin()
    answer()
    assert [each.z.tolist() for each in pins] == [[1, 2]]
    assert len(reruns) == 1
    draw()
    answer()
    assert len(reruns) == 1, "the page is drawn with it by now"


def test_a_pin_that_comes_with_the_pages_own_run_has_nothing_drawn_twice(canvas_page):
    draw, pin, answer, reruns, _ = canvas_page
    draw()
    pin()
    draw()
    answer()
    assert not reruns
