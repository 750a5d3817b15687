"""The figures of a model on held-out images: the ELBO, its parts, and what its codes are worth."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets import ImageDataset, SplitName
from vaelab.engine import Codes, Engine, ImageTerms
from vaelab.evaluation.neighbours import knn_votes
from vaelab.images import as_float
from vaelab.latent.units import active_units

__all__ = ["Evaluation", "Judged", "error_quantiles", "evaluate", "judge", "reconstruction_errors"]


class Judged(NamedTuple):
    """What each of N held-out images comes to: ``evaluate`` takes means of it, ``evaluate_fully`` intervals as well."""

    terms: ImageTerms
    codes: Codes
    #: ``(codes, labels)`` of the training images and of the held-out ones, as a vote takes them; empty without labels.
    sides: tuple[Any, ...]
    #: ``(N,)``, how often the ten nearest name an image's class; None without labels.
    knn: NDArray[np.float64] | None


def judge(engine: Engine, data: ImageDataset, split: SplitName = "test", seed: int = 0) -> Judged:
    """Judge each image of a split, by one sample of z, and by the codes of training images; as of ``evaluate``."""
    chosen = data.indices(split)
    images, labels = data.images[chosen], data.labels_of(chosen)
    terms = engine.terms(images, seed, labels)
    codes = engine.encode(images, labels)
    if data.labels is None:
        return Judged(terms, codes, (), None)
    train = data.split.train
    neighbours = data.labels[train]
    sides = engine.encode(data.images[train], neighbours), neighbours, codes, data.labels[chosen]
    return Judged(terms, codes, sides, knn_votes(*sides, seed=seed))


@dataclass(frozen=True)
class Evaluation:
    """Figures on held-out images, in nats per image where not said otherwise.

    Attributes
    ----------
    elbo
        ``-(reconstruction + kl)``: the evidence lower bound on log p(x), so the higher the better.
        Of densities (Gaussian, continuous Bernoulli) it may be positive. Always with beta 1 and
        without free bits, whatever the training was. None for an autoencoder, which has no such bound.
    reconstruction
        -log p(x|z) with one sample of z an image; negative where that is a density above 1.
    kl
        KL(q(z|x) || p(z)); None for an autoencoder.
    kl_per_dim
        Its D parts; None for an autoencoder.
    active_units
        Dimensions whose mean varies over images; of an autoencoder, against its widest (``vaelab.latent.units``).
    knn_accuracy
        Of a 10-nearest-neighbour vote among codes of training images, drawn from q(z|x), in the
        active dimensions, in [0, 1]; None without labels. The encoder of a conditional model is told
        what the vote is to find.
    num_images
        How many images were judged.
    split
        Which split they are from.
    knn_of
        Of what codes the vote is. Evaluations of old lack it, which were of means.
    """

    elbo: float | None
    reconstruction: float
    kl: float | None
    kl_per_dim: tuple[float, ...] | None
    active_units: int
    knn_accuracy: float | None
    num_images: int
    split: str
    knn_of: str = "draws"

    def as_dict(self) -> dict[str, Any]:
        """The same, for JSON."""
        return asdict(self)


def evaluate(engine: Engine, data: ImageDataset, split: SplitName = "test", seed: int = 0) -> Evaluation:
    """Evaluate a model on one split of a dataset.

    Parameters
    ----------
    engine
        The model.
    data
        Preprocessed as for training.
    split
        The split to judge; the training images are its neighbours.
    seed
        Of the samples of z.

    Returns
    -------
    Evaluation
        The figures.

    Raises
    ------
    ValueError
        If there is no such split, or the images are not of the model's size.
    """
    terms, codes, _, knn = judge(engine, data, split, seed)
    reconstruction = float(terms.reconstruction.mean(dtype=np.float64))
    kl = float(terms.kl.mean(dtype=np.float64)) if engine.is_vae else None
    return Evaluation(
        elbo=None if kl is None else -(reconstruction + kl),
        reconstruction=reconstruction,
        kl=kl,
        kl_per_dim=tuple(terms.kl_per_dim.mean(0).tolist()) if engine.is_vae else None,
        active_units=int(active_units(codes.mu, engine.is_vae).sum()),
        knn_accuracy=None if knn is None else float(knn.mean()),
        num_images=len(codes.mu),
        split=split,
    )


def reconstruction_errors(engine: Engine, data: ImageDataset, num_images: int = 500) -> NDArray[np.float64]:
    """Tell how far the reconstructions of held-out images are off.

    Parameters
    ----------
    engine
        The model.
    data
        Preprocessed as for training.
    num_images
        How many to look at, at the most: the first of the test images.

    Returns
    -------
    ndarray
        float64 ``(M,)`` in [0, 1]: the root of the mean squared difference of an image and what its
        posterior's mean is decoded to, over pixels and channels.
    """
    chosen = data.indices("test")[:num_images]
    images = as_float(data.images[chosen], np.float64)
    off = images - engine.reconstruct(data.images[chosen], data.labels_of(chosen))
    errors: NDArray[np.float64] = np.sqrt((off**2).mean((1, 2, 3)))
    return errors


def error_quantiles(engine: Engine, data: ImageDataset) -> list[float]:
    """Tell how far the reconstructions of held-out images are off, to compare another image's with.

    Parameters
    ----------
    engine, data
        As ``reconstruction_errors`` takes them.

    Returns
    -------
    list of float
        Their 101 percentiles, the least and the most included.
    """
    quantiles: list[float] = np.quantile(reconstruction_errors(engine, data), np.linspace(0, 1, 101)).tolist()
    return quantiles
