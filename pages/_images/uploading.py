"""Images as files: uploaded, or at a path on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._images.current import begin, begin_with_files, task_number
from pages._images.import_task import Given
from pages._images.options import choose_options
from pages._images.packing import pack_many
from pages._ui.text import counted

if TYPE_CHECKING:
    from streamlit.typing import UploadedFile


def from_upload(way: str) -> None:
    """Drop or choose files, or a folder with all that is in it."""
    turn = task_number()
    key = f"upload-{way}-{turn}"
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
    label = f"Read {counted(len(files), 'file')}" if files else "Read the images"
    read_button(label, read_upload, files, options)


def read_upload(files: Sequence[UploadedFile], options: dict[str, Any]) -> None:
    """Begin to read files that were uploaded; in a callback."""
    source = source_of([file.name for file in files])
    if begin_with_files(source, [(file.name, file.getbuffer()) for file in files], options):
        forget_upload(files)


def source_of(names: Sequence[str]) -> str:
    """Say in a few words where files come from: the folder, the file, or how many."""
    tops = {name.replace("\\", "/").split("/")[0] for name in names}
    return tops.pop() if len(tops) == 1 else counted(len(names), "file")


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
    read_button("Read the images", read_path, path, choose_options([]))


def read_path(path: str, options: dict[str, Any]) -> None:
    """Begin to read what is at a path; in a callback."""
    begin(Given(Path(path).name or path, path), options)


def read_button(label: str, read: Callable[[Any, dict[str, Any]], None], given: Any, options: dict[str, Any]) -> None:
    """A button that reads what was given, if anything was."""
    st.button(
        label,
        type="primary",
        icon=":material/photo_library:",
        key="adding-read",
        disabled=not given,
        on_click=read,
        args=(given, options),
        help="Shows you the images first; nothing is kept yet.",
    )
