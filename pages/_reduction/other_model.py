"""The model of the other kind, whose map stands beside the run's own."""

from __future__ import annotations

import streamlit as st

from pages._ui import choosing, fitting, frame, resources, widgets
from vaelab.config import TrainConfig
from vaelab.runs import ACTIVE, Run, Status, list_runs

FAMILY = {"ae": "autoencoder", "vae": "VAE"}


def choose_other(run: Run) -> Run | None:
    """Choose the model of the other kind."""
    config = run.config
    others = [
        other
        for other in resources.same_images(run)
        if other.config.model != config.model and other.status.state not in ACTIVE
    ]

    def likeness(other: Run) -> tuple[bool, bool, bool]:
        same_size = other.config.latent_dim == config.latent_dim
        return same_size, other.config.corruption is None, not other.config.conditional

    return choosing.choose_other_run(
        "Beside it",
        key="beside-map",
        runs=others,
        help="An autoencoder beside a VAE, or the other way round, of the same images.",
        likeness=likeness,
    )


def offer_other(run: Run) -> None:
    """Offer to train the model of the other kind, and show how far that is."""
    config = TrainConfig.model_validate(run.config.model_dump() | fitting.other_kind(run.config))
    family = FAMILY[config.model]

    def twin() -> Run | None:
        return next((other for other in list_runs() if other.config == config), None)

    def train() -> None:
        resources.jobs().train(twin() or Run.create(config))

    def status_of_twin() -> Status | None:
        other = twin()
        return None if other is None else resources.jobs().status(other)

    def is_idle() -> bool:
        status = status_of_twin()
        return status is None or status.state not in ACTIVE

    @frame.part(every=1.0, until=is_idle)
    def offer() -> None:
        status = status_of_twin()
        if status is not None and status.state in ACTIVE:
            st.progress(status.progress, f"Training the {family} with the same settings …")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            why = "" if status is None or not status.message else f" {status.message}"
            st.info(
                f"There is no {family} of these images yet to compare with.{widgets.plain(why)}", icon=":material/info:"
            )
            st.button(
                f"Train the {family}",
                icon=":material/model_training:",
                help=f"With the settings of {widgets.plain(run.title)}, switched to the other kind of model.",
                on_click=widgets.attempt,
                args=(train,),
            )
