"""New images from a trained model, and how good, diverse and new they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.samples import (
    PixelSpace,
    density_coverage,
    frechet_distance,
    kernel_deviation,
    kernel_distance,
    nearest_images,
    precision_recall,
)
from vaelab.latent.mixture import Mixture, fit_mixture

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset
    from vaelab.engine import Engine

__all__ = [
    "FEWEST_CODES",
    "CodeSource",
    "Judge",
    "Prior",
    "Quality",
    "Samples",
    "draw_labels",
    "fit_posterior",
    "generate",
    "generate_each",
]

#: Images of a set that are judged, where so many are held out; more change the second digit.
MAX_JUDGED = 1000

#: The fewest that say anything: coverage looks at each one's fifth neighbour.
FEWEST_JUDGED = 6

#: Of these, images whose nearest training image is looked up: among 60,000 it takes a second.
MAX_LOOKED_UP = 200

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
        chosen = _some(rows, MAX_CODES)
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
    chosen = _some(rows, MAX_CODES)
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


class Quality(NamedTuple):
    """How a set of images compares with real training images.

    Attributes
    ----------
    precision, recall
        Quality and diversity, in [0, 1] (``vaelab.evaluation.samples.precision_recall``).
    coverage
        Diversity that outliers cannot raise, in [0, 1] (``vaelab.evaluation.samples.density_coverage``). It falls where
        kinds of images are missing; recall also where images lack detail.
    kid
        Kernel distance of the sets (``vaelab.evaluation.samples.kernel_distance``), of features whose root mean square
        over real images and components is 1: 0 is best, and what real images get on average.
    frechet
        Squared distance of the Gaussians that fit the sets' principal components: 0 would be best, but few images are
        farther apart though they are real.
    nearest
        float64 ``(M,)``: each image's root-mean-square pixel distance to the nearest training
        image, pixels in [0, 1], of the first 200 images.
    """

    precision: float
    recall: float
    coverage: float
    kid: float
    frechet: float
    nearest: NDArray[np.float64]


@dataclass(frozen=True)
class Judge:
    """Compares sets of images with training images, all sets of one size.

    Precision, recall, coverage and the Fréchet distance all depend on how many images there are, so
    the judge says how many it wants, and what is compared with one another gives it as many.

    Attributes
    ----------
    space
        Principal components of the training images' pixels.
    real
        float32 ``(num_images, K)``: features of training images drawn at random.
    unit
        Their root mean square, in which ``kernel_distance`` counts.
    kid_deviation
        Standard deviation of the kernel distance of real images from 0.
    train_images
        uint8 ``(N, C, H, W)``: all of them.
    held_out
        int64 ``(num_images,)``: indices of images, in random order, that the model was not
        trained on; what real images reach is a judgement of these.
    """

    space: PixelSpace
    real: NDArray[np.float32]
    unit: float
    kid_deviation: float
    train_images: NDArray[np.uint8]
    held_out: NDArray[np.int64]

    @classmethod
    def of(cls, data: ImageDataset) -> Judge:
        """Prepare to judge images of a dataset.

        Parameters
        ----------
        data
            Preprocessed as for training.

        Returns
        -------
        Judge
            As many images as are held out (for validation and test), 1,000 at the most.

        Raises
        ------
        ValueError
            If there are too few images to compare.
        """
        rng = np.random.default_rng(0)
        held_out = rng.permutation(np.concatenate([data.split.validation, data.split.test]))
        num_images = min(MAX_JUDGED, len(held_out), len(data.split.train))
        if num_images < FEWEST_JUDGED:
            raise ValueError(
                f"Quality is judged by {FEWEST_JUDGED} held-out images or more, but there are {num_images}: keep "
                "more images when training."
            )
        train_images = data.images[data.split.train]
        space = PixelSpace.fit(train_images)
        chosen = rng.choice(len(train_images), num_images, replace=False)
        real, held_out = space.features(train_images[chosen]), held_out[:num_images]
        unit = float(np.sqrt((real.astype(np.float64) ** 2).mean())) or 1.0
        deviation = kernel_deviation(real / unit, space.features(data.images[held_out]) / unit)
        return cls(space, real, unit, deviation, train_images, held_out)

    @property
    def num_images(self) -> int:
        """How many images a set is to have."""
        return len(self.held_out)

    def judge(self, images: NDArray[Any]) -> Quality:
        """Compare a set of images with the training images.

        Parameters
        ----------
        images
            ``(num_images, C, H, W)``, uint8 or float in [0, 1].

        Returns
        -------
        Quality
            Its figures.

        Raises
        ------
        ValueError
            If there are more or fewer images than the judge wants.
        """
        if len(images) != self.num_images:
            raise ValueError(f"Sets of {self.num_images} images are compared, but this one has {len(images)}.")
        features = self.space.features(images)
        precision, recall = precision_recall(self.real, features)
        _, nearest = nearest_images(self.train_images, images[:MAX_LOOKED_UP])
        return Quality(
            precision,
            recall,
            density_coverage(self.real, features).coverage,
            kernel_distance(self.real / self.unit, features / self.unit),
            frechet_distance(self.real, features),
            nearest,
        )


def _some(indices: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """All of some indices, or as many drawn at random, the same ones each time."""
    if len(indices) <= most:
        return indices
    return np.sort(np.random.default_rng(0).choice(indices, most, replace=False))
