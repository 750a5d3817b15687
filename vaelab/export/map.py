"""A map of a model's latent space, for the browser.

One safetensors file, whose metadata is a ``MapSpec``. The browser's code has types of the same names and shapes, in
``assets/network/map_file.js``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from vaelab.export.file import Arrays, safetensors_file
from vaelab.latent.density import neighbour_radii
from vaelab.latent.projections import Projection
from vaelab.latent.units import active_units, code_scale

__all__ = ["DimSpec", "MapSpec", "browser_map"]


class DimSpec(TypedDict):
    """One dimension of the code, for its slider."""

    dim: int  # from 0
    limit: float  # the slider goes from -limit to limit
    active: bool
    kl: float | None  # that it carries, in nats
    name: str  # that people gave it, or empty


class MapSpec(TypedDict):
    """A map's file."""

    model: str  # the id of the model that it maps
    run: str
    map_key: str  # of the Streamlit container around the chart
    projection: str
    dims: list[DimSpec]  # those that carry most first
    scale: list[float]  # what each number of a code counts in a distance; nothing where it collapsed
    radii: list[float]  # quantiles of the distance to the eighth neighbour, of codes times scale
    place_radii: list[float]  # those of places of a UMAP map; empty for any other
    label_names: list[str]
    background: list[float]  # colour of the images' border, from 0 to 1, a number a channel
    extent: float  # of an image's side, 0 to 1, what its ink takes at the most
    link: Literal["image", "place", "ends"] | None
    thumbnails: str | None  # the id of the sheet with its images, or None where they are gone


def browser_map(
    projection: Projection,
    name: str,
    run_name: str,
    map_key: str,
    kl_per_dim: Sequence[float] | None = None,
    labels: NDArray[np.integer] | None = None,
    label_names: Sequence[str] = (),
    background: Sequence[float] = (0.0,),
    extent: float = 1.0,
    link: Literal["image", "place", "ends"] | None = None,
    dimension_names: Sequence[str] = (),
    thumbnails: str | None = None,
    is_vae: bool | None = None,
    posteriors: bool = False,
) -> bytes:
    """Make the file from which the browser knows where it is on a map.

    Parameters
    ----------
    projection
        The map of N images.
    name
        The ``name`` of the model that it maps.
    run_name
        Whose model it is: the browser remembers for each run where it was left.
    map_key
        Key of the Streamlit container around the map's chart.
    kl_per_dim
        What each dimension carries, in nats, ``(D,)``; without it, dimensions are sorted by their
        variance.
    labels, label_names
        ``(N,)``, and what they are called.
    background
        What images are mostly made of at their border, a number a channel.
    extent
        What stands out from that takes at the most so much of an image's side, 0 to 1: see ``images.ink_extent``.
    link
        Whether canvases on the same page follow this one: to the same image, or the same place. Or that the page is
        about the way between two places, ``"ends"``, which clicks set in turn.
    dimension_names
        What people call each dimension, empty where they gave it no name; none by default.
    thumbnails
        The name of the file with its images, see ``browser_thumbnails``; None where they are gone.
    is_vae
        Whether the model is one; by default that is told from sigma and KL.
    posteriors
        Whether the sigmas of all codes are in it, so that a page without a server knows their posteriors; where the
        map has them.

    Returns
    -------
    bytes
        A safetensors file; ``kind`` in its metadata is ``"map"``. Codes are float16 in it, which
        is exact enough to find neighbours, except on a plane, where they are the places.
    """
    codes = projection.codes
    carried = codes.var(0) if kl_per_dim is None else np.asarray(kl_per_dim)
    limits = np.ceil(np.maximum(3.0, np.abs(codes).max(0)))
    is_vae = (projection.sigma is not None or kl_per_dim is not None) if is_vae is None else is_vae
    active = active_units(codes, is_vae)
    scale = code_scale(codes, projection.sigma, is_vae)
    sigma = None if projection.sigma is None else scale * projection.sigma
    dims: list[DimSpec] = [
        {
            "dim": int(dim),
            "limit": float(limits[dim]),
            "active": bool(active[dim]),
            "kl": None if kl_per_dim is None else float(carried[dim]),
            "name": dimension_names[dim] if dimension_names else "",
        }
        for dim in np.argsort(-carried, kind="stable")
    ]
    spec: MapSpec = {
        "model": name,
        "run": run_name,
        "map_key": map_key,
        "projection": projection.kind,
        "dims": dims,
        "scale": scale.tolist(),
        "radii": neighbour_radii(scale * codes, sigma).tolist(),
        "place_radii": neighbour_radii(projection.coordinates).tolist() if projection.kind == "umap" else [],
        "label_names": list(label_names),
        "background": list(background),
        "extent": extent,
        "link": link,
        "thumbnails": thumbnails,
    }
    arrays: Arrays = {
        "indices": projection.indices.astype(np.int32),
        "codes": codes.astype(np.float32 if codes.shape[1] <= 2 else np.float16),
    }
    if projection.kind == "umap" or codes.shape[1] == 1:
        arrays["coordinates"] = projection.coordinates
    if projection.kind in {"pca", "pair"}:
        arrays |= {"center": projection.center, "components": projection.components}
    if posteriors and projection.sigma is not None:
        arrays["sigma"] = projection.sigma.astype(np.float16)
    if labels is not None:
        arrays["labels"] = labels.astype(np.uint8 if labels.max(initial=0) < 256 else np.int32)
    return safetensors_file("map", spec, arrays)
