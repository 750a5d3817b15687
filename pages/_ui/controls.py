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

from pages._ui import address
from pages._ui.control_state import NONE, open_choice, open_control, read_number, show, unless, write_number

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
    always
        Whether it is in the URL at its default, too.
    **layout
        As ``st.selectbox`` takes it; and ``within``, where to draw it if not where the script is.
    """
    open_choice(param, key, options, default, to_param)
    return show(
        "selectbox",
        label,
        param,
        key,
        to_param if always else unless(default, to_param),
        options=options,
        format_func=distinct(options, format_func, to_param),
        help=help,
        **layout,
    )


def segmented_control(
    label: str,
    *,
    param: str,
    key: str,
    options: Sequence[T],
    default: T,
    help: str,
    to_param: Callable[[T], str] = str,
    **layout: Any,
) -> T:
    """Choose one of a few that are all on the page; parameters as of ``selectbox``."""
    open_choice(param, key, options, default, to_param)
    return show(
        "segmented_control",
        label,
        param,
        key,
        unless(default, to_param),
        options=options,
        required=True,
        help=help,
        **layout,
    )


def multiselect(
    label: str,
    *,
    param: str,
    key: str,
    options: Sequence[str],
    default: Sequence[str] = (),
    help: str,
    max_selections: int | None = None,
    always: bool = False,
    **layout: Any,
) -> list[str]:
    """Choose any number of words, or ``max_selections``; in the URL with commas between them."""

    def read(text: str) -> list[str]:
        # "none" tells an empty choice from what is chosen at first.
        words = [word for word in text.split(",") if word in options][:max_selections]
        if not words and text != NONE:
            raise ValueError
        return words

    def write(chosen: list[str]) -> str | None:
        return None if chosen == list(default) and not always else ",".join(chosen) or NONE

    open_control(param, key, list(default), read)
    possible = [word for word in st.session_state[key] if word in options]
    if possible != st.session_state[key]:  # chosen for another run
        st.session_state[key] = possible
    return show(
        "multiselect", label, param, key, write, options=options, max_selections=max_selections, help=help, **layout
    )


def select_slider(label: str, *, param: str, key: str, options: Sequence[int], default: int, help: str) -> int:
    """Choose one of several numbers on a slider."""
    open_choice(param, key, options, default, str)
    return show("select_slider", label, param, key, unless(default, str), options=options, help=help)


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
    open_control(param, key, default, lambda text: read_number(text, min_value, max_value))
    limits: dict[str, Any] = {"min_value": min_value, "max_value": max_value, "step": step}

    def write(value: Number) -> str | None:
        return None if np.isclose(value, default, atol=step / 100) else write_number(value)

    return show("slider", label, param, key, write, help=help, **limits, **layout)


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
        first, last = (read_number(part, min_value, max_value) for part in text.split(","))
        return min(first, last), max(first, last)

    def write(value: tuple[Number, Number]) -> str | None:
        return None if np.allclose(value, default, atol=step / 100) else ",".join(map(write_number, value))

    limits: dict[str, Any] = {"min_value": min_value, "max_value": max_value, "step": step}
    open_control(param, key, default, read)
    return show("slider", label, param, key, write, help=help, **limits, **layout)


def number_input(
    label: str,
    *,
    param: str,
    key: str,
    min_value: Number,
    max_value: Number | None = None,
    default: Number | None = None,
    optional: bool = False,
    help: str,
    **layout: Any,
) -> Any:
    """Write a number or, where there is no default or it is optional, perhaps none."""
    open_control(param, key, default, lambda text: None if text == NONE else read_number(text, min_value, max_value))
    return show(
        "number_input",
        label,
        param,
        key,
        unless(default, lambda value: NONE if value is None else write_number(value)),
        min_value=min_value,
        max_value=max_value,
        value=None if default is None or optional else "min",
        help=help,
        **layout,
    )


def text_input(label: str, *, param: str, key: str, default: str, help: str, **layout: Any) -> str:
    """Write a line of text."""
    open_control(param, key, default, str)
    return show("text_input", label, param, key, unless(default, str), help=help, **layout)


def toggle(label: str, *, param: str, key: str, help: str, default: bool = False, **layout: Any) -> bool:
    """Switch something on or off."""
    open_control(param, key, default, {"true": True, "false": False}.__getitem__)
    return show("toggle", label, param, key, unless(default, lambda on: str(on).lower()), help=help, **layout)


def seed(label: str, *, key: str, help: str) -> int:
    """Draw again at the press of a button; returns the number of the draw, 0 at first."""
    open_control(SEED_PARAM, key, 0, lambda text: read_number(text, 0, 2**31 - 1))
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
