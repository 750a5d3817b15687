"""The same training several times, one setting of it different each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from vaelab.config import OWN, TrainConfig
from vaelab.datasets import check_fit
from vaelab.runs import Run

__all__ = ["SWEPT", "SweptName", "create_sweep", "read_values", "sweep_configs"]

SweptName = Literal["beta", "latent_dim", "seed"]

#: What can be swept, and how a run's title names it.
SWEPT: dict[SweptName, str] = {"beta": "β", "latent_dim": "latent dimensions", "seed": "seed"}
#: Those that are whole numbers.
WHOLE = ("latent_dim", "seed")

#: Runs of one sweep, at the most.
MOST_VALUES = 20


def read_values(text: str, over: SweptName) -> list[float]:
    """Read the values of a sweep as a person writes them.

    Parameters
    ----------
    text
        Numbers, separated by commas or spaces.
    over
        What they are values of.

    Returns
    -------
    list of float
        In the order given, each once.

    Raises
    ------
    ValueError
        If there is no number, one is none, or there are too many.

    Examples
    --------
    >>> read_values("0.5, 1 4", "beta")
    [0.5, 1.0, 4.0]
    """
    values: list[float] = []
    for word in text.replace(",", " ").split():
        try:
            value = float(word)
        except ValueError:
            raise ValueError(f"{word!r} is not a number: write values such as 1, 2, 4, separated by commas.") from None
        if over in WHOLE and not value.is_integer():
            raise ValueError(f"{over} was {word}; it must be a whole number.")
        if value not in values:
            values.append(value)
    if not 1 <= len(values) <= MOST_VALUES:
        raise ValueError(f"A sweep has 1 to {MOST_VALUES} values, but these are {len(values)}.")
    return values


def sweep_configs(config: TrainConfig, over: SweptName, values: Sequence[float]) -> list[TrainConfig]:
    """Make a config for each value of one setting.

    Parameters
    ----------
    config
        All other settings.
    over
        Which setting.
    values
        Its values.

    Returns
    -------
    list of TrainConfig
        In the order of ``values``; same seed, unless that is swept, so that nothing else differs.

    Raises
    ------
    ValueError
        If a value cannot be, or the model has no such setting.

    Examples
    --------
    >>> [c.beta for c in sweep_configs(TrainConfig(), "beta", [1, 4])]
    [1.0, 4.0]
    """
    if over == "beta" and over not in config.minimized.settings:
        if config.model == "ae":
            raise ValueError("An autoencoder has no KL term to weigh: choose a VAE to sweep beta.")
        raise ValueError(f"There is no beta in objective {config.objective}: choose objective elbo to sweep beta.")
    settings = config.model_dump()
    number = int if over in WHOLE else float
    return [TrainConfig.model_validate(settings | {over: number(value)}) for value in values]


def create_sweep(config: TrainConfig, over: SweptName, values: Sequence[float]) -> list[Run]:
    """Make a new run for each value of one setting, ready to be trained.

    Parameters
    ----------
    config, over, values
        As ``sweep_configs`` takes them; all are checked before the first run is made.

    Returns
    -------
    list of Run
        In the runs folder, each titled by its images and value.

    Raises
    ------
    ValueError
        As ``sweep_configs``.
    RunError
        If the runs folder cannot be written.
    """
    runs = []
    configs = sweep_configs(config, over, values)
    check_fit(config)
    for each in configs:
        run = Run.create(each)
        run.rename(f"{config.dataset.removeprefix(OWN)}, {SWEPT[over]} {getattr(each, over):g}")
        runs.append(run)
    return runs
