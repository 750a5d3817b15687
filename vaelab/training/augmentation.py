"""Small sets made to look larger: training images mirrored and moved a little, anew each step."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["augment"]


def augment(images: Tensor, flip: bool, shift: int, generator: torch.Generator | None = None) -> Tensor:
    """Mirror half of the images left to right, and move each a few pixels.

    What a moved image leaves uncovered takes the colour of its border.

    Parameters
    ----------
    images
        ``(B, C, H, W)``, of any type.
    flip
        Whether to mirror, by the toss of a coin.
    shift
        Pixels at most, along each axis.
    generator
        Source of the coins and the distances.

    Returns
    -------
    Tensor
        Same shape and type; every pixel is one of the image's own.

    Examples
    --------
    >>> image = torch.arange(3).expand(1, 1, 3, 3)
    >>> sorted({tuple(augment(image, False, 1)[0, 0, 0].tolist()) for _ in range(100)})
    [(0, 0, 1), (0, 1, 2), (1, 2, 2)]
    """
    count, channels, height, width = images.shape
    device = images.device
    rows, columns = (torch.arange(side, device=device).expand(count, side) for side in (height, width))
    if flip:
        heads = torch.rand(count, 1, generator=generator, device=device) < 0.5
        columns = torch.where(heads, columns.flip(1), columns)
    if shift:
        by = torch.randint(-shift, shift + 1, (2, count, 1), generator=generator, device=device)
        rows, columns = (rows + by[0]).clamp(0, height - 1), (columns + by[1]).clamp(0, width - 1)
    # Where each pixel comes from, in an image's row-by-row order.
    origin = (rows[:, :, None] * width + columns[:, None, :]).flatten(1)[:, None].expand(-1, channels, -1)
    return images.flatten(2).gather(2, origin).reshape(images.shape)
