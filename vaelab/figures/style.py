"""Colours, symbols and how many points are drawn as SVG, in every figure alike."""

from __future__ import annotations

__all__ = ["ACCENT", "GREY", "PALETTE", "SVG_POINTS", "SYMBOLS"]

#: Ten colours that people with any colour vision tell apart: for full protanopia, deuteranopia or tritanopia no two are
#: nearer than 16 by CIEDE2000, and each is seen on both themes. They were searched for with the first held to its blue;
#: their order then gives digits that lie side by side on maps (3, 5 and 8; 4, 7 and 9) colours far apart.
PALETTE = (
    "#3f90da",
    "#f78282",
    "#9c6882",
    "#9c1a0d",
    "#82ddc3",
    "#820da9",
    "#758f00",
    "#ddd000",
    "#d0c3f7",
    "#005b4e",
)

#: With more classes than colours, the shape goes on with the second ten.
SYMBOLS = ("circle", "diamond", "cross", "triangle-up")

#: So many points are drawn as SVG, which any browser has; more of them by WebGL, which some have not.
SVG_POINTS = 5_000

#: What is marked on a map: seen on every colour of the palette, in both themes.
ACCENT = "#e5007e"
GREY = "#8a8f98"
