"""The ways in which images are given: files, a folder, a camera, drawings, a path on this machine."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages._images.camera import Shot, jpeg_of, take_pictures
from pages._images.current import begin_with_classes, task_number
from pages._images.drawing import draw_oneself
from pages._images.uploading import from_path, from_upload
from pages._ui import address, reach
from pages._ui.text import explained

#: In the URL: ``?add=files``, and in which way.
ADD_PARAM = "add"
WAY_KEY = "adding-way"

WAYS = {
    "files": "Files or an archive",
    "folder": "A folder",
    "camera": "Camera",
    "draw": "Draw",
    "path": "A path on this machine",
}


def begin_adding() -> None:
    """Go to where images are added; in a callback."""
    address.hold({ADD_PARAM: next(iter(WAYS))})


def leave_adding() -> None:
    """Go back to all datasets; in a callback."""
    address.hold({ADD_PARAM: None})


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


def read_shots(shots: Sequence[Shot]) -> None:
    """Begin to read pictures of the camera; in a callback."""
    try:
        files = [(str(shot["label"]), jpeg_of(shot)) for shot in shots]
    except ValueError as error:
        st.toast(explained(error), icon=":material/error:", duration="infinite")
    else:
        begin_with_classes("camera", files, ".jpg")
