"""Controls whose value is in the URL, under a name of its own: ``?map=pca&score=elbo``.

Streamlit's own ``bind="query-params"`` puts there what a control shows, under the control's key. So
it serves switches and numbers; what is here is for the rest: choices that are shown under another
name than they have in the code, and controls of which each run or dataset has its own.

A value in the URL that makes no sense gives way to the default, and a number out of range to the
nearest one in it. A setting at its default is not in the URL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import state

__all__ = [
    "batch",
    "number",
    "seed",
    "segments",
    "select",
    "several",
    "slider",
    "span",
    "text",
    "toggle",
]

T = TypeVar("T")
Number = TypeVar("Number", int, float)

#: What numbered draws are called in the URL: ``?seed=3`` is the third after the first.
SEED_NAME = "seed"


def select(
    label: str,
    options: Sequence[T],
    name: str,
    key: str,
    default: T,
    help: str,
    title: Callable[[T], str] = str,
    word: Callable[[T], str] = str,
    within: DeltaGenerator | None = None,
    **layout: Any,
) -> T:
    """Choose one of several from a list.

    Parameters
    ----------
    label, help
        What it is called, and what it does.
    options
        What there is to choose.
    name
        In the URL.
    key
        Of the widget; one for each run or dataset, where each has a choice of its own.
    default
        What is chosen at first, and then not in the URL.
    title, word
        What an option is called on the page, and in the URL.
    within
        Where to draw it; where the script is by default.
    **layout
        As ``st.selectbox`` takes it.
    """
    _open_choice(options, name, key, default, word)
    chosen: T = (within or st).selectbox(
        label, options, key=key, format_func=title, help=help, persist_state="session", **layout
    )
    state.keep(name, None if chosen == default else word(chosen))
    return chosen


def segments(
    label: str,
    options: Sequence[T],
    name: str,
    key: str,
    default: T,
    help: str,
    title: Callable[[T], str] = str,
    word: Callable[[T], str] = str,
    within: DeltaGenerator | None = None,
    **layout: Any,
) -> T:
    """Choose one of a few that are all seen; parameters as of ``select``."""
    _open_choice(options, name, key, default, word)
    chosen: T = (within or st).segmented_control(
        label, options, key=key, required=True, format_func=title, help=help,
        persist_state="session", **layout,
    )  # fmt: skip
    state.keep(name, None if chosen == default else word(chosen))
    return chosen


def several(
    label: str,
    options: Sequence[str],
    name: str,
    key: str,
    help: str,
    default: Sequence[str] = (),
    max_selections: int | None = None,
    title: Callable[[str], str] = str,
    **layout: Any,
) -> list[str]:
    """Choose any number of words, or ``max_selections``; in the URL with commas between them."""

    def read(text: str) -> list[str]:
        # "none" tells an empty choice from what is chosen at first.
        words = [word for word in text.split(",") if word in options][:max_selections]
        if not words and text != "none":
            raise ValueError
        return words

    _open(name, key, list(default), read)
    known = [word for word in st.session_state[key] if word in options]
    if known != st.session_state[key]:  # as of another run
        st.session_state[key] = known
    chosen: list[str] = st.multiselect(
        label, options, key=key, format_func=title, max_selections=max_selections, help=help,
        persist_state="session", **layout,
    )  # fmt: skip
    state.keep(name, None if chosen == list(default) else ",".join(chosen) or "none")
    return chosen


def batch(
    label: str, options: Sequence[int], name: str, key: str, default: int, help: str
) -> int:  # fmt: skip
    """Choose one of several numbers on a slider."""
    _open_choice(options, name, key, default, str)
    chosen: int = st.select_slider(label, options, key=key, help=help, persist_state="session")
    state.keep(name, None if chosen == default else str(chosen))
    return chosen


def slider(
    label: str,
    low: float,
    high: float,
    default: float,
    step: float,
    name: str,
    key: str,
    help: str,
    **layout: Any,
) -> float:
    """Choose a number on a slider."""
    _open(name, key, default, lambda text: _number(text, low, high))
    value: float = st.slider(
        label, low, high, step=step, key=key, help=help, persist_state="session", **layout
    )
    state.keep(name, None if np.isclose(value, default, atol=step / 100) else _write(value))
    return value


def span(
    label: str,
    low: Number,
    high: Number,
    default: tuple[Number, Number],
    step: Number,
    name: str,
    key: str,
    help: str,
    **layout: Any,
) -> tuple[Number, Number]:
    """Choose two numbers on a slider, in the URL as ``0.2,0.4``."""

    def read(text: str) -> tuple[Number, Number]:
        first, last = (_number(part, low, high) for part in text.split(","))
        return min(first, last), max(first, last)

    _open(name, key, default, read)
    value: tuple[Number, Number] = st.slider(
        label, low, high, step=step, key=key, help=help, persist_state="session", **layout
    )
    same = np.allclose(value, default, atol=step / 100)
    state.keep(name, None if same else ",".join(_write(part) for part in value))
    return value


def number(
    label: str,
    low: Number,
    high: Number | None,
    default: Number | None,
    name: str,
    key: str,
    help: str,
    within: DeltaGenerator | None = None,
    **layout: Any,
) -> Any:
    """Write a number, or with the default None perhaps none."""
    _open(name, key, default, lambda text: _number(text, low, high))
    first: Any = None if default is None else "min"
    value = (within or st).number_input(
        label, low, high, first, key=key, help=help, persist_state="session", **layout
    )
    state.keep(name, None if value is None or value == default else _write(value))
    return value


def text(label: str, default: str, name: str, key: str, help: str) -> str:
    """Write a line of text."""
    _open(name, key, default, str)
    value: str = st.text_input(label, key=key, help=help, persist_state="session")
    state.keep(name, None if value == default else value)
    return value


def toggle(label: str, name: str, key: str, help: str, **options: Any) -> bool:
    """Switch something on, which is off at first."""
    _open(name, key, False, {"true": True, "false": False}.__getitem__)
    value: bool = st.toggle(label, key=key, help=help, persist_state="session", **options)
    state.keep(name, "true" if value else None)
    return value


def seed(label: str, key: str, help: str) -> int:
    """Draw again at the press of a button; returns the number of the draw, 0 at first."""
    _open(SEED_NAME, key, 0, lambda text: _number(text, 0, 2**31 - 1))
    number: int = st.session_state[key]
    if st.button(label, icon=":material/casino:", help=help, key=f"{key}-again"):
        number = st.session_state[key] = number + 1
    state.keep(SEED_NAME, str(number) if number else None)
    return number


def _open_choice(
    options: Sequence[T], name: str, key: str, default: T, word: Callable[[T], str]
) -> None:
    _open(name, key, default, {word(option): option for option in options}.__getitem__)
    if st.session_state[key] not in options:  # as of another run
        st.session_state[key] = default


def _open(name: str, key: str, default: T, read: Callable[[str], T]) -> None:
    """Set a control to what the URL asks for, if it does, or else as it was or is at first."""
    asked, new = state.asked_for(name), state.is_new_here(key)
    if asked is not None:
        try:
            st.session_state[key] = read(asked)
        except (KeyError, ValueError):
            st.session_state[key] = default
    elif key not in st.session_state:
        st.session_state[key] = default
    elif new:
        # On another page the same control is another widget, which starts from what it is told.
        st.session_state[key] = st.session_state[key]


def _number(text: str, low: Number, high: Number | None) -> Number:
    """Read a number as ``low`` is one, whole or not; what is out of range comes to its end."""
    value = type(low)(text)
    if not np.isfinite(value):
        raise ValueError
    return max(low, value if high is None else min(value, high))


def _write(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"
