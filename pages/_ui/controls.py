"""Controls whose value is in the URL, under a name of its own: ``?map=pca&score=elbo``.

Streamlit's own ``bind="query-params"`` would put there what a control shows, under the control's key:
but choices are shown under another name than they have in the code, each run or dataset has
controls of its own, and a link from a page with a bound control takes two more steps of Back.
They have the names that they have in Streamlit, and take all but the label by keyword.

A value in the URL that makes no sense gives way to the default, and a number out of range to the
nearest one in it. A setting at its default is not in the URL, unless ``always`` says so: where the
default depends on which runs there are, an address would show something else elsewhere or later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import address

__all__ = [
    "distinct",
    "multiselect",
    "number_input",
    "range_slider",
    "seed",
    "segmented_control",
    "select_slider",
    "selectbox",
    "slider",
    "text_input",
    "toggle",
]

T = TypeVar("T")
Number = TypeVar("Number", int, float)

#: What numbered draws are called in the URL: ``?seed=3`` is the third after the first.
SEED_PARAM = "seed"

#: What no number is called in the URL, where there would be one by default.
NONE = "none"


def selectbox(
    label: str,
    *,
    param: str,
    key: str,
    options: Sequence[T],
    default: T,
    help: str,
    format_func: Callable[[T], str] = str,
    to_param: Callable[[T], str] = str,
    within: DeltaGenerator | None = None,
    always: bool = False,
    **layout: Any,
) -> T:
    """Choose one of several from a list.

    Parameters
    ----------
    label
        What it is called.
    param
        Its name in the URL.
    key
        Of the widget; one for each run or dataset, where each has a choice of its own.
    options
        What there is to choose.
    default
        What is chosen at first, and then not in the URL.
    help
        What it does.
    format_func, to_param
        How an option is written on the page, and in the URL.
    within
        Where to draw it; where the script is by default.
    always
        Whether it is in the URL at its default, too.
    **layout
        As ``st.selectbox`` takes it.
    """
    _open_choice(param, key, options, default, to_param)
    chosen: T = (within or st).selectbox(
        label,
        options,
        key=key,
        format_func=distinct(options, format_func, to_param),
        help=help,
        persist_state="session",
        **layout,
    )
    address.put(param, None if chosen == default and not always else to_param(chosen))
    return chosen


def segmented_control(
    label: str,
    *,
    param: str,
    key: str,
    options: Sequence[T],
    default: T,
    help: str,
    format_func: Callable[[T], str] = str,
    to_param: Callable[[T], str] = str,
    within: DeltaGenerator | None = None,
    **layout: Any,
) -> T:
    """Choose one of a few that are all on the page; parameters as of ``selectbox``."""
    _open_choice(param, key, options, default, to_param)
    chosen: T = (within or st).segmented_control(
        label,
        options,
        key=key,
        required=True,
        format_func=format_func,
        help=help,
        persist_state="session",
        **layout,
    )
    address.put(param, None if chosen == default else to_param(chosen))
    return chosen


def multiselect(
    label: str,
    *,
    param: str,
    key: str,
    options: Sequence[str],
    default: Sequence[str] = (),
    help: str,
    format_func: Callable[[str], str] = str,
    max_selections: int | None = None,
    always: bool = False,
    **layout: Any,
) -> list[str]:
    """Choose any number of words, or ``max_selections``; in the URL with commas between them."""

    def read(text: str) -> list[str]:
        # "none" tells an empty choice from what is chosen at first.
        words = [word for word in text.split(",") if word in options][:max_selections]
        if not words and text != "none":
            raise ValueError
        return words

    _open(param, key, list(default), read)
    possible = [word for word in st.session_state[key] if word in options]
    if possible != st.session_state[key]:  # chosen for another run
        st.session_state[key] = possible
    chosen: list[str] = st.multiselect(
        label,
        options,
        key=key,
        format_func=format_func,
        max_selections=max_selections,
        help=help,
        persist_state="session",
        **layout,
    )
    is_left_out = chosen == list(default) and not always
    address.put(param, None if is_left_out else ",".join(chosen) or "none")
    return chosen


def select_slider(label: str, *, param: str, key: str, options: Sequence[int], default: int, help: str) -> int:
    """Choose one of several numbers on a slider."""
    _open_choice(param, key, options, default, str)
    chosen: int = st.select_slider(label, options, key=key, help=help, persist_state="session")
    address.put(param, None if chosen == default else str(chosen))
    return chosen


def slider(
    label: str,
    *,
    param: str,
    key: str,
    min_value: Number,
    max_value: Number,
    step: Number,
    default: Number,
    help: str,
    **layout: Any,
) -> Number:
    """Choose a number on a slider."""
    _open(param, key, default, lambda text: _number(text, min_value, max_value))
    value: Number = st.slider(
        label,
        min_value,
        max_value,
        step=step,
        key=key,
        help=help,
        persist_state="session",
        **layout,
    )
    address.put(param, None if np.isclose(value, default, atol=step / 100) else _write(value))
    return value


def range_slider(
    label: str,
    *,
    param: str,
    key: str,
    min_value: Number,
    max_value: Number,
    step: Number,
    default: tuple[Number, Number],
    help: str,
    **layout: Any,
) -> tuple[Number, Number]:
    """Choose two numbers on a slider, in the URL as ``0.2,0.4``."""

    def read(text: str) -> tuple[Number, Number]:
        first, last = (_number(part, min_value, max_value) for part in text.split(","))
        return min(first, last), max(first, last)

    _open(param, key, default, read)
    value: tuple[Number, Number] = st.slider(
        label,
        min_value,
        max_value,
        step=step,
        key=key,
        help=help,
        persist_state="session",
        **layout,
    )
    same = np.allclose(value, default, atol=step / 100)
    address.put(param, None if same else ",".join(_write(part) for part in value))
    return value


def number_input(
    label: str,
    *,
    param: str,
    key: str,
    min_value: Number,
    max_value: Number | None = None,
    step: Number | None = None,
    default: Number | None = None,
    optional: bool = False,
    help: str,
    within: DeltaGenerator | None = None,
    **layout: Any,
) -> Any:
    """Write a number or, where there is no default or it is optional, perhaps none."""
    _open(param, key, default, lambda text: None if text == NONE else _number(text, min_value, max_value))
    value = (within or st).number_input(
        label,
        min_value,
        max_value,
        None if default is None or optional else "min",
        step=step,
        key=key,
        help=help,
        persist_state="session",
        **layout,
    )
    address.put(param, None if value == default else NONE if value is None else _write(value))
    return value


def text_input(label: str, *, param: str, key: str, default: str, help: str, **layout: Any) -> str:
    """Write a line of text."""
    _open(param, key, default, str)
    value: str = st.text_input(label, key=key, help=help, persist_state="session", **layout)
    address.put(param, None if value == default else value)
    return value


def toggle(
    label: str,
    *,
    param: str,
    key: str,
    help: str,
    default: bool = False,
    within: DeltaGenerator | None = None,
    **layout: Any,
) -> bool:
    """Switch something on or off."""
    _open(param, key, default, {"true": True, "false": False}.__getitem__)
    value: bool = (within or st).toggle(label, key=key, help=help, persist_state="session", **layout)
    address.put(param, None if value == default else str(value).lower())
    return value


def seed(label: str, *, key: str, help: str) -> int:
    """Draw again at the press of a button; returns the number of the draw, 0 at first."""
    _open(SEED_PARAM, key, 0, lambda text: _number(text, 0, 2**31 - 1))
    number: int = st.session_state[key]
    if st.button(label, icon=":material/casino:", help=help, key=f"{key}-again"):
        number = st.session_state[key] = number + 1
    address.put(SEED_PARAM, str(number) if number else None)
    return number


def distinct(options: Sequence[T], format_func: Callable[[T], str], *tells: Callable[[T], str]) -> Callable[[T], str]:
    """Write options so that no two look the same: Streamlit takes the first of those that do for all of them.

    Parameters
    ----------
    options
        What there is to choose.
    format_func
        How an option is written.
    *tells
        What may be added where another is written the same: the first that is another for each of them. If none is, the
        last, by default the option itself.

    Returns
    -------
    callable
        Takes an option.
    """
    alike: dict[str, list[T]] = {}
    for option in options:
        alike.setdefault(format_func(option), []).append(option)

    def write(option: T) -> str:
        label = format_func(option)
        twins = alike.get(label, [])
        if len(twins) < 2:
            return label
        *_, last = tells or (str,)
        tell = next((tell for tell in tells if len({tell(twin) for twin in twins}) == len(twins)), last)
        return f"{label} · {added}" if (added := tell(option)) else label

    return write


def _open_choice(param: str, key: str, options: Sequence[T], default: T, to_param: Callable[[T], str]) -> None:
    _open(param, key, default, {to_param(option): option for option in options}.__getitem__)
    if st.session_state[key] not in options:  # chosen for another run
        st.session_state[key] = default


def _open(param: str, key: str, default: T, read: Callable[[str], T]) -> None:
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


def _number(text: str, low: Number, high: Number | None) -> Number:
    """Read a number of the type of ``low``; one out of range gives the nearest one in it."""
    value = type(low)(text)
    if not np.isfinite(value):
        raise ValueError
    return max(low, value if high is None else min(value, high))


def _write(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"
