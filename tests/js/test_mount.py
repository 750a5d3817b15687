"""What Streamlit calls, without Streamlit: a page with the markup, and bytes that come or not."""

import json
import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from safetensors.numpy import load, save

from tests.browser.steps import until
from tests.js.harness import FILES, SETUP, SEVERAL, kind_of, to_base64
from vaelab.config import TrainConfig
from vaelab.engine import Engine
from vaelab.export import browser_map, browser_model, browser_thumbnails
from vaelab.export.file import safetensors_file
from vaelab.latent.projections import pca, plane
from vaelab.networks.models import build_model

pytestmark = pytest.mark.browser

SHAPE = (1, 8, 8)


@pytest.fixture
def bare(page):
    """A page with the canvas' markup and its module, which nobody has called yet."""
    page.evaluate(SETUP, FILES)
    return page


def send(page, file, after=""):
    """Hand a file to the mount that is for its kind; a map's images after a chart."""
    page.evaluate("all => send(...all)", [kind_of(file), to_base64(file), after])


def model_file(name="a@1", seed=0):
    config = TrainConfig(hidden=(8,), seed=seed)
    model = build_model(config, SHAPE)
    arrays = {f"model.{key}": value.numpy() for key, value in model.state_dict().items()}
    return browser_model(config, SHAPE, model.layers(), arrays, name)


def map_file(name="a@1", thumbnails=None):
    codes = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    return browser_map(plane(codes, np.arange(50)), name, "a", "latent-map", thumbnails=thumbnails)


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
    assert bare.evaluate("sent") == []


#: What stands for Streamlit's container around a chart that Plotly has drawn.
CHART = """() => {
    document.body.insertAdjacentHTML("beforeend", '<div class="st-key-latent-map"><p class="js-plotly-plot"></div>');
    const axis = { _offset: 0, _length: 100, p2d: (pixel) => pixel, d2p: (place) => place };
    const plot = document.querySelector(".js-plotly-plot");
    Object.assign(plot, { _fullLayout: { xaxis: axis, yaxis: axis }, on() {}, removeListener() {} });
}"""


def loaded_after(page, milliseconds):
    """Have the page say how long its scripts took to come."""
    page.evaluate(
        """(value) => {
            const { prototype } = PerformanceNavigationTiming;
            const opened = Object.create(prototype, { domContentLoadedEventStart: { value } });
            performance.getEntriesByType = () => [opened];
        }""",
        milliseconds,
    )


@pytest.fixture
def served(bare):
    """The bare page as over a slow line, with what is there: a list of answers by name, and of what was asked for."""
    loaded_after(bare, 8000)
    bare.evaluate("document.head.innerHTML = '<base href=\"http://app.test/\">'")
    answers, asked = {}, []

    def answer(route):
        name = route.request.url.rpartition("/")[2]
        asked.append(name)
        answers[name].pop(0)(route)

    bare.route("http://app.test/**", answer)
    return bare, answers, asked


def gives(file, status=200):
    return lambda route: route.fulfill(body=file, status=status, headers={"Access-Control-Allow-Origin": "*"})


def test_a_model_is_fetched_once_after_its_chart_and_a_map_s_images_after_the_model(served):
    page, answers, asked = served
    held = []  # as over a slow line
    answers["a@1"] = [held.append]
    answers["some"] = [gives(browser_thumbnails(np.zeros((50, 1, 8, 8), np.uint8), "some"))]

    def offer():
        for kind, name in (("model", "a@1"), ("thumbnails", "some")):
            sent = {"name": name, "address": f"./{name}", "after": "latent-map"}
            page.evaluate("([kind, offer]) => { send(kind, offer); }", [kind, sent])
        page.wait_for_timeout(300)

    send(page, map_file(thumbnails="some"))
    for _ in range(2):  # a rerun sends them again
        offer()
    assert asked == []
    page.evaluate(CHART)
    until(page, lambda: held)
    offer()
    assert asked == ["a@1"]
    expect(page.get_by_text("The model is on its way").last).to_be_attached()
    gives(model_file())(held[0])
    page.wait_for_function("vaelab.thumbnails.has('some')")
    assert state(page) == "ready"
    offer()
    assert asked == ["a@1", "some"]
    assert page.evaluate("sent") == []  # Python has no part in it


