"""Encoded images into pixels of one size: what runs on every core."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vaelab.importing.encoded import LARGE_PIXELS, Encoded, TooLarge, Unreadable, open_image, why_not_read
from vaelab.importing.fitting import ON_ITS_SIDE, Target, fit_into_square, turn_of

__all__ = ["Block", "Deep", "block_of_arrays", "decode", "sizes_of"]

#: Modes of Pillow whose values are no bytes.
DEEP_MODES = {"I", "F", "I;16", "I;16L", "I;16B", "I;16N"}


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
            except TooLarge:
                block.large.append(index)
            except Unreadable as error:
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
        small.append(fit_into_square(picture, target, block.done))
    block.pixels = _stack(small, target.size)
    return block


def sizes_of(contents: Sequence[Encoded]) -> list[tuple[int, int]]:
    """Read width and height of images from their headers, leaving out those that have none that can be read."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for content in contents:
            with suppress(Unreadable, TooLarge), open_image(content, alone=True) as image:
                found.append(image.size)
    return found


def _decode_one(content: Encoded, target: Target, alone: bool, block: Block, position: int) -> Image.Image:
    with open_image(content, alone) as image:
        size = image.size
        if image.format == "JPEG":
            # Half of the cosines are enough where the image is to be half as large: twice what is wanted is kept.
            image.draft(None, (2 * target.size, 2 * target.size))
        if not alone and image.width * image.height > LARGE_PIXELS:
            raise TooLarge
        try:
            image.load()
            small = _shrink(image, target, block, position)
        except Exception as error:  # decoders raise whatever they please
            raise Unreadable(why_not_read(error, image.mode)) from error
        block.sizes.append(size[::-1] if turn_of(image) in ON_ITS_SIDE else size)
        return small


def _shrink(image: Image.Image, target: Target, block: Block, position: int) -> Image.Image:
    """Bring a loaded image to its final size, the right way up, in mode L, RGB or RGBA."""
    turn = turn_of(image)
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
    small = fit_into_square(plain, target, block.done)
    if turn is not None:
        block.done["turned"] += 1
        small = small.transpose(turn)
        if position in block.deep:
            block.deep[position] = _turned(block.deep[position], turn)
    return small


def _deep(image: Image.Image, target: Target, block: Block, position: int) -> Image.Image:
    """Keep an image's values for later, and return a black picture of its shape."""
    values = np.asarray(image).astype(np.float32)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise Unreadable("Some of its values are not finite numbers.")
    fitted = fit_into_square(Image.fromarray(values), target, Counter())
    block.deep[position] = Deep(np.asarray(fitted, np.float32).clip(low, high), low, high)
    return Image.new("L", image.size)


def _turned(deep: Deep, turn: Image.Transpose) -> Deep:
    return deep._replace(values=np.asarray(Image.fromarray(deep.values).transpose(turn)))


def _stack(images: list[Image.Image], size: int) -> NDArray[np.uint8]:
    """Put images into one array: gray, colour, or colour and alpha, whichever holds them all."""
    modes = {image.mode for image in images}
    mode, channels = ("RGBA", 4) if "RGBA" in modes else ("RGB", 3) if "RGB" in modes else ("L", 1)
    same = (image if image.mode == mode else image.convert(mode) for image in images)
    flat = np.frombuffer(bytearray().join(image.tobytes() for image in same), np.uint8)
    return np.ascontiguousarray(flat.reshape(-1, size, size, channels).transpose(0, 3, 1, 2))
