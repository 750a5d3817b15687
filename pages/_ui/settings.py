"""The settings of a training, as widgets: what the Train page hands to ``TrainConfig``.

In the URL each is called as in ``TrainConfig``: ``?dataset=mnist&latent_dim=8&beta=4``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages._ui import controls, state
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

ROUND_EPOCHS = (10, 20, 30, 50, 100, 150)


def choose_source() -> Source:
    name = controls.select(
        "Images",
        list(SOURCES),
        "dataset",
        "train-dataset",
        next(iter(SOURCES)),
        "What the model learns to draw.",
        title=lambda name: SOURCES[name].title,
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
    settings["model"] = controls.segments(
        "Model", ["vae", "ae"], "model", "train-model", "vae",
        "**AE**, the autoencoder: each image becomes a point. **VAE**: each becomes a small "
        "cloud, and all clouds together fill the space, so that any place in it can be decoded.",
        title=str.upper, within=model,
    )  # fmt: skip
    settings["latent_dim"] = controls.number(
        "Latent dimensions", 1, 128, 2, "latent_dim", "train-latent_dim",
        "Numbers that an image is squeezed into. Two can be seen directly on a map.", within=dims,
    )  # fmt: skip
    beta, epochs = st.columns(2)
    settings["beta"] = controls.number(
        "β", 0.0, 1000.0, 1.0, "beta", "train-beta",
        "Weight of the KL term: 1 is the VAE; more keeps codes tidier and images blurrier.",
        within=beta, step=0.5, disabled=settings["model"] == "ae",
    )  # fmt: skip
    settings["epochs"] = controls.number(
        "Epochs", 1, 10_000, _usual_epochs(source), "epochs",
        f"train-epochs-{source.name}", "How often training goes through all images.",
        within=epochs,
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


def _usual_epochs(source: Source) -> int:
    """The round number that comes nearest to showing 200,000 images."""
    return min(ROUND_EPOCHS, key=lambda epochs: abs(np.log(epochs * source.num_images / 200_000)))


def _choose_preprocessing(source: Source) -> dict[str, Any]:
    # No option is None, which Streamlit takes for nothing chosen.
    size = controls.select(
        "Size", [0, 8, 16, 28, 32, 64], "size", "train-size", 0, "Pixels a side.",
        title=lambda size: f"{size} × {size}" if size else "as it is",
    )  # fmt: skip
    colors = {"as-is": "as it is", "gray": "gray", "rgb": "colour"}
    color = controls.segments(
        "Colour", list(colors), "color", "train-color", "as-is", "One channel or three.",
        title=colors.__getitem__,
    )  # fmt: skip
    binarize = controls.toggle(
        "Black and white", "binarize", "train-binarize", "Round every pixel to black or white."
    )
    subset = controls.number(
        "Images to keep", 30, None, None, "num_images", "train-num_images",
        "Fewer images train faster.", placeholder=f"all {source.num_images:,}",
    )  # fmt: skip
    classes = controls.several(
        "Classes to keep", source.label_names, "classes", f"train-classes-{source.name}",
        "Leave classes out.", placeholder="all",
    )  # fmt: skip
    return {
        "size": size or None,
        "color": None if color == "as-is" else color,
        "binarize": binarize,
        "num_images": subset,
        "classes": tuple(classes) or None,
    }


def _choose_network() -> dict[str, Any]:
    architecture = controls.segments(
        "Architecture", ["mlp", "conv"], "architecture", "train-architecture", "mlp",
        "**MLP**: every pixel to every unit; fine for small images. **Convolutional**: "
        "looks at neighbourhoods; for 28 to 64 pixels.",
        title={"mlp": "MLP", "conv": "Convolutional"}.__getitem__,
    )  # fmt: skip
    conv = architecture == "conv"
    default = "16, 32" if conv else "256, 256, 128"
    widths = controls.text(
        "Channels of the stages" if conv else "Widths of the hidden layers", default,
        "channels" if conv else "hidden", f"train-widths-{architecture}",
        "From the image inwards, separated by commas; the decoder mirrors them.",
    )  # fmt: skip
    state.keep("hidden" if conv else "channels", None)
    activation = controls.select(
        "Activation", ACTIVATIONS, "activation", "train-activation", TrainConfig().activation,
        "The nonlinearity between layers.",
    )  # fmt: skip
    return {
        "architecture": architecture,
        "channels" if conv else "hidden": [part.strip() for part in widths.split(",")],
        "activation": activation,
    }


def _choose_objective(model: str) -> dict[str, Any]:
    variant = _choose_variant(model)
    likelihood = controls.select(
        "Likelihood", LIKELIHOODS, "likelihood", "train-likelihood", LIKELIHOODS[0],
        "How probable an image is, given what the decoder draws. **Bernoulli** is the usual "
        "choice for pixels between black and white.", title=LIKELIHOOD_NAMES.__getitem__,
    )  # fmt: skip
    sigma = 0.1
    if likelihood.startswith("gaussian"):
        sigma = controls.number(
            "σ of a pixel", 0.01, 10.0, 0.1, "sigma", "train-sigma",
            "Between 0 and 1, as pixels are: smaller asks for sharper images.", step=0.05,
        )  # fmt: skip
    warmup = controls.slider(
        "KL warm-up", 0.0, 1.0, 0.0, 0.05, "kl_warmup", "train-kl_warmup",
        "Part of training over which β rises from 0: first draw, then tidy up.",
        disabled=model == "ae",
    )  # fmt: skip
    free_bits = controls.number(
        "Free bits, nats a dimension", 0.0, 10.0, 0.0, "free_bits", "train-free_bits",
        "What each dimension may say without paying: keeps dimensions from going unused.",
        step=0.1, disabled=model == "ae" or variant["objective"] in {"tc", "iwae"},
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
    chosen["objective"] = controls.select(
        "Minimize", OBJECTIVES, "objective", "train-objective", "elbo",
        "**ELBO**: reconstruction + β × KL. **β-TCVAE**: β weighs the total correlation only, "
        "the part of the KL that makes dimensions say the same things. **InfoVAE**: codes as a "
        "whole are held to the prior; with β 0, single ones may say as much as they like. "
        "**IWAE**: a tighter bound, from several samples an image.",
        title=OBJECTIVE_NAMES.__getitem__,
    )  # fmt: skip
    if chosen["objective"] == "mmd":
        chosen["mmd_weight"] = controls.number(
            "Weight of the MMD", 0.0, 100_000.0, TrainConfig().mmd_weight, "mmd_weight",
            "train-mmd_weight", "How much it costs that codes as a whole differ from the prior.",
            step=10.0,
        )  # fmt: skip
    if chosen["objective"] == "iwae":
        chosen["num_samples"] = controls.number(
            "Samples an image, k", 1, 64, TrainConfig().num_samples, "num_samples",
            "train-num_samples", "More make the bound tighter, and a step that much slower.",
        )  # fmt: skip
    return chosen


def _choose_inputs(source: Source) -> dict[str, Any]:
    """What the networks are given: the label as well, or a damaged image."""
    conditional = controls.toggle(
        "Tell the model the label", "conditional", "train-conditional",
        "A **conditional** model: encoder and decoder are told the label, so that the code is "
        "left with the rest, such as slant and stroke; and one can ask for a label.",
        disabled=not source.label_names,
    )  # fmt: skip
    corruption = controls.select(
        "Damage the images", ["none", *CORRUPTIONS], "corruption", "train-corruption", "none",
        "A **denoising** model: what is encoded is damaged, anew each step, and the clean "
        "image is to be reconstructed.",
        title=lambda name: CORRUPTION_NAMES[None if name == "none" else name],
    )  # fmt: skip
    chosen: dict[str, Any] = {
        "conditional": conditional and bool(source.label_names),
        "corruption": None if corruption == "none" else corruption,
    }
    if corruption != "none":
        name, least, most, default = STRENGTHS[corruption]
        chosen["corruption_strength"] = controls.slider(
            name, least, most, default, 0.01, "corruption_strength",
            f"train-strength-{corruption}", "How strong the damage is in training.",
        )  # fmt: skip
    return chosen


def _choose_training() -> dict[str, Any]:
    seconds = controls.number(
        "Seconds instead of epochs", 1, 86_400, None, "seconds", "train-seconds",
        "Train for this long, whatever the machine manages.", placeholder="train by epochs",
    )  # fmt: skip
    batch_size = controls.batch(
        "Batch size", [16, 32, 64, 128, 256, 512, 1024], "batch_size", "train-batch_size", 128,
        "Images a step.",
    )  # fmt: skip
    rate = controls.number(
        "Learning rate", 0.0, 1.0, TrainConfig().learning_rate, "learning_rate",
        "train-learning_rate",
        "The peak of the one-cycle schedule. If training diverges, take less.",
        step=0.001, format="%.4f",
    )  # fmt: skip
    seed = controls.number("Seed", 0, 2**31 - 1, 0, "seed", "train-seed",
                           "The same seed trains the same model.")  # fmt: skip
    device, threads = st.columns(2)
    where = controls.select("Device", ["cpu", "auto", "cuda", "mps"], "device", "train-device",
                            "cpu", "Where to compute; auto takes the fastest there is.",
                            within=device)  # fmt: skip
    num_threads = controls.number(
        "CPU threads", 1, 256, 1, "threads", "train-threads",
        "One is steadiest while other programs run.", within=threads,
    )  # fmt: skip
    return {
        "seconds": seconds, "batch_size": batch_size, "learning_rate": rate, "seed": seed,
        "device": where, "threads": num_threads,
    }  # fmt: skip
