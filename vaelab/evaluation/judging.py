"""How good, diverse and new generated images are, beside images that are real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.distances import frechet_distance, kernel_deviation, kernel_distance
from vaelab.evaluation.pixel_space import PixelSpace
from vaelab.evaluation.samples import density_coverage, nearest_images, precision_recall

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset

__all__ = ["Judge", "Quality"]

#: Images of a set that are judged, where so many are held out; more change the second digit.
MAX_JUDGED = 1000

#: The fewest that say anything: coverage looks at each one's fifth neighbour.
FEWEST_JUDGED = 6

#: Of these, images whose nearest training image is looked up: among 60,000 it takes a second.
MAX_LOOKED_UP = 200


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
        Kernel distance of the sets (``vaelab.evaluation.distances.kernel_distance``), of features whose root mean
        square over real images and components is 1: 0 is best, and what real images get on average.
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
