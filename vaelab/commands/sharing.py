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
    codes: Path | None = None,
    onnx: Path | None = None,
    map: Literal["plane", "pca", "umap", "epochs"] | None = None,
    points: int | None = None,
    images: bool = True,
    epochs: bool = True,
    compare: Path | None = None,
    film: Path | None = None,
    through: str = "",
    way: Literal["linear", "spherical"] = "linear",
    frames: int = 25,
    label: int = 0,
    json: Json = False,
) -> None:
    """Write what is to leave: a run's explorer as one HTML file, the run, its codes, its model; one of them or more.

    Parameters
    ----------
    run_dir
        The run's folder.
    html
        An HTML file that opens anywhere, decodes under the pointer, and needs neither server nor network.
    zip
        A zip of the run, which unpack takes in elsewhere.
    codes
        A table of the map's images, their codes, places and nearest images: a file that ends in csv, parquet or npz.
    onnx
        A folder for encoder.onnx and decoder.onnx.
    map
        The map; by default the latent plane of two numbers, or else UMAP where it was made already, or else PCA. Epochs
        is PCA of what codes were after all epochs, and can be taken back to each, as the latent plane can.
    points
        Images on the map, at the most; 10,000 by default.
    images
        Whether the images are in the file, small, for the nearest to be seen.
    epochs
        Whether the epochs that the run kept are in the file, for the map to be taken back to them: up to 12 MB.
    compare
        Folder of another run of the same images, to stand beside it.
    film
        A film of the way through places, there and back: a file that ends in gif, webp or mp4.
    through
        The places, two at least, as the app's address has them: --through="0.5,-0.25;1,1".
    way
        Straight from each to the next, or along an arc around the origin.
    frames
        Images along the way.
    label
        That a conditional model decodes them with, by its number from 0.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.runs import Run
    from vaelab.sharing import draw_map, explorer
    from vaelab.sharing.numbers import table_of, write_table

    if html is zip is codes is onnx is film is None:
        raise ValueError("Say what to write: --html FILE, --zip FILE, --codes FILE, --film FILE or --onnx FOLDER.")
    runs = [Run.open(path) for path in (run_dir, compare) if path is not None]
    written: list[Path] = []
    if html is not None:
        written.append(explorer(*runs, kind=map, points=points, images=images, epochs=epochs).save(html))
    if zip is not None:
        written.append(runs[0].to_zip(zip))
    if codes is not None:
        written.append(write_table(table_of(draw_map(runs[0], map, points)), codes))
    if film is not None:
        from vaelab.sharing.films import write_film

        written.append(write_film(runs[0], film, through, way, frames, label))
    if onnx is not None:
        from vaelab.sharing.onnx_files import to_onnx  # torch, of which the others need nothing

        written += to_onnx(runs[0].engine, onnx)
    if json:
        print(jsonlib.dumps({str(file): file.stat().st_size for file in written}))
        return
    for file in written:
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
