"""Going back in the time of a training: map, decoder, strips, reconstructions and mark on the curves go together."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.steps import grey, idle, rgba, until
from tests.browser.visitors import AXES, MAP, FileVisitor, Visitor
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import load_dataset
from vaelab.images import to_pixels
from vaelab.runs import Run, list_runs
from vaelab.sharing import draw_map, explorer
from vaelab.sharing.history import history_of
from vaelab.training.running import train

pytestmark = pytest.mark.browser

#: How opaque the points' layer is at some places of the page.
ALPHA = """(canvas, places) => {
    const box = canvas.getBoundingClientRect();
    const [sx, sy] = [canvas.width / box.width, canvas.height / box.height];
    const pen = canvas.getContext("2d");
    return places.map(([x, y]) => pen.getImageData((x - box.left) * sx, (y - box.top) * sy, 1, 1).data[3]);
}"""
SCRUB = """(slider, value) => {
    slider.value = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
}"""
#: So far may a decoder in float16 be off, in levels of gray.
LEVELS = 2


class Traveller:
    """Somebody who goes back in time, and what was so then."""

    def __init__(self, visitor):
        self.visitor = visitor
        self.page = visitor.page
        self.machine = self.page.get_by_test_id("time-machine")
        self.slider = self.machine.get_by_role("slider", name="Epoch")
        self.epochs = history_of(visitor.run).epochs

    def go(self, epoch):
        self.slider.evaluate(SCRUB, str(self.epochs.index(epoch)))
        self.rest()
        until(self.page, lambda: self.moment == epoch)

    def rest(self):
        until(self.page, lambda: self.machine.get_attribute("data-rests") == "true")
        waits = self.page.locator(".lc-waits")
        until(self.page, lambda: waits.count() == 0)
        self.visitor.frame()

    @property
    def moment(self):
        return float(self.machine.get_attribute("data-moment"))

    @property
    def shown(self):
        return self.machine.locator("output").inner_text()

    def then(self, epoch):
        run = self.visitor.run
        return run.engine.as_of(run.snapshot(epoch))

    def decodes(self, epoch, z=None):
        """Whether the picture is what the decoder of an epoch makes of z."""
        z = self.visitor.z if z is None else z
        wanted = to_pixels(self.then(epoch).decode(z))[0].transpose(2, 0, 1)
        decoded = self.visitor.decoded()
        return np.abs(wanted[: len(decoded)].astype(int) - decoded).max() <= LEVELS

    def opacity(self, places):
        """How opaque the layer of points is there, from 0 to 255."""
        axes = self.page.evaluate(AXES)
        (x0, x1), (y0, y1) = axes["x"], axes["y"]
        where = [
            [
                axes["left"] + axes["width"] * (float(x) - x0) / (x1 - x0),
                axes["top"] + axes["height"] * (float(y) - y0) / (y1 - y0),
            ]
            for x, y in places
        ]
        return np.array(self.page.get_by_test_id("points-then").evaluate(ALPHA, where))


@pytest.fixture
def digits(page):
    return Traveller(Visitor(page, Run.open(EXAMPLES / "digits-2d")))


@pytest.fixture(scope="module")
def digits_file(tmp_path_factory):
    return Run.open(EXAMPLES / "digits-2d").to_html(tmp_path_factory.mktemp("exported") / "digits.html")


def scrub(traveller):
    """Everything goes together, and comes back."""
    visitor, page = traveller.visitor, traveller.page
    start = visitor.z
    expect(page.get_by_test_id("points-then")).to_have_count(0)
    for epoch in (16, 3, 48):
        traveller.go(epoch)
        assert traveller.shown == f"Epoch {epoch} of 200"
        np.testing.assert_array_equal(visitor.z, start)  # z stays, and is decoded as it was then
        assert traveller.decodes(epoch)
        codes = visitor.run.snapshot(epoch).mu
        inside = codes[np.abs(codes).max(1) < 2.5]
        assert (traveller.opacity(inside[:200]) > 100).mean() > 0.99
        # Reconstructions are those of the codes that the images had.
        expect(traveller.machine.locator(f"canvas[data-model$='epoch-{epoch}']")).to_have_count(8)
        for made in traveller.machine.locator("canvas[data-image]").all()[:3]:
            image = int(made.get_attribute("data-image"))
            snapshot = visitor.run.snapshot(epoch)
            z = snapshot.mu[snapshot.indices == image]
            wanted = to_pixels(traveller.then(epoch).decode(z))[0, :, :, 0]
            assert np.abs(wanted.astype(int) - grey(made)).max() <= 2 * LEVELS  # codes are float16 as well
        # The mark stands at the epoch.
        marks = traveller.machine.locator(".ls-graph").first.evaluate(
            """(graph) => {
                const lines = [...graph.querySelectorAll(".ls-grid")].map((line) => Number(line.getAttribute("x1")));
                const ends = graph.querySelector("polyline").getAttribute("points").split(" ");
                const last = Number(ends[ends.length - 1].split(",")[0]);
                return [Math.min(...lines), last, new DOMMatrix(graph.querySelector(".tm-mark").style.transform).e];
            }"""
        )
        first, last, mark = marks
        assert mark == pytest.approx(first + (last - first) * epoch / 200, abs=1.5)
    # Any place is decoded under the pointer.
    point, place = visitor.place(0.3, 0.6)
    page.mouse.move(*point)
    until(page, lambda: np.allclose(visitor.z, place, atol=0.02))
    visitor.frame()
    assert traveller.decodes(48)
    page.mouse.move(5, 5)
    page.get_by_role("button", name="Now", exact=True).click()
    traveller.rest()
    expect(page.get_by_test_id("points-then")).to_have_count(0)
    until(page, lambda: visitor.shows(start))
    np.testing.assert_array_equal(visitor.z, start)


def test_scrubbing_takes_everything_back(digits):
    scrub(digits)


@pytest.mark.parametrize("browser_context_args", [{"offline": True}], indirect=True)
def test_a_file_goes_back_without_a_server(page, digits_file):
    scrub(Traveller(FileVisitor(page, Run.open(EXAMPLES / "digits-2d"), digits_file)))


def test_points_glide_between_epochs(digits):
    page = digits.page
    digits.go(24)
    page.evaluate(
        """() => {
            window.seen = [];
            const look = () => {
                window.seen.push(Number(document.querySelector(".time-machine").dataset.moment));
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    digits.slider.evaluate(SCRUB, str(digits.epochs.index(192)))
    until(page, lambda: digits.moment == 192)
    seen = set(page.evaluate("window.seen"))
    assert any(moment not in digits.epochs for moment in seen)
    # What is drawn then lies on the straight line from the one to the other; so at rest it is where it was.
    run = digits.visitor.run
    assert (digits.opacity(run.snapshot(192).mu[:100]) > 100).mean() > 0.99
    moved = np.abs(run.snapshot(192).mu - run.snapshot(24).mu).max(1) > 0.5
    lonely = run.snapshot(24).mu[moved]
    assert (digits.opacity(lonely) > 100).mean() < 0.9


def test_it_is_played_paused_and_stepped_by_keys(digits):
    page = digits.page
    digits.go(0)
    digits.machine.get_by_role("button", name="Watch it learn").click()
    until(page, lambda: digits.moment > 4)
    digits.machine.get_by_role("button", name="Pause").click()
    digits.rest()
    paused = digits.moment
    assert paused in digits.epochs
    assert 4 <= paused < 200
    page.wait_for_timeout(400)
    assert digits.moment == paused
    digits.slider.focus()
    digits.slider.press("ArrowRight")
    digits.rest()
    after = digits.epochs[digits.epochs.index(paused) + 1]
    until(page, lambda: digits.moment == after)
    digits.slider.press("ArrowLeft")
    digits.slider.press("ArrowLeft")
    until(page, lambda: digits.moment == digits.epochs[digits.epochs.index(after) - 2])
    digits.rest()
    assert digits.decodes(int(digits.moment))
    assert digits.slider.get_attribute("aria-valuetext") == f"epoch {digits.moment:.0f} of 200"
    # From the last but one it plays to the end, where the model is as it is.
    digits.go(192)
    digits.machine.get_by_role("button", name="Watch it learn").click()
    until(page, lambda: digits.moment == 200)
    expect(page.get_by_test_id("points-then")).to_have_count(0)


def test_less_motion_is_no_motion(digits):
    page = digits.page
    page.emulate_media(reduced_motion="reduce")
    digits.go(16)
    digits.slider.evaluate(SCRUB, str(digits.epochs.index(64)))
    digits.rest()
    digits.machine.get_by_role("button", name="Watch it learn").click()
    seen = set()
    until(page, lambda: seen.add(digits.moment) or digits.moment >= 128)
    assert seen <= {*map(float, digits.epochs)}


def test_pins_stay_and_images_are_where_they_were(digits):
    page, visitor = digits.page, digits.visitor
    digits.go(12)
    snapshot = visitor.run.snapshot(12)
    # A click on a point takes the image whose code was there then.
    far = np.hypot(*(snapshot.mu[:, None] - snapshot.mu[None]).transpose(2, 0, 1))
    np.fill_diagonal(far, np.inf)
    inside = np.abs(snapshot.mu).max(1) < 2
    row = int(np.argmax(np.where(inside, far.min(1), -1)))
    axes = page.evaluate(AXES)
    (x0, x1), (y0, y1) = axes["x"], axes["y"]
    x, y = snapshot.mu[row].tolist()
    page.mouse.click(
        axes["left"] + axes["width"] * (x - x0) / (x1 - x0), axes["top"] + axes["height"] * (y - y0) / (y1 - y0)
    )
    expect(page.locator(f'img[alt^="Image {snapshot.indices[row]},"]')).to_be_visible()
    page.mouse.move(5, 5)
    until(page, lambda: np.allclose(visitor.z, snapshot.mu[row], atol=5e-3))
    z = visitor.z
    expect(page.get_by_text("Below: of the model as it is now")).to_be_visible()
    for epoch in (64, 200):
        digits.go(epoch)
        np.testing.assert_array_equal(visitor.z, z)
        assert page.locator(f"{MAP} [data-testid=here]").count() == 1
        assert digits.decodes(epoch)
    expect(page.get_by_text("Below: of the model as it is now")).to_be_hidden()


def test_strips_are_decoded_as_it_was_then(digits):
    page, visitor = digits.page, digits.visitor
    strip = page.get_by_test_id("sliders").locator("canvas").first
    before = strip.evaluate("(canvas) => canvas.toDataURL()")
    digits.go(8)
    until(page, lambda: strip.evaluate("(canvas) => canvas.toDataURL()") != before)
    page.wait_for_timeout(500)
    slider = page.get_by_test_id("sliders").locator("input").first
    dim, limit = int(slider.get_attribute("data-dim")), float(slider.get_attribute("max"))
    side = visitor.data.image_shape[1]
    shown = rgba(strip)[:, 0].reshape(side, -1)
    count = shown.shape[1] // side
    codes = np.repeat(visitor.z[None], count, 0).astype(np.float32)
    codes[:, dim] = limit * ((2 * np.arange(count) + 1) / count - 1)
    wanted = np.concatenate(list(to_pixels(digits.then(8).decode(codes))[..., 0]), 1)
    assert np.abs(wanted.astype(int) - shown).max() <= LEVELS


def test_the_pad_belongs_to_the_model_as_it_is(digits):
    page = digits.page
    pad = page.get_by_test_id("pad")
    expect(pad).to_be_visible()
    digits.go(16)
    expect(pad).to_be_hidden()
    expect(page.get_by_role("button", name="Choose images")).to_be_hidden()
    digits.go(200)
    expect(pad).to_be_visible()
    expect(page.get_by_role("button", name="Choose images")).to_be_visible()


def test_classes_that_are_hidden_stay_hidden(digits):
    page = digits.page
    page.locator(f"{MAP} .legend .traces").first.click()
    idle(page)
    page.wait_for_timeout(800)
    digits.go(96)
    run = digits.visitor.run
    labels = digits.visitor.data.labels[run.snapshot(96).indices]
    codes = run.snapshot(96).mu
    # Zeros that have no other digit near.
    alone = [
        code
        for code in codes[labels == 0]
        if np.hypot(*(codes[labels != 0] - code).T).min() > 0.25 and np.abs(code).max() < 2.5
    ]
    assert len(alone) > 5
    assert (digits.opacity(alone) == 0).mean() > 0.9
    assert (digits.opacity(codes[labels == 4][:50]) > 100).mean() > 0.9


def test_two_runs_go_back_in_step(page):
    page.goto("/compare?run=digits-2d&with=digits-ae-2d")
    for index in range(2):
        expect(page.get_by_test_id("latent-canvas").nth(index)).to_have_attribute("data-state", "ready")
        page.wait_for_selector(f".st-key-compare-map-{index} .js-plotly-plot .nsewdrag")
    idle(page)
    runs = [Run.open(EXAMPLES / name) for name in ("digits-2d", "digits-ae-2d")]
    machine = page.get_by_test_id("time-machine")
    slider = machine.get_by_role("slider", name="Epoch")
    slider.evaluate(SCRUB, str(history_of(runs[0]).epochs.index(12)))
    until(page, lambda: machine.get_attribute("data-rests") == "true" and page.locator(".lc-waits").count() == 0)
    expect(page.get_by_test_id("points-then")).to_have_count(2)
    for index, run in enumerate(runs):
        root = page.get_by_test_id("latent-canvas").nth(index)
        z = np.array(json.loads(root.get_attribute("data-z")))
        wanted = to_pixels(run.engine.as_of(run.snapshot(12)).decode(z))[0, :, :, 0]
        assert np.abs(wanted.astype(int) - grey(root.get_by_test_id("decoded"))).max() <= LEVELS
    expect(machine.get_by_text("Digits · VAE 2-D")).to_be_visible()
    expect(machine.get_by_text("Digits · AE 2-D")).to_be_visible()


@pytest.fixture(scope="module")
def many(served_runs):
    """A run whose codes have more numbers than a map."""
    config = TrainConfig(
        dataset="digits", latent_dim=4, hidden=(32,), epochs=6, preprocessing=Preprocessing(num_images=400)
    )
    return train(config, run_dir=served_runs / "four")


def test_more_than_two_numbers_are_on_a_map_that_holds_still(page, many):
    page.goto("/explore?run=four&map=epochs")
    idle(page)
    expect(page.locator(f"{MAP} .xtitle", has_text="PC 1 (")).to_be_visible()
    visitor = Visitor.__new__(Visitor)
    visitor.page, visitor.run, visitor.kind = page, many, "pca"
    visitor.data = load_dataset("digits", many.config.preprocessing)
    visitor.map = draw_map(many, "epochs").projection
    visitor.root = page.get_by_test_id("latent-canvas")
    expect(visitor.root).to_have_attribute("data-state", "ready")
    traveller = Traveller(visitor)
    axes = page.evaluate(AXES)
    traveller.go(2)
    places = visitor.map.place(many.snapshot(2).mu)
    assert (traveller.opacity(places) > 100).mean() > 0.97
    assert page.evaluate(AXES)["x"] == pytest.approx(axes["x"])
    point, place = visitor.place(0.4, 0.5)
    page.mouse.move(*point)
    z = visitor.map.lift(place[None])[0]
    until(page, lambda: np.allclose(visitor.z, z, atol=0.02))
    visitor.frame()
    assert traveller.decodes(2)


def test_maps_that_bend_lead_to_one_that_does_not(page, many):
    page.goto("/explore?run=four&map=pca")
    idle(page)
    expect(page.get_by_test_id("latent-canvas")).to_have_attribute("data-state", "ready")
    expect(page.get_by_test_id("time-machine")).to_have_count(0)
    page.get_by_role("radio", name="All epochs").click()
    expect(page.get_by_test_id("time-machine").get_by_role("slider", name="Epoch")).to_be_visible()


def test_the_slider_grows_while_a_run_trains(page, served_runs):
    before = {run.path for run in list_runs(served_runs)}
    page.goto("/train?dataset=digits&epochs=10000&hidden=32")
    page.get_by_role("button", name="Start training", exact=True).click()
    expect(page.get_by_text(re.compile(r"Running · [1-9]"))).to_be_visible()
    (run,) = [run for run in list_runs(served_runs) if run.path not in before]
    page.goto(f"/explore?run={run.name}")
    machine = page.get_by_test_id("time-machine")
    expect(machine.get_by_role("slider", name="Epoch")).to_be_visible()

    def last():
        return int(machine.locator("output").inner_text().split()[-1].replace(",", ""))

    first = last()
    until(page, lambda: last() > first)
    # And where one is, one stays.
    slider = machine.get_by_role("slider", name="Epoch")
    slider.evaluate(SCRUB, "2")
    until(page, lambda: machine.get_attribute("data-moment") == "2.000")
    now = last()
    until(page, lambda: last() > now)
    assert machine.get_attribute("data-moment") == "2.000"
    # Whoever was at the model as it is stays there, though it is of a later epoch once the training has ended.
    machine.get_by_role("button", name="Now", exact=True).click()
    until(page, lambda: machine.get_attribute("data-rests") == "true")
    run.request_stop()
    until(page, lambda: run.status.state == "stopped")
    expect(machine.locator("output")).to_have_text(f"Epoch {run.epoch} of {run.epoch}")
    expect(page.get_by_test_id("points-then")).to_have_count(0)
    expect(machine.get_by_role("button", name="Now", exact=True)).to_be_hidden()


def test_a_run_of_one_file_of_several(page, tmp_path):
    runs = [Run.open(EXAMPLES / name) for name in ("digits-2d", "digits-ae-2d")]
    file = explorer(*runs, epochs=True).save(tmp_path / "two.html")
    page.goto(file.as_uri())
    machine = page.get_by_test_id("time-machine")
    slider = machine.get_by_role("slider", name="Epoch")
    expect(slider).to_be_visible()
    slider.evaluate(SCRUB, "9")
    until(page, lambda: machine.get_attribute("data-moment") == "12.000")
    expect(page.get_by_test_id("points-then")).to_have_count(2)
    until(page, lambda: machine.locator("canvas[data-image]").count() == 16)


def test_another_run_is_as_it_is_now(digits):
    page = digits.page
    digits.go(4)
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="Digits · AE 2-D (example)").click()
    expect(page.get_by_test_id("latent-canvas")).to_have_attribute("data-state", "ready")
    idle(page)
    machine = page.get_by_test_id("time-machine")
    expect(machine.locator("output")).to_have_text("Epoch 200 of 200")
    expect(page.get_by_test_id("points-then")).to_have_count(0)
    expect(page.get_by_text("Below: of the model as it is now")).to_be_hidden()
    expect(page.get_by_role("button", name="Choose images")).to_be_visible()


def test_another_map_is_as_it_is_now_whatever_still_comes(digits):
    page = digits.page
    digits.slider.evaluate(SCRUB, "3")  # its decoder and four more are on their way
    page.get_by_role("radio", name="UMAP").click()
    expect(page.locator(f"{MAP} .xtitle", has_text="UMAP 1")).to_be_visible()
    idle(page)
    page.wait_for_timeout(800)
    expect(page.get_by_test_id("time-machine")).to_have_count(0)
    expect(page.get_by_test_id("points-then")).to_have_count(0)
    expect(page.get_by_text("Below: of the model as it is now")).to_be_hidden()
    until(page, lambda: digits.visitor.shows(digits.visitor.z))


def test_where_there_is_no_time_machine_nothing_is_said_of_it(page):
    page.goto("/explore?run=digits-16d")
    expect(page.get_by_test_id("latent-canvas")).to_have_attribute("data-state", "ready")
    expect(page.get_by_role("heading", name="Nearest real images")).to_be_visible()
    expect(page.get_by_test_id("time-machine")).to_have_count(0)
    expect(page.get_by_text("Below: of the model as it is now")).to_be_hidden()


def test_runs_of_other_lengths_are_each_at_an_epoch_of_their_own(page, served_runs):
    settings = {"dataset": "digits", "hidden": (16,)}
    runs = [train(TrainConfig(**settings, epochs=epochs), run_dir=served_runs / f"of-{epochs}") for epochs in (13, 24)]
    page.goto("/compare?run=of-13&with=of-24")
    for index in range(2):
        expect(page.get_by_test_id("latent-canvas").nth(index)).to_have_attribute("data-state", "ready")
        page.wait_for_selector(f".st-key-compare-map-{index} .js-plotly-plot .nsewdrag")
    idle(page)
    machine = page.get_by_test_id("time-machine")
    slider = machine.get_by_role("slider", name="Epoch")
    both = sorted({*history_of(runs[0]).epochs, *history_of(runs[1]).epochs})
    assert 13 not in history_of(runs[1]).epochs
    slider.evaluate(SCRUB, str(both.index(13)))
    until(page, lambda: machine.get_attribute("data-rests") == "true" and page.locator(".lc-waits").count() == 0)
    expect(machine.get_by_role("heading", name="epoch 13")).to_be_visible()
    expect(machine.get_by_role("heading", name="epoch 12")).to_be_visible()
    expect(page.get_by_test_id("points-then")).to_have_count(1)  # the shorter is as it is now
    for index, engine in enumerate((runs[0].engine, runs[1].engine.as_of(runs[1].snapshot(12)))):
        root = page.get_by_test_id("latent-canvas").nth(index)
        z = np.array(json.loads(root.get_attribute("data-z")))
        wanted = to_pixels(engine.decode(z))[0, :, :, 0]
        assert np.abs(wanted.astype(int) - grey(root.get_by_test_id("decoded"))).max() <= LEVELS


def test_a_map_of_some_images_has_all_that_were_kept(page, tmp_path):
    run = Run.open(EXAMPLES / "digits-2d")
    file = run.explorer(points=300, epochs=True).save(tmp_path / "some.html")
    visitor = FileVisitor(page, run, file)
    traveller = Traveller(visitor)
    traveller.go(24)
    codes = run.snapshot(24).mu
    inside = codes[np.abs(codes).max(1) < 2][:300]
    assert (traveller.opacity(inside) > 100).mean() > 0.99
    until(page, lambda: traveller.machine.locator("canvas[data-image]").count() == 8)
    trust = page.get_by_test_id("trust").locator(".lc-level")
    page.mouse.move(*visitor.place(0.5, 0.5)[0])
    expect(trust).to_have_text("Among the images")
