"""Building one in Python: the package's own source, run in front of the reader."""

from __future__ import annotations

import doctest
import inspect
import io
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import streamlit as st

from pages._lessons import kit, making
from pages._lessons.making import EPOCHS, Making
from pages._ui import frame, map_view, pictures, resources, widgets
from vaelab.datasets import source_of
from vaelab.figures import loss_curves

SLUG = "python"
#: What the reader has made: kept while other pages are visited.
MADE_KEY = "walkthrough"

#: What the steps are built on, by the name that the reader chooses it by: module and name in it.
PARTS = {
    "The encoder": ("vaelab.networks.nn", "MLPEncoder"),
    "The decoder": ("vaelab.networks.nn", "MLPDecoder"),
    "Autoencoder": ("vaelab.networks.models", "Autoencoder"),
    "VAE": ("vaelab.networks.models", "VAE"),
    "KL divergence": ("vaelab.networks.objectives.base", "gaussian_kl"),
    "Bernoulli pixels": ("vaelab.networks.likelihoods", "Bernoulli"),
    "The loss": ("vaelab.networks.objectives.base", "negative_elbo"),
}


def draw() -> None:
    lines = sum(1 for line in making.script().splitlines() if line.strip() and not line.startswith("#"))
    kit.say(
        f"A whole VAE fits into one file of Python: {lines} lines, with its training, its evaluation and its map. "
        "**Take it away** and run it as it is; it needs PyTorch, scikit-learn and Plotly, and nothing of this app."
    )
    with st.container(horizontal=True):
        st.download_button(
            "Python file",
            making.script(),
            "vae.py",
            "text/x-python",
            icon=":material/download:",
            help="Run it with: python vae.py",
            on_click="ignore",
        )
        st.download_button(
            "Notebook",
            making.notebook(),
            "vae.ipynb",
            "application/x-ipynb+json",
            icon=":material/download:",
            help="The same, a cell for each part: for Jupyter or Colab.",
            on_click="ignore",
        )
    kit.say(
        "Below are the same six steps as this app takes them, on the 8 × 8 digits. The code is read from the installed "
        "package as you look at it, and **Run** runs just what you see."
    )
    data = resources.dataset(source_of("digits"))
    pictures.sheet(
        data.images[np.random.default_rng(0).choice(len(data), 48, replace=False)],
        24,
        "Some of the digits to learn from",
    )
    answered = kit.predict(
        SLUG,
        "Suppose you have an autoencoder. How much code turns it into a VAE?",
        (
            "About a hundred lines: a different network",
            "About a dozen lines: a different way of training",
            "About five lines: draw z, and add the KL term",
        ),
        2,
        "Choose **VAE** under “What the steps are built on” below, then **KL divergence**: drawing $z = \\mu + "
        "\\sigma\\epsilon$ takes two lines of code, and the KL term two more. Encoder, decoder and training loop are "
        "the autoencoder’s own.",
    )
    # Reading torch's source, and torch itself, may take seconds: after the first look.
    frame.later(lambda: rest(answered))


def rest(answered: bool) -> None:
    with st.spinner("Reading the package’s source …"):
        walkthrough = import_module("vaelab.walkthrough")
    steps(walkthrough)
    parts(answered)
    kit.say(
        "To do the same without this page: `python -m vaelab train --dataset digits`, or "
        '`vaelab.train(vaelab.TrainConfig(dataset="digits"))`. The README has more.'
    )
    kit.go_on("train", "Train a VAE on the digits, or on other images", settings={"dataset": "digits", "model": "vae"})
    kit.sources("kingma2014", "rezende2014")


def steps(walkthrough: Any) -> None:
    """One of the six steps: its source, and beside it what it gives."""
    st.markdown("#### Six steps to a VAE")
    step = st.segmented_control(
        "Step",
        ["Environment", "Data", "Model", "Training", "Evaluation", "Latent space"],
        default="Environment",
        required=True,
        key="walkthrough-step",
        help="A step of making a VAE: its code, and what running it gives.",
        persist_state="session",
    )
    made: Making | None = st.session_state.get(MADE_KEY)
    shown: dict[str, tuple[Callable[..., Any], Callable[[], None]]] = {
        "Environment": (walkthrough.check_environment, lambda: environment(walkthrough)),
        "Data": (walkthrough.prepare, lambda: prepared(walkthrough)),
        "Model": (walkthrough.build, lambda: built(walkthrough)),
        "Training": (walkthrough.fit, lambda: fitted(made)),
        "Evaluation": (walkthrough.judge, lambda: judged(made)),
        "Latent space": (walkthrough.look, lambda: looked(made)),
    }
    source, result = shown[step]
    code, given = st.columns([3, 2], gap="medium")
    code.code(inspect.getsource(source), language="python", wrap_lines=True)
    with given:
        if made is not None and made.is_running:
            follow(made)
        elif step in {"Training", "Evaluation", "Latent space"}:
            offer_run(made)
        with frame.errors_in_words():
            result()


