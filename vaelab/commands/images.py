"""The commands about images: ``import``, ``datasets``."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tqdm import tqdm

from vaelab.commands.printing import Json, as_table
from vaelab.config import OWN

__all__ = ["datasets", "import_"]

#: Files that are listed one by one when they were not taken.
MAX_LISTED = 20


def import_(
    paths: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="PATH...")],
    name: str,
    size: int | None = None,
    fit: Literal["crop", "pad", "stretch"] = "crop",
    color: Literal["gray", "rgb"] | None = None,
    labels: Path | None = None,
    group: str | None = None,
    background: str | None = None,
    title: str = "",
    replace: bool = False,
    json: Json = False,
) -> None:
    """Import your own images: a folder, files, a zip, arrays or a table.

    Parameters
    ----------
    paths
        A folder (its subfolders are classes), image files, a zip or tar archive, npz, npy or idx files, a CSV of pixels
        or of file names, parquet files.
    name
        What to call the dataset.
    size
        Height and width in pixels, 8 to 128; by default the largest of 8, 16, 28, 32 and 64 that most images have.
    fit
        What to do with images that are not square.
    color
        By default grey where all images are.
    labels
        A CSV with a row for each image: one column names its file, others tell its class and known factors.
    group
        A column of the table: images with the same value stay on one side of the split.
    background
        The colour behind transparent parts: a name or #rrggbb; by default the border's colour, or white.
    title
        The title shown to people; the name by default.
    replace
        Replace a dataset of this name.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.importing import import_images

    shown = "{desc} {bar} {percentage:3.0f}% {elapsed}<{remaining}"
    with tqdm(total=100, disable=json or None, bar_format=shown) as bar:

        def show(fraction: float, text: str) -> None:
            bar.set_description_str(text, refresh=False)
            bar.n = round(100 * fraction, 1)
            bar.refresh()

        try:
            report = import_images(
                *paths,
                name=name,
                size=size,
                fit=fit,
                color=color,
                labels=labels,
                group=group,
                background=background,
                title=title,
                replace=replace,
                progress=show,
            ).as_dict()
        except BaseException as error:
            bar.leave = False
            if isinstance(error, KeyboardInterrupt):
                raise KeyboardInterrupt("Stopped; nothing was kept.") from None
            raise
    if json:
        print(jsonlib.dumps(report))
        return
    steps, skipped = report.pop("steps"), report.pop("skipped")
    print(as_table(report))
    print("\n".join(steps))
    if skipped:
        print(f"{len(skipped):,} files were not taken:")
    for file in skipped[:MAX_LISTED]:
        print(f"  {file['file']}: {file['why']}")
    if len(skipped) > MAX_LISTED:
        print(f"  and {len(skipped) - MAX_LISTED:,} more, which --json lists.")


def datasets(json: Json = False) -> None:
    """List the datasets and whether they need a network.

    Parameters
    ----------
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.datasets import sources

    rows: list[dict[str, Any]] = [
        {
            "name": source.name,
            "images": source.num_images,
            "shape": source.image_shape,
            "offline": source.offline,
            "licence": source.licence,
            "description": source.description,
        }
        for source in sources().values()
    ]
    if json:
        print(jsonlib.dumps(rows))
        return
    for row in rows:
        shape = " x ".join(map(str, row["shape"]))
        where = "your own" if row["name"].startswith(OWN) else "built in" if row["offline"] else "download"
        print(f"{row['name']:15} {row['images']:>6,} of {shape:11} {where}  {row['description']}")
