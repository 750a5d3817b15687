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

from pages._lessons import kit
from pages._ui import frame, resources, widgets
from vaelab.datasets import source_of
from vaelab.figures import loss_curves

SLUG = "python"
#: What the reader has made: kept while other pages are visited.
MADE_KEY = "walkthrough"

#: What the steps stand on, by the name that the reader chooses it by: module and name in it.
PARTS = {
    "The encoder": ("vaelab.nn", "MLPEncoder"),
    "The decoder": ("vaelab.nn", "MLPDecoder"),
    "Autoencoder": ("vaelab.models", "Autoencoder"),
    "VAE": ("vaelab.models", "VAE"),
    "KL divergence": ("vaelab.objectives", "gaussian_kl"),
    "Bernoulli pixels": ("vaelab.likelihoods", "Bernoulli"),
    "The loss": ("vaelab.objectives", "negative_elbo"),
}


def draw() -> None:
    kit.say(
        "Everything that this course showed is some hundred lines of Python. Below are the six "
        "steps of making a VAE, on the 8 × 8 digits. The code is read from the installed package "
        "while this page is drawn, and **Run** runs just what you see."
    )
    data = resources.dataset(source_of("digits"))
    widgets.sheet(
        data.images[np.random.default_rng(0).choice(len(data), 48, replace=False)],
        24,
        "Some of the digits to learn from",
    )
    answered = kit.predict(
        SLUG,
        "An autoencoder is there already. How much code makes a VAE of it?",
        (
            "Some hundred lines: another network",
            "Some dozen lines: another way of training",
            "Some five lines: draw z, and add the KL term",
        ),
        2,
        "Choose **VAE** under “What the steps stand on” below, and then **KL divergence**: one "
        "draws $z = \\mu + \\sigma\\epsilon$ in two lines of code, the other is two lines as well. "
        "Encoder, decoder and training loop are the autoencoder's own.",
    )
    # Reading torch's source, and torch itself, may take seconds: after the first look.
    frame.later(lambda: rest(answered))


def rest(answered: bool) -> None:
    with st.spinner("Reading the package's source …"):
        walkthrough = import_module("vaelab.walkthrough")
    steps(walkthrough)
    parts(answered)
    kit.say(
        "To do the same without this page: `python -m vaelab train --dataset digits`, or "
        '`vaelab.train(vaelab.TrainConfig(dataset="digits"))`. The README has more.'
    )
    kit.go_on("train", "Train one on other images, with other settings")
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
        help="A step of making a VAE: its code, and what it gives when it is run.",
        persist_state="session",
    )
    made = st.session_state.setdefault(MADE_KEY, {})
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
        if step in {"Training", "Evaluation", "Latent space"}:
            offer_run(walkthrough, made)
        frame.guarded(result)()


def environment(walkthrough: Any) -> None:
    versions = walkthrough.check_environment()
    st.code("\n".join(f"{name} {version}" for name, version in versions.items()), language=None)


def prepared(walkthrough: Any) -> None:
    data = walkthrough.prepare()
    split = data.split
    st.code(
        f"images {data.images.shape} {data.images.dtype}\n"
        f"{len(split.train)} to train on\n"
        f"{len(split.validation)} to choose by\n"
        f"{len(split.test)} to judge on",
        language=None,
    )


def built(walkthrough: Any) -> None:
    model, _ = walkthrough.build(walkthrough.prepare())
    st.code(str(model), language=None, height=330)


def offer_run(walkthrough: Any, made: dict[str, Any]) -> None:
    """Build, train, judge and look, with the reader watching."""
    if not st.button(
        "Run again" if made else "Run",
        type="primary",
        icon=":material/play_arrow:",
        help="Build the model, train it and judge it, here and now: some ten seconds.",
        key="run-walkthrough",
    ):
        return
    bar = st.progress(0.0, "Building …")
    data = walkthrough.prepare()
    model, config = walkthrough.build(data)
    epochs = inspect.signature(walkthrough.fit).parameters["epochs"].default
    curve = []
    for record in walkthrough.fit(model, config, data):
        curve.append(record)
        loss = record["train"]["total"]
        bar.progress(len(curve) / epochs, f"Epoch {len(curve)} of {epochs}: {loss:.2f} nats")
    made["figures"] = walkthrough.judge(model, config, data)
    made["map"] = walkthrough.look(model, config, data)
    made["curve"] = curve
    st.rerun()


def fitted(made: dict[str, Any]) -> None:
    if made:
        still = {"displayModeBar": False}
        widgets.chart(loss_curves(made["curve"]), key="walkthrough-curve", config=still)
    else:
        st.caption("Press **Run**, and see the loss go down.")


def judged(made: dict[str, Any]) -> None:
    if not made:
        st.caption("Press **Run**: there must be a model to judge.")
        return
    figures = made["figures"]
    shown = ("elbo", "reconstruction", "kl", "active_units", "knn_accuracy", "num_images")
    st.code("\n".join(f"{name} {figures[name]:.4g}" for name in shown), language=None)
    st.caption("In nats per image, on held-out images; accuracy of the ten nearest neighbours.")


def looked(made: dict[str, Any]) -> None:
    if made:
        widgets.chart(made["map"], key="walkthrough-map", config=widgets.MAP_CONFIG)
    else:
        st.caption("Press **Run**: there must be a model to look into.")


def parts(answered: bool) -> None:
    st.markdown("#### What the steps stand on")
    name = st.segmented_control(
        "Part",
        list(PARTS),
        default="VAE" if answered else "The encoder",
        required=True,
        key="part-of-package",
        help="A part of the package to read; its examples are run while you look.",
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
