"""The kinds of maps: flat views of latent space, and one that keeps neighbours together."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.latent.projections.projection import Floats, Projection, ProjectionKind, all_equal

__all__ = ["PROJECTIONS", "pair", "pca", "plane", "umap"]


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


def pca(codes: Floats, indices: NDArray[np.int64], among: Floats | None = None) -> Projection:
    """Show latent space from where it is widest: its two principal components.

    Parameters
    ----------
    codes
        ``(N, D)``, D and N at least 2.
    indices
        ``(N,)``.
    among
        ``(M, D)``: the codes whose principal components are the axes, such as those of several epochs together; by
        default ``codes``.

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
    among = codes if among is None else among
    center = among.mean(0, dtype=np.float64)
    components, explained = _principal_plane(among - center)
    coordinates = (codes - center) @ components.T
    shares = ["no variance"] * 2 if all_equal(among) else [f"{share:.0%} of variance" for share in explained]
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
    if all_equal(codes):  # it would draw a structure all the same
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
