"""What was found before it is decoded: images, and what is known about each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vaelab.importing.encoded import Encoded
from vaelab.importing.report import Skipped

__all__ = ["MAX_CLASSES", "NO_CLASS", "Intake", "Known", "class_order", "natural", "printable"]

#: Classes at the most.
MAX_CLASSES = 1000
#: The class of images without one, where others have one.
NO_CLASS = "no class"


@dataclass
class Known:
    """What is known about each image beyond its pixels.

    Attributes
    ----------
    labels
        The class of each, if they have any.
    label_names
        All classes in their order, where the source says so.
    factors
        By name, a number for each image.
    groups
        The group of each (a patient, a writer), none of which is to be on both sides of the split.
    notes
        Sentences on what was made of what.
    """

    labels: list[str] | None = None
    label_names: tuple[str, ...] | None = None
    factors: dict[str, list[float]] = field(default_factory=dict)
    groups: list[str] | None = None
    notes: list[str] = field(default_factory=list)


@dataclass
class Intake:
    """Images that are not decoded yet.

    Attributes
    ----------
    names
        What each is called.
    known
        What is known about each.
    encoded
        Starts to hand over encoded images, each with its number, in any order; as often as it is called.
    arrays
        Instead of that, starts to hand over all images in order, as uint8 ``(n, H, W, C)``.
    sizes
        Width and height of the images in arrays, and how many of each there are.
    skipped
        Files that are not taken.
    """

    names: list[str]
    known: Known
    encoded: Callable[[], Iterator[tuple[int, Encoded | Skipped]]] | None = None
    arrays: Callable[[], Iterator[NDArray[np.uint8]]] | None = None
    sizes: dict[tuple[int, int], int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)


def printable(text: str) -> str:
    r"""A name as it can be shown and kept: what is no character, or breaks the line, becomes a question mark.

    Examples
    --------
    >>> printable("oak\nleaf")
    'oak?leaf'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def natural(text: str) -> tuple[list[tuple[int, str]], str]:
    """Sort as people do: 2 before 10.

    Examples
    --------
    >>> sorted(["10", "9", "a10", "a9"], key=natural)
    ['9', '10', 'a9', 'a10']
    """
    parts = re.findall(r"\d+|\D+", text.casefold())
    return [(int(part), "") if part.isdecimal() else (1 << 62, part) for part in parts], text


def class_order(labels: list[str], order: tuple[str, ...] | None) -> tuple[str, ...]:
    """Put the classes that occur in their order.

    Parameters
    ----------
    labels
        Of all images.
    order
        The source's own, if it has one.

    Returns
    -------
    tuple of str
        Each class once; images without a class last.
    """
    occurring = set(labels)
    if order is not None:
        return tuple(name for name in order if name in occurring)
    named = sorted(occurring - {NO_CLASS}, key=natural)
    return (*named, *(occurring & {NO_CLASS}))
