"""The import that is going on: it is begun, in several ways, and discarded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._images.import_task import Given, ImportTask
from pages._images.options import AS_THEY_ARE
from pages._ui.text import explained, suggest_name
from vaelab.datasets import DatasetUnavailable

#: The import that is going on, or whose images are neither kept nor discarded yet.
TASK_KEY = "adding-task"
#: How many imports were begun: another set of empty fields for each.
TURN_KEY = "adding-turn"


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


def begin_with_files(source: str, files: Sequence[tuple[str, bytes | memoryview]], options: dict[str, Any]) -> bool:
    """Begin to read files, given with their names; whether they could be written; in a callback."""
    given = Given(source)
    try:
        for name, content in files:
            given.add(name, content)
    except DatasetUnavailable as error:
        given.close()
        st.toast(explained(error), icon=":material/error:", duration="infinite")
        return False
    begin(given, options)
    return True


def begin_with_classes(source: str, pictures: Sequence[tuple[str, bytes]], ending: str) -> None:
    """Begin to read pictures that have a class each, empty for none; in a callback."""
    # A class is a folder, and neither several in one another nor a hidden one.
    folders = [label.replace("/", "-").replace("\\", "-").lstrip(". ") for label, _ in pictures]
    names = [f"{folder}/{number:04}{ending}" for number, folder in enumerate(folders, start=1)]
    begin_with_files(source, [(name, content) for name, (_, content) in zip(names, pictures, strict=True)], AS_THEY_ARE)
