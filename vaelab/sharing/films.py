"""The way through places of a run's latent space, as a film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vaelab.export import FILMS, film
from vaelab.files import file_to_write, write_whole
from vaelab.latent.interpolation import through
from vaelab.runs import Run

__all__ = ["read_places", "write_film"]


def write_film(
    run: Run, path: str | Path, places: str, way: str = "linear", num_images: int = 25, label: int = 0
) -> Path:
    """Decode the way through places, and write it as a film, there and back.

    Parameters
    ----------
    run
        A trained run.
    path
        What to write; its ending, gif, webp or mp4, says as what.
    places
        As ``read_places`` takes them.
    way
        A key of ``vaelab.latent.interpolation.INTERPOLATIONS``.
    num_images
        Along the way, two at least.
    label
        That a conditional model decodes them with.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        Where the ending is of no film, the places are none, or there are too few images.
    """
    file = file_to_write(path, "way.gif")
    kind = file.suffix.removeprefix(".").lower()
    if kind not in FILMS:
        raise ValueError(f"{file.name} is no film: let its name end in {', '.join(FILMS)}.")
    if num_images < 2:
        raise ValueError(f"A way of {num_images} images goes nowhere: take two at least.")
    codes = read_places(run, places)
    images = run.engine.decode(through(codes, np.linspace(0, 1, num_images), way), label)
    write_whole(file, film(images, kind))
    return file


def read_places(run: Run, text: str) -> NDArray[np.float64]:
    """Read places as an address has them.

    Parameters
    ----------
    run
        The run whose places they are.
    text
        Numbers with commas between them, places with semicolons: ``0.5,-0.25;1,1``.

    Returns
    -------
    ndarray
        ``(P, D)``.

    Raises
    ------
    ValueError
        Where there are fewer than two, or a place is not of the run's latent space.
    """
    try:
        codes = [[float(number) for number in place.split(",")] for place in text.split(";") if place.strip()]
    except ValueError:
        raise ValueError(f"{text} names no places: write them like 0.5,-0.25;1,1.") from None
    if len(codes) < 2:
        raise ValueError('A way needs two places or more: --through="0.5,-0.25;1,1".')
    dims = run.config.latent_dim
    for code in codes:
        if len(code) != dims or not np.isfinite(code).all():
            raise ValueError(f"A place of {run.title} is {dims} numbers, and {', '.join(map(str, code))} is none.")
    return np.array(codes)
