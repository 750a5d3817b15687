"""Generation: new images, beside the training images nearest to them, and how good they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages._ui import controls, fitting, frame, resources, widgets
from pages._ui.cached import per_run
from pages._ui.image_table import Strip, Words, draw_strips
from vaelab.evaluation.generation import (
    FEWEST_CODES,
    Judge,
    Prior,
    Quality,
    Samples,
    draw_labels,
    fit_posterior,
    generate,
    generate_each,
)
from vaelab.evaluation.samples import nearest_images
from vaelab.figures.generation import FRAME, nearest_distances
from vaelab.images import png, tile

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset
    from vaelab.latent.mixture import Mixture
    from vaelab.runs import Run

SOURCES = {"prior": "Prior", "mixture": "Aggregate posterior"}
#: What stands among the labels and is none.
ANY, EACH = "any", "each"
#: Pairs side by side.
COLUMNS = 12


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.GENERATION)
        data = resources.images_of(run)
        source = controls.segmented_control(
            "Draw codes from",
            param="source",
            key="code-source",
            options=list(SOURCES),
            default="prior",
            help="**Prior**: the normal distribution N(0, I), around the origin. **Aggregate "
            "posterior**: where the encoder really puts the training images, as a mixture of "
            "Gaussians fitted to their codes.",
            format_func=SOURCES.__getitem__,
        )
        label = choose_label(run, data, source)
        temperature = controls.slider(
            "Temperature",
            param="temperature",
            key="temperature",
            min_value=0.1,
            max_value=1.5,
            step=0.1,
            default=1.0,
            width=170,
            help="Multiplies the standard deviation of the prior, or of each Gaussian of the "
            "mixture. Below 1: images are more alike and, near 0, blurred. Above 1: more varied, and odder.",
        )
        number = controls.selectbox(
            "Samples",
            param="samples",
            key="samples",
            options=[12, 24, 48, 96],
            default=24,
            help="How many images to draw.",
            width=100,
        )

    fitting.say_what_suits(fitting.GENERATION, run)

    @frame.part()
    def body() -> None:
        draw_samples(run, data, source, label, temperature, number)

    draw_quality(run, source, temperature)


def choose_label(run: Run, data: ImageDataset, source: str) -> int | str:
    """Choose ``ANY``, ``EACH`` or the number of a label."""
    train_labels = data.labels_of(data.split.train)
    if train_labels is None:
        return ANY
    counts = np.bincount(train_labels, minlength=len(data.label_names))
    options: list[int | str] = [ANY, *np.flatnonzero(counts >= FEWEST_CODES).tolist()]
    if run.config.conditional:
        options.insert(1, EACH)
        how = "This model decodes a code together with the label you choose."
    else:
        how = (
            "This model knows no labels. For images of one label, the mixture is fitted to the "
            "codes of its training images alone; the prior cannot tell labels apart."
        )
    powerless = source == "prior" and not run.config.conditional

    def name(label: int | str) -> str:
        if isinstance(label, str):
            return label
        called = data.label_names[label]
        return f"“{called}”" if called in {ANY, EACH} else called

    label = controls.selectbox(
        "Label",
        param="label",
        key=f"generate-label:{data.key}:{run.config.conditional}",
        options=options,
        default=ANY,
        help=how,
        format_func=name,
        to_param=name,
        disabled=powerless,
        width=110,
    )
    return ANY if powerless else label


def draw_samples(
    run: Run,
    data: ImageDataset,
    source: str,
    label: int | str,
    temperature: float,
    number: int,
) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            "**New images**, each above the training image nearest to it (framed in blue). If "
            "the two were the same, the model would have learned its images by heart.",
            width="stretch",
        )
        seed = controls.seed("Draw again", key="generation-seed", help="Draw other codes.")
        columns = min(len(data.label_names), 13) if label == EACH else COLUMNS
        samples = sample(run, data, source, label, temperature, number, seed)
        st.download_button(
            "Save as PNG",
            lambda: png(tile(samples.images, columns, 2, max(1, 64 // data.image_shape[2]))),
            file_name=f"{run.name}-{source}-{seed}.png",
            mime="image/png",
            icon=":material/image:",
            help="All the new images in one picture.",
            on_click="ignore",  # a rerun would replace what is being fetched
        )
    if source == "prior" and not run.config.minimized.fills_prior:
        st.caption(
            "To an autoencoder the prior means nothing: many of these codes lie where it has put no image. "
            "Choose **Aggregate posterior** to draw from where it does put them."
        )
    if label == EACH and source == "prior":
        st.caption("Each row is one code, decoded with each of the labels.")
    nearest, distances = nearest_images(data.images[data.split.train], samples.images)
    rows: list[Strip | Words] = []
    for start in range(0, len(samples.images), columns):
        part = slice(start, start + columns)
        if run.config.conditional and samples.labels is not None:
            rows.append(Words("label", [data.label_names[y] for y in samples.labels[part]]))
        real = data.images[data.split.train[nearest[part]]]
        rows += [
            Strip("new", samples.images[part]),
            Strip("nearest in training", real, FRAME),
            Words("distance", [f"{distance:.2f}" for distance in distances[part]]),
        ]
    draw_strips(rows, columns)


def sample(
    run: Run,
    data: ImageDataset,
    source: str,
    label: int | str,
    temperature: float,
    number: int,
    seed: int,
) -> Samples:
    """Draw images as the toolbar says."""
    conditional = run.config.conditional
    only = label if isinstance(label, int) else None
    codes = _source(run, source, None if conditional else only)
    if label == EACH:
        assert data.labels is not None
        each = np.unique(data.labels[data.split.train])
        return generate_each(run.engine, codes, each, number // COLUMNS, temperature, seed)
    labels = None
    if conditional:
        labels = draw_labels(data, number, seed) if only is None else np.full(number, only)
    return generate(run.engine, codes, number, labels, temperature, seed)


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
            config={"displayModeBar": False},
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


@per_run(max_entries=32, spinner="Fitting the mixture of Gaussians to the codes …")
def _posterior(run: Run, label: int | None) -> Mixture | dict[int, Mixture]:
    return fit_posterior(run.engine, resources.images_of(run), label)


def _source(run: Run, source: str, label: int | None) -> Prior | Mixture | dict[int, Mixture]:
    return Prior(run.config.latent_dim) if source == "prior" else _posterior(run, label)


@per_run(max_entries=4, spinner="Getting ready to compare with real images …")
def _judge(data: ImageDataset) -> Judge:
    return Judge.of(data)


@per_run(max_entries=64, spinner="Measuring quality and diversity …")
def _quality(run: Run, kind: str, temperature: float) -> Quality:
    data = resources.images_of(run)
    judge = _judge(data)
    if kind == "real":
        return judge.judge(data.images[judge.held_out])
    if kind == "reconstructed":
        labels = data.labels_of(judge.held_out)
        return judge.judge(run.engine.reconstruct(data.images[judge.held_out], labels))
    source = _source(run, kind, None)
    labels = draw_labels(data, judge.num_images) if run.engine.num_labels else None
    samples = generate(run.engine, source, judge.num_images, labels, temperature)
    return judge.judge(samples.images)


frame.show(main, __file__)
