"""What the pages about uses of a model compute, as Python and as a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vaelab.evaluation.cases import AnomalySource
from vaelab.runs import Run
from vaelab.sharing.as_code import Code, command_of, opening_of

__all__ = ["code_of_anomalies", "code_of_arithmetic", "code_of_denoising", "code_of_generation"]

#: What Windows takes on a line, 8,191 characters, has room for so many numbers of images.
MOST_NUMBERS = 1_000


def code_of_generation(run: Run, choices: Mapping[str, Any]) -> Code:
    """Draw new images, and judge them.

    Parameters
    ----------
    run
        A trained run.
    choices
        What ``vaelab.evaluation.drawing.draw_images`` takes by its name; ``temperature`` is among it.

    Returns
    -------
    Code
        Python leaves images ``(N, C, H, W)`` in ``samples.images`` and figures in ``qualities``; the command writes
        the images as a PNG, and prints the figures.
    """
    flags = [word for name, value in choices.items() if value is not None for word in (f"--{name}", str(value))]
    given = "".join(f", {name}={value!r}" for name, value in choices.items() if value is not None)
    temperature = choices["temperature"]
    return Code(
        "import vaelab\nfrom vaelab.evaluation.drawing import draw_images, judge_kinds\n\n"
        f"{opening_of(run)}data = run.images()\n"
        f"samples = draw_images(run.engine, data{given})  # .images, from 0 to 1\n"
        f"qualities = judge_kinds(run.engine, data, temperature={temperature!r})\n",
        command_of("generation", str(run.path), "--out", f"{run.name}-new.png", *flags),
    )


def code_of_denoising(runs: Sequence[Run], corruption: str, strength: float, number: int, seed: int) -> Code:
    """Take noise from held-out images.

    Parameters
    ----------
    runs
        Trained runs of the same images.
    corruption, strength, number, seed
        As ``vaelab.evaluation.repairing.judge_denoisers`` takes them.

    Returns
    -------
    Code
        Python leaves figures in ``qualities``, by the ways of repairing; the command prints them.
    """
    paths = ", ".join(repr(str(run.path)) for run in runs)
    flags = ("--noise", corruption, "--strength", str(strength), "--number", str(number), "--seed", str(seed))
    return Code(
        "import vaelab\nfrom vaelab.evaluation.repairing import judge_denoisers\n\n"
        f"runs = [vaelab.Run.open(path) for path in [{paths}]]\n"
        "engines = {run.name: run.engine for run in runs}\n"
        f"qualities = judge_denoisers(engines, runs[0].images(), {corruption!r}, {strength!r}, {number}, {seed})\n",
        command_of("denoising", *(str(run.path) for run in runs), *flags),
    )


def code_of_anomalies(run: Run, source: AnomalySource, score: str) -> Code:
    """Tell anomalies from normal images.

    Parameters
    ----------
    run
        A trained run.
    source
        Which images play the anomalies; of kind ``"within"``, where the run's own are ranked.
    score
        A key of ``vaelab.evaluation.anomalies.SCORES``; of those that are ranked, also ``"either"``.

    Returns
    -------
    Code
        Python leaves a ``Detection`` in ``found``, and the command prints its areas; or ``indices`` and ``scores``, of
        which the command prints the first.
    """
    if source.kind == "within":
        return Code(
            "import vaelab\nfrom vaelab.evaluation.anomalies import Detector\n"
            f"from vaelab.evaluation.cases import rank\n\n{opening_of(run)}data = run.images()\n"
            f"indices, scores = rank(Detector(run.engine, data), data, {score!r})  # the oddest first\n",
            command_of("anomalies", str(run.path), "--kind", source.kind, "--score", score),
        )
    flags = ["--kind", source.kind]
    if source.what:
        flags += ["--what", source.what]
    if source.kind == "corrupted":
        flags += ["--strength", str(source.strength)]
    return Code(
        "import vaelab\nfrom vaelab.evaluation.cases import AnomalySource, detect_anomalies\n\n"
        f"{opening_of(run)}source = {source!r}\n"
        f"found = detect_anomalies(run, run.images(), source, {score!r})  # .auc, .average_precision, the curves\n",
        command_of("anomalies", str(run.path), *flags, "--score", score),
    )


def code_of_arithmetic(run: Run, groups: Sequence[str | Sequence[int]]) -> Code:
    """Learn the step from one group to another, and say how well it works.

    Parameters
    ----------
    run
        A trained run.
    groups
        Two: names of classes, or images by their numbers in the dataset.

    Returns
    -------
    Code
        Python leaves the direction ``(D,)`` in ``change.direction`` and figures in ``shift``; the command prints them.
        With so many numbers that not every shell takes them there is no command.
    """
    lines, flags = [], []
    for name, group in zip("ab", groups, strict=True):
        if isinstance(group, str):
            lines.append(f"{name} = data.of_class({group!r})\n")
            flags.append(f"--{name}={group}")  # so that no name is taken for a flag
        else:
            numbers = [int(index) for index in group]
            lines.append(f"{name} = np.array({numbers})\n")
            flags += [f"--{name}-images", *map(str, numbers)]
    kind = "plane" if run.config.latent_dim <= 2 else "pca"
    numpy = "import numpy as np\n" if any(not isinstance(group, str) for group in groups) else ""
    return Code(
        f"{numpy}import vaelab\nfrom vaelab.evaluation.transfer import learn_change, shift_images\n"
        f"from vaelab.runs.results import make\n\n{opening_of(run)}data = run.images()\n{''.join(lines)}"
        f"coded = make(run, data, {kind!r})\n"
        "change = learn_change(coded.codes, coded.indices, a, b, data.split.train)\n"
        "shift = shift_images(run.engine, data, change)  # .strengths, .encoded, .pixels, .control\n",
        command_of("arithmetic", str(run.path), *flags) if len(flags) <= MOST_NUMBERS else "",
    )