def environment(walkthrough: Any) -> None:
    versions = walkthrough.check_environment()
    st.code("\n".join(f"{name} {version}" for name, version in versions.items()), language=None)


def prepared(walkthrough: Any) -> None:
    data = walkthrough.prepare()
    split = data.split
    st.code(
        f"images {data.images.shape} {data.images.dtype}\n"
        f"{len(split.train)} for training\n"
        f"{len(split.validation)} for validation\n"
        f"{len(split.test)} for the final test",
        language=None,
    )


def built(walkthrough: Any) -> None:
    model, _ = walkthrough.build(walkthrough.prepare())
    st.code(str(model), language=None, height=330)


def offer_run(made: Making | None) -> None:
    """Offer to build, train, judge and look."""
    st.button(
        "Run again" if made else "Run",
        type="primary",
        icon=":material/play_arrow:",
        help=f"Build the model, train it for {EPOCHS} epochs and judge it, here and now: a few seconds, more where the "
        "machine is busy. You can go on reading meanwhile.",
        key="run-walkthrough",
        on_click=make,  # which another press, close behind, does not undo
    )


def make() -> None:
    """Begin; in a callback."""
    st.session_state[MADE_KEY] = Making()


def follow(made: Making) -> None:
    """Say how far it has come, until it has ended."""

    @frame.part(every=0.4, until=lambda: not made.is_running, waits=True)
    def body() -> None:
        text = "Building the model …"
        if made.curve:
            text = f"Epoch {len(made.curve)} of {EPOCHS}: {made.curve[-1]['train']['total']:.1f} nats"
        st.progress(len(made.curve) / EPOCHS, text)
        st.button(
            "Stop",
            icon=":material/stop:",
            key="stop-walkthrough",
            help="End training now: what has been trained so far is judged.",
            on_click=made.stop,
        )


def ended(made: Making | None) -> Making | None:
    """What was made, once all of it is there."""
    if made is None or made.is_running:
        return None
    if made.error is not None:
        raise made.error
    return made


def fitted(made: Making | None) -> None:
    made = ended(made)
    if made is None:
        st.caption("Press **Run**, and see the loss go down.")
        return
    widgets.chart(loss_curves(made.curve), key="walkthrough-curve", config=widgets.NO_BAR)
    if len(made.curve) < EPOCHS:
        st.caption(f"Stopped after epoch {len(made.curve)} of {EPOCHS}.")


def judged(made: Making | None) -> None:
    made = ended(made)
    if made is None:
        st.caption("Press **Run**: there must be a model to judge.")
        return
    shown = ("elbo", "reconstruction", "kl", "active_units", "knn_accuracy", "num_images")
    figures = {name: made.figures[name] for name in shown}
    written = {name: f"{value:.2f}" if isinstance(value, float) else value for name, value in figures.items()}
    st.code("\n".join(f"{name} {value}" for name, value in written.items()), language=None)
    st.caption("On held-out images, in nats per image; the accuracy is that of a vote among codes drawn from q(z|x).")


def looked(made: Making | None) -> None:
    made = ended(made)
    if made is None:
        st.caption("Press **Run**: there must be a model to look into.")
    elif made.latent_map is not None:
        widgets.chart(made.latent_map, key="walkthrough-map", config=map_view.MAP_CONFIG)


def parts(answered: bool) -> None:
    st.markdown("#### What the steps are built on")
    name = st.segmented_control(
        "Part",
        list(PARTS),
        default="VAE" if answered else "The encoder",
        required=True,
        key="part-of-package",
        help="A part of the package to read; its examples are run as you open it.",
        persist_state="session",
    )
    module, attribute = PARTS[name]
    part = getattr(import_module(module), attribute)
    code, given = st.columns([3, 2], gap="medium")
    with code:
        st.code(inspect.getsource(part), language="python", wrap_lines=True)
        st.caption(f"`{module}.{attribute}`")
    with given:
        st.markdown("Its examples, run a moment ago:")
        st.code(run_examples(part, module), language="python", wrap_lines=True)


def run_examples(part: Any, module: str) -> str:
    """Run the examples of a docstring; they are returned, or what is wrong with one."""
    wrong = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False)
    tests = doctest.DocTestFinder(recurse=False).find(part, globs=dict(vars(import_module(module))))
    for test in tests:
        runner.run(test, out=wrong.write)
    lines = []
    for example in (example for test in tests for example in test.examples):
        lines.append(">>> " + example.source.rstrip().replace("\n", "\n... "))
        lines += [example.want.rstrip()] if example.want else []
    return wrong.getvalue() or "\n".join(lines)
