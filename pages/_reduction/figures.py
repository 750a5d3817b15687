"""How good each map is, as a table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages._reduction.maps import MAP_TITLES, Maps
from pages._ui import widgets
from vaelab.datasets import ImageDataset
from vaelab.runs import Run

#: Of each map, by what the table calls it.
MEASURES = {
    "Trustworthiness": "trustworthiness",
    "Continuity": "continuity",
    "k-NN accuracy": "knn_accuracy",
    "Time": "seconds",
}


def draw_figures(maps: Maps, models: dict[str, Run], data: ImageDataset) -> None:
    """Draw a row a map, and one of the pixels themselves."""
    rows: list[tuple[Any, ...]] = []
    for name, short in MAP_TITLES.items():
        run, figures = models.get(name), maps.figures.get(name, {})
        title = short if run is None else f"{run.title} ({widgets.kind_of(run.config)})"
        rows.append((title, *(figures.get(measure) for measure in MEASURES.values())))
    rows.append((f"All {data.images[0].size:,} pixels, no map", None, None, maps.knn_in_pixels, None))
    table = pd.DataFrame(rows, columns=["Map", *MEASURES]).astype(dict.fromkeys(MEASURES, float))
    table["k-NN accuracy"] *= 100
    number = st.column_config.NumberColumn
    st.dataframe(
        table.style.apply(mark_best, subset=list(MEASURES)[:3]),
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
