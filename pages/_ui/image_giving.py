"""The ways in which images are given: files, a folder, a camera, drawings, a path on this machine."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._ui import address, frame, reach, widgets
from pages._ui.camera import Shot, jpeg_of, take_pictures
from pages._ui.drawing_pad import drawing_pad
from pages._ui.image_options import AS_THEY_ARE, choose_options
from pages._ui.import_task import Given, ImportTask, suggest_name
from pages._ui.packing import pack_many
from pages._ui.text import explained, plain
from vaelab.datasets import DatasetUnavailable
from vaelab.datasets.base import MIN_IMAGES
from vaelab.images import png

if TYPE_CHECKING:
    from streamlit.typing import UploadedFile

__all__ = ["ADD_PARAM", "begin", "begin_adding", "current_task", "discard", "give", "leave_adding", "task_number"]

#: In the URL: ``?add=files``, and in which way.
ADD_PARAM = "add"
#: The import that is going on, or whose images are neither kept nor discarded yet.
TASK_KEY = "adding-task"
#: How many imports were begun: another set of empty fields for each.
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


class Drawing(NamedTuple):
    """What was drawn here, uint8 ``(H, W)``."""

    label: str
    image: NDArray[np.uint8]


def begin_adding() -> None:
    """Go to where images are added; in a callback."""
    address.hold({ADD_PARAM: next(iter(WAYS))})


def leave_adding() -> None:
    """Go back to all datasets; in a callback."""
    address.hold({ADD_PARAM: None})


def current_task() -> ImportTask | None:
    """The import that is going on, or whose images wait to be kept."""
    task: ImportTask | None = st.session_state.get(TASK_KEY)
    return task


def task_number() -> int:
    """Tells the fields about one import from those about the next."""
    turn: int = st.session_state.get(TURN_KEY, 0)
    return turn


def begin(given: Given, options: dict[str, Any]) -> None:
    """Begin to read what was given; in a callback."""
    tables = given.tables
    labels = options["labels"]
    read = options | {"labels": tables.get(labels, labels), "name": suggest_name(given.source)}
    st.session_state[TASK_KEY] = ImportTask(given, read)
    st.session_state[TURN_KEY] = task_number() + 1


def discard(task: ImportTask) -> None:
    """Forget an import, and remove what was given for it; in a callback."""
    task.close()
    st.session_state.pop(TASK_KEY, None)


def is_local_server() -> bool:
    """Whether only people at this machine can reach the app, whose files are then theirs."""
    return st.get_option("server.address") in reach.LOCAL and reach.at_the_machine()


def give() -> None:
    ways = {way: name for way, name in WAYS.items() if way != "path" or is_local_server()}
    way = choose_way(ways)
    if way == "path":
        from_path()
    elif way == "camera":
        take_pictures(task_number(), read_shots)
    elif way == "draw":
        draw_oneself()
    else:
        from_upload(way)


def choose_way(ways: dict[str, str]) -> str:
    wanted = address.held(ADD_PARAM)
    if st.session_state.get(WAY_KEY) != wanted:  # a link, or Back: what one chooses is in the URL at once
        st.session_state[WAY_KEY] = wanted if wanted in ways else next(iter(ways))

    def chosen() -> None:
        address.hold({ADD_PARAM: st.session_state[WAY_KEY]})

    way: str | None = st.segmented_control(
        "From where",
        list(ways),
        required=True,
        format_func=ways.__getitem__,
        key=WAY_KEY,
        on_change=chosen,
        help="How to bring the images here.",
    )
    return way or next(iter(ways))


def from_upload(way: str) -> None:
    """Drop or choose files, or a folder with all that is in it."""
    turn = task_number()
    key = f"adding-{way}-{turn}"
    folder = way == "folder"
    st.file_uploader(
        "A folder whose subfolders are the classes" if folder else "Images, a zip or tar archive, or a table",
        accept_multiple_files="directory" if folder else True,
        key=key,
        help="Everything that is read stays on the machine that runs vaelab.",
    )
    pack_many(key)
    files: list[UploadedFile] = st.session_state.get(key) or []
    st.caption(
        "In an archive, too, subfolders are classes. Other files are read as well: npz, npy, idx and "
        "parquet files, a CSV of pixels, or a CSV of file names whose columns say what each image is."
    )
    tables = [file.name for file in files if file.name.lower().endswith(".csv")]
    options = choose_options(tables, beside=len(files) > len(tables))
    st.button(
        f"Read {len(files):,} file{'' if len(files) == 1 else 's'}" if files else "Read the images",
        type="primary",
        icon=":material/photo_library:",
        key="adding-read",
        disabled=not files,
        on_click=read_upload,
        args=(files, options),
        help="Shows you the images first; nothing is kept yet.",
    )


def read_upload(files: Sequence[UploadedFile], options: dict[str, Any]) -> None:
    """Begin to read files that were uploaded; in a callback."""
    given = Given(source_of([file.name for file in files]))
    try:
        for file in files:
            given.add(file.name, file.getbuffer())
    except DatasetUnavailable as error:
        given.close()
        st.toast(explained(error), icon=":material/error:", duration="infinite")
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
        help="On the machine that runs vaelab, which is this one. It is read where it lies, and is not changed.",
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
        help="Shows you the images first; nothing is kept yet.",
    )


def read_path(path: str, options: dict[str, Any]) -> None:
    """Begin to read what is at a path; in a callback."""
    begin(Given(Path(path).name or path, path), options)


def read_shots(shots: Sequence[Shot]) -> None:
    """Begin to read pictures of the camera; in a callback."""
    try:
        files = [(str(shot["label"]), jpeg_of(shot)) for shot in shots]
    except ValueError as error:
        st.toast(explained(error), icon=":material/error:", duration="infinite")
    else:
        begin_with_files("camera", files, ".jpg")


def draw_oneself() -> None:
    """Draw one after another, class by class."""
    turn = task_number()
    drawings: dict[str, Drawing] = st.session_state.setdefault(f"adding-drawings-{turn}", {})

    def take(id: str, image: NDArray[np.uint8], label: str, nickname: str) -> None:
        if image.min() == image.max():
            raise ValueError("There is nothing on the paper: draw something first.")
        drawings[id] = Drawing(" ".join(label.split()), image)

    left, right = st.columns(2, gap="large")
    labels = list(dict.fromkeys(drawing.label for drawing in drawings.values()))
    # The browser remembers by this name what was drawn, and another visit begins anew.
    visit = st.session_state.setdefault("adding-visit", secrets.token_hex(8))
    with left:
        drawing_pad(
            f"{visit} {turn}",
            take,
            title="Draw",
            size=DRAWING_SIDE,
            classes=[label for label in labels if label],
            nicknames=False,
        )
    with right:
        st.markdown(
            f"Draw, choose or write what it is, and press **Add**; at least {MIN_IMAGES} drawings are needed. "
            "It is faster together: with **Collect drawings**, others draw on their phones."
        )
        frame.link_to("collect", "Collect drawings", "qr_code_2")
        for label in labels:
            images = np.stack([drawing.image[None] for drawing in drawings.values() if drawing.label == label])
            widgets.sheet(images, 10, f"Drawings of {label or 'no class'}", side=DRAWING_SIDE)
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
                help="Shows you the dataset first; nothing is kept yet.",
            )
            st.button(
                "Take the last one back",
                icon=":material/undo:",
                disabled=not drawings,
                on_click=take_back,
                args=(drawings,),
                help="Removes the drawing that was added last.",
            )


def take_back(drawings: dict[str, Drawing]) -> None:
    """Drop the drawing that was added last; in a callback."""
    drawings.popitem()


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
        st.toast(explained(error), icon=":material/error:", duration="infinite")
        return
    begin(given, AS_THEY_ARE)
