"""What Python says of the code at which z rests: its image, the posterior, what it costs, the images nearby."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages._ui import dimensions, pictures, state, widgets
from pages._ui.chosen import choose
from vaelab.datasets import ImageDataset
from vaelab.latent.density import nearest_codes
from vaelab.latent.units import code_scale

if TYPE_CHECKING:
    from vaelab.engine import Codes, ImageTerms
    from vaelab.latent.projections import Projection
    from vaelab.runs import Run

__all__ = ["draw_pinned"]

#: Dimensions of a posterior that are written down.
MOST_DIMENSIONS = 10

#: Draws from an image's posterior that its reconstruction error is the mean over.
NUM_DRAWS = 64

#: Real images shown that lie nearest to a code.
NUM_NEAREST = 12


def draw_pinned(run: Run, data: ImageDataset, projection: Projection, has_truth: bool) -> None:
    """Draw what is said of the code that was pinned, and whether its true posterior is on the map as well."""
    z, clicked = state.z_of(run), state.chosen_image(run)
    scale = code_scale(projection.codes, projection.sigma, run.config.model == "vae")
    nearby = projection.indices[nearest_codes(projection.codes, z, NUM_NEAREST, scale)]
    index = int(nearby[0]) if clicked is None else clicked
    chosen = "The chosen image" if state.was_chosen(run) else "The map's first image"
    st.markdown(f"## {'The nearest image' if clicked is None else chosen}")
    image = data.images[[index]]
    label = data.label_of(index)
    posterior = run.engine.encode(image, label)
    terms = run.engine.expected_terms(image, NUM_DRAWS, labels=label)
    with st.container(key="image-and-code"):
        first, second, figures = st.columns([1, 1, 1.4], gap="small")
    with first:
        pictures.picture(image[0], pictures.describe_image(data, index), side=160)
    with second:
        reconstruction = run.engine.decode(posterior.mu, label)[0]
        pictures.picture(reconstruction, "Recon\u00adstruction", side=160)
    with figures:
        _draw_error(run, terms)
        _draw_kl(run, terms)
    _draw_posterior(run, posterior, terms, projection, has_truth)
    st.markdown("## Nearest real images")
    pictures.sheet(data.images[nearby], NUM_NEAREST // 2, "The real images nearest to z")
    if data.labels is not None:
        counts = Counter(data.label_names[label] for label in data.labels[nearby])
        parts = [f"{count} “{widgets.plain(name)}”" for name, count in counts.most_common()]
        st.caption(f"Nearest first. {', '.join(parts)}.")
    st.button(
        "Choose these",
        icon=":material/bookmark_add:",
        key="choose-nearest",
        on_click=choose,
        args=(run, nearby),
        help="As if a line were drawn around them on the map: to keep them as a group, relabel or save them.",
    )


#: What the page draws besides, where codes are two numbers.
TRUTH = (
    " Dashed, in grey: the true posterior p(z|x), found by trying all codes; its lines hold as much of it as the "
    "ellipses of q(z|x), 39% and 86%. Where the two lie apart, the ELBO is below log p(x)."
)


def _draw_posterior(run: Run, posterior: Codes, terms: ImageTerms, projection: Projection, has_truth: bool) -> None:
    """Write down the Gaussian that the encoder makes of this image."""
    is_vae = run.engine.is_vae
    names = dimensions.names_of(run)
    says = np.abs(terms.kl_per_dim[0] if is_vae else posterior.mu[0])
    shown = sorted(np.argsort(-says, kind="stable")[:MOST_DIMENSIONS].tolist())
    head = ["Dimension", "μ"] + (["σ", "KL, nats"] if is_vae else [])
    lines = ["|".join(head), "|".join([":--", *["--:"] * (len(head) - 1)])]
    for dim in shown:
        numbers = [posterior.mu[0, dim]]
        if is_vae:
            numbers += [posterior.sigma[0, dim], terms.kl_per_dim[0, dim]]
        lines.append("|".join([widgets.plain(dimensions.written(dim, names)), *map(_written, numbers)]))
    more = run.config.latent_dim - len(shown)
    with st.expander("Posterior q(z|x) of this image" if is_vae else "Code of this image", expanded=len(shown) <= 3):
        st.markdown("\n".join(f"|{line}|" for line in lines))
        if is_vae:
            # Neither a line nor UMAP, which is not linear, has an ellipse for it.
            has_ellipse = run.config.latent_dim > 1 and projection.kind != "umap"
            ellipses = ": one ellipse on the map is as wide as σ, the other as 2σ" if has_ellipse else ""
            st.caption(
                f"The encoder places the image at μ, give or take σ{ellipses}. A dimension with μ near 0, σ near 1 "
                "and a KL near 0 says nothing about this image." + (TRUTH if has_ellipse and has_truth else "")
            )
        if more > 0:
            by = "the largest KL" if is_vae else "the largest |μ|"
            st.caption(f"The {len(shown)} of {run.config.latent_dim} dimensions with {by}.")


def _written(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _draw_error(run: Run, terms: ImageTerms) -> None:
    nats = float(terms.reconstruction[0])
    at = ""
    if run.engine.is_vae:
        at = (
            f" The mean over {NUM_DRAWS} draws of z from q(z|x): with the KL divergence added, −ELBO. The picture is "
            "decoded from μ alone."
        )
    st.metric(
        "Reconstruction",
        f"{nats:.1f} nats".replace("-", "−"),
        help=f"−log p(x|z), summed over pixels: how badly the decoder explains this image. The lower, the better.{at}",
    )
    if nats < 0:
        st.caption("Below zero is no mistake: p(x|z) is a density here, and may exceed 1. Lower is still better.")


def _draw_kl(run: Run, terms: ImageTerms) -> None:
    if run.engine.is_vae:
        st.metric(
            "KL divergence",
            f"{terms.kl[0]:.2f} nats",
            help="How far this image's posterior is from the prior: the price of its code.",
        )
