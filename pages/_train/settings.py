"""Every setting of a training, in the order in which they are asked for."""

from __future__ import annotations

import streamlit as st

from pages._train.form import Form
from pages._train.images import ask_preprocessing
from pages._train.network import ask_network
from pages._train.objective import ask_number_of, ask_objective
from pages._ui import controls
from vaelab.choices import CORRUPTIONS


def ask_settings(form: Form) -> None:
    """Ask for each, and note them in the form."""
    model, dims = st.columns(2)
    form.ask(
        controls.segmented_control,
        "Model",
        "model",
        options=["vae", "ae"],
        help="**AE**, the autoencoder: each image becomes a point. **VAE**: each becomes a small "
        "cloud, and all clouds together are pulled towards N(0, I), so that codes drawn from it can be decoded.",
        format_func=str.upper,
        within=model,
    )
    form.ask_number(
        "Latent dimensions",
        "latent_dim",
        help="Numbers that an image is squeezed into. Two can be seen directly on a map.",
        within=dims,
    )
    beta, epochs = st.columns(2)
    form.ask_number(
        "Epochs",
        "epochs",
        key=form.key(f"epochs-{form.source.name}"),
        help="How often training goes through all images.",
        within=epochs,
    )
    with st.expander("Images: size, colour, subset"):
        ask_preprocessing(form)
    with st.expander("Network"):
        ask_network(form)
    with st.expander("Objective"):
        ask_objective(form)
    # Only now, as what is minimized decides what it does, and where it starts.
    ask_number_of("beta", form, within=beta)
    with st.expander("Labels and noise"):
        ask_inputs(form)
    with st.expander("Training"):
        ask_training(form)


def ask_inputs(form: Form) -> None:
    """What the networks are given: the label as well, or a damaged image."""
    labelled = bool(form.source.label_names)
    told = form.ask(
        controls.toggle,
        "Tell the model the label",
        "conditional",
        default=form.start["conditional"] and labelled,
        help="A **conditional** model: encoder and decoder are told the label, so that the code is "
        "left with the rest, such as slant and stroke; and one can ask for a label.",
        disabled=not labelled,
    )
    form.values["conditional"] = told and labelled
    corruption = form.ask(
        controls.selectbox,
        "Damage the images",
        "corruption",
        options=["none", *CORRUPTIONS],
        default="none",
        help="A **denoising** model: what is encoded is damaged, anew each step, and the clean "
        "image is to be reconstructed.",
        format_func=lambda name: "not at all" if name == "none" else CORRUPTIONS[name].title,
    )
    if corruption == "none":
        form.values["corruption"] = None
        return
    damage = CORRUPTIONS[corruption]
    form.ask(
        controls.slider,
        damage.strength,
        "corruption_strength",
        key=form.key(f"strength-{corruption}"),
        min_value=0.0,
        max_value=damage.most,
        step=0.01,
        default=damage.start,
        help="How strong the damage is in training.",
    )


def ask_training(form: Form) -> None:
    """How long, in which steps, and where."""
    seconds = form.start["seconds"]
    form.ask(
        controls.number_input,
        "Seconds instead of epochs",
        "seconds",
        min_value=1,
        max_value=86_400,
        default=None if seconds is None else round(seconds),
        optional=True,
        help="Train for this long, whatever the machine manages.",
        placeholder="train by epochs",
    )
    form.ask(
        controls.select_slider,
        "Batch size",
        "batch_size",
        options=sorted({16, 32, 64, 128, 256, 512, 1024, form.start["batch_size"]}),
        help="Images a step.",
    )
    form.ask(
        controls.number_input,
        "Learning rate",
        "learning_rate",
        min_value=0.0001,
        max_value=1.0,
        step=0.001,
        help="The peak of the one-cycle schedule. If training diverges, take less.",
        format="%.4f",
    )
    form.ask_number("Seed", "seed", help="The same seed trains the same model.")
    flip, shift = st.columns(2, vertical_alignment="bottom")
    form.ask(
        controls.toggle,
        "Mirror images",
        "augment_flip",
        help="Mirror every other training image: twice as many to learn from. Not for letters and digits, which have "
        "a side.",
        within=flip,
    )
    form.ask_number(
        "Shift images, pixels",
        "augment_shift",
        help="Move each training image a little, anew each time: for small sets.",
        within=shift,
    )
    device, threads = st.columns(2)
    form.ask(
        controls.selectbox,
        "Device",
        "device",
        options=["cpu", "auto", "cuda", "mps"],
        help="Where to compute; auto takes the fastest there is.",
        within=device,
    )
    form.ask_number("CPU threads", "threads", help="One is steadiest while other programs run.", within=threads)
