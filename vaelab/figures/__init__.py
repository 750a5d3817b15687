"""Arrays in, Plotly figures out."""

from vaelab.figures.latent import (
    ACCENT,
    COMPARED,
    GREY,
    PALETTE,
    SVG_POINTS,
    SYMBOLS,
    TERMS,
    compare_curves,
    latent_map,
    loss_curves,
)

__all__ = [
    "ACCENT",
    "COMPARED",
    "GREY",
    "PALETTE",
    "SVG_POINTS",
    "SYMBOLS",
    "TERMS",
    "compare_curves",
    "latent_map",
    "loss_curves",
]
