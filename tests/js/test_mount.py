"""What Streamlit calls, without Streamlit: a page with the markup, and bytes that come or not."""

import base64
import json

import numpy as np
import pytest
from playwright.sync_api import expect
from safetensors.numpy import load, save

from tests.conftest import ROOT
from vaelab.config import TrainConfig
from vaelab.export import browser_map, browser_model
from vaelab.latent.projections import plane
from vaelab.models import build_model

pytestmark = pytest.mark.browser

FILES = ROOT / "assets" / "latent_canvas"
SHAPE = (1, 8, 8)
SETUP = """
async ({ code, markup }) => {
    document.body.innerHTML = `<main>${markup}</main>`;
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const { default: mount } = await import(url);
    window.told = [];
    window.send = (file) => mount({
        data: file && Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0)),
        parentElement: document.querySelector("main"),
        setStateValue: (name, value) => told.push([name, value]),
        setTriggerValue: (name, value) => told.push([name, value]),
    });
}
"""


@pytest.fixture
def bare(chromium):
    """A page with the canvas' markup and its module, which nobody has called yet."""
    page = chromium.new_page()
    page.goto("about:blank")
    names = {"code": "component.js", "markup": "component.html"}
    page.evaluate(SETUP, {key: (FILES / name).read_text() for key, name in names.items()})
    yield page
    page.close()


def send(page, file):
    page.evaluate("(file) => { send(file); }", file and base64.b64encode(file).decode())


def model_file(name="a@1", seed=0):
    config = TrainConfig(hidden=(8,), seed=seed)
    weights = build_model(config, SHAPE).state_dict()
    arrays = {f"model.{key}": value.numpy() for key, value in weights.items()}
    return browser_model(config, SHAPE, arrays, name)


def map_file(name="a@1"):
    codes = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    return browser_map(plane(codes, np.arange(50)), name, "a", "latent-map")


def state(page):
    return page.get_by_test_id("latent-canvas").get_attribute("data-state")


def test_it_says_that_it_has_not_started(bare):
    assert state(bare) == "loading"
    expect(bare.get_by_text("The live decoder has not started")).to_be_visible()


@pytest.mark.parametrize("model_first", [True, False])
def test_ready_once_it_has_both(bare, model_first):
    files = [model_file(), map_file()]
    for file in files if model_first else files[::-1]:
        assert state(bare) == "loading"
        send(bare, file)
    assert state(bare) == "ready"
    expect(bare.get_by_text("The live decoder has not started")).to_be_hidden()
    bare.wait_for_timeout(600)
    assert bare.evaluate("told") == []


def test_a_model_that_never_came_is_asked_for(bare):
    send(bare, map_file())
    send(bare, None)  # what Python sends in place of a model that it believes to be here
    bare.wait_for_function("told.length")
    assert bare.evaluate("told") == [["missing", "a@1"]]
    send(bare, model_file())
    assert state(bare) == "ready"


def test_a_changed_run_replaces_the_model(bare):
    send(bare, model_file())
    send(bare, map_file())
    pixels = """() => Array.from(document.querySelector("[data-testid=decoded]")
        .getContext("2d").getImageData(0, 0, 8, 8).data)"""
    before = bare.evaluate(pixels)
    send(bare, map_file())
    assert bare.evaluate(pixels) == before
    send(bare, model_file("a@2", seed=1))
    assert bare.evaluate(pixels) == before
    send(bare, map_file("a@2"))
    assert bare.evaluate(pixels) != before


def test_a_model_it_cannot_run_is_refused_in_a_sentence(bare):
    file = model_file()
    header = json.loads(file[8 : 8 + int.from_bytes(file[:8], "little")])
    spec = json.loads(header["__metadata__"]["model"])
    spec["decoder"][0]["op"] = "attention"
    send(bare, save(load(file), {"kind": "model", "model": json.dumps(spec)}))
    send(bare, map_file())
    assert state(bare) == "error"
    expect(bare.get_by_text("does not know the layer “attention”")).to_be_visible()
    assert bare.get_by_test_id("decoded").is_hidden()
