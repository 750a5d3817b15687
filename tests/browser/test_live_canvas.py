"""The live canvas, used: moved over, dragged, clicked, drawn on, played; what it shows is checked
against what the package computes."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from scipy.spatial.distance import cdist

from pages._ui.resources import EXAMPLES
from tests.browser.conftest import stay, traced
from tests.browser.steps import PLACES, canvas, click_point, decimals, idle, open_app, picture, until
from tests.browser.visitors import AXES, MAP, PIXELS, BareVisitor, FileVisitor, Visitor
from tests.conftest import SMALL_CONV
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import load_dataset
from vaelab.images import to_pixels
from vaelab.latent.density import neighbour_radii
from vaelab.runs import Run
from vaelab.training.running import train

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def fresh_conv(tmp_path_factory):
    """A convolutional VAE of colour images, trained a moment ago."""
    config = TrainConfig(
        dataset="shapes",
        preprocessing=Preprocessing(size=32, num_images=1000),
        latent_dim=4,
        epochs=12,
        **SMALL_CONV,
    )
    return train(config, run_dir=tmp_path_factory.mktemp("runs") / "fresh-conv")


@pytest.fixture(scope="module", params=["digits-2d", "faces-8d", "fresh-conv", "file"])
def visit(request, browser):
    """One page on each run for all tests of it: opening it takes longer than most tests.

    The whole way, from Python through Streamlit and back, on one run. The other models are in the
    canvas alone, with a stand-in for the chart; and one is a file that was exported.
    """
    if request.param == "digits-2d":
        page = request.getfixturevalue("long_page")
        yield Visitor(page, Run.open(EXAMPLES / request.param))
        return
    if request.param == "file":
        run = Run.open(EXAMPLES / "digits-2d")
        file = run.to_html(request.getfixturevalue("tmp_path_factory").mktemp("exported") / "digits.html")
        with stay(request, browser, viewport={"width": 1400, "height": 1000}, offline=True) as page:
            yield FileVisitor(page, run, file)
        return
    fresh = request.param == "fresh-conv"
    run = request.getfixturevalue("fresh_conv") if fresh else Run.open(EXAMPLES / request.param)
    with stay(request, browser, viewport={"width": 1400, "height": 1000}) as page:
        yield BareVisitor(page, run)


@pytest.fixture
def visitor(request, visit):
    """Somebody whose pins, pad and pointer are as they were at the beginning."""
    with traced(request, visit.page):
        visit.begin_again()
        yield visit
    assert visit.page.get_by_test_id("stException").count() == 0


@pytest.fixture
def faces(page):
    """The faces in the canvas alone."""
    return BareVisitor(page, Run.open(EXAMPLES / "faces-8d"))


def test_hover_decodes_every_place_of_the_map(visitor):
    page = visitor.page
    rested = visitor.z
    seen = []
    for across, down in [(0.5, 0.5), (0.02, 0.03), (0.97, 0.2), (0.31, 0.77)]:
        point, place = visitor.place(across, down)
        page.mouse.move(*point)
        visitor.frame()
        wanted = visitor.map.lift(place[None])[0]
        np.testing.assert_allclose(visitor.z, wanted, atol=0.01 + 1e-3 * np.abs(wanted).max())
        assert visitor.shows(visitor.z)
        assert float(visitor.root.get_attribute("data-decode-ms")) > 0
        seen.append(visitor.decoded())
    assert len({image.tobytes() for image in seen}) == 4
    page.mouse.move(5, 5)
    visitor.frame()
    np.testing.assert_array_equal(visitor.z, rested)


def test_hover_on_a_umap_map_mixes_the_nearest_images(page):
    visitor = BareVisitor(page, Run.open(EXAMPLES / "faces-8d"), "umap")
    point, place = visitor.place(0.45, 0.55)
    page.mouse.move(*point)
    visitor.frame()
    # The browser has the codes as float16.
    np.testing.assert_allclose(visitor.z, visitor.map.lift(place[None])[0], atol=0.02)
    assert visitor.shows(visitor.z)


@pytest.mark.parametrize("visit", ["digits-2d"], indirect=True)
def test_the_nearest_image_is_beside_the_decoded_one_and_nothing_moves(visitor):
    page = visitor.page
    real = page.get_by_test_id("real")
    boxes = "() => Array.from(document.querySelectorAll('.latent-canvas *'), (e) => e.getBoundingClientRect().top)"
    before = page.evaluate(boxes)
    for across, down in [(0.2, 0.3), (0.5, 0.5), (0.02, 0.97)]:
        point, place = visitor.place(across, down)
        page.mouse.move(*point)
        nearest = visitor.nearest(place)
        expect(real).to_have_attribute("data-image", str(nearest))
        np.testing.assert_array_equal(visitor.pixels(real), visitor.data.images[nearest])
        expect(page.get_by_test_id("near")).to_contain_text(f"“{visitor.data.labels[nearest]}”")
        # The sliders are where the pointer is.
        for dim in (0, 1):
            slider = page.locator(f"input[data-dim='{dim}']")
            assert float(slider.input_value()) == pytest.approx(visitor.z[dim], abs=0.01)
        assert page.evaluate(boxes) == before


@pytest.mark.parametrize("visit", ["digits-2d"], indirect=True)
def test_the_posterior_of_the_image_clicked_is_an_ellipse_on_the_map(visitor):
    page = visitor.page
    image = int(visitor.map.indices[25])
    page.mouse.click(*visitor.where(image))
    page.mouse.move(5, 5)
    ellipses = page.locator(f"{MAP} .lc-posterior")
    expect(ellipses).to_have_count(2)
    clicked = json.loads(visitor.root.get_attribute("data-z"))
    nearest = ((visitor.map.codes - clicked) ** 2).sum(1).argmin()  # points may lie on one another
    posterior = visitor.run.engine.encode(visitor.data.images[[visitor.map.indices[nearest]]])
    ellipse = page.locator(f'{MAP} .lc-posterior[data-sigmas="1"]')
    radii = np.array([float(ellipse.get_attribute(name)) for name in ("rx", "ry")])
    np.testing.assert_allclose(radii / visitor.units(), np.sort(posterior.sigma[0])[::-1], rtol=0.03)
    page.get_by_test_id("decoded").press("ArrowRight")  # elsewhere it is of no image
    expect(ellipses).to_have_count(0)
    page.get_by_role("button", name="Back to image").click()
    expect(ellipses).to_have_count(2)


#: The true posterior's lines, as codes.
TRUTH = """(map) => {
  const { xaxis, yaxis } = document.querySelector(map)._fullLayout;
  return Array.from(document.querySelectorAll(map + " .lc-truth"), ({ dataset, points }) => ({
    share: Number(dataset.share),
    line: Array.from(points, ({ x, y }) => [xaxis.p2d(x - xaxis._offset), yaxis.p2d(y - yaxis._offset)]),
  }));
}"""


@pytest.mark.parametrize("name", ["digits-2d", "mnist-2d"])
def test_the_true_posterior_lies_under_the_ellipse(page, name):
    """Its lines hold 39% and 86% of p(z|x), as a grid of the package's has it."""
    visitor = Visitor(page, Run.open(EXAMPLES / name))
    engine, images = visitor.run.engine, visitor.data.images
    # Among 5,000 points, one that lies alone.
    alone = np.sort(cdist(visitor.map.codes, visitor.map.codes), axis=1)[:, 1]
    alone[np.abs(visitor.map.codes).max(1) > 3] = 0
    page.mouse.click(*visitor.where(int(visitor.map.indices[alone.argmax()])))
    page.mouse.move(5, 5)
    page.wait_for_function(f"document.querySelectorAll('{MAP} .lc-truth').length >= 2")
    clicked = json.loads(visitor.root.get_attribute("data-z"))
    image = images[visitor.map.indices[((visitor.map.codes - clicked) ** 2).sum(1).argmin()]]
    lines = page.evaluate(TRUTH, MAP)
    assert {round(each["share"], 2) for each in lines} == {0.39, 0.86}

    def log_joint(z):
        p = np.clip(engine.decode(z).reshape(len(z), -1).astype(float), 1e-12, 1 - 1e-7)
        x = image.reshape(-1) / 255
        return np.log(p) @ x + np.log1p(-p) @ (1 - x) - 0.5 * (z**2).sum(1)

    outer = np.concatenate([each["line"] for each in lines])
    low, high = outer.min(0), outer.max(0)
    margin = high - low
    axes = [np.linspace(a, b, 161) for a, b in zip(low - margin, high + margin, strict=True)]
    inside = log_joint(np.stack(np.meshgrid(*axes), -1).reshape(-1, 2))
    ranked = np.sort(inside)[::-1]
    mass = np.exp(ranked - ranked[0]).cumsum()
    for each in lines:
        level = ranked[np.searchsorted(mass, each["share"] * mass[-1])]
        assert np.abs(log_joint(np.array(each["line"])) - level).max() < 0.25
    # And nothing of it lies far from there.
    axis = np.linspace(-5, 5, 101)
    elsewhere = log_joint(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2))
    assert elsewhere.max() < ranked[0] + 0.01
    page.get_by_test_id("decoded").press("ArrowRight")  # elsewhere it is of no image
    expect(page.locator(f"{MAP} .lc-truth")).to_have_count(0)


