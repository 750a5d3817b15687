"""New images, above the training images nearest to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages._ui import controls, resources
from pages._ui.cached import per_run
from pages._ui.image_table import Strip, Words, draw_strips
from vaelab.datasets import ImageDataset
from vaelab.evaluation.drawing import EACH, draw_images
from vaelab.evaluation.generation import FEWEST_CODES, fit_posterior
from vaelab.evaluation.samples import nearest_images
from vaelab.figures.generation import FRAME
from vaelab.images import png, tile
from vaelab.latent.mixture import Mixture
from vaelab.runs import Run

SOURCES = {"prior": "Prior", "mixture": "Aggregate posterior"}
#: What stands among the labels and is none, as ``EACH`` does.
ANY = "any"
SEED_KEY = "generation-seed"
#: Pairs side by side.
COLUMNS = 12


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


def draw_samples(run: Run, data: ImageDataset, source: str, label: int | str, temperature: float, number: int) -> None:
    """Draw images as the toolbar says, and show them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            "**New images**, each above the training image nearest to it (framed in blue). If "
            "the two were the same, the model would have learned its images by heart.",
            width="stretch",
        )
        seed = controls.seed("Draw again", key=SEED_KEY, help="Draw other codes.")
        columns = min(len(data.label_names), 13) if label == EACH else COLUMNS
        choices = choices_of(source, label, temperature, number, seed)
        only = label if isinstance(label, int) and not run.config.conditional else None
        samples = draw_images(run.engine, data, **choices, codes=codes_of(run, source, only))
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


@per_run(max_entries=32, spinner="Fitting the mixture of Gaussians to the codes …")
def _posterior(run: Run, label: int | None) -> Mixture | dict[int, Mixture]:
    return fit_posterior(run.engine, resources.images_of(run), label)


def codes_of(run: Run, source: str, label: int | None) -> Mixture | dict[int, Mixture] | None:
    """The mixture, fitted once; None for whatever needs no fit."""
    return _posterior(run, label) if source == "mixture" else None


def seed_now() -> int:
    """The number of the draw."""
    number: int = st.session_state.get(SEED_KEY, 0)
    return number


def choices_of(source: str, label: int | str, temperature: float, number: int, seed: int) -> dict[str, Any]:
    """What the toolbar says, as ``draw_images`` takes it."""
    return {
        "source": source,
        "number": number // COLUMNS if label == EACH else number,
        "label": None if label == ANY else label,
        "temperature": temperature,
        "seed": seed,
    }
