"""What is chosen in one panel of a chart is marked in all: see ``assets/linked_selection``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

__all__ = ["link_selection"]

_MODULE = (Path(__file__).parents[2] / "assets" / "linked_selection" / "component.js").read_text(
    "utf-8"
)
_LINK = st.components.v2.component("linked_selection", js=_MODULE, isolate_styles=False)


def link_selection(container_key: str, chosen: Sequence[int]) -> None:
    """Mark chosen images in every panel of a chart; what is being chosen, while it is.

    Parameters
    ----------
    container_key
        Key of the container around the chart, whose points' ``customdata`` are images.
    chosen
        Images that are chosen; a loop drawn in the chart takes their place at once.
    """
    _LINK(
        key=f"link-{container_key}",
        data={"chart": container_key, "chosen": [int(image) for image in chosen]},
    )
