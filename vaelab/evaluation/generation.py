"""New images from a trained model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from vaelab.latent.mixture import Mixture, fit_mixture
from vaelab.latent.projections import choose_points

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset
    from vaelab.engine import Engine

__all__ = [
    "FEWEST_CODES",
    "CodeSource",
    "Prior",
    "Samples",
    "draw_labels",
    "fit_posterior",
    "generate",
    "generate_each",
]

#: Training images whose posteriors the aggregate posterior is fitted to.
MAX_CODES = 10_000

#: Images of a label that it takes to fit a mixture of its own.
FEWEST_CODES = 2


class CodeSource(Protocol):
    """Where codes are drawn from: the prior, or a mixture."""

    def sample(self, num: int, seed: int | np.random.Generator = 0, temperature: float = 1.0) -> NDArray[np.float32]:
        """Draw codes ``(num, D)``."""


@dataclass(frozen=True)
class Prior:
    """The standard normal, which a VAE's KL term asks codes to fill.

    Attributes
    ----------
    latent_dim
        D.
    """

    latent_dim: int

    def sample(self, num: int, seed: int | np.random.Generator = 0, temperature: float = 1.0) -> NDArray[np.float32]:
        """Draw codes from ``N(0, temperature^2 I)``.

        Parameters
        ----------
        num
            How many.
        seed
            Of the draws, or a generator that makes them.
        temperature
            Standard deviation: below 1 likelier and less diverse codes, above 1 rarer ones.

        Returns
        -------
        ndarray
            float32 ``(num, D)``.

        Raises
        ------
        ValueError
            If the temperature is negative.
        """
        if temperature < 0:
            raise ValueError(f"A temperature is at least 0, but this is {temperature}.")
        rng = np.random.default_rng(seed)
        noise = rng.standard_normal((num, self.latent_dim), dtype=np.float32)
        return np.float32(temperature) * noise


class Samples(NamedTuple):
    """Generated images.

    Attributes
    ----------
    z
        float32 ``(N, D)``, the codes drawn.
    images
        float32 ``(N, C, H, W)`` in [0, 1], what they decode to.
    labels
        int64 ``(N,)``, what each was drawn for or decoded with, or None.
    """

    z: NDArray[np.float32]
    images: NDArray[np.float32]
    labels: NDArray[np.int64] | None


def fit_posterior(engine: Engine, data: ImageDataset, label: int | None = None) -> Mixture | dict[int, Mixture]:
    """Fit the aggregate posterior of training images: where the encoder really puts them.

    Sampling from a density fitted to the codes afterwards, in place of the prior, is Ghosh et al.
    2020 (arXiv:1903.12436, section 4).

    Parameters
    ----------
    engine
        The model.
    data
        Its images, of which 10,000 are encoded at the most.
    label
        Fit to this label's images alone, for a model that takes no labels.

    Returns
    -------
    Mixture or dict of Mixture
        For a conditional model one mixture a label, of those that have images: each label has an
        aggregate posterior of its own.

    Raises
    ------
    ValueError
        If there are fewer than two images to fit to.
    """
    rows = data.split.train
    if engine.num_labels:
        chosen = rows[choose_points(len(rows), MAX_CODES)]
        labels = data.labels[chosen] if data.labels is not None else np.zeros(0, np.int64)
        codes = engine.encode(data.images[chosen], labels)
        of_label = {int(y): labels == y for y in np.unique(labels)}
        return {
            y: fit_mixture(codes.mu[mine], sigma=codes.sigma[mine])
            for y, mine in of_label.items()
            if mine.sum() >= FEWEST_CODES
        }
    if label is not None and data.labels is not None:
        rows = rows[data.labels[rows] == label]
    if len(rows) < FEWEST_CODES:
        raise ValueError("There are fewer than two training images of this label: choose another.")
    chosen = rows[choose_points(len(rows), MAX_CODES)]
    codes = engine.encode(data.images[chosen])
    return fit_mixture(codes.mu, sigma=codes.sigma)


def draw_labels(data: ImageDataset, num: int, seed: int = 0) -> NDArray[np.int64] | None:
    """Draw labels as often as the training images have them; None without labels.

    Parameters
    ----------
    data
        The images.
    num
        How many.
    seed
        Of the draws.

    Returns
    -------
    ndarray or None
        int64 ``(num,)``.
    """
    labels = data.labels_of(data.split.train)
    return None if labels is None else np.random.default_rng(seed).choice(labels, num)


def generate(
    engine: Engine,
    source: CodeSource | Mapping[int, CodeSource],
    num: int,
    labels: NDArray[np.integer] | None = None,
    temperature: float = 1.0,
    seed: int = 0,
) -> Samples:
    """Draw codes and decode them to the mean of p(x|z).

    Parameters
    ----------
    engine
        The model.
    source
        Where codes are drawn from; or one such place for each label.
    num
        How many images.
    labels
        ``(num,)``: what to decode each with, and which source it comes from; needed by a
        conditional model or by a source for each label.
    temperature
        As the source takes it.
    seed
        The same seed draws the same.

    Returns
    -------
    Samples
        Codes, images and labels.

    Raises
    ------
    ValueError
        If labels are missing, or one has no source.
    """
    if not isinstance(source, Mapping):
        z = source.sample(num, seed, temperature)
    elif labels is None:
        raise ValueError("Codes that are drawn label by label need labels.")
    else:
        missing = sorted(set(np.unique(labels).tolist()) - set(source))
        if missing:
            raise ValueError(f"There are no codes of label {missing[0]} to draw from.")
        rng = np.random.default_rng(seed)
        z = np.empty((num, engine.latent_dim), np.float32)
        for label in np.unique(labels):
            mine = labels == label
            z[mine] = source[int(label)].sample(int(mine.sum()), rng, temperature)
    classes = None if labels is None else labels.astype(np.int64)
    return Samples(z, engine.decode(z, classes), classes)


def generate_each(
    engine: Engine,
    source: CodeSource | Mapping[int, CodeSource],
    labels: NDArray[np.integer],
    num_each: int,
    temperature: float = 1.0,
    seed: int = 0,
) -> Samples:
    """Draw images of each label in turn; of one code, where all labels share a source.

    Parameters
    ----------
    engine
        A conditional model.
    source
        Where codes are drawn from; or one such place for each label.
    labels
        ``(K,)``, the labels.
    num_each
        How many images of each.
    temperature, seed
        As ``generate`` takes them.

    Returns
    -------
    Samples
        ``num_each * K`` of them, label by label before the next code.
    """
    every_label = np.tile(labels.astype(np.int64), num_each)
    if isinstance(source, Mapping):
        return generate(engine, source, len(every_label), every_label, temperature, seed)
    z = source.sample(num_each, seed, temperature).repeat(len(labels), axis=0)
    return Samples(z, engine.decode(z, every_label), every_label)
