"""What beta does."""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources
from vaelab.datasets import ImageDataset
from vaelab.runs import Run

FIGURE = LiveFigure("beta")
SLUG = "beta"

#: The same model, trained with beta from small to large.
RUNS = ("digits-2d-beta-0.05", "digits-2d-beta-0.25", "digits-2d", "digits-2d-beta-2", "digits-2d-beta-4")
#: Images whose clouds are drawn, images that are reconstructed.
CLOUDS, SHOWN = 40, 8
#: Draws from the prior: those that are decoded, and those of which only the place is judged.
DECODED, DRAWS = 16, 500


class RateAndDistortion(TypedDict):
    """Of held-out images, in nats."""

    rate: float
    distortion: float


class RateParts(TypedDict):
    """The rate taken apart, in nats per image; the parts add up to it, but for a hundredth of a nat or two."""

    information: float  # I(x; z)
    total_correlation: float
    dimension_kl: float  # summed over dimensions
    log_num_images: float  # the most that the information can be
    num_images: int


class ModelFigures(RateAndDistortion):
    """A model, and how well it does."""

    role: str  # among the figure's models
    beta: float
    parts: RateParts | None  # None where its study is older than they are


class BetaSpec(kit.Classes):
    """What the figure is given, models and arrays apart."""

    extent: list[float]  # of all maps: x from, x to, y from, y to
    num_draws: int  # that are decoded
    model_figures: list[ModelFigures]  # in the order of beta


def draw() -> None:
    runs = [resources.example(name) for name in RUNS]
    data = resources.images_of(runs[0])
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "The loss asks for two things that are at odds. The **rate**, the KL term, is what a code costs, in nats; "
            "on average it tells no more of its image than that. The **distortion**, the reconstruction term, is what "
            "is then still missing. A **β-VAE** weighs one against the other:"
        )
        kit.say(
            r"$$\underbrace{-\log p(x|z)}_{\text{distortion}} \;+\; \beta \cdot "
            r"\underbrace{\mathrm{KL}\big(q(z|x)\,\|\,p(z)\big)}_{\text{rate}}$$"
        )
        kit.say(
            "With $\\beta = 1$ this is the VAE so far, whose map is drawn here. **Move over it**: what is under the "
            "pointer is decoded. The dashed circles are the prior’s, with radius $\\sigma$ and $2\\sigma$."
        )
        answered = kit.predict(
            SLUG,
            r"Four more models were trained, alike but for $\beta$. When $\beta$ goes up from 1, what happens to rate "
            "and distortion on images the models have never seen?",
            (
                "Both fall: a stricter loss makes a better model",
                "The rate falls, the distortion rises",
                "The rate rises, the distortion falls",
            ),
            1,
            "What costs more is bought less. **Choose another β**, and watch the clouds: with a large one they swell "
            "towards the prior and cover one another, with a small one they shrink to points and move apart.",
        )
    with stage:
        _figure(runs, data)
    with after:
        if answered:
            _after(runs)
        kit.sources("higgins2017", "alemi2018", "hoffman2016")


def _figure(runs: list[Run], data: ImageDataset) -> None:
    maps = [resources.made(run, "plane") for run in runs]
    indices = maps[0].indices
    clouds = np.flatnonzero(np.isin(indices, data.split.test))[:CLOUDS]
    roles = [f"beta{i}" for i in range(len(runs))]
    most = float(max(np.abs(each.coordinates).max() for each in maps))
    arrays: dict[str, NDArray[Any]] = {f"places_{i}": each.coordinates for i, each in enumerate(maps)}
    spec: BetaSpec = {
        "extent": [-most, most, -most, most],
        "num_draws": DECODED,
        "model_figures": [
            {"role": role, "beta": run.config.beta, **_rate_and_distortion(run), "parts": rate_parts(run)}
            for role, run in zip(roles, runs, strict=True)
        ],
        **kit.classes(data),
    }
    FIGURE.draw(
        dict(zip(roles, runs, strict=True)),
        arrays
        | {
            **kit.labelled(data, indices),
            "clouds": clouds.astype(np.int32),
            "shown": kit.channels_last(data.images[data.split.test[:SHOWN]]),
            "epsilon": np.random.default_rng(0).normal(size=(DRAWS, 2)).astype(np.float32),
        },
        spec,
        revealed=kit.predicted(SLUG),
    )


def _rate_and_distortion(run: Run) -> RateAndDistortion:
    figures = run.evaluation() or {}
    return {"rate": figures["kl"], "distortion": figures["reconstruction"]}


