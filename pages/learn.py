"""Learn: the course, a lesson at a time."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

import streamlit as st

from pages._lessons import LESSONS, Lesson, progress
from pages._ui import frame, state
from pages._ui.text import plain
from vaelab.export import modules

#: Of the page's words and figures, in the middle of a wide screen.
WIDTH = 1280

#: How far a lesson has been read: an icon, and the same in words.
STANDINGS = {
    "answered": (":material/check_circle:", "Answered."),
    "opened": (":material/adjust:", "Opened, but not answered yet."),
    "new": (":material/radio_button_unchecked:", "Not opened yet."),
}


def main() -> None:
    lesson = chosen_lesson()
    at = LESSONS.index(lesson)
    st.html(modules.ASSETS / "lessons" / "learn.css")
    if frame.presenting():
        st.html(modules.ASSETS / "lessons" / "presentation.css")
    with st.container(horizontal_alignment="center"), st.container(width="stretch" if frame.presenting() else WIDTH):
        with st.container(key="lesson-head", horizontal=True, vertical_alignment="center"):
            with st.container(key="lesson-title"):
                st.markdown(f"## {lesson.title}\n\n*{lesson.question}*")
            contents(lesson)
            step(at - 1, "Previous", ":material/chevron_left:", "left")
            step(at + 1, "Next", ":material/chevron_right:", "right")
        with frame.errors_in_words():
            lesson.draw()
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
    progress.keep(lesson.slug, [each.slug for each in LESSONS])


def chosen_lesson() -> Lesson:
    """The lesson that the URL names, or the first."""
    slug = state.wanted_lesson() or LESSONS[0].slug
    lesson = next((lesson for lesson in LESSONS if lesson.slug == slug), None)
    if lesson is None:
        st.warning(f"There is no lesson called {plain(slug)}: choose one from the contents.")
        lesson = LESSONS[0]
    state.keep_lesson(lesson.slug)
    return lesson


def contents(lesson: Lesson) -> None:
    """Lead to any lesson, and show how far each has been read."""
    at = LESSONS.index(lesson) + 1
    # A key of its own for each lesson, so that it closes when one is chosen.
    with st.popover(
        f"Contents: {at} of {len(LESSONS)}",
        icon=":material/toc:",
        key=f"contents-{lesson.slug}",
        help="All lessons, and which of them you have opened and answered.",
    ):
        with st.container(key="lesson-list", gap=None):
            for part, lessons in groupby(LESSONS, key=lambda each: each.part):
                st.markdown(f"**{part}**")
                for each in lessons:
                    icon, told = STANDINGS[progress.standing(each.slug)]
                    st.button(
                        f"{LESSONS.index(each) + 1}. {each.title}",
                        key=f"lesson-{each.slug}",
                        icon=icon,
                        type="primary" if each is lesson else "tertiary",
                        help=f"{each.question} {told}",
                        on_click=state.open_lesson,
                        args=(each.slug,),
                    )
        num_answered = sum(progress.standing(each.slug) == "answered" for each in LESSONS)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{num_answered} of {len(LESSONS)} questions answered. This browser remembers.", width="stretch")
            st.button(
                "Start over",
                key="start-over",
                disabled=not num_answered,
                help="Forget all answers, for instance before teaching the course once more.",
                on_click=progress.forget,
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
