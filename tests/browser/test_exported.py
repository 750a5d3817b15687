"""The explorer as one file, opened from the disk without a network. The canvas in it is in test_live_canvas as well."""

import json
import re
import zipfile

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.conftest import stay
from tests.browser.steps import PLACES, canvas, click_point, grey, idle, loneliest, until
from tests.browser.visitors import MAP, FileVisitor
from vaelab.datasets.own.groups import keep_group
from vaelab.latent.density import nearest_codes
from vaelab.runs import Run
from vaelab.sharing import explorer

pytestmark = pytest.mark.browser

WITHOUT_WEBGL = """
const { getContext } = HTMLCanvasElement.prototype;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return kind.includes("webgl") ? null : getContext.call(this, kind, ...more);
};
"""


@pytest.fixture
def browser_context_args(browser_context_args):
    """Nothing can be asked of any server; the app, where a test needs it, is at this machine."""
    return browser_context_args | {"offline": True}


@pytest.fixture(scope="module")
def digits_file(tmp_path_factory):
    return Run.open(EXAMPLES / "digits-2d").to_html(tmp_path_factory.mktemp("exported") / "digits.html")


@pytest.fixture
def visitor(page, digits_file):
    return FileVisitor(page, Run.open(EXAMPLES / "digits-2d"), digits_file)


def nearest_shown(page, number=0):
    buttons = page.get_by_test_id(f"nearest-{number}").get_by_role("button")
    return [int(button.get_attribute("data-image")) for button in buttons.all()]


def test_nothing_is_asked_of_any_server(page, digits_file):
    requested, said = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    visitor = FileVisitor(page, Run.open(EXAMPLES / "digits-2d"), digits_file)
    page.mouse.click(*visitor.place(0.4, 0.4)[0])
    until(page, lambda: page.evaluate(f"document.querySelectorAll('{MAP} .lc-truth').length > 1"))
    assert {url.partition(":")[0] for url in requested} <= {"file", "blob", "data"}
    assert [url for url in requested if url.startswith("file:")] == [digits_file.as_uri()]
    assert not said
    # And it could not, if it wanted to.
    policy = page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")
    refused = page.evaluate("fetch('https://example.org/').then(() => false, () => true)")
    assert refused
    assert any("Content Security Policy" in text for text in said)


def test_what_is_in_it_is_said_in_it(visitor):
    about = visitor.page.locator(".ex-about")
    run = visitor.run
    for text in (
        run.data.licence,
        "1,437 images for training",
        f"ELBO −{-run.evaluation()['elbo']:.2f}",
        "digits-2d, epoch 200, seed 0",
        "1,797 of 1,797 images are on the map",
        "vaelab 0.1.0",
    ):
        expect(about).to_contain_text(text)
    about.get_by_text("Settings of its training").click()
    assert json.loads(about.locator("pre").inner_text()) == run.config.model_dump(mode="json")


def test_the_images_around_stand_below_the_map_and_lead_to_themselves(visitor):
    page = visitor.page
    page.mouse.click(*visitor.place(0.3, 0.6)[0])
    codes, indices = visitor.map.codes, visitor.map.indices

    def wanted():
        return indices[nearest_codes(codes, visitor.z, 12, visitor.scale)].tolist()

    page.mouse.move(5, 5)
    visitor.frame()
    assert nearest_shown(page) == wanted()
    other = page.get_by_test_id("nearest-0").get_by_role("button").nth(5)
    image = int(other.get_attribute("data-image"))
    np.testing.assert_array_equal(grey(other.locator("canvas")), visitor.data.images[image, 0])
    other.click()
    visitor.frame()
    np.testing.assert_allclose(visitor.z, codes[indices == image][0], atol=1e-3)
    assert nearest_shown(page)[0] == image
    expect(page.locator(f"{MAP} .lc-posterior")).to_have_count(2)


