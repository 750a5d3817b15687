"""An encoded image off the disk, or out of an archive, up to where its pixels can be asked for."""

from __future__ import annotations

import os
from io import BytesIO

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from vaelab.importing.limits import MAX_FILE_BYTES, MAX_PIXELS

__all__ = ["LARGE_PIXELS", "Encoded", "TooLarge", "Unreadable", "open_image", "why_not_read"]

#: An image as it is kept: a file's path, or its content.
Encoded = str | bytes

#: What is larger is decoded while nothing else of its kind is, so that many cores do not fill the memory.
LARGE_PIXELS = 2**23
LARGE_BYTES = 2**24

#: Bytes that are read of a file at first, which is all of most.
FIRST_BYTES = 2**16

#: EPS is left out: Pillow has another program run it, and an EPS can be a program of anything.
FORMATS = ("EPS", "WMF")

#: How a PNG starts, and its modes by the bytes that say depth, colours and that it is not interlaced.
PNG_START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
PNG_MODES = {b"\x08\0\0\0\0": "L", b"\x08\2\0\0\0": "RGB", b"\x08\6\0\0\0": "RGBA"}


class Unreadable(Exception):  # noqa: N818 - never leaves the decoding
    """Why an image is not taken."""


class TooLarge(Exception):  # noqa: N818 - never leaves the decoding
    """An image wants to be decoded alone."""


def open_image(content: Encoded, alone: bool) -> Image.Image:
    """Open an image, from a file or what was in one; unless alone, a TooLarge for a file that is to be read so."""
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
            raise Unreadable("It is PostScript, which is a program: save it as PNG.") from error
        raise Unreadable("It is not an image, or of a kind that cannot be read.") from error
    except Image.DecompressionBombError as error:
        raise Unreadable(_too_many_pixels()) from error
    except Exception as error:
        raise Unreadable(why_not_read(error, "")) from error
    if image.width * image.height > MAX_PIXELS:
        raise Unreadable(_too_many_pixels())
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
        raise Unreadable(f"It cannot be read: {error.strerror}.") from error
    if not data:
        raise Unreadable("It is empty.")
    return data


def _rest(descriptor: int, alone: bool) -> bytes:
    num_bytes = os.fstat(descriptor).st_size
    if num_bytes > MAX_FILE_BYTES:
        raise Unreadable(f"It has more than {MAX_FILE_BYTES >> 20} MB.")
    if num_bytes > LARGE_BYTES and not alone:
        raise TooLarge
    with open(descriptor, "rb", buffering=0, closefd=False) as file:
        return file.read(num_bytes)


def _formats() -> list[str]:
    Image.init()
    return [name for name in Image.OPEN if name not in FORMATS]


def _too_many_pixels() -> str:
    return f"It has more than {MAX_PIXELS // 10**6} million pixels."


def why_not_read(error: Exception, mode: str) -> str:
    """Say in a sentence why an image of this mode was not read."""
    if isinstance(error, Unreadable):
        return str(error)
    if isinstance(error, Image.DecompressionBombError):
        return _too_many_pixels()
    if isinstance(error, MemoryError):
        return "It takes more memory than there is."
    if "conversion from" in str(error):
        return f"Its kind of colours ({mode}) cannot be read."
    return "It is damaged or cut off."
