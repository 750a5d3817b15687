"""Train: choose data, model and objective; watch the model learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages._ui import controls, frame, resources, state, widgets
from pages._ui.settings import choose_defaults, choose_settings, choose_source
from vaelab.config import TrainConfig, explain
from vaelab.datasets import DatasetUnavailable, Source, check_fit, is_local
from vaelab.figures import latent_map, loss_curves
from vaelab.latent.projections import Projection, pca, plane
from vaelab.runs import ACTIVE, Run, RunError, list_runs


def main() -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        source = choose_source()
    with right:  # first, as choosing settings that suit takes a while
        run = run_to_watch()
        if run is None:
            preview(source)
        else:
            watch(run)
    with left:
        settings = choose_settings(source, choose_defaults(source))
        start(source, settings)


def start(source: Source, settings: dict[str, Any]) -> None:
    """Check the settings as a whole; train when told to."""
    config = None
    try:
        config = TrainConfig.model_validate(settings)
        check_fit(config)
    except (ValueError, DatasetUnavailable) as error:
        st.error(explain(error), icon=":material/error:")
        config = None
    title = st.text_input(
        "Name",
        placeholder="named by images, model and time",
        max_chars=80,
        help="What to call this run.",
        key="train-title",
    )
    pressed = st.button(
        "Start training",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        disabled=config is None,
        help="Train a model with these settings; it goes on when you leave the page.",
    )
    if pressed and config is not None:
        try:
            run = Run.create(config)
            if title.strip():
                run.rename(title)
            with st.spinner("Starting …"):
                resources.jobs().train(run)
        except (RunError, ConnectionError) as error:
            st.error(explain(error), icon=":material/error:")
        else:
            state.watch_training(run.name)
            st.rerun()


def preview(source: Source) -> None:
    st.markdown(f"## {source.title}")
    if not is_local(source):
        st.info(f"Press **Start training**: {source.title} is then downloaded first, and kept for the next time.")
        return
    try:
        data = resources.dataset(source)
    except DatasetUnavailable as error:
        st.error(explain(error), icon=":material/error:")
        return
    chosen = np.random.default_rng(0).permutation(len(data))[:60]
    widgets.sheet(data.images[chosen], 10, f"Images of {source.title}")
    st.caption(
        f"Some of the images. Press **Start training**: here you then see the model's loss, its "
        f"reconstructions and its latent map as they form. Licence: {source.licence}."
    )


def run_to_watch() -> Run | None:
    """Choose what to look at: a run, at first one that is being trained, or the images."""
    runs = {run.name: run for run in list_runs()}
    if not runs:
        return None
    active = [name for name, run in runs.items() if run.status.state in ACTIVE]
    options = [None, *runs]
    state.open_watched(runs)
    name = st.selectbox(
        "Look at",
        options,
        index=options.index(active[0]) if active else 0,
        format_func=controls.distinct(options, lambda name: "the images" if name is None else runs[name].title),
        key=state.WATCH_KEY,
        persist_state="session",
        help="A run to follow, or the images chosen on the left.",
    )
    state.put_into_url(state.WATCH_KEY, name)
    return None if name is None else runs[name]


def watch(run: Run) -> None:
    """Follow a run by its folder, once a second while it is being trained."""
    status = resources.jobs().status(run)
    active = status.state in ACTIVE

    @st.fragment(run_every=1.5 if active else None)
    @frame.guarded
    def body() -> None:
        now = resources.jobs().status(run)
        if active != (now.state in ACTIVE):
            st.rerun()  # to begin or to end looking again by itself
        draw_head(run, now)
        epochs = run.epochs()
        if epochs:
            widgets.chart(loss_curves(epochs), key="loss-curves", config={"displayModeBar": False})
        draw_pictures(run)

    body()


def draw_head(run: Run, status: Any) -> None:
    title, button = st.columns([3, 2], vertical_alignment="center")
    title.markdown(f"## {run.title}")
    with button.container(horizontal=True, horizontal_alignment="right"):
        if status.state in ACTIVE:
            widgets.stop_button(run, "End training now: every finished epoch is kept.")
        else:
            if status.state in {"stopped", "interrupted", "failed"}:
                widgets.resume_button(run)
            if run.has_model and st.button(
                "Explore", type="primary", icon=":material/explore:", help="Open its latent map."
            ):
                st.switch_page("pages/explore.py", query_params={state.RUN_KEY: run.name})
    parts = [status.state.capitalize()]
    if run.epoch >= 0:
        epochs = "" if run.config.seconds else f" of {run.config.epochs}"
        parts += [f"epoch {run.epoch}{epochs}", f"{status.images_per_second:,.0f} images/s"]
        if status.state not in ACTIVE:
            parts.append(f"{_duration(status.seconds)} of training")
        elif status.progress > 0:
            left = status.seconds * (1 - status.progress) / status.progress
            parts.append(f"{_duration(left)} left")
    elif status.message:
        parts.append(status.message)
    if status.state == "failed":
        st.error(status.message, icon=":material/error:")
    elif status.state == "interrupted":
        st.warning(
            "The process that trained this run is gone. Every finished epoch is kept: press **Resume** to go on.",
            icon=":material/warning:",
        )
    st.progress(min(1.0, status.progress), " · ".join(parts))


def draw_pictures(run: Run) -> None:
    """The latent map as it forms, and fixed images beside their reconstructions."""
    snapshots = run.snapshot_epochs()
    if not snapshots or run.epoch < 0:
        return
    try:
        snapshot = run.snapshot(min(snapshots[-1], run.epoch))
        data = resources.images_of(run)
        now = resources.fresh(run)
        shown = data.split.validation[:10]
        images = data.images[shown]
        reconstructions = now.engine.reconstruct(images, data.labels_of(shown))
    except (RunError, DatasetUnavailable) as error:
        st.warning(explain(error))
        return
    pairs, places = st.columns([2, 3])
    with pairs:
        st.markdown("## Reconstructions")
        pairs_of = np.stack([images / np.float32(255), reconstructions], axis=1)
        both = pairs_of.reshape(-1, *images.shape[1:])
        widgets.sheet(both, 4, "Images and their reconstructions", side=96)
        st.caption("Validation images, each beside what the model makes of it.")
    with places:
        st.markdown(f"## Latent map after epoch {snapshot.epoch}")
        figure = latent_map(
            _project(snapshot.mu, snapshot.indices),
            None if data.labels is None else data.labels[snapshot.indices],
            data.label_names,
            height=420,
        )
        widgets.chart(figure, key="forming-map", config={"displayModeBar": False})


def _project(mu: np.ndarray, indices: np.ndarray) -> Projection:
    return plane(mu, indices) if mu.shape[1] <= 2 else pca(mu, indices)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


frame.show(main, __file__)
