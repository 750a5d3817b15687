"""The commands that take a run out of vaelab, and one in: ``export``, ``unpack``."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Literal

import tyro

from vaelab.commands.printing import Json, print_run

__all__ = ["export", "unpack"]


def export(
    run_dir: tyro.conf.Positional[Path],
    html: Path | None = None,
    zip: Path | None = None,
    map: Literal["plane", "pca", "umap"] | None = None,
    points: int | None = None,
    images: bool = True,
    compare: Path | None = None,
    json: Json = False,
) -> None:
    """Write a run's explorer into one HTML file, which opens anywhere and needs no server; or the run into a zip.

    Parameters
    ----------
    run_dir
        The run's folder.
    html
        The HTML file.
    zip
        The zip, which unpack takes in elsewhere.
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

    if html is None and zip is None:
        raise ValueError("Say what to write: a page with --html FILE, the run with --zip FILE, or both.")
    runs = [Run.open(path) for path in (run_dir, compare) if path is not None]
    written = {}
    if html is not None:
        written["html"] = explorer(*runs, kind=map, points=points, images=images).save(html)
    if zip is not None:
        written["zip"] = runs[0].to_zip(zip)
    if json:
        sizes = {kind: {"file": str(file), "bytes": file.stat().st_size} for kind, file in written.items()}
        print(jsonlib.dumps(sizes))
        return
    for file in written.values():
        print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


def unpack(file: tyro.conf.Positional[Path], json: Json = False) -> None:
    """Take in a run from a zip that export wrote.

    Parameters
    ----------
    file
        The zip.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.runs import Run

    print_run(Run.from_zip(file), json)
