"""What can be done with the runs that are ticked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import streamlit as st

from pages._ui import frame, resources, state, widgets
from pages._ui.train_address import query_of
from vaelab.runs import ACTIVE, Run, Status

#: How many models Compare shows beside each other.
FEWEST_COMPARED, MOST_COMPARED = 2, 4


def act_on(runs: Sequence[Run], statuses: dict[Path, Status], names: dict[Path, str]) -> None:
    """What can be done with the runs that are ticked; each button keeps its place."""
    one = runs[0] if len(runs) == 1 else None
    examples = [run for run in runs if resources.is_example(run)]
    states = {run.path: statuses[run.path].state for run in runs}
    active = [run for run in runs if states[run.path] in ACTIVE]
    resumable = [run for run in runs if run not in examples and states[run.path] not in {*ACTIVE, "finished"}]
    if one is not None:
        st.markdown(f"**{widgets.plain(names[one.path])}** · {states[one.path]}")
    else:
        st.markdown(f"**{len(runs)} runs ticked**" if runs else "No run ticked")
    none = "" if runs else "Tick a run first."
    several = none or ("" if one is not None else "This is for one run: untick the others.")
    if button("Explore", "explore", "Open the latent map of the run that is ticked.", several or why_no_model(runs)):
        frame.switch_to("explore", {state.RUN_KEY: runs[0].name})
    side_by_side = "Two to four trained models of the same images beside each other, under one pointer."
    if button("Compare these", "compare", side_by_side, why_not_comparable(runs)):
        others = ",".join(run.name for run in runs[1:])
        frame.switch_to("compare", {state.RUN_KEY: runs[0].name, state.WITH_KEY: others})
    again = "Open Train with the settings of the run that is ticked, to change some and start."
    if button("Train again with these settings", "tune", again, several):
        frame.switch_to("train", query_of(runs[0].config))
    if resumable and not active:
        resume = each(resumable, resources.jobs().train_soon)
        button("Resume", "resume", "Go on from the last finished epoch.", on_click=resume)
    else:
        what = "End training now: every finished epoch is kept, and it can be resumed."
        idle = none or ("" if active else "Nothing to stop: no run that is ticked is in training.")
        button("Stop", "stop", what, idle, each(active, resources.jobs().stop))
    named = "It came with the app, and keeps its name." if examples else ""
    if button("Rename", "edit", "Give the run that is ticked another name.", several or named):
        ask("rename", runs)
    stays = "What came with the app stays." if examples else ""
    busy = "Stop the training first." if active else ""
    if button("Delete", "delete", "Take it off the disk, after asking once more.", none or stays or busy):
        ask("delete", runs)


def button(label: str, icon: str, help: str, why_not: str = "", on_click: Callable[[], None] | None = None) -> bool:
    """A button that works unless there is a reason why it cannot, which it then gives."""
    return st.button(
        label,
        icon=f":material/{icon}:",
        key=f"run-{icon}",
        disabled=bool(why_not),
        help=why_not or help,
        on_click=on_click,
    )


def each(runs: Sequence[Run], action: Callable[[Run], object]) -> Callable[[], None]:
    """Do something to each of some runs, in a callback."""

    def act() -> None:
        for run in runs:
            widgets.attempt(action, run)

    return act


def ask(what: Literal["rename", "delete"], runs: Sequence[Run]) -> None:
    """Have the page open a dialog about runs."""
    state.request_dialog(what, runs)
    st.rerun()


def why_no_model(runs: Sequence[Run]) -> str:
    """Why runs cannot be looked at; empty where they can."""
    if all(run.has_model for run in runs):
        return ""
    return (
        "There is no trained model yet: the first epoch has to end."
        if len(runs) == 1
        else ("One of these has no trained model yet: its first epoch has to end.")
    )


def why_not_comparable(runs: Sequence[Run]) -> str:
    """Why runs cannot be set beside each other; empty where they can."""
    if not FEWEST_COMPARED <= len(runs) <= MOST_COMPARED:
        return "Tick two to four runs, of the same images."
    if len({(run.config.dataset, run.config.preprocessing) for run in runs}) > 1:
        return "These are models of different images, or of images of different sizes."
    return why_no_model(runs)