@pytest.mark.parametrize("visit", ["digits-2d"], indirect=True)
def test_the_wheel_scrolls_the_page_until_the_map_is_meant(visitor):
    page = visitor.page
    where = "document.querySelector('[data-testid=stMain]').scrollTop"
    middle = visitor.place(0.5, 0.5)[0]
    units = visitor.units()
    # Plotly sets the axes again once the wheel has rested, which would undo a double click before that.
    page.evaluate("(map) => document.querySelector(map).on('plotly_relayout', () => { window.settled = true; })", MAP)

    def show_the_whole_map():
        page.wait_for_function("window.settled")
        page.evaluate("window.settled = false")
        # To a busy browser two clicks may be too far apart to be a double click: then once more.
        until(page, lambda: visitor.units() == pytest.approx(units, rel=0.01) or page.mouse.dblclick(*middle))
        page.wait_for_function("window.settled")
        page.evaluate("window.settled = false")

    page.mouse.move(*middle)
    page.mouse.wheel(0, 120)
    page.wait_for_function(f"{where} > 50")
    expect(page.get_by_text("To zoom with the wheel")).to_be_visible()
    assert visitor.units() == units
    page.evaluate(f"{where} = 0")
    page.mouse.click(*middle)
    page.mouse.wheel(0, 120)
    until(page, lambda: visitor.units() < 0.98 * units)
    assert page.evaluate(where) == 0
    show_the_whole_map()
    page.mouse.move(5, 5)
    page.mouse.move(*middle)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    until(page, lambda: visitor.units() > 1.02 * units)
    show_the_whole_map()


