"""Quality and diversity of generated images, measured without any downloaded network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.distances import checked_features
from vaelab.evaluation.pixel_space import BLOCK, blocks_of, flat_images

__all__ = ["DensityCoverage", "PrecisionRecall", "density_coverage", "nearest_images", "precision_recall"]


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
    real, samples = checked_features(real_features, sample_features)
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
    real, samples = checked_features(real_features, sample_features)
    if not 1 <= k < len(real) or not len(samples):
        raise ValueError(
            f"k is at least 1 and less than the {len(real)} real points, not {k}, and there are {len(samples)} samples."
        )
    held = np.concatenate([inside.sum(1) for inside in _inside(real, _radii(real, k), samples)])
    return DensityCoverage(density=float(held.sum() / (k * len(samples))), coverage=float((held > 0).mean()))


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
    wanted = flat_images(queries)
    indices = np.zeros(len(wanted), np.intp)
    errors = np.full(len(wanted), np.inf)
    for start, block in blocks_of(train_images):
        squares = np.einsum("np,np->n", block, block)
        best = (squares - 2 * wanted @ block.T).argmin(1)
        # Again, exactly: the expansion cancels for images that are nearly equal.
        error = ((wanted - block[best]).astype(np.float64) ** 2).mean(1)
        nearer = error < errors
        indices[nearer], errors[nearer] = start + best[nearer], error[nearer]
    return indices, np.sqrt(errors)


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
