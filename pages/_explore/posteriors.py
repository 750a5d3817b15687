"""On Explore's map: the posteriors of a class, or those of all images together beside the prior."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages._ui import controls, widgets
from pages._ui.cached import per_run
from vaelab.datasets import Labelled
from vaelab.figures import PALETTE
from vaelab.figures.posteriors import MASSES, add_aggregate_posterior, add_ellipses
from vaelab.latent.posteriors import posterior_covariances
from vaelab.latent.projections import Projection, ProjectionKind
from vaelab.runs import Run

__all__ = ["NO_POSTERIORS", "choose_posteriors", "draw_posteriors", "say_posteriors"]

#: What is chosen besides a class, which is its number.
NO_POSTERIORS, TOGETHER = "none", "all"
#: Ellipses that can still be told apart.
MOST_ELLIPSES = 150


def choose_posteriors(run: Run, data: Labelled, kind: ProjectionKind) -> str:
    """Choose whose posteriors to draw on the map, where a map has any."""
    if run.config.model != "vae" or kind == "umap" or run.config.latent_dim < 2:
        return NO_POSTERIORS
    classes = {} if data.labels is None else {str(label): name for label, name in enumerate(data.label_names)}
    names = {NO_POSTERIORS: "None", TOGETHER: "All together"} | classes
    return controls.selectbox(
        "Posteriors",
        param="posteriors",
        key=f"posteriors:{data.key}",
        options=list(names),
        default=NO_POSTERIORS,
        help="Draw q(z|x) of the images of a class, each as wide as σ at the map’s scale. **All together**: where the "
        "aggregate posterior q(z) has its mass, and where the prior p(z).",
        format_func=lambda option: widgets.plain(names[option]),
        width=140,
    )


def draw_posteriors(figure: go.Figure, run: Run, data: Labelled, projection: Projection, chosen: str) -> None:
    """Draw what was chosen, where the map has it."""
    if chosen == NO_POSTERIORS:
        return
    if chosen == TOGETHER:
        figure.add_traces(_together(projection))
        return
    covariances = posterior_covariances(projection)
    if covariances is None:
        return
    means = projection.coordinates.astype(np.float64)
    rows = _rows(data, projection, chosen)[:MOST_ELLIPSES]
    color = PALETTE[int(chosen) % len(PALETTE)]
    add_ellipses(figure, means[rows], covariances[rows], "q(z|x), 1 σ", color)


@per_run(max_entries=16)
def _together(projection: Projection) -> tuple[Any, ...]:
    """The lines of the aggregate posterior and the prior: a third of a second, once for a map."""
    covariances = posterior_covariances(projection)
    figure = go.Figure()
    if covariances is not None:
        origin = projection.place(np.zeros((1, projection.codes.shape[1])))[0]
        add_aggregate_posterior(figure, projection.coordinates.astype(np.float64), covariances, origin)
    return tuple(figure.data)


def say_posteriors(data: Labelled, projection: Projection, chosen: str) -> None:
    """Say what the lines are."""
    if chosen == NO_POSTERIORS or projection.kind == "umap":
        return
    if projection.sigma is None:
        st.caption("This map was kept without the posteriors’ widths, so they cannot be drawn.")
    elif chosen == TOGETHER:
        shares = " and ".join(f"{mass:.0%}" for mass in MASSES)
        st.caption(
            f"Lines around {shares} of the mass: the **aggregate posterior** q(z), the mean of all images’ posteriors, "
            "and, dashed, the **prior** p(z). Where the prior alone has mass, the decoder has hardly been trained on "
            "what is drawn from it."
        )
    else:
        number = len(_rows(data, projection, chosen))
        some = f"{MOST_ELLIPSES} of the {number:,}" if number > MOST_ELLIPSES else f"the {number:,}"
        name = widgets.plain(data.label_names[int(chosen)])
        st.caption(f"Ellipses: the posteriors of {some} images of “{name}” on the map, each as wide as σ.")


def _rows(data: Labelled, projection: Projection, chosen: str) -> np.ndarray:
    """The map's points of a class, in an order that is always the same and means nothing."""
    if data.labels is None:
        return np.zeros(0, np.int64)
    rows = np.flatnonzero(data.labels[projection.indices] == int(chosen))
    return np.random.default_rng(0).permutation(rows)
