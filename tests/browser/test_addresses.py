"""What a teacher sends: an address that opens on the same run, the same place and settings."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from pages._ui import resources
from tests.browser.steps import canvas, click_point, idle, server_canvas, until
from vaelab.datasets import load_dataset
from vaelab.runs import Run

pytestmark = pytest.mark.browser

#: What a page shows: its controls' values, its pictures and tables; not the canvas' own.
SHOWN = """
() => {
    const all = (selector) => Array.from(document.querySelectorAll(`.stMain ${selector}`))
        .filter((element) => !element.closest(".latent-canvas"));
    const inputs = all("input").map((input) => ["checkbox", "radio"].includes(input.type)
        ? input.checked : input.value);
    return JSON.stringify({
        inputs,
        chosen: all('[data-testid$="Active"], [aria-checked="true"]').map((each) => each.innerText),
        pictures: all("img").filter((image) => image.offsetParent).map((image) => image.src),
        tables: all("table").map((table) => table.innerText),
    });
}
"""


def shown(page):
    return json.loads(page.evaluate(SHOWN))


def asked(page):
    """What stands in the URL."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


@pytest.fixture
def new_visitor(context):
    """Another person, who opens an address."""
    pages = []

    def visit(address):
        pages.append(context.new_page())
        pages[-1].goto(address)
        return pages[-1]

    yield visit
    for page in pages:
        assert page.get_by_test_id("stException").count() == 0


def chart(page, key):
    """The container's chart, drawn."""
    page.wait_for_selector(f".st-key-{key} .js-plotly-plot .nsewdrag")


def z_of(page):
    return json.loads(canvas(page).get_attribute("data-z"))


def panel(page):
    """The picture of the image that the panel below the canvas is about."""
    return page.locator('img[alt^="Image "]').first


def test_an_address_opens_on_its_place_and_settings(page):
    page.goto("/explore?run=digits-2d&map=pca&grid=true&z=0.75,-2&image=12&through=-1,0.5;1,0.5")
    assert z_of(page) == pytest.approx([0.75, -2], abs=1e-4)
    expect(panel(page)).to_have_attribute("alt", "Image 12, “2”")
    expect(page.get_by_role("switch", name="Decoded grid")).to_be_checked()
    expect(page.get_by_role("radio", name="PCA")).to_be_checked()
    chart(page, "latent-map")
    expect(page.get_by_test_id("grid")).to_have_attribute("data-lattice", re.compile("rows"))
    # The canvas' own mark, on the map that the address names.
    place = "document.querySelector('.st-key-latent-map .js-plotly-plot')"
    projection = resources.made(Run.open(resources.EXAMPLES / "digits-2d"), "pca")
    x, y = projection.place(np.array([[0.75, -2]], np.float32))[0]
    mark = page.get_by_test_id("here").bounding_box()
    there = page.evaluate(
        f"""([x, y]) => {{
            const {{ xaxis, yaxis }} = {place}._fullLayout;
            const {{ left, top }} = {place}.getBoundingClientRect();
            return [left + xaxis._offset + xaxis.d2p(x), top + yaxis._offset + yaxis.d2p(y)];
        }}""",
        [float(x), float(y)],
    )
    centre = [mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2]
    assert centre == pytest.approx(there, abs=1.5)
    idle(page)
    assert z_of(page) == pytest.approx([0.75, -2], abs=1e-4)
    # And the way that it names, until that is cleared.
    expect(page.get_by_test_id("path")).to_contain_text("From A to B")
    assert page.locator(".st-key-latent-map .lc-pin").count() == 2
    page.get_by_test_id("path").get_by_role("button", name="Clear").click()
    until(page, lambda: "through" not in asked(page))
    assert asked(page)["image"] == "12"


def test_a_pin_can_be_sent(page, new_visitor):
    page.goto("/explore?run=digits-2d")
    chart(page, "latent-map")
    start = z_of(page)
    idle(page)
    assert "z" not in asked(page)
    point = click_point(page, "latent-map")
    page.wait_for_url(re.compile(rf"image={point['index']}\b"))
    page.mouse.move(5, 5)
    run, data = Run.open(resources.EXAMPLES / "digits-2d"), load_dataset("digits")
    mu = run.engine.encode(data.images[[point["index"]]]).mu[0]
    written = [float(part) for part in asked(page)["z"].split(",")]
    assert written == [round(float(value), 3) for value in mu]
    idle(page)
    address, pictures = page.url, shown(page)["pictures"]
    assert len(pictures) >= 4

    other = new_visitor(address)
    assert z_of(other) == pytest.approx(mu.tolist(), abs=2e-3)
    until(other, lambda: shown(other)["pictures"] == pictures)
    assert other.url == address
    # And so has the server, for those whose browser cannot decode.
    other.goto(f"{address}&live=false")
    server_canvas(other)
    assert z_of(other) == pytest.approx(mu.tolist(), abs=2e-3)
    assert asked(other)["live"] == "false"

    page.go_back()  # to where there was no pin yet
    until(page, lambda: "z" not in asked(page))
    until(page, lambda: z_of(page) == pytest.approx(start, abs=1e-4))
    until(page, lambda: shown(page)["pictures"] != pictures)


