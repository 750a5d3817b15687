"""What of the course has been opened and answered.

The visitor's browser keeps it, so that a reload loses nothing. The address would keep it too, but whoever copies
the address of a lesson would give their answers away with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypedDict

import streamlit as st

from pages._ui import browser_code, frame

__all__ = ["Standing", "answer_key", "forget", "keep", "standing", "turn"]

Standing = Literal["answered", "opened", "new"]

_OPENED, _HEARD, _TURN, _FORGET = "course-opened", "course-heard", "course-turn", "course-forget"

_MEMORY = browser_code.component("course_memory", "lessons/memory.js")


class Memory(TypedDict):
    """What a browser keeps."""

    opened: list[str]  # lessons, by their slugs
    answers: dict[str, int]  # which option was chosen, by lesson


class MemorySent(Memory):
    """What the browser is told with each rerun."""

    lesson: str  # the open one
    heard: bool  # whether the browser has said what it remembers
    forget: bool  # whether what it remembers is to go
    presenting: bool  # whether keys turn to another lesson


def answer_key(lesson: str) -> str:
    """Key of the radio buttons of a lesson's question."""
    return f"predict-{lesson}"


def standing(lesson: str) -> Standing:
    """How far a lesson has been read."""
    if st.session_state.get(answer_key(lesson)) is not None:
        return "answered"
    return "opened" if lesson in _opened() else "new"


def turn() -> int:
    """How often the course was started over: figures of an earlier turn show their answers."""
    number: int = st.session_state.get(_TURN, 0)
    return number


def forget() -> None:
    """Start the course over; in a callback."""
    for lesson in _opened():
        st.session_state[answer_key(lesson)] = None
    st.session_state[_OPENED] = set()
    st.session_state[_TURN] = turn() + 1
    st.session_state[_FORGET] = True


def keep(lesson: str, lessons: Sequence[str]) -> None:
    """Note that a lesson is open, have the browser keep what was read, and take over what it kept before.

    Parameters
    ----------
    lesson
        The open one.
    lessons
        All there are, by their slugs.
    """
    _opened().add(lesson)
    sent = MemorySent(
        opened=[slug for slug in lessons if slug in _opened()],
        answers={slug: answer for slug in lessons if (answer := st.session_state.get(answer_key(slug))) is not None},
        lesson=lesson,
        heard=bool(st.session_state.get(_HEARD)),
        forget=bool(st.session_state.pop(_FORGET, False)),
        presenting=frame.presenting(),
    )
    _MEMORY(key="course-memory", data=sent, on_remembered_change=_taking_over(lessons))


def _opened() -> set[str]:
    opened: set[str] = st.session_state.setdefault(_OPENED, set())
    return opened


def _taking_over(lessons: Sequence[str]) -> Callable[[], None]:
    """Make the callback that is called once the browser has said what it remembers."""

    def remembered() -> None:
        found: Any = st.session_state["course-memory"]["remembered"]
        if not isinstance(found, dict):
            return
        st.session_state[_HEARD] = True
        _opened().update(slug for slug in found.get("opened", ()) if slug in lessons)
        for slug, answer in found.get("answers", {}).items():
            # Whatever was answered since is newer than what was kept.
            if slug in lessons and isinstance(answer, int) and st.session_state.get(answer_key(slug)) is None:
                st.session_state[answer_key(slug)] = answer

    return remembered
