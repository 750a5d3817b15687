"""A step from one group to the other, added to images; and how well that works."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._ui import controls, pictures, resources, widgets
from pages._ui.cached import per_run
from pages._ui.image_table import Strip, Words, draw_pictures, draw_strips
from vaelab.datasets import ImageDataset
from vaelab.evaluation.transfer import Change, Shift, learn_change, shift_images
from vaelab.figures.generation import shift_curves
from vaelab.runs import Run

#: Strengths of the strip, and images that are changed together.
STRIP = np.linspace(-1, 2, 7)
MANY = 12


def draw_change(run: Run, data: ImageDataset, a: np.ndarray, b: np.ndarray) -> None:
    change = _change(run, a, b)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        strength = draw_one(run, data, change, a)
    draw_many(run, data, change, strength)
    with right:
        st.markdown("## Does it work on held-out images?")
        if not len(change.held_out_a.indices):
            st.info("No image of group A is held out to judge by: choose a larger group.")
            return
        shift = _shift(run, a, b)
        curves = {"codes, encoded again": shift.encoded, "pixels": shift.pixels, "random directions": shift.control}
        widgets.chart(
            shift_curves(shift.strengths, curves, "random directions", shift.right),
            key="shift-curves",
            config=widgets.NO_BAR,
        )
        say_how_well(shift)


def draw_one(run: Run, data: ImageDataset, change: Change, a: np.ndarray) -> float:
    """Change one image; returns how strongly."""
    key = f"arithmetic-image:{data.key}"
    group_key = f"{key}:of"
    pool = change.held_out_a if len(change.held_out_a.indices) else change.train_a

    def draw() -> None:
        st.session_state[key] = pictures.draw_another(pool.indices, [st.session_state[key]])

    # Another group A gets another image; the first one is the same on every visit.
    first = int(np.random.default_rng(0).choice(pool.indices))
    if st.session_state.get(group_key) != a.tobytes():
        st.session_state[group_key] = a.tobytes()
        st.session_state[key] = first
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = controls.number_input(
            "Image",
            param="image",
            key=key,
            min_value=0,
            max_value=len(data) - 1,
            default=first,
            help="The number of any image of the dataset.",
            width=140,
        )
        st.button(
            "Draw another", icon=":material/casino:", on_click=draw, help="Draw another held-out image of group A."
        )
        strength = controls.slider(
            "Strength",
            param="strength",
            key="strength",
            min_value=-1.0,
            max_value=2.0,
            step=0.05,
            default=1.0,
            help="How many times the direction is added. At 1, the mean of A becomes that of B.",
        )
    label = data.label_of(index)
    z = run.engine.encode(data.images[[index]], label).mu.astype(np.float64)
    decoded = run.engine.decode(z + np.array([0, strength])[:, None] * change.direction, label)
    training_note = " (trained on)" if index in data.split.train else ""
    draw_pictures(
        [
            (data.images[index], pictures.describe_image(data, index) + training_note),
            (decoded[0], "Recon\u00adstruction"),
            (decoded[1], f"Changed by {strength:g} × the direction"),
        ]
    )
    way = run.engine.decode(z + STRIP[:, None] * change.direction, label)
    words = [f"{value:+g}".replace("-", "−") if value else "0" for value in STRIP]
    draw_strips([Strip("decoded", way), Words("strength", words)], len(STRIP))
    return strength


def draw_many(run: Run, data: ImageDataset, change: Change, strength: float) -> None:
    chosen = np.random.default_rng(1).permutation(change.held_out_a.indices)[:MANY]
    if not len(chosen):
        return
    st.markdown(f"## Other held-out images of A, changed with strength {strength:g}")
    labels = data.labels_of(chosen)
    codes = run.engine.encode(data.images[chosen], labels).mu
    changed = run.engine.decode(codes + strength * change.direction, labels)
    rows = [
        Strip("held out", data.images[chosen]),
        Strip("reconstructed", run.engine.decode(codes, labels)),
        Strip("changed", changed),
    ]
    draw_strips(rows, MANY)


def say_how_well(shift: Shift) -> None:
    at_one = int(np.abs(shift.strengths - 1).argmin())
    sentence = "A classifier tells codes of A and B apart. "
    if shift.accuracy is not None:
        sentence = (
            f"A classifier tells held-out codes of A and B apart with an accuracy of "
            f"**{shift.accuracy:.0%}** (guessing: 50%). "
        )
        if shift.accuracy < 0.6:
            sentence = f":material/warning: {sentence}The model has hardly encoded what differs. "
    st.markdown(
        f"{sentence}{shift.num_images} held-out images of A were moved, decoded and encoded again: "
        f"at strength 1 the classifier takes **{shift.encoded[at_one]:.0%}** of them for B. A "
        f"classifier of pixels, which knows nothing of the model, takes "
        f"**{shift.pixels[at_one]:.0%}**. Of those moved as far in random directions, the first takes "
        f"{shift.control[at_one]:.0%}."
    )


@per_run(max_entries=32)
def _change(run: Run, a: np.ndarray, b: np.ndarray) -> Change:
    projection = resources.made(run, "plane" if run.config.latent_dim <= 2 else "pca")
    train = resources.images_of(run).split.train
    return learn_change(projection.codes, projection.indices, a, b, train)


@per_run(max_entries=32, spinner="Moving held-out images along the direction …")
def _shift(run: Run, a: np.ndarray, b: np.ndarray) -> Shift:
    return shift_images(run.engine, resources.images_of(run), _change(run, a, b))