@pytest.mark.parametrize(("milliseconds", "waits"), [(700, False), (8000, True)])
def test_over_a_quick_line_a_model_comes_along_with_the_chart(served, milliseconds, waits):
    page, answers, asked = served
    answers["a@1"] = [gives(model_file())]
    loaded_after(page, milliseconds)
    page.evaluate("() => { send('model', { name: 'a@1', address: './a@1', after: 'latent-map' }); }")
    page.wait_for_timeout(300)
    assert asked == ([] if waits else ["a@1"])
    page.evaluate(CHART)
    page.wait_for_function("vaelab.models.has('a@1')")


def test_what_could_not_be_fetched_is_fetched_later(served):
    page, answers, asked = served
    answers["a@1"] = [lambda route: route.abort(), gives(b"", 404), gives(model_file())]
    page.evaluate("() => { send('model', { name: 'a@1', address: './a@1', after: '' }); }")
    page.wait_for_function("vaelab.models.has('a@1')")
    assert asked == ["a@1"] * 3


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
    model = build_model(config, SHAPE)
    arrays = {f"model.{key}": value.numpy() for key, value in model.state_dict().items()}
    codes = np.random.default_rng(0).normal(size=(50, latent_dim)).astype(np.float32)
    make = plane if latent_dim <= 2 else pca
    file = browser_model(config, SHAPE, model.layers(), arrays, f"{name}@1")
    return file, browser_map(make(codes, np.arange(50)), f"{name}@1", name, "latent-map")


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
    bare.get_by_role("button", name="Random").click()
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


def test_with_less_motion_wanted_playback_goes_in_steps(bare):
    bare.emulate_media(reduced_motion="reduce")
    for file in (model_file(), map_file()):
        send(bare, file)
    seen = bare.evaluate(
        """() => new Promise((done) => {
            const root = document.querySelector(".latent-canvas");
            const seen = new Set();
            new MutationObserver(() => seen.add(root.dataset.z)).observe(root, { attributeFilter: ["data-z"] });
            document.querySelector("[data-do=play]").click();
            setTimeout(() => done(seen.size), 1800);
        })"""
    )
    assert 2 <= seen <= 5


def test_a_place_that_python_sends_may_come_with_a_way(bare):
    for file in (model_file(), map_file()):
        send(bare, file)
    pins = [{"z": [-1.0, 0.5], "image": None}, {"z": [1.0, 0.5], "image": 7}]
    place = {"map_key": "latent-map", "turn": "1", "run": "a", "z": [0.25, 0.5], "image": None, "label": 0}
    bare.evaluate("place => send('place', place)", place | {"pins": pins, "along": 1.0, "kind": "linear"})
    expect(bare.get_by_test_id("path")).to_contain_text("From A to B")
    assert z(bare) == pytest.approx([0.25, 0.5])
    bare.get_by_role("button", name="Origin").click()
    assert bare.evaluate("sent.at(-1)[1].pins") == pins


# --- Labels -------------------------------------------------------------------------------------

NAMES = ("zero", "one", "two", "three")
PIXELS = """(at) => Array.from(document.querySelectorAll("[data-testid=decoded]")[at]
    .getContext("2d").getImageData(0, 0, 8, 8).data).filter((_, i) => i % 4 === 0)"""


def make_labelled(seed=0, latent_dim=2):
    """A conditional model to which a label means something."""
    config = TrainConfig(hidden=(8,), latent_dim=latent_dim, seed=seed, conditional=True)
    model = build_model(config, SHAPE, len(NAMES))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(seed))
    return Engine(model, config)


