"""Which run a page is about, and how runs are told apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import streamlit as st

from pages._ui import address, controls, resources, share, state
from pages._ui.chosen import choose_group
from pages._ui.text import plain
from vaelab.runs import Run, broken_runs, list_runs
from vaelab.runs.naming import summary_of

__all__ = ["choose_other_run", "choose_run", "describe_run", "named", "told_apart", "unsaid"]


def told_apart(runs: Sequence[Run], name_of: Callable[[Run], str]) -> Callable[[Run], str]:
    """Write runs so that no two look the same, by what tells them apart and nothing else.

    Parameters
    ----------
    runs
        Those that stand beside each other.
    name_of
        How a run is written.

    Returns
    -------
    callable
        Takes one of the runs: ``"digits, β 4 · 16:50"`` where another of this name was made at another time.
    """

    def made(form: str) -> Callable[[Run], str]:
        return lambda run: datetime.fromtimestamp(run.created).strftime(form).lstrip("0")

    return controls.distinct(
        runs,
        name_of,
        lambda run: unsaid(run, name_of(run)),
        made("%H:%M"),
        made("%d %b, %H:%M"),
        made("%H:%M:%S"),
        lambda run: run.name,
    )


def choose_run(opens_on: Callable[[Mapping[str, Run], str | None], str | None] | None = None) -> Run:
    """Choose a run, and a group of its images where there are any; the same choice on every page, and in the URL.

    Parameters
    ----------
    opens_on
        Which run the page is about when its address names none: of all runs, by name, given the one
        looked at last; by default that one, or else the first. Other pages go on with the one
        looked at last.
    """
    runs = resources.all_runs()
    if not runs:
        st.info("There is no trained model yet. Go to **Train**, and press **Start training**.")
        st.stop()
    asked = address.asked(state.RUN_KEY)
    wanted = state.wanted_run()
    chosen = wanted if wanted in runs else next(iter(runs))
    if opens_on is not None and address.is_first_run("run-opened-on"):
        state.stand_in(None if asked in runs else opens_on(runs, wanted))
    stand_in = state.standing_in()
    if opens_on is not None and stand_in in runs:
        chosen = stand_in
        state.show_run(chosen)
    else:
        state.want_run(chosen)
    if wanted is not None and wanted not in runs:
        # Not in the row of controls, which it would squeeze; and a page that is still loading redraws at once.
        st.toast(
            f"The address asks for the model “{plain(wanted)}”, which {plain(why_not_here(wanted))} "
            f"Showing {plain(runs[chosen].title)} instead.",
            icon=":material/link_off:",
            duration="infinite",
        )
    names = told_apart(list(runs.values()), describe_run)
    name = st.selectbox(
        "Model",
        list(runs),
        key=state.RUN_KEY,
        format_func=lambda name: names(runs[name]),
        help="The trained model to look at. Train your own on the Train page.",
        on_change=state.run_chosen,
        width=340,
    )
    address.put(state.RUN_KEY, name)
    run = resources.fresh(runs[name])
    share.about(run)
    choose_group(run)
    return run


def why_not_here(name: str) -> str:
    """Why a run is none of those that can be looked at, as the end of a sentence about it."""
    problem = next((problem for path, problem in broken_runs().items() if path.name == name), None)
    if problem is not None:
        return f"cannot be opened: {problem}"
    if any(run.name == name for run in list_runs()):
        return "has not finished an epoch yet."
    return "is not here."


def choose_other_run(
    label: str,
    *,
    key: str,
    runs: Sequence[Run],
    help: str,
    likeness: Callable[[Run], tuple[bool, ...]],
) -> Run | None:
    """Choose a second run, beside the page's own; in the URL as ``?beside=NAME``.

    Parameters
    ----------
    label
        What it is called.
    key
        Of the widget.
    runs
        Which can be chosen; None is returned where there are none.
    help
        What it is chosen for.
    likeness
        What is wanted of it, what matters most first: the one that has most of it is shown before one is chosen.
    """
    by_name = {run.name: run for run in runs}
    if not by_name:
        return None
    name = controls.selectbox(
        label,
        param="beside",
        key=key,
        options=list(by_name),
        default=max(runs, key=likeness).name,
        help=help,
        format_func=lambda name: describe_run(by_name[name]),
        always=True,
        width=340,
    )
    return resources.fresh(by_name[name])


def describe_run(run: Run) -> str:
    """Name a run and what it is, in one line."""
    example = " (example)" if resources.is_example(run) else ""
    return f"{named(run)}{example}"


def named(run: Run) -> str:
    """A run's title and, as far as that does not say it, what it is: ``"digits, β 4 · VAE 2-D"``."""
    more = unsaid(run, run.title)
    return f"{run.title} · {more}" if more else run.title


def unsaid(run: Run, name: str) -> str:
    """What a model is in a few words, without those that its name has already."""
    parts = summary_of(run.config_after()).split(", ")
    return ", ".join(part for part in parts if not re.search(rf"(?<!\w){re.escape(part)}(?![\w.])", name))
