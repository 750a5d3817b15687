"""Maps of a run's latent space, computed once and kept in its folder. Imports no torch."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from vaelab.latent.projections import (
    MAX_POINTS,
    PROJECTIONS,
    Projection,
    ProjectionKind,
    choose_points,
)
from vaelab.runs import ACTIVE, Run, RunError

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset

__all__ = ["kinds_of_map", "make_map", "map_of_snapshot", "read_map"]


def kinds_of_map(latent_dim: int) -> list[ProjectionKind]:
    """Maps of a latent space of ``latent_dim`` dimensions that are made and kept, the best one first."""
    if latent_dim == 1:
        return ["plane"]
    return ["plane", "pca", "umap"] if latent_dim == 2 else ["umap", "pca"]


def read_map(run: Run, kind: ProjectionKind, max_points: int = MAX_POINTS) -> Projection | None:
    """Read a map of the run's last epoch, or None where it was not made yet.

    Parameters
    ----------
    run
        A trained run.
    kind
        Which map.
    max_points
        How many points it was to have at the most.

    Returns
    -------
    Projection or None
        The map.
    """
    with suppress(RunError, KeyError, TypeError):
        return Projection.from_arrays(*run.read_arrays(_file_name(run, kind, max_points)))
    return None


def make_map(run: Run, data: ImageDataset, kind: ProjectionKind, max_points: int = MAX_POINTS) -> Projection:
    """Make a map of the run's last epoch and keep it, or read it where it was made before.

    To a map of old, which lacks the posteriors' widths, these are added; it is not laid out anew.

    Parameters
    ----------
    run
        A trained run.
    data
        Its images.
    kind
        Which map; UMAP takes its time and belongs into a job.
    max_points
        How many points to show at the most.

    Returns
    -------
    Projection
        The map. It is kept unless the run is still in training, or its folder cannot be written.

    Raises
    ------
    ValueError
        If the run's latent space has no such map.
    """
    kept = read_map(run, kind, max_points)
    has_sigma = run.config.model == "vae"
    if kept is not None and (kept.sigma is not None or not has_sigma):
        return kept
    indices = choose_points(len(data), max_points)
    name = _file_name(run, kind, max_points)
    codes = run.engine.encode(data.images[indices], data.labels_of(indices))
    projection = kept or PROJECTIONS[kind](codes.mu, indices)  # maps of old lack nothing but sigma
    if has_sigma:
        projection = replace(projection, sigma=codes.sigma.astype(np.float16))
    if run.status.state not in ACTIVE:  # a run in training has a new map every epoch
        with suppress(RunError):
            run.write_arrays(name, *projection.to_arrays())
    return projection


def map_of_snapshot(run: Run, kind: ProjectionKind) -> Projection:
    """Make a map from the codes that the run kept after its last epoch: for where its images are gone.

    Parameters
    ----------
    run
        A trained run.
    kind
        ``"plane"`` or ``"pca"``.

    Returns
    -------
    Projection
        Of the images whose codes were kept, at most ``vaelab.training.SNAPSHOT_IMAGES`` of them.

    Raises
    ------
    RunError
        If no codes were kept.
    """
    snapshot = run.last_snapshot()
    return PROJECTIONS[kind](snapshot.mu, snapshot.indices)


def _file_name(run: Run, kind: ProjectionKind, max_points: int) -> str:
    return f"projections/{kind}-{max_points}-epoch-{run.epoch:04d}.safetensors"
