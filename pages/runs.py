"""Runs: every run with its state and figures; their curves over one another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import pandas as pd
import streamlit as st

from pages._ui import address, controls, frame, resources, state, widgets
from pages._ui.cached import per_run
from pages._ui.text import explained
from pages._ui.train_address import query_of
from vaelab.config import OWN
from vaelab.datasets import DatasetUnavailable
from vaelab.figures import COMPARED, compare_curves
from vaelab.runs import ACTIVE, Run, RunError, Status, broken_runs, list_runs, runs_folder
from vaelab.runs.comparing import Term, why_not

TABLE_KEY = "runs-table"
#: In the URL: the names of the runs that are ticked.
CHOSEN_KEY = "runs"
#: How often the URL has named others.
REQUESTS_KEY = "runs-requests"
#: Rows in sight at once: what one does with a run stands above them.
ROWS = 9
#: How many models Compare shows beside each other.
FEWEST_COMPARED, MOST_COMPARED = 2, 4


def main() -> None:
    own = list_runs()
    runs = [*own, *resources.examples()]
    images = {run.path: title_of_images(run) for run in runs}

    @frame.part(every=2.0, until=lambda: not any(resources.jobs().status(run).state in ACTIVE for run in own))
    def body() -> None:
        statuses = {run.path: resources.jobs().status(run) for run in runs}
        key, ticked = table_key(runs)
        bar = st.container(key="run-actions", horizontal=True, vertical_alignment="center", gap="small")
        st.caption(
            "Tick rows to act on runs, or to compare their curves; without a mouse, go to a row with the arrow keys "
            f"and press Shift and Space. Kept in `{runs_folder()}`."
        )
        names = distinct_names(runs)
        event = st.dataframe(
            written([row(run, statuses[run.path], names[run.path], images[run.path]) for run in runs]),
            key=key,
            height=35 * (min(len(runs), ROWS) + 1) + 3,
            selection_default={"selection": {"rows": ticked, "columns": [], "cells": []}},
            on_select="rerun",
            selection_mode="multi-row",
            hide_index=True,
            column_config=columns(max(map(len, names.values()), default=0)),
            placeholder="–",
        )
        chosen = [runs[index] for index in event["selection"]["rows"] if index < len(runs)]
        # In the order in which the URL named them, so that an address stays as it was sent.
        earlier = st.session_state.get(CHOSEN_KEY, [])
        chosen_names = sorted(
            (run.name for run in chosen),
            key=lambda name: earlier.index(name) if name in earlier else len(earlier),
        )
        st.session_state[CHOSEN_KEY] = chosen_names
        address.put(CHOSEN_KEY, ",".join(chosen_names) or None)
        with bar:
            act_on(chosen, statuses, names)
        for run in chosen:
            if why := statuses[run.path].refused:
                what = (
                    f"**{widgets.plain(names[run.path])}** could not be resumed, and is as it was: {widgets.plain(why)}"
                )
                st.warning(what, icon=":material/warning:")
        compare(chosen or newest(runs), names, ticked=bool(chosen))
        if len(chosen) == 1:
            with st.expander("Settings"):
                st.json(chosen[0].config.model_dump(mode="json"))

    open_dialog()
    for path, problem in broken_runs().items():
        what = f"**{widgets.plain(path.name)}** cannot be opened: {widgets.plain(problem)}"
        st.warning(what, icon=":material/broken_image:")


def newest(runs: Sequence[Run]) -> list[Run]:
    """The newest run and others whose curves compare with it."""
    begun = [run for run in runs if run.has_model]
    term: Term = "reconstruction" if begun and begun[0].config.model == "ae" else "elbo"
    return [run for run in begun if not why_not(begun[0], run, term)][:5]


def distinct_names(runs: Sequence[Run]) -> dict[Path, str]:
    """What to call each run, by its folder: those of one name are told apart by what they are, or by their time."""
    write = widgets.told_apart(runs, lambda run: run.title)
    return {run.path: write(run) + (" (example)" if resources.is_example(run) else "") for run in runs}


def table_key(runs: list[Run]) -> tuple[str, list[int]]:
    """Key of the table, and the rows that are ticked in it at first.

    Ticks are row numbers: with other rows, or when the URL names other runs, it is another table.
    """
    requested = address.take(CHOSEN_KEY)
    if requested is not None:
        st.session_state[CHOSEN_KEY] = requested.split(",")
        st.session_state[REQUESTS_KEY] = st.session_state.get(REQUESTS_KEY, 0) + 1
    names = [run.name for run in runs]
    key = f"{TABLE_KEY}-{st.session_state.get(REQUESTS_KEY, 0)}-{'-'.join(names)}"
    at_first: tuple[str, list[int]] = st.session_state.get(TABLE_KEY, ("", []))
    if at_first[0] != key:
        wanted = st.session_state.get(CHOSEN_KEY, [])
        at_first = key, sorted({names.index(name) for name in wanted if name in names})
        st.session_state[TABLE_KEY] = at_first
    return at_first


def title_of_images(run: Run) -> str:
    """What people call a run's images or, where these are gone, what they were kept as."""
    try:
        return run.source().title
    except DatasetUnavailable:
        return run.config.dataset.removeprefix(OWN)


