"""Ways of repairing images, with models and without, and how well each does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages._ui import widgets
from pages._ui.cached import per_run
from vaelab.datasets import ImageDataset
from vaelab.evaluation.denoising import (
    Quality,
    fill_from_nearest,
    fill_with_mean,
    psnr_inside,
    sweep_strengths,
)
from vaelab.evaluation.image_quality import pooled_psnr
from vaelab.evaluation.repairing import denoisers, judge_denoisers
from vaelab.runs import Run

if TYPE_CHECKING:
    from vaelab.engine import Engine

#: Images in a row.
NUM_SHOWN = 10
PSNR_HELP = (
    "Peak signal-to-noise ratio, in decibels: 20 dB is an error of a tenth of the brightness range. It is that of the "
    "mean squared error of all images: a mean of decibels would be ruled by images that the noise left as they were."
)
#: Enough for what is filled in to change no more.
RESTORE_STEPS = 20

#: How many test images figures are the mean of. Curves and fillings take many decodes each, and a
#: conv network takes a hundred times as long for one.
_NUM_JUDGED = {"mlp": {"table": 200, "curves": 100, "filled": 200}, "conv": {"table": 100, "curves": 40, "filled": 20}}
#: Training images among which the most similar one is looked for.
_MOST_TRAINING = 10_000

Images = NDArray[Any]
Indices = NDArray[np.int64]


class Noise(NamedTuple):
    """What is done to the images."""

    kind: str  # a key of CORRUPTIONS
    strength: float
    seed: int


def num_judged(runs: Sequence[Run], what: str) -> int:
    """How many images to judge by: as many as the slowest of the networks does in a moment."""
    return min(_NUM_JUDGED[run.config.architecture][what] for run in runs)


def names_of(runs: Sequence[Run]) -> dict[str, tuple[str, str]]:
    """What each way of repairing is called, and a word on it."""
    return {
        "noisy": ("Noisy", "as it is"),
        "median": ("Median filter", "3 × 3 pixels"),
        "mean": ("Mean image", "of the training images"),
        "nearest": ("Most similar", "training image, by what is visible"),
    } | {run.name: (run.title, f"{widgets.kind_of(run.config)} {run.config.latent_dim}-D") for run in runs}


# Noise ------------------------------------------------------------------------------------------


def denoise(runs: Sequence[Run], data: ImageDataset, chosen: Indices, noise: Noise) -> dict[str, Images]:
    """Damage images, and repair them in every way; ``"noisy"`` is what was damaged."""
    noisy = _damage(data.images[chosen], noise)
    return {name: repair(noisy) for name, repair in denoisers(engines_of(runs), data.labels_of(chosen)).items()}


@per_run(max_entries=32, spinner="Measuring on held-out images …")
def compare(runs: Sequence[Run], data: ImageDataset, number: int, noise: Noise) -> dict[str, Quality]:
    """How near each way of repairing comes to the clean images."""
    return judge_denoisers(engines_of(runs), data, noise.kind, noise.strength, number, noise.seed)


@per_run(max_entries=16, spinner="Measuring at other strengths …")
def sweep(
    runs: Sequence[Run], data: ImageDataset, chosen: Indices, noise: Noise, strengths: Sequence[float]
) -> dict[str, list[Quality]]:
    """``compare`` at each of several strengths."""
    clean = data.images[chosen]
    return sweep_strengths(
        clean,
        lambda strength: _damage(clean, noise._replace(strength=strength)),
        strengths,
        denoisers(engines_of(runs), data.labels_of(chosen)),
    )


def _damage(images: Images, noise: Noise) -> Images:
    from vaelab.networks.corruptions import corrupt_images  # here, as it imports torch

    return corrupt_images(images, *noise)


def engines_of(runs: Sequence[Run]) -> dict[str, Engine]:
    """Models by the names of their runs."""
    return {run.name: run.engine for run in runs}


# Holes ------------------------------------------------------------------------------------------


@per_run(max_entries=32, spinner="Filling the hidden part …")
def fill(runs: Sequence[Run], data: ImageDataset, chosen: Indices, visible: NDArray[np.bool_]) -> dict[str, Images]:
    """Hide all but the visible pixels ``(H, W)`` of images, and fill them in every way."""
    clean = data.images[chosen] / np.float32(255)
    train = data.images[data.indices("train")[:_MOST_TRAINING]]
    start = fill_with_mean(clean, visible, train)
    labels = data.labels_of(chosen)
    return {"mean": start, "nearest": fill_from_nearest(clean, visible, train)} | {
        run.name: run.engine.restore(start, visible, labels, RESTORE_STEPS) for run in runs
    }


def filled_psnr(
    runs: Sequence[Run], data: ImageDataset, chosen: Indices, visible: NDArray[np.bool_]
) -> dict[str, float]:
    """PSNR of what each way fills in, over the hidden pixels alone; in dB of the mean squared error."""
    clean = data.images[chosen]
    return {
        name: pooled_psnr(psnr_inside(clean, images, visible))
        for name, images in fill(runs, data, chosen, visible).items()
    }
