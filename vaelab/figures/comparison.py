"""Figures that set runs beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape  # titles are whatever people wrote
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from vaelab.figures.style import ACCENT, GREY, PALETTE

__all__ = ["RatePoint", "bounds", "rate_bars", "rate_distortion"]


class RatePoint(NamedTuple):
    """Where a run stands between saying much and drawing well."""

    name: str  # of the run's folder
    title: str
    rate: float | None  # KL, nats; None for an autoencoder
    distortion: float  # -log p(x|z), nats


def rate_distortion(points: Sequence[RatePoint], chosen: Sequence[str] = (), height: int = 420) -> go.Figure:
    """Draw what codes cost against how badly images are explained (Alemi et al. 2018).

    Parameters
    ----------
    points
        A point a run; autoencoders, whose codes have no price, are level lines.
    chosen
        Names of the runs to stand out; they lie on top, and are the first to be named.
    height
        In pixels.

    Returns
    -------
    plotly.graph_objects.Figure
        Rate along x, distortion along y, in nats per image; ``customdata`` is the run's name.
        Along each thin diagonal the ELBO is the same. A point whose name would lie over another is named on hovering.
    """
    figure = go.Figure()
    vaes = sorted((point for point in points if point.rate is not None), key=lambda point: point.name in chosen)
    rates = np.array([point.rate for point in vaes], dtype=float)
    distortions = np.array([point.distortion for point in vaes])
    sides = [""] * len(vaes)
    if vaes:
        x_min, x_max = _widened(rates)
        y_min, y_max = _widened(np.array([point.distortion for point in points]))
        x, y = (rates - x_min) / (x_max - x_min), (distortions - y_min) / (y_max - y_min)
        lines = {point.title: (point.distortion - y_min) / (y_max - y_min) for point in points if point.rate is None}
        sides = _sides(x, y, [point.title for point in vaes], height, lines)
        for total in _round_between(x_min + y_min, x_max + y_max, 6):
            figure.add_trace(
                go.Scatter(
                    x=[x_min, x_max],
                    y=[total - x_min, total - x_max],
                    mode="lines",
                    line={"color": GREY, "width": 1, "dash": "dot"},
                    opacity=0.6,
                    hovertemplate=f"ELBO {-total:.4g} nats<extra></extra>",
                    showlegend=False,
                )
            )
        figure.update_xaxes(range=[x_min, x_max])
        figure.update_yaxes(range=[y_min, y_max])
    figure.add_trace(
        go.Scatter(
            x=rates,
            y=distortions,
            mode="markers+text",
            text=[escape(point.title) if side else "" for point, side in zip(vaes, sides, strict=True)],
            textposition=[side or "top center" for side in sides],
            hovertext=[escape(point.title) for point in vaes],
            customdata=[point.name for point in vaes],
            showlegend=False,
            cliponaxis=False,
            hovertemplate="%{hovertext}<br>rate %{x:.2f}, distortion %{y:.2f} nats<extra></extra>",
            marker={
                "size": 13,
                "color": [ACCENT if point.name in chosen else PALETTE[0] for point in vaes],
                "line": {"width": 1.5, "color": "white"},
            },
            # A point clicked opens its run: nothing to grey out.
            unselected={"marker": {"opacity": 1}},
        )
    )
    for point in points:
        if point.rate is None:
            figure.add_hline(
                point.distortion,
                line={"color": PALETTE[6], "width": 1.5, "dash": "dash"},
                annotation_text=escape(point.title),
                annotation_position="top right",
            )
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        clickmode="event+select",
        dragmode="pan",
    )
    figure.update_xaxes(title="Rate: KL divergence, nats per image", zeroline=False)
    figure.update_yaxes(title="Distortion: reconstruction, nats per image", zeroline=False)
    return figure


def bounds(runs: dict[str, dict[int, Sequence[float]]], height: int = 420) -> go.Figure:
    """Draw the importance-weighted bounds of several runs.

    Parameters
    ----------
    runs
        By the name to show, for each number of samples k ``(value, low, high)`` in nats.
    height
        In pixels.

    Returns
    -------
    plotly.graph_objects.Figure
        A line a run over k, on a logarithmic axis.
    """
    figure = go.Figure()
    for index, (name, by_k) in enumerate(runs.items()):
        values = np.array([by_k[k] for k in by_k])
        figure.add_trace(
            go.Scatter(
                x=list(by_k),
                y=values[:, 0],
                name=escape(name),
                mode="lines+markers",
                line={"color": PALETTE[index % len(PALETTE)], "width": 2},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "thickness": 1,
                    "array": values[:, 2] - values[:, 0],
                    "arrayminus": values[:, 0] - values[:, 1],
                },
                hovertemplate="k = %{x}: %{y:.2f} nats<extra>%{fullData.name}</extra>",
            )
        )
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=True,
        legend={"orientation": "h", "y": -0.2, "x": 0},
    )
    figure.update_xaxes(title="samples of z an image, k", type="log", dtick=1)
    figure.update_yaxes(title="bound on log p(x), nats per image")
    return figure


#: Parts of a rate, by the name that studies give them: what people read, and the colour.
RATE_PARTS = {
    "information": ("information", PALETTE[0]),
    "total_correlation": ("total correlation", PALETTE[1]),
    "dimension_kl": ("dimensions' KL", PALETTE[8]),
    "rest": ("not told apart by so few images", GREY),
}


def rate_bars(runs: Mapping[str, Mapping[str, float]]) -> go.Figure:
    """Draw what the rate of several runs is made of.

    Parameters
    ----------
    runs
        By the name to show, ``information``, ``total_correlation`` and ``dimension_kl`` in nats, and
        ``log_num_images``, the most that information can be: see ``vaelab.evaluation.rate``. Where
        it ``is_saturated``, more images might show more of it, and the rest is one part.

    Returns
    -------
    plotly.graph_objects.Figure
        A bar a run, its parts on one another in nats per image, and a line at log N.
    """
    figure = go.Figure()
    names = [escape(name) for name in runs]
    parts = [_told_apart(each) for each in runs.values()]
    for part, (title, color) in RATE_PARTS.items():
        values = [max(0.0, each.get(part, 0.0)) for each in parts]  # the draws' noise may take one below
        if part == "rest" and not any(values):
            continue
        figure.add_trace(
            go.Bar(
                x=values,
                y=names,
                orientation="h",
                name=title,
                marker={"color": color, "line": {"color": GREY, "width": 1}},
                hovertemplate=f"{title}: %{{x:.2f}} nats<extra>%{{y}}</extra>",
            )
        )
    most = max(each["log_num_images"] for each in runs.values())
    figure.add_vline(most, line={"color": GREY, "width": 2, "dash": "dash"})
    figure.add_annotation(
        x=most, y=1, yref="paper", yanchor="bottom", showarrow=False, text=f"log N = {most:.2f}", font={"size": 12}
    )
    figure.update_layout(
        barmode="stack",
        bargap=0.35,
        height=110 + 44 * len(runs),
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        legend={"orientation": "h", "y": -0.35, "yanchor": "top", "x": 0, "traceorder": "normal"},
    )
    figure.update_yaxes(autorange="reversed", ticklabelposition="outside", automargin=True)
    figure.update_xaxes(rangemode="tozero")
    return figure


def _told_apart(parts: Mapping[str, float]) -> Mapping[str, float]:
    """The parts of a rate or, where information is as high as N images can show, all others as one."""
    if not parts.get("is_saturated"):
        return parts
    return {"information": parts["information"], "rest": parts["total_correlation"] + parts["dimension_kl"]}


#: Pixels of a figure's width, of a letter and of a line of text: roughly, as figures are as wide as their place.
_WIDTH, _LETTER, _LINE = 1000, 6.5, 16

#: Where a name may stand beside its point: the middle of the text from the point, in its widths and in lines.
_BESIDE = {"top center": (0, 1.1), "bottom center": (0, -1.1), "middle right": (0.5, 0), "middle left": (-0.5, 0)}


def _sides(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    names: Sequence[str],
    height: int,
    lines: Mapping[str, float],
) -> list[str]:
    """On which side of its point each name has room, "" where on none; places in [0, 1], the last named first.

    Level lines have their names above their right ends.
    """
    points = np.column_stack([x * _WIDTH, y * height])
    half = np.array([[len(name) * _LETTER / 2, _LINE / 2] for name in names]).reshape(-1, 2)
    taken: list[tuple[NDArray[np.floating], NDArray[np.floating]]] = []
    for name, level in lines.items():
        width = len(name) * _LETTER / 2
        taken.append((np.array([_WIDTH - width, level * height + 0.6 * _LINE]), np.array([width, _LINE / 2])))
    sides = [""] * len(names)
    for index in reversed(range(len(names))):
        for side, (right, up) in _BESIDE.items():
            gap = 10 * np.sign(right)
            middle = points[index] + (2 * half[index, 0] * right + gap, _LINE * up)
            over_point = (np.abs(np.delete(points, index, 0) - middle) < half[index] + 7).all(1).any()
            over_name = any((np.abs(middle - other) < half[index] + size).all() for other, size in taken)
            outside = abs(middle[0] - _WIDTH / 2) + half[index, 0] > _WIDTH / 2
            if not (over_point or over_name or outside):
                sides[index] = side
                taken.append((middle, half[index]))
                break
    return sides


def _widened(values: NDArray[np.floating], share: float = 0.18) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = share * max(high - low, 0.05 * abs(high), 1e-3)
    return low - margin, high + margin


def _round_between(low: float, high: float, about: int) -> NDArray[np.floating]:
    """Round numbers between two, about so many."""
    step = 10 ** np.floor(np.log10((high - low) / about))
    step *= next(times for times in (1, 2, 5, 10) if times * step * about >= high - low)
    numbers: NDArray[np.floating] = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    return numbers
