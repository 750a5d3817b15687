"""Control groups that more than one page shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import frame, resources, share
from pages._ui.text import explained, plain
from vaelab.choices import ARCHITECTURES
from vaelab.figures.lecture import enlarged
from vaelab.runs import Run, RunError
from vaelab.runs.naming import kind_of, summary_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = [
    "ARCHITECTURE_NAMES",
    "NO_BAR",
    "attempt",
    "chart",
    "duration",
    "kind_of",
    "megabytes",
    "plain",
    "resume_button",
    "size_on_disk",
    "stop_button",
    "summary_of",
    "toolbar",
]


#: What architectures are called within a sentence.
ARCHITECTURE_NAMES = {name: architecture.word for name, architecture in ARCHITECTURES.items()}


#: The config of a chart that is looked at as it is: without Plotly's buttons.
NO_BAR = {"displayModeBar": False}


def chart(figure: go.Figure, *, fills: bool = False, of: Run | None = None, **options: Any) -> Any:
    """Show a figure, enlarged on a projector; options as ``st.plotly_chart`` takes them.

    One that ``fills`` is there as high as the style sheet of a presentation says: what the screen has left.
    Where a page shows several models, each chart says which it is ``of``, for a picture of it to say so.
    """
    if of is not None:
        figure.update_layout(meta=(figure.layout.meta or {}) | {"of": share.of(of)})
    if frame.presenting():
        figure = enlarged(figure)
        options |= {"height": "stretch"} if fills else {}
    # Plotly's own tips come in a box of their own over whatever is at the top of the page.
    config = {"showTips": False} | options.pop("config", {})
    return st.plotly_chart(figure, config=config, **options)


def toolbar(key: str | None = "page-toolbar") -> DeltaGenerator:
    """A row for the controls above a page; it wraps where the screen is narrow. Further down, it has another key."""
    return st.container(key=key, horizontal=True, vertical_alignment="bottom", gap="medium")


def attempt(action: Callable[..., object], *arguments: object) -> None:
    """Do what a button says, in its callback; if it fails, say why in one sentence."""
    try:
        action(*arguments)
    except (RunError, ConnectionError, ValueError) as error:
        st.toast(explained(error), icon=":material/error:", duration="infinite")


def stop_button(run: Run, help: str, key: str | None = None, disabled: bool = False) -> None:
    """A button that ends a run's training."""
    st.button(
        "Stop",
        icon=":material/stop:",
        key=key,
        help=help,
        disabled=disabled,
        on_click=attempt,
        args=(resources.jobs().stop, run),
    )


def resume_button(run: Run, key: str | None = None) -> None:
    """A button that goes on with a run's training."""
    st.button(
        "Resume",
        icon=":material/resume:",
        key=key,
        help="Go on from the last finished epoch.",
        on_click=attempt,
        args=(resources.jobs().train_soon, run),
    )


def duration(seconds: float) -> str:
    """Write how long something took: ``"12 s"``, ``"3 min 5 s"``, ``"2 h 10 min"``."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def size_on_disk(run: Run) -> str:
    """Write how much a run takes on the disk."""
    return megabytes(run.num_bytes)


def megabytes(num_bytes: int) -> str:
    """Write a size: ``"0.3 MB"``, ``"12 MB"``, ``"1.4 GB"``."""
    millions = num_bytes / 1e6
    if millions >= 1000:
        return f"{millions / 1000:.1f} GB"
    return f"{millions:.0f} MB" if millions >= 10 else f"{millions:.1f} MB"
