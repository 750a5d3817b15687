"""The network, as the form asks for it."""

from __future__ import annotations

import streamlit as st

from pages._train.form import Form
from pages._ui import controls, widgets
from vaelab.choices import ACTIVATIONS, ARCHITECTURES
from vaelab.config import bounds_of


def ask_network(form: Form) -> None:
    """Ask for the layers, and what stands beside them."""
    name = form.ask(
        controls.segmented_control,
        "Architecture",
        "architecture",
        options=list(ARCHITECTURES),
        help=" ".join(f"**{each.title}**: {each.help}" for each in ARCHITECTURES.values()),
        format_func=lambda name: ARCHITECTURES[name].title,
    )
    ask_widths(form, name)
    form.ask(
        controls.selectbox,
        "Activation",
        "activation",
        options=list(ACTIVATIONS),
        help="The nonlinearity between layers.",
        format_func=ACTIVATIONS.__getitem__,
    )
    if name == "conv":
        form.ask(
            controls.toggle,
            "Group normalization",
            "group_norm",
            help="Brings what each convolution gives to one scale, in groups of channels: better pictures for the same "
            "number of steps, of which each takes about an eighth longer.",
        )
    form.ask(
        controls.toggle,
        "PCA beside the network",
        "pca_path",
        help="Encoder and decoder start as PCA of the images, and the network learns what PCA misses: soon good with "
        "few images.",
    )
    if form.values["model"] == "ae":
        form.ask_number(
            "Noise on the code",
            "code_noise",
            step=0.1,
            help="σ of noise on the codes in training, so that near codes mean near images. A VAE learns its own.",
        )


def ask_widths(form: Form, architecture: str) -> None:
    """Ask for the widths of the layers, in one line; what is wrong with it is a problem of the form."""
    name, label = ARCHITECTURES[architecture].widths, ARCHITECTURES[architecture].label
    usual = form.start[name]
    text = form.ask(
        controls.text_input,
        label,
        name,
        key=form.key(f"widths-{architecture}"),
        default=", ".join(map(str, usual)),
        help="From the image inwards, separated by commas; the decoder mirrors them.",
    )
    try:
        form.values[name] = _read_widths(name, label, text)
    except ValueError as error:
        form.values[name] = usual
        st.error(str(error), icon=":material/error:")
        form.problems.append(f"Under **Network**. {error}")


def _read_widths(name: str, called: str, text: str) -> tuple[int, ...]:
    """Read the widths of layers; a ValueError says in the form's words what is wrong with them."""
    bounds = bounds_of(name)
    most, widest = bounds["max_length"], bounds["le"]
    widths = []
    for part in map(str.strip, text.split(",")):
        if not part.isdecimal():
            what = f"“{widgets.plain(part)}” is not a whole number" if part else "a number is missing"
            raise ValueError(f"{called}: {what}. Write them like this: 256, 128.")
        widths.append(int(part))
    if len(widths) > most:
        raise ValueError(f"{called}: there may be {most} at most, but these are {len(widths)}.")
    for width in widths:
        if not 1 <= width <= widest:
            raise ValueError(f"{called}: each must be from 1 to {widest:,}, but one is {width:,}.")
    return tuple(widths)
