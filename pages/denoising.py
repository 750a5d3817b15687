"""Denoising: take noise away, or fill a hole, with models and without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import controls, fitting, frame, resources, widgets
from pages._ui.denoisers import (
    RESTORE_STEPS,
    Images,
    compare,
    denoise,
    fill,
    filled_psnr,
    names_of,
    num_judged,
    sweep,
)
from pages._ui.image_table import Row, draw_table
from vaelab.choices import CORRUPTIONS
from vaelab.evaluation.denoising import Quality, best_of, hide_box, hide_region
from vaelab.figures.maps import strength_curves

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from vaelab.datasets import ImageDataset
    from vaelab.runs import Run

NUM_SHOWN = 10
PSNR_HELP = (
    "Peak signal-to-noise ratio, in decibels: 20 dB is an error of a tenth of the brightness range. It is that of the "
    "mean squared error of all images: a mean of decibels would be ruled by images that the noise left as they were."
)
SSIM_HELP = (
    "Structural similarity, the mean over images: 1 is the same image. It compares patterns of 7 × 7 pixels, so noise "
    "and blur cost more than a change of brightness."
)
REGION_NAMES = {
    "top": "Top half",
    "bottom": "Bottom half",
    "left": "Left half",
    "right": "Right half",
    "centre": "Centre",
    "box": "Box",
}


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.DENOISING)
        other = choose_other(run)
        kind, strength = choose_noise(run)
        seed = controls.seed("Other images", key="noise-seed", help="Draw other images and noise.")
    st.caption("Images that no model has seen are damaged; each row shows what one way of repairing makes of them.")
    fitting.say_what_suits(fitting.DENOISING, run)
    runs = [run] if other is None else [run, other]
    data = resources.images_of(run)
    table = st.empty()
    st.caption("  \n".join(training_of(each, kind) for each in runs))
    curves = st.container()
    st.markdown("## Restore a hidden region")
    restored = st.container()

    if not resources.torch_is_loaded():
        with table, st.spinner("Loading the models …"):
            runs[0].engine.reconstruct(data.images[:1], data.labels_of([0]))
    chosen = np.random.default_rng(seed).permutation(data.indices("test"))
    draw_repaired(table, runs, data, chosen, kind, strength, seed)
    with restored:
        draw_restored(runs, data, chosen)
    with curves:
        draw_curves(runs, data, chosen, kind, strength, seed)


def choose_other(run: Run) -> Run | None:
    """Choose what to compare with: beside a denoiser a VAE that saw no noise, and vice versa."""
    config = run.config
    others = resources.same_images(run)

    def likeness(other: Run) -> tuple[bool, bool, bool]:
        counterpart = (other.config.corruption is None) != (config.corruption is None)
        same_size = other.config.latent_dim == config.latent_dim
        return counterpart, same_size, other.config.model == "vae"

    best = max(others, key=likeness, default=None)
    return widgets.choose_other_run(
        "Beside it",
        key="beside",
        runs=others,
        help="Another model of the same images, for comparison.",
        prefer=lambda other: other is best,
    )


def choose_noise(run: Run) -> tuple[str, float]:
    kind = controls.selectbox(
        "Noise",
        param="noise",
        key="noise-kind",
        options=list(CORRUPTIONS),
        default=run.config.corruption or "gaussian",
        help=" ".join(f"**{each.title}**: {each.help}." for each in CORRUPTIONS.values()),
        format_func=lambda name: CORRUPTIONS[name].title,
        width=170,
    )
    corruption = CORRUPTIONS[kind]
    strength = controls.slider(
        corruption.strength,
        param="strength",
        key=f"noise-strength-{kind}",
        min_value=0.0,
        max_value=corruption.most,
        step=0.05,
        default=run.config.corruption_strength if run.config.corruption == kind else corruption.start,
        help="How strong the damage is; pixels run from 0, black, to 1, white.",
        width=190,
    )
    return kind, strength


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


# Noise ------------------------------------------------------------------------------------------


def draw_repaired(
    place: DeltaGenerator,
    runs: Sequence[Run],
    data: ImageDataset,
    chosen: NDArray[np.int64],
    kind: str,
    strength: float,
    seed: int,
) -> None:
    shown, judged = chosen[:NUM_SHOWN], chosen[: num_judged(runs, "table")]
    repaired = denoise(runs, data, shown, kind, strength, seed)
    names = names_of(runs)
    on = f"Over {len(judged)} held-out images. "

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
    draw(compare(runs, data, judged, kind, strength, seed))


def draw_curves(
    runs: Sequence[Run],
    data: ImageDataset,
    chosen: NDArray[np.int64],
    kind: str,
    strength: float,
    seed: int,
) -> None:
    name, most = CORRUPTIONS[kind].strength, CORRUPTIONS[kind].most
    strengths = [float(value) for value in np.linspace(most / 6, most, 6)]
    few = chosen[: num_judged(runs, "curves")]
    qualities = sweep(runs, data, few, kind, strengths, seed)
    names = {key: " · ".join(parts) for key, parts in names_of(runs).items()}
    names |= {"noisy": "Noisy", "median": "Median filter"}
    lines = {names[key]: line for key, line in qualities.items()}
    widgets.chart(
        strength_curves(strengths, lines, name, strength, columns=1 if frame.is_narrow() else 2),
        key="noise-curves",
        config={"displayModeBar": False},
    )
    st.caption(
        f"The same on {len(few)} of these images at other strengths; the pink line is the strength "
        "chosen. **PSNR**, in decibels, measures the mean squared error of all pixels; **SSIM** compares patterns "
        "of 7 × 7 pixels. Higher is better in both, and the best in the table is marked."
    )


# Holes ------------------------------------------------------------------------------------------


def draw_restored(runs: Sequence[Run], data: ImageDataset, chosen: NDArray[np.int64]) -> None:
    @frame.part()
    def body() -> None:
        with widgets.toolbar(None):
            visible = choose_hidden(data)
        place = st.empty()
        shown, judged = chosen[:NUM_SHOWN], chosen[: num_judged(runs, "filled")]
        clean = data.images[shown] / np.float32(255)
        repaired = fill(runs, data, shown, visible)
        names = names_of(runs)
        on = f"Over the hidden pixels alone of {len(judged)} held-out images. "

        def draw(psnr: dict[str, float] | None) -> None:
            rows = [
                Row("Clean", "held-out images", clean, ("",)),
                Row("Hidden", "what is given", show_hole(clean, visible), ("",)),
            ]
            for name, images in repaired.items():
                figures = () if psnr is None else (f"{psnr[name]:.2f}",)
                rows.append(Row(*names[name], images, figures, [name in best_of(psnr or {})]))
            draw_table(place, rows, ("PSNR, dB",), (on + PSNR_HELP,))

        draw(None)
        draw(filled_psnr(runs, data, judged, visible))
        st.caption(
            "A model draws the whole image anew, the visible pixels are put back, and so on, "
            f"{RESTORE_STEPS} times (Rezende et al. 2014, appendix F). PSNR is over the hidden "
            f"pixels alone, of the mean squared error of {len(judged)} images. The mean image and the most similar "
            "training image are what one has without any model."
        )


def choose_hidden(data: ImageDataset) -> NDArray[np.bool_]:
    """Choose which pixels stay visible, ``(H, W)``; the others are hidden."""
    _, height, width = data.image_shape
    region = controls.segmented_control(
        "Hide",
        param="hide",
        key="hidden-region",
        options=list(REGION_NAMES),
        default="bottom",
        help="The part of the image that the model is not shown. **Box**: choose it yourself.",
        format_func=REGION_NAMES.__getitem__,
        wrap=True,
    )
    if region != "box":
        return hide_region(height, width, region)
    (top, bottom), (left, right) = (
        controls.range_slider(
            name,
            param=name.lower(),
            key=f"hidden-{name}-{side}",
            min_value=1,
            max_value=side,
            step=1,
            default=(side // 4 + 1, side * 3 // 4),
            help="The first hidden and the last, counted from the top left.",
            width=240,
        )
        for name, side in (("Rows", height), ("Columns", width))
    )
    return hide_box(height, width, (top - 1, bottom - 1), (left - 1, right - 1))


def show_hole(images: Images, visible: NDArray[np.bool_]) -> Images:
    """The images in colour, with the hidden pixels in one that no image has."""
    colour = np.array([0.90, 0.45, 0.70], np.float32)[:, None, None]
    return np.where(visible, np.broadcast_to(images, (len(images), 3, *visible.shape)), colour)


frame.show(main, __file__)
