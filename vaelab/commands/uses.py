"""The commands that put a model to use, and say how well it does: one for each of the app's pages about uses."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tyro

from vaelab.commands.printing import Json, as_table, flat

__all__ = ["anomalies", "arithmetic", "denoising", "generation"]


#: Of images that are ranked, how many are printed: those that the app shows.
PRINTED = 24


def generation(run_dir: tyro.conf.Positional[Path], temperature: float = 1.0, json: Json = False) -> None:
    """Say how good, how diverse and how new images are that a run's model draws.

    Parameters
    ----------
    run_dir
        The run's folder.
    temperature
        Times the standard deviation of the prior, or of each Gaussian of the mixture.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.evaluation.drawing import judge_kinds
    from vaelab.runs import Run

    run = Run.open(run_dir)
    qualities = judge_kinds(run.engine, run.images(), temperature)
    _print(
        {
            kind: quality._asdict() | {"nearest": float(np.median(quality.nearest))}
            for kind, quality in qualities.items()
        },
        json,
    )


def denoising(
    run_dirs: tyro.conf.Positional[tuple[Path, ...]],
    noise: str = "gaussian",
    strength: float = 0.3,
    number: int = 200,
    seed: int = 0,
    json: Json = False,
) -> None:
    """Say how well models take noise from held-out images, beside a median filter.

    Parameters
    ----------
    run_dirs
        Folders of runs of the same images.
    noise
        gaussian, salt_and_pepper, masking or blur.
    strength
        Of the noise.
    number
        How many images.
    seed
        Of the choice of images and of the noise.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.evaluation.repairing import judge_denoisers
    from vaelab.runs import Run

    if not run_dirs:
        raise ValueError("Name a run's folder.")
    runs = [Run.open(path) for path in run_dirs]
    engines = {run.name: run.engine for run in runs}
    qualities = judge_denoisers(engines, runs[0].images(), noise, strength, number, seed)
    _print({name: quality._asdict() for name, quality in qualities.items()}, json)


def anomalies(
    run_dir: tyro.conf.Positional[Path],
    kind: Literal["left_out", "corrupted", "other", "within"] = "corrupted",
    what: str = "masking",
    strength: float = 0.1,
    score: str = "calibrated",
    json: Json = False,
) -> None:
    """Say how well a run's model tells anomalies from held-out images.

    Parameters
    ----------
    run_dir
        The run's folder.
    kind
        What plays the anomalies: classes that it was not trained on, its own images damaged, or another dataset;
        or within, for the oddest of its own.
    what
        The damage (gaussian, salt_and_pepper, masking or blur), or the other dataset.
    strength
        Of the damage.
    score
        calibrated, reconstruction, elbo or latent; of its own images also either, error or distance.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.evaluation.anomalies import Detector
    from vaelab.evaluation.cases import AnomalySource, detect_anomalies, rank
    from vaelab.runs import Run

    run = Run.open(run_dir)
    if kind == "within":
        data = run.images()
        indices, scores = (column[:PRINTED].tolist() for column in rank(Detector(run.engine, data), data, score))
        _print({"images": indices, "scores": scores}, json)
        return
    found = detect_anomalies(run, run.images(), AnomalySource(kind, what, strength), score)
    figures = {name: getattr(found, name) for name in ("auc", "average_precision", "positive_share")}
    _print(figures, json)


def arithmetic(
    run_dir: tyro.conf.Positional[Path],
    a: str = "",
    b: str = "",
    a_images: tuple[int, ...] = (),
    b_images: tuple[int, ...] = (),
    json: Json = False,
) -> None:
    """Say how well the step from one group's mean code to another's makes images of the first like the second's.

    Parameters
    ----------
    run_dir
        The run's folder.
    a, b
        Names of two classes: from the first, to the second.
    a_images, b_images
        In place of classes, images by their numbers in the dataset.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.evaluation.transfer import learn_change, shift_images
    from vaelab.runs import Run
    from vaelab.runs.results import make

    run = Run.open(run_dir)
    data = run.images()
    first, second = (
        np.array(images) if images else data.of_class(name) for name, images in ((a, a_images), (b, b_images))
    )
    projection = make(run, data, "plane" if run.config.latent_dim <= 2 else "pca")
    change = learn_change(projection.codes, projection.indices, first, second, data.split.train)
    shift = shift_images(run.engine, data, change)
    _print(
        {
            "num_images": shift.num_images,
            "accuracy": shift.accuracy,
            **{name: getattr(shift, name).tolist() for name in ("strengths", "encoded", "pixels", "control")},
        },
        json,
    )


def _print(figures: dict[str, Any], json: bool) -> None:
    print(jsonlib.dumps(figures) if json else as_table(flat(figures)))
