"""How good, how diverse and how new drawn images are, as figures."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._generation.samples import SOURCES, codes_of
from pages._ui import frame, resources, widgets
from pages._ui.cached import per_run
from vaelab.datasets import ImageDataset
from vaelab.evaluation.drawing import quality_of
from vaelab.evaluation.judging import Judge, Quality
from vaelab.figures.generation import nearest_distances
from vaelab.runs import Run

READ_TOGETHER = (
    "High precision and coverage do not mean sharp images: they are compared by the first 32 principal components of "
    "their pixels, where a blur, as the mean of many images, lies among them. Blurs show in low recall; kinds of "
    "images that are missing show in low coverage, too."
)
MEANING = (
    "**Precision**: share of images that lie among real ones, up to 1. **Recall**: share of real images that lie among "
    "these, up to 1 (Kynkäänniemi et al. 2019); a few images far from all others can raise it: what counts as near "
    "to them reaches far. "
    "**Coverage**: share of real images that have one of these nearby, up to 1, which a few images cannot raise (Naeem "
    "et al. 2020). **KID**: kernel distance of the whole distribution from the real one; 0 is best, and what real "
    "images get on average, so chance may bring it below (Bińkowski et al. 2018). **Fréchet**: another distance, which "
    "chance makes too large where images are few. All five are measured in the first 32 principal "
    "components of the pixels, without any other network, so they compare images of this dataset "
    "only. **Distance**: the median distance to the nearest training image, root mean square over pixels "
    "from 0 to 1; that of a model which had learned its images by heart would be near 0."
)


def draw_quality(run: Run, source: str, temperature: float) -> None:
    st.markdown("## How good, how diverse, how new", help=MEANING)
    temperatures = {"prior": temperature, "mixture": temperature, "reconstructed": 1, "real": 1}
    qualities = {SOURCES.get(kind, kind).lower(): _quality(run, kind, hot) for kind, hot in temperatures.items()}
    chosen = SOURCES[source].lower()
    columns = {
        "Images": [f"**{name}**" if name == chosen else name for name in qualities],
        "Precision": [f"{quality.precision:.2f}" for quality in qualities.values()],
        "Recall": [f"{quality.recall:.2f}" for quality in qualities.values()],
        "Coverage": [f"{quality.coverage:.2f}" for quality in qualities.values()],
        "KID": [f"{round(quality.kid, 3) + 0.0:.3f}" for quality in qualities.values()],
        "Fréchet": [f"{quality.frechet:.2f}" for quality in qualities.values()],
        "Distance": [f"{np.median(quality.nearest):.3f}" for quality in qualities.values()],
    }
    judge = _judge(resources.images_of(run))
    num, frechet = judge.num_images, qualities["real"].frechet
    table, figure = st.columns([5, 3], gap="medium")
    with table:
        st.table(turned(columns) if frame.is_narrow() else columns)
        st.markdown(f"{say_how_good(qualities[chosen], qualities['real'])} {READ_TOGETHER}")
        st.caption(
            f"{num:,} images of each kind, of all labels, against as many training images; new "
            f"ones drawn at temperature {temperature:g}. **Real** are held-out images, "
            "**reconstructed** the same after encoder and decoder, a mark that drawn images seldom reach. "
            f"Precisions, recalls or coverages closer than {2 * (0.5 / num) ** 0.5:.2f} may differ by chance; a KID "
            f"within {2 * judge.kid_deviation:.3f} of 0 may be that of real images. The Fréchet distance of so few "
            f"images is too large: even real ones get {frechet:.2f}."
        )
    with figure:
        widgets.chart(
            nearest_distances({name: each.nearest for name, each in qualities.items()}, "real"),
            key="nearest",
            config=widgets.NO_BAR,
        )


def turned(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same table with its rows as columns, of which there are fewer: for a narrow screen."""
    (_, names), *figures = columns.items()
    lines = zip(names, zip(*(column for _, column in figures), strict=True), strict=True)
    return {"": [name for name, _ in figures]} | {name: list(line) for name, line in lines}


def say_how_good(drawn: Quality, real: Quality) -> str:
    """What precision, coverage and recall come to, in plain words."""
    return (
        f"**{drawn.precision:.0%}** of the new images lie among real ones (held-out images: {real.precision:.0%}). "
        f"**{drawn.coverage:.0%}** of the real images have a new one nearby ({real.coverage:.0%}), and "
        f"**{drawn.recall:.0%}** lie among the new ones ({real.recall:.0%})."
    )


@per_run(max_entries=4, spinner="Getting ready to compare with real images …")
def _judge(data: ImageDataset) -> Judge:
    return Judge.of(data)


@per_run(max_entries=64, spinner="Measuring quality and diversity …")
def _quality(run: Run, kind: str, temperature: float) -> Quality:
    data = resources.images_of(run)
    return quality_of(kind, run.engine, data, _judge(data), temperature, codes_of(run, kind, None))
