"""A training that is touched: paused, taken step by step, slowed down, and changed while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages._ui import resources, state, widgets
from vaelab.choices import Setting, changeable
from vaelab.config import bounds_of
from vaelab.runs import ACTIVE, Run, RunError, Status

#: Steps a second to choose from; 0 stands for as fast as it goes.
PACES = (0, 30, 10, 3, 1)
#: What a training is doing that can be touched.
TOUCHED = {"running", "paused"}
#: Seconds that a press waits for whoever trains the run, so that what is drawn next shows what it did.
ANSWERED_WITHIN, LOOK_EVERY = 0.25, 0.005
#: The least learning rate that is offered.
LEAST_RATE = 1e-5


def is_slow(status: Status) -> bool:
    """Whether the steps of a training can be watched one by one as they come."""
    return bool(status.pace) and is_close(status)


def is_close(status: Status) -> bool:
    """Whether each step of a training is looked at: it is paused, or in slow motion."""
    return status.pace is not None and status.state in TOUCHED


def draw_touch(run: Run, status: Status) -> None:
    """Draw what one can do to a run in training, or once it has ended, in the same place."""
    with st.container(key="train-touch", horizontal=True, vertical_alignment="center", gap="small"):
        if status.state not in ACTIVE and run.changes():
            _again_button(run)
        if status.state not in TOUCHED or status.progress >= 1:  # then it is being evaluated
            return
        paused = status.state == "paused"
        pace = _ask_pace(run, status)
        st.button(
            "Go on" if paused else "Pause",
            icon=":material/play_arrow:" if paused else ":material/pause:",
            key="train-pause",
            help="Go on from the step where it waits." if paused else "Wait after this step, for as long as you look.",
            on_click=_ask,
            args=(run, lambda: run.go_on(pace) if paused else run.pause()),
        )
        _take_button(run, "step", "One step", "skip_next", "Learn from one batch of images, and wait.")
        _take_button(run, "epoch", "One epoch", "fast_forward", "Go to the end of this pass over the images, and wait.")
        popover = st.popover(
            "Change",
            icon=":material/tune:",
            key="train-change",
            help="Other weights, another learning rate, other noise from the next step on.",
            on_change="rerun",
        )
        # Only then: a control that is drawn before it is in the document forgets what it is set to.
        if popover.open:
            with popover, st.container(width=260):
                _ask_changes(run)


def _again_button(run: Run) -> None:
    same = "" if run.config.seconds else ": it comes to the same numbers"  # how far a clock lets it come, differs
    if st.button(
        "Train it again",
        icon=":material/replay:",
        key="train-again",
        help=f"A new run with the same settings, which change at the same steps{same}.",
    ):
        widgets.attempt(_train_again, run)
        st.rerun()


def _train_again(run: Run) -> None:
    again = Run.create(run.config)
    try:
        again.plan(run.changes())
        resources.jobs().train_soon(again)
    except (RunError, ValueError):
        again.discard()
        raise
    state.watch_training(again.name)


def _ask(run: Run, ask: Callable[[], None]) -> None:
    """Ask something of whoever trains a run, in a callback, and wait a moment until it is done."""
    widgets.attempt(ask)
    until = time.monotonic() + ANSWERED_WITHIN
    while run.status.heard < run.asked_bytes and time.monotonic() < until:
        time.sleep(LOOK_EVERY)


def _take_button(run: Run, what: Any, label: str, icon: str, help: str) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"train-take-{what}",
        help=help,
        on_click=_ask,
        args=(run, lambda: run.take(what)),
    )


def _ask_pace(run: Run, status: Status) -> float | None:
    """Ask how fast it is to go; returns steps a second, or None for as fast as it goes."""
    key = f"train-pace:{run.name}"
    if status.pace != 0:  # of another visitor, or from Python
        _follow(key, status.pace or 0)
    options = sorted({*PACES, st.session_state.get(key, 0)} - {0}, reverse=True)

    def take_over() -> None:
        chosen = st.session_state[key] or None
        # Whoever waits chooses how fast it will go on.
        if run.status.pace != 0:
            _ask(run, lambda: run.go_on(chosen))

    pace: float = st.selectbox(
        "Speed",
        [0, *options],
        format_func=lambda pace: f"{pace:g} step{'' if pace == 1 else 's'}/s" if pace else "Full speed",
        key=key,
        on_change=take_over,
        label_visibility="collapsed",
        width=150,
        help="Slow motion takes so many steps a second.",
    )
    return pace or None


def _ask_changes(run: Run) -> None:
    """Ask for the settings that can be changed, each as it is now."""
    if run.status.heard < run.asked_bytes:
        st.caption("One moment: the step that is under way has to end.")
        return
    config = run.config_after(run.status.step)
    for name, setting in changeable(config).items():
        _ask_change(run, name, setting, getattr(config, name))
    st.caption("Each change is a line in the curves, and is repeated when the run is resumed or trained again.")


def _ask_change(run: Run, name: str, setting: Setting, now: float) -> None:
    key = f"train-change:{run.name}:{name}"
    _follow(key, float(now))
    bounds = bounds_of(name)

    def take_over() -> None:
        # Streamlit also calls this where the control has only been drawn again.
        if st.session_state[key] != now:
            _ask(run, lambda: run.change({name: st.session_state[key]}))

    st.number_input(
        setting.label,
        value=float(now),  # beside the session's: what comes before the field is drawn would else show it at its least
        min_value=float(bounds.get("ge", min(LEAST_RATE, now))),
        max_value=float(bounds["le"]),
        step=setting.step,
        format="%g",
        key=key,
        on_change=take_over,
        help=setting.help,
    )


def _follow(key: str, value: float) -> None:
    """Have a control show what holds, where that has changed since it was last drawn."""
    last = f"{key}:held"
    if st.session_state.get(last) != value or key not in st.session_state:
        st.session_state[key] = st.session_state[last] = value
