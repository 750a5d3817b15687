"""The images to train on, and what is done to them first."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._train.form import Form
from pages._ui import controls, pictures, resources, widgets
from pages._ui.text import explained, licence_of
from vaelab.config import OWN
from vaelab.datasets import SOURCES, DatasetUnavailable, Source, is_local, sources


def choose_source() -> Source:
    """Choose the images: one's own first, if there are any."""
    known = sources()
    own = [name for name in known if name.startswith(OWN)]
    name = controls.selectbox(
        "Images",
        param="dataset",
        key="train-dataset",
        options=[*own, *SOURCES],
        default=next(iter(SOURCES)),
        help="What the model learns to draw. Bring your own on the Images page.",
        format_func=lambda name: known[name].title,
    )
    source = known[name]
    channels, height, width = source.image_shape
    where = "" if is_local(source) else f" They are downloaded when training starts{download_size(source)}."
    # Who brought the images knows what they are.
    description = "" if name in own else f"{source.description} "
    st.caption(
        f"{description}{source.num_images:,} images of {height} × {width} pixels, "
        f"{'grey' if channels == 1 else 'colour'}.{where}"
    )
    return source


def download_size(source: Source) -> str:
    """Say how large a download is, in brackets; nothing where it is not known."""
    return f" ({widgets.megabytes(source.num_bytes)})" if source.num_bytes else ""


def preview(source: Source) -> None:
    st.markdown(f"## {widgets.plain(source.title)}")
    if not is_local(source):
        st.info(
            f"Press **Start training**: {widgets.plain(source.title)}{download_size(source)} is then downloaded first, "
            "and kept for the next time."
        )
        return
    try:
        data = resources.dataset(source)
    except DatasetUnavailable as error:
        st.error(explained(error), icon=":material/error:")
        return
    chosen = np.random.default_rng(0).permutation(len(data))[:60]
    pictures.sheet(data.images[chosen], 10, f"Images of {source.title}")
    st.caption(
        "Some of the images. Press **Start training**, and watch the model's loss, its reconstructions and its "
        f"latent map take shape here. {licence_of(source.licence)}"
    )


def ask_preprocessing(form: Form) -> None:
    """Ask what is done to the images; what Streamlit would take for nothing chosen stands for none."""
    size, color = form.start["size"] or 0, form.start["color"] or "as-is"
    chosen = form.ask(
        controls.selectbox,
        "Size",
        "size",
        options=sorted({0, 8, 16, 28, 32, 64, 128, size}),
        default=size,
        help="Pixels a side.",
        format_func=lambda size: f"{size} × {size}" if size else "as it is",
    )
    form.values["size"] = chosen or None
    colors = {"as-is": "as it is", "gray": "grey", "rgb": "colour"}
    chosen = form.ask(
        controls.segmented_control,
        "Colour",
        "color",
        options=list(colors),
        default=color,
        help="One channel or three.",
        format_func=colors.__getitem__,
    )
    form.values["color"] = None if chosen == "as-is" else chosen
    form.ask(controls.toggle, "Black and white", "binarize", help="Round every pixel to black or white.")
    form.ask(
        controls.number_input,
        "Images to keep",
        "num_images",
        min_value=30,
        help="Fewer images train faster.",
        placeholder=f"all {form.source.num_images:,}",
    )
    chosen = form.ask(
        controls.multiselect,
        "Classes to keep",
        "classes",
        key=f"train-classes-{form.source.name}{form.source.version}",
        options=form.source.label_names,
        default=(),
        help="Leave classes out.",
        placeholder="all",
    )
    form.values["classes"] = tuple(chosen) or None
