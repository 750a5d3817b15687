"""What the model is: what it decodes from the prior, what it was trained on, and how well."""

from __future__ import annotations

import streamlit as st

from pages._ui import controls, pictures, widgets
from pages._ui.text import licence_of
from vaelab.runs import Run

__all__ = ["about", "draw_samples"]


def draw_samples(run: Run) -> None:
    with st.container(key="explore-samples"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
            st.markdown("## Samples from the prior")
            seed = controls.seed("Draw again", key="sample-seed", help="Draw other codes from the prior.")
        _, images = run.engine.sample(36, seed)
        pictures.sheet(images, 12, "Images decoded from random codes")
        if not run.config.minimized.fills_prior:
            st.caption(
                "An autoencoder was never asked to fill latent space as the prior does: many of these "
                "come from places where it has put no image. That is what the VAE's KL term mends."
            )


def about(run: Run) -> None:
    with st.expander("About this model"):
        record, figures = run.data, run.evaluation() or {}
        st.markdown(
            f"**{widgets.plain(record.name)}**: {widgets.plain(_sentence(record.description))} "
            f"Source: {widgets.plain(_sentence(record.source))} {licence_of(record.licence)}"
        )
        steps = " ".join(map(widgets.plain, record.steps)) or "The images are as their source has them."
        st.markdown(
            f"**Preprocessing**: {steps} {record.num_train:,} images for training, "
            f"{record.num_validation:,} for validation, {record.num_test:,} for test."
        )
        if figures:
            shown = {
                "ELBO, given the label," if run.config.conditional else "ELBO": figures["elbo"],
                "Reconstruction": figures["reconstruction"],
                "KL": figures["kl"],
            }
            parts = [f"{name} {value:.2f}".replace("-", "−") for name, value in shown.items() if value is not None]
            accuracy = figures["knn_accuracy"]
            extra = "" if accuracy is None else f" 10-nearest-neighbour accuracy {accuracy:.1%}."
            st.markdown(
                f"**On {figures['num_images']:,} held-out images**, in nats per image: "
                f"{', '.join(parts)}. {figures['active_units']} of {run.config.latent_dim} "
                f"dimensions active.{extra}"
            )
            if figures["reconstruction"] < 0:
                st.caption("A reconstruction below zero is no mistake: p(x|z) is a density here, and may exceed 1.")
        st.markdown("**Settings** of its training:")
        st.json(run.config.model_dump(mode="json"), expanded=False)


def _sentence(text: str) -> str:
    """With one full stop at its end, whether it came with one or without."""
    return f"{text.rstrip('.')}." if text else ""
