"""Figures about telling anomalous images from normal ones: arrays in, figures out."""

from __future__ import annotations

from html import escape  # groups are named after classes, which are whatever people wrote
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from vaelab.figures.style import ACCENT, GREY, PALETTE

if TYPE_CHECKING:
    from vaelab.evaluation.detection import Confusion, Detection

__all__ = ["ANOMALOUS_COLOR", "NORMAL_COLOR", "detection_curves", "round_step", "score_histogram", "score_range"]

NORMAL_COLOR, ANOMALOUS_COLOR = PALETTE[0], PALETTE[1]

#: Bars of a histogram from end to end.
NUM_BINS = 50


def score_range(normal: NDArray[np.floating], anomalous: NDArray[np.floating]) -> tuple[float, float]:
    """Find the scores worth showing: all but the outermost percent of either group.

    Parameters
    ----------
    normal, anomalous
        Scores, ``(N,)`` and ``(M,)``; neither empty.

    Returns
    -------
    tuple
        The lowest and the highest, apart from each other, on round numbers.
    """
    groups = normal, anomalous
    low = min(float(np.percentile(group, 0.5)) for group in groups)
    high = max(float(np.percentile(group, 99)) for group in groups)
    # A few strange images must not press everyone else into the first bars.
    typical = float(np.median(normal))
    high = min(high, typical + 8 * max(float(np.percentile(normal, 99.5)) - typical, 1e-9))
    step = round_step(low, high)
    low, high = np.floor(low / step) * step, np.ceil(high / step) * step
    return float(low), float(max(high, low + 10 * step))


def round_step(low: float, high: float) -> float:
    """Find 1, 2 or 5 times a power of ten that goes some 200 to 500 times into a range.

    Examples
    --------
    >>> round_step(0, 1), round_step(10, 250)
    (0.002, 0.5)
    """
    rough = max(high - low, 1e-6) / 500
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(n * power for n in (1, 2, 5, 10) if n * power >= rough * (1 - 1e-9)))


def score_histogram(
    normal: NDArray[np.floating],
    anomalous: NDArray[np.floating],
    threshold: float,
    title: str,
    height: int = 320,
) -> go.Figure:
    """Draw how the scores of two groups are spread, and the threshold between them.

    Parameters
    ----------
    normal, anomalous
        Scores, ``(N,)`` and ``(M,)``; neither empty.
    threshold
        What is above it is flagged.
    title
        The score and its unit.
    height
        In pixels.

    Returns
    -------
    plotly.graph_objects.Figure
        Bars over ``score_range``, in percent of each group, so that groups of different size
        compare; scores beyond an end are in its bar.
    """
    low, high = score_range(normal, anomalous)
    edges = np.linspace(low, high, NUM_BINS + 1)
    width = edges[1] - edges[0]
    figure = go.Figure()
    for name, scores, color in (
        ("normal", normal, NORMAL_COLOR),
        ("anomalous", anomalous, ANOMALOUS_COLOR),
    ):
        counts, _ = np.histogram(np.clip(scores, low, high), edges)
        figure.add_trace(
            go.Bar(
                x=edges[:-1] + width / 2,
                y=100 * counts / len(scores),
                width=width,
                name=f"{escape(name)} ({len(scores):,})",
                opacity=0.65,
                customdata=counts,
                marker={"color": color, "line": {"width": 0}},
                hovertemplate=f"%{{customdata}} {name} images, %{{y:.1f}}%<extra></extra>",
            )
        )
    figure.add_vline(threshold, line={"color": ACCENT, "width": 3})
    figure.add_annotation(
        x=threshold,
        y=1,
        yref="paper",
        yanchor="bottom",
        showarrow=False,
        text=f"flagged above {threshold:.4g}",
        font={"size": 13},
    )
    figure.update_layout(
        height=height,
        barmode="overlay",
        bargap=0,
        uirevision=title,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        legend={"x": 1, "xanchor": "right", "y": 0.98, "yanchor": "top"},
    )
    figure.update_xaxes(title=title, range=[low, high], zeroline=False)
    figure.update_yaxes(title="% of the group", rangemode="tozero")
    return figure


def detection_curves(detection: Detection, counts: Confusion, height: int = 320) -> go.Figure:
    """Draw what a score can do at every threshold, and does at the chosen one.

    Parameters
    ----------
    detection
        What ``vaelab.evaluation.detection.detect`` returned.
    counts
        What the chosen threshold does.
    height
        In pixels.

    Returns
    -------
    plotly.graph_objects.Figure
        Side by side the ROC curve, titled with the area under it, and the precision-recall curve,
        titled with the average precision; dashed: flagging at random.
    """
    figure = make_subplots(
        cols=2,
        horizontal_spacing=0.2,
        subplot_titles=[
            f"ROC: AUC {detection.auc:.3f}",
            f"Precision-recall: {detection.average_precision:.3f}",
        ],
    )
    share = detection.positive_share
    line, dashed = {"color": PALETTE[0], "width": 3}, {"color": GREY, "width": 1.5, "dash": "dash"}
    precision = 1.0 if counts.precision is None else counts.precision
    rate, recall = counts.false_alarm_rate or 0.0, counts.recall or 0.0
    roc = (detection.roc_false_alarm_rate, detection.roc_recall, (0, 1), (0, 1), (rate, recall))
    pr = (detection.pr_recall, detection.pr_precision, (0, 1), (share, share), (recall, precision))
    names = ("false alarm rate", "recall"), ("recall", "precision")
    for column, ((x, y, chance_x, chance_y, point), (x_name, y_name)) in enumerate(
        zip((roc, pr), names, strict=True), start=1
    ):
        hover = f"{x_name} %{{x:.1%}}<br>{y_name} %{{y:.1%}}<extra></extra>"
        figure.add_trace(
            go.Scatter(x=chance_x, y=chance_y, mode="lines", line=dashed, hoverinfo="skip"),
            row=1,
            col=column,
        )
        figure.add_trace(
            # Between two thresholds the precision is not a mean of theirs: steps, not slopes. It takes the looser one
            # to reach a recall between theirs, and recall falls along the arrays: level first, so that the area under
            # the steps is the average precision.
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                hovertemplate=hover,
                line=line | ({"shape": "hv"} if column == 2 else {}),
            ),
            row=1,
            col=column,
        )
        figure.add_trace(
            go.Scatter(
                x=[point[0]],
                y=[point[1]],
                mode="markers",
                name="the threshold",
                hovertemplate=hover.replace("<extra>", "<extra>at the threshold"),
                marker={"size": 14, "color": "white", "line": {"color": ACCENT, "width": 4}},
                cliponaxis=False,
            ),
            row=1,
            col=column,
        )
        figure.update_xaxes(title=x_name, col=column)
        figure.update_yaxes(title={"text": y_name, "standoff": 4}, col=column)
    figure.update_annotations(font_size=13)
    figure.update_layout(
        height=height,
        showlegend=False,
        hovermode="closest",
        uirevision="curves",
        margin={"l": 8, "r": 14, "t": 28, "b": 8},
    )
    # A hair beyond both ends: a curve along an edge is then seen whole.
    ticks = {"range": [-0.02, 1.02], "tickformat": ".0%", "tickvals": [0, 0.5, 1]}
    figure.update_xaxes(zeroline=False, **ticks, tickangle=0)
    figure.update_yaxes(zeroline=False, **ticks)
    return figure
