"""Pictures of where a reconstruction is off."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from vaelab.figures.style import ACCENT
from vaelab.images import as_float, to_pixels

__all__ = ["error_panels", "frame_images"]


def error_panels(image: NDArray[np.generic], reconstruction: NDArray[np.floating], height: int = 250) -> go.Figure:
    """Draw an image, what it comes back as, and where the two differ.

    Parameters
    ----------
    image
        ``(C, H, W)``, uint8 or float in [0, 1].
    reconstruction
        ``(C, H, W)``, float in [0, 1].
    height
        In pixels.

    Returns
    -------
    plotly.graph_objects.Figure
        Three panels. The difference is image minus reconstruction, the mean over channels, always
        on a scale from -1 to 1 that is perceptually uniform ("balance" of K. Thyng et al. 2016,
        "True colors of oceanography"), so that maps of different images compare.
    """
    figure = make_subplots(
        cols=3,
        horizontal_spacing=0.02,
        subplot_titles=["Image", "Reconstruction", "Difference"],
    )
    pictures = [to_pixels(picture[None])[0] for picture in (image, reconstruction)]
    for column, pixels in enumerate(pictures, start=1):
        # A gray pixel says its value once, not three times.
        hover = "%{z[0]}" if len(image) == 1 else "%{z}"
        figure.add_trace(go.Image(z=pixels, hovertemplate=f"{hover} of 255<extra></extra>"), row=1, col=column)
    off = (as_float(image, np.float64) - reconstruction).mean(0)
    figure.add_trace(
        go.Heatmap(
            z=off,
            zmin=-1,
            zmax=1,
            colorscale="balance",
            hovertemplate="%{z:+.2f}<extra></extra>",
            colorbar={"thickness": 12, "tickvals": [-1, -0.5, 0, 0.5, 1], "len": 1, "x": 1.01},
        ),
        row=1,
        col=3,
    )
    rows, columns = off.shape
    for column in (1, 2, 3):
        figure.update_xaxes(range=[-0.5, columns - 0.5], constrain="domain", col=column)
        figure.update_yaxes(
            range=[rows - 0.5, -0.5],
            constrain="domain",
            col=column,
            scaleanchor=f"x{column if column > 1 else ''}",
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_annotations(font_size=13)
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 28, "b": 4},
        dragmode=False,
    )
    return figure


def frame_images(
    images: NDArray[np.generic], framed: NDArray[np.bool_], side: int = 64, thickness: int = 4
) -> NDArray[np.uint8]:
    """Enlarge images by a whole number and frame some of them.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, uint8 or float in [0, 1].
    framed
        ``(N,)``: which get a frame in ``ACCENT``; the others' is white.
    side
        The smallest width that would do.
    thickness
        Of a frame, in pixels.

    Returns
    -------
    ndarray
        uint8 ``(N, 3, H', W')``.
    """
    times = max(1, -(-side // images.shape[3]))
    pixels = to_pixels(images).repeat(times, axis=1).repeat(times, axis=2)
    margin = (0, 0), (thickness, thickness), (thickness, thickness), (0, 0)
    pixels = np.pad(pixels, margin, constant_values=255)
    inside = np.zeros(pixels.shape[1:3], bool)
    inside[thickness:-thickness, thickness:-thickness] = True
    accent = np.array([int(ACCENT[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)
    pixels[framed[:, None, None] & ~inside] = accent
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
