"""How good each map is, as a table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages._reduction.maps import MAP_TITLES, Maps
from pages._ui import widgets
from vaelab.datasets import ImageDataset
from vaelab.runs import Run


def draw_figures(maps: Maps, models: dict[str, Run], data: ImageDataset) -> None:
    rows = []
    for name, short in MAP_TITLES.items():
        title, run = short, models.get(name)
        if run is not None:
            title = f"{run.title} ({widgets.kind_of(run.config)})"
        figures = maps.figures.get(name, {})
        rows.append(
            (
                title,
                figures.get("trustworthiness"),
                figures.get("continuity"),
                None if (knn := figures.get("knn_accuracy")) is None else 100 * knn,
                figures.get("seconds"),
            )
        )
    pixels = data.images[0].size
    knn = None if maps.knn_in_pixels is None else 100 * maps.knn_in_pixels
    rows.append((f"All {pixels:,} pixels, no map", None, None, knn, None))
    columns = ["Map", "Trustworthiness", "Continuity", "k-NN accuracy", "Time"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], float))
    number = st.column_config.NumberColumn
    st.dataframe(
        table.style.apply(mark_best, subset=columns[1:4]),
        hide_index=True,
        placeholder="—",
        column_config={
            "Map": st.column_config.TextColumn(width="medium"),
            "Trustworthiness": number(
                format="%.3f",
                help="Are neighbours on the map also alike as images? 1: nothing was pushed "
                "together that does not belong together. 0.5: no better than chance.",
            ),
            "Continuity": number(
                format="%.3f",
                help="Are images that are alike also neighbours on the map? 1: nothing was torn "
                "apart. 0.5: no better than chance.",
            ),
            "k-NN accuracy": number(
                format="%.1f%%",
                help="How often the ten nearest points on the map, which are means, get an image's label right; "
                "the image itself has no vote. None where a model ignores its code.",
            ),
            "Time": number(
                format="%.2f s",
                help="PCA and UMAP: laying these images out. AE and VAE: their training, on all "
                "training images; afterwards each places a new image at once.",
            ),
        },
    )
    st.caption(
        f"On {len(maps.indices):,} images, with neighbourhoods of ten by the distance of all "
        "pixels; higher is better, except for time. A model of more than two dimensions is judged by "
        "the two principal components of its codes that are drawn."
        + (" These images have no labels, so there is no k-NN." if data.labels is None else "")
    )


def mark_best(column: Any) -> list[str]:
    """Mark the best map; the pixels themselves, in the last row, are none."""
    maps = column.iloc[:-1]
    return ["background-color: #e5007e33" if value == maps.max() else "" for value in maps] + [""]