def test_a_posterior_is_as_wide_as_the_encoder_says(visitor):
    page = visitor.page
    point = click_point(page, "latent-map")
    ellipse = page.locator(f'{MAP} .lc-posterior[data-sigmas="1"]')
    posterior = visitor.run.engine.encode(visitor.data.images[[point["index"]]])
    radii = np.array([float(ellipse.get_attribute(name)) for name in ("rx", "ry")])
    np.testing.assert_allclose(radii / visitor.units(), np.sort(posterior.sigma[0])[::-1], rtol=0.03)


def test_it_begins_where_it_was_left(visitor):
    page = visitor.page
    page.mouse.click(*visitor.place(0.3, 0.6)[0])
    page.get_by_label("Way-points").check()
    page.get_by_test_id("decoded").press("ArrowRight")
    page.get_by_test_id("decoded").press("Enter")
    page.mouse.move(5, 5)
    visitor.frame()
    z, way = visitor.z, page.locator(f"{MAP} .lc-way").get_attribute("points")
    page.reload()
    visitor.root = canvas(page)
    np.testing.assert_allclose(visitor.z, z, atol=1e-3)
    expect(page.locator(f"{MAP} .lc-way")).to_be_attached()
    places = [list(map(float, p.split(","))) for p in way.split()]
    again = page.locator(f"{MAP} .lc-way").get_attribute("points").split()
    np.testing.assert_allclose([list(map(float, p.split(","))) for p in again], places, atol=1)


def test_both_themes_are_worn_by_page_and_map_and_the_zoom_stays(visitor):
    page = visitor.page
    before = visitor.units()
    page.mouse.click(*visitor.place(0.5, 0.5)[0])
    page.mouse.wheel(0, -240)
    until(page, lambda: visitor.units() > 1.05 * before)
    ground = "getComputedStyle(document.body).backgroundColor"
    line = f"document.querySelector('{MAP}')._fullLayout.xaxis.gridcolor"
    light = page.evaluate(f"[{ground}, {line}]")
    zoomed = visitor.units()
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Light")).to_be_visible()
    until(page, lambda: page.evaluate(f"{line} !== {json.dumps(light[1])}"))
    assert page.evaluate(ground) == "rgb(20, 22, 28)"
    assert light[0] == "rgb(255, 255, 255)"
    assert visitor.units() == pytest.approx(zoomed)
    page.emulate_media(color_scheme="dark")  # what a person chose is stronger than the system
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(f"[{ground}, {line}]") == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(request, browser, browser_context_args, digits_file, scheme):
    with stay(request, browser, **browser_context_args, color_scheme=scheme) as page:
        FileVisitor(page, Run.open(EXAMPLES / "digits-2d"), digits_file)
        # The figure is Plotly's own, drawn as the app draws it.
        found = Axe().run(page, context={"exclude": [[".ex-chart"]]})
        assert not found.response["violations"], found.generate_report()


def test_on_a_phone_a_finger_decodes_and_nothing_is_too_wide(request, browser, digits_file):
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "offline": True}
    with stay(request, browser, **options) as page:
        visitor = FileVisitor(page, Run.open(EXAMPLES / "digits-2d"), digits_file)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        before = visitor.z
        page.touchscreen.tap(*visitor.place(0.5, 0.45)[0])
        until(page, lambda: not np.array_equal(visitor.z, before))
        assert visitor.shows(visitor.z)
        # What is decoded stands above the map, and stays in sight further down.
        page.evaluate("scrollTo(0, 500)")
        until(page, lambda: page.evaluate("scrollY") > 400)
        expect(page.get_by_test_id("decoded")).to_be_in_viewport(ratio=1)


