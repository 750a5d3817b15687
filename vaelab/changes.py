"""Settings that change while a model is trained. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping

from vaelab.choices import changeable
from vaelab.config import TrainConfig

__all__ = ["Changes", "changed", "checked_changes", "in_words"]

#: Settings by the number of steps after which they began to hold.
Changes = Mapping[int, Mapping[str, float]]


def changed(config: TrainConfig, settings: Mapping[str, float]) -> TrainConfig:
    """Change settings of a training that goes on.

    Parameters
    ----------
    config
        What it has been until now.
    settings
        The new values, by the names of ``vaelab.choices.changeable``.

    Returns
    -------
    TrainConfig
        With them.

    Raises
    ------
    ValueError
        If one cannot be changed, or not to that.
    """
    possible = changeable(config)
    for name in settings:
        if name not in possible:
            raise ValueError(f"{name} cannot be changed while this model is in training: {', '.join(possible)} can be.")
    return TrainConfig.model_validate(config.model_dump() | dict(settings))


def checked_changes(config: TrainConfig, changes: Changes) -> dict[int, dict[str, float]]:
    """Check changes, and put them in order.

    Parameters
    ----------
    config
        What the run begins as.
    changes
        Settings by the number of steps after which they hold.

    Returns
    -------
    dict
        The same, earliest first.

    Raises
    ------
    ValueError
        If a number of steps is below 0, or a setting cannot be changed to what it says.
    """
    in_order = {step: dict(changes[step]) for step in sorted(changes)}
    for step, settings in in_order.items():
        if step < 0:
            raise ValueError(f"A change was said to come after {step} steps; that must be 0 or more.")
        config = changed(config, settings)
    return in_order


def in_words(config: TrainConfig, settings: Mapping[str, float]) -> str:
    """Write what settings changed to.

    Parameters
    ----------
    config
        What the run is.
    settings
        The new values.

    Returns
    -------
    str
        As people read it, without a capital or a full stop.

    Examples
    --------
    >>> in_words(TrainConfig(), {"beta": 4, "learning_rate": 0.001})
    'β 4, learning rate 0.001'
    """
    labels = {name: setting.label.partition(",")[0] for name, setting in changeable(config).items()}
    return ", ".join(f"{labels[name][0].lower()}{labels[name][1:]} {value:g}" for name, value in settings.items())
