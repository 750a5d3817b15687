"""What is to be known of a run by whoever meets it: its images, what was done to them, how well it learned them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vaelab.changes import in_words
from vaelab.datasets import NOT_STATED

if TYPE_CHECKING:
    from vaelab.runs.run import Run

__all__ = ["Fact", "facts_of", "licence_in_words"]


class Fact(NamedTuple):
    """A heading, and what is said under it, in plain text."""

    heading: str
    text: str


def facts_of(run: Run) -> list[Fact]:
    """Say what is known of a run.

    Parameters
    ----------
    run
        A trained run.

    Returns
    -------
    list of Fact
        What its images are and under which licence, what was done to them, which settings changed while it was trained,
        and its figures where there are any.
    """
    record, config = run.data, run.config
    words = (record.description, f"Source: {record.source}", licence_in_words(record.licence))
    steps = " ".join(record.steps) or "The images are as their source has them."
    numbers = (
        f"{record.num_train:,} images for training, {record.num_validation:,} for validation, "
        f"{record.num_test:,} for test."
    )
    facts = [
        Fact(record.name, " ".join(_sentence(text) for text in words if text)),
        Fact("Preprocessing", f"{steps} {numbers}"),
    ]
    if changes := run.changes_made():
        said = [f"{in_words(config, settings)} after {step:,} steps" for step, settings in changes.items()]
        facts.append(Fact("Changed while it was trained", _sentence("; ".join(said))))
    figures = run.evaluation()
    if figures:
        shown = {
            "ELBO, given the label," if config.conditional else "ELBO": figures["elbo"],
            "Reconstruction": figures["reconstruction"],
            "KL": figures["kl"],
        }
        parts = [f"{name} {value:.2f}".replace("-", "−") for name, value in shown.items() if value is not None]
        accuracy = figures["knn_accuracy"]
        extra = "" if accuracy is None else f" 10-nearest-neighbour accuracy {accuracy:.1%}."
        below = (
            " A reconstruction below zero is no mistake: p(x|z) is a density here, and may exceed 1."
            if figures["reconstruction"] < 0
            else ""
        )
        facts.append(
            Fact(
                f"On {figures['num_images']:,} held-out images",
                f"In nats per image: {', '.join(parts)}. {figures['active_units']} of {config.latent_dim} dimensions "
                f"active.{extra}{below}",
            )
        )
    return facts


def licence_in_words(licence: str) -> str:
    """Name a licence.

    Parameters
    ----------
    licence
        As a dataset has it.

    Returns
    -------
    str
        A sentence; empty where nobody gave one, as of one's own images.
    """
    return f"Licence: {licence.rstrip('.')}." if licence not in {"", NOT_STATED} else ""


def _sentence(text: str) -> str:
    """With one full stop at its end, whether it came with one or without."""
    return f"{text.rstrip('.')}."