@pytest.mark.parametrize("visit", ["digits-2d"], indirect=True)
def test_the_badge_and_the_lens(visitor):
    page = visitor.page
    trust, lens = page.get_by_test_id("trust"), page.locator(f"{MAP} .lc-lens")
    expect(lens).to_be_hidden()
    page.mouse.move(*visitor.where(int(visitor.map.indices[0])))
    expect(trust).to_contain_text("Among the images")
    expect(lens).to_be_visible()
    np.testing.assert_array_equal(visitor.pixels(lens), visitor.decoded())
    page.mouse.move(*visitor.place(0.02, 0.97)[0])
    expect(trust).to_contain_text("Off the data")
    # The number beside the word is a multiple of what is typical: they cannot contradict.
    codes, scale = visitor.map.codes, visitor.scale
    radii = neighbour_radii(scale * codes, scale * visitor.map.sigma)
    (times,) = decimals(trust.locator(".lc-around").text_content())
    eighth = np.sort(np.linalg.norm(scale * (codes - visitor.z), axis=1))[7]
    assert times == pytest.approx(eighth / radii[50], abs=0.051)
    assert times > radii[99] / radii[50]
    page.mouse.move(5, 5)  # off the map, the word beside the button is another
    expect(trust).to_contain_text("Among the images")
    page.get_by_label("What this means").click()
    expect(trust.get_by_text("off the data, farther than for 99 of 100")).to_be_visible()
    page.get_by_label("What this means").click()
    page.get_by_label("Lens").uncheck()
    page.mouse.move(*visitor.place(0.5, 0.5)[0])
    visitor.frame()
    expect(lens).to_be_hidden()


def test_drag_a_slider(visitor):
    """Every movement decodes, and only the end of it goes to the server."""
    page = visitor.page
    slider = page.get_by_test_id("sliders").locator("input").first
    dim = int(slider.get_attribute("data-dim"))
    others = np.delete(visitor.z, dim)
    box = slider.bounding_box()
    before = visitor.heard()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    page.mouse.down()
    values = []
    for step in range(12):
        page.mouse.move(box["x"] + box["width"] * (0.2 + 0.05 * step), middle)
        visitor.frame()
        values.append(visitor.z[dim])
        np.testing.assert_array_equal(np.delete(visitor.z, dim), others)
        assert visitor.shows(visitor.z)
    assert values == sorted(set(values))
    visitor.rest()
    assert visitor.heard() == before
    page.mouse.up()
    until(page, lambda: visitor.heard() != before)
    np.testing.assert_allclose(visitor.z[dim], values[-1])
    slider.dblclick()
    visitor.frame()
    assert visitor.z[dim] == 0


def test_sliders_are_sorted_and_unused_ones_folded(faces):
    visitor, page = faces, faces.page
    kl = visitor.run.evaluation()["kl_per_dim"]
    shown = page.locator(".lc-row input:visible")
    dims = [int(dim) for dim in shown.evaluate_all("(all) => all.map((one) => one.dataset.dim)")]
    assert dims == sorted(dims)
    folded = set(range(8)) - set(dims)
    assert folded
    assert max(kl[dim] for dim in folded) < min(kl[dim] for dim in dims)
    page.get_by_text(f"Unused dimensions ({len(folded)})").click()
    expect(page.locator(".lc-row input:visible")).to_have_count(8)


def test_strips_show_the_traversal(visitor):
    page = visitor.page
    row = page.locator(".lc-row").first
    slider, strip = row.locator("input"), row.locator("canvas")
    dim, limit = int(slider.get_attribute("data-dim")), float(slider.get_attribute("max"))
    num_images = strip.evaluate("(element) => element.width") // visitor.data.image_shape[2]
    values = limit * ((2 * np.arange(num_images) + 1) / num_images - 1)
    wanted = to_pixels(visitor.run.engine.traverse(visitor.z, dim, values))
    wanted = np.concatenate(list(wanted), axis=1).astype(int)
    shape = (visitor.data.image_shape[1], -1, 4)

    def drawn():
        pixels = np.array(strip.evaluate(PIXELS)).reshape(shape)[:, :, :3]
        return np.abs(pixels - wanted).max() <= 1

    until(page, drawn)  # they are decoded beside the page


def test_origin_random_and_back_to_the_image(faces):
    visitor, page = faces, faces.page
    back = page.get_by_role("button", name="Back to image")
    expect(back).to_be_disabled()  # none was clicked yet
    image = int(visitor.map.indices[40])
    page.mouse.click(*visitor.where(image))
    page.mouse.move(5, 5)
    visitor.frame()
    start = visitor.z
    page.get_by_role("button", name="Origin", exact=True).click()
    visitor.frame()
    assert not visitor.z.any()
    drawn = []
    for _ in range(2):
        page.get_by_role("button", name="Random", exact=True).click()
        visitor.frame()
        drawn.append(visitor.z)
        assert np.abs(visitor.z).max() > 0.05
    assert (drawn[0] != drawn[1]).all()
    back.click()
    visitor.frame()
    np.testing.assert_array_equal(visitor.z, start)


