"""The table of all runs, in which rows are ticked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages._ui import address, choosing, resources, widgets
from pages._ui.cached import per_run
from vaelab.config import OWN
from vaelab.datasets import DatasetUnavailable
from vaelab.runs import Run, Status

TABLE_KEY = "runs-table"
#: In the URL: the names of the runs that are ticked.
CHOSEN_KEY = "runs"
#: How often the URL has named others.
REQUESTS_KEY = "runs-requests"
#: Rows in sight at once: what one does with a run stands above them.
ROWS = 9


def choose_runs(
    runs: Sequence[Run], statuses: Mapping[Path, Status], names: Mapping[Path, str], images: Mapping[Path, str]
) -> list[Run]:
    """Draw the table, and return the runs that are ticked in it, which the URL names as well."""
    key, ticked = table_key(runs)
    event = st.dataframe(
        written([row(run, statuses[run.path], names[run.path], images[run.path]) for run in runs]),
        key=key,
        height=35 * (min(len(runs), ROWS) + 1) + 3,
        selection_default={"selection": {"rows": ticked, "columns": [], "cells": []}},
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        column_config=columns(max(map(len, names.values()), default=0)),
        placeholder="–",
    )
    chosen = [runs[index] for index in event["selection"]["rows"] if index < len(runs)]
    # In the order in which the URL named them, so that an address stays as it was sent.
    earlier = st.session_state.get(CHOSEN_KEY, [])
    chosen_names = sorted(
        (run.name for run in chosen), key=lambda name: earlier.index(name) if name in earlier else len(earlier)
    )
    st.session_state[CHOSEN_KEY] = chosen_names
    address.put(CHOSEN_KEY, ",".join(chosen_names) or None)
    return chosen


def distinct_names(runs: Sequence[Run]) -> dict[Path, str]:
    """What to call each run, by its folder: those of one name are told apart by what they are, or by their time."""
    write = choosing.told_apart(runs, lambda run: run.title)
    return {run.path: write(run) + (" (example)" if resources.is_example(run) else "") for run in runs}


def table_key(runs: Sequence[Run]) -> tuple[str, list[int]]:
    """Key of the table, and the rows that are ticked in it at first.

    Ticks are row numbers: with other rows, or when the URL names other runs, it is another table.
    """
    requested = address.take(CHOSEN_KEY)
    if requested is not None:
        st.session_state[CHOSEN_KEY] = requested.split(",")
        st.session_state[REQUESTS_KEY] = st.session_state.get(REQUESTS_KEY, 0) + 1
    names = [run.name for run in runs]
    key = f"{TABLE_KEY}-{st.session_state.get(REQUESTS_KEY, 0)}-{'-'.join(names)}"
    at_first: tuple[str, list[int]] = st.session_state.get(TABLE_KEY, ("", []))
    if at_first[0] != key:
        wanted = st.session_state.get(CHOSEN_KEY, [])
        at_first = key, sorted({names.index(name) for name in wanted if name in names})
        st.session_state[TABLE_KEY] = at_first
    return at_first


def title_of_images(run: Run) -> str:
    """What people call a run's images or, where these are gone, what they were kept as."""
    try:
        return run.source().title
    except DatasetUnavailable:
        return run.config.dataset.removeprefix(OWN)


def row(run: Run, status: Status, name: str, images: str) -> dict[str, Any]:
    config, figures = run.config, run.evaluation() or {}
    return {
        "Name": name,
        "State": status.state,
        "Made": None if resources.is_example(run) else datetime.fromtimestamp(run.created),
        "Images": images,
        "Model": f"{widgets.kind_of(config)}, {widgets.ARCHITECTURE_NAMES[config.architecture]}",
        "Dims": config.latent_dim,
        "β": run.config_after().beta if "beta" in config.minimized.settings else None,
        "Epoch": max(run.epoch, 0),
        "Took": widgets.duration(status.seconds) if status.seconds else None,
        "Size": num_megabytes(run),
        "ELBO": figures.get("elbo"),
        "Reconstruction": figures.get("reconstruction"),
        "KL": figures.get("kl"),
        "k-NN accuracy": figures.get("knn_accuracy"),
    }


def written(rows: list[dict[str, Any]]) -> Any:
    """The rows as a table whose nats are written as on Compare, and sorted as numbers all the same."""

    def nats(value: float) -> str:
        return f"{value:,.2f}".replace("-", "−")

    table = pd.DataFrame(rows)
    numbers = ["ELBO", "Reconstruction", "KL"]
    table[numbers] = table[numbers].astype(float)
    return table.style.format(nats, subset=numbers, na_rep="–")


@per_run(max_entries=1000)
def num_megabytes(run: Run) -> float:
    """How much a run takes on the disk, in MB."""
    return run.num_bytes / 1e6


def columns(longest: int) -> dict[str, Any]:
    """How the columns are shown; names have as much room as the longest needs, up to a limit."""
    nats = "in nats per held-out image"
    return {
        "Name": st.column_config.TextColumn(width=min(max(120, 6 * longest + 30), 300)),
        "Made": st.column_config.DatetimeColumn(format="D MMM, HH:mm", width=110, help="When training was started."),
        "Took": st.column_config.TextColumn(width=95, help="How long it was trained for."),
        "Size": st.column_config.NumberColumn(format="%.1f MB", help="How much it takes on the disk."),
        "Dims": st.column_config.NumberColumn(help="Latent dimensions."),
        "β": st.column_config.NumberColumn(format="%.4g", help="Weight of the KL term."),
        "ELBO": st.column_config.NumberColumn(
            help=f"Evidence lower bound {nats}; higher is better. Of densities (Gaussian, continuous Bernoulli) it "
            "may be positive. Compare only models of the same images and the same kind of pixels, both told the "
            "label or neither."
        ),
        "Reconstruction": st.column_config.NumberColumn(help=f"−log p(x|z) {nats}; lower is better."),
        "KL": st.column_config.NumberColumn(help=f"KL divergence {nats}."),
        "k-NN accuracy": st.column_config.NumberColumn(
            format="percent", help="How often ten neighbours in latent space name the right class."
        ),
    }
