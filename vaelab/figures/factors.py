"""Which number of a code knows which cause of the images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

__all__ = ["factor_information"]


def factor_information(
    information: NDArray[np.floating],
    factor_names: Sequence[str],
    most: float = 1.0,
    height: int = 260,
    entropies: Sequence[float] | None = None,
) -> go.Figure:
    """Draw how much each dimension says about each factor.

    Parameters
    ----------
    information
        ``(D, F)``, share of the factor's entropy, in [0, 1].
    factor_names
        F names.
    most
        Where the scale ends: the same for figures that are to be compared.
    height
        In pixels.
    entropies
        ``(F,)``, of each factor in nats, of a continuous one that of its bins; left out where they are not known.

    Returns
    -------
    plotly.graph_objects.Figure
        A heat map with its shares written into it; a disentangled code has one bright field in each column.
    """
    in_nats = None if entropies is None else information * np.asarray(entropies)
    texts = [[f"{share:.2f}" for share in row] for row in information]
    if in_nats is not None:
        texts = [
            [f"{share}<br>{nats:.1f} nats" for share, nats in zip(*rows, strict=True)]
            for rows in zip(texts, in_nats, strict=True)
        ]
    figure = go.Figure(
        go.Heatmap(
            z=information,
            x=[name.replace("_", " ") for name in factor_names],
            y=[f"z{dim + 1}" for dim in range(len(information))],
            text=texts,
            texttemplate="%{text}",  # in black or white, whichever can be read there
            textfont={"size": 11},
            zmin=0,
            zmax=max(most, 0.01),
            colorscale="Cividis",
            xgap=2,
            ygap=2,
            colorbar={"title": {"text": "share of entropy", "side": "right"}, "thickness": 10, "tickformat": ".0%"},
            customdata=in_nats,
            hovertemplate="%{y} tells %{z:.0%} of the entropy of %{x}"
            + ("" if entropies is None else ", %{customdata:.2f} nats")
            + "<extra></extra>",
        )
    )
    figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_yaxes(autorange="reversed")
    return figure
