"""An animation of a path through latent space."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vaelab.images import enlarge, to_pixels

__all__ = ["animated_gif"]


def animated_gif(images: NDArray[np.generic], frame_seconds: float = 0.08, side: int = 256) -> bytes:
    """Make an animation that walks through ``images`` and back, for ever.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, uint8 or float in [0, 1], N at least 1.
    frame_seconds
        How long each is shown; both ends are shown five times as long.
    side
        Images are enlarged to at least this width.

    Returns
    -------
    bytes
        A GIF file of ``2 N - 2`` frames.
    """
    frames = [Image.fromarray(enlarge(pixels, side)) for pixels in to_pixels(images)]
    frames += frames[-2:0:-1]
    durations = [round(1000 * frame_seconds)] * len(frames)
    durations[0] = durations[len(images) - 1] = round(5000 * frame_seconds)
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return buffer.getvalue()
