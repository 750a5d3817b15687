"""Runs: every run with its state and figures; their curves over one another."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages._ui import controls, frame, resources, state, widgets
from vaelab.config import explain
from vaelab.figures import TERMS, compare_curves
from vaelab.runs import ACTIVE, Run, RunError, broken_runs, list_runs, runs_folder

TABLE_KEY = "runs-table"
#: In the URL: the names of the runs that are ticked.
CHOSEN_KEY = "runs"
#: How often the URL has named others.
REQUESTS_KEY = "runs-requests"


def main() -> None:
    own = list_runs()
    runs = [*own, *resources.examples()]
    active = any(resources.jobs().status(run).state in ACTIVE for run in own)

    @st.fragment(run_every=2.0 if active else None)
    @frame.guarded
    def body() -> None:
        statuses = {run.path: resources.jobs().status(run) for run in runs}
        if active != any(status.state in ACTIVE for status in statuses.values()):
            st.rerun()  # to begin or to end looking again by itself
        key, ticked = table_key(runs)
        event = st.dataframe(
            [row(run, statuses[run.path].state) for run in runs],
            key=key,
            selection_default={"selection": {"rows": ticked, "columns": [], "cells": []}},
            on_select="rerun",
            selection_mode="multi-row",
            hide_index=True,
            column_config=columns(),
        )
        chosen = [runs[index] for index in event["selection"]["rows"] if index < len(runs)]
        # In the order in which the URL named them, so that an address stays as it was sent.
        earlier = st.session_state.get(CHOSEN_KEY, [])
        names = sorted(
            (run.name for run in chosen),
            key=lambda name: earlier.index(name) if name in earlier else len(earlier),
        )
        st.session_state[CHOSEN_KEY] = names
        state.put_into_url(CHOSEN_KEY, ",".join(names) or None)
        st.caption(
            "Tick rows to compare their curves or to act on a run; without a mouse, go to a row by "
            f"the arrow keys, and press Shift and Space. Kept in {runs_folder()}."
        )
        # Losses compare within a dataset and a pixel model only.
        newest = [
            run
            for run in runs
            if (run.config.dataset, run.config.likelihood) == (runs[0].config.dataset, runs[0].config.likelihood)
        ]
        compare(chosen or newest[:5], ticked=bool(chosen))
        for run in chosen:
            act_on(run, statuses[run.path].state)

    body()
    open_dialog()
    for path, problem in broken_runs().items():
        st.warning(f"**{path.name}** is broken on disk. {problem}", icon=":material/broken_image:")


def table_key(runs: list[Run]) -> tuple[str, list[int]]:
    """Key of the table, and the rows that are ticked in it at first.

    Ticks are row numbers: with other rows, or when the URL names other runs, it is another table.
    """
    requested = state.take_from_url(CHOSEN_KEY)
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


def row(run: Run, what: str) -> dict[str, Any]:
    config, figures = run.config, run.evaluation() or {}
    vae = config.model == "vae"
    return {
        "Name": run.title + (" (example)" if run.path.parent == resources.EXAMPLES else ""),
        "State": what,
        "Images": config.dataset,
        "Model": f"{widgets.kind_of(config)}, {config.architecture}",
        "Dims": config.latent_dim,
        "β": config.beta if vae else None,
        "Epoch": max(run.epoch, 0),
        "ELBO": figures.get("elbo"),
        "Reconstruction": figures.get("reconstruction"),
        "KL": figures.get("kl"),
        "k-NN accuracy": figures.get("knn_accuracy"),
    }


def columns() -> dict[str, Any]:
    nats = "in nats per held-out image"
    return {
        "Dims": st.column_config.NumberColumn(help="Latent dimensions."),
        "β": st.column_config.NumberColumn(format="%.4g", help="Weight of the KL term."),
        "ELBO": st.column_config.NumberColumn(
            format="%.1f", help=f"Evidence lower bound {nats}; higher (less negative) is better."
        ),
        "Reconstruction": st.column_config.NumberColumn(format="%.1f", help=f"−log p(x|z) {nats}; lower is better."),
        "KL": st.column_config.NumberColumn(format="%.2f", help=f"KL divergence {nats}."),
        "k-NN accuracy": st.column_config.NumberColumn(
            format="percent", help="How often ten neighbours in latent space name the right class."
        ),
    }


def compare(runs: list[Run], ticked: bool) -> None:
    st.markdown("## Curves" + ("" if ticked else " of the newest runs"))
    with widgets.toolbar():
        term = controls.segmented_control(
            "Term",
            param="term",
            key="curve-term",
            options=list(TERMS),
            default="total",
            help="Which part of the loss to draw. **Total** is what training lowers; the others "
            "are what it is the sum of.",
            format_func=TERMS.__getitem__,
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
    curves = {}
    for run in runs:
        epochs = run.epochs()
        if epochs:
            name = run.title if run.title not in curves else f"{run.title} ({run.name})"
            curves[name] = epochs
    if curves:
        widgets.chart(compare_curves(curves, term, part, axis), key="curves")
    else:
        st.info(
            "None of these runs has finished an epoch yet; their curves appear when one has. If "
            "none is in training, go to **Train**, and press **Start training**."
        )


STOP = "End training now: every finished epoch is kept, and it can be resumed."


def act_on(run: Run, what: str) -> None:
    name = f"{run.path.parent.name}-{run.name}"
    with st.container(border=True, key=f"run-{name}"):
        title, buttons = st.columns([2, 3], vertical_alignment="center")
        title.markdown(f"**{run.title}** · {what}")
        with buttons.container(horizontal=True, horizontal_alignment="right"):
            if run.has_model and st.button(
                "Explore",
                icon=":material/explore:",
                key=f"explore-{name}",
                help="Open its latent map.",
            ):
                st.switch_page("pages/explore.py", query_params={state.RUN_KEY: run.name})
            if run.path.parent != resources.EXAMPLES:
                if what in ACTIVE:
                    widgets.stop_button(run, STOP, key=f"stop-{name}")
                elif what != "finished":
                    widgets.resume_button(run, key=f"resume-{name}")
                if st.button(
                    "Rename",
                    icon=":material/edit:",
                    key=f"rename-{name}",
                    help="Give it another name.",
                ):
                    state.request_dialog("rename", run)
                    st.rerun()
                if what not in ACTIVE and st.button(
                    "Delete",
                    icon=":material/delete:",
                    key=f"delete-{name}",
                    help="Take it off the disk, after asking once more.",
                ):
                    state.request_dialog("delete", run)
                    st.rerun()
        with st.expander("Settings"):
            st.json(run.config.model_dump(mode="json"))


def open_dialog() -> None:
    """Open the dialog that a button requested; from the page, as a redrawn fragment drops it."""
    dialog = state.pop_dialog()
    if dialog is not None:
        name, path = dialog
        {"rename": rename, "delete": delete}[name](Run.open(path))


@st.dialog("Rename this run")
def rename(run: Run) -> None:
    with st.form("rename", border=False):
        title = st.text_input("Name", run.title, max_chars=80, help="What to call this run.")
        if st.form_submit_button("Rename", type="primary", help="Call it this from now on."):
            try:
                run.rename(title)
            except (ValueError, RunError) as error:
                st.error(explain(error))
            else:
                st.rerun()


@st.dialog("Delete this run?")
def delete(run: Run) -> None:
    st.markdown(
        f"**{run.title}** and all that it learned will be deleted from the disk, for good. The folder is `{run.path}`."
    )
    with st.container(horizontal=True):
        if st.button("Delete it", type="primary", icon=":material/delete:", help="It cannot be brought back."):
            try:
                run.delete()
            except RunError as error:
                st.error(explain(error))
            else:
                st.rerun()
        if st.button("Keep it", help="Leave everything as it is."):
            st.rerun()


frame.show(main, __file__)
