"""The pages of the app, in the order of its menu: the one list that everything else reads."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PAGES", "PUT_TO_USE", "Page"]

#: What the menu calls the pages behind the others; the others have no group.
PUT_TO_USE = "Put to use"


class Page(NamedTuple):
    """A page: ``pages/<name>.py``, at the address ``/<name>``."""

    name: str
    #: In the menu.
    title: str
    icon: str
    #: What to do here first, in one sentence of markdown.
    first: str
    group: str = ""
    #: Above the page, where that is not its title in the menu.
    other_heading: str = ""
    #: Whether the menu leads there; if not, another page or an address does.
    in_menu: bool = True
    #: Whether Plotly draws in it from the start, which is most of what a browser has to fetch.
    has_chart: bool = True

    @property
    def path(self) -> str:
        """The page's file, as ``st.Page`` and ``st.switch_page`` take it."""
        return f"pages/{self.name}.py"

    @property
    def address(self) -> str:
        """The path of its URL; the first page is the app's own."""
        return "/" if self.name == "home" else f"/{self.name}"

    @property
    def heading(self) -> str:
        """What the page is called at its top."""
        return self.other_heading or self.title


PAGES = (
    Page(
        "home",
        "Start",
        ":material/home:",
        "Train a small autoencoder on images, and walk through what it learned: **move over the map**.",
        other_heading="vaelab",
    ),
    Page(
        "learn",
        "Learn",
        ":material/school:",
        "**Predict, then touch**: every figure is a trained model that runs in this page.",
        has_chart=False,
    ),
    Page(
        "explore",
        "Explore",
        ":material/explore:",
        "**Move over the map**: every place of it is decoded as you go. Click to pin one.",
    ),
    Page(
        "interpolate",
        "Interpolate",
        ":material/linear_scale:",
        "**Click two places** of the map, and play the way between them.",
    ),
    Page(
        "images",
        "Images",
        ":material/photo_library:",
        "**Add your own**, or take any of these, and train a model on them.",
        has_chart=False,
    ),
    Page(
        "collect",
        "Collect drawings",
        ":material/qr_code_2:",
        "**Open a set**, and have others scan its code: what they draw on their phones arrives here.",
        in_menu=False,
        has_chart=False,
    ),
    Page(
        "train",
        "Train",
        ":material/model_training:",
        "**Press Start training**, and watch the model learn.",
        has_chart=False,
    ),
    Page(
        "runs",
        "Runs",
        ":material/list:",
        "**Tick a run** to open or change it, several to lay their curves over one another.",
    ),
    Page(
        "compare",
        "Compare",
        ":material/compare:",
        "**Move over either map**: the other follows.",
    ),
    Page(
        "reduction",
        "Dimensionality reduction",
        ":material/map:",
        "**Draw a loop** around some points of one map: the same images are marked in all.",
        PUT_TO_USE,
    ),
    Page(
        "anomalies",
        "Anomaly detection",
        ":material/problem:",
        "**Choose what is odd**, then move the threshold and see which are caught.",
        PUT_TO_USE,
    ),
    Page(
        "denoising",
        "Denoising",
        ":material/deblur:",
        "**Move the strength** of the noise, and see what each method makes of it.",
        PUT_TO_USE,
    ),
    Page(
        "generation",
        "Generation",
        ":material/auto_awesome:",
        "**Press Draw again**: each image is made from random numbers alone.",
        PUT_TO_USE,
    ),
    Page(
        "arithmetic",
        "Latent arithmetic",
        ":material/calculate:",
        "**Choose two groups**: the step from one to the other can be added to any image.",
        PUT_TO_USE,
        has_chart=False,
    ),
)
