"""Runs: every run with its state and figures; their curves over one another."""

from __future__ import annotations

import streamlit as st

from pages._runs.actions import act_on
from pages._runs.curves import draw_curves, newest
from pages._runs.dialogs import open_dialog
from pages._runs.table import choose_runs, distinct_names, title_of_images
from pages._runs.zips import take_in
from pages._ui import frame, resources, widgets
from vaelab.runs import ACTIVE, broken_runs, list_runs, runs_folder


def main() -> None:
    own = list_runs()
    runs = [*own, *resources.examples()]
    images = {run.path: title_of_images(run) for run in runs}

    take_in()

    @frame.part(every=2.0, until=lambda: not any(resources.jobs().status(run).state in ACTIVE for run in own))
    def body() -> None:
        statuses = {run.path: resources.jobs().status(run) for run in runs}
        names = distinct_names(runs)
        bar = st.container(key="run-actions", horizontal=True, vertical_alignment="center", gap="small")
        st.caption(
            "Tick rows to act on runs, or to compare their curves; without a mouse, go to a row with the arrow keys "
            f"and press Shift and Space. Kept in `{runs_folder()}`."
        )
        chosen = choose_runs(runs, statuses, names, images)
        with bar:
            act_on(chosen, statuses, names)
        for run in chosen:
            if why := statuses[run.path].refused:
                what = f"**{widgets.plain(names[run.path])}** could not be resumed, and is as it was:"
                st.warning(f"{what} {widgets.plain(why)}", icon=":material/warning:")
        draw_curves(chosen or newest(runs), names, ticked=bool(chosen))
        if len(chosen) == 1:
            with st.expander("Settings"):
                st.json(chosen[0].config.model_dump(mode="json"))

    open_dialog()
    for path, problem in broken_runs().items():
        what = f"**{widgets.plain(path.name)}** cannot be opened: {widgets.plain(problem)}"
        st.warning(what, icon=":material/broken_image:")


frame.show(main, __file__)