def rate_parts(run: Run) -> RateParts | None:
    """What a run's rate is made of, as its evaluation has it; None where that is older."""
    study = resources.known(run, "full_evaluation")
    found = study and study.figures.get("rate")
    if not found:
        return None
    return {
        "information": found["information"],
        "total_correlation": found["total_correlation"],
        "dimension_kl": found["dimension_kl"],
        "log_num_images": found["log_num_images"],
        "num_images": found["num_images"],
    }


def _after(runs: list[Run]) -> None:
    by_beta = {run.config.beta: _rate_and_distortion(run) for run in runs}
    small, usual, large = by_beta[0.05], by_beta[1.0], by_beta[4.0]
    kit.say(
        "**Read the curve from right to left.** Between $\\beta = 0.05$ and $0.25$ the rate falls from "
        f"{small['rate']:.1f} to {by_beta[0.25]['rate']:.1f} nats and the distortion hardly changes: the decoder makes "
        "as much of the cheaper code. From there on, each nat of rate that is saved costs more distortion: "
        f"{_price(by_beta, 0.25, 1):.1f} nats on the way to $\\beta = 1$, {_price(by_beta, 1, 2):.1f} on to $2$, and "
        f"{_price(by_beta, 2, 4):.1f} on to $4$. Each price lies between the two values of $\\beta$, for a model buys "
        "rate as long as a nat of it saves at least $\\beta$ nats of distortion."
    )
    _say_what_a_code_tells({run.config.beta: parts for run in runs if (parts := rate_parts(run))})
    kit.say(
        "**The far end.** With $\\beta = 2$ one of the two numbers is given up, with $\\beta = 4$ both: the rate is "
        f"{large['rate']:.1f}, the codes tell nothing of the images, and all come back the same. That is the next "
        "lesson."
    )
    kit.say(
        "**What it does to draws.** With $\\beta = 0.05$ the clouds are so small, and so far apart, that the prior "
        "mostly draws where there is no image’s cloud. With a large $\\beta$ it draws where the clouds are, but each "
        "place stands for so many images that what is decoded is a blur. A tidy map is paid for with sharpness."
    )
    sums = {beta: each["rate"] + each["distortion"] for beta, each in by_beta.items()}
    best = min(sums, key=sums.__getitem__)
    kit.say(
        f"**Is one of them right?** The sum of both is least with $\\beta = {best:g}$, {sums[best]:.1f} nats: of the "
        "five, its ELBO is the best. No wonder: it is the only one that was trained for this very sum. The dotted line "
        "through the chosen point joins all pairs with the same sum; the other four lie above the one through "
        f"$\\beta = {best:g}$. A $\\beta$ below 1 is chosen for sharper images ({small['distortion']:.1f} against "
        f"{usual['distortion']:.1f} nats), one above 1 in the hope of numbers that each mean one thing (Higgins et "
        f"al.)."
    )
    kit.go_on("compare", "Compare two of them under one cursor", runs[1])


def _say_what_a_code_tells(by_beta: dict[float, RateParts]) -> None:
    """Say what the rates are made of, where that is known."""
    if not {0.05, 0.25} <= by_beta.keys():
        return
    small, less = by_beta[0.05], by_beta[0.25]
    saved = rate_of(small) - rate_of(less)
    idle = (rate_of(small) - small["information"]) - (rate_of(less) - less["information"])
    kit.say(
        "**What a code tells of its image** is only one of three parts of the rate (Hoffman and Johnson): the "
        "**information** that a code has about which image it was drawn for. The other two are paid because the codes "
        "of all images, taken together, are not distributed as the prior is. **Total correlation** is how far the "
        "numbers of a code depend on one another; the **KL of each number** is how far its own distribution is from "
        "$\\mathcal N(0, 1)$. Neither tells anything of the image."
    )
    kit.say(
        f"With $\\beta = 0.05$ the rate is {rate_of(small):.2f} nats over {small['num_images']:,} training images. "
        f"To tell them all apart takes {small['log_num_images']:.2f}, the dashed line: no code can tell more. This one "
        f"tells {small['information']:.2f}; so near to the line, of more images it might tell more. And of the "
        f"{saved:.2f} nats that $\\beta = 0.25$ saves, {idle:.2f} told nothing."
    )


def rate_of(parts: RateParts) -> float:
    """The rate that was taken apart."""
    return parts["information"] + parts["total_correlation"] + parts["dimension_kl"]


def _price(by_beta: dict[float, RateAndDistortion], low: float, high: float) -> float:
    """Nats of distortion for each nat of rate that is saved from one beta to a higher one."""
    less, more = by_beta[low], by_beta[high]
    return (more["distortion"] - less["distortion"]) / (less["rate"] - more["rate"])
