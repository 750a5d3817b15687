"""New images, drawn from where their codes may come from, and how good each kind is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np

from vaelab.evaluation.generation import (
    CodeSource,
    Prior,
    Samples,
    draw_labels,
    fit_posterior,
    generate,
    generate_each,
)
from vaelab.evaluation.judging import Judge, Quality

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset
    from vaelab.engine import Engine

__all__ = ["EACH", "KINDS", "codes_from", "draw_images", "judge_kinds", "quality_of"]

#: In place of a label: each of them, in turn.
EACH = "each"
#: Images drawn from the prior, or from the mixture fitted to the codes of the training images; held-out images after
#: encoder and decoder, and as they are.
KINDS = ("prior", "mixture", "reconstructed", "real")

Codes = CodeSource | Mapping[int, CodeSource]


def codes_from(
    engine: Engine, data: ImageDataset, source: Literal["prior", "mixture"] = "prior", label: int | None = None
) -> Codes:
    """Say where codes are drawn from.

    Parameters
    ----------
    engine
        The model.
    data
        Its images.
    source
        The prior, or a mixture fitted to the codes of training images.
    label
        Of the images that the mixture is fitted to; None for all.

    Returns
    -------
    CodeSource or mapping
        One for each label, where the mixture is that of a conditional model.
    """
    return Prior(engine.latent_dim) if source == "prior" else fit_posterior(engine, data, label)


def draw_images(
    engine: Engine,
    data: ImageDataset,
    source: Literal["prior", "mixture"] = "prior",
    number: int = 24,
    label: int | Literal["each"] | None = None,
    temperature: float = 1.0,
    seed: int = 0,
    codes: Codes | None = None,
) -> Samples:
    """Draw new images.

    Parameters
    ----------
    engine
        The model.
    data
        Its images, whose training images labels and mixtures are of.
    source
        As ``codes_from`` takes it.
    number
        How many; for each label, where it is to be each.
    label
        Of the images: told to a conditional model, or else that of the images which the mixture is fitted to. By
        default a conditional model gets labels as often as the training images have them. ``EACH``, of a conditional
        model: the same codes with each label.
    temperature
        Times the standard deviation.
    seed
        The same seed draws the same.
    codes
        What ``codes_from`` returns, where it was called before.

    Returns
    -------
    Samples
        Codes, images and labels.

    Raises
    ------
    ValueError
        If there is no such label, or it has too few images.
    """
    only = label if isinstance(label, int) else None
    conditional = engine.num_labels > 0
    codes = codes or codes_from(engine, data, source, None if conditional else only)
    if label == EACH:
        if not conditional or data.labels is None:
            raise ValueError("Only a conditional model decodes the same codes with each label.")
        return generate_each(engine, codes, np.unique(data.labels[data.split.train]), number, temperature, seed)
    labels = None
    if conditional:
        labels = draw_labels(data, number, seed) if only is None else np.full(number, only)
    return generate(engine, codes, number, labels, temperature, seed)


def quality_of(
    kind: str, engine: Engine, data: ImageDataset, judge: Judge, temperature: float = 1.0, codes: Codes | None = None
) -> Quality:
    """Judge as many images of a kind as the judge has real ones.

    Parameters
    ----------
    kind
        One of ``KINDS``.
    engine, data
        The model and its images.
    judge
        ``Judge.of(data)``.
    temperature
        Of images that are drawn.
    codes
        What ``codes_from`` returns, where it was called before.

    Returns
    -------
    Quality
        How good, diverse and new they are.
    """
    if kind == "real":
        return judge.judge(data.images[judge.held_out])
    if kind == "reconstructed":
        return judge.judge(engine.reconstruct(data.images[judge.held_out], data.labels_of(judge.held_out)))
    source: Literal["prior", "mixture"] = "prior" if kind == "prior" else "mixture"
    return judge.judge(draw_images(engine, data, source, judge.num_images, None, temperature, 0, codes).images)


def judge_kinds(engine: Engine, data: ImageDataset, temperature: float = 1.0) -> dict[str, Quality]:
    """Judge images of every kind.

    Parameters
    ----------
    engine, data
        The model and its images.
    temperature
        Of images that are drawn.

    Returns
    -------
    dict
        By the names in ``KINDS``.
    """
    judge = Judge.of(data)
    return {kind: quality_of(kind, engine, data, judge, temperature) for kind in KINDS}
