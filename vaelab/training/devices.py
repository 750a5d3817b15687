"""Where a model is trained and run, and how much of it at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["images_at_once", "pick_device", "to_float"]


#: What is decoded at once without a gradient, at the most: images, and numbers in them. It bounds memory, to 0.5 GB.
DECODED, DECODED_NUMBERS = 4096, 2**24


def pick_device(name: str) -> torch.device:
    """Find the device of a run.

    Parameters
    ----------
    name
        ``"cpu"``, ``"cuda"``, ``"mps"``, or ``"auto"`` for the fastest there is.

    Returns
    -------
    torch.device
        Ready to use.

    Raises
    ------
    ValueError
        If this machine has no such device.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(device for device, available in there.items() if available)
    if not there[name]:
        raise ValueError(f"This machine has no {name} device: choose cpu or auto.")
    return torch.device(name)


def to_float(images: Tensor) -> Tensor:
    """Pixels of 0 to 255 as float32 in [0, 1], same shape."""
    return images.to(torch.float32).div_(255)


def images_at_once(image_shape: tuple[int, ...], draws: int = 1) -> int:
    """Count the images that may be decoded at once, each from several draws.

    Parameters
    ----------
    image_shape
        ``(C, H, W)``.
    draws
        Codes of each.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> images_at_once((1, 32, 32), draws=64), images_at_once((3, 128, 128))
    (64, 341)
    """
    return max(1, min(DECODED, DECODED_NUMBERS // math.prod(image_shape)) // draws)