def test_a_label_is_part_of_a_place(page, new_visitor):
    page.goto("/explore?run=digits-labels-2d&z=0.1,0.2&label=7")
    assert z_of(page) == pytest.approx([0.1, 0.2], abs=1e-4)
    label = canvas(page).get_by_label("Label")
    expect(label).to_have_value("7")
    chart(page, "latent-map")
    idle(page)
    label.select_option("3")
    page.wait_for_url(re.compile("label=3"))
    other = new_visitor(page.url)
    expect(canvas(other).get_by_label("Label")).to_have_value("3")
    assert z_of(other) == pytest.approx([0.1, 0.2], abs=1e-4)


def test_a_pin_does_not_send_the_map_again(page):
    frames = []
    # Not the list's own method, which Playwright cannot mark as its listener.
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: frames.append(f)))  # noqa: PLW0108
    page.goto("/explore?run=digits-2d&z=0.75,-2")
    chart(page, "latent-map")
    canvas(page)
    idle(page)

    def with_map():  # the header of its file is JSON within JSON
        return sum(isinstance(frame, bytes) and b'\\"radii\\"' in frame for frame in frames)

    assert with_map() == 1
    before = page.url
    click_point(page, "latent-map")
    until(page, lambda: page.url != before)
    idle(page)
    assert with_map() == 1


def test_a_wrong_place_is_answered_by_a_sentence(page):
    page.goto("/explore?run=digits-2d&z=1,2,3&map=nonsense&points=many&grid=perhaps")
    expect(page.get_by_test_id("stAlert")).to_contain_text("a place of 3 numbers, and the codes of Digits have 2")
    canvas(page)
    chart(page, "latent-map")
    until(page, lambda: asked(page) == {"run": "digits-2d"})
    idle(page)
    click_point(page, "latent-map")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_what_a_page_is_set_to_can_be_sent(page, new_visitor):
    """Each page's settings are tested without a browser: see tests/test_addresses.py."""
    page.goto("/interpolate?run=digits-2d&map=pca&way=spherical&steps=6&a=12&b=99&along=0.9")
    for text in ("A: Image 12, “2”", "B: Image 99, “1”", "From A to B: 90%"):
        expect(page.locator(".stMain")).to_contain_text(text)
    before = shown(page)
    at_first = asked(page)
    page.get_by_role("slider", name="Steps").press("ArrowRight")
    page.wait_for_url(re.compile("steps=7"))
    assert asked(page) == at_first | {"steps": "7"}
    until(page, lambda: shown(page) != before)
    idle(page)
    after = shown(page)
    other = new_visitor(page.url)
    until(other, lambda: shown(other) == after)
    assert asked(other) == asked(page)


def test_back_undoes_a_setting(page):
    page.goto("/interpolate?run=digits-2d")
    expect(page.get_by_role("radio", name="Linear")).to_be_checked()
    idle(page)
    page.get_by_text("Spherical", exact=True).click()
    page.wait_for_url(re.compile("way=spherical"))
    idle(page)
    page.go_back()
    expect(page.get_by_role("radio", name="Linear")).to_be_checked()
    idle(page)
    assert "way" not in asked(page)


def test_the_menu_leads_back_to_a_page_as_it_was_left(page):
    page.goto("/interpolate?run=digits-2d&way=spherical&steps=6")
    expect(page.get_by_role("radio", name="Spherical")).to_be_checked()
    idle(page)
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    idle(page)
    assert asked(page) == {}
    page.get_by_role("link", name="Interpolate").click()
    expect(page.get_by_role("radio", name="Spherical")).to_be_checked()
    until(page, lambda: asked(page) == {"run": "digits-2d", "way": "spherical", "steps": "6"})


def test_a_presentation_goes_along_with_a_link_and_back_is_one_step(page):
    page.goto("/?present=true")
    idle(page)
    page.get_by_test_id("stMain").get_by_role("link", name="Bring your own images").click()
    expect(page.get_by_role("heading", level=1, name="Images")).to_be_visible()
    idle(page)
    assert asked(page) == {"add": "files", "present": "true"}
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="vaelab")).to_be_visible()
    idle(page)
    assert asked(page) == {"present": "true"}
    expect(page.get_by_role("switch", name="Presentation")).to_be_checked()
