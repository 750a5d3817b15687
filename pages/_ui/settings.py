"""The settings of a training, as widgets: what the Train page hands to ``TrainConfig``."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from vaelab.config import ACTIVATIONS, CORRUPTIONS, LIKELIHOODS, OBJECTIVES, TrainConfig
from vaelab.datasets import SOURCES, Source, is_local

__all__ = ["CORRUPTION_NAMES", "STRENGTHS", "choose_settings", "choose_source"]

LIKELIHOOD_NAMES = {
    "bernoulli": "Bernoulli",
    "continuous_bernoulli": "Continuous Bernoulli",
    "gaussian": "Gaussian, fixed σ",
    "gaussian_learned": "Gaussian, learned σ",
}


OBJECTIVE_NAMES = {
    "elbo": "ELBO (VAE, β-VAE)",
    "tc": "β-TCVAE",
    "mmd": "InfoVAE (MMD)",
    "iwae": "IWAE",
}
CORRUPTION_NAMES = {
    None: "not at all",
    "gaussian": "Gaussian noise",
    "salt_and_pepper": "Salt and pepper",
    "masking": "Missing pixels",
    "blur": "Blur",
}
#: What a corruption's strength is called, its least and most, and where it starts.
STRENGTHS = {
    "gaussian": ("σ of the noise", 0.0, 1.0, 0.3),
    "salt_and_pepper": ("Share of pixels", 0.0, 1.0, 0.3),
    "masking": ("Share of pixels", 0.0, 1.0, 0.3),
    "blur": ("σ of the blur, in pixels", 0.0, 5.0, 1.0),
}


def _keep(name: str) -> dict[str, Any]:
    """A key under which a widget of this page keeps its value for the session."""
    return {"key": f"train-{name}", "persist_state": "session"}


def choose_source() -> Source:
    name = st.selectbox(
        "Images",
        list(SOURCES),
        format_func=lambda name: SOURCES[name].title,
        help="What the model learns to draw.",
        **_keep("dataset"),
    )
    source = SOURCES[name]
    channels, height, width = source.image_shape
    where = "" if is_local(source) else " They are downloaded when training starts."
    st.caption(
        f"{source.description} {source.num_images:,} images of {height} × {width} pixels, "
        f"{'gray' if channels == 1 else 'colour'}.{where}"
    )
    return source


def choose_settings(source: Source) -> dict[str, Any]:
    """Every setting of a ``TrainConfig``, as the widgets have them."""
    settings: dict[str, Any] = {"dataset": source.name}
    model, dims = st.columns(2)
    settings["model"] = model.segmented_control(
        "Model", ["vae", "ae"], default="vae", required=True,
        format_func=lambda name: {"vae": "VAE", "ae": "AE"}[name],
        help="**AE**, the autoencoder: each image becomes a point. **VAE**: each becomes a small "
        "cloud, and all clouds together fill the space, so that any place in it can be decoded.",
        **_keep("model"),
    )  # fmt: skip
    settings["latent_dim"] = dims.number_input(
        "Latent dimensions", 1, 128, 2,
        help="Numbers that an image is squeezed into. Two can be seen directly on a map.",
        **_keep("latent_dim"),
    )  # fmt: skip
    beta, epochs = st.columns(2)
    settings["beta"] = beta.number_input(
        "β", 0.0, 1000.0, 1.0, 0.5, disabled=settings["model"] == "ae",
        help="Weight of the KL term: 1 is the VAE; more keeps codes tidier and images blurrier.",
        **_keep("beta"),
    )  # fmt: skip
    settings["epochs"] = epochs.number_input(
        "Epochs", 1, 10_000, int(np.clip(200_000 // source.num_images, 10, 150)),
        help="How often training goes through all images.",
        key=f"train-epochs-{source.name}", persist_state="session",
    )  # fmt: skip
    with st.expander("Images: size, colour, subset"):
        settings["preprocessing"] = _choose_preprocessing(source)
    with st.expander("Network"):
        settings |= _choose_network()
    with st.expander("Objective"):
        settings |= _choose_objective(settings["model"])
    with st.expander("Labels and noise"):
        settings |= _choose_inputs(source)
    with st.expander("Training"):
        settings |= _choose_training()
    return settings


def _choose_preprocessing(source: Source) -> dict[str, Any]:
    size = st.selectbox(
        "Size", [None, 8, 16, 28, 32, 64],
        format_func=lambda size: "as it is" if size is None else f"{size} × {size}",
        help="Pixels a side.", **_keep("size"),
    )  # fmt: skip
    color = st.segmented_control(
        "Colour", [None, "gray", "rgb"], default=None, required=True,
        format_func={None: "as it is", "gray": "gray", "rgb": "colour"}.__getitem__,
        help="One channel or three.", **_keep("color"),
    )  # fmt: skip
    binarize = st.toggle(
        "Black and white", help="Round every pixel to black or white.", **_keep("binarize")
    )
    subset = st.number_input(
        "Images to keep", 30, None, None, placeholder=f"all {source.num_images:,}",
        help="Fewer images train faster.", **_keep("num_images"),
    )  # fmt: skip
    classes = st.multiselect(
        "Classes to keep", source.label_names, placeholder="all", help="Leave classes out.",
        key=f"train-classes-{source.name}", persist_state="session",
    )  # fmt: skip
    return {
        "size": size,
        "color": color,
        "binarize": binarize,
        "num_images": subset,
        "classes": tuple(classes) or None,
    }


def _choose_network() -> dict[str, Any]:
    architecture = st.segmented_control(
        "Architecture", ["mlp", "conv"], default="mlp", required=True,
        format_func={"mlp": "MLP", "conv": "Convolutional"}.__getitem__,
        help="**MLP**: every pixel to every unit; fine for small images. **Convolutional**: "
        "looks at neighbourhoods; for 28 to 64 pixels.", **_keep("architecture"),
    )  # fmt: skip
    conv = architecture == "conv"
    default = "16, 32" if conv else "256, 256, 128"
    widths = st.text_input(
        "Channels of the stages" if conv else "Widths of the hidden layers", default,
        help="From the image inwards, separated by commas; the decoder mirrors them.",
        **_keep(f"widths-{architecture}"),
    )  # fmt: skip
    activation = st.selectbox(
        "Activation", ACTIVATIONS, ACTIVATIONS.index(TrainConfig().activation),
        help="The nonlinearity between layers.", **_keep("activation"),
    )  # fmt: skip
    return {
        "architecture": architecture,
        "channels" if conv else "hidden": [part.strip() for part in widths.split(",")],
        "activation": activation,
    }


def _choose_objective(model: str) -> dict[str, Any]:
    variant = _choose_variant(model)
    likelihood = st.selectbox(
        "Likelihood", LIKELIHOODS, format_func=LIKELIHOOD_NAMES.__getitem__,
        help="How probable an image is, given what the decoder draws. **Bernoulli** is the usual "
        "choice for pixels between black and white.", **_keep("likelihood"),
    )  # fmt: skip
    sigma = 0.1
    if likelihood.startswith("gaussian"):
        sigma = st.number_input(
            "σ of a pixel", 0.01, 10.0, 0.1, 0.05,
            help="Between 0 and 1, as pixels are: smaller asks for sharper images.",
            **_keep("sigma"),
        )  # fmt: skip
    warmup = st.slider(
        "KL warm-up", 0.0, 1.0, 0.0, 0.05, disabled=model == "ae",
        help="Part of training over which β rises from 0: first draw, then tidy up.",
        **_keep("kl_warmup"),
    )  # fmt: skip
    free_bits = st.number_input(
        "Free bits, nats a dimension", 0.0, 10.0, 0.0, 0.1,
        disabled=model == "ae" or variant["objective"] in {"tc", "iwae"},
        help="What each dimension may say without paying: keeps dimensions from going unused.",
        **_keep("free_bits"),
    )  # fmt: skip
    if variant["objective"] in {"tc", "iwae"}:
        free_bits = 0.0  # these take the KL term apart, and have none to give
    return variant | {
        "likelihood": likelihood, "sigma": sigma, "kl_warmup": warmup, "free_bits": free_bits
    }  # fmt: skip


def _choose_variant(model: str) -> dict[str, Any]:
    """What a VAE minimizes, with the numbers that only this one asks for."""
    chosen: dict[str, Any] = {"objective": "elbo"}
    if model == "ae":
        return chosen
    chosen["objective"] = st.selectbox(
        "Minimize", OBJECTIVES, format_func=OBJECTIVE_NAMES.__getitem__,
        help="**ELBO**: reconstruction + β × KL. **β-TCVAE**: β weighs the total correlation only, "
        "the part of the KL that makes dimensions say the same things. **InfoVAE**: codes as a "
        "whole are held to the prior; with β 0, single ones may say as much as they like. "
        "**IWAE**: a tighter bound, from several samples an image.", **_keep("objective"),
    )  # fmt: skip
    if chosen["objective"] == "mmd":
        chosen["mmd_weight"] = st.number_input(
            "Weight of the MMD", 0.0, 100_000.0, TrainConfig().mmd_weight, 10.0,
            help="How much it costs that codes as a whole differ from the prior.",
            **_keep("mmd_weight"),
        )  # fmt: skip
    if chosen["objective"] == "iwae":
        chosen["num_samples"] = st.number_input(
            "Samples an image, k", 1, 64, TrainConfig().num_samples,
            help="More make the bound tighter, and a step that much slower.",
            **_keep("num_samples"),
        )  # fmt: skip
    return chosen


def _choose_inputs(source: Source) -> dict[str, Any]:
    """What the networks are given: the label as well, or a damaged image."""
    conditional = st.toggle(
        "Tell the model the label", disabled=not source.label_names,
        help="A **conditional** model: encoder and decoder are told the label, so that the code is "
        "left with the rest, such as slant and stroke; and one can ask for a label.",
        **_keep("conditional"),
    )  # fmt: skip
    corruption = st.selectbox(
        "Damage the images", [None, *CORRUPTIONS], format_func=CORRUPTION_NAMES.__getitem__,
        help="A **denoising** model: what is encoded is damaged, anew each step, and the clean "
        "image is to be reconstructed.", **_keep("corruption"),
    )  # fmt: skip
    chosen = {
        "conditional": conditional and bool(source.label_names),
        "corruption": corruption,
    }
    if corruption:
        name, least, most, default = STRENGTHS[corruption]
        chosen["corruption_strength"] = st.slider(
            name, least, most, default, help="How strong the damage is in training.",
            **_keep(f"strength-{corruption}"),
        )  # fmt: skip
    return chosen


def _choose_training() -> dict[str, Any]:
    seconds = st.number_input(
        "Seconds instead of epochs", 1, 86_400, None, placeholder="train by epochs",
        help="Train for this long, whatever the machine manages.", **_keep("seconds"),
    )  # fmt: skip
    batch_size = st.select_slider(
        "Batch size", [16, 32, 64, 128, 256, 512, 1024], 128, help="Images a step.",
        **_keep("batch_size"),
    )  # fmt: skip
    rate = st.number_input(
        "Learning rate", 0.0, 1.0, TrainConfig().learning_rate, 0.001, format="%.4f",
        help="The peak of the one-cycle schedule. If training diverges, take less.",
        **_keep("learning_rate"),
    )  # fmt: skip
    seed = st.number_input("Seed", 0, 2**31 - 1, 0, help="The same seed trains the same model.",
                           **_keep("seed"))  # fmt: skip
    device, threads = st.columns(2)
    where = device.selectbox("Device", ["cpu", "auto", "cuda", "mps"],
                             help="Where to compute; auto takes the fastest there is.",
                             **_keep("device"))  # fmt: skip
    num_threads = threads.number_input(
        "CPU threads", 1, 256, 1,
        help="One is steadiest while other programs run.", **_keep("threads"),
    )  # fmt: skip
    return {
        "seconds": seconds, "batch_size": batch_size, "learning_rate": rate, "seed": seed,
        "device": where, "threads": num_threads,
    }  # fmt: skip
