"""What Python says of one code: its image, the posterior, what it costs, the images nearby.

Beside the live canvas that is all; without it, there are sliders and what they decode as well.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages._ui import dimensions, state, widgets
from pages._ui.latent_canvas import has_true_posterior
from vaelab.datasets import ImageDataset
from vaelab.latent.density import nearest_codes
from vaelab.latent.units import active_units, code_scale

if TYPE_CHECKING:
    from vaelab.engine import Codes, ImageTerms
    from vaelab.latent.projections import Projection
    from vaelab.runs import Remembered, Run

__all__ = ["draw", "draw_pinned"]

#: Sliders shown at once; the rest are folded away.
MOST_SLIDERS = 10

#: Draws from an image's posterior that its reconstruction error is the mean over.
NUM_DRAWS = 64

#: Real images shown that lie nearest to a code.
NUM_NEAREST = 12


def draw_pinned(run: Run, data: ImageDataset, projection: Projection) -> None:
    """Draw what Python says of the code that was pinned in the browser."""
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
        widgets.picture(image[0], widgets.describe_image(data, index), side=160)
    with second:
        reconstruction = run.engine.decode(posterior.mu, label)[0]
        widgets.picture(reconstruction, "Recon\u00adstruction", side=160)
    with figures:
        _draw_error(run, terms)
        _draw_kl(run, terms)
    _draw_posterior(run, posterior, terms, projection)
    st.markdown("## Nearest real images")
    widgets.sheet(data.images[nearby], NUM_NEAREST // 2, "The real images nearest to z")
    if data.labels is not None:
        counts = Counter(data.label_names[label] for label in data.labels[nearby])
        parts = [f"{count} “{widgets.plain(name)}”" for name, count in counts.most_common()]
        st.caption(f"Nearest first. {', '.join(parts)}.")


#: What the page draws besides, where codes are two numbers.
TRUTH = (
    " Dashed, in grey: the true posterior p(z|x), found by trying all codes; its lines hold as much of it as the "
    "ellipses of q(z|x), 39% and 86%. Where the two lie apart, the ELBO is below log p(x)."
)


def _draw_posterior(run: Run, posterior: Codes, terms: ImageTerms, projection: Projection) -> None:
    """Write down the Gaussian that the encoder makes of this image."""
    is_vae = run.engine.is_vae
    names = dimensions.names_of(run)
    says = np.abs(terms.kl_per_dim[0] if is_vae else posterior.mu[0])
    shown = sorted(np.argsort(-says, kind="stable")[:MOST_SLIDERS].tolist())
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
                "and a KL near 0 says nothing about this image."
                + (TRUTH if has_ellipse and has_true_posterior(run) else "")
            )
        if more > 0:
            by = "the largest KL" if is_vae else "the largest |μ|"
            st.caption(f"The {len(shown)} of {run.config.latent_dim} dimensions with {by}.")


def _written(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def draw(run: Run, data: ImageDataset | Remembered, projection: Projection) -> None:
    index = state.chosen_image(run)
    encoded = label = None
    if index is None or not isinstance(data, ImageDataset):
        _draw_decoded_alone(run)
    else:
        image = data.images[[index]]
        label = data.label_of(index)
        encoded = (
            run.engine.encode(image, label),
            run.engine.expected_terms(image, NUM_DRAWS, labels=label),
        )
        _draw_image(run, image, label, widgets.describe_image(data, index), *encoded)

    st.markdown("## The code z")
    with st.container(horizontal=True, gap="small"):
        origin = np.zeros(run.config.latent_dim)
        st.button(
            "Origin", on_click=state.set_z, args=(run, origin), help="Set every slider to 0, the middle of the prior."
        )
        st.button("Random", on_click=_set_random, args=(run,), help="Draw z from the prior, N(0, I).")
        if encoded is not None:
            st.button(
                "Image",
                on_click=_set_image,
                args=(run, encoded[0].mu[0], label),
                help="Back to the code of the chosen image.",
            )
    if run.config.conditional:
        names = data.label_names
        st.selectbox(
            "Label",
            range(len(names)),
            key=state.label_key(run),
            format_func=names.__getitem__,
            persist_state="session",
            help="This model decodes a code together with a label.",
        )
    _draw_sliders(run, projection.codes, encoded)


def _draw_decoded_alone(run: Run) -> None:
    picture, note = st.columns([1, 2], gap="small")
    with picture:
        widgets.picture(_decoded(run), "Decoded from z")
    note.caption("No image: z was drawn. Click a point to see an image and its reconstruction.")


def _decoded(run: Run) -> Any:
    return run.engine.decode(state.z_of(run), state.label_of(run))[0]


def _draw_image(run: Run, image: Any, label: int | None, name: str, posterior: Codes, terms: ImageTerms) -> None:
    first, second, third = st.columns(3, gap="small")
    with first:
        widgets.picture(image[0], name)
    with second:
        # A soft hyphen: three pictures beside each other are narrow on a small screen.
        reconstruction = run.engine.decode(posterior.mu, label)[0]
        widgets.picture(reconstruction, "Recon\u00adstruction")
    with third:
        widgets.picture(_decoded(run), "Decoded from z")
    error, kl = st.columns(2)
    with error:
        _draw_error(run, terms)
    with kl:
        _draw_kl(run, terms)


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


def _draw_sliders(run: Run, codes: np.ndarray, encoded: tuple[Codes, ImageTerms] | None) -> None:
    """One slider a dimension; those that carry less, and the unused ones, folded away."""
    z, names = state.z_of(run), dimensions.names_of(run)

    def slider(dim: int) -> None:
        limit = float(np.ceil(max(3.0, np.abs(codes[:, dim]).max(), abs(z[dim]))))
        label = widgets.plain(dimensions.written(dim, names))
        if encoded is not None:
            posterior, terms = encoded
            label += f" · μ {posterior.mu[0, dim]:.2f}"
            if run.engine.is_vae:
                label += f" · σ {posterior.sigma[0, dim]:.2f} · KL {terms.kl_per_dim[0, dim]:.2f}"
        st.slider(
            label,
            -limit,
            limit,
            step=limit / 300,
            format="%.2f",
            key=state.slider_key(run, dim),
            persist_state="session",
            help="A number of the code: let go, and z is decoded anew.",
        )

    order = np.argsort(-dimensions.carried(run, codes), kind="stable")
    active = active_units(codes, run.config.model == "vae")
    used = [int(dim) for dim in order if active[dim]]
    unused = [int(dim) for dim in order if not active[dim]]
    # Which are shown goes by what they carry; then one looks for a number where numbers go.
    for dim in sorted(used[:MOST_SLIDERS]):
        slider(dim)
    if len(used) > MOST_SLIDERS:
        with st.expander(f"{len(used) - MOST_SLIDERS} more dimensions"):
            for dim in sorted(used[MOST_SLIDERS:]):
                slider(dim)
    if unused:
        with st.expander(f"Unused dimensions ({len(unused)})"):
            st.caption("These numbers are nearly the same for all images, and say nothing about them.")
            for dim in sorted(unused):
                slider(dim)


def _set_random(run: Run) -> None:
    state.set_z(run, np.random.default_rng().standard_normal(run.config.latent_dim))
    state.choose_image(run, None)


def _set_image(run: Run, z: np.ndarray, label: int | None) -> None:
    """Go back to an image: its code decodes to it only together with its own label."""
    state.set_z(run, z)
    state.set_label(run, label)
