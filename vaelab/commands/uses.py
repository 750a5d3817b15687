"""The commands that put a model to use, and say how well it does: one for each of the app's pages about uses."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tyro

from vaelab.commands.printing import Json, as_table, flat
from vaelab.files import file_to_write, write_whole
from vaelab.images import png, tile

__all__ = ["anomalies", "arithmetic", "denoising", "generation"]


#: New images side by side.
COLUMNS = 12
#: Of images that are ranked, how many are printed: those that the app shows.
PRINTED = 24


def generation(
    run_dir: tyro.conf.Positional[Path],
    temperature: float = 1.0,
    out: Path | None = None,
    source: Literal["prior", "mixture"] = "prior",
    number: int = 24,
    label: str = "",
    seed: int = 0,
    json: Json = False,
) -> None:
    """Say how good, how diverse and how new images are that a run's model draws; and draw some.

    Parameters
    ----------
    run_dir
        The run's folder.
    temperature
        Times the standard deviation of the prior, or of each Gaussian of the mixture.
    out
        A PNG of new images.
    source
        Where their codes are drawn from: the prior, or the mixture fitted to the codes of the training images.
    number
        How many; of each label, with --label each.
    label
        Of which label, by its number from 0; or each, by a model that is told labels.
    seed
        The same seed draws the same.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.evaluation.drawing import EACH, draw_images, judge_kinds
    from vaelab.runs import Run

    if label not in {"", EACH} and not label.isdecimal():
        raise ValueError(f"{label} is no label: give its number from 0, or {EACH}.")
    if number < 1:
        raise ValueError(f"{number} images show nothing: draw one at least.")
    file = None if out is None else file_to_write(out, "new.png")
    run = Run.open(run_dir)
    data = run.images()
    if file is not None:
        only: Any = int(label) if label.isdecimal() else label or None
        samples = draw_images(run.engine, data, source, number, only, temperature, seed)
        write_whole(file, png(tile(samples.images, COLUMNS, 2, max(1, 64 // data.image_shape[2]))))
    qualities = judge_kinds(run.engine, data, temperature)
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
    if len(engines) < len(runs):
        raise ValueError("Two of these runs have one name: compare each with others on its own.")
    data = runs[0].images()
    for run in runs[1:]:
        if run.images().key != data.key:
            raise ValueError(f"{run.title} was trained on other images than {runs[0].title}: name runs of the same.")
    qualities = judge_denoisers(engines, data, noise, strength, number, seed)
    _print({name: quality._asdict() for name, quality in qualities.items()}, json)


def anomalies(
    run_dir: tyro.conf.Positional[Path],
    kind: Literal["left_out", "corrupted", "other", "within"] = "corrupted",
    what: str | None = None,
    strength: float | None = None,
    score: str | None = None,
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
        The damage (gaussian, salt_and_pepper, masking or blur; masking by default), or the other dataset.
    strength
        Of the damage; by default so slight that some of it passes for normal.
    score
        calibrated, reconstruction, elbo or latent, by default calibrated; with --kind within also either, its default:
        whichever of reconstruction and latent stands out more.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.choices import CORRUPTIONS
    from vaelab.evaluation.anomalies import Detector
    from vaelab.evaluation.cases import EITHER, AnomalySource, detect_anomalies, rank
    from vaelab.runs import Run

    if kind in {"within", "left_out"} and what is not None:
        raise ValueError(f"With --kind {kind} there is nothing to name: leave out --what.")
    if kind != "corrupted" and strength is not None:
        raise ValueError(f"With --kind {kind} nothing is damaged: leave out --strength.")
    if kind == "other" and what is None:
        raise ValueError("Name the other dataset: --what shapes.")
    if score == EITHER and kind != "within":
        raise ValueError("The score either is for --kind within: take calibrated, reconstruction, elbo or latent.")
    run = Run.open(run_dir)
    if kind == "within":
        data = run.images()
        ranked = rank(Detector(run.engine, data), data, score or EITHER)
        indices, scores = (column[:PRINTED].tolist() for column in ranked)
        _print({"images": indices, "scores": scores}, json)
        return
    if kind == "corrupted":
        what = what or "masking"
        if what not in CORRUPTIONS:
            raise ValueError(f"There is no damage {what}: choose one of {', '.join(CORRUPTIONS)}.")
        strength = CORRUPTIONS[what].slight if strength is None else strength
    source = AnomalySource(kind, what or "", strength or 0.0)
    found = detect_anomalies(run, run.images(), source, score or "calibrated")
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
    groups = []
    for end, name, images in (("a", a, a_images), ("b", b, b_images)):
        if bool(name) == bool(images):
            raise ValueError(f"Say which images are group {end}: --{end} CLASS, or --{end}-images and their numbers.")
        if wrong := [index for index in images if not 0 <= index < len(data)]:
            raise ValueError(f"There is no image {wrong[0]}: their numbers go from 0 to {len(data) - 1}.")
        groups.append(np.array(images) if images else data.of_class(name))
    first, second = groups
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
