"""Noise, taken away: the table of images, and curves over its strength."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._denoising.methods import NUM_SHOWN, PSNR_HELP, Indices, Noise, compare, denoise, names_of, num_judged, sweep
from pages._ui import frame, widgets
from pages._ui.corruption import choose_corruption
from pages._ui.image_table import Row, draw_table
from vaelab.choices import CORRUPTIONS
from vaelab.datasets import ImageDataset
from vaelab.evaluation.denoising import Quality, best_of
from vaelab.figures.strengths import strength_curves
from vaelab.runs import Run

SSIM_HELP = (
    "Structural similarity, the mean over images: 1 is the same image. It compares patterns of 7 × 7 pixels, so noise "
    "and blur cost more than a change of brightness."
)


def choose_noise(run: Run) -> tuple[str, float]:
    trained = run.config.corruption
    return choose_corruption(
        "Noise",
        param="noise",
        key="noise",
        default=trained or "gaussian",
        start=lambda kind: run.config.corruption_strength if kind == trained else CORRUPTIONS[kind].start,
        help=" ".join(f"**{each.title}**: {each.help}." for each in CORRUPTIONS.values()),
    )


def training_of(run: Run, kind: str) -> str:
    """Say what noise a model was trained for, if any."""
    config = run.config
    label_note = " It is told each image's label." if config.conditional else ""
    if config.corruption is None:
        return (
            f"**{widgets.plain(run.title)}** ({widgets.kind_of(config)}) was trained without noise: it takes away "
            f"what its {config.latent_dim} numbers cannot say.{label_note}"
        )
    damage = CORRUPTIONS[config.corruption].title
    damage = damage if damage.startswith("Gaussian") else damage.lower()
    where = "" if config.corruption == kind else ", **not for the noise chosen here**"
    return (
        f"**{widgets.plain(run.title)}** ({widgets.kind_of(config)}) was trained to undo {damage} of strength "
        f"{config.corruption_strength:g}{where}.{label_note}"
    )


def draw_repaired(
    place: DeltaGenerator, runs: Sequence[Run], data: ImageDataset, chosen: Indices, noise: Noise
) -> None:
    """Draw what each way of repairing makes of noise, and how well it does."""
    shown, judged = chosen[:NUM_SHOWN], min(len(chosen), num_judged(runs, "table"))
    repaired = denoise(runs, data, shown, noise)
    names = names_of(runs)
    on = f"Over {judged} held-out images. "

    def draw(qualities: dict[str, Quality] | None) -> None:
        rows = [Row("Clean", "held-out images", data.images[shown], ("", ""))]
        for name, images in repaired.items():
            if qualities is None:
                rows.append(Row(*names[name], images))
                continue
            best = [name in best_of({key: quality[which] for key, quality in qualities.items()}) for which in (0, 1)]
            psnr, ssim = qualities[name]
            rows.append(Row(*names[name], images, (f"{psnr:.2f}", f"{ssim:.3f}"), best))
        draw_table(place, rows, ("PSNR, dB", "SSIM"), (on + PSNR_HELP, on + SSIM_HELP))

    draw(None)  # the figures take longer
    draw(compare(runs, data, judged, noise))


def draw_curves(runs: Sequence[Run], data: ImageDataset, chosen: Indices, noise: Noise) -> None:
    """Draw how well each way does at other strengths."""
    name, most = CORRUPTIONS[noise.kind].strength, CORRUPTIONS[noise.kind].most
    strengths = [float(value) for value in np.linspace(most / 6, most, 6)]
    few = chosen[: num_judged(runs, "curves")]
    qualities = sweep(runs, data, few, noise, strengths)
    names = {key: " · ".join(parts) for key, parts in names_of(runs).items()}
    names |= {"noisy": "Noisy", "median": "Median filter"}
    lines = {names[key]: line for key, line in qualities.items()}
    widgets.chart(
        strength_curves(strengths, lines, name, noise.strength, columns=1 if frame.is_narrow() else 2),
        key="noise-curves",
        config=widgets.NO_BAR,
    )
    st.caption(
        f"The same on {len(few)} of these images at other strengths; the pink line is the strength "
        "chosen. **PSNR**, in decibels, measures the mean squared error of all pixels; **SSIM** compares patterns "
        "of 7 × 7 pixels. Higher is better in both, and the best in the table is marked."
    )
