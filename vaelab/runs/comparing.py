"""Which nats of two models compare, and why others do not. Imports no torch."""

from __future__ import annotations

from typing import Literal

from vaelab.choices import LIKELIHOODS
from vaelab.config import TrainConfig
from vaelab.runs import Run

__all__ = ["Term", "differs_by_seed", "measure", "same_images", "why_not"]

Term = Literal["elbo", "reconstruction", "kl", "total", "bound"]


def measure(config: TrainConfig) -> str:
    """Say what a model's log p(x|z) is of: Bernoulli pixels, or densities.

    A Bernoulli's is at most 0, and of gray pixels no likelihood at all but a cross-entropy. A density
    may be of any sign, and rises without limit as it narrows: one is not so many nats better or worse
    than the other. Densities compare among each other, whether Gaussian, of a learned sigma, or a
    continuous Bernoulli's.

    Parameters
    ----------
    config
        What the model is.

    Returns
    -------
    str
        As people read it.
    """
    return LIKELIHOODS[config.likelihood].measure


def same_images(run: Run, other: Run) -> bool:
    """Whether two runs learned the same images: dataset, preprocessing and, where it is known, content."""
    if (run.config.dataset, run.config.preprocessing) != (other.config.dataset, other.config.preprocessing):
        return False
    hashes = {run.data.image_hash, other.data.image_hash} - {""}  # runs of old have none
    return len(hashes) < 2


def differs_by_seed(run: Run, other: Run) -> bool:
    """Whether two runs are the same training from another seed: how far their figures lie apart is chance."""
    seeds = run.config.seed, other.config.seed
    return (
        seeds[0] != seeds[1]
        and same_images(run, other)
        and run.config == other.config.model_copy(update={"seed": seeds[0], "threads": run.config.threads})
        and run.changes_made() == other.changes_made()
    )


def why_not(run: Run, other: Run, term: Term) -> str:
    """Say why a term of one run does not compare with the same term of another.

    Parameters
    ----------
    run
        The run to compare with.
    other
        The run in question.
    term
        ``"bound"`` is one on log p(x), labels summed out; ``"elbo"`` of a conditional model is
        one on log p(x|y). A KL divergence compares with any other.

    Returns
    -------
    str
        The end of a sentence about ``other``, or empty where they compare.
    """
    mine, its = run.config, other.config
    if term == "kl":
        return "is an autoencoder, which has no KL divergence" if its.model == "ae" else ""
    reasons = {
        "is an autoencoder, which has no bound on log p(x)": term in {"elbo", "bound"} and its.model == "ae",
        "learned other images": not same_images(run, other),
        f"has nats of {measure(its)}, not of {measure(mine)}": measure(mine) != measure(its),
        f"is {'' if its.conditional else 'not '}told the label, which is worth some nats": term != "bound"
        and mine.conditional != its.conditional,
        "weighs the terms of its loss otherwise": term == "total" and _weights(run) != _weights(other),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _weights(run: Run) -> tuple[object, ...]:
    """What makes a total of the terms, and how that changed while it was trained."""
    config, names = run.config, run.config.minimized.settings
    changes = [(step, name, value) for step, new in run.changes_made().items() for name, value in new.items()]
    weights = [getattr(config, name) for name in names]
    return config.model, config.objective, *weights, *(change for change in changes if change[1] in names)
