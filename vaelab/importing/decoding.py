"""Encoded images into pixels of one size: what runs on every core."""

from __future__ import annotations

import os
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, PngImagePlugin, UnidentifiedImageError

from vaelab.importing.limits import MAX_FILE_BYTES, MAX_PIXELS

__all__ = ["Block", "Deep", "Encoded", "FitName", "Target", "block_of_arrays", "decode", "padded", "sizes_of"]

FitName = Literal["crop", "pad", "stretch"]
#: An image as it is kept: a file's path, or its content.
Encoded = str | bytes

#: What is larger is decoded while nothing else of its kind is, so that many cores do not fill the memory.
LARGE_PIXELS = 2**23
LARGE_BYTES = 2**24
#: Bytes that are read of a file at first, which is all of most.
FIRST_BYTES = 2**16
#: Modes of Pillow whose values are no bytes.
DEEP_MODES = {"I", "F", "I;16", "I;16L", "I;16B", "I;16N"}
#: EPS is left out: Pillow has another program run it, and an EPS can be a program of anything.
FORMATS = ("EPS", "WMF")
#: How a PNG starts, and its modes by the bytes that say depth, colours and that it is not interlaced.
PNG_START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
PNG_MODES = {b"\x08\0\0\0\0": "L", b"\x08\2\0\0\0": "RGB", b"\x08\6\0\0\0": "RGBA"}
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


class Deep(NamedTuple):
    """Gray values that are no bytes yet: those of all such images are scaled together, at the end."""

    values: NDArray[np.float32]  # (S, S)
    low: float  # of the whole image, before it was resized
    high: float


@dataclass
class Block:
    """Some images, decoded.

    Attributes
    ----------
    kept
        Which of the contents these are, ``(n,)`` in order.
    pixels
        uint8 ``(n, C, S, S)``: 1 gray, 3 colour, or 4 colour and alpha.
    sizes
        ``(n, 2)``: width and height of each as it came, in pixels.
    deep
        Values of 16 bits and floats, by position in the block; their pixels are still zero.
    skipped
        Which contents were not taken, and why.
    large
        Which contents are too large to be decoded beside others.
    done
        How many images each step was taken with.
    seconds
        How long it took.
    """

    kept: list[int] = field(default_factory=list)
    pixels: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 1, 1, 1), np.uint8))
    sizes: list[tuple[int, int]] = field(default_factory=list)
    deep: dict[int, Deep] = field(default_factory=dict)
    skipped: list[tuple[int, str]] = field(default_factory=list)
    large: list[int] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


class _Unreadable(Exception):  # noqa: N818 - never leaves this module
    """Why an image is not taken."""


class _TooLarge(Exception):  # noqa: N818 - never leaves this module
    """An image wants to be decoded alone."""


def decode(contents: Sequence[Encoded], target: Target, alone: bool = False) -> Block:
    """Decode images and bring them to one size.

    Parameters
    ----------
    contents
        Files, or what is in them.
    target
        What to bring them to.
    alone
        Whether large images are decoded as well, rather than handed back.

    Returns
    -------
    Block
        What is damaged is told in ``skipped``; nothing is raised.
    """
    started = time.perf_counter()
    block = Block()
    small: list[Image.Image] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow's, about metadata
        for index, content in enumerate(contents):
            try:
                small.append(_decode_one(content, target, alone, block, len(small)))
            except _TooLarge:
                block.large.append(index)
            except _Unreadable as error:
                block.skipped.append((index, str(error)))
            else:
                block.kept.append(index)
    block.pixels = _stack(small, target.size)
    block.seconds = time.perf_counter() - started
    return block


def block_of_arrays(images: NDArray[np.uint8], target: Target) -> Block:
    """Bring images that are arrays to one size.

    Parameters
    ----------
    images
        uint8 ``(n, H, W, C)`` with C 1 gray, 3 colour, or 4 colour and alpha.
    target
        What to bring them to.

    Returns
    -------
    Block
        With all of them.
    """
    num_images, height, width, channels = images.shape
    block = Block(kept=list(range(num_images)), sizes=[(width, height)] * num_images)
    if height == width == target.size:
        block.pixels = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        return block
    small = []
    for image in images:
        picture = Image.fromarray(np.ascontiguousarray(image[:, :, 0] if channels == 1 else image))
        small.append(_fit(picture, target, block.done))
    block.pixels = _stack(small, target.size)
    return block


