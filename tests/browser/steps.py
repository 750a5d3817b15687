"""What visitors do, in more than one test."""

import math
import re
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import expect

from tests.patience import SECONDS

#: Where a map's points are on the screen: plot, class and number in, page coordinates out.
PLACES = """
(selector) => {
    const gd = document.querySelector(selector + " .js-plotly-plot");
    const box = gd.querySelector(".nsewdrag").getBoundingClientRect();
    const { xaxis, yaxis } = gd._fullLayout;
    return gd._fullData.filter((t) => t.customdata).flatMap((t) =>
        Array.from(t.x, (x, i) => ({
            index: t.customdata[i], name: t.name,
            x: box.left + xaxis.d2p(x), y: box.top + yaxis.d2p(t.y[i]), dataX: x, dataY: t.y[i],
        })));
}
"""

#: The live figure of a lesson, once it is drawn.
LESSON_READY = '[data-testid="lesson-figure"][data-state="ready"]'

#: Evaluated in each page before anything of its own: notes when it last wrote to the server, and
#: was last answered, and how often.
TRAFFIC = """
window.traffic = { sent: 0, answered: 0, answers: 0 };
window.WebSocket = class extends WebSocket {
    constructor(...all) {
        super(...all);
        this.addEventListener("message", () => {
            traffic.answered = performance.now();
            traffic.answers++;
        });
    }
    send(message) {
        traffic.sent = performance.now();
        super.send(message);
    }
};
"""

#: Done once Streamlit says that its script is not running, has answered what was sent to it, and
#: has stayed so for a moment: some controls wait a little before they send what was done to them.
#: A moment is counted in looks, of which a page that is busy gets none while others wait their turn.
#: What the server does not answer in a quarter of a minute, it never will; one that has just begun, on a machine
#: with much else to do, has been seen to take 12 s.
IDLE = """
(patience) => new Promise((done, fail) => {
    const began = performance.now();
    let since = began;
    let looks = 0;
    const look = () => {
        const now = performance.now();
        if (now - began > patience) fail(new Error("The page did not come to rest."));
        const app = document.querySelector("[data-test-script-state]");
        const { sent, answered } = traffic;
        const waiting = sent > answered && now - sent < 15_000;
        const running = app?.dataset.testScriptState !== "notRunning";
        if (waiting || running || document.querySelector("[data-testid=stSkeleton]") || sent > since) {
            since = now;
            looks = 0;
        }
        if (++looks > 6 && now - since > 150) done();
        else setTimeout(look, 20);
    };
    look();
})
"""


def open_app(page, address="/explore"):
    page.goto(address)
    page.wait_for_selector(".js-plotly-plot .nsewdrag")


def read_files(page, files):
    """Give files, or a folder, on the Images page; returns the figures of the report, by name."""
    page.goto("/images?add=folder" if isinstance(files, Path) and files.is_dir() else "/images?add=files")
    idle(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
    page.get_by_role("button", name=re.compile(r"^Read [\d,]+ file")).click()
    expect(page.get_by_role("button", name="Keep")).to_be_visible()
    idle(page)
    names = page.get_by_test_id("stMetricLabel").all_inner_texts()
    return dict(zip(map(str.strip, names), page.get_by_test_id("stMetricValue").all_inner_texts(), strict=True))


def saved(page, button, tmp_path):
    """The file that a button saves."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    return file


def keep(page, name):
    """Keep the images that were read, under a name; the page then shows them."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Name", exact=True).press("Enter")
    idle(page)
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("heading", level=2, name=name, exact=True)).to_be_visible()
    idle(page)


def train_here(page, epochs):
    """On the Train page, train with what is set but for the epochs, and open Explore on it."""
    expect(page.get_by_text("Why these settings")).to_be_visible()
    idle(page)
    field = page.get_by_label("Epochs", exact=True)
    field.fill(str(epochs))
    field.press("Enter")
    idle(page)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text(re.compile(f"Finished · {epochs:,} of {epochs:,} epoch"))).to_be_visible()
    idle(page)
    page.get_by_test_id("stMain").get_by_role("button", name="Explore").click()
    page.wait_for_url(re.compile(r"/explore\?run=own-"))
    page.wait_for_selector(".js-plotly-plot .nsewdrag")
    idle(page)


