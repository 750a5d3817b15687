"""Images as points of a space in which their distances mean something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.images import as_float, check_range

__all__ = ["BLOCK", "PixelSpace", "blocks_of", "flat_images"]

#: Images that principal components are fitted to, and pixels of all of them (64 MB as floats);
#: more hardly change the first few.
MAX_IMAGES = 5000
MAX_PIXELS = 16_000_000

#: Numbers that are held as floats at a time: 16 MB of pixels, 32 MB of distances.
BLOCK = 4_000_000


@dataclass(frozen=True)
class PixelSpace:
    """Principal components of real images' pixels: a space in which to compare sets of images.

    Attributes
    ----------
    mean
        float32 ``(P,)``, the mean image, P being C × H × W.
    components
        float32 ``(K, P)``, orthonormal rows, widest first.
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]

    @classmethod
    def fit(cls, images: NDArray[Any], num_components: int = 32) -> PixelSpace:
        """Find the components of real training images, of some thousands where there are more.

        Parameters
        ----------
        images
            ``(N, C, H, W)``, uint8 or float in [0, 1], N at least 2.
        num_components
            K; lowered to N or P where these are smaller.

        Returns
        -------
        PixelSpace
            The same for the same images.

        Raises
        ------
        ValueError
            If there are fewer than two images, or fewer than one component.
        """
        from sklearn.decomposition import PCA  # a second to import

        if len(images) < 2:
            raise ValueError(f"Principal components need two images, but there is {len(images)}.")
        if num_components < 1:
            raise ValueError(f"At least one component is needed, not {num_components}.")
        enough = min(MAX_IMAGES, max(500, MAX_PIXELS // max(1, images[0].size)))
        if len(images) > enough:
            chosen = np.random.default_rng(0).choice(len(images), enough, replace=False)
            images = images[np.sort(chosen)]
        pixels = flat_images(images)
        pca = PCA(min(num_components, *pixels.shape), random_state=0)
        with np.errstate(invalid="ignore"):  # it divides by the variance, which equal images lack
            pca.fit(pixels)
        return cls(np.asarray(pca.mean_, np.float32), np.asarray(pca.components_, np.float32))

    def features(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Place images in the space.

        Parameters
        ----------
        images
            ``(N, C, H, W)``, uint8 or float in [0, 1].

        Returns
        -------
        ndarray
            float32 ``(N, K)``. Distances are Euclidean pixel distances within the components.

        Raises
        ------
        ValueError
            If the images have another number of pixels, which must be uint8 or floats in [0, 1].
        """
        if images[:1].size != len(self.mean) and len(images):
            raise ValueError(f"The space is of images of {len(self.mean)} pixels, not {images.shape[1:]}.")
        parts = [(block - self.mean) @ self.components.T for _, block in blocks_of(images)]
        return np.concatenate([np.zeros((0, len(self.components)), np.float32), *parts])


def flat_images(images: NDArray[Any]) -> NDArray[np.float32]:
    """Images as float32 ``(N, P)`` in [0, 1], or a ValueError that says what they are instead."""
    check_range(images)
    return as_float(images.reshape(len(images), -1))


def blocks_of(images: NDArray[Any]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """All images a few at a time, with the number of the first."""
    step = max(1, BLOCK // max(1, images[:1].size))
    for start in range(0, len(images), step):
        yield start, flat_images(images[start : start + step])