def files_of(engine, name, map_key="latent-map", link=None, order=None, thumbnails=None):
    """A model and its map of 50 images, each with the label that its number leaves by 4."""
    weights = {f"model.{key}": value.numpy() for key, value in engine.model.state_dict().items()}
    model = browser_model(engine.config, SHAPE, engine.model.layers(), weights, f"{name}@1")
    projection = projection_of(engine, order)
    labels = projection.indices % len(NAMES)
    labelled = {"labels": labels, "label_names": NAMES}
    return model, browser_map(projection, f"{name}@1", name, map_key, **labelled, link=link, thumbnails=thumbnails)


def projection_of(engine, order=None):
    rng = np.random.default_rng(engine.config.seed)
    codes = rng.uniform(-2, 2, (50, engine.latent_dim)).astype(np.float32)
    indices = np.arange(50) if order is None else order
    return (plane if engine.latent_dim <= 2 else pca)(codes, indices)


def assert_shown(page, image, at=0):
    """The canvas shows this image, ``(1, 8, 8)``, to a gray level."""
    page.wait_for_function(
        f"([at, image]) => ({PIXELS})(at).every((level, i) => Math.abs(level - image[i]) <= 1)",
        arg=[at, (255 * image).ravel().tolist()],
    )


def test_only_a_conditional_model_offers_labels(bare):
    select = bare.get_by_label("Label")
    for file in (model_file(), map_file()):
        send(bare, file)
    assert state(bare) == "ready"
    expect(select).to_be_hidden()
    for file in files_of(make_labelled(), "labelled"):
        send(bare, file)
    expect(select).to_be_visible()
    assert select.locator("option").all_text_contents() == list(NAMES)
    send(bare, map_file())
    assert state(bare) == "ready"
    expect(select).to_be_hidden()


@pytest.mark.parametrize("slow", [False, True], ids=["page", "worker"])
def test_another_label_is_another_image_and_another_pin(bare, slow):
    if slow:  # by this clock each reading comes 20 ms after the one before
        bare.evaluate("() => { let now = 0; performance.now = () => (now += 20); }")
    engine = make_labelled()
    for file in files_of(engine, "labelled"):
        send(bare, file)
    code = projection_of(engine).codes[0]
    drawn = [engine.decode(code, label)[0] for label in range(4)]
    assert min(np.abs(drawn[i] - drawn[i - 1]).max() for i in range(4)) > 0.1
    select = bare.get_by_label("Label")
    expect(select).to_have_value("0")  # image 0 is a zero
    assert_shown(bare, drawn[0])
    assert bare.evaluate("sent") == []
    for label in (2, 3, 1, 0):
        select.select_option(NAMES[label])
        assert_shown(bare, drawn[label])
        name, pin = bare.evaluate("sent.at(-1)")
        assert (name, pin["label"], pin["image"]) == ("pin", label, None)  # nobody chose image 0
        assert pin["z"] == pytest.approx(code.tolist())
    assert len(bare.evaluate("sent")) == 4


def test_an_images_code_comes_with_the_images_label(bare):
    engine = make_labelled()
    order = np.arange(50) + 3  # the first image is number 3, a three
    model, map_of_it = files_of(engine, "labelled", order=order)
    send(bare, model)
    code = projection_of(engine).codes[0].tolist()
    there = {"map_key": "latent-map", "turn": "1", "run": "labelled", "z": code, "image": 3, "label": 3}
    bare.evaluate("place => send('place', place)", there | {"pins": [{"z": code, "image": 3}]})
    send(bare, map_of_it)
    select = bare.get_by_label("Label")
    expect(select).to_have_value("3")
    code = projection_of(engine).codes[0]
    assert_shown(bare, engine.decode(code, 3)[0])
    select.select_option("one")
    bare.get_by_role("button", name="Random").click()
    expect(select).to_have_value("1")  # a code that was drawn is of the label chosen
    bare.get_by_role("button", name="Back to image").click()
    expect(select).to_have_value("3")
    assert_shown(bare, engine.decode(code, 3)[0])
    assert bare.evaluate("sent.at(-1)[1].label") == 3


