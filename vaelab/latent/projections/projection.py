"""A plane to show latent space on: which codes it has, where they lie, and which codes lie where."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_POINTS", "Floats", "Projection", "ProjectionKind", "all_equal", "choose_points"]

Floats = NDArray[np.float32]

#: ``"epochs"`` is asked for where PCA of the codes of all epochs together is wanted; what is made is a PCA map.
ProjectionKind = Literal["plane", "pair", "pca", "umap", "epochs"]

#: Points on a map by default: as many as can still be told apart.
MAX_POINTS = 10_000

#: Neighbours that place a new point on a UMAP map, or lift a place of it back to a code.
NUM_NEIGHBOURS = 8


@dataclass(frozen=True)
class Projection:
    """A map: where each code lies on the plane, and what is needed to place new ones.

    Attributes
    ----------
    kind
        How it was made.
    indices
        int64 ``(N,)``: which images of the dataset are on it.
    codes
        float32 ``(N, D)``: their codes.
    coordinates
        float32 ``(N, 2)``: their places.
    axes
        What the two axes are called.
    center
        float32 ``(D,)``; the origin of a PCA map, zero on one of two dimensions.
    components
        float32 ``(2, D)``, orthonormal rows; the axes of a PCA map, or the two dimensions.
    sigma
        float16 ``(N, D)``: the standard deviations of the codes' posteriors. None for an autoencoder, whose
        codes are points, and where they were not kept.
    """

    kind: ProjectionKind
    indices: NDArray[np.int64]
    codes: Floats
    coordinates: Floats
    axes: tuple[str, str]
    center: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    components: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    sigma: NDArray[np.float16] | None = None

    def place(self, z: NDArray[np.floating]) -> Floats:
        """Find the places of codes.

        Parameters
        ----------
        z
            ``(M, D)``.

        Returns
        -------
        ndarray
            float32 ``(M, 2)``. Exact but on a UMAP map, where it is the distance-weighted mean of the
            nearest codes' places.
        """
        z = np.asarray(z).astype(np.float32)
        if self.kind == "umap":
            return _weighted_mean(z, self.codes, self.coordinates)
        if self.kind in {"pca", "pair"}:
            return np.asarray((z - self.center) @ self.components.T)
        if z.shape[1] == 2:
            return z
        return np.column_stack([z[:, 0], np.zeros(len(z), np.float32)])

    def lift(self, places: NDArray[np.floating], held: NDArray[np.floating] | None = None) -> Floats:
        """Find codes for places: the way back from the map.

        Parameters
        ----------
        places
            ``(M, 2)``.
        held
            ``(D,)``: on a map of two dimensions, the code whose other numbers stay; the prior's middle by
            default.

        Returns
        -------
        ndarray
            float32 ``(M, D)``. On a plane the code itself; on a map of two dimensions, the code with these
            two as the place says; on a PCA map the code on the plane that it shows; on a UMAP map the
            distance-weighted mean of the nearest points' codes.
        """
        places = np.asarray(places).astype(np.float32)
        if self.kind == "umap":
            return _weighted_mean(places, self.coordinates, self.codes)
        if self.kind == "pair" and held is not None:
            others = np.asarray(held, np.float32) * (1 - self.components.sum(0))
            return np.asarray(others + places @ self.components)
        if self.kind in {"pca", "pair"}:
            return np.asarray(self.center + places @ self.components)
        return places[:, : self.codes.shape[1]]

    def subset(self, rows: NDArray[np.integer]) -> Projection:
        """The same map with some of its points, by their rows."""
        return replace(
            self,
            indices=self.indices[rows],
            codes=self.codes[rows],
            coordinates=self.coordinates[rows],
            sigma=None if self.sigma is None else self.sigma[rows],
        )

    @property
    def is_point(self) -> bool:
        """Whether all codes are the same, but for rounding: then no map shows anything."""
        return all_equal(self.codes)

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
        """Arrays and strings to keep, for ``from_arrays``."""
        arrays: dict[str, NDArray[Any]] = {
            "indices": self.indices,
            "codes": self.codes,
            "coordinates": self.coordinates,
            "center": self.center,
            "components": self.components,
        }
        if self.sigma is not None:
            arrays["sigma"] = self.sigma
        return arrays, {"kind": self.kind, "x": self.axes[0], "y": self.axes[1]}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], text: dict[str, str]) -> Projection:
        """Make the projection that ``to_arrays`` took apart."""
        kind: Any = text["kind"]
        return cls(kind=kind, axes=(text["x"], text["y"]), **arrays)


def choose_points(num_images: int, max_points: int = MAX_POINTS) -> NDArray[np.int64]:
    """Choose which images go on a map, the same ones each time.

    Parameters
    ----------
    num_images
        How many there are.
    max_points
        How many to keep at the most.

    Returns
    -------
    ndarray
        int64, sorted.
    """
    if num_images <= max_points:
        return np.arange(num_images, dtype=np.int64)
    chosen = np.random.default_rng(0).choice(num_images, max_points, replace=False)
    return np.sort(chosen).astype(np.int64)


def all_equal(codes: Floats) -> bool:
    """Whether codes differ by rounding alone."""
    return bool(np.ptp(codes, axis=0).max(initial=0) <= 1e-5 * max(1.0, np.abs(codes).max(initial=0)))


def _weighted_mean(queries: Floats, keys: Floats, values: Floats) -> Floats:
    """Mean of the values of each query's nearest keys, weighted by inverse squared distance."""
    from scipy.spatial import KDTree  # a quarter of a second to import, at the app's start

    ranks = range(1, min(NUM_NEIGHBOURS, len(keys)) + 1)
    distances, nearest = KDTree(keys).query(queries, k=ranks)
    weights = 1 / (distances**2 + 1e-12)
    weights /= weights.sum(1, keepdims=True)
    mean = (weights[:, :, None] * values[nearest]).sum(1)
    return np.asarray(mean, dtype=np.float32)
