"""What of a training can be changed while it goes on."""

from __future__ import annotations

from typing import Any

from vaelab.choices.corruptions import CORRUPTIONS
from vaelab.choices.setting import Setting

__all__ = ["changeable"]

#: Settings of an objective that say how training as a whole is laid out, or what a step is made of.
_LAID_OUT = {"kl_warmup", "num_samples"}


def changeable(config: Any) -> dict[str, Setting]:
    """Find which numbers of a training can be changed while it goes on.

    Parameters
    ----------
    config
        What the run is, a ``TrainConfig``.

    Returns
    -------
    dict
        By the name of the field: the weights in its objective, the peak of the learning rate, and whatever noise it
        is trained with.

    Examples
    --------
    >>> from vaelab.config import TrainConfig
    >>> list(changeable(TrainConfig())), list(changeable(TrainConfig(model="ae", corruption="blur")))
    (['beta', 'free_bits', 'learning_rate'], ['learning_rate', 'corruption_strength', 'code_noise'])
    """
    found = {name: each for name, each in config.minimized.settings.items() if name not in _LAID_OUT}
    found["learning_rate"] = Setting(
        "Learning rate",
        "The peak of the one-cycle schedule: the rate of every later step changes in proportion.",
        0.001,
    )
    if config.corruption:
        damage = CORRUPTIONS[config.corruption]
        found["corruption_strength"] = Setting(damage.strength, "How strong the damage is from now on.", 0.05)
    if config.model == "ae":
        found["code_noise"] = Setting("Noise on the code", "σ of noise on the codes in training.", 0.1)
    return found