def test_click_pins_and_python_follows(visitor):
    page = visitor.page
    point, place = visitor.place(0.03, 0.04)  # a corner, where no image is
    page.mouse.click(*point)
    z = visitor.map.lift(place[None])[0]
    visitor.assert_pinned(z)
    page.mouse.move(5, 5)
    visitor.frame()
    np.testing.assert_allclose(visitor.z, z, atol=0.01 + 1e-3 * np.abs(z).max())
    # The sliders stand there, as far as they reach.
    slider = page.get_by_test_id("sliders").locator("input").first
    dim, limit = int(slider.get_attribute("data-dim")), float(slider.get_attribute("max"))
    assert float(slider.input_value()) == pytest.approx(np.clip(z[dim], -limit, limit), abs=0.03)
    assert page.locator(f"{MAP} [data-testid=here]").count() == 1


@pytest.mark.parametrize("visit", ["digits-2d"], indirect=True)
def test_a_click_takes_the_image_that_the_label_names(visitor):
    """Of points over one another the label names that on top, of which another may be nearer."""
    page = visitor.page
    points = page.evaluate(PLACES, ".st-key-latent-map")  # the later ones on top
    places = np.array([[point["x"], point["y"]] for point in points])
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    below = np.argwhere(np.triu((apart > 0.5) & (apart < 2), 1))[0, 0]
    page.mouse.move(*places[below])
    named = f"document.querySelector('{MAP}')._hoverdata?.[0].customdata"
    until(page, lambda: page.evaluate(named) is not None)
    named = page.evaluate(named)
    assert named != points[below]["index"]
    page.mouse.click(*places[below])
    expect(page.locator(f'img[alt^="Image {named},"]')).to_be_visible()


