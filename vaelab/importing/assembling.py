"""Decoded images into one array: one background, one range of values, gray or colour."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from vaelab.importing.decoding import Block
from vaelab.importing.fitting import Target, padded
from vaelab.importing.limits import MAX_BYTES
from vaelab.importing.numbers import numbers_to_bytes

__all__ = ["Collected", "Color", "parse_background"]

Color = Literal["gray", "rgb"]

#: How much of the border must show something for its colour to be the background.
SHOWN_BORDER = 0.5

#: From which value on something is nearly white, so that it would not be seen on white.
NEARLY_WHITE = 225

#: Weights of red, green and blue in gray (ITU-R BT.601), as preprocessing has them.
GRAY = np.array([0.299, 0.587, 0.114])

#: What was done to how many images, in words.
SENTENCES = {
    "turned": "Turned {} upright, following their EXIF data.",
    "first": "Took the first picture of {} with several.",
    "from CMYK": "Converted {} from CMYK to RGB.",
    "from YCbCr": "Converted {} from YCbCr to RGB.",
    "from HSV": "Converted {} from HSV to RGB.",
    "crop": "Cut {} to the square in the middle.",
    "pad": "Padded {} to a square.",
    "stretch": "Stretched {} to a square.",
    "smaller": "Made {} smaller, to {size} × {size} pixels.",
    "larger": "Made {} larger, to {size} × {size} pixels.",
}


@dataclass
class Collected:
    """Blocks as they arrive.

    Attributes
    ----------
    target
        What the images were brought to.
    numbers
        Which images they are, in the order of ``blocks``.
    sizes
        How many images came in which width and height.
    done
        How many images each step was taken with.
    """

    target: Target
    blocks: list[Block] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    num_bytes: int = 0

    def add(self, numbers: list[int], block: Block) -> None:
        """Add a block.

        Parameters
        ----------
        numbers
            Of all contents that it was made from.
        block
            What became of them.

        Raises
        ------
        ValueError
            If there are more bytes than fit in memory.
        """
        self.blocks.append(block)
        self.numbers += [numbers[index] for index in block.kept]
        self.sizes.update(block.sizes)
        self.done += block.done
        self.num_bytes += block.pixels.nbytes
        if self.num_bytes > MAX_BYTES:
            raise ValueError(
                f"These are more images of {self.target.size} × {self.target.size} pixels than fit in "
                f"{MAX_BYTES >> 30} GB: choose some of them, or a smaller size."
            )

    def finish(
        self, color: Color | None, background: tuple[int, int, int] | None
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64], list[str]]:
        """Make one array of all blocks, which are emptied.

        Parameters
        ----------
        color
            Gray or colour; by default gray where all images are.
        background
            What shows through where images are transparent; by default what most of their border shows, or white.

        Returns
        -------
        tuple
            Images uint8 ``(N, C, S, S)``, their numbers ``(N,)`` in ascending order, and what was done to them, a
            sentence a step.
        """
        steps = [
            text.format(_images(self.done[key], len(self.numbers)), size=self.target.size)
            for key, text in SENTENCES.items()
            if self.done[key]
        ]
        steps += self._scale_deep()
        steps += self._lay_on(background)
        gray = all(_is_gray(block.pixels) for block in self.blocks)
        channels = 1 if (color or ("gray" if gray else "rgb")) == "gray" else 3
        if gray and color is None and any(block.pixels.shape[1] == 3 for block in self.blocks):
            steps.append("All images are grey, so one channel is kept.")
        if not gray and channels == 1:
            steps.append("Converted colours to grey (ITU-R BT.601 luminance).")
        order = np.argsort(np.array(self.numbers, np.int64), kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        images = np.empty((len(order), channels, self.target.size, self.target.size), np.uint8)
        start = 0
        for block in self.blocks:
            end = start + len(block.pixels)
            images[place[start:end]] = _in_channels(block.pixels, channels)
            block.pixels, start = block.pixels[:0], end
        return images, np.array(self.numbers, np.int64)[order], steps

    def _scale_deep(self) -> list[str]:
        """Scale the values of all images that had no bytes by their common range."""
        deep = [value for block in self.blocks for value in block.deep.values()]
        if not deep:
            return []
        scale, note = numbers_to_bytes(min(value.low for value in deep), max(value.high for value in deep))
        for block in self.blocks:
            for position, value in block.deep.items():
                color = min(block.pixels.shape[1], 3)
                block.pixels[position, :color] = scale(value.values)
            block.deep.clear()
        return [sentence.replace("values", f"values of {_images(len(deep), len(self.numbers))}") for sentence in note]

    def _lay_on(self, background: tuple[int, int, int] | None) -> list[str]:
        transparent = [block for block in self.blocks if block.pixels.shape[1] == 4]
        count = sum(int((block.pixels[:, 3] < 255).any(axis=(1, 2)).sum()) for block in transparent)
        why = ""
        if count and background is None:
            background, why = self._background(transparent)
        for block in transparent:
            block.pixels = _laid_on(block.pixels, background or (255, 255, 255))
        if not count or background is None:
            return []
        return [f"Laid {_images(count, len(self.numbers))} with transparent parts onto {_color_name(background)}{why}."]

    def _background(self, transparent: list[Block]) -> tuple[tuple[int, int, int], str]:
        borders = np.concatenate([_border(block, self.target) for block in self.blocks], axis=1)
        shown = borders[3] > 127
        if shown.mean() >= SHOWN_BORDER:
            red, green, blue = (int(value) for value in np.median(borders[:3, shown], axis=1))
            return (red, green, blue), ", which most of the border shows"
        # White, unless what is to be seen is white itself.
        # Green alone tells how light it is.
        values = np.concatenate(
            [pixels[:, 1][pixels[:, 3] > 127] for pixels in (block.pixels for block in transparent)]
        )
        if values.size and np.median(values) > NEARLY_WHITE:
            return (0, 0, 0), ", since they are nearly white"
        return (255, 255, 255), ""


def parse_background(color: str | tuple[int, ...] | None) -> tuple[int, int, int] | None:
    """Read a colour: a name, ``#rrggbb``, or its red, green and blue.

    Parameters
    ----------
    color
        As a person gave it.

    Returns
    -------
    tuple of int
        Red, green and blue, 0 to 255; None for None.

    Raises
    ------
    ValueError
        If it is no colour.

    Examples
    --------
    >>> parse_background("white")
    (255, 255, 255)
    """
    if color is None:
        return None
    try:
        red, green, blue = ImageColor.getrgb(color)[:3] if isinstance(color, str) else color
    except ValueError as error:
        raise ValueError(f"{color!r} is not a colour: give a name such as white, or #ffffff.") from error
    if not all(0 <= value <= 255 for value in (red, green, blue)):
        raise ValueError(f"{color!r} is not a colour: give a name such as white, or #ffffff.")
    return int(red), int(green), int(blue)


def _images(count: int, total: int) -> str:
    if count == total:
        return f"all {count:,} images" if count > 1 else "the image"
    return f"{count:,} image{'s' if count > 1 else ''}"


def _color_name(color: tuple[int, int, int]) -> str:
    return {(255, 255, 255): "white", (0, 0, 0): "black"}.get(color, "#{:02x}{:02x}{:02x}".format(*color))


def _is_gray(pixels: NDArray[np.uint8]) -> bool:
    if pixels.shape[1] == 1:
        return True
    return bool((pixels[:, 0] == pixels[:, 1]).all() and (pixels[:, 1] == pixels[:, 2]).all())


def _border(block: Block, target: Target) -> NDArray[np.uint8]:
    """Red, green, blue and alpha of the border's pixels, uint8 ``(4, M)``; of 500 images at the most."""
    few = block.pixels[:500]
    parts = [few]
    if target.fit == "pad":
        parts = [_inside(image[None], *size, target.size) for image, size in zip(few, block.sizes, strict=False)]
    edges = [edge for part in parts for edge in (part[:, :, 0], part[:, :, -1], part[:, :, :, 0], part[:, :, :, -1])]
    values = np.concatenate([edge.transpose(1, 0, 2).reshape(few.shape[1], -1) for edge in edges], axis=1)
    colors = values[:3] if len(values) >= 3 else np.repeat(values[:1], 3, axis=0)
    alpha = values[3:] if len(values) == 4 else np.full((1, values.shape[1]), 255, np.uint8)
    return np.concatenate([colors, alpha])


def _inside(image: NDArray[np.uint8], width: int, height: int, size: int) -> NDArray[np.uint8]:
    """An image without what it was padded with."""
    width, height = padded(width, height, size)
    left, top = (size - width) // 2, (size - height) // 2
    return image[:, :, top : top + height, left : left + width]


def _laid_on(pixels: NDArray[np.uint8], background: tuple[int, int, int]) -> NDArray[np.uint8]:
    laid = np.empty((len(pixels), 3, *pixels.shape[2:]), np.uint8)
    ground = np.array(background, np.uint32)[:, None, None]
    for i, image in enumerate(pixels):
        alpha = image[3].astype(np.uint32)
        laid[i] = (image[:3] * alpha + ground * (255 - alpha) + 127) // 255
    return laid


def _in_channels(pixels: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    if pixels.shape[1] == channels or not len(pixels):
        return pixels if pixels.shape[1] == channels else np.repeat(pixels[:, :1], channels, axis=1)
    if channels == 3:
        return np.repeat(pixels, 3, axis=1)
    if _is_gray(pixels):
        return pixels[:, :1]
    return np.rint(np.tensordot(pixels, GRAY, axes=([1], [0]))).astype(np.uint8)[:, None]
