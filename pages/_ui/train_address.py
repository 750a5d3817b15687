"""A training's settings as the Train page's address has them, for links that lead there."""

from __future__ import annotations

from typing import Any

from vaelab.choices import ARCHITECTURES
from vaelab.config import OWN, TrainConfig

__all__ = ["query_of"]

#: What is not on the page, or is this machine's rather than the training's.
_LEFT_OUT = {"conv_hidden", "device", "threads"}
#: How the address writes that a setting is nothing.
_NOTHING = {"size": "0", "color": "as-is", "num_images": "none", "classes": "none"}


def query_of(config: TrainConfig) -> dict[str, str]:
    """Write settings as the parameters with which Train opens on them.

    Parameters
    ----------
    config
        What to train.

    Returns
    -------
    dict
        Parameters of the URL, by the names that ``settings`` gives them.

    Examples
    --------
    >>> query = query_of(TrainConfig(latent_dim=8, hidden=(64, 32), corruption="blur"))
    >>> query["latent_dim"], query["hidden"], query["corruption"], query["seconds"]
    ('8', '64,32', 'blur', 'none')
    """
    values: dict[str, Any] = config.model_dump(exclude=_LEFT_OUT)
    values |= values.pop("preprocessing")
    for other in set(ARCHITECTURES) - {config.architecture}:
        del values[ARCHITECTURES[other].widths]
    query = {name: _NOTHING.get(name, "none") if value is None else _write(value) for name, value in values.items()}
    if config.dataset.startswith(OWN):
        query["suit"] = "false"  # settings are known, and need no trial
    return query


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
