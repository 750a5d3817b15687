"""Figures and pictures of generated and of changed images: arrays in, figures or pixels out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from vaelab.figures.style import ACCENT, GREY, PALETTE
from vaelab.images import to_pixels

__all__ = ["FRAME", "nearest_distances", "row_of_images", "shift_curves"]

#: The colour around images that are real ones from the training set.
FRAME = PALETTE[0]


def row_of_images(
    images: NDArray[np.generic], columns: int, frame: str | None = None, side: int = 96
) -> NDArray[np.uint8]:
    """Lay images beside each other in cells of equal width, on nothing.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, uint8 or float in [0, 1], N at most ``columns``.
    columns
        Cells; those left over stay empty, so that rows of different length are aligned.
    frame
        A colour ``"#rrggbb"`` to draw around each image; or None, which leaves the room for it.
    side
        The smallest width of an image, each pixel enlarged by a whole number.

    Returns
    -------
    ndarray
        uint8 ``(H', W', 4)``, the last number being opacity: it lies on a page of any colour.
    """
    times = max(1, -(-side // images.shape[3]))
    pixels = to_pixels(images).repeat(times, axis=1).repeat(times, axis=2)
    _, height, width, _ = pixels.shape
    border = max(2, width // 32)
    margin = 2 * border
    row = np.zeros((height + 2 * margin, columns * (width + 2 * margin), 4), np.uint8)
    for index, image in enumerate(pixels):
        left = index * (width + 2 * margin)
        if frame is not None:
            color = [int(frame[at : at + 2], 16) for at in (1, 3, 5)]
            across = slice(left + margin - border, left + margin + width + border)
            row[margin - border : margin + height + border, across] = [*color, 255]
        row[margin : margin + height, left + margin : left + margin + width, :3] = image
        row[margin : margin + height, left + margin : left + margin + width, 3] = 255
    return row


def nearest_distances(groups: Mapping[str, NDArray[np.floating]], real: str, height: int = 280) -> go.Figure:
    """Draw how far images are from their nearest training image, group by group.

    Parameters
    ----------
    groups
        Distances ``(N,)``, root-mean-square over pixels in [0, 1], by the name of each group.
    real
        The group of real images, with which the others are compared.
    height
        In pixels.

    Returns
    -------
    plotly.graph_objects.Figure
        A box and its points for each group, the first on top; the median of the real ones as a
        line through all.
    """
    figure = go.Figure()
    colors = {real: GREY}
    for index, (name, distances) in enumerate(groups.items()):
        color = colors.get(name, PALETTE[(0, 1, 4, 3)[index % 4]])
        figure.add_trace(
            go.Box(
                x=distances,
                name=name,
                orientation="h",
                marker={"color": color, "size": 3},
                line={"width": 1.5},
                boxpoints="all",
                jitter=0.7,
                pointpos=0,
                hovertemplate="%{x:.3f}<extra>" + name + "</extra>",
                showlegend=False,
            )
        )
    figure.add_vline(float(np.median(groups[real])), line={"color": GREY, "width": 1, "dash": "dot"})
    figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, boxgap=0.25)
    figure.update_xaxes(
        title="RMS pixel distance to the<br>nearest training image",
        rangemode="tozero",
        zeroline=False,
    )
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def shift_curves(
    strengths: NDArray[np.floating],
    shares: Mapping[str, NDArray[np.floating]],
    control: str,
    reached: float | None = None,
    height: int = 340,
) -> go.Figure:
    """Draw which share of changed images are taken for the group that they were changed towards.

    Parameters
    ----------
    strengths
        ``(T,)``: how far each was moved, 1 being the distance of the groups' means.
    shares
        ``(T,)`` in [0, 1] each, by the name of who judges.
    control
        Which of them is not meant to rise; drawn in grey.
    reached
        The share of real images of that group which are taken for it: what one can hope for.
    height
        In pixels.

    Returns
    -------
    plotly.graph_objects.Figure
        A line for each.
    """
    figure = go.Figure()
    styles = [
        {"color": ACCENT, "width": 3},
        {"color": PALETTE[0], "width": 2, "dash": "dash"},
        {"color": PALETTE[1], "width": 2, "dash": "dashdot"},
    ]
    for name, share in shares.items():
        style = {"color": GREY, "width": 2, "dash": "dot"} if name == control else styles.pop(0)
        figure.add_trace(
            go.Scatter(
                x=strengths,
                y=share,
                name=name,
                mode="lines+markers",
                line=style,
                marker={"size": 6},
                hovertemplate="%{y:.0%}<extra>" + name + "</extra>",
            )
        )
    if reached is not None:
        figure.add_hline(
            reached,
            line={"color": GREY, "width": 1},
            annotation_text="real images of B",
            annotation_position="bottom right",
        )
    figure.update_layout(
        height=height,
        hovermode="x unified",
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": -0.24, "x": 0},
    )
    figure.update_xaxes(title="strength (times the direction)", zeroline=False)
    figure.update_yaxes(title="taken for B", range=[-0.03, 1.03], tickformat=".0%", zeroline=False)
    return figure
