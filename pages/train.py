"""Train: choose data, model and objective; watch the model learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages._ui import frame, resources, state, widgets
from vaelab.config import LIKELIHOODS, Preprocessing, TrainConfig, explain
from vaelab.datasets import SOURCES, DatasetUnavailable, Source, is_local
from vaelab.figures import latent_map, loss_curves
from vaelab.latent.projections import Projection, pca, plane
from vaelab.runs import ACTIVE, Run, RunError, list_runs

LIKELIHOOD_NAMES = {
    "bernoulli": "Bernoulli",
    "continuous_bernoulli": "Continuous Bernoulli",
    "gaussian": "Gaussian, fixed σ",
    "gaussian_learned": "Gaussian, learned σ",
}


def main() -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        source = choose_source()
        settings = choose_settings(source)
        start(source, settings)
    with right:
        run = run_to_watch()
        if run is None:
            preview(source)
        else:
            watch(run)


# The settings ----------------------------------------------------------------------------------


def keep(name: str) -> dict[str, Any]:
    """A key under which a widget of this page keeps its value for the session."""
    return {"key": f"train-{name}", "persist_state": "session"}


def choose_source() -> Source:
    name = st.selectbox(
        "Images",
        list(SOURCES),
        format_func=lambda name: SOURCES[name].title,
        help="What the model learns to draw.",
        **keep("dataset"),
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
    settings["model"] = model.segmented_control(
        "Model", ["vae", "ae"], default="vae", required=True,
        format_func=lambda name: {"vae": "VAE", "ae": "AE"}[name],
        help="**AE**, the autoencoder: each image becomes a point. **VAE**: each becomes a small "
        "cloud, and all clouds together fill the space, so that any place in it can be decoded.",
        **keep("model"),
    )  # fmt: skip
    settings["latent_dim"] = dims.number_input(
        "Latent dimensions", 1, 128, 2,
        help="Numbers that an image is squeezed into. Two can be seen directly on a map.",
        **keep("latent_dim"),
    )  # fmt: skip
    beta, epochs = st.columns(2)
    settings["beta"] = beta.number_input(
        "β", 0.0, 1000.0, 1.0, 0.5, disabled=settings["model"] == "ae",
        help="Weight of the KL term: 1 is the VAE; more keeps codes tidier and images blurrier.",
        **keep("beta"),
    )  # fmt: skip
    settings["epochs"] = epochs.number_input(
        "Epochs", 1, 10_000, int(np.clip(200_000 // source.num_images, 10, 150)),
        help="How often training goes through all images.",
        key=f"train-epochs-{source.name}", persist_state="session",
    )  # fmt: skip
    with st.expander("Images: size, colour, subset"):
        settings["preprocessing"] = choose_preprocessing(source)
    with st.expander("Network"):
        settings |= choose_network()
    with st.expander("Objective"):
        settings |= choose_objective(settings["model"])
    with st.expander("Training"):
        settings |= choose_training()
    return settings


def choose_preprocessing(source: Source) -> dict[str, Any]:
    size = st.selectbox(
        "Size", [None, 8, 16, 28, 32, 64],
        format_func=lambda size: "as it is" if size is None else f"{size} × {size}",
        help="Pixels a side.", **keep("size"),
    )  # fmt: skip
    color = st.segmented_control(
        "Colour", [None, "gray", "rgb"], default=None, required=True,
        format_func={None: "as it is", "gray": "gray", "rgb": "colour"}.__getitem__,
        help="One channel or three.", **keep("color"),
    )  # fmt: skip
    binarize = st.toggle(
        "Black and white", help="Round every pixel to black or white.", **keep("binarize")
    )
    subset = st.number_input(
        "Images to keep", 30, None, None, placeholder=f"all {source.num_images:,}",
        help="Fewer images train faster.", **keep("num_images"),
    )  # fmt: skip
    classes = st.multiselect(
        "Classes to keep", source.label_names, placeholder="all", help="Leave classes out.",
        key=f"train-classes-{source.name}", persist_state="session",
    )  # fmt: skip
    return {
        "size": size,
        "color": color,
        "binarize": binarize,
        "num_images": subset,
        "classes": tuple(classes) or None,
    }


def choose_network() -> dict[str, Any]:
    architecture = st.segmented_control(
        "Architecture", ["mlp", "conv"], default="mlp", required=True,
        format_func={"mlp": "MLP", "conv": "Convolutional"}.__getitem__,
        help="**MLP**: every pixel to every unit; fine for small images. **Convolutional**: "
        "looks at neighbourhoods; for 28 to 64 pixels.", **keep("architecture"),
    )  # fmt: skip
    conv = architecture == "conv"
    default = "16, 32" if conv else "256, 256, 128"
    widths = st.text_input(
        "Channels of the stages" if conv else "Widths of the hidden layers", default,
        help="From the image inwards, separated by commas; the decoder mirrors them.",
        **keep(f"widths-{architecture}"),
    )  # fmt: skip
    activation = st.selectbox(
        "Activation", ["silu", "relu", "leaky_relu", "gelu", "tanh"],
        help="The nonlinearity between layers.", **keep("activation"),
    )  # fmt: skip
    return {
        "architecture": architecture,
        "channels" if conv else "hidden": [part.strip() for part in widths.split(",")],
        "activation": activation,
    }


def choose_objective(model: str) -> dict[str, Any]:
    likelihood = st.selectbox(
        "Likelihood", LIKELIHOODS, format_func=LIKELIHOOD_NAMES.__getitem__,
        help="How probable an image is, given what the decoder draws. **Bernoulli** is the usual "
        "choice for pixels between black and white.", **keep("likelihood"),
    )  # fmt: skip
    sigma = 0.1
    if likelihood.startswith("gaussian"):
        sigma = st.number_input(
            "σ of a pixel", 0.01, 10.0, 0.1, 0.05,
            help="Between 0 and 1, as pixels are: smaller asks for sharper images.",
            **keep("sigma"),
        )  # fmt: skip
    warmup = st.slider(
        "KL warm-up", 0.0, 1.0, 0.0, 0.05, disabled=model == "ae",
        help="Part of training over which β rises from 0: first draw, then tidy up.",
        **keep("kl_warmup"),
    )  # fmt: skip
    free_bits = st.number_input(
        "Free bits, nats a dimension", 0.0, 10.0, 0.0, 0.1, disabled=model == "ae",
        help="What each dimension may say without paying: keeps dimensions from going unused.",
        **keep("free_bits"),
    )  # fmt: skip
    return {
        "likelihood": likelihood, "sigma": sigma, "kl_warmup": warmup, "free_bits": free_bits
    }  # fmt: skip


def choose_training() -> dict[str, Any]:
    seconds = st.number_input(
        "Seconds instead of epochs", 1, 86_400, None, placeholder="train by epochs",
        help="Train for this long, whatever the machine manages.", **keep("seconds"),
    )  # fmt: skip
    batch_size = st.select_slider(
        "Batch size", [16, 32, 64, 128, 256, 512, 1024], 128, help="Images a step.",
        **keep("batch_size"),
    )  # fmt: skip
    rate = st.number_input(
        "Learning rate", 0.0, 1.0, TrainConfig().learning_rate, 0.001, format="%.4f",
        help="The peak of the one-cycle schedule. If training diverges, take less.",
        **keep("learning_rate"),
    )  # fmt: skip
    seed = st.number_input("Seed", 0, 2**31 - 1, 0, help="The same seed trains the same model.",
                           **keep("seed"))  # fmt: skip
    device, threads = st.columns(2)
    where = device.selectbox("Device", ["cpu", "auto", "cuda", "mps"],
                             help="Where to compute; auto takes the fastest there is.",
                             **keep("device"))  # fmt: skip
    num_threads = threads.number_input(
        "CPU threads", 1, 256, 1,
        help="One is steadiest while other programs run.", **keep("threads"),
    )  # fmt: skip
    return {
        "seconds": seconds, "batch_size": batch_size, "learning_rate": rate, "seed": seed,
        "device": where, "threads": num_threads,
    }  # fmt: skip


def start(source: Source, settings: dict[str, Any]) -> None:
    """Check the settings as a whole; train when told to."""
    config = None
    try:
        config = TrainConfig.model_validate(settings)
        config.check_image_shape(shape_after(source, config.preprocessing))
    except ValueError as error:
        st.error(explain(error), icon=":material/error:")
        config = None
    title = st.text_input(
        "Name", placeholder="named by images, model and time", max_chars=80,
        help="What to call this run.", key="train-title",
    )  # fmt: skip
    pressed = st.button(
        "Start training", type="primary", icon=":material/play_arrow:", width="stretch",
        disabled=config is None,
    )  # fmt: skip
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


def shape_after(source: Source, preprocessing: Preprocessing) -> tuple[int, int, int]:
    """The shape of the images once they are preprocessed."""
    channels, height, width = source.image_shape
    channels = {None: channels, "gray": 1, "rgb": 3}[preprocessing.color]
    size = preprocessing.size
    return channels, size or height, size or width


# What is shown beside them ---------------------------------------------------------------------


def preview(source: Source) -> None:
    st.markdown(f"#### {source.title}")
    if not is_local(source):
        st.info(f"{source.title} is downloaded when training starts, and kept for the next time.")
        return
    try:
        data = resources.dataset(TrainConfig.model_validate({"dataset": source.name}))
    except DatasetUnavailable as error:
        st.error(explain(error), icon=":material/error:")
        return
    chosen = np.random.default_rng(0).choice(len(data), 60, replace=False)
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
    if st.session_state.get(state.WATCH_KEY) not in options:
        del st.session_state[state.WATCH_KEY]
    name = st.selectbox(
        "Look at",
        options,
        index=options.index(active[0]) if active else 0,
        format_func=lambda name: "the images" if name is None else runs[name].title,
        key=state.WATCH_KEY,
        persist_state="session",
        help="A run to follow, or the images chosen on the left.",
    )
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
            st.plotly_chart(
                loss_curves(epochs), key="loss-curves", config={"displayModeBar": False}
            )
        draw_pictures(run)

    body()


def draw_head(run: Run, status: Any) -> None:
    title, button = st.columns([3, 2], vertical_alignment="center")
    title.markdown(f"#### {run.title}")
    with button.container(horizontal=True, horizontal_alignment="right"):
        if status.state in ACTIVE:
            st.button("Stop", icon=":material/stop:", on_click=widgets.attempt,
                      args=(resources.jobs().stop, run))  # fmt: skip
        else:
            if status.state in {"stopped", "interrupted", "failed"}:
                st.button("Resume", icon=":material/resume:", on_click=widgets.attempt,
                          args=(resources.jobs().train, run))  # fmt: skip
            if run.has_model and st.button("Explore", type="primary", icon=":material/explore:"):
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
            "The process that trained this run is gone. Every finished epoch is kept: press "
            "**Resume** to go on.", icon=":material/warning:",
        )  # fmt: skip
    st.progress(min(1.0, status.progress), " · ".join(parts))


def draw_pictures(run: Run) -> None:
    """The latent map as it forms, and fixed images beside their reconstructions."""
    snapshots = run.snapshot_epochs()
    if not snapshots or run.epoch < 0:
        return
    try:
        snapshot = run.snapshot(min(snapshots[-1], run.epoch))
        data = resources.dataset(run.config)
        now = resources.fresh(run)
        images = data.images[data.split.validation[:10]]
        reconstructions = now.engine.reconstruct(images)
    except (RunError, DatasetUnavailable) as error:
        st.warning(explain(error))
        return
    pairs, places = st.columns([2, 3])
    with pairs:
        st.markdown("##### Reconstructions")
        pairs_of = np.stack([images / np.float32(255), reconstructions], axis=1)
        both = pairs_of.reshape(-1, *images.shape[1:])
        widgets.sheet(both, 4, "Images and their reconstructions", side=96)
        st.caption("Validation images, each beside what the model makes of it.")
    with places:
        st.markdown(f"##### Latent map after epoch {snapshot.epoch}")
        figure = latent_map(
            _project(snapshot.mu, snapshot.indices),
            None if data.labels is None else data.labels[snapshot.indices],
            data.label_names,
            height=420,
        )
        st.plotly_chart(figure, key="forming-map", config={"displayModeBar": False})


def _project(mu: np.ndarray, indices: np.ndarray) -> Projection:
    return plane(mu, indices) if mu.shape[1] <= 2 else pca(mu, indices)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


frame.show(main, __file__)