def open_lesson(page, slug):
    """Open a lesson; returns its figure, once it is drawn."""
    page.goto(f"/learn?lesson={slug}")
    figure = page.locator(LESSON_READY)
    expect(figure).to_be_visible()
    idle(page)
    return figure


def lesson_ready(page):
    """Wait until the live figure of the lesson that was turned to is drawn, and that of the one before is gone."""
    idle(page)
    expect(page.locator(LESSON_READY)).to_be_visible()


def predict(page, option, is_right):
    """Answer a lesson's question by the number of an option; it says whether that is right."""
    page.locator('[class*="st-key-predict-"]').get_by_test_id("stRadioOption").nth(option).click()
    verdict = "stAlertContentSuccess" if is_right else "stAlertContentInfo"
    expect(page.get_by_test_id("stMain").get_by_test_id(verdict)).to_be_visible()


#: Every pixel of a canvas, or of a grid of them.
PIXELS = """(canvas, step) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const pixels = [];
    const half = Math.floor((step - 1) / 2);
    for (let y = half; y < height; y += step)
        for (let x = half; x < width; x += step) {
            const at = 4 * (y * width + x);
            pixels.push(Array.from(data.subarray(at, at + 4)));
        }
    return pixels;
}"""


def rgba(canvas, step=1):
    """The pixels of a canvas, int ``(N, 4)``; with ``step``, one of so many each way."""
    return np.array(canvas.evaluate(PIXELS, step))


def grey(canvas):
    """The levels of grey of a square image on a canvas, ``(N, N)``."""
    levels = rgba(canvas)[:, 0]
    side = math.isqrt(len(levels))
    return levels.reshape(side, side)


def numbers(text):
    """Every number that a text says, whole or not."""
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))]


def decimals(text):
    """Every number that a text says with a decimal point."""
    return [float(found) for found in re.findall(r"-?\d+\.\d+", text.replace("−", "-"))]


def idle(page):
    """Wait until Streamlit has nothing left to do."""
    page.evaluate(IDLE, 1000 * SECONDS)


def until(page, holds, seconds=SECONDS):
    """Wait until something is so; a page redraws in its own time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "It did not come about."
        page.wait_for_timeout(30)


def loneliest(places, of_class=None):
    """A point well apart from the others, so that a click means just that one."""

    def room(point):
        return min(
            (p["x"] - point["x"]) ** 2 + (p["y"] - point["y"]) ** 2 for p in places if p["index"] != point["index"]
        )

    candidates = [p for p in places if of_class in {None, p["name"]}]
    return max(candidates, key=room)


def model(page):
    return page.get_by_role("combobox", name="Model")


def picture(page, alt):
    return page.locator(f'img[alt="{alt}"]').get_attribute("src")


def click_point(page, key, of_class=None):
    point = loneliest(page.evaluate(PLACES, f".st-key-{key}"), of_class)
    page.mouse.click(point["x"], point["y"])
    return point


def canvas(page):
    """The live canvas, once it can decode."""
    root = page.get_by_test_id("latent-canvas")
    expect(root).to_have_attribute("data-state", "ready")
    return root


def without_live(page):
    """Have the server decode instead of the browser, as the address of the page can say."""
    canvas(page)
    idle(page)
    page.goto(f"{page.url}{'&' if '?' in page.url else '?'}live=false")
    expect(page.get_by_text("decoded on the server")).to_be_visible()
    return server_canvas(page)


def server_canvas(page):
    """The canvas, once the server has decoded what it asked for."""
    root = canvas(page)
    expect(root).to_have_attribute("data-z", re.compile(r"^\["))
    idle(page)
    return root