def test_clicks_look_and_shift_makes_a_way(visitor):
    page = visitor.page
    corners = [(0.03, 0.04), (0.96, 0.05), (0.95, 0.96), (0.04, 0.95)]
    codes = [visitor.map.lift(visitor.place(*corner)[1][None])[0] for corner in corners]
    close = {"atol": 0.02 + 2e-3 * np.abs(codes).max()}

    def click(corner, *modifiers):
        page.wait_for_timeout(400)  # two clicks in a row would be a double click
        for key in modifiers:
            page.keyboard.down(key)
        page.mouse.click(*visitor.place(*corner)[0])
        for key in modifiers:
            page.keyboard.up(key)
        page.mouse.move(5, 5)
        visitor.frame()

    way, along = page.get_by_test_id("path"), page.locator("[data-do=along]")
    pins = page.locator(f"{MAP} .lc-pin")
    undo, clear = (way.get_by_role("button", name=name) for name in ("Undo", "Clear"))
    below = page.get_by_test_id("sliders").bounding_box()
    for corner, code in zip(corners[:2], codes, strict=False):  # one after another, and no way
        click(corner)
        np.testing.assert_allclose(visitor.z, code, **close)
        expect(along).to_be_disabled()
    click(corners[2], "Shift")
    expect(way).to_contain_text("From A to B: 100%")
    assert page.get_by_test_id("sliders").bounding_box() == below

    def at(t):
        along.evaluate(
            """(slider, t) => {
                slider.value = t;
                slider.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            t,
        )
        visitor.frame()
        assert visitor.shows(visitor.z)
        return visitor.z

    np.testing.assert_allclose(at(0.5), (codes[1] + codes[2]) / 2, **close)
    np.testing.assert_allclose(at(0), codes[1], **close)
    way.get_by_label("Way-points").check()  # for those who have no Shift
    click(corners[3])
    way.get_by_label("Way-points").uncheck()
    expect(way).to_contain_text("From A to C")
    np.testing.assert_allclose(at(0.75), (codes[2] + codes[3]) / 2, **close)
    click(corners[0])  # looks, and leaves the way
    np.testing.assert_allclose(visitor.z, codes[0], **close)
    expect(pins).to_have_count(3)
    np.testing.assert_allclose(at(1), codes[3], **close)

    undo.click()  # the look
    page.keyboard.press("Control+z")  # the last way-point
    expect(way).to_contain_text("From A to B")
    np.testing.assert_allclose(at(1), codes[2], **close)
    clear.click()
    expect(along).to_be_disabled()
    expect(pins).to_have_count(0)
    undo.click()
    expect(pins).to_have_count(2)
    for _ in range(2):
        undo.click()
    visitor.frame()
    np.testing.assert_allclose(visitor.z, codes[0], **close)


def test_play_circles_a_dimension_and_walks_the_way(visitor):
    page = visitor.page

    def watch(enough):
        """Where z has been until that is enough: frames are few on a busy machine."""
        places = []

        def look():
            places.append(visitor.z)
            return enough(np.array(places))

        until(page, look)
        return np.array(places)

    play = page.get_by_role("button", name=re.compile("Play|Pause"))
    # The one that was moved last or, at first, that carries most.
    top = int(re.fullmatch(r"▶ Play z(\d+)", play.inner_text())[1]) - 1
    play.click()
    moved = np.ptp(watch(lambda z: np.ptp(z[:, top]) > 0.5), axis=0)
    assert not np.delete(moved, top).any()
    play.click()
    visitor.frame()
    rested = visitor.z
    page.wait_for_timeout(300)
    np.testing.assert_array_equal(visitor.z, rested)

    page.mouse.click(*visitor.place(0.05, 0.5)[0])
    page.wait_for_timeout(400)
    page.keyboard.down("Shift")
    page.mouse.click(*visitor.place(0.95, 0.5)[0])
    page.keyboard.up("Shift")
    expect(play).to_have_text("▶ Play the way")
    page.mouse.move(5, 5)
    play.click()
    # Along a level way, far enough to tell.
    left, right = (visitor.place(across, 0.5)[1][0] for across in (0.05, 0.95))
    seen = watch(lambda z: len(np.unique(z, axis=0)) > 4 and np.ptp(visitor.map.place(z)[:, 0]) > (right - left) / 4)
    play.click()
    places = visitor.map.place(seen)
    assert np.ptp(places[:, 0]) > 10 * np.ptp(places[:, 1])


def draw(page, pad):
    box = pad.bounding_box()
    angles = np.linspace(0, 2 * np.pi, 24)
    across = box["x"] + box["width"] * (0.5 + 0.2 * np.sin(angles))
    down = box["y"] + box["height"] * (0.5 - 0.33 * np.cos(angles))
    page.mouse.move(across[0], down[0])
    page.mouse.down()
    for x, y in zip(across, down, strict=True):
        page.mouse.move(x, y)
        yield
    page.mouse.up()


def test_draw_and_see_where_it_lies(visitor):
    page = visitor.page
    pad = page.get_by_test_id("pad")
    pad.scroll_into_view_if_needed()
    blank = visitor.pixels(pad)
    followed = set()
    for _ in draw(page, pad):
        visitor.frame()
        followed.add(visitor.root.get_attribute("data-z"))
    assert len(followed) > 8  # stroke by stroke
    drawn = visitor.pixels(pad)
    assert (drawn != blank).any()
    posterior = visitor.run.engine.encode(drawn[None])
    # The pad's own image is finer than the levels of gray seen here.
    np.testing.assert_allclose(visitor.z, posterior.mu[0], atol=0.02)
    assert visitor.shows(visitor.z)
    visitor.assert_pinned()

    # The ellipse has the posterior's own size, in the map's units.
    ellipses = page.locator(f"{MAP} .lc-posterior")
    assert ellipses.count() == 2
    axes = np.eye(visitor.run.config.latent_dim)[:2]
    axes = visitor.map.components if visitor.kind == "pca" else axes
    wanted = np.linalg.eigvalsh((axes * posterior.sigma**2) @ axes.T)[::-1] ** 0.5
    for times in (1, 2):
        ellipse = page.locator(f'{MAP} .lc-posterior[data-sigmas="{times}"]')
        radii = np.array([float(ellipse.get_attribute(name)) for name in ("rx", "ry")])
        np.testing.assert_allclose(radii / visitor.units(), times * wanted, rtol=0.03)
    page.get_by_role("button", name="Clear pad").click()
    np.testing.assert_array_equal(visitor.pixels(pad), blank)


def test_open_a_picture(visitor, tmp_path):
    page = visitor.page
    image = visitor.data.images[7]
    Image.fromarray(to_pixels(image[None])[0]).save(tmp_path / "seven.png")
    page.get_by_label("Open a file").set_input_files(tmp_path / "seven.png")
    # It is on the pad first, and encoded in the next frame.
    expected = visitor.run.engine.encode(image[None]).mu[0]
    until(page, lambda: np.allclose(visitor.z, expected, atol=0.01))
    visitor.assert_pinned()
    np.testing.assert_array_equal(visitor.pixels(page.get_by_test_id("pad")), image)
    (tmp_path / "no.png").write_text("no picture")
    page.get_by_label("Open a file").set_input_files(tmp_path / "no.png")
    expect(page.get_by_role("alert").get_by_text("a PNG or JPEG file would do.")).to_be_visible()
    np.testing.assert_array_equal(visitor.pixels(page.get_by_test_id("pad")), image)


@pytest.mark.parametrize("visit", ["digits-2d"], indirect=True)
def test_drop_a_picture(visitor, tmp_path):
    page = visitor.page
    image = visitor.data.images[7]
    Image.fromarray(to_pixels(image[None])[0]).save(tmp_path / "seven.png")
    content = list((tmp_path / "seven.png").read_bytes())
    transfer = page.evaluate_handle(
        """(content) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(content)], "seven.png"));
            return transfer;
        }""",
        content,
    )
    # Anywhere on the page, and the browser does not leave it for the file.
    prevented = page.locator(f"{MAP} .nsewdrag").evaluate(
        """(map, dataTransfer) => ["dragover", "drop"].map((type) => {
            const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
            map.dispatchEvent(event);
            return event.defaultPrevented;
        })""",
        transfer,
    )
    assert prevented == [True, True]
    expect(page.get_by_text("The nearest image")).to_be_visible()
    expect(page.locator(".lc-judged")).to_contain_text("“seven.png” is on the pad.")
    until(page, lambda: np.array_equal(visitor.pixels(page.get_by_test_id("pad")), image))


@pytest.mark.parametrize("visit", ["digits-2d"], indirect=True)
def test_a_given_image_is_judged_by_its_reconstruction_too(visitor, tmp_path):
    page = visitor.page
    trust, judged = page.get_by_test_id("trust"), page.locator(".lc-judged")
    index = int(visitor.data.split.test[0])
    light = to_pixels(visitor.data.images[[index]])[0][:, :, 0]

    def give(pixels, name):
        Image.fromarray(pixels).save(tmp_path / name)
        page.get_by_label("Open a file").set_input_files(tmp_path / name)
        expect(judged).to_contain_text(f"“{name}” is on the pad.")

    def error():
        return float(re.search(r"error (\d\.\d\d)", judged.text_content()).group(1))

    image = visitor.data.images[[index]]
    exact = np.sqrt(np.mean((image / 255 - visitor.run.engine.reconstruct(image)) ** 2))
    give(light, "light.png")
    assert error() == pytest.approx(exact, abs=0.006)
    expect(judged).to_contain_text("in held-out images")
    invert = page.get_by_role("button", name="Invert", exact=True)
    expect(invert).not_to_have_class("lc-wanted")

    give(255 - light, "dark.png")
    expect(judged).to_contain_text("It looks inverted: these images are light on dark.")
    expect(trust).to_contain_text("Unlike the images")
    expect(invert).to_have_class("lc-wanted")
    invert.click()
    expect(trust).not_to_contain_text("Unlike the images")
    assert error() == pytest.approx(exact, abs=0.006)
    expect(invert).not_to_have_class("lc-wanted")

    # Black ink on nothing would be a black image on these images' black.
    clear = np.zeros((*light.shape, 4), np.uint8)
    clear[..., 3] = light
    give(clear, "clear.png")
    expect(judged).to_contain_text("lies on the opposite one")
    expect(invert).to_have_class("lc-wanted")
    # Red is as good an ink as any.
    red = np.zeros((*light.shape, 4), np.uint8)
    red[..., 0], red[..., 3] = 255, light
    give(red, "red.png")
    expect(judged).to_contain_text("made stronger")
    np.testing.assert_allclose(visitor.pixels(page.get_by_test_id("pad"))[0], light, atol=4)
    page.get_by_role("button", name="Clear pad").click()
    expect(judged).to_be_hidden()
    expect(trust).not_to_contain_text("Unlike the images")


def cell_of_grid(page, data, column, row):
    """An image of the decoded grid as the screen shows it, in levels of gray, and where it lies on the map."""
    grid = page.get_by_test_id("grid")
    lattice = json.loads(grid.get_attribute("data-lattice"))
    axes = page.evaluate(AXES)
    left, top = lattice["left"] + column * lattice["width"], lattice["top"] - row * lattice["height"]
    _, height, width = data.image_shape
    size = 1 + 1 / max(1, -(-28 // width)) / width  # a line between images belongs to the cell
    spots = [
        (
            left + (x + 0.5) / width / size * lattice["width"],
            top - (y + 0.5) / height / size * lattice["height"],
        )
        for y in range(height)
        for x in range(width)
    ]
    (x0, x1), (y0, y1) = axes["x"], axes["y"]
    pixels = grid.evaluate(
        """(canvas, spots) => {
            const gd = canvas.parentElement;
            const { xaxis, yaxis } = gd._fullLayout;
            const context = canvas.getContext("2d");
            return spots.map(([x, y]) => context.getImageData(
                Math.floor(xaxis._offset + xaxis.d2p(x)), Math.floor(yaxis._offset + yaxis.d2p(y)), 1, 1).data[0]);
        }""",
        spots,
    )
    middle = np.array([left + lattice["width"] / 2, top - lattice["height"] / 2])
    inside = x0 < middle[0] < x1 and y1 < middle[1] < y0
    return np.array(pixels).reshape(height, width), middle, inside


def test_the_decoded_grid_covers_what_is_seen_and_follows_the_zoom(page):
    open_app(page, "/explore?run=digits-2d&grid=true")
    visitor = SimpleNamespace(run=Run.open(EXAMPLES / "digits-2d"), data=load_dataset("digits"))
    canvas(page)
    grid = page.get_by_test_id("grid")
    expect(grid).to_have_attribute("data-lattice", re.compile("rows"))
    seen = []
    for _ in range(2):
        lattice = json.loads(grid.get_attribute("data-lattice"))
        assert lattice["columns"] * lattice["rows"] > 200
        pixels, middle, inside = cell_of_grid(page, visitor.data, lattice["columns"] // 2, lattice["rows"] // 2)
        assert inside
        wanted = to_pixels(visitor.run.engine.decode(middle[None]))[0][:, :, 0].astype(int)
        # The browser smooths a little as it fits the cells to the screen.
        assert np.abs(pixels - wanted).mean() < 6
        assert np.corrcoef(pixels.ravel(), wanted.ravel())[0, 1] > 0.98
        axes = page.evaluate(AXES)
        assert lattice["left"] <= axes["x"][0]
        assert lattice["top"] >= axes["y"][0]
        assert lattice["left"] + lattice["columns"] * lattice["width"] >= axes["x"][1]
        assert lattice["top"] - lattice["rows"] * lattice["height"] <= axes["y"][1]
        seen.append(lattice)
        page.mouse.move(axes["left"] + axes["width"] / 2, axes["top"] + axes["height"] / 2)
        page.keyboard.down("Control")
        page.mouse.wheel(0, -300)
        page.keyboard.up("Control")
        until(page, lambda before=lattice: json.loads(grid.get_attribute("data-lattice")) != before)
    assert seen[1]["width"] < 0.95 * seen[0]["width"]  # as fine on the screen, so finer on the map
    # However faint the points, the legend says whose they are.
    assert page.locator(".points path").first.evaluate("(point) => getComputedStyle(point).opacity") == "0.3"
    expect(page.locator(".legendpoints path").first).to_have_css("opacity", "1")
    # Without the grid the chart is what it was.
    page.get_by_text("Decoded grid").click()
    expect(grid).to_have_count(0)


def test_a_map_of_two_dimensions_moves_these_two(page):
    open_app(page, "/explore?run=faces-8d&map=pair&x=2&y=5")
    root = canvas(page)
    idle(page)
    start = np.array(json.loads(root.get_attribute("data-z")))
    axes = page.evaluate(AXES)
    page.mouse.move(axes["left"] + 0.25 * axes["width"], axes["top"] + 0.3 * axes["height"])
    wanted = start.copy()
    wanted[1] = np.dot([0.75, 0.25], axes["x"])
    wanted[4] = np.dot([0.7, 0.3], axes["y"])
    until(page, lambda: np.allclose(json.loads(root.get_attribute("data-z")), wanted, atol=0.02))


def test_keyboard_alone(visitor):
    page = visitor.page
    start = visitor.z
    page.get_by_test_id("decoded").focus()
    for key, direction in [("ArrowRight", (1, 0)), ("ArrowUp", (0, 1))]:
        before = visitor.map.place(visitor.z[None])[0]
        for _ in range(5):
            page.keyboard.press(key)
        visitor.frame()
        moved = visitor.map.place(visitor.z[None])[0] - before
        np.testing.assert_allclose(moved / np.linalg.norm(moved), direction, atol=0.02)
    assert (visitor.z != start).any()
    way, along = page.get_by_test_id("path"), page.locator("[data-do=along]")
    page.keyboard.press("Enter")
    first = visitor.z
    for key in ("ArrowLeft", "ArrowUp"):
        page.keyboard.press(f"Shift+{key}")
    page.keyboard.press("Shift+Enter")
    visitor.frame()
    second = visitor.z
    assert np.abs(second - first).max() > 0.05
    expect(way).to_contain_text("From A to B")
    along.focus()
    for key, code in [("Home", first), ("End", second)]:
        page.keyboard.press(key)
        visitor.frame()
        np.testing.assert_allclose(visitor.z, code, atol=1e-4)
    page.get_by_test_id("decoded").focus()
    page.keyboard.press("Escape")
    expect(along).to_be_disabled()
    page.keyboard.press("Meta+z")
    expect(along).to_be_enabled()

    pad = page.get_by_test_id("pad")
    blank = visitor.pixels(pad)
    pad.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Origin", exact=True).focus()
    assert (visitor.pixels(pad) != blank).any()


def test_what_a_screen_reader_hears_and_python_is_told_is_where_one_is(faces):
    page = faces.page
    decoded, said, way = page.get_by_test_id("decoded"), page.locator(".lc-say"), page.get_by_test_id("path")

    def told():
        return page.evaluate("sent.at(-1)[2]")

    # The first image, which nobody chose, is left with the first step; so it is by a slider.
    decoded.press("ArrowRight")
    decoded.press("Enter")
    assert told()["image"] is None
    expect(said).to_have_text(re.compile("^Pinned. "))
    page.get_by_test_id("sliders").locator("input").first.press("ArrowRight")
    assert told()["image"] is None
    assert not said.text_content().startswith("Pinned")

    decoded.press("Shift+ArrowUp")
    decoded.press("Shift+Enter")
    expect(said).to_have_text(re.compile("^Way-point 2. "))
    expect(way).to_contain_text("From A to B: 100%")
    decoded.press("Shift+ArrowLeft")
    expect(way).not_to_contain_text("100%")  # beside the way
    pad = page.get_by_test_id("pad")
    pad.press("Space")
    expect(said).to_have_text(re.compile("^Your image. "))
    decoded.press("Escape")
    expect(said).to_have_text(re.compile("^The way is forgotten. "))
    page.keyboard.press("Control+z")
    expect(said).to_have_text(re.compile("^Undone. "))

    # A way that is at its end is played from its beginning.
    expect(way.get_by_role("slider")).to_be_enabled()  # from the next frame on
    for key in ("Home", "End"):
        way.get_by_role("slider").press(key)
    expect(way).to_contain_text("From A to B: 100%")
    faces.frame()
    page.evaluate("""() => {
        window.seen = [];
        const slider = document.querySelector("[data-do=along]");
        const look = () => { seen.push(Number(slider.value)); requestAnimationFrame(look); };
        requestAnimationFrame(look);
    }""")
    way.get_by_role("button", name="Play the way").click()
    until(page, lambda: page.evaluate("seen.some((t) => 0.2 < t && t < 0.9)"))
    way.get_by_role("button", name="Pause").click()
    seen = [t for t in page.evaluate("seen") if t < 0.9]
    assert seen[0] < 0.2
    assert seen == sorted(seen)


@pytest.mark.browser_context_args(viewport={"width": 800, "height": 1000}, has_touch=True)
def test_tap(page):
    visitor = Visitor(page, Run.open(EXAMPLES / "digits-2d"))
    point, place = visitor.place(0.05, 0.05)
    visitor.page.touchscreen.tap(*point)
    expect(visitor.page.get_by_text("The nearest image")).to_be_visible()
    np.testing.assert_allclose(visitor.z, place, atol=0.02)
    # What is narrow and long beside the map leaves it in sight, and no figure's name is cut.
    idle(page)
    whole = """(label) => [label, ...label.querySelectorAll("*")].every(
        ({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth || !clientWidth)"""
    for label in page.get_by_test_id("stMetricLabel").all():
        assert label.evaluate(whole)
    page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 500)")
    expect(page.locator(f"{MAP} .nsewdrag")).to_be_in_viewport(ratio=0.99)


def test_what_is_pinned_is_there_after_another_page(page):
    visitor = Visitor(page, Run.open(EXAMPLES / "digits-2d"))
    idle(page)
    page.mouse.click(*visitor.place(0.05, 0.05)[0])
    expect(page.get_by_text("The nearest image")).to_be_visible()
    idle(page)
    pinned = visitor.z
    page.get_by_role("link", name="Interpolate").click()
    page.wait_for_selector(".st-key-interpolation-map .nsewdrag")
    page.get_by_role("link", name="Explore").click()
    page.wait_for_selector(".st-key-latent-map .nsewdrag")
    idle(page)  # the other page's canvas is gone
    canvas(page)
    np.testing.assert_array_equal(visitor.z, pinned)
    expect(page.get_by_text("The nearest image")).to_be_visible()


def test_the_model_travels_once(page):
    """Reruns, other maps and other pages send the map or less; another run has its own model fetched."""
    received = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))),
    )
    page.on(
        "response",
        lambda response: "/offered/" in response.url and received.append(int(response.headers["content-length"])),
    )

    def since():
        idle(page)
        total = sum(received)
        received.clear()
        return total

    visitor = Visitor(page, Run.open(EXAMPLES / "digits-2d"))
    page.wait_for_function("vaelab.thumbnails.size")
    model = 4 * sum(array.size for name, array in visitor.run.checkpoint()[0].items() if "model." in name)
    assert since() > model
    for across in (0.1, 0.3):
        page.mouse.click(*visitor.place(across, 0.1)[0])
        page.wait_for_timeout(500)
    # Two reruns: pictures and figures of the panel; not twice the module and the map (75 kB).
    assert since() < 100_000
    page.get_by_role("radio", name="PCA").click()
    expect(page.locator(f"{MAP} .xtitle", has_text="PC 1 (")).to_be_visible()
    canvas(page)
    assert since() < model / 2
    for name in ("Interpolate", "Runs", "Train", "Runs", "Explore"):
        page.get_by_role("link", name=name).click()
        if name == "Explore":
            canvas(page)
        assert since() < model / 2, name
    options = page.get_by_role("combobox", name="Model")
    options.click()
    page.get_by_role("option", name=re.compile("Faces")).click()
    expect(page.locator(".lc-row")).to_have_count(8)
    assert since() > model


def test_reruns_leave_no_listeners_behind(page):
    page.add_init_script(
        """
        const { addEventListener } = EventTarget.prototype;
        window.listening = 0;
        EventTarget.prototype.addEventListener = function (type, listener, options) {
            if (options?.signal && /pointer/.test(type)) {
                window.listening++;
                options.signal.addEventListener("abort", () => window.listening--);
            }
            return addEventListener.call(this, type, listener, options);
        };
        """
    )
    visitor = Visitor(page, Run.open(EXAMPLES / "digits-2d"))
    at_first = page.evaluate("window.listening")
    assert at_first > 5
    for across in (0.1, 0.3, 0.5, 0.7):
        page.mouse.click(*visitor.place(across, 0.1)[0])
        page.wait_for_timeout(500)
    page.get_by_text("Decoded grid").click()
    idle(page)
    page.get_by_role("radio", name="PCA").click()
    expect(page.locator(f"{MAP} .xtitle", has_text="PC 1 (")).to_be_visible()
    idle(page)
    assert page.evaluate("window.listening") == at_first
    page.get_by_role("link", name="Runs").click()
    idle(page)
    page.wait_for_timeout(500)
    assert page.evaluate("window.listening") == 0


def test_a_browser_that_blocks_the_module_still_answers_clicks(page):
    page.add_init_script(
        """
        const { createObjectURL } = URL;
        URL.createObjectURL = (blob) => {
            if (blob.type === "text/javascript") throw new Error("blocked");
            return createObjectURL(blob);
        };
        """
    )
    open_app(page, "/explore?run=digits-2d")
    idle(page)
    expect(page.locator(f"{MAP} .nsewdrag")).to_be_in_viewport(ratio=1)  # no trace of what is blocked is above it
    ranges = f"() => document.querySelector('{MAP}')._fullLayout.xaxis.range.slice()"
    before = page.evaluate(ranges)
    page.locator(f'{MAP} [data-title="Zoom in"]').click()
    until(page, lambda: np.ptp(page.evaluate(ranges)) < np.ptp(before))
    page.wait_for_timeout(500)  # it moves there
    zoomed = page.evaluate(ranges)
    point = click_point(page, "latent-map", of_class="6")
    expect(page.locator(f'img[alt="Image {point["index"]}, “6”"]')).to_be_visible()
    # As the browser's code never comes, what stands in for it is seen, and nothing else has changed.
    expect(page.get_by_text("Your browser seems to block the live decoder")).to_be_visible()
    expect(page.locator('img[alt="Decoded from z"]')).to_be_visible()
    page.wait_for_url(re.compile(rf"image={point['index']}\b"))  # the last that a click does
    assert picture(page, "Decoded from z") == picture(page, "Recon\u00adstruction")
    assert page.evaluate(ranges) == zoomed
