"""Somebody at a latent canvas: in the app, in the canvas alone, or in an exported file."""

import json

import numpy as np
from playwright.sync_api import expect

from pages._ui import browser_files
from tests.browser.steps import canvas, idle, open_app, until
from tests.js.harness import FILES, SEVERAL, kind_of, to_base64
from vaelab.datasets import load_dataset
from vaelab.export.modules import read
from vaelab.images import to_pixels
from vaelab.latent.density import nearest_codes
from vaelab.latent.units import code_scale
from vaelab.runs import results

MAP = ".st-key-latent-map .js-plotly-plot"
#: The chart's own axes, and where the plot lies on the page.
AXES = f"""() => {{
    const gd = document.querySelector("{MAP}");
    const box = gd.querySelector(".nsewdrag").getBoundingClientRect();
    const {{ xaxis, yaxis }} = gd._fullLayout;
    return {{ left: box.left, top: box.top, width: box.width, height: box.height,
        x: [xaxis.p2d(0), xaxis.p2d(box.width)], y: [yaxis.p2d(0), yaxis.p2d(box.height)] }};
}}"""
PIXELS = """(element) => {
    const { width, height } = element;
    return Array.from(element.getContext("2d").getImageData(0, 0, width, height).data);
}"""


def close(said, z):
    """Whether what was said is z, or, if none is given, whether anything was said."""
    return said is not None and (z is None or np.allclose(said, z, atol=0.01 + 1e-3 * np.abs(z).max()))


class Visitor:
    """A page on a run, and what is known of it here."""

    def __init__(self, page, run, kind=None):
        self.page = page
        self.run = run
        self.kind = kind or next(k for k in results.kinds_of_map(run.config.latent_dim) if k != "umap")
        self.data = load_dataset(run.config.dataset, run.config.preprocessing)
        self.map = results.read(run, self.kind) or results.make(run, self.data, self.kind)
        self.open()
        self.start = self.z

    def open(self):
        page = self.page
        open_app(page, f"/explore?run={self.run.name}")
        self.root = canvas(page)
        idle(page)
        name = {"pca": "PCA", "umap": "UMAP", "plane": "Latent plane"}[self.kind]
        radio = page.get_by_role("radio", name=name)
        if not radio.is_checked():
            radio.click()
            axis = {"pca": "PC 1 (", "umap": "UMAP 1", "plane": "z1"}[self.kind]
            expect(page.locator(f"{MAP} .xtitle", has_text=axis)).to_be_visible()
        idle(page)

    def rest(self):
        """Wait until what was done has had its effect."""
        idle(self.page)

    def heard(self):
        """What changes when Python hears of something."""
        sheet = self.page.locator('img[alt="The real images nearest to z"]')
        return sheet.get_attribute("src")

    def assert_pinned(self, z=None):
        """Python was told where z came to rest."""
        expect(self.page.get_by_text("The nearest image")).to_be_visible()
        if z is not None:
            nearest = self.nearest(z)
            expect(self.page.locator(f'img[alt^="Image {nearest}"]')).to_be_visible()

    @property
    def scale(self):
        """What each number of a code counts in a distance."""
        return code_scale(self.map.codes, self.map.sigma, self.run.config.model == "vae")

    def nearest(self, z):
        """The image whose code is nearest."""
        return int(self.map.indices[nearest_codes(self.map.codes, z, 1, self.scale)[0]])

    def begin_again(self):
        """Put away what a test before this one has left."""
        self.page.mouse.move(5, 5)
        self.page.get_by_role("button", name="Clear pad").click()
        self.page.get_by_test_id("decoded").press("Escape")
        self.page.get_by_role("button", name="Origin", exact=True).click()
        self.page.evaluate("document.querySelector('[data-testid=stMain]')?.scrollTo(0, 0)")
        self.rest()

    def place(self, across, down):
        """A fraction of the plot, as a point of the page and as a place on the map."""
        axes = self.page.evaluate(AXES)
        point = axes["left"] + across * axes["width"], axes["top"] + down * axes["height"]
        (x0, x1), (y0, y1) = axes["x"], axes["y"]
        return point, np.array([x0 + across * (x1 - x0), y0 + down * (y1 - y0)])

    def units(self):
        """Pixels per unit of the map."""
        axes = self.page.evaluate(AXES)
        return axes["width"] / (axes["x"][1] - axes["x"][0])

    @property
    def z(self):
        return np.array(json.loads(self.root.get_attribute("data-z")))

    def frame(self):
        """Wait until what was asked for has been drawn."""
        self.page.evaluate("() => new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))")

    def decoded(self):
        """What the canvas shows, (C, H, W) in levels of gray."""
        return self.pixels(self.page.get_by_test_id("decoded"))

    def pixels(self, element):
        channels, height, width = self.data.image_shape
        flat = np.array(element.evaluate(PIXELS), dtype=np.uint8).reshape(height, width, 4)
        return flat[:, :, :channels].transpose(2, 0, 1)

    def shows(self, z):
        """Whether the picture is what torch decodes, but for rounding to levels of gray."""
        wanted = to_pixels(self.run.engine.decode(z))[0].transpose(2, 0, 1)
        return np.abs(wanted[: len(self.decoded())].astype(int) - self.decoded()).max() <= 1

    def where(self, image):
        """The point of the page where an image lies."""
        x, y = self.map.coordinates[np.flatnonzero(self.map.indices == image)[0]].tolist()
        axes = self.page.evaluate(AXES)
        (x0, x1), (y0, y1) = axes["x"], axes["y"]
        return (
            axes["left"] + axes["width"] * (x - x0) / (x1 - x0),
            axes["top"] + axes["height"] * (y - y0) / (y1 - y0),
        )


