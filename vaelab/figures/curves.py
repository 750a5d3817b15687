"""The curves of losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape  # classes and names of images are whatever people wrote
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vaelab.figures.style import PALETTE

__all__ = ["COMPARED", "TERMS", "compare_curves", "loss_curves"]

#: The parts of a loss, by the name that records give them and the name that people read.
TERMS = {"total": "Total loss", "reconstruction": "Reconstruction", "kl": "KL divergence"}

#: Of several runs: the sum of the two parts, weighted alike in all, is what compares.
COMPARED = {"elbo": "ELBO"} | TERMS

#: What objectives other than the ELBO add; drawn where there is something to see. From a batch, these are estimates to
#: train by: a total correlation of a batch is far above that of all images.
PENALTY = {"penalty": "Further terms (training signal)"}


def loss_curves(records: Sequence[Mapping[str, Any]], height: int = 260) -> go.Figure:
    """Draw the loss and its parts as they went down, training beside validation.

    Parameters
    ----------
    records
        A run's epochs, oldest first, as ``Run.epochs`` returns them.
    height
        In pixels.

    Returns
    -------
    plotly.graph_objects.Figure
        Three panels, in nats per image over epochs; a fourth if the objective adds further terms.
    """
    added = any(record["validation"].get("penalty") for record in records)
    terms = TERMS | PENALTY if added else TERMS
    figure = make_subplots(cols=len(terms), subplot_titles=list(terms.values()))
    epochs = [record["epoch"] for record in records]
    styles = {
        "train": ("training", {"color": PALETTE[0], "width": 2}),
        "validation": ("validation", {"color": PALETTE[6], "width": 2, "dash": "dot"}),
    }
    for column, term in enumerate(terms, start=1):
        for split, (name, line) in styles.items():
            figure.add_trace(
                go.Scatter(
                    x=epochs,
                    y=[record[split].get(term) for record in records],
                    name=name,
                    line=line,
                    legendgroup=split,
                    showlegend=column == 1,
                    # One epoch is a point, not a line.
                    mode="lines+markers" if len(epochs) < 12 else "lines",
                    hovertemplate="%{y:.2f} nats<extra>" + name + "</extra>",
                ),
                row=1,
                col=column,
            )
    figure.update_layout(
        height=height,
        hovermode="x unified",
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        legend={"orientation": "h", "y": -0.28, "x": 0.5, "xanchor": "center"},
    )
    figure.update_xaxes(title="epoch", rangemode="tozero", tickformat=",d")
    figure.update_yaxes(title="nats per image", col=1)
    return figure


def compare_curves(
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    term: str,
    split: str = "validation",
    over: str = "epoch",
    height: int = 380,
    changes: Mapping[str, Mapping[int, str]] | None = None,
) -> go.Figure:
    """Draw one term of several runs over one another.

    Parameters
    ----------
    runs
        Each run's epochs, by the name to show.
    term
        A key of ``COMPARED``.
    split
        ``"train"`` or ``"validation"``.
    over
        ``"epoch"`` or ``"seconds"``.
    height
        In pixels.
    changes
        What changed while a run was trained, by its name and the number of steps that were taken by then.

    Returns
    -------
    plotly.graph_objects.Figure
        A line a run, in nats per image, and a stroke across it where something changed.
    """
    figure = go.Figure()
    for index, (name, records) in enumerate(runs.items()):
        figure.add_trace(
            go.Scatter(
                x=[record[over] for record in records],
                y=[_term_of(record[split], term) for record in records],
                name=escape(name),
                mode="lines+markers" if len(records) < 12 else "lines",
                line={
                    "color": PALETTE[index % len(PALETTE)],
                    "width": 2,
                    "dash": ("solid", "dash", "dot")[index // len(PALETTE) % 3],
                },
                hovertemplate="%{y:.2f} nats<extra>%{fullData.name}</extra>",
            )
        )
        changed = (changes or {}).get(name, {})
        if changed:
            figure.add_trace(_strokes(changed, records, figure.data[-1]))
    figure.update_layout(
        height=height,
        hovermode="x unified",
        showlegend=True,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": -0.2, "x": 0},
    )
    figure.update_xaxes(title="epoch" if over == "epoch" else "seconds of training")
    if over == "epoch" and max(map(len, runs.values()), default=0) < 12:
        figure.update_xaxes(dtick=1)  # there is no half of one
    figure.update_yaxes(title=f"{COMPARED[term]}, nats per image")
    return figure


def _strokes(changed: Mapping[int, str], records: Sequence[Mapping[str, Any]], curve: go.Scatter) -> go.Scatter:
    """Mark on a run's curve where something changed."""
    steps = [record["step"] for record in records]
    return go.Scatter(
        x=np.interp(list(changed), steps, curve.x),
        y=np.interp(list(changed), steps, curve.y),
        text=list(changed.values()),
        mode="markers",
        marker={"symbol": "line-ns", "size": 28, "line": {"color": curve.line.color, "width": 2}},
        name=curve.name,
        showlegend=False,
        hovertemplate="%{text}<extra>%{fullData.name}</extra>",
    )


def _term_of(terms: Mapping[str, float], term: str) -> float:
    return -(terms["reconstruction"] + terms["kl"]) if term == "elbo" else terms[term]
