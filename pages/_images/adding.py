"""Adding images: give them in one of several ways, see what was read, and keep it or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages._images.current import begin, current_task, discard, task_number
from pages._images.giving import ADD_PARAM, begin_adding, give, leave_adding
from pages._images.import_task import ImportTask
from pages._images.options import choose_options
from pages._images.sets import counts_of, some_of
from pages._images.view import SET_PARAM
from pages._ui import address, frame, pictures
from pages._ui.text import explained, plain, suggest_name
from vaelab.config import OWN
from vaelab.datasets import DatasetUnavailable, ImageDataset
from vaelab.datasets.own import own_sources, save_own

if TYPE_CHECKING:
    from vaelab.importing import ImportReport, Skipped


#: Images of the preview.
SHOWN = 60


def draw_unfinished() -> None:
    """Lead back to an import that was left before its images were kept."""
    task = current_task()
    if task is None:
        return
    what = "are being read" if task.is_running else "wait for you to keep them"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"Images from {plain(task.given.source)} {what}.", icon=":material/hourglass_top:")
        st.button("Go on", on_click=begin_adding, help="Back to adding them.")


def draw_adding() -> None:
    """All of it: what to read, how far it has come, and what was read."""
    with st.container(horizontal=True, vertical_alignment="center", key="images-head"):
        st.markdown("## Add images", width="stretch")
        st.button("All images", icon=":material/arrow_back:", on_click=leave_adding, help="Back to all datasets.")
    task = current_task()
    if task is None:
        give()
    elif task.is_running:
        follow(task)
    elif task.report is not None:
        preview(task)
    else:
        say_why_not(task)


# Reading ----------------------------------------------------------------------------------------


def follow(task: ImportTask) -> None:
    """How far it has come, and a way to stop it."""

    @frame.part(every=0.3, until=lambda: not task.is_running, waits=True)
    def body() -> None:
        task.wait(0.25)  # most are done by then, and nothing flickers
        if not task.is_running:
            return
        st.progress(min(1.0, max(0.0, task.fraction)), task.text)
        st.button(
            "Stop",
            icon=":material/stop:",
            key="adding-stop",
            on_click=task.stop,
            help="Stops reading; nothing is kept.",
        )


def say_why_not(task: ImportTask) -> None:
    """Nothing was read: why, and what to do."""
    if task.error:
        st.error(task.error, icon=":material/error:")
    else:
        st.info("Stopped, and nothing was kept.", icon=":material/stop_circle:")
    read_differently(task, expanded=True)
    st.button("Choose something else", on_click=discard, args=(task,), help="Start over with other images.")


def read_differently(task: ImportTask, expanded: bool = False) -> None:
    """The same once more, with other settings."""
    st.caption("Not what you meant? Change how they are read, and read them again." if not expanded else "")
    options = choose_options(list(task.given.tables), beside=task.options["labels"] is not None)
    st.button(
        "Read again",
        icon=":material/refresh:",
        key="adding-again",
        on_click=begin,
        args=(task.given, options),
        help="Read the same files once more, with the settings above.",
    )


# What was read ----------------------------------------------------------------------------------


def preview(task: ImportTask) -> None:
    """The images as they would be kept, the report, and the choice."""
    assert task.report is not None
    report, data = task.report, task.report.data
    left, right = st.columns([3, 2], gap="large")
    with left:
        pictures.sheet(data.images[some_of(data, SHOWN)], 10, "Some of the images that were read")
        st.caption(f"{min(SHOWN, len(data))} of {len(data):,} images, as a model would see them. {classes_of(data)}")
    with right:
        draw_figures(report)
        st.markdown("\n".join(f"- {plain(step)}" for step in report.steps))
        if report.skipped:
            draw_skipped(report.skipped)
        draw_choice(task, data)
    read_differently(task)


def draw_figures(report: ImportReport) -> None:
    channels, height, width = report.image_shape
    figures = {
        "Images": f"{report.num_images:,}",
        "Size": f"{height} × {width}",
        "Colour": "grey" if channels == 1 else "colour",
        "Classes": f"{len(report.label_names):,}" if report.label_names else "none",
        "Duplicates": f"{report.duplicates:,}",
        "Not taken": f"{len(report.skipped):,}",
        "Took": f"{report.seconds:.1f} s",
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in figures.items():
            st.metric(name, value, width="content")


def draw_skipped(skipped: Sequence[Skipped]) -> None:
    some = "1 file was" if len(skipped) == 1 else f"{len(skipped):,} files were"
    with st.expander(f"{some} not taken: why"):
        st.dataframe(
            [{"File": each.file, "Why": each.why} for each in skipped],
            hide_index=True,
            height="auto" if len(skipped) < 8 else 300,
        )


def classes_of(data: ImageDataset) -> str:
    """How many there are of each class, or of the largest and smallest."""
    if data.labels is None:
        return "They have no classes."
    counts = counts_of(data)
    order = np.argsort(-counts, kind="stable")
    parts = [f"{plain(data.label_names[label])} {counts[label]:,}" for label in order]
    if len(parts) > 12:
        return f"{len(parts)} classes, from {counts.min():,} to {counts.max():,} images each."
    return " · ".join(parts)


def draw_choice(task: ImportTask, data: ImageDataset) -> None:
    """Keep them under a name, or not."""
    taken = [name.removeprefix(OWN) for name in own_sources()]
    name = st.text_input(
        "Name",
        suggest_name(task.given.source, taken),
        max_chars=60,
        key=f"adding-name-{task_number()}",
        help="Letters, digits, spaces, - and _. It can be given another title later.",
    )
    with st.container(horizontal=True):
        if st.button(
            "Keep",
            type="primary",
            icon=":material/check:",
            key="adding-keep",
            help="Keep these images on this machine, under this name.",
        ):
            keep(task, data, name.strip())
        st.button(
            "Discard",
            icon=":material/close:",
            key="adding-discard",
            on_click=discard,
            args=(task,),
            help="Discards what was read.",
        )


def keep(task: ImportTask, data: ImageDataset, name: str) -> None:
    try:
        with st.spinner("Keeping them …"):
            key = save_own(data, name)
    except (ValueError, DatasetUnavailable) as error:
        st.error(explained(error), icon=":material/error:")
        return
    discard(task)
    address.hold({ADD_PARAM: None, SET_PARAM: key})
    st.toast(f"Kept {len(data):,} images as “{plain(name)}”.", icon=":material/check:")
    st.rerun()
