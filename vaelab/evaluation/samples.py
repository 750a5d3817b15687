"""Quality and diversity of generated images, measured without any downloaded network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaelab.images import as_float, check_range

__all__ = [
    "DensityCoverage",
    "PixelSpace",
    "PrecisionRecall",
    "density_coverage",
    "frechet_distance",
    "kernel_deviation",
    "kernel_distance",
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
            If the images have another number of pixels, which must be uint8 or floats in [0, 1].
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
        The share of real images that lie within the samples' manifold: diversity. Samples that lie far from all others
        have large balls, so a few of them may hold much: ``density_coverage`` does not count these.
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


class DensityCoverage(NamedTuple):
    """Quality and diversity of samples, neither of which a few outliers among them can raise.

    Attributes
    ----------
    density
        How many more or fewer samples than real images lie about real images, 1 being as many: quality. It may exceed
        1 where samples crowd in the midst of real images.
    coverage
        The share of real images that have a sample nearby, in [0, 1]: diversity.
    """

    density: float
    coverage: float


def density_coverage(
    real_features: NDArray[np.floating], sample_features: NDArray[np.floating], k: int = 5
) -> DensityCoverage:
    """Density and coverage (Naeem et al. 2020, arXiv:2002.09797, section 3).

    Both look at the balls around the real images alone, which reach to each one's k-th neighbour. Density counts the
    balls that each sample lies in, in units of k; coverage the balls that hold a sample.

    Parameters
    ----------
    real_features
        ``(N, K)``.
    sample_features
        ``(M, K)``, M at least 1.
    k
        Less than N.

    Returns
    -------
    DensityCoverage
        Of two sets of one distribution and one size the density is 1 on average, the coverage nearly 1 - 2^-k, in any
        number of dimensions.

    Raises
    ------
    ValueError
        If the dimensions differ, there are no samples, or no more than k real images.
    """
    real, samples = _same_space(real_features, sample_features)
    if not 1 <= k < len(real) or not len(samples):
        raise ValueError(
            f"k is at least 1 and less than the {len(real)} real points, not {k}, and there are {len(samples)} samples."
        )
    held = np.concatenate([inside.sum(1) for inside in _inside(real, _radii(real, k), samples)])
    return DensityCoverage(density=float(held.sum() / (k * len(samples))), coverage=float((held > 0).mean()))


def kernel_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Kernel distance between two sets of features (KID of Bińkowski et al. 2018, arXiv:1801.01401, section 4).

    The squared maximum mean discrepancy with the kernel ``(x · y / K + 1)^3``, which compares means, covariances and
    third moments. Its estimate has no bias, however few points there are, which that of ``frechet_distance`` has: it is
    0 on average for two sets of one distribution, and so is at times below 0. Memory grows with the product of N and M.

    Parameters
    ----------
    a
        ``(N, K)``, N at least 2. The kernel is not indifferent to the features' unit and origin.
    b
        ``(M, K)``, M at least 2.

    Returns
    -------
    float
        The unbiased estimate (Gretton et al. 2012, eq. 3).

    Raises
    ------
    ValueError
        If the dimensions differ, or a set has fewer than two points.
    """
    a, b = _same_space(a, b)
    if min(len(a), len(b)) < 2:
        raise ValueError(f"A kernel distance needs two points, but these are {len(a)} and {len(b)}.")
    return _off_diagonal_mean(_kernel(a, a)) + _off_diagonal_mean(_kernel(b, b)) - 2 * float(_kernel(a, b).mean())


def kernel_deviation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """How far ``kernel_distance`` of two sets of one distribution is from 0 by chance.

    Parameters
    ----------
    a, b
        ``(N, K)`` each, N at least 2: two sets of one distribution.

    Returns
    -------
    float
        Its standard deviation over such pairs of sets (Gretton et al. 2012, JMLR 13: the second moment where
        there is one distribution).

    Raises
    ------
    ValueError
        If the sets differ in size or dimensions, or have fewer than two points.
    """
    a, b = _same_space(a, b)
    if len(a) != len(b) or len(a) < 2:
        raise ValueError(f"Two sets of as many points are needed, two or more each, not {len(a)} and {len(b)}.")
    between = _kernel(a, b)
    pairs = _kernel(a, a) + _kernel(b, b) - between - between.T
    return float(np.sqrt(2 / (len(a) * (len(a) - 1)) * _off_diagonal_mean(pairs**2)))


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
        A squared distance, at least 0, in the features' unit squared. Of few points it is too large: two samples of 180
        from one N(0, I) in 32 dimensions are 3.3 apart on average, two of 1,000 0.6. So compare it with what
        real images reach, as many of them; ``kernel_distance`` has no such bias.

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
        If there are no training images, the shapes differ, or pixels are neither uint8 nor floats in [0, 1].
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
    """Images as float32 ``(N, P)`` in [0, 1], or a ValueError that says what they are instead."""
    check_range(images)
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


def _kernel(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(x · y / K + 1)^3`` of all pairs, ``(N, M)``."""
    return np.asarray((x @ y.T / x.shape[1] + 1) ** 3)


def _off_diagonal_mean(pairs: NDArray[np.float64]) -> float:
    """The mean over pairs of different points."""
    return float((pairs.sum() - np.trace(pairs)) / (len(pairs) * (len(pairs) - 1)))


def _covered(points: NDArray[np.float64], centers: NDArray[np.float64], k: int) -> float:
    """The share of points that lie in a ball around some centre."""
    covered = np.zeros(len(points), np.bool_)
    for inside in _inside(centers, _radii(centers, k), points):
        covered |= inside.any(0)
    return float(covered.mean())


def _radii(centers: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """The distance of each centre to its k-th neighbour among them."""
    # Unlike scikit-learn's, its distances are exact: equal points are at distance 0.
    from scipy.spatial.distance import cdist  # a quarter of a second to import

    step = max(1, BLOCK // len(centers))
    # A centre is its own nearest, so its k-th neighbour is at position k.
    parts = [
        np.partition(cdist(centers[start : start + step], centers), k, axis=1)[:, k]
        for start in range(0, len(centers), step)
    ]
    return np.concatenate(parts)


def _inside(
    centers: NDArray[np.float64], radii: NDArray[np.float64], points: NDArray[np.float64]
) -> Iterator[NDArray[np.bool_]]:
    """Which points lie in the ball of each centre, ``(some, M)``, some of the balls at a time."""
    from scipy.spatial.distance import cdist

    step = max(1, BLOCK // len(points))
    for start in range(0, len(centers), step):
        part = slice(start, start + step)
        yield cdist(centers[part], points) <= radii[part, None]


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Symmetric square root of a covariance."""
    variances, directions = np.linalg.eigh(covariance)
    root: NDArray[np.float64] = (directions * np.sqrt(np.maximum(variances, 0))) @ directions.T
    return root
