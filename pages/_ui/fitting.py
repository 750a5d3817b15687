"""Which models suit a page: what it opens on, and what would do better where another was chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from pages._ui import choosing, frame, resources, widgets
from pages._ui.text import counted
from pages._ui.train_address import query_of
from vaelab.config import OWN, TrainConfig
from vaelab.datasets import DatasetUnavailable, is_local
from vaelab.runs import ACTIVE, Run

__all__ = [
    "ANOMALIES",
    "ARITHMETIC",
    "COMPARE",
    "DENOISING",
    "GENERATION",
    "INTERPOLATE",
    "REDUCTION",
    "Rule",
    "Use",
    "best_of",
    "choose_run",
    "say_what_suits",
]

#: What a model needs for its images to be more than blurs.
ENOUGH_DIMS = 5
#: What is offered where there are fewer.
GOOD_DIMS = 16
#: How often at least images were gone through, and how many were seen in all.
FEWEST_EPOCHS, FEWEST_SEEN = 3, 50_000


class Rule(NamedTuple):
    """What a page needs of a model, and the settings of one that has it."""

    #: Why a run does not suit, as the end of a sentence that begins with its name; None where it does.
    lack: Callable[[Run], str | None]
    #: Settings to train with instead; None for one that the Train page is to propose.
    settings: Callable[[Run], Mapping[str, Any]] = lambda run: {}
    #: The link to Train with these settings; empty where the page has a control of its own for it.
    offer: str = ""


class Use(NamedTuple):
    """A page's rules, and the shipped runs that show best what it is for."""

    rules: tuple[Rule, ...]
    examples: tuple[str, ...]
    #: Whether it shows the model looked at last, even where one suits better: what it does, it does with any.
    goes_on: bool = False


def _too_few_dims(run: Run) -> str | None:
    dims = run.config.latent_dim
    if dims >= ENOUGH_DIMS:
        return None
    return f"has {counted(dims, 'latent dimension')}, too few to hold much of an image; {GOOD_DIMS} hold more"


def _hardly_trained(run: Run) -> str | None:
    epochs = run.epoch
    if epochs >= FEWEST_EPOCHS and epochs * run.data.num_train >= FEWEST_SEEN:
        return None
    return f"was trained for {counted(epochs, 'epoch')}; more would make its images clearer"


TRAINED = Rule(_hardly_trained, lambda run: {"epochs": None, "seconds": None}, "Train one for longer")
ROOMY = Rule(_too_few_dims, lambda run: {"latent_dim": GOOD_DIMS}, f"Train one with {GOOD_DIMS} dimensions")
A_VAE = Rule(
    lambda run: (
        None
        if run.config.minimized.fills_prior
        else "is an autoencoder, which was never asked to put its codes where random ones are drawn; a VAE is"
    ),
    lambda run: {"model": "vae"},
    "Train a VAE of these images",
)
NOT_TOLD_LABELS = Rule(
    lambda run: (
        "is told the label beside the code, so that its codes say little about labels: a step from one to another "
        "changes next to nothing"
        if run.config.conditional
        else None
    ),
    lambda run: {"conditional": False},
    "Train one without labels",
)
A_DENOISER = Rule(
    lambda run: (
        None
        if run.config.corruption
        else "was trained on clean images; a model that learns to undo noise takes more of it away"
    ),
    lambda run: {"model": "ae", "objective": "elbo", "free_bits": 0.0, "corruption": "gaussian"},
    "Train a denoiser of these images",
)


def other_kind(config: TrainConfig) -> dict[str, Any]:
    """What makes an autoencoder's settings a VAE's, and the other way round."""
    return {"model": "ae" if config.model == "vae" else "vae", "objective": "elbo", "free_bits": 0.0}


NOT_ALONE = Rule(
    lambda run: (
        None if resources.same_images(run) else "is the only model of its images; train another to compare it with"
    ),
    lambda run: other_kind(run.config),
    "Train another on these images",
)


