"""What can be minimized; ``vaelab.networks.objectives`` has the functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vaelab.choices.setting import Setting

__all__ = ["OBJECTIVES", "Objective", "objective_of", "users_of"]


@dataclass(frozen=True)
class Objective:
    """One loss, and what it goes with."""

    title: str
    #: What a model that was trained by it is called, and by whom it was proposed.
    kind: str
    source: str
    help: str
    #: Which numbers of the config are in it, and how a person is asked for them.
    settings: Mapping[str, Setting]
    #: What it wants to begin with that others do not.
    suited: Mapping[str, float] = field(default_factory=dict)
    #: Settings that show what it is for, where those it begins with do not.
    example: Mapping[str, Any] = field(default_factory=dict)
    #: Models that it is for.
    models: tuple[Literal["ae", "vae"], ...] = ("vae",)
    #: What it does with the KL term that leaves no free bits to give, as "takes apart"; empty where they fit.
    no_free_bits: str = ""
    #: The setting that says how many codes are drawn for an image; empty for one.
    draws: str = ""
    #: Whether it compares a batch's codes by pairs, so that its value depends on how many there are.
    compares_pairs: bool = False
    #: Whether it asks codes to lie as the prior does, so that draws from the prior can be decoded.
    fills_prior: bool = True
    #: Whether it adds a penalty to reconstruction and KL.
    has_penalty: bool = True
    #: What it weighs against the reconstruction; empty where that is all there is.
    regularizer: str = "the KL"
    #: The most that the penalty comes to for a model that has learned nothing, in nats, by its config
    most: Callable[[Any], float] = lambda config: 0.0


def _beta(help: str) -> Setting:
    return Setting("β", help, step=0.5)


def _warmup(help: str) -> Setting:
    return Setting("Warm-up", f"Part of training over which {help}", step=0.05, slider=True)


_FREE_BITS = Setting(
    "Free bits, nats a dimension",
    "What each dimension may say without paying: keeps dimensions from going unused.",
    step=0.1,
)
_MMD_WEIGHT = Setting(
    "Weight of the MMD",
    "Nats that it costs if all codes together differ from the prior as much as they can.",
    step=10.0,
)

OBJECTIVES: dict[str, Objective] = {
    "elbo": Objective(
        title="ELBO (VAE, β-VAE)",
        kind="VAE",
        source="Kingma and Welling 2014, Higgins et al. 2017",
        help="reconstruction + β × KL.",
        settings={
            "beta": _beta("Weight of the KL term: 1 is the VAE; more keeps codes tidier and images blurrier."),
            "kl_warmup": _warmup("β rises from 0: first draw, then tidy up."),
            "free_bits": _FREE_BITS,
        },
        example={"beta": 4},
        models=("vae", "ae"),
        has_penalty=False,
    ),
    "tc": Objective(
        title="β-TCVAE",
        kind="β-TCVAE",
        source="Chen et al. 2018",
        help="β weighs the total correlation only, the part of the KL that measures how far dimensions depend on one "
        "another.",
        settings={
            "beta": _beta(
                "Weight of the total correlation, the part of the KL that measures how far dimensions depend on one "
                "another: 1 is the VAE, more makes them less dependent."
            ),
            "kl_warmup": _warmup(
                "the KL term and its total correlation rise from 0 to their full weight: first draw, then tidy up."
            ),
        },
        example={"beta": 6},
        regularizer="the KL and the total correlation",
        no_free_bits="takes apart",
        compares_pairs=True,
    ),
    "mmd": Objective(
        title="InfoVAE (MMD)",
        kind="InfoVAE",
        source="Zhao et al. 2017",
        help="the MMD holds all codes together to the prior, so that β may be small and single images may say more.",
        settings={
            "beta": _beta(
                "Weight of the KL term of each image, beside the MMD, which is about all codes together: less lets an "
                "image say more. Near 0 single codes run far out."
            ),
            "mmd_weight": _MMD_WEIGHT,
            "kl_warmup": _warmup(
                "β and the weight of the MMD rise from 0: first draw, then tidy up. Without it, dimensions go unused."
            ),
            "free_bits": _FREE_BITS,
        },
        suited={"beta": 0.1, "mmd_weight": 30.0, "kl_warmup": 0.5},  # measured: benchmarks/infovae.py
        regularizer="the KL and the MMD",
        most=lambda config: config.mmd_weight,
    ),
    "iwae": Objective(
        title="IWAE",
        kind="IWAE",
        source="Burda et al. 2015",
        help="a tighter bound, from several samples an image.",
        settings={
            "beta": _beta("Weight of the KL's part of each sample. The loss is a bound on log p(x) at 1 only."),
            "num_samples": Setting("Samples an image, k", "More make the bound tighter, and a step that much slower."),
            "kl_warmup": _warmup("β rises from 0. Until it is over, the loss is no bound on log p(x)."),
        },
        example={"num_samples": 5},
        regularizer="the KL and the tighter bound",
        no_free_bits="takes apart",
        draws="num_samples",
    ),
    "factor": Objective(
        title="FactorVAE",
        kind="FactorVAE",
        source="Kim and Mnih 2018",
        help="a second network tells the total correlation of all codes, and γ weighs it beside the KL.",
        settings={
            "beta": _beta("Weight of the KL term of each image, beside the total correlation; 1 in the paper."),
            "gamma": Setting(
                "γ, weight of the total correlation",
                "How much it costs that dimensions depend on one another, as a second network (the discriminator) "
                "tells by whether it can tell codes from codes whose numbers were shuffled.",
                step=1.0,
            ),
            "kl_warmup": _warmup("β and γ rise from 0: first draw, then tidy up."),
            "free_bits": _FREE_BITS,
        },
        suited={"gamma": 10.0},
        regularizer="the KL and the total correlation",
        most=lambda config: config.gamma * config.latent_dim,
    ),
    "capacity": Objective(
        title="Capacity schedule",
        kind="capacity VAE",
        source="Burgess et al. 2018",
        help="the KL is led to a value that rises evenly as training goes on, so that codes learn to say one thing "
        "after another.",
        settings={
            "capacity": Setting(
                "Capacity, nats",
                "What the KL is led to: from 0 at the start to this much at the end of training, and not beyond. The "
                "more, the more a code says of its image.",
                step=1.0,
            ),
            "gamma": Setting(
                "γ, how closely the KL is led",
                "What each nat costs by which the KL is off its schedule, to either side. Where that is much more than "
                "a nat saves in the reconstruction, the KL gets there by codes that say nothing.",
                step=0.5,
            ),
            "kl_warmup": _warmup("γ rises from 0. The capacity has its own schedule, which is all of training."),
        },
        suited={"gamma": 1.0, "capacity": 5.0, "kl_warmup": 0.3},  # measured on digits and MNIST
        regularizer="the KL’s distance from its capacity",
        no_free_bits="leads as a whole",
        most=lambda config: config.gamma * (config.latent_dim + config.capacity),
    ),
    "wae": Objective(
        title="WAE (MMD)",
        kind="WAE",
        source="Tolstikhin et al. 2018",
        help="the MMD holds all codes together to the prior, so that codes drawn from it can be decoded.",
        settings={
            "mmd_weight": _MMD_WEIGHT,
            "kl_warmup": _warmup("the weight of the MMD rises from 0: first draw, then tidy up."),
        },
        suited={"mmd_weight": 30.0},
        regularizer="the MMD",
        models=("ae",),
        most=lambda config: config.mmd_weight,
    ),
}

#: What an autoencoder minimizes by the ELBO's name: it has no KL, so that nothing is weighed.
RECONSTRUCTION = Objective(
    title="Reconstruction",
    kind="AE",
    source="",
    help="how well the image is drawn again, and nothing else.",
    settings={},
    models=("ae",),
    regularizer="",
    fills_prior=False,
    has_penalty=False,
)


def objective_of(model: str, objective: str) -> Objective:
    """Look up what a model of one kind minimizes.

    Parameters
    ----------
    model
        ``"ae"`` or ``"vae"``.
    objective
        A key of ``OBJECTIVES``.

    Returns
    -------
    Objective
        Its entry; of an autoencoder's ``"elbo"`` that of its reconstruction alone.

    Examples
    --------
    >>> objective_of("vae", "elbo").kind, objective_of("ae", "elbo").kind
    ('VAE', 'AE')
    """
    return RECONSTRUCTION if (model, objective) == ("ae", "elbo") else OBJECTIVES[objective]


def users_of(setting: str) -> str:
    """Name the objectives that have a setting: ``"mmd or wae"``."""
    *others, last = [name for name, objective in OBJECTIVES.items() if setting in objective.settings]
    return f"{', '.join(others)} or {last}" if others else last