def row(run: Run, status: Status, name: str, images: str) -> dict[str, Any]:
    config, figures = run.config, run.evaluation() or {}
    return {
        "Name": name,
        "State": status.state,
        "Made": None if resources.is_example(run) else datetime.fromtimestamp(run.created),
        "Images": images,
        "Model": f"{widgets.kind_of(config)}, {widgets.ARCHITECTURE_NAMES[config.architecture]}",
        "Dims": config.latent_dim,
        "β": config.beta if "beta" in config.minimized.settings else None,
        "Epoch": max(run.epoch, 0),
        "Took": widgets.duration(status.seconds) if status.seconds else None,
        "Size": num_megabytes(run),
        "ELBO": figures.get("elbo"),
        "Reconstruction": figures.get("reconstruction"),
        "KL": figures.get("kl"),
        "k-NN accuracy": figures.get("knn_accuracy"),
    }


def written(rows: list[dict[str, Any]]) -> Any:
    """The rows as a table whose nats are written as on Compare, and sorted as numbers all the same."""

    def nats(value: float) -> str:
        return f"{value:,.2f}".replace("-", "−")

    table = pd.DataFrame(rows)
    numbers = ["ELBO", "Reconstruction", "KL"]
    table[numbers] = table[numbers].astype(float)
    return table.style.format(nats, subset=numbers, na_rep="–")


@per_run(max_entries=1000)
def num_megabytes(run: Run) -> float:
    """How much a run takes on the disk, in MB."""
    return run.num_bytes / 1e6


def columns(longest: int) -> dict[str, Any]:
    """How the columns are shown; names have as much room as the longest needs, up to a limit."""
    nats = "in nats per held-out image"
    return {
        "Name": st.column_config.TextColumn(width=min(max(120, 6 * longest + 30), 300)),
        "Made": st.column_config.DatetimeColumn(format="D MMM, HH:mm", width=110, help="When training was started."),
        "Took": st.column_config.TextColumn(width=95, help="How long it was trained for."),
        "Size": st.column_config.NumberColumn(format="%.1f MB", help="How much it takes on the disk."),
        "Dims": st.column_config.NumberColumn(help="Latent dimensions."),
        "β": st.column_config.NumberColumn(format="%.4g", help="Weight of the KL term."),
        "ELBO": st.column_config.NumberColumn(
            help=f"Evidence lower bound {nats}; higher is better. Of densities (Gaussian, continuous Bernoulli) it "
            "may be positive. Compare only models of the same images and the same kind of pixels, both told the "
            "label or neither."
        ),
        "Reconstruction": st.column_config.NumberColumn(help=f"−log p(x|z) {nats}; lower is better."),
        "KL": st.column_config.NumberColumn(help=f"KL divergence {nats}."),
        "k-NN accuracy": st.column_config.NumberColumn(
            format="percent", help="How often ten neighbours in latent space name the right class."
        ),
    }


def compare(runs: Sequence[Run], names: dict[Path, str], ticked: bool) -> None:
    st.markdown("## Curves" + ("" if ticked else " of the newest runs"))
    with widgets.toolbar(None):
        term = controls.segmented_control(
            "Term",
            param="term",
            key="curve-term",
            options=list(COMPARED),
            default="elbo" if any(run.config.model == "vae" for run in runs) else "reconstruction",
            help="Which part of the loss to draw. **ELBO**: reconstruction and KL divergence together, weighted alike "
            "in all models; higher is better. **Total loss** is what training lowers, and compares only among models "
            "whose terms have the same weights.",
            format_func=COMPARED.__getitem__,
        )
        part = controls.segmented_control(
            "Images",
            param="images",
            key="curve-split",
            options=["validation", "train"],
            default="validation",
            help="**Validation** images are held out: a curve that rises again there, while that "
            "of the **training** images falls, means images learned by heart.",
            format_func={"validation": "Validation", "train": "Training"}.__getitem__,
        )
        axis = controls.segmented_control(
            "Over",
            param="over",
            key="curve-over",
            options=["epoch", "seconds"],
            default="epoch",
            help="By how often all images were seen, or by how long it took.",
            format_func=str.capitalize,
        )
    epochs = {run.path: found for run in runs if (found := run.epochs())}
    reasons = why_left_out([run for run in runs if run.path in epochs], cast("Term", term))
    curves = {names[path]: found for path, found in epochs.items() if path not in reasons}
    if curves:
        if not ticked:
            st.caption(
                "Of the newest run and others whose nats compare with its own: of the same images, and the same kind "
                "of pixels. Tick rows to choose for yourself."
            )
        widgets.chart(compare_curves(curves, term, part, axis), key="curves")
    elif not reasons:
        st.info(
            "There are no curves yet: they appear when a run that is ticked has finished its first epoch."
            if ticked
            else "No run has finished an epoch yet. Go to **Train**, and press **Start training**."
        )
    if reasons:
        told = "; ".join(f"**{widgets.plain(names[path])}** {reason}" for path, reason in reasons.items())
        st.caption(f"Not drawn, since nats compare only with others of their kind: {told}.")