def test_the_image_beside_is_the_nearest_with_the_label_that_is_decoded(bare):
    """Whether the images come before or after."""
    engine = make_labelled()
    images = np.arange(50, dtype=np.uint8)[:, None, None, None].repeat(8, 2).repeat(8, 3)  # each is its number
    model, map_of_it = files_of(engine, "labelled", thumbnails="some")
    bare.evaluate(CHART)
    for file in (model, map_of_it, browser_thumbnails(images, "some")):
        send(bare, file, "latent-map")
    codes = projection_of(engine).codes
    for label in (2, 0, 3):
        bare.get_by_label("Label").select_option(NAMES[label])
        expect(bare.get_by_test_id("near")).to_contain_text(f"“{NAMES[label]}”")
        apart = np.linalg.norm(codes - codes[0], axis=1)
        apart[np.arange(50) % len(NAMES) != label] = np.inf
        expect(bare.get_by_test_id("real")).to_have_attribute("data-image", str(apart.argmin()))
        pixel = "document.querySelector('.lc-real').getContext('2d').getImageData(3, 3, 1, 1).data[0]"
        assert bare.evaluate(pixel) == apart.argmin()


def test_a_label_is_found_where_it_was_left(bare):
    for file in files_of(make_labelled(), "labelled"):
        send(bare, file)
    bare.get_by_label("Label").select_option("two")
    for file in (model_file(), map_file()):
        send(bare, file)
    send(bare, files_of(make_labelled(), "labelled")[1])
    expect(bare.get_by_label("Label")).to_have_value("2")


# --- Several canvases on a page -----------------------------------------------------------------


class Several:
    """Canvases side by side, each with a chart."""

    def __init__(self, page, *canvases):
        self.page, self.engines = page, [engine for engine, _ in canvases]
        self.keys = [f"map-{i}" for i in range(len(canvases))]
        # Image number 7 is not at the same place of each map.
        self.orders = [np.roll(np.arange(50), 11 * i) for i in range(len(canvases))]
        ranges = [[[-3, 3], [-3, 3]]] * len(canvases)
        page.evaluate(SEVERAL, FILES | {"keys": self.keys, "side": 300, "ranges": ranges})
        for i, (engine, link) in enumerate(canvases):
            for file in files_of(engine, f"run-{i}", self.keys[i], link, self.orders[i]):
                page.evaluate("all => send(...all)", [kind_of(file), to_base64(file), self.keys[i]])

    def pixel(self, at, place):
        return 310 * at + 50 * (place[0] + 3), 50 * (3 - place[1])

    def hover(self, at, place):
        self.page.mouse.move(*self.pixel(at, place))

    def tap(self, at, place):
        """A finger: down and up, and no moving before."""
        x, y = self.pixel(at, place)
        self.page.evaluate(
            """([at, x, y]) => {
                const plot = document.querySelectorAll(".js-plotly-plot")[at];
                for (const type of ["pointerdown", "pointerup"]) {
                    plot.dispatchEvent(new PointerEvent(type, {
                        clientX: x, clientY: y, button: 0, isPrimary: true, bubbles: true,
                    }));
                }
            }""",
            [at, float(x), float(y)],
        )

    def code(self, at, image):
        """The code of an image on one of the maps."""
        point = int(np.flatnonzero(self.orders[at] == image)[0])
        return projection_of(self.engines[at]).codes[point]

    def nearest_image(self, at, place):
        """The image whose code is nearest to a place of a plane map."""
        apart = np.linalg.norm(projection_of(self.engines[at]).codes - place, axis=1)
        return int(self.orders[at][apart.argmin()])

    def assert_at(self, at, z):
        self.page.wait_for_function(
            """([at, z]) => {
                const canvas = document.querySelectorAll("[data-testid=latent-canvas]")[at];
                const here = JSON.parse(canvas.dataset.z);
                return here.length === z.length && here.every((v, i) => Math.abs(v - z[i]) < 2e-3);
            }""",
            arg=[at, np.asarray(z, dtype=float).tolist()],
        )

    def label(self, at):
        return self.page.get_by_label("Label").nth(at)


PLACES = [(0.4, -0.6), (-1.5, 1.2), (1.9, 0.1)]


