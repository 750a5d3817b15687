"""The command that takes something out of vaelab: ``export``."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Literal

import tyro

from vaelab.commands.printing import Json

__all__ = ["export"]


def export(
    run_dir: tyro.conf.Positional[Path],
    html: Path,
    map: Literal["plane", "pca", "umap"] | None = None,
    points: int | None = None,
    images: bool = True,
    compare: Path | None = None,
    json: Json = False,
) -> None:
    """Write a run's explorer into one HTML file, which opens anywhere and needs no server.

    Parameters
    ----------
    run_dir
        The run's folder.
    html
        The file.
    map
        The map; by default the latent plane of two numbers, or else UMAP where it was made already, or else PCA.
    points
        Images on the map, at the most; 10,000 by default.
    images
        Whether the images are in the file, small, for the nearest to be seen.
    compare
        Folder of another run of the same images, to stand beside it.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.runs import Run
    from vaelab.sharing import explorer

    runs = [Run.open(path) for path in (run_dir, compare) if path is not None]
    file = explorer(*runs, kind=map, points=points, images=images).save(html)
    size = file.stat().st_size
    print(jsonlib.dumps({"html": str(file), "bytes": size}) if json else f"{file}: {size / 1e6:.1f} MB")
