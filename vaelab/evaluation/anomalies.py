"""How unlike the normal images an image looks to a model: one number, the higher the stranger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.calibration import MIN_HELD_OUT, Calibration
from vaelab.evaluation.detection import knn_distance
from vaelab.evaluation.image_errors import Floats, Images
from vaelab.latent.projections import choose_points
from vaelab.latent.units import code_scale

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset
    from vaelab.engine import Engine

__all__ = ["SCORES", "Detector", "Score", "oddness", "unit_of"]

#: Training images whose codes are kept: a distance to them hardly changes with more.
MAX_CODES = 10_000

#: The distance to a code's k-th nearest neighbour.
K = 10


@dataclass(frozen=True)
class Score:
    """A score of how anomalous an image is.

    Attributes
    ----------
    title
        For people.
    unit
        Of the number.
    description
        What it measures, in a sentence or two.
    """

    title: str
    unit: str
    description: str


SCORES: dict[str, Score] = {
    "calibrated": Score(
        "Calibrated error",
        "times what is expected",
        "How much worse the image is reconstructed than a normal image as intricate as it: 1 is as "
        "expected, 2 twice the error. Intricate means long outlines and much ink, which make any "
        "image hard.",
    ),
    "reconstruction": Score(
        "Reconstruction error",
        "nats",
        "-log p(x|z) at the image's own code: how badly the decoder brings the image back. Images "
        "of little ink are easy, also strange ones.",
    ),
    "elbo": Score(
        "Negative ELBO",
        "nats",
        "Reconstruction error plus KL divergence, the mean over 16 draws of the code: an upper bound on "
        "-log p(x), so on how improbable the model finds the image, but for the chance of the draws. "
        "Simple images are probable, also strange ones.",
    ),
    "latent": Score(
        "Latent distance",
        "posterior standard deviations",
        f"How far the image's code lies from the {K}th nearest code of a training image, each active "
        "dimension in units of its typical posterior standard deviation.",
    ),
}


class Detector:
    """Knows a run's normal images, and scores others by how much they differ.

    Which score tells best depends on what the anomalies are. ``calibrated`` is the one that simple images do not fool:
    see ``Calibration``.

    A conditional model is not given the label, since nobody knows an anomaly's: each image gets
    the one under which its negative ELBO is lowest.

    Parameters
    ----------
    engine
        A trained model.
    data
        The images that it was trained on: those of its training and validation split are normal.

    Attributes
    ----------
    normal
        uint8 ``(N, C, H, W)``: normal images that are not for testing, which say what to expect and where to put a
        threshold. The validation images, or training images where there are fewer than 50 of those.
    is_held_out
        Whether those are validation images. The model knows training images, so scores them lower than new ones.

    Raises
    ------
    ValueError
        If there are no training images.
    """

    def __init__(self, engine: Engine, data: ImageDataset) -> None:
        train = data.indices("train")
        if not len(train):
            raise ValueError("There are no training images that say what is normal.")
        train = train[choose_points(len(train), MAX_CODES)]
        held_out = data.indices("validation")
        self.engine = engine
        self._images = data.images[train]
        self._labels = data.labels_of(train)
        self._codes: tuple[NDArray[np.float32], Floats] | None = None
        self.is_held_out = len(held_out) >= MIN_HELD_OUT
        self.normal: NDArray[np.uint8] = data.images[held_out if self.is_held_out else train]
        self.calibration = Calibration.fit(self.normal, self.reconstruct)

    @property
    def scores(self) -> tuple[str, ...]:
        """The keys of ``SCORES`` that this model has: an autoencoder has no ELBO."""
        return tuple(name for name in SCORES if name != "elbo" or self.engine.is_vae)

    def score(self, name: str, images: Images) -> Floats:
        """Say how anomalous images are.

        Parameters
        ----------
        name
            A key of ``SCORES``.
        images
            ``(N, C, H, W)``, uint8 or float in [0, 1], of the shape of the model's.

        Returns
        -------
        ndarray
            float64 ``(N,)``, in the unit that ``unit_of`` names. An image's score is the same each time, whichever
            images it comes with.

        Raises
        ------
        ValueError
            If there is no such score, this model does not have it, or the images are not what the model takes.
        """
        if name not in SCORES:
            raise ValueError(f"There is no score {name!r}: choose one of {', '.join(SCORES)}.")
        if name not in self.scores:
            raise ValueError("An autoencoder has no ELBO: choose its reconstruction error, or a VAE.")
        if not len(images):
            return np.zeros(0)
        if name == "calibrated":
            return self.calibration.ratio(images, self.reconstruct)
        labels = self.labels_for(images)
        if name == "latent":
            if self._codes is None:
                self._codes = self._known_codes()
            codes, scale = self._codes
            return knn_distance(scale * codes, scale * self.engine.encode(images, labels).mu, K)
        # The bound is about sampled codes; the error is steadier at the mean.
        if name == "elbo":
            terms = self.engine.expected_terms(images, labels=labels)
            return (terms.reconstruction + terms.kl).astype(np.float64)
        return self.engine.terms(images, seed=None, labels=labels).reconstruction.astype(np.float64)

    def _known_codes(self) -> tuple[NDArray[np.float32], Floats]:
        """Codes of training images, ``(N, D)``, and what each number of a code counts, ``(D,)``."""
        mu, sigma = self.engine.encode(self._images, self._labels)
        return mu, code_scale(mu, sigma, self.engine.is_vae)

    def reconstruct(self, images: Images) -> NDArray[np.float32]:
        """Bring images back from their codes, with labels found as for the scores.

        Parameters
        ----------
        images
            ``(N, C, H, W)``.

        Returns
        -------
        ndarray
            float32 ``(N, C, H, W)`` in [0, 1].
        """
        return self.engine.reconstruct(images, self.labels_for(images))

    def labels_for(self, images: Images) -> NDArray[np.int64] | None:
        """Find the label that explains each image best, ``(N,)``; None if the model needs none."""
        if not self.engine.num_labels:
            return None
        losses = []
        for label in range(self.engine.num_labels):
            terms = self.engine.terms(images, seed=None, labels=label)
            losses.append(terms.reconstruction + terms.kl)
        best: NDArray[np.int64] = np.argmin(losses, axis=0)
        return best


def unit_of(name: str, is_vae: bool = True) -> str:
    """In what unit a score of ``SCORES`` is; an autoencoder's codes have no posterior to be measured in.

    Examples
    --------
    >>> unit_of("latent"), unit_of("latent", is_vae=False)
    ('posterior standard deviations', 'units of z')
    """
    return "units of z" if name == "latent" and not is_vae else SCORES[name].unit


def oddness(*scores: Floats) -> Floats:
    """Join several scores of the same images: odd is what is odd by any of them.

    An image that a model learned by heart has no error, though its code lies far from all others; one whose code is
    like others' may be drawn badly. Each score is counted from its median in units of its spread (half of the distance
    between its quartiles, over 0.6745: the standard deviation, were it normal), and the largest counts.

    Parameters
    ----------
    *scores
        ``(N,)`` each, the higher the stranger.

    Returns
    -------
    ndarray
        float64 ``(N,)``, in spreads above the median.

    Examples
    --------
    >>> error, distance = np.arange(100.0), np.arange(100.0)
    >>> distance[3] = 1000
    >>> int(oddness(error, distance).argmax())
    3
    """
    parts = []
    for score in scores:
        low, middle, high = np.quantile(score, [0.25, 0.5, 0.75])
        # Where half of the images score the same, that is not to be divided by.
        spread = max((high - low) / 2 / 0.6745, 1e-9 + 1e-6 * abs(float(middle)))
        parts.append((score - middle) / spread)
    joined: Floats = np.max(parts, axis=0)
    return joined
