"""Adding images: give them in one of several ways, see what was read, and keep it or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._ui import frame, reach, widgets
from pages._ui.camera import Shot, jpeg_of, take_pictures
from pages._ui.drawing_pad import drawing_pad
from pages._ui.image_sets import counts_of, plain, some_of
from pages._ui.image_view import SET_PARAM
from pages._ui.import_task import Given, ImportTask, suggest_name
from vaelab.config import OWN, SIDES, explain
from vaelab.datasets import DatasetUnavailable, ImageDataset
from vaelab.datasets.base import MIN_IMAGES
from vaelab.datasets.own import own_sources, save_own
from vaelab.images import png

if TYPE_CHECKING:
    from streamlit.typing import UploadedFile

    from vaelab.importing import ImportReport, Skipped

__all__ = ["ADD_PARAM", "begin_adding", "draw_adding", "draw_unfinished"]

#: In the URL: ``?add=files``, and in which way.
ADD_PARAM = "add"
#: The import that is going on, or whose images are neither kept nor discarded yet.
TASK_KEY = "adding-task"
#: How many imports were begun: another set of empty upload fields for each.
TURN_KEY = "adding-turn"
WAY_KEY = "adding-way"

WAYS = {
    "files": "Files or an archive",
    "folder": "A folder",
    "camera": "Camera",
    "draw": "Draw",
    "path": "A path on this machine",
}

#: Pixels a side of what is drawn here: enough for a symbol, and quickly learned.
DRAWING_SIDE = 28
#: Images of the preview.
SHOWN = 60

#: Settings left alone, as ``choose_options`` returns them.
AS_THEY_ARE: dict[str, Any] = {"size": None, "fit": "crop", "color": None, "labels": None, "group": None}
FITS = {"crop": "Crop", "pad": "Pad", "stretch": "Stretch"}
COLORS = {"as-is": "as they are", "gray": "gray", "rgb": "colour"}


class Drawing(NamedTuple):
    """What was drawn here, uint8 ``(H, W)``."""

    label: str
    image: NDArray[np.uint8]


def begin_adding() -> None:
    """Go to where images are added; in a callback."""
    st.query_params[ADD_PARAM] = next(iter(WAYS))


def leave() -> None:
    """Go back to all datasets; in a callback."""
    st.query_params.pop(ADD_PARAM, None)


def draw_unfinished() -> None:
    """Lead back to an import that was left before its images were kept."""
    task: ImportTask | None = st.session_state.get(TASK_KEY)
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
        st.button("All images", icon=":material/arrow_back:", on_click=leave, help="Back to all datasets.")
    task: ImportTask | None = st.session_state.get(TASK_KEY)
    if task is None:
        give()
    elif task.is_running:
        follow(task)
    elif task.report is not None:
        preview(task)
    else:
        say_why_not(task)


# Giving -----------------------------------------------------------------------------------------


def is_local_server() -> bool:
    """Whether only people at this machine can reach the app, whose files are then theirs."""
    return st.get_option("server.address") in reach.LOCAL and reach.at_the_machine()


def give() -> None:
    ways = {way: name for way, name in WAYS.items() if way != "path" or is_local_server()}
    way = choose_way(ways)
    if way == "path":
        from_path()
    elif way == "camera":
        take_pictures(f"adding-camera-{st.session_state.get(TURN_KEY, 0)}", read_shots)
    elif way == "draw":
        draw_oneself()
    else:
        from_upload(way)


def choose_way(ways: dict[str, str]) -> str:
    wanted = st.query_params.get(ADD_PARAM)
    if wanted in ways and WAY_KEY not in st.session_state:
        st.session_state[WAY_KEY] = wanted

    def chosen() -> None:
        st.query_params[ADD_PARAM] = st.session_state[WAY_KEY]

    way: str | None = st.segmented_control(
        "From where",
        list(ways),
        required=True,
        default=None if WAY_KEY in st.session_state else next(iter(ways)),
        format_func=ways.__getitem__,
        key=WAY_KEY,
        on_change=chosen,
        help="How to bring the images here.",
    )
    return way or next(iter(ways))


def from_upload(way: str) -> None:
    """Drop or choose files, or a folder with all that is in it."""
    turn = st.session_state.get(TURN_KEY, 0)
    key = f"adding-{way}-{turn}"
    folder = way == "folder"
    st.file_uploader(
        "A folder whose subfolders are the classes" if folder else "Images, a zip or tar archive, or a table",
        accept_multiple_files="directory" if folder else True,
        key=key,
        help="Everything that is read stays on the machine that runs vaelab.",
    )
    files: list[UploadedFile] = st.session_state.get(key) or []
    st.caption(
        "In an archive, too, subfolders are classes. Whatever else there may be is read as well: npz, npy, idx and "
        "parquet files, a CSV of pixels, or a CSV of file names whose columns say what each image is."
    )
    options = choose_options([file.name for file in files if file.name.lower().endswith(".csv")])
    st.button(
        f"Read {len(files):,} file{'' if len(files) == 1 else 's'}" if files else "Read the images",
        type="primary",
        icon=":material/photo_library:",
        key="adding-read",
        disabled=not files,
        on_click=read_upload,
        args=(files, options),
        help="Look at what was given. Nothing is kept before you have seen it.",
    )


def read_upload(files: Sequence[UploadedFile], options: dict[str, Any]) -> None:
    """Begin to read files that were uploaded; in a callback."""
    given = Given(source_of([file.name for file in files]))
    try:
        for file in files:
            given.add(file.name, file.getbuffer())
    except DatasetUnavailable as error:
        st.toast(explain(error), icon=":material/error:", duration="infinite")
        return
    forget_upload(files)
    begin(given, options)


def source_of(names: Sequence[str]) -> str:
    """Say in a few words where files come from: the folder, the file, or how many."""
    tops = {name.replace("\\", "/").split("/")[0] for name in names}
    return tops.pop() if len(tops) == 1 else f"{len(names):,} files"


def forget_upload(files: Sequence[UploadedFile]) -> None:
    """Give back the memory that Streamlit holds uploads in, else until the session ends.

    It frees them only where a person removes them from the field one by one: there is no public way.
    """
    context = get_script_run_ctx()
    remove = getattr(getattr(context, "uploaded_file_mgr", None), "remove_file", None)
    if context is None or remove is None:
        return
    for file in files:
        remove(session_id=context.session_id, file_id=file.file_id)


def from_path() -> None:
    """Name a folder or file: this machine's are the person's own."""
    path = st.text_input(
        "Folder or file",
        placeholder="/home/me/leaves or ~/leaves.zip",
        key="adding-path",
        help="On the machine that runs vaelab, which is this one. It is read where it is, and not changed.",
    )
    path = path.strip().strip("\"'")
    options = choose_options([])
    st.button(
        "Read the images",
        type="primary",
        icon=":material/photo_library:",
        key="adding-read",
        disabled=not path,
        on_click=read_path,
        args=(path, options),
        help="Look at what is there. Nothing is kept before you have seen it.",
    )


def read_path(path: str, options: dict[str, Any]) -> None:
    """Begin to read what is at a path; in a callback."""
    begin(Given(Path(path).name or path, path), options)


def read_shots(shots: Sequence[Shot]) -> None:
    """Begin to read pictures of the camera; in a callback."""
    try:
        files = [(str(shot["label"]), jpeg_of(shot)) for shot in shots]
    except ValueError as error:
        st.toast(explain(error), icon=":material/error:", duration="infinite")
    else:
        begin_with_files("camera", files, ".jpg")


def draw_oneself() -> None:
    """Draw one after another, class by class."""
    turn = st.session_state.get(TURN_KEY, 0)
    drawings: dict[str, Drawing] = st.session_state.setdefault(f"adding-drawings-{turn}", {})

    def take(id: str, image: NDArray[np.uint8], label: str, nickname: str) -> None:
        if image.min() == image.max():
            raise ValueError("There is nothing on the paper: draw something first.")
        drawings[id] = Drawing(" ".join(label.split()), image)

    left, right = st.columns(2, gap="large")
    labels = list(dict.fromkeys(drawing.label for drawing in drawings.values() if drawing.label))
    with left:
        drawing_pad(
            f"images {turn}", take, title="Draw", size=DRAWING_SIDE, paper="white", classes=labels, nicknames=False
        )
    with right:
        st.markdown(
            f"Draw, choose or write what it is, and press **Add**; at least {MIN_IMAGES} drawings are needed. "
            "With others it goes faster: **Collect drawings** has them draw on their phones."
        )
        st.page_link("pages/collect.py", label="Collect drawings", icon=":material/qr_code_2:")
        for label in labels or [""]:
            images = [drawing.image[None] for drawing in drawings.values() if drawing.label == label]
            if images:
                widgets.sheet(np.stack(images), 10, f"Drawings of {label or 'no class'}", side=DRAWING_SIDE)
                st.caption(f"{plain(label) or 'No class'} · {len(images)}")
        missing = MIN_IMAGES - len(drawings)
        with st.container(horizontal=True):
            st.button(
                f"{missing} more are needed" if missing > 0 else f"Use these {len(drawings)}",
                type="primary",
                key="adding-drawn",
                disabled=missing > 0,
                on_click=read_drawings,
                args=(list(drawings.values()),),
                help="See them as a dataset. Nothing is kept before you have.",
            )
            st.button(
                "Take the last one back",
                icon=":material/undo:",
                disabled=not drawings,
                on_click=drawings.popitem,
                help="Removes the drawing that was added last.",
            )


def read_drawings(drawings: Sequence[Drawing]) -> None:
    """Begin to read what was drawn; in a callback."""
    begin_with_files("drawings", [(drawing.label, png(drawing.image)) for drawing in drawings], ".png")


def begin_with_files(source: str, files: Sequence[tuple[str, bytes]], ending: str) -> None:
    """Begin to read files that have a class each, empty for none; in a callback."""
    given = Given(source)
    try:
        for number, (label, content) in enumerate(files, start=1):
            # A class is a folder, and neither several in one another nor a hidden one.
            folder = label.replace("/", "-").replace("\\", "-").lstrip(". ")
            given.add(f"{folder}/{number:04}{ending}", content)
    except DatasetUnavailable as error:
        given.close()
        st.toast(explain(error), icon=":material/error:", duration="infinite")
        return
    begin(given, AS_THEY_ARE)


def choose_options(tables: Sequence[str]) -> dict[str, Any]:
    """How to take the images in; what is left alone is chosen to suit them."""
    with st.expander("Size, colour, classes"), st.container(horizontal=True, vertical_alignment="bottom"):
        size = st.number_input(
            "Pixels a side",
            *SIDES,
            None,
            placeholder="what suits them",
            key="adding-size",
            persist_state="session",
            help="By default the largest of 8, 16, 28, 32 and 64 that most images have.",
            width=170,
        )
        fit = st.segmented_control(
            "Where not square",
            list(FITS),
            default="crop",
            required=True,
            format_func=FITS.__getitem__,
            key="adding-fit",
            persist_state="session",
            help="**Crop** to the middle, **pad** with the colour of the border, or **stretch**.",
        )
        color = st.segmented_control(
            "Colour",
            list(COLORS),
            default="as-is",
            required=True,
            format_func=COLORS.__getitem__,
            key="adding-color",
            persist_state="session",
            help="As they are: gray where all of them are gray.",
        )
        labels = None
        if tables:
            labels = st.selectbox(
                "Classes from",
                tables,
                index=None,
                placeholder="the folders",
                help="A CSV of file names whose other columns say what each image is.",
                width=220,
            )
        group = st.text_input(
            "Keep together by",
            placeholder="a column of the CSV",
            key="adding-group",
            persist_state="session",
            help="Images that share what stands in this column, a patient or a writer, never stand on both sides: "
            "some to learn from, others to test with.",
            width=220,
        )
    return {
        "size": size,
        "fit": fit,
        "color": None if color == "as-is" else color,
        "labels": labels,
        "group": group.strip() or None,
    }


def begin(given: Given, options: dict[str, Any]) -> None:
    """Begin to read what was given; in a callback."""
    tables = given.tables
    labels = options["labels"]
    read = options | {"labels": tables.get(labels, labels), "name": suggest_name(given.source)}
    st.session_state[TASK_KEY] = ImportTask(given, read)
    st.session_state[TURN_KEY] = st.session_state.get(TURN_KEY, 0) + 1


# Reading ----------------------------------------------------------------------------------------


def follow(task: ImportTask) -> None:
    """How far it has come, and a way to stop it."""

    @st.fragment(run_every=0.3)
    @frame.guarded
    def body() -> None:
        task.wait(0.25)  # most are done by then, and nothing flickers
        if not task.is_running:
            st.rerun()
        st.progress(min(1.0, max(0.0, task.fraction)), task.text)
        st.button(
            "Stop",
            icon=":material/stop:",
            key="adding-stop",
            on_click=task.stop,
            help="End it: nothing is kept of what was read.",
        )

    body()


def say_why_not(task: ImportTask) -> None:
    """Nothing was read: why, and what to do."""
    if task.error:
        st.error(task.error, icon=":material/error:")
    else:
        st.info("Stopped, and nothing was kept.", icon=":material/stop_circle:")
    read_differently(task, expanded=True)
    st.button("Choose something else", on_click=discard, args=(task,), help="Begin again with other images.")


def read_differently(task: ImportTask, expanded: bool = False) -> None:
    """The same once more, with other settings."""
    st.caption("Not what you meant? Change how they are read, and read them again." if not expanded else "")
    options = choose_options(list(task.given.tables))
    st.button(
        "Read again",
        icon=":material/refresh:",
        key="adding-again",
        on_click=begin,
        args=(task.given, options),
        help="Read the same files once more, with the settings above.",
    )


def discard(task: ImportTask) -> None:
    """Forget an import, and remove what was given for it; in a callback."""
    task.close()
    st.session_state.pop(TASK_KEY, None)


# What was read ----------------------------------------------------------------------------------


def preview(task: ImportTask) -> None:
    """The images as they would be kept, the report, and the choice."""
    assert task.report is not None
    report, data = task.report, task.report.data
    left, right = st.columns([3, 2], gap="large")
    with left:
        widgets.sheet(data.images[some_of(data, SHOWN)], 10, "Some of the images that were read")
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
        "Colour": "gray" if channels == 1 else "colour",
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
        key=f"adding-name-{st.session_state.get(TURN_KEY, 0)}",
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
            help="Keep nothing of this.",
        )


def keep(task: ImportTask, data: ImageDataset, name: str) -> None:
    try:
        with st.spinner("Keeping them …"):
            key = save_own(data, name)
    except (ValueError, DatasetUnavailable) as error:
        st.error(explain(error), icon=":material/error:")
        return
    discard(task)
    leave()
    st.query_params[SET_PARAM] = key
    st.toast(f"{len(data):,} images are kept as “{plain(name)}”.", icon=":material/check:")
    st.rerun()
