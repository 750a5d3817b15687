"""The images of a map, small and all in one file, for the page to show the one nearest to a code."""

from __future__ import annotations

from io import BytesIO
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from vaelab.export.file import safetensors_file
from vaelab.images import as_pixels

__all__ = ["MAX_PIXELS", "ThumbnailsSpec", "browser_thumbnails"]

#: On a sheet at most: larger ones are reduced, for browsers keep four bytes a pixel.
MAX_PIXELS = 6_000_000
#: Bytes that a sheet may take as PNG where a page fetches it.
LARGE = 1_000_000


class ThumbnailsSpec(TypedDict):
    """Where images lie on a sheet, row by row."""

    id: str  # tells this sheet from all others
    type: str  # of the file that the sheet is
    columns: int
    width: int  # of one image
    height: int


def browser_thumbnails(images: NDArray[np.generic], name: str, exact_up_to: int | None = None) -> bytes:
    """Make the file of a map's images.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, uint8 or float in [0, 1], in the order of the map's points.
    name
        What tells them from all others.
    exact_up_to
        Bytes that they may take as PNG; beyond, they become a WebP file, which is smaller and inexact. By default
        ``LARGE``.

    Returns
    -------
    bytes
        A safetensors file; ``kind`` in its metadata is ``"thumbnails"``.
    """
    from PIL import Image  # here, as the first page is drawn without

    num_images, _, height, width = images.shape
    columns = int(np.ceil(np.sqrt(num_images)))
    scale = min(1.0, (MAX_PIXELS / (columns**2 * height * width)) ** 0.5)
    small = (max(1, int(scale * width)), max(1, int(scale * height)))
    picture = Image.fromarray(_sheet(as_pixels(images), columns))
    if small != (width, height):
        rows = picture.height // height
        picture = picture.resize((columns * small[0], rows * small[1]), Image.Resampling.BOX)
    file, kind = _encode(picture, "PNG"), "image/png"
    if len(file) > (LARGE if exact_up_to is None else exact_up_to):
        file, kind = _encode(picture, "WEBP", quality=60, method=0), "image/webp"
    spec: ThumbnailsSpec = {"id": name, "type": kind, "columns": columns, "width": small[0], "height": small[1]}
    return safetensors_file("thumbnails", spec, {"sheet": np.frombuffer(file, np.uint8)})


def _sheet(pixels: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Lay images ``(N, C, H, W)`` out in rows; ``(H', W')`` where they are gray, otherwise ``(H', W', 3)``."""
    num_images, channels, height, width = pixels.shape
    rows = -(-num_images // columns)
    padded = np.zeros((rows * columns, channels, height, width), np.uint8)
    padded[:num_images] = pixels
    grid = padded.reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    sheet = grid.reshape(rows * height, columns * width, channels)
    return sheet[..., 0] if channels == 1 else sheet


def _encode(picture: Any, kind: str, **options: int) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
