"""A training as it goes, drawn over in place: see ``assets/training``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from safetensors.numpy import save

from pages._train.changed import Change, changes_of
from pages._train.forces import COLUMNS, arrow_rows
from pages._train.forming import SIDE, Frames, rows_on_map, rows_shown, small
from pages._ui import browser_code
from vaelab.datasets import ImageDataset
from vaelab.figures import PALETTE
from vaelab.runs import Run
from vaelab.sharing.losses import curves_of, steps_per_epoch

_COURSE = browser_code.component(
    "training_course", "training/mount.js", "training/course.html", "lessons/stage.css", "training/course.css"
)
# Images have a mount of their own, so that they travel once.
_IMAGES = browser_code.component("training_images", "training/images_mount.js")

_SCROLL = browser_code.component("training_scroll", "training/scroll_mount.js")
_COURSE_KEY = "training-course"
#: Pixels a side of the images on the map.
THUMB = 28
#: Colours of training and of validation, as in ``loss_curves``.
COLORS = (PALETTE[0], PALETTE[6])


class ImagesSpec(TypedDict):
    """What the browser is sent with a run's images."""

    run: str
    label_names: list[str]
    palette: list[str]


class CourseSpec(TypedDict):
    """What the browser is sent of a training as it goes."""

    run: str
    terms: list[str]  # what the curves are of
    colors: list[str]  # of training and of validation
    axes: list[str]  # of the map
    about: str  # what the map shows
    epochs: list[float]  # of which there is a map
    steps: int  # that an epoch takes
    changes: list[Change]  # of settings while it was trained
    goes_on: bool  # whether the training does
    close: bool  # whether its steps are looked at
    regularizer: str  # what pulls at codes beside the reconstruction; empty where nothing does
    columns: list[str]  # of what is known of each code's forces
    dimensions: int  # of z


def bring_into_view(run: Run) -> None:
    """On a phone, where a training stands above the settings, have it in sight once it is another one."""
    _SCROLL(key="training-scroll", data=_id_of(run))


def send_images(run: Run, data: ImageDataset) -> None:
    """Give the browser the images of a run in training: those on the map, and those that are reconstructed."""
    snapshot = run.last_snapshot()
    on_map = snapshot.indices[rows_on_map(snapshot)]
    shown = snapshot.indices[rows_shown(snapshot, data)]
    arrays: dict[str, NDArray[Any]] = {
        "thumbs": small(data.images[on_map], THUMB),
        "shown": small(data.images[shown], SIDE),
        "numbers": on_map.astype(np.int32),
        "pulled": arrow_rows(snapshot, data, rows_on_map(snapshot)).astype(np.int32),
    }
    if data.labels is not None:
        arrays["labels"] = data.labels[on_map].astype(np.int32)
    spec = ImagesSpec(run=_id_of(run), label_names=list(data.label_names), palette=list(PALETTE))
    _IMAGES(key="training-images", data=_pack(arrays, "images", spec))


def draw_course(run: Run, frames: Frames | None, goes_on: bool, close: bool) -> None:
    """Draw the curves of a run, and the map and reconstructions of some epochs.

    Parameters
    ----------
    run
        A run that was begun.
    frames
        The last one while it goes on, all at its end; None while there is none.
    goes_on
        Whether the training does.
    close
        Whether its steps are looked at.
    """
    terms, train, validation = curves_of(run)
    arrays: dict[str, NDArray[Any]] = {"train": train, "validation": validation}
    if frames is not None:
        arrays |= {"places": frames.places, "pictures": frames.pictures}
        if frames.forces is not None:
            arrays["forces"] = frames.forces
    flat = run.config.latent_dim <= 2
    spec = CourseSpec(
        run=_id_of(run),
        terms=terms,
        colors=list(COLORS),
        axes=["z1", "z2"] if flat else ["", ""],
        about=""
        if flat
        else "The two directions in which codes differ most (PCA), turned so that the map keeps its place "
        "from epoch to epoch.",
        epochs=[] if frames is None else frames.epochs,
        steps=steps_per_epoch(run),
        changes=changes_of(run),
        goes_on=goes_on,
        close=close,
        regularizer=run.config.minimized.regularizer,
        columns=list(COLUMNS),
        dimensions=run.config.latent_dim,
    )
    _COURSE(key=_COURSE_KEY, data=_pack(arrays, "course", spec), on_forces_change=lambda: None)


def wants_forces(close: bool) -> bool:
    """Whether arrows are to be on the map: as the browser says, or by default where steps are looked at."""
    chosen: bool | None = st.session_state.get(_COURSE_KEY, {}).get("forces")
    return close if chosen is None else chosen


def _id_of(run: Run) -> str:
    """A name for a run that another in the same folder has not."""
    return f"{run.name}@{run.created:.6f}"


def _pack(arrays: Mapping[str, NDArray[Any]], kind: str, spec: ImagesSpec | CourseSpec) -> bytes:
    """A file as the browser reads it."""
    metadata = {"kind": kind, kind: json.dumps(spec, allow_nan=False)}
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata)