class BareVisitor(Visitor):
    """The canvas without Streamlit; the chart beside it has axes and nothing else."""

    def open(self):
        places = self.map.coordinates
        middle = (places.min(0) + places.max(0)) / 2
        reach = 0.55 * np.ptp(places, axis=0).max()  # the same scale along both axes
        ranges = np.stack([middle - reach, middle + reach], axis=1).tolist()
        key, side = "latent-map", 600
        self.page.evaluate(SEVERAL, FILES | {"keys": [key], "side": side, "ranges": [ranges]})
        # Away from the page's corner, where the pointer rests.
        layout = f"""
            main {{ margin-left: {side + 40}px; }}
            .js-plotly-plot {{ left: 20px !important; top: 20px !important; }}
        """
        self.page.add_style_tag(content=read("latent_canvas/component.css") + layout)
        for file in (
            browser_files.browser_model(self.run),
            browser_files.browser_map(self.run, self.data, self.map, key),
        ):
            self.page.evaluate(
                "([kind, file, key]) => { send(kind, file, key); }",
                [kind_of(file), to_base64(file), key],
            )
        self.root = canvas(self.page)

    def rest(self):
        self.frame()

    def heard(self):
        return self.page.evaluate("sent.length")

    def assert_pinned(self, z=None):
        said = "sent.findLast(([, name, pin]) => name === 'pin' && pin)?.[2].z"
        until(self.page, lambda: close(self.page.evaluate(said), z))


class FileVisitor(Visitor):
    """An exported file, opened from the disk by a browser without a network."""

    def __init__(self, page, run, file, kind=None):
        self.file = file
        super().__init__(page, run, kind)

    def open(self):
        self.page.goto(self.file.as_uri())
        self.page.wait_for_selector(".js-plotly-plot .nsewdrag")
        self.root = canvas(self.page)

    def rest(self):
        self.frame()

    def heard(self):
        """What changes when it is noted where z rests."""
        return self.page.url

    def assert_pinned(self, z=None):
        def noted():
            text = self.page.url.partition("#z=")[2].partition("&")[0]
            return [float(part) for part in text.split(",")] if text else None

        until(self.page, lambda: close(noted(), z))  # where z was before may still be there
