"""How results change with the strength of a corruption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape  # classes and titles are whatever people wrote

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vaelab.figures.style import ACCENT, GREY, PALETTE

__all__ = ["strength_curves"]


def strength_curves(
    strengths: Sequence[float],
    by_denoiser: Mapping[str, Sequence[tuple[float, float]]],
    strength_name: str,
    chosen: float | None = None,
    height: int = 300,
    columns: int = 2,
) -> go.Figure:
    """Draw how denoisers do on ever stronger noise.

    Parameters
    ----------
    strengths
        ``(K,)``.
    by_denoiser
        By the denoiser's name, its PSNR in dB and its SSIM at each strength.
    strength_name
        What strength is, with its unit.
    chosen
        The strength to mark.
    height
        In pixels, of a row.
    columns
        Panels in a row: 2, or 1 on a narrow screen.

    Returns
    -------
    plotly.graph_objects.Figure
        Two panels, PSNR and SSIM, higher is better in both; a line a denoiser.
    """
    rows = 2 // columns
    figure = make_subplots(
        rows, columns, subplot_titles=["PSNR", "SSIM"], horizontal_spacing=0.1, vertical_spacing=0.4 / rows
    )
    dashes = ("dot", "dash", "solid", "solid", "solid")
    colours = (GREY, PALETTE[1], PALETTE[0], PALETTE[4], PALETTE[2])
    symbols = ("x", "square", "circle", "diamond", "cross")
    for panel, (unit, digits) in enumerate((("dB", 1), ("", 2))):
        place = {"row": panel // columns + 1, "col": panel % columns + 1}
        for number, (name, qualities) in enumerate(by_denoiser.items()):
            figure.add_trace(
                go.Scatter(
                    x=list(strengths),
                    y=[quality[panel] for quality in qualities],
                    name=escape(name),
                    mode="lines+markers",
                    legendgroup=escape(name),
                    showlegend=panel == 0,
                    line={"color": colours[number % 5], "width": 2, "dash": dashes[number % 5]},
                    marker={"size": 7, "symbol": symbols[number % 5]},
                    hovertemplate=f"%{{y:.{digits}f}} {unit}<extra>{escape(name)}</extra>",
                ),
                **place,
            )
        if chosen is not None:
            figure.add_vline(chosen, line={"color": ACCENT, "width": 1.5, "dash": "dash"}, **place)
    figure.update_layout(
        height=rows * height,
        hovermode="x unified",
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        legend={"orientation": "h", "y": -0.25 / rows, "x": 0.5, "xanchor": "center"},
    )
    figure.update_xaxes(title=strength_name, hoverformat=".2f")
    figure.update_layout(yaxis_title="dB, mean over images", yaxis2_title="mean over images")
    return figure
