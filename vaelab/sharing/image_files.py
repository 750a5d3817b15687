"""Images as the files that they would be in a folder of one's own."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import count
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets import ImageDataset
from vaelab.images import png

__all__ = ["image_files"]


def image_files(data: ImageDataset, indices: NDArray[np.int64]) -> bytes:
    """Write images into an archive, in a folder for each class, as an import takes them in.

    Parameters
    ----------
    data
        The dataset.
    indices
        Which of its images.

    Returns
    -------
    bytes
        A zip of PNG files, each of which has the image's number for its name, and exactly its pixels.
    """
    content = BytesIO()
    folders = _folders(data.label_names)
    with ZipFile(content, "w") as archive:
        for index in indices.tolist():
            image, label = data.images[index], data.label_of(index)
            pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
            archive.writestr(f"{'' if label is None else folders[label]}{index:06d}.png", png(pixels))
    return content.getvalue()


#: What Windows takes for devices, whatever the case.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def _folders(names: tuple[str, ...]) -> list[str]:
    """A folder for each class: of its name, without what cannot be in one on any system."""
    folders: list[str] = []
    for number, name in enumerate(names):
        others = {folder.casefold() for folder in folders}
        safe = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).strip(" .") or f"class {number}"
        folder = stem = f"_{safe}" if _RESERVED.fullmatch(safe) else safe
        if folder.casefold() in others:
            folder = next(each for i in count(number) if (each := f"{stem} {i}").casefold() not in others)
        folders.append(folder)
    return [f"{folder}/" for folder in folders]
