"""Learn: the course, a lesson at a time."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

import streamlit as st

from pages._lessons import LESSONS, Lesson
from pages._ui import browser_code, frame, state
from pages._ui.text import plain

#: Of the page's words and figures, in the middle of a wide screen.
WIDTH = 1280


def main() -> None:
    lesson = chosen_lesson()
    at = LESSONS.index(lesson)
    st.html(browser_code.ASSETS / "lessons" / "learn.css")
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Lesson {at + 1} of {len(LESSONS)} · {lesson.part}", width="stretch")
            contents(lesson)
            step(at - 1, "Previous", ":material/chevron_left:", "left")
            step(at + 1, "Next", ":material/chevron_right:", "right")
        with st.container(key="lesson-title"):
            st.markdown(f"## {lesson.title}\n\n*{lesson.question}*")
        frame.guarded(lesson.draw)()
        if at + 1 < len(LESSONS):
            following = LESSONS[at + 1]
            st.button(
                f"Next: {following.title}",
                key="next-lesson",
                type="primary",
                icon=":material/arrow_forward:",
                help=following.question,
                on_click=state.open_lesson,
                args=(following.slug,),
            )


def chosen_lesson() -> Lesson:
    """The lesson that the URL names, or the first."""
    slug = state.wanted_lesson() or LESSONS[0].slug
    lesson = next((lesson for lesson in LESSONS if lesson.slug == slug), None)
    if lesson is None:
        st.warning(f"There is no lesson called {plain(slug)}: choose one from the contents.")
        lesson = LESSONS[0]
    state.open_lesson(lesson.slug)
    return lesson


def contents(lesson: Lesson) -> None:
    with st.popover("Contents", icon=":material/toc:", help="All lessons: go to any of them."):
        number = 0
        box = st.container(gap=None)
        for part, lessons in groupby(LESSONS, key=lambda each: each.part):
            box.markdown(f"**{part}**")
            for each in lessons:
                number += 1
                box.button(
                    f"{number}. {each.title}",
                    key=f"lesson-{each.slug}",
                    type="primary" if each is lesson else "tertiary",
                    help=each.question,
                    on_click=state.open_lesson,
                    args=(each.slug,),
                )


def step(at: int, label: str, icon: str, side: Literal["left", "right"]) -> None:
    """Lead to the lesson before or after."""
    there = 0 <= at < len(LESSONS)
    st.button(
        label,
        key=f"step-{side}",
        icon=icon,
        icon_position=side,
        disabled=not there,
        help=LESSONS[at].title if there else "The course ends here.",
        on_click=state.open_lesson,
        args=(LESSONS[at].slug if there else "",),
    )


frame.show(main, __file__)