def sizes_of(contents: Sequence[Encoded]) -> list[tuple[int, int]]:
    """Read width and height of images from their headers, leaving out those that have none that can be read."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for content in contents:
            with suppress(_Unreadable, _TooLarge), _open(content, alone=True) as image:
                found.append(image.size)
    return found


def _decode_one(content: Encoded, target: Target, alone: bool, block: Block, position: int) -> Image.Image:
    with _open(content, alone) as image:
        size = image.size
        if image.format == "JPEG":
            # Half of the cosines are enough where the image is to be half as large: twice what is wanted is kept.
            image.draft(None, (2 * target.size, 2 * target.size))
        if not alone and image.width * image.height > LARGE_PIXELS:
            raise _TooLarge
        try:
            image.load()
            small = _shrink(image, target, block, position)
        except Exception as error:  # decoders raise whatever they please
            raise _Unreadable(_why(error, image.mode)) from error
        block.sizes.append(size[::-1] if _turn_of(image) in ON_ITS_SIDE else size)
        return small


def _open(content: Encoded, alone: bool) -> Image.Image:
    data = _read(content, alone)
    try:
        if (plain := _plain_png(data)) is not None:
            return plain
        # Most images are PNG, and to ask each of Pillow's readers takes as long as to decode a small one.
        if data.startswith(b"\x89PNG"):
            image: Image.Image = PngImagePlugin.PngImageFile(BytesIO(data))
        else:
            image = Image.open(BytesIO(data), formats=_formats())
    except UnidentifiedImageError as error:
        if data.startswith(b"%!PS"):
            raise _Unreadable("It is PostScript, which is a program: save it as PNG.") from error
        raise _Unreadable("It is not an image, or of a kind that cannot be read.") from error
    except Image.DecompressionBombError as error:
        raise _Unreadable(_too_many_pixels()) from error
    except Exception as error:
        raise _Unreadable(_why(error, "")) from error
    if image.width * image.height > MAX_PIXELS:
        raise _Unreadable(_too_many_pixels())
    return image


def _plain_png(data: bytes) -> Image.Image | None:
    """Decode a small PNG of nothing but pixels, or return None for all others.

    It is Pillow's decoder too, but without its search through the file, which takes twice as long as decoding 28 x 28
    pixels does.
    """
    mode = PNG_MODES.get(data[24:29])
    if mode is None or data[:16] != PNG_START or data[37:41] != b"IDAT":
        return None
    end = 45 + int.from_bytes(data[33:37], "big")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data[end + 4 : end + 8] != b"IEND" or not 0 < width * height <= 2**16:
        return None
    return Image.frombytes(mode, (width, height), data[41 : end - 4], "zip", (mode, 0))


def _read(content: Encoded, alone: bool) -> bytes:
    if isinstance(content, bytes):
        return content
    try:
        # As a descriptor: opening a file object takes as long again as reading a small file.
        descriptor = os.open(content, os.O_RDONLY)
        try:
            data = os.read(descriptor, FIRST_BYTES)
            if len(data) == FIRST_BYTES:
                data += _rest(descriptor, alone)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _Unreadable(f"It cannot be read: {error.strerror}.") from error
    if not data:
        raise _Unreadable("It is empty.")
    return data


def _rest(descriptor: int, alone: bool) -> bytes:
    num_bytes = os.fstat(descriptor).st_size
    if num_bytes > MAX_FILE_BYTES:
        raise _Unreadable(f"It has more than {MAX_FILE_BYTES >> 20} MB.")
    if num_bytes > LARGE_BYTES and not alone:
        raise _TooLarge
    with open(descriptor, "rb", buffering=0, closefd=False) as file:
        return file.read(num_bytes)


def _formats() -> list[str]:
    Image.init()
    return [name for name in Image.OPEN if name not in FORMATS]


def _too_many_pixels() -> str:
    return f"It has more than {MAX_PIXELS // 10**6} million pixels."


def _why(error: Exception, mode: str) -> str:
    if isinstance(error, _Unreadable):
        return str(error)
    if isinstance(error, Image.DecompressionBombError):
        return _too_many_pixels()
    if isinstance(error, MemoryError):
        return "It takes more memory than there is."
    if "conversion from" in str(error):
        return f"Its kind of colours ({mode}) cannot be read."
    return "It is damaged or cut off."


def _shrink(image: Image.Image, target: Target, block: Block, position: int) -> Image.Image:
    """Bring a loaded image to its final size, the right way up, in mode L, RGB or RGBA."""
    turn = _turn_of(image)
    if image.mode in DEEP_MODES:
        plain = _deep(image, target, block, position)
    elif image.has_transparency_data:
        plain = image if image.mode == "RGBA" else image.convert("RGBA")
        if plain.getchannel("A").getextrema() == (255, 255):
            plain = plain.convert("RGB")
    elif image.mode in {"L", "RGB"}:
        plain = image
    else:
        plain = image.convert("L" if image.mode == "1" else "RGB")
        if image.mode in {"CMYK", "YCbCr", "HSV"}:
            block.done[f"from {image.mode}"] += 1
    if getattr(image, "is_animated", False):
        block.done["first"] += 1
    small = _fit(plain, target, block.done)
    if turn is not None:
        block.done["turned"] += 1
        small = small.transpose(turn)
        if position in block.deep:
            block.deep[position] = _turned(block.deep[position], turn)
    return small


def _turn_of(image: Image.Image) -> Image.Transpose | None:
    """How to turn a loaded image so that it stands upright."""
    if not EXIF_KEYS & image.info.keys():
        return None
    return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))


def _deep(image: Image.Image, target: Target, block: Block, position: int) -> Image.Image:
    """Keep an image's values for later, and return a black picture of its shape."""
    values = np.asarray(image).astype(np.float32)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise _Unreadable("Some of its values are not finite numbers.")
    fitted = _fit(Image.fromarray(values), target, Counter())
    block.deep[position] = Deep(np.asarray(fitted, np.float32).clip(low, high), low, high)
    return Image.new("L", image.size)


def _turned(deep: Deep, turn: Image.Transpose) -> Deep:
    return deep._replace(values=np.asarray(Image.fromarray(deep.values).transpose(turn)))


def _fit(image: Image.Image, target: Target, done: Counter[str]) -> Image.Image:
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


def _stack(images: list[Image.Image], size: int) -> NDArray[np.uint8]:
    """Put images into one array: gray, colour, or colour and alpha, whichever holds them all."""
    modes = {image.mode for image in images}
    mode, channels = ("RGBA", 4) if "RGBA" in modes else ("RGB", 3) if "RGB" in modes else ("L", 1)
    same = (image if image.mode == mode else image.convert(mode) for image in images)
    flat = np.frombuffer(bytearray().join(image.tobytes() for image in same), np.uint8)
    return np.ascontiguousarray(flat.reshape(-1, size, size, channels).transpose(0, 3, 1, 2))