def test_a_group_is_in_the_file_with_its_mean_and_is_saved(page, tmp_path, monkeypatch):
    run = Run.open(EXAMPLES / "digits-2d")
    digits = run.images()
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    sixes = np.flatnonzero(digits.labels == 6)
    keep_group(digits.image_hash, "all the sixes", sixes)
    file = run.to_html(tmp_path / "digits.html")
    visitor = FileVisitor(page, run, file)
    chosen, marks = page.get_by_test_id("chosen-0"), page.locator(f"{MAP} canvas.linked-marks")

    # A group, its mean, and its table.
    chosen.get_by_label("Group").select_option("all the sixes")
    expect(marks).to_have_attribute("data-marked", f'{{"x":{len(sixes)}}}')
    expect(chosen.get_by_role("status")).to_have_text(f"{len(sixes)} images chosen: {len(sixes)} × “6”")
    pictures = chosen.locator("canvas")
    assert pictures.count() == 40
    np.testing.assert_array_equal(grey(pictures.first), digits.images[sixes[0], 0])
    chosen.get_by_role("button", name="Go to the mean").click()
    visitor.frame()
    mean = run.engine.encode(digits.images[sixes]).mu.mean(0)
    np.testing.assert_allclose(visitor.z, mean, atol=1e-3)
    assert visitor.shows(mean)
    until(page, lambda: "group=all%20the%20sixes" in page.url)
    with page.expect_download() as download:
        chosen.get_by_role("button", name="Save as CSV").click()
    download.value.save_as(tmp_path / "sixes.csv")
    table = pd.read_csv(tmp_path / "sixes.csv")
    assert table["image"].tolist() == sixes.tolist()
    assert set(table["label"]) == {6}
    np.testing.assert_allclose(table[["mu1", "mu2"]], run.engine.encode(digits.images[sixes]).mu, atol=1e-5)


def test_a_line_around_images_is_no_click_and_in_the_address(visitor):
    page = visitor.page
    chosen, marks = page.get_by_test_id("chosen-0"), page.locator(f"{MAP} canvas.linked-marks")
    expect(chosen).to_be_hidden()
    page.locator(".lasso-button").first.click()
    places = page.evaluate(PLACES, ".st-key-latent-map")
    left, top = visitor.place(0.5, 0.5)[0]
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((left + 90, top), (left + 90, top + 70), (left, top + 70), (left, top + 3)):
        page.mouse.move(*corner, steps=4)
    page.mouse.up()
    inside = {p["index"] for p in places if left + 1 < p["x"] < left + 89 and top + 1 < p["y"] < top + 69}
    around = {p["index"] for p in places if left - 1 < p["x"] < left + 91 and top - 1 < p["y"] < top + 71}
    until(page, lambda: "chosen=" in page.url)
    numbers = {int(number) for number in page.url.partition("chosen=")[2].split("-")}
    assert len(inside) > 20
    assert inside <= numbers <= around
    page.mouse.move(5, 5)
    visitor.frame()
    np.testing.assert_array_equal(visitor.z, visitor.start)

    # As it was left, opened again; and with nothing chosen.
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(marks).to_have_attribute("data-marked", f'{{"x":{len(numbers)}}}')
    assert page.url == address
    chosen.get_by_role("button", name="Clear").click()
    expect(marks).to_have_attribute("data-chosen", "0")
    expect(chosen).to_be_hidden()
    assert "chosen=" not in page.url


def test_each_map_of_a_file_goes_to_a_mean_of_its_own(page, tmp_path):
    runs = [Run.open(EXAMPLES / name) for name in ("digits-2d", "digits-ae-2d")]
    digits, chosen = runs[0].images(), [6, 16, 26, 34]
    file = explorer(*runs).save(tmp_path / "both.html")
    page.goto(f"{file.as_uri()}#chosen=6-16-26-34-99999")
    roots = page.get_by_test_id("latent-canvas")
    expect(roots.last).to_have_attribute("data-state", "ready")
    expect(page.get_by_role("status").filter(has_text="images chosen")).to_have_text("4 images chosen: 4 × “6”")
    for mark in page.locator("canvas.linked-marks").all():
        expect(mark).to_have_attribute("data-chosen", "4")
    page.get_by_role("button", name="Go to the mean").click()
    for run, root in zip(runs, roots.all(), strict=True):
        mean = run.engine.encode(digits.images[chosen]).mu.mean(0)
        until(page, lambda root=root, mean=mean: np.allclose(json.loads(root.get_attribute("data-z")), mean, atol=2e-3))
    page.wait_for_timeout(200)  # none leads the other away
    for run, root in zip(runs, roots.all(), strict=True):
        mean = run.engine.encode(digits.images[chosen]).mu.mean(0)
        np.testing.assert_allclose(json.loads(root.get_attribute("data-z")), mean, atol=2e-3)


