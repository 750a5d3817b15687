"""Every figure that an expert would ask for, as tables and charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages._ui import asking, choosing, frame, resources, widgets
from pages._ui.figures_table import apart, differences_of, groups, meaning_of, table_of
from vaelab.figures.comparison import bounds, rate_bars
from vaelab.figures.factors import factor_information
from vaelab.runs import Run
from vaelab.runs.results import Result


def draw_figures(runs: Sequence[Run]) -> None:
    """Draw what is measured of each, as far as it is."""
    name_of = choosing.told_apart(runs, choosing.named)

    @frame.part(every=1.5, until=lambda: all(resources.known(run, "full_evaluation") for run in runs))
    def body() -> None:
        studies: dict[str, Result] = {}
        of: dict[str, Run] = {}
        for run in runs:
            study = asking.result_or_progress(run, "full_evaluation", f"Measuring {widgets.plain(run.title)}")
            if study is not None:
                studies[name_of(run)], of[name_of(run)] = study, run
        if not studies:
            return
        figures = {name: study.figures for name, study in studies.items()}
        table = table_of(of, figures)
        for part in apart(table, of) if frame.is_narrow() else [table]:
            draw_table(part)
        st.caption(meaning_of(of, figures))
        draw_differences(of, studies)
        left, right = st.columns(2, gap="medium")
        with left:
            draw_bounds(of, figures)
        with right:
            draw_rate_parts(figures)
        draw_factors(of, studies)


def draw_table(columns: Mapping[str, Sequence[str]]) -> None:
    """Draw a table whose columns, but for the one of the figures' names, are runs."""
    st.table({name if name == "figure" else widgets.plain(name): rows for name, rows in columns.items()})


def draw_differences(runs: dict[str, Run], studies: dict[str, Result]) -> None:
    """Say by how much models differ from the first on the same images."""
    table = differences_of(runs, studies)
    if not table:
        return
    first = widgets.plain(next(iter(runs)))
    st.markdown(f"**Differences from {first}**")
    draw_table(table)
    st.caption(
        "Taken image by image, so that what is hard for both falls out: an interval that holds 0 says that these "
        "images do not tell the two models apart. Accuracies differ by percentage points."
    )


def draw_bounds(runs: dict[str, Run], figures: dict[str, dict[str, Any]]) -> None:
    """Draw bounds on log p(x), those of one kind of nats in a chart."""
    drawn = 0
    for kind, names in groups(runs, told=False).items():
        by_k = {
            name: {int(k): interval for k, interval in figures[name]["bounds"].items()}
            for name in names
            if figures[name]["bounds"]
        }
        if by_k:
            st.markdown("**How tight the ELBO is**" + (f" · {kind}" if kind else ""))
            widgets.chart(
                bounds(by_k, 340), key=f"compare-bounds-{drawn}" if drawn else "compare-bounds", config=widgets.NO_BAR
            )
            drawn += 1


def draw_rate_parts(figures: dict[str, dict[str, Any]]) -> None:
    """Draw what of each model's rate is information."""
    parts = {name: each["rate"] for name, each in figures.items() if each.get("rate")}
    if not parts:
        return
    st.markdown("**What the rate is made of**, in nats per image")
    widgets.chart(rate_bars(parts), key="compare-rate-parts", config=widgets.NO_BAR)
    count = next(iter(parts.values()))["num_images"]
    st.caption(
        "The KL term of training images, taken apart (Hoffman and Johnson 2016). Only **information** is what a code "
        f"tells of its image, at most log {count:,}; the rest is how far all codes together are from the prior: "
        "dimensions that depend on one another (**total correlation**), and each by itself (**dimensions' KL**). Where "
        "information comes near log N, more images might show more of it, and the rest stays in one piece."
    )


def draw_factors(runs: dict[str, Run], studies: dict[str, Result]) -> None:
    """Draw what each dimension tells about the causes of the images, where these are known."""
    with_factors = {name: study for name, study in studies.items() if study.figures.get("information")}
    if not with_factors:
        return
    st.markdown("## What each dimension tells about each factor")
    every = next(iter(runs.values())).data.factor_names
    first = next(iter(with_factors.values())).figures
    # Factors that never vary among these images have no column.
    factor_names = [every[index] for index in first.get("factors") or range(len(every))]
    informations = {name: np.array(study.figures["information"]) for name, study in with_factors.items()}
    # On one scale for all, as far as it is used: on one from 0 to 1 most models are black.
    most = max(float(information.max()) for information in informations.values())
    st.caption(
        "The share of a factor's entropy that a draw of each dimension tells. Factors that are continuous are put into "
        "bins for this, so that even a code that follows one closely tells far less than all of it. The second line "
        "of each cell is the same in nats."
    )
    for index, (column, (name, information)) in enumerate(
        zip(st.columns(len(informations)), informations.items(), strict=True)
    ):
        with column:
            st.markdown(f"**{widgets.plain(name)}**")
            height = 90 + 38 * len(information)
            widgets.chart(
                factor_information(information, factor_names, most, height, first.get("entropies")),
                key=f"compare-factors-{index}",
                config=widgets.NO_BAR,
            )