def test_linked_by_image_the_others_go_to_the_same_image(bare):
    """Whichever is hovered leads, whatever the dimensions of the others."""
    engines = [make_labelled(0), make_labelled(1), make_labelled(2, latent_dim=5)]
    several = Several(bare, *((engine, "image") for engine in engines))
    for place in PLACES:
        several.hover(0, place)
        several.assert_at(0, place)
        image = several.nearest_image(0, place)
        for other in (1, 2):
            several.assert_at(other, several.code(other, image))
            expect(several.label(other)).to_have_value(str(image % 4))
            drawn = engines[other].decode(several.code(other, image), image % 4)[0]
            assert_shown(bare, drawn, other)
    several.hover(1, PLACES[0])
    several.assert_at(1, PLACES[0])
    several.assert_at(0, several.code(0, several.nearest_image(1, PLACES[0])))
    assert bare.evaluate("sent") == []  # a hover is told to nobody


def test_linked_by_place_the_others_go_to_the_same_code_where_they_have_one(bare):
    engines = [make_labelled(0), make_labelled(1), make_labelled(2, latent_dim=5)]
    several = Several(bare, *((engine, "place") for engine in engines))
    for place in PLACES:
        several.hover(0, place)
        several.assert_at(0, place)
        several.assert_at(1, place)
        # With other dimensions there is no such place: then to the image.
        several.assert_at(2, several.code(2, several.nearest_image(0, place)))


def test_a_canvas_that_is_linked_late_follows_without_another_move(bare):
    engines = [make_labelled(0), make_labelled(1)]
    several = Several(bare, *((engine, "image") for engine in engines))

    def link_by_place(at):
        _, file = files_of(engines[at], f"run-{at}", several.keys[at], "place", several.orders[at])
        bare.evaluate("all => send(...all)", [kind_of(file), to_base64(file), several.keys[at]])

    link_by_place(0)
    several.hover(0, PLACES[1])
    several.assert_at(0, PLACES[1])
    link_by_place(1)
    several.assert_at(1, PLACES[1])


def test_until_the_model_is_here_the_map_says_so_and_the_pointer_is_not_lost(bare):
    engine, key = make_labelled(), "map-0"
    bare.evaluate(SEVERAL, FILES | {"keys": [key], "side": 300, "ranges": [[[-3, 3], [-3, 3]]]})
    model, map_of_it = (to_base64(file) for file in files_of(engine, "late", key))
    bare.evaluate("([file, key]) => send('map', file, key)", [map_of_it, key])
    notice = bare.get_by_text("The model is on its way.").last
    expect(notice).to_be_visible()
    place = PLACES[0]
    bare.mouse.move(50 * (place[0] + 3), 50 * (3 - place[1]))
    bare.evaluate("([file, key]) => send('model', file, key)", [model, key])
    bare.wait_for_function("document.querySelector('.latent-canvas').dataset.z")
    assert z(bare) == pytest.approx(place, abs=0.02)
    expect(notice).to_be_hidden()


def test_canvases_that_are_not_linked_stay_where_they_are(bare):
    engines = [make_labelled(seed) for seed in range(3)]
    several = Several(bare, (engines[0], "image"), (engines[1], None), (engines[2], "place"))
    for at in range(3):
        several.hover(at, PLACES[0])
        several.assert_at(at, PLACES[0])
        bare.mouse.move(5, 500)
        for other in range(3):
            several.assert_at(other, projection_of(engines[other]).codes[0])


def test_a_pin_on_one_map_leads_the_others_too(bare):
    """By a finger, which hovers over nothing first."""
    several = Several(bare, (make_labelled(0), "image"), (make_labelled(1), "image"))
    several.hover(0, PLACES[1])
    bare.mouse.move(5, 500)
    touched = several.code(1, 13)
    several.tap(1, touched)
    several.assert_at(1, touched)
    several.assert_at(0, several.code(0, 13))
    key, name, pin = bare.evaluate("sent.at(-1)")
    assert (key, name, pin["image"], pin["label"]) == ("map-1", "pin", 13, 1)


