"""Python's side of the slider over a training's epochs: see ``assets/time_machine``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st

from pages._ui import browser_code, browser_files, frame, offers, resources
from pages._ui.cached import per_run
from vaelab.latent.projections import MAX_POINTS, Projection
from vaelab.runs import Run
from vaelab.runs.status import ACTIVE
from vaelab.sharing import history
from vaelab.sharing.history import History, Known, PastSent

__all__ = ["Passed", "draw_time_machine", "has_history", "history_of", "map_of_epochs", "say_when_away"]

_MACHINE = browser_code.component(
    "time_machine",
    "time_machine/mount.js",
    "time_machine/component.html",
    "lessons/stage.css",
    "time_machine/component.css",
)


class Passed(NamedTuple):
    """A map that can be taken back in time."""

    run: Run
    map_key: str  # of the container around its chart


def has_history(run: Run) -> bool:
    """Whether a page can go back in a run's training."""
    return history_of(run) is not None


@per_run(max_entries=16)
def history_of(run: Run) -> History | None:
    """The epochs of a run that a page can go back to."""
    return history.history_of(resources.fresh(run))


@per_run(max_entries=4)
def map_of_epochs(run: Run, max_points: int = MAX_POINTS) -> Projection:
    """The map of a run that holds still from epoch to epoch: PCA of the codes of all of them."""
    past = history_of(run)
    if past is None:
        raise ValueError(f"{run.title} kept none of its epochs: choose another map.")
    return past.map_of(resources.made(run, "pca", max_points))


def draw_time_machine(maps: Sequence[Passed]) -> None:
    """Draw the slider that takes maps back in time, where their runs kept epochs; while one trains, it grows."""
    maps = [each for each in maps if has_history(each.run) and not browser_files.why_not_live(each.run)]
    if not maps:
        return
    homes = [resources.fresh(run).epoch for run, _ in maps]

    def is_over() -> bool:
        return all(run.status.state not in ACTIVE for run, _ in maps)

    @frame.part(every=2.0, until=is_over)
    def machine() -> None:
        sent = (_sent(run, key, home) for (run, key), home in zip(maps, homes, strict=True))
        _MACHINE(key=f"time-machine-{maps[0].map_key}", data=[each for each in sent if each])


def _sent(run: Run, map_key: str, home: int) -> PastSent | None:
    # As it is by now: the page's own may be in training.
    past = history_of(Run.open(run.path))
    if past is None:
        return None
    known = Known.of(resources.images_or_labels(run))  # which holds on to no images
    codes = offers.offer_to_make(f"{run.path} {past.run.version} codes", partial(past.codes_file, known))
    decoders = {
        epoch: offers.offer_to_make(f"{past.name(epoch)} of {run.path}", partial(past.decoder_file, epoch))
        for epoch in past.epochs
    }
    return past.sent(map_key, codes, decoders, home)


def say_when_away() -> None:
    """Say of what stands below that it is of the model as it is; seen only while the page is at another time."""
    with st.container(key="when-away"):
        st.caption("Below: of the model as it is now, not of the epoch shown.")
