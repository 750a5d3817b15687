"""What Streamlit calls, without Streamlit: a page with the markup, and bytes that come or not."""

import base64
import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect
from safetensors.numpy import load, save

from tests.conftest import ROOT
from vaelab.config import TrainConfig
from vaelab.export import browser_map, browser_model
from vaelab.latent.projections import pca, plane
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
    window.send = (file) => window.cleanUp = mount({
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


def run_files(latent_dim, name):
    """A model and a map of a run in a space of so many dimensions."""
    config = TrainConfig(latent_dim=latent_dim, hidden=(8,))
    weights = build_model(config, SHAPE).state_dict()
    arrays = {f"model.{key}": value.numpy() for key, value in weights.items()}
    codes = np.random.default_rng(0).normal(size=(50, latent_dim)).astype(np.float32)
    make = plane if latent_dim <= 2 else pca
    model = browser_model(config, SHAPE, arrays, f"{name}@1")
    return model, browser_map(make(codes, np.arange(50)), f"{name}@1", name, "latent-map")


def z(page):
    return json.loads(page.get_by_test_id("latent-canvas").get_attribute("data-z"))


def test_nothing_of_a_run_acts_on_the_next(bare):
    """The last dimension was dragged and is played when a run with fewer of them comes."""
    mistakes = []
    bare.on("pageerror", lambda error: mistakes.append(error))  # noqa: PLW0108
    for file in run_files(6, "wide"):
        send(bare, file)
    bare.locator("input[data-dim='5']").fill("1.5")
    play = bare.get_by_role("button", name="Play")
    expect(play).to_have_text("▶ Play z6")
    play.click()
    bare.wait_for_timeout(100)
    model, latent_map = run_files(2, "flat")
    send(bare, latent_map)
    assert state(bare) == "loading"
    assert bare.locator(".lc-live").is_hidden()
    bare.wait_for_timeout(100)
    send(bare, model)
    assert state(bare) == "ready"
    bare.wait_for_timeout(100)
    assert len(z(bare)) == 2
    expect(play).to_have_text(re.compile("▶ Play z[12]$"))
    bare.get_by_role("button", name="From image").click()
    bare.wait_for_timeout(100)
    assert len(z(bare)) == 2
    # And back: where the first run was left is where it is found.
    send(bare, run_files(6, "wide")[1])
    assert z(bare)[5] == pytest.approx(1.5, abs=0.02)
    assert not mistakes


def test_it_stops_when_it_is_taken_away(bare):
    for file in (model_file(), map_file()):
        send(bare, file)
    bare.get_by_role("button", name="Play").click()
    bare.wait_for_timeout(200)
    frames = bare.evaluate(
        """() => new Promise((done) => {
            const root = document.querySelector(".latent-canvas");
            const { requestAnimationFrame } = window;
            root.remove();
            cleanUp();
            setTimeout(() => {
                let frames = 0;
                window.requestAnimationFrame = (f) => requestAnimationFrame(f, frames++);
                setTimeout(() => done(frames), 300);
            }, 100);
        })"""
    )
    assert frames == 0


def test_a_model_slower_than_a_frame_is_shown_while_it_moves(bare):
    """Its decodes go to the worker; each that was begun is shown, though newer ones wait."""
    # By this clock each reading comes 20 ms after the one before.
    bare.evaluate("() => { let now = 0; performance.now = () => (now += 20); }")
    for file in (model_file(), map_file()):
        send(bare, file)
    shown = bare.evaluate(
        """() => new Promise((done) => {
            const root = document.querySelector(".latent-canvas");
            const seen = new Set();
            new MutationObserver(() => seen.add(root.dataset.z))
                .observe(root, { attributeFilter: ["data-z"] });
            document.querySelector("[data-do=play]").click();
            setTimeout(() => done(seen.size), 1000);
        })"""
    )
    assert shown > 5