def _no_maps(run: Run) -> str | None:
    """Whether the five maps are there: of both kinds of model, and UMAP, which takes a while."""
    same = resources.same_images(run)
    other = [each for each in same if each.config.model != run.config.model and each.status.state not in ACTIVE]
    if not other:
        return "has no model of the other kind beside it"
    if resources.known(run, "pixel_maps") is None:
        return "has no UMAP of its images yet"
    return None


MAPS = Rule(_no_maps)


def _nothing_odd(run: Run) -> str | None:
    """Whether something odd is known: a class left out, or one's own images, among which to look."""
    if run.config.dataset.startswith(OWN):
        return None
    kept = run.config.preprocessing.classes
    if kept is not None and set(run.source().label_names) - set(kept):
        return None
    return "has seen every class of its images"


ODD = Rule(_nothing_odd)

ANOMALIES = Use((TRAINED, ODD), ("mnist-without-4-16d", "digits-without-4-16d"))
ARITHMETIC = Use((ROOMY, TRAINED, NOT_TOLD_LABELS), ("faces-8d", "mnist-16d", "digits-16d"))
COMPARE = Use((NOT_ALONE,), ("mnist-2d", "digits-2d"))
DENOISING = Use((A_DENOISER, TRAINED), ("mnist-denoiser-16d", "digits-denoiser-16d"))
GENERATION = Use((A_VAE, ROOMY, TRAINED), ("mnist-16d", "faces-8d", "digits-16d"))
INTERPOLATE = Use((TRAINED,), ("mnist-16d", "faces-8d", "digits-2d"), goes_on=True)
REDUCTION = Use((TRAINED, MAPS), ("mnist-2d", "digits-2d"))


def choose_run(use: Use) -> Run:
    """Choose a run for a page; opened without one in its address, on one that suits it."""
    return choosing.choose_run(partial(best_of, use))


def best_of(use: Use, runs: Mapping[str, Run], last: str | None) -> str | None:
    """Find the run that a page opens on.

    The one looked at last, or else one's newest, if it suits; or else a shipped one that does. A page that goes on
    with whatever was looked at needs none that suits.

    Parameters
    ----------
    use
        The page's.
    runs
        Every run, by its name: one's own, newest first, then those shipped.
    last
        Name of the run looked at last, if any was.

    Returns
    -------
    str or None
        A name; None where no run suits.
    """
    if use.goes_on and last in runs:
        return last
    own = [name for name, run in runs.items() if not resources.is_example(run)]
    candidates = [*([last] if last else []), *own[:1], *use.examples, *runs]
    return next((name for name in candidates if name in runs and _suits(use, runs[name])), None)


def _suits(use: Use, run: Run) -> bool:
    try:
        return is_local(run.source()) and not any(rule.lack(run) for rule in use.rules)
    except DatasetUnavailable:
        return False


def say_what_suits(use: Use, run: Run) -> None:
    """Where a run does not suit the page, say why, and lead to Train with settings of one that would."""
    lacking = [(rule, why) for rule in use.rules if rule.offer and (why := rule.lack(run))]
    if not lacking:
        return
    settings: dict[str, Any] = {}
    for rule, _ in lacking:
        settings |= rule.settings(run)
    first, why = lacking[0]
    with st.container(horizontal=True, vertical_alignment="center", key="what-suits"):
        st.markdown(f":material/lightbulb: **{widgets.plain(run.title)}** {why}.", width="content")
        frame.link_to(
            "train",
            first.offer,
            "model_training",
            better(run.config, settings),
            "Open Train with these settings, and start it there.",
        )


def better(config: TrainConfig, changes: Mapping[str, Any]) -> dict[str, str]:
    """The Train page's address for a run's settings but for some; those that are None are left to it."""
    changed = TrainConfig.model_validate(
        config.model_dump() | {name: value for name, value in changes.items() if value is not None}
    )
    query = query_of(changed)
    return {name: text for name, text in query.items() if changes.get(name, "") is not None}