def why_left_out(runs: Sequence[Run], term: Term) -> dict[Path, str]:
    """Why runs are not drawn beside the first that has the term, by their folders."""
    first = next((run for run in runs if not why_not(run, run, term)), None)
    reasons = {run.path: why_not(first or run, run, term) for run in runs}
    return {path: reason for path, reason in reasons.items() if reason}


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
    if st.button(
        "Explore",
        icon=":material/explore:",
        key="explore-run",
        **unless(several or why_no_model(runs), "Open the latent map of the run that is ticked."),
    ):
        st.switch_page("pages/explore.py", query_params=frame.carried({state.RUN_KEY: runs[0].name}))
    if st.button(
        "Compare these",
        icon=":material/compare:",
        key="compare-runs",
        **unless(
            why_not_comparable(runs),
            "Two to four trained models of the same images beside each other, under one pointer.",
        ),
    ):
        others = ",".join(run.name for run in runs[1:])
        st.switch_page(
            "pages/compare.py", query_params=frame.carried({state.RUN_KEY: runs[0].name, state.WITH_KEY: others})
        )
    if st.button(
        "Train again with these settings",
        icon=":material/tune:",
        key="train-again",
        **unless(several, "Open Train with the settings of the run that is ticked, to change some and start."),
    ):
        st.switch_page("pages/train.py", query_params=frame.carried(query_of(runs[0].config)))
    if resumable and not active:
        press("Resume", "resume", resumable, "Go on from the last finished epoch.", resources.jobs().train_soon)
    else:
        what = "End training now: every finished epoch is kept, and it can be resumed."
        idle = none or ("" if active else "Nothing to stop: no run that is ticked is in training.")
        press("Stop", "stop", active, what, resources.jobs().stop, idle)
    named = "It came with the app, and keeps its name." if examples else ""
    ask("Rename", "rename", runs, "Give the run that is ticked another name.", several or named)
    stays = "What came with the app stays." if examples else ""
    busy = "Stop the training first." if active else ""
    ask("Delete", "delete", runs, "Take it off the disk, after asking once more.", none or stays or busy)


def unless(why_not: str, help: str) -> dict[str, Any]:
    """Options of a button that works unless there is a reason why it cannot, which it then gives."""
    return {"disabled": bool(why_not), "help": why_not or help}


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


def press(
    label: Literal["Stop", "Resume"], what: str, runs: Sequence[Run], help: str, action: Any, why_not: str = ""
) -> None:
    """A button that does something to each of some runs at once."""

    def act() -> None:
        for run in runs:
            widgets.attempt(action, run)

    icons = {"Stop": ":material/stop:", "Resume": ":material/resume:"}
    st.button(label, icon=icons[label], key=f"{what}-run", on_click=act, **unless(why_not, help))


def ask(label: Literal["Rename", "Delete"], what: str, runs: Sequence[Run], help: str, why_not: str) -> None:
    """A button that opens a dialog about runs."""
    icons = {"Rename": ":material/edit:", "Delete": ":material/delete:"}
    if st.button(label, icon=icons[label], key=f"{what}-run", **unless(why_not, help)):
        state.request_dialog(what, runs)
        st.rerun()


def open_dialog() -> None:
    """Open the dialog that a button requested; from the page, as a redrawn fragment drops it."""
    dialog = state.pop_dialog()
    if dialog is not None:
        name, paths = dialog
        runs = [Run.open(path) for path in paths]
        if name == "rename":
            rename(runs[0])
        else:
            delete(runs)


@st.dialog("Rename this run")
def rename(run: Run) -> None:
    with st.form("rename", border=False):
        title = st.text_input("Name", run.title, max_chars=80, help="What to call this run.")
        if st.form_submit_button("Rename", type="primary", help="Call it this from now on."):
            try:
                run.rename(title)
            except (ValueError, RunError) as error:
                st.error(explained(error))
            else:
                st.rerun()


@st.dialog("Delete for good?")
def delete(runs: Sequence[Run]) -> None:
    what = "This run" if len(runs) == 1 else f"These {len(runs)} runs"
    size = widgets.megabytes(sum(run.num_bytes for run in runs))
    st.markdown(f"{what}, and everything learned, will be deleted from the disk ({size}):")
    st.markdown("\n".join(f"- **{widgets.plain(run.title)}**, in `{run.path}`" for run in runs))
    with st.container(horizontal=True):
        label = "Delete it" if len(runs) == 1 else f"Delete all {len(runs)}"
        if st.button(label, type="primary", icon=":material/delete:", help="This cannot be undone."):
            problems = []
            for run in runs:
                try:
                    run.delete()
                except RunError as error:
                    problems.append(explained(error))
            if not problems:
                st.rerun()
            st.error(" ".join(problems))
        keep = "Keep it" if len(runs) == 1 else "Keep them"
        if st.button(keep, help="Changes nothing."):
            st.rerun()


frame.show(main, __file__)
