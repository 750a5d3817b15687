"""Maps of latent space: from codes to the plane and back, each the same typed result."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MAX_POINTS",
    "PROJECTIONS",
    "Projection",
    "ProjectionKind",
    "choose_points",
    "pair",
    "pca",
    "plane",
    "umap",
]

Floats = NDArray[np.float32]
ProjectionKind = Literal["plane", "pair", "pca", "umap"]

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
        return _all_equal(self.codes)

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


def plane(codes: Floats, indices: NDArray[np.int64]) -> Projection:
    """Take a latent space of one or two dimensions as its own map.

    Parameters
    ----------
    codes
        ``(N, D)``, D at most 2.
    indices
        ``(N,)``.

    Returns
    -------
    Projection
        One dimension is drawn along x, with heights that only keep the points apart.

    Raises
    ------
    ValueError
        If there are more dimensions than a plane has.
    """
    dimensions = codes.shape[1]
    if dimensions > 2:
        raise ValueError(f"A space of {dimensions} dimensions is no plane: choose pca or umap.")
    if dimensions == 2:
        return Projection("plane", indices, codes, codes, ("z1", "z2"))
    jitter = np.random.default_rng(0).uniform(-1, 1, len(codes)).astype(np.float32)
    places = np.column_stack([codes[:, 0], jitter])
    return Projection("plane", indices, codes, places, ("z1", "(spread out, no meaning)"))


def pair(
    codes: Floats, indices: NDArray[np.int64], dims: tuple[int, int], names: tuple[str, str] | None = None
) -> Projection:
    """Look at latent space along two of its dimensions; what the others are does not show.

    Parameters
    ----------
    codes
        ``(N, D)``, D at least 2.
    indices
        ``(N,)``.
    dims
        The dimension along x and that along y, from 0.
    names
        What to call them; ``("z1", "z2")`` for the first two by default.

    Returns
    -------
    Projection
        Its places are two columns of the codes.

    Raises
    ------
    ValueError
        If there are no two such dimensions.
    """
    dimensions = codes.shape[1]
    if dims[0] == dims[1] or not all(0 <= dim < dimensions for dim in dims):
        raise ValueError(f"A map needs two different dimensions from 0 to {dimensions - 1}, and got {dims}.")
    return Projection(
        kind="pair",
        indices=indices,
        codes=codes,
        coordinates=np.ascontiguousarray(codes[:, dims]),
        axes=names or (f"z{dims[0] + 1}", f"z{dims[1] + 1}"),
        center=np.zeros(dimensions, np.float32),
        components=np.eye(dimensions, dtype=np.float32)[list(dims)],
    )


def pca(codes: Floats, indices: NDArray[np.int64]) -> Projection:
    """Show latent space from where it is widest: its two principal components.

    Parameters
    ----------
    codes
        ``(N, D)``, D and N at least 2.
    indices
        ``(N,)``.

    Returns
    -------
    Projection
        Its axes name the share of the variance that each explains, where there is any. Signs are fixed so that the
        largest entry of a component is positive.

    Raises
    ------
    ValueError
        If there are not two dimensions or two points.
    """
    if min(codes.shape) < 2:
        raise ValueError(f"PCA needs two codes of two dimensions, but these are {codes.shape}.")
    center = codes.mean(0, dtype=np.float64)
    components, explained = _principal_plane(codes - center)
    coordinates = (codes - center) @ components.T
    shares = ["no variance"] * 2 if _all_equal(codes) else [f"{share:.0%} of variance" for share in explained]
    return Projection(
        kind="pca",
        indices=indices,
        codes=codes,
        coordinates=coordinates.astype(np.float32),
        axes=(f"PC 1 ({shares[0]})", f"PC 2 ({shares[1]})"),
        center=center.astype(np.float32),
        components=components.astype(np.float32),
    )


def umap(codes: Floats, indices: NDArray[np.int64]) -> Projection:
    """Lay latent space flat, keeping neighbours together (McInnes et al. 2018).

    Distances between far groups mean little on such a map. The first call in a process compiles
    for about 15 s, so it belongs into a job.

    Parameters
    ----------
    codes
        ``(N, D)``, N at least 10.
    indices
        ``(N,)``.

    Returns
    -------
    Projection
        The same for the same codes. Where all codes are equal, all places are.

    Raises
    ------
    ValueError
        If there are too few codes to have neighbours.
    """
    if len(codes) < 10:
        raise ValueError(f"UMAP needs at least 10 points, but there are {len(codes)}: choose pca.")
    if _all_equal(codes):  # it would draw a structure all the same
        return Projection("umap", indices, codes, np.zeros((len(codes), 2), np.float32), ("UMAP 1", "UMAP 2"))
    with warnings.catch_warnings():
        # It warns that with a seed it uses a single thread, which is what we want.
        warnings.simplefilter("ignore")
        mapper = _import_umap()(n_neighbors=min(15, len(codes) - 1), random_state=0, n_jobs=1)
        coordinates = np.asarray(mapper.fit_transform(codes), dtype=np.float32)
    return Projection("umap", indices, codes, coordinates, ("UMAP 1", "UMAP 2"))


PROJECTIONS: dict[ProjectionKind, Callable[[Floats, NDArray[np.int64]], Projection]] = {
    "plane": plane,
    "pca": pca,
    "umap": umap,
}


def _all_equal(codes: Floats) -> bool:
    """Whether codes differ by rounding alone."""
    return bool(np.ptp(codes, axis=0).max(initial=0) <= 1e-5 * max(1.0, np.abs(codes).max(initial=0)))


def _import_umap() -> Any:
    """Import UMAP, which takes seconds; also for a user without a home, as in many a container."""
    try:
        from umap import UMAP
    except RuntimeError:
        # Numba finds no folder that it may keep compiled code in. What is in it is unpickled: it must be ours alone.
        folder = tempfile.mkdtemp(prefix="vaelab-numba-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["NUMBA_CACHE_DIR"] = folder
        import numba

        numba.config.reload_config()
        from umap import UMAP
    return UMAP


def _weighted_mean(queries: Floats, keys: Floats, values: Floats) -> Floats:
    """Mean of the values of each query's nearest keys, weighted by inverse squared distance."""
    from scipy.spatial import KDTree  # a quarter of a second to import, at the app's start

    ranks = range(1, min(NUM_NEIGHBOURS, len(keys)) + 1)
    distances, nearest = KDTree(keys).query(queries, k=ranks)
    weights = 1 / (distances**2 + 1e-12)
    weights /= weights.sum(1, keepdims=True)
    mean = (weights[:, :, None] * values[nearest]).sum(1)
    return np.asarray(mean, dtype=np.float32)


def _principal_plane(
    centered: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two principal components ``(2, D)``, and the share of variance that each explains."""
    # NumPy's would compute all components. A fifth of a second to import.
    from scipy.linalg import eigh

    wide = centered.shape[0] < centered.shape[1]
    # The smaller of the two matrices of products has the same eigenvalues, and takes less time.
    products = centered @ centered.T if wide else centered.T @ centered
    last = len(products) - 1
    values, vectors = eigh(products, subset_by_index=[last - 1, last])
    components = vectors[:, ::-1].T
    values = np.maximum(values[::-1], 0)
    if wide:
        # Orthonormal also where codes lie on a line, and there is no second direction.
        components = np.linalg.qr((components @ centered).T)[0].T
    components = components * np.sign(components[np.arange(2), np.abs(components).argmax(1)])[:, None]
    return components, values / max(np.trace(products), 1e-30)
