"""A path through latent space as a film."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vaelab.images import enlarge, to_pixels

__all__ = ["FILMS", "FilmKind", "film"]

Pixels = NDArray[np.uint8]

#: So many times longer than others are both ends shown.
ENDS = 5


class FilmKind(NamedTuple):
    """What a film can be written as."""

    name: str
    mime: str
    what: str


FILMS: dict[str, FilmKind] = {
    "gif": FilmKind("GIF", "image/gif", "Shown wherever images are; of 256 colours."),
    "webp": FilmKind("WebP", "image/webp", "Shown in browsers; every pixel as it was decoded."),
    "mp4": FilmKind("MP4", "video/mp4", "For slides, and for whatever plays videos."),
}


def film(images: NDArray[np.generic], kind: str = "gif", frame_seconds: float = 0.08, side: int = 256) -> bytes:
    """Make a film that walks through ``images`` and back; a GIF or WebP does so for ever.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, uint8 or float in [0, 1], N at least 1.
    kind
        A key of ``FILMS``.
    frame_seconds
        How long each is shown, from 0.001 to 60; both ends are shown five times as long.
    side
        Images are enlarged to at least this width, by a whole number.

    Returns
    -------
    bytes
        A file of ``2 N - 2`` different frames. An MP4 shows the first image once more at its end; its sides are even,
        for which the last row or column may be there twice.

    Raises
    ------
    ValueError
        Where there is no such kind of film, no image, or no such time.
    """
    if kind not in FILMS:
        raise ValueError(f"There is no film called {kind}: choose {', '.join(FILMS)}.")
    if not len(images):
        raise ValueError("A film needs an image at least.")
    if not 0.001 <= frame_seconds <= 60:
        raise ValueError(f"An image cannot be shown for {frame_seconds} seconds: take 0.001 to 60.")
    frames = [enlarge(pixels, side) for pixels in to_pixels(images)]
    times = [1] * len(frames)
    times[0] = times[-1] = ENDS
    back = slice(-2, None, -1) if kind == "mp4" else slice(-2, 0, -1)
    frames, times = frames + frames[back], times + times[back]
    return _video(frames, times, frame_seconds) if kind == "mp4" else _pictures(frames, times, frame_seconds, kind)


def _pictures(frames: Sequence[Pixels], times: Sequence[int], frame_seconds: float, kind: str) -> bytes:
    first, *others = map(Image.fromarray, frames)
    durations = [round(1000 * frame_seconds * count) for count in times]
    options = {"lossless": True} if kind == "webp" else {}
    buffer = BytesIO()
    first.save(buffer, kind, save_all=True, append_images=others, duration=durations, loop=0, **options)
    return buffer.getvalue()


def _video(frames: Sequence[Pixels], times: Sequence[int], frame_seconds: float) -> bytes:
    import av  # here, as it is large, and only one kind of film needs it

    buffer = BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=Fraction(frame_seconds).limit_denominator(1000) ** -1)
        # Players want colours at half the size, so sides are even; and crisp edges of pixels need the quality.
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "12"}
        height, width = (length + length % 2 for length in frames[0].shape[:2])
        stream.height, stream.width = height, width
        for pixels, count in zip(frames, times, strict=True):
            even = np.pad(pixels, [(0, height - pixels.shape[0]), (0, width - pixels.shape[1]), (0, 0)], "edge")
            for _ in range(count):
                file.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        file.mux(stream.encode())
    return buffer.getvalue()
