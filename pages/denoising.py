"""Denoising: take noise away, or fill a hole, with models and without."""

from __future__ import annotations

import streamlit as st

from pages._denoising.holes import draw_restored
from pages._denoising.methods import Noise, num_judged
from pages._denoising.noise import choose_noise, draw_curves, draw_repaired, training_of
from pages._ui import choosing, controls, fitting, frame, resources, share, widgets
from pages._ui.chosen_panel import draw_chosen
from vaelab.evaluation.repairing import held_out_images
from vaelab.runs import Run
from vaelab.sharing.as_code_of_uses import code_of_denoising


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.DENOISING)
        other = choose_other(run)
        kind, strength = choose_noise(run)
        seed = controls.seed("Other images", key="noise-seed", help="Draw other images and noise.")
    st.caption("Images that no model has seen are damaged; each row shows what one way of repairing makes of them.")
    fitting.say_what_suits(fitting.DENOISING, run)
    noise = Noise(kind, strength, seed)
    runs = [run] if other is None else [run, other]
    data = resources.images_of(run)
    draw_chosen(run, data, actions=False)
    table = st.empty()
    st.caption("  \n".join(training_of(each, kind) for each in runs))
    curves = st.container()
    st.markdown("## Restore a hidden region")
    restored = st.container()

    if not resources.torch_is_loaded():
        with table, st.spinner("Loading the models …"):
            runs[0].engine.reconstruct(data.images[:1], data.labels_of([0]))
    chosen = held_out_images(data, seed)
    draw_repaired(table, runs, data, chosen, noise)
    with restored:
        draw_restored(runs, data, chosen)
    with curves:
        draw_curves(runs, data, chosen, noise)

    number = num_judged(runs, "table")
    share.offer_code(lambda: code_of_denoising(runs, kind, strength, number, seed))


def choose_other(run: Run) -> Run | None:
    """Choose what to compare with: beside a denoiser a VAE that saw no noise, and vice versa."""
    config = run.config
    others = resources.same_images(run)

    def likeness(other: Run) -> tuple[bool, bool, bool]:
        counterpart = (other.config.corruption is None) != (config.corruption is None)
        same_size = other.config.latent_dim == config.latent_dim
        return counterpart, same_size, other.config.model == "vae"

    return choosing.choose_other_run(
        "Beside it",
        key="beside",
        runs=others,
        help="Another model of the same images, for comparison.",
        likeness=likeness,
    )


frame.show(main, __file__)
