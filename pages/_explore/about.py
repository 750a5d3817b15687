"""What the model is: what it decodes from the prior, what it was trained on, and how well."""

from __future__ import annotations

import streamlit as st

from pages._ui import controls, pictures, widgets
from vaelab.runs import Run
from vaelab.runs.facts import facts_of

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
        for heading, text in facts_of(run):
            st.markdown(f"**{widgets.plain(heading)}**: {widgets.plain(text)}")
        st.markdown("**Settings** of its training:")
        st.json(run.config.model_dump(mode="json"), expanded=False)
