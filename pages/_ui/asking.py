"""Results that a job makes, while somebody waits for them."""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

from pages._ui import resources
from pages._ui.text import explained, plain
from vaelab.runs import Run
from vaelab.runs.results import read_progress

__all__ = ["ask_for", "result_or_progress"]


class Asked(NamedTuple):
    """A result that was asked for: None while a job makes it, or where it cannot be made."""

    result: Any
    problem: str = ""  # in markdown


def ask_for(run: Run, name: str) -> Asked:
    """A result, which a job is to make where there is none; in a part of the page that looks again."""
    found = resources.known(run, name)
    if found is not None:
        return Asked(found)
    queue = resources.jobs()
    try:
        queue.make(run, name)
    except ConnectionError as error:
        return Asked(None, explained(error))
    state, why = queue.state(run, name)
    return Asked(None, plain(why) if state == "failed" else "")


def result_or_progress(run: Run, name: str, what: str) -> Any:
    """A result or, while a job makes it, a progress bar and None; in a part of the page that looks again.

    Parameters
    ----------
    run
        A trained run.
    name
        A key of ``vaelab.runs.results.RESULTS``.
    what
        What is being done, in markdown: ``"Making the maps"``.
    """
    found, problem = ask_for(run, name)
    if problem:
        st.error(f"{what} failed: {problem}", icon=":material/error:")
    elif found is None:
        st.progress(read_progress(run, name), f"{what} …")
    return found
