"""What is common to all controls: they open with what the URL asks for, and put there what they are set to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import address

__all__ = ["NONE", "open_choice", "open_control", "read_number", "show", "unless", "write_number"]

T = TypeVar("T")
Number = TypeVar("Number", int, float)

#: What no number, and no choice, is called in the URL, where there would be one by default.
NONE = "none"


def show(
    widget: str,
    label: str,
    param: str,
    key: str,
    to_text: Callable[[T], str | None],
    *,
    within: DeltaGenerator | None = None,
    **options: Any,
) -> T:
    """Draw one of Streamlit's widgets, and put what it is set to into the address."""
    value: T = getattr(within or st, widget)(label, key=key, persist_state="session", **options)
    address.put(param, to_text(value))
    return value


def unless(default: T, write: Callable[[T], str]) -> Callable[[T], str | None]:
    """Write a value unless it is the default."""
    return lambda value: None if value == default else write(value)


def open_control(param: str, key: str, default: T, read: Callable[[str], T]) -> None:
    """Set a control to what the URL asks for or else leave it as it was, at first its default."""
    text, new = address.take(param), address.is_new_here(key)
    if text is not None:
        try:
            st.session_state[key] = read(text)
        except (KeyError, ValueError):
            st.session_state[key] = default
    elif key not in st.session_state:
        st.session_state[key] = default
    elif new:
        # On another page the same control is another widget, which starts from the value given.
        st.session_state[key] = st.session_state[key]


def open_choice(param: str, key: str, options: Sequence[T], default: T, to_param: Callable[[T], str]) -> None:
    """The same for one of several options."""
    open_control(param, key, default, {to_param(option): option for option in options}.__getitem__)
    if st.session_state[key] not in options:  # chosen for another run
        st.session_state[key] = default


def read_number(text: str, low: Number, high: Number | None) -> Number:
    """Read a number of the type of ``low``; one out of range gives the nearest one in it."""
    value = type(low)(text)
    if not np.isfinite(value):
        raise ValueError
    return max(low, value if high is None else min(value, high))


def write_number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"