def test_two_models_follow_one_pointer(page, tmp_path):
    runs = [Run.open(EXAMPLES / name) for name in ("digits-2d", "digits-ae-2d")]
    file = explorer(*runs).save(tmp_path / "two.html")
    page.goto(file.as_uri())
    roots = page.get_by_test_id("latent-canvas")
    for index in range(2):
        expect(roots.nth(index)).to_have_attribute("data-state", "ready")
    until(page, lambda: page.evaluate("document.querySelectorAll('.js-plotly-plot .nsewdrag').length === 2"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Digits (VAE 2-D) beside Digits (AE 2-D)")
    point = loneliest(page.evaluate(PLACES, ".st-key-latent-map-0"))
    page.mouse.move(point["x"], point["y"])
    other = next(p for p in page.evaluate(PLACES, ".st-key-latent-map-1") if p["index"] == point["index"])

    def z_of(index):
        return json.loads(roots.nth(index).get_attribute("data-z") or "[9, 9]")

    until(page, lambda: np.allclose(z_of(1), [other["dataX"], other["dataY"]], atol=0.01))
    page.get_by_label("Same place").check()
    page.mouse.move(point["x"] + 1, point["y"])
    until(page, lambda: z_of(1) == z_of(0))


def test_without_images_there_is_a_map_and_no_picture_of_one(page, tmp_path):
    run = Run.open(EXAMPLES / "faces-8d")
    file = run.explorer(images=False, points=500, kind="pca").save(tmp_path / "faces.html")
    assert b'data-part="images-0"' not in file.read_bytes()
    page.goto(file.as_uri())
    canvas(page)
    page.wait_for_selector(".js-plotly-plot .nsewdrag")
    expect(page.get_by_test_id("real")).to_be_hidden()
    expect(page.get_by_text("The nearest images")).to_be_hidden()
    assert len(page.evaluate(PLACES, ".st-key-latent-map")) == 500
    expect(page.locator(".xtitle")).to_contain_text("PC 1")


@pytest.mark.parametrize("webgl", [True, False])
def test_many_points_are_drawn_with_webgl_or_without(page, tmp_path, webgl):
    """With WebGL the policy allows Plotly to make functions of text, and still no request."""
    file = Run.open(EXAMPLES / "faces-8d").to_html(tmp_path / "faces.html")
    if not webgl:
        page.add_init_script(WITHOUT_WEBGL)
    page.goto(file.as_uri())
    page.wait_for_selector(".js-plotly-plot .nsewdrag")
    kinds = page.evaluate(f"document.querySelector('{MAP}')._fullData.map((trace) => trace.type)")
    assert set(kinds) == {"scattergl" if webgl else "scatter"}
    expect(page.locator(MAP)).not_to_contain_text("WebGL is not supported")
    assert len(page.evaluate(PLACES, ".st-key-latent-map")) == 10_000
    policy = page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert "'unsafe-eval'" in policy
    assert "http" not in policy


def test_a_file_that_is_broken_says_so(page, digits_file, tmp_path):
    text = digits_file.read_text()
    start = text.index('data-part="map-0">') + len('data-part="map-0">')
    broken = tmp_path / "broken.html"
    broken.write_text(text[:start] + text[text.index("</script>", start) :])
    page.goto(broken.as_uri())
    expect(page.get_by_role("alert").first).to_have_text("This page could not be opened: the file is not whole.")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/explore?run=digits-2d&z=0.5,-0.25", "digits-2d.html"),
        ("/compare?run=digits-2d&with=digits-ae-2d", "digits-2d-digits-ae-2d.html"),
    ],
)
def test_saved_from_the_app_it_shows_what_the_page_showed(request, browser, base_url, tmp_path, address, name):
    with stay(request, browser, base_url=base_url, viewport={"width": 1400, "height": 1000}) as page:
        page.goto(address)
        expect(page.get_by_test_id("latent-canvas").first).to_have_attribute("data-state", "ready")
        idle(page)
        page.get_by_role("button", name="Share").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save as HTML").click()
        assert download.value.suggested_filename == name
        file = tmp_path / name
        download.value.save_as(file)
        shown = page.get_by_test_id("latent-canvas").first.get_attribute("data-z")
    with stay(request, browser, offline=True, viewport={"width": 1400, "height": 1000}) as page:
        page.goto(file.as_uri())
        root = page.get_by_test_id("latent-canvas").first
        expect(root).to_have_attribute("data-z", re.compile(r"^\["))
        assert json.loads(root.get_attribute("data-z")) == pytest.approx(json.loads(shown), abs=1e-3)
        page.wait_for_selector(".js-plotly-plot .nsewdrag")


