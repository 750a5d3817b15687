"""Images of any size and shape, the right way up, into squares of one size."""

from __future__ import annotations

from collections import Counter
from typing import Literal, NamedTuple

from PIL import ExifTags, Image

__all__ = ["ON_ITS_SIDE", "FitName", "Target", "fit_into_square", "padded", "turn_of"]

FitName = Literal["crop", "pad", "stretch"]

#: Where a picture says which side is up (TIFF is turned by Pillow itself).
EXIF_KEYS = {"exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"}

#: How to turn an image, by EXIF's number for its orientation.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

ON_ITS_SIDE = {TURNS[orientation] for orientation in (5, 6, 7, 8)}


class Target(NamedTuple):
    """What every image is brought to: ``size`` x ``size`` pixels; and how, where it is not square."""

    size: int
    fit: FitName


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """How to turn a loaded image so that it stands upright."""
    if not EXIF_KEYS & image.info.keys():
        return None
    return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))


def fit_into_square(image: Image.Image, target: Target, done: Counter[str]) -> Image.Image:
    """Crop, pad or stretch what is not square, and resize it."""
    size, (width, height) = target.size, image.size
    if width == height == size:
        return image
    if width != height:
        done[target.fit] += 1
    if width == height or target.fit == "stretch":
        box, inner = (0, 0, width, height), (size, size)
    elif target.fit == "crop":
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        box, inner = (left, top, left + side, top + side), (size, size)
    else:
        box, inner = (0, 0, width, height), padded(width, height, size)
    cut = (box[2] - box[0], box[3] - box[1])
    if cut != inner:
        done["larger" if min(inner) > min(cut) else "smaller"] += 1
    # Bicubic, as preprocessing has it: antialiased where it shrinks, and crisp either way.
    small = image.resize(inner, Image.Resampling.BICUBIC, box)
    if inner == (size, size):
        return small
    # What is added has no colour yet: it is transparent, and gets the background's with all else that is.
    ground = Image.new("F", (size, size)) if image.mode == "F" else Image.new("RGBA", (size, size))
    ground.paste(
        small if image.mode == "F" else small.convert("RGBA"), ((size - inner[0]) // 2, (size - inner[1]) // 2)
    )
    return ground


def padded(width: int, height: int, size: int) -> tuple[int, int]:
    """Width and height of an image within the square to which it is padded."""
    longest = max(width, height)
    return max(1, round(width * size / longest)), max(1, round(height * size / longest))