def test_a_label_chosen_stays_chosen_when_the_charts_are_drawn_again(bare):
    """As they are by the rerun that follows."""
    engines = [make_labelled(0), make_labelled(1)]
    several = Several(bare, *((engine, "image") for engine in engines))
    several.hover(0, PLACES[0])
    several.assert_at(0, PLACES[0])
    bare.mouse.move(5, 500)  # both go to where the first was left
    image = several.orders[0][0]
    code = several.code(1, image)
    several.assert_at(1, code)
    other = int(image + 1) % 4
    several.label(1).select_option(NAMES[other])
    assert_shown(bare, engines[1].decode(code, other)[0], 1)
    bare.evaluate("document.querySelectorAll('.js-plotly-plot').forEach((plot) => plot.moved())")
    bare.wait_for_timeout(100)
    expect(several.label(1)).to_have_value(str(other))
    assert_shown(bare, engines[1].decode(code, other)[0], 1)


def test_a_linked_canvas_is_compact_and_decodes_no_strips_that_nobody_sees(bare):
    bare.evaluate(
        """() => {
            window.requests = 0;
            const { postMessage } = Worker.prototype;
            Worker.prototype.postMessage = function (message, ...rest) {
                if (message.z) requests++;
                return postMessage.call(this, message, ...rest);
            };
        }"""
    )
    several = Several(bare, (make_labelled(0), "image"), (make_labelled(1), "image"))
    canvases = bare.get_by_test_id("latent-canvas")
    assert [canvases.nth(i).evaluate("e => e.classList.contains('lc-compact')") for i in (0, 1)]
    several.hover(0, PLACES[0])
    several.assert_at(1, several.code(1, several.nearest_image(0, PLACES[0])))
    bare.wait_for_timeout(100)
    assert bare.evaluate("requests") == 0


# --- The server decodes --------------------------------------------------------------------------


def answer(engine, asked=None):
    """What Python says of a model that it runs, with the images that were asked for."""
    images = np.zeros((0, *SHAPE), np.float32)
    if asked:
        images = engine.decode(np.array(asked["z"]).reshape(-1, 2), asked["label"])
    spec = {"model": "labelled@1", "latent_dim": 2, "image_shape": SHAPE, "is_vae": True, "num_labels": len(NAMES)}
    levels = np.rint(255 * images.transpose(0, 2, 3, 1)).astype(np.uint8)
    return safetensors_file("decoded", spec | {"turn": asked and asked["turn"]}, {"images": levels})


def test_the_server_decodes_what_the_canvas_asks_for(bare):
    """Labels, buttons and strips as ever, but no pad, which needs an encoder in the page."""
    engine = make_labelled()
    send(bare, files_of(engine, "labelled")[1])
    send(bare, answer(engine))
    assert state(bare) == "ready"
    answered = []

    def answer_all():
        while (asked := bare.evaluate("sent.filter(([name]) => name === 'asked').at(-1)[1]"))["turn"] not in answered:
            answered.append(asked["turn"])
            send(bare, answer(engine, asked))
            bare.wait_for_timeout(50)

    answer_all()
    code = projection_of(engine).codes[0]
    assert_shown(bare, engine.decode(code, 0)[0])
    bare.get_by_label("Label").select_option("2")
    bare.wait_for_timeout(50)
    answer_all()
    assert_shown(bare, engine.decode(code, 2)[0])
    bare.get_by_role("button", name="Origin").click()
    bare.wait_for_timeout(50)
    answer_all()
    assert_shown(bare, engine.decode(np.zeros(2), 2)[0])
    assert min(bare.locator(".lc-strip").evaluate_all("all => all.map((one) => one.width / one.height)")) >= 3
    expect(bare.locator(".lc-draw")).to_be_hidden()
    count = len(answered)
    bare.evaluate("window.dispatchEvent(new Event('resize'))")
    bare.wait_for_timeout(50)
    answer_all()
    assert len(answered) == count, "what is shown is not asked for again"