def test_the_link_of_a_page_can_be_copied_and_sent(request, browser, base_url):
    with stay(request, browser, base_url=base_url, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.add_init_script("navigator.share = async (what) => { window.sharedWith = what; }")
        page.goto("/explore?run=digits-2d&z=0.5,-0.25")
        expect(page.get_by_test_id("latent-canvas")).to_have_attribute("data-state", "ready")
        idle(page)
        page.get_by_role("button", name="Share").click()
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_text("Copied. It opens on this machine only.")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == page.url
        assert "z=0.5,-0.25" in page.url.replace("%2C", ",")
        page.get_by_role("button", name="Send …").click()
        assert page.evaluate("window.sharedWith.url") == page.url


def test_a_run_goes_out_in_a_zip_and_comes_in_elsewhere(request, browser, base_url, tmp_path):
    with stay(request, browser, base_url=base_url, viewport={"width": 1400, "height": 1000}) as page:
        page.goto("/explore?run=digits-2d")
        canvas(page)
        idle(page)
        page.get_by_role("button", name="Share").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save as zip").click()
        assert download.value.suggested_filename == "digits-2d.zip"
        file = tmp_path / "From a colleague.zip"
        download.value.save_as(file)
        page.goto("/runs")
        idle(page)

        def give(path):
            page.get_by_role("button", name="Open a run from elsewhere").click()
            page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)
            idle(page)
            page.get_by_role("button", name="Open it").click()

        broken = tmp_path / "broken.zip"
        broken.write_bytes(file.read_bytes()[:1000])
        give(broken)
        expect(page.get_by_text("broken.zip is not a zip archive, or is damaged or cut off.")).to_be_visible()
        page.reload()
        idle(page)
        give(file)
        page.wait_for_url(re.compile(r"/explore\?run=digits-2d-2"))  # beside the example
        canvas(page)
        idle(page)
        expect(page.get_by_role("combobox", name="Model")).to_have_value("Digits · VAE 2-D")  # and no example


def test_the_numbers_of_a_map_are_saved(request, browser, base_url, tmp_path):
    run = Run.open(EXAMPLES / "digits-2d")
    wanted = run.engine.encode(run.images().images).mu
    with stay(request, browser, base_url=base_url, viewport={"width": 1400, "height": 1000}) as page:
        page.goto("/explore?run=digits-2d")
        canvas(page)
        idle(page)
        page.get_by_role("button", name="Share").click()

        def save(button, name):
            with page.expect_download() as download:
                page.get_by_role("button", name=button, exact=True).click()
            assert download.value.suggested_filename == name
            download.value.save_as(tmp_path / name)
            return tmp_path / name

        table = pd.read_csv(save("CSV", "digits-2d-codes.csv"))
        np.testing.assert_allclose(table[["mu1", "mu2"]], wanted, atol=1e-5)
        np.testing.assert_allclose(pd.read_parquet(save("Parquet", "digits-2d-codes.parquet"))["mu1"], wanted[:, 0])
        np.testing.assert_allclose(np.load(save("NPZ", "digits-2d-codes.npz"))["mu"], wanted, atol=1e-6)
        with zipfile.ZipFile(save("ONNX", "digits-2d-onnx.zip")) as archive:
            decoder = onnxruntime.InferenceSession(archive.read("decoder.onnx"))
        decoded = decoder.run(None, {"z": wanted[:5].astype(np.float32)})[0]
        np.testing.assert_allclose(decoded, run.engine.decode(wanted[:5]), atol=1e-5)
