"""Arrays in, Plotly figures out."""

from vaelab.figures.curves import COMPARED, TERMS, compare_curves, loss_curves
from vaelab.figures.latent import latent_map
from vaelab.figures.style import ACCENT, GREY, PALETTE, SVG_POINTS, SYMBOLS

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
