"""A run that is watched: how it stands, and its course."""

from __future__ import annotations

import streamlit as st

from pages._train import forming, touching, training_view
from pages._ui import address, choosing, frame, map_view, resources, share, state, widgets
from pages._ui.text import explained
from vaelab.datasets import DatasetUnavailable
from vaelab.runs import ACTIVE, Run, RunError, Status, list_runs
from vaelab.sharing.losses import steps_per_epoch

ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")


def run_to_watch() -> Run | None:
    """Choose what to look at: a run, at first the one in training, or the images."""
    runs = {run.name: run for run in list_runs()}
    if not runs:
        return None
    options = ["", *runs]
    state.open_watched(options, _most_active(runs))
    names = choosing.told_apart(list(runs.values()), lambda run: run.title)
    name = st.selectbox(
        "Look at",
        options,
        format_func=lambda name: names(runs[name]) if name else "the images",
        key=state.WATCH_KEY,
        persist_state="session",
        help="A run to follow, or the images chosen on the left.",
    )
    address.put(state.WATCH_KEY, name or None)
    share.about(*[runs[name]] if name else [])
    return runs[name] if name else None


def _most_active(runs: dict[str, Run]) -> str:
    """The run in training, or the one that is next in the queue; empty if there is none."""
    active = {name: status for name, run in runs.items() if (status := run.status).state in ACTIVE}
    return min(active, key=lambda name: (active[name].state == "queued", active[name].updated), default="")


def watch(run: Run) -> None:
    """Follow a run by its folder, once a second while it is being trained, and in slow motion more often."""
    slow = touching.is_slow(resources.jobs().status(run))
    training_view.bring_into_view(run)
    with st.container(key="training-live"):

        @frame.part(every=0.25 if slow else 1.0, until=lambda: resources.jobs().status(run).state not in ACTIVE)
        def body() -> None:
            now = resources.jobs().status(run)
            draw_head(run, now)
            at_once = frame.is_first_pass()
            if run.epoch >= 0:
                # The curves at once, where they are to go on: what the map needs may take seconds to load.
                needs_time = at_once or not resources.torch_is_loaded()
                draw_course(run, now, curves_only=needs_time and now.state in ACTIVE)
            if not at_once:
                resources.load_torch()
            if touching.is_slow(now) != slow:
                st.rerun()  # to be looked at more often from now on, or less


def draw_head(run: Run, status: Status) -> None:
    active = status.state in ACTIVE
    with st.container(key="train-head", horizontal=True, vertical_alignment="center"):
        st.markdown(f"## {widgets.plain(run.title)}", width="stretch")
        # Each keeps its place, so that a second press of one is not the first of another: what comes and goes is first,
        # and in a place that is always there, or the others would for a moment be drawn twice beside it.
        with st.container(width="content"):
            if status.state in {"new", "stopped", "interrupted", "failed"}:
                widgets.resume_button(run)
        if st.button(
            "Explore",
            type="secondary" if active else "primary",
            icon=":material/explore:",
            disabled=not run.has_model,
            help="Open its latent map." if run.has_model else "There is no map yet: the first epoch has to end.",
        ):
            frame.switch_to("explore", {state.RUN_KEY: run.name})
        what = "End training now: every finished epoch is kept." if active else "It is not in training."
        widgets.stop_button(run, what, disabled=not active)
    if status.state == "failed":
        st.error(status.message, icon=":material/error:")
    elif status.refused:
        st.warning(
            f"It could not be resumed, and is as it was: {widgets.plain(status.refused)}", icon=":material/warning:"
        )
    elif status.state == "interrupted":
        st.warning(
            "The process that trained this run is gone. Every finished epoch is kept: press **Resume** to go on.",
            icon=":material/warning:",
        )
    st.progress(min(1.0, status.progress), " · ".join(describe_progress(run, status)))
    touching.draw_touch(run, status)
    if status.state not in ACTIVE:
        map_view.say_collapsed(run)


def describe_progress(run: Run, status: Status) -> list[str]:
    """Say how a run stands, part by part."""
    parts = [status.state.capitalize()]
    if status.state == "queued":
        parts.append(widgets.plain(_place_in_queue(run, status)))
    elif status.state == "preparing":
        parts.append(widgets.plain(status.message))
    elif run.epoch >= 0:
        parts += [_epochs_done(run), *(_step(run, status) if touching.is_close(status) else _speed(run, status))]
        if status.state not in ACTIVE:
            parts += [f"{widgets.duration(status.seconds)} of training", widgets.size_on_disk(run)]
        elif status.progress > 0 and not touching.is_close(status):
            left = status.seconds * (1 - status.progress) / status.progress
            parts.append(f"{widgets.duration(left)} left")
    elif status.message and status.state not in {"failed", "interrupted"}:
        parts.append(widgets.plain(status.message))
    return parts


def _epochs_done(run: Run) -> str:
    """Say how far a run is: ``"26 of 3,000 epochs"``, or ``"26 epochs"`` of one that goes by the clock."""
    total = run.epoch if run.config.seconds else run.config.epochs
    of_total = "" if run.config.seconds else f" of {total:,}"
    return f"{run.epoch:,}{of_total} epoch{'' if total == 1 else 's'}"


def _step(run: Run, status: Status) -> list[str]:
    """Say which step of an epoch was the last; nothing before its first."""
    steps = steps_per_epoch(run)
    taken = status.step - run.steps_done
    return [f"step {taken:,} of {steps:,} of the next"] if taken > 0 else []


def _speed(run: Run, status: Status) -> list[str]:
    """How fast it goes or, once it does not, how fast it went on the whole; nothing where that is not known."""
    speed = status.images_per_second
    if status.state not in ACTIVE:
        last = run.last_epoch()
        seconds = last["seconds"] if last else 0
        speed = last["epoch"] * run.data.num_train / seconds if last and seconds else 0
    return [f"{speed:,.0f} images/s"] if speed else []


def _place_in_queue(run: Run, status: Status) -> str:
    """Say what a queued run waits for: ``"Second in the queue, after A; B is being trained"``."""
    ahead = resources.jobs().ahead_of(run)
    trained = [other.title for other in ahead if other.status.state != "queued"]
    before = [other.title for other in ahead if other.status.state == "queued"]
    if not ahead:  # a worker is there, or is starting
        return "starting, which takes some seconds when the app is new"
    place = ORDINALS[len(before)] if len(before) < len(ORDINALS) else f"Number {len(before) + 1}"
    after = f", after “{before[-1]}”" if before else ""
    names = " and ".join(f"“{title}”" for title in trained)
    does = "is" if len(trained) == 1 else "are"
    held = ", and paused" if any(other.status.state == "paused" for other in ahead) else ""
    now = f"; {names} {does} being trained{held}" if trained else ""
    return f"{place} in the queue{after}{now}"


def draw_course(run: Run, status: Status, curves_only: bool) -> None:
    """The curves, and the latent map as it forms beside fixed images and their reconstructions."""
    data = frames = problem = None
    close = touching.is_close(status)
    try:
        if not curves_only:
            data = resources.images_of(run)
            with_forces = training_view.wants_forces(close)
            if close:
                frames = forming.frames_within(run, data, with_forces)
            frames = frames or forming.frames_of(run, data, status.state not in ACTIVE, with_forces)
    except (RunError, DatasetUnavailable) as error:
        problem = explained(error)
    # First, so that it keeps its place among the elements, and with it what one has zoomed into.
    training_view.draw_course(run, frames, status.state in ACTIVE, close)
    if data is not None and frames is not None:
        training_view.send_images(run, data)
    if problem:
        st.warning(problem)
