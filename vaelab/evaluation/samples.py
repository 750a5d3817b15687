"""Quality and diversity of generated images, measured without any downloaded network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaelab.images import as_float

__all__ = [
    "PixelSpace",
    "PrecisionRecall",
    "frechet_distance",
    "nearest_images",
    "precision_recall",
]

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
        pixels = _flat(images)
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
            If the images have another number of pixels.
        """
        if images[:1].size != len(self.mean) and len(images):
            raise ValueError(f"The space is of images of {len(self.mean)} pixels, not {images.shape[1:]}.")
        parts = [(block - self.mean) @ self.components.T for _, block in _blocks(images)]
        return np.concatenate([np.zeros((0, len(self.components)), np.float32), *parts])


class PrecisionRecall(NamedTuple):
    """Quality and diversity of samples, both in [0, 1].

    Attributes
    ----------
    precision
        The share of samples that look like real images: quality.
    recall
        The share of real images that the samples cover: diversity.
    """

    precision: float
    recall: float


def precision_recall(
    real_features: NDArray[np.floating], sample_features: NDArray[np.floating], k: int = 3
) -> PrecisionRecall:
    """Improved precision and recall (Kynkäänniemi et al. 2019, arXiv:1904.06991, eq. 1-2).

    A set's manifold is taken to be the balls around its points that reach to each one's k-th
    neighbour. Precision is the share of samples within the real images' manifold, recall the share
    of real images within the samples'. Both depend on how many points there are, so compare only
    figures of equal numbers. Time grows with the product: 2,000 of each take half a second.

    Parameters
    ----------
    real_features
        ``(N, K)``.
    sample_features
        ``(M, K)``.
    k
        Less than N and M.

    Returns
    -------
    PrecisionRecall
        Below 1 even for two sets of one distribution, the more so the more dimensions there are:
        compare with what held-out real images reach.

    Raises
    ------
    ValueError
        If the dimensions differ, or a set has no more than k points.
    """
    real, samples = _same_space(real_features, sample_features)
    fewest = min(len(real), len(samples))
    if not 1 <= k < fewest:
        raise ValueError(f"k is at least 1 and less than the {fewest} points of a set, not {k}.")
    return PrecisionRecall(precision=_covered(samples, real, k), recall=_covered(real, samples, k))


def frechet_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Fréchet distance between the Gaussians that fit two sets of features.

    ``|m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2))`` with their means m and covariances S
    (Heusel et al. 2017, arXiv:1706.08500, eq. 6). Their features are an Inception network's, so the
    figures of other features do not compare with theirs.

    Parameters
    ----------
    a
        ``(N, K)``, N at least 2; the covariance may be singular.
    b
        ``(M, K)``, M at least 2.

    Returns
    -------
    float
        A squared distance, at least 0, in the features' unit squared.

    Raises
    ------
    ValueError
        If the dimensions differ, or a set has fewer than two points.
    """
    a, b = _same_space(a, b)
    if min(len(a), len(b)) < 2:
        raise ValueError(f"A covariance needs two points, but these are {len(a)} and {len(b)}.")
    covariances = [np.atleast_2d(np.cov(features, rowvar=False)) for features in (a, b)]
    root_a, root_b = (_root(covariance) for covariance in covariances)
    # The trace of (S_a S_b)^(1/2) is the sum of these singular values. Unlike a matrix square root
    # of the product, which is not symmetric, they are real and exist for singular ones, too.
    overlap = np.linalg.svd(root_a @ root_b, compute_uv=False).sum()
    spread = np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * overlap
    return max(0.0, float(((a.mean(0) - b.mean(0)) ** 2).sum() + spread))


def nearest_images(
    train_images: NDArray[np.uint8], queries: NDArray[np.floating]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Find the training image nearest to each query, to see whether it is new or memorized.

    Parameters
    ----------
    train_images
        uint8 ``(N, C, H, W)``, N at least 1.
    queries
        float ``(M, C, H, W)`` in [0, 1], or uint8.

    Returns
    -------
    indices : ndarray
        ``(M,)``, rows of ``train_images``. Among images whose distances agree to six digits it may
        be any.
    distances : ndarray
        float64 ``(M,)``, the root of the mean squared difference of pixels in [0, 1].

    Raises
    ------
    ValueError
        If there are no training images, or the shapes differ.
    """
    if not len(train_images) or train_images.shape[1:] != queries.shape[1:]:
        raise ValueError(f"Queries {queries.shape} cannot be found among images {train_images.shape}.")
    wanted = _flat(queries)
    indices = np.zeros(len(wanted), np.intp)
    errors = np.full(len(wanted), np.inf)
    for start, block in _blocks(train_images):
        squares = np.einsum("np,np->n", block, block)
        best = (squares - 2 * wanted @ block.T).argmin(1)
        # Again, exactly: the expansion cancels for images that are nearly equal.
        error = ((wanted - block[best]).astype(np.float64) ** 2).mean(1)
        nearer = error < errors
        indices[nearer], errors[nearer] = start + best[nearer], error[nearer]
    return indices, np.sqrt(errors)


def _flat(images: NDArray[Any]) -> NDArray[np.float32]:
    """Images as float32 ``(N, P)`` in [0, 1]."""
    return as_float(images.reshape(len(images), -1))


def _blocks(images: NDArray[Any]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """All images a few at a time, with the number of the first."""
    step = max(1, BLOCK // max(1, images[:1].size))
    for start in range(0, len(images), step):
        yield start, _flat(images[start : start + step])


def _same_space(a: NDArray[np.floating], b: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Check features ``(N, K)`` and ``(M, K)``."""
    if a.ndim != 2 or a.shape[1:] != b.shape[1:]:
        raise ValueError(f"Features are (N, K) and (M, K), but these are {a.shape} and {b.shape}.")
    return a.astype(np.float64), b.astype(np.float64)


def _covered(points: NDArray[np.float64], centers: NDArray[np.float64], k: int) -> float:
    """The share of points that lie in a ball around some centre."""
    # Unlike scikit-learn's, its distances are exact: equal points are at distance 0.
    from scipy.spatial.distance import cdist  # a quarter of a second to import

    step = max(1, BLOCK // len(centers))
    # A centre is its own nearest, so its k-th neighbour is at position k.
    radii = np.concatenate(
        [
            np.partition(cdist(centers[start : start + step], centers), k, axis=1)[:, k]
            for start in range(0, len(centers), step)
        ]
    )
    covered = [(cdist(points[start : start + step], centers) <= radii).any(1) for start in range(0, len(points), step)]
    return float(np.concatenate(covered).mean())


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Symmetric square root of a covariance."""
    variances, directions = np.linalg.eigh(covariance)
    root: NDArray[np.float64] = (directions * np.sqrt(np.maximum(variances, 0))) @ directions.T
    return root
