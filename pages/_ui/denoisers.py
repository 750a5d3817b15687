"""Ways of repairing images, with models and without, and how well each does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import widgets
from vaelab.datasets import ImageDataset
from vaelab.evaluation.denoising import (
    Quality,
    compare_denoisers,
    fill_from_nearest,
    fill_with_mean,
    psnr_inside,
    sweep_strengths,
)
from vaelab.evaluation.image_quality import median_filter, pooled_psnr
from vaelab.runs import Run

__all__ = [
    "RESTORE_STEPS",
    "Images",
    "compare",
    "denoise",
    "fill",
    "filled_psnr",
    "names_of",
    "num_judged",
    "sweep",
]

#: Enough for what is filled in to change no more.
RESTORE_STEPS = 20

#: How many test images figures are the mean of. Curves and fillings take many decodes each, and a
#: conv network takes a hundred times as long for one.
_NUM_JUDGED = {
    "mlp": {"table": 200, "curves": 100, "filled": 200},
    "conv": {"table": 100, "curves": 40, "filled": 20},
}
#: Training images among which the most similar one is looked for.
_MOST_TRAINING = 10_000

Images = NDArray[Any]
Indices = NDArray[np.int64]


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


def denoise(
    runs: Sequence[Run], data: ImageDataset, chosen: Indices, kind: str, strength: float, seed: int
) -> dict[str, Images]:
    """Damage images, and repair them in every way; ``"noisy"`` is what was damaged."""
    noisy = _damage(data.images[chosen], kind, strength, seed)
    return {name: repair(noisy) for name, repair in _methods(runs, data.labels_of(chosen)).items()}


def compare(
    runs: Sequence[Run], data: ImageDataset, chosen: Indices, kind: str, strength: float, seed: int
) -> dict[str, Quality]:
    """How near each way of repairing comes to the clean images."""
    return _compare(_keys(runs), chosen.tobytes(), kind, strength, seed, runs, data, chosen)


@st.cache_resource(max_entries=32, show_spinner="Measuring on held-out images …")
def _compare(
    models: tuple[tuple[str, int], ...],
    images: bytes,
    kind: str,
    strength: float,
    seed: int,
    _runs: Sequence[Run],
    _data: ImageDataset,
    _chosen: Indices,
) -> dict[str, Quality]:
    repaired = denoise(_runs, _data, _chosen, kind, strength, seed)
    return compare_denoisers(_data.images[_chosen], repaired)


def sweep(
    runs: Sequence[Run],
    data: ImageDataset,
    chosen: Indices,
    kind: str,
    strengths: Sequence[float],
    seed: int,
) -> dict[str, list[Quality]]:
    """``compare`` at each of several strengths."""
    return _sweep(_keys(runs), chosen.tobytes(), kind, tuple(strengths), seed, runs, data, chosen)


@st.cache_resource(max_entries=16, show_spinner="Measuring at other strengths …")
def _sweep(
    models: tuple[tuple[str, int], ...],
    images: bytes,
    kind: str,
    strengths: tuple[float, ...],
    seed: int,
    _runs: Sequence[Run],
    _data: ImageDataset,
    _chosen: Indices,
) -> dict[str, list[Quality]]:
    clean = _data.images[_chosen]
    return sweep_strengths(
        clean,
        lambda strength: _damage(clean, kind, strength, seed),
        strengths,
        _methods(_runs, _data.labels_of(_chosen)),
    )


def _damage(images: Images, kind: str, strength: float, seed: int) -> Images:
    from vaelab.corruptions import corrupt_images  # here, as it imports torch

    return corrupt_images(images, kind, strength, seed)


def _methods(runs: Sequence[Run], labels: Images | None) -> dict[str, Callable[[Images], Images]]:
    """Every way of taking noise away, by name; the first does nothing."""

    def denoiser(run: Run) -> Callable[[Images], Images]:
        return lambda noisy: run.engine.reconstruct(noisy, labels)

    return {"noisy": lambda noisy: noisy, "median": median_filter} | {run.name: denoiser(run) for run in runs}


# Holes ------------------------------------------------------------------------------------------


def fill(runs: Sequence[Run], data: ImageDataset, chosen: Indices, visible: NDArray[np.bool_]) -> dict[str, Images]:
    """Hide all but the visible pixels ``(H, W)`` of images, and fill them in every way."""
    return _fill(_keys(runs), chosen.tobytes(), visible.tobytes(), runs, data, chosen, visible)


@st.cache_resource(max_entries=32, show_spinner="Filling the hidden part …")
def _fill(
    models: tuple[tuple[str, int], ...],
    images: bytes,
    hidden: bytes,
    _runs: Sequence[Run],
    _data: ImageDataset,
    _chosen: Indices,
    _visible: NDArray[np.bool_],
) -> dict[str, Images]:
    clean = _data.images[_chosen] / np.float32(255)
    train = _data.images[_data.indices("train")[:_MOST_TRAINING]]
    start = fill_with_mean(clean, _visible, train)
    labels = _data.labels_of(_chosen)
    return {"mean": start, "nearest": fill_from_nearest(clean, _visible, train)} | {
        run.name: run.engine.restore(start, _visible, labels, RESTORE_STEPS) for run in _runs
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


def _keys(runs: Sequence[Run]) -> tuple[tuple[str, int], ...]:
    """What identifies models, for caches."""
    return tuple((str(run.path), run.version) for run in runs)
