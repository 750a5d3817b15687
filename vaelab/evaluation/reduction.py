"""How much of the images' neighbourhoods a map of them keeps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.neighbours import NUM_NEIGHBOURS

__all__ = ["MapQuality", "TwoPixels", "map_quality", "two_pixels"]


class MapQuality(NamedTuple):
    """Figures of a map, each in [0, 1], the higher the better.

    Attributes
    ----------
    trustworthiness
        High if those who are neighbours on the map are neighbours as images, too: nothing was
        pushed together.
    continuity
        High if those who are neighbours as images are neighbours on the map, too: nothing was
        torn apart.
    knn_accuracy
        Of a vote of each place's nearest neighbours on its label, itself left out; None without
        labels.
    """

    trustworthiness: float
    continuity: float
    knn_accuracy: float | None


class TwoPixels(NamedTuple):
    """Images on the plane of two of their pixels: a map without any model.

    Attributes
    ----------
    coordinates
        float32 ``(N, 2)``: the two pixels' values, in the images' unit.
    positions
        ``(row, column)`` of each of the two.
    """

    coordinates: NDArray[np.float32]
    positions: tuple[tuple[int, int], tuple[int, int]]


def map_quality(
    images_flat: NDArray[np.floating],
    places: NDArray[np.floating],
    labels: NDArray[np.integer] | None,
    num_neighbours: int = NUM_NEIGHBOURS,
) -> MapQuality:
    """Judge a map by the neighbours of each point, on the map and among the images.

    Trustworthiness and continuity are those of Venna and Kaski (2001, "Neighborhood preservation
    in nonlinear projection methods: an experimental study"). Continuity is trustworthiness with
    the two spaces exchanged. Time and memory grow with N squared: 2,000 points take about a second.

    Parameters
    ----------
    images_flat
        ``(N, P)``, N at least 3; compared by Euclidean distance.
    places
        ``(N, 2)``; any number of dimensions will do.
    labels
        ``(N,)``, or None.
    num_neighbours
        k; lowered to less than N / 2, beyond which the figures are not defined.

    Returns
    -------
    MapQuality
        Its first two are about 0.5 for places drawn at random.

    Raises
    ------
    ValueError
        If there are fewer than three points, the lengths differ, or k is below 1.
    """
    from sklearn.manifold import trustworthiness  # a second to import
    from sklearn.neighbors import KNeighborsClassifier

    num_points = len(images_flat)
    if len(places) != num_points or (labels is not None and len(labels) != num_points):
        others = f"{len(places)} places" + ("" if labels is None else f" and {len(labels)} labels")
        raise ValueError(f"Each image needs a place, but there are {num_points} images, {others}.")
    if num_points < 3:
        raise ValueError(f"Neighbourhoods need three points, but there are {num_points}.")
    if num_neighbours < 1:
        raise ValueError(f"At least one neighbour is needed, not {num_neighbours}.")
    k = min(num_neighbours, (num_points - 1) // 2)
    accuracy = None
    if labels is not None:
        vote = KNeighborsClassifier(n_neighbors=k).fit(places, labels)
        # Given None, it predicts its own points and leaves out each one's own vote.
        accuracy = float(vote.score(None, labels))
    return MapQuality(
        trustworthiness=float(trustworthiness(images_flat, places, n_neighbors=k)),
        continuity=float(trustworthiness(places, images_flat, n_neighbors=k)),
        knn_accuracy=accuracy,
    )


def two_pixels(images: NDArray[np.generic]) -> TwoPixels:
    """Choose the two pixels that tell the most: how far one gets without a model.

    The first is the pixel that varies most over images; the second the one of which most variance
    is left when the first is known, ``var (1 - r^2)`` with their correlation r.

    Parameters
    ----------
    images
        ``(N, C, H, W)`` with at least two pixels; channels are averaged.

    Returns
    -------
    TwoPixels
        Of two different pixels, even if none varies.

    Raises
    ------
    ValueError
        If there are no images, or these have fewer than two pixels.
    """
    if images.ndim != 4 or not len(images) or images[0, 0].size < 2:
        raise ValueError(f"Images are (N, C, H, W) of two pixels or more, not {images.shape}.")
    gray = images.mean(1, dtype=np.float32).reshape(len(images), -1)
    centered = gray - gray.mean(0)
    variance = (centered**2).mean(0)
    first = int(variance.argmax())
    shared = (centered[:, first] @ centered / len(gray)) ** 2 / max(variance[first], 1e-30)
    left = variance - shared
    left[first] = -np.inf
    chosen = [first, int(left.argmax())]
    (row, column), (other_row, other_column) = (divmod(c, images.shape[3]) for c in chosen)
    return TwoPixels(gray[:, chosen], ((row, column), (other_row, other_column)))
