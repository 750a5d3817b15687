"""An optimizer's state as tensors by name, so that a checkpoint can hold it beside others."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["load_state_of", "named", "state_of", "under"]


def state_of(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Take an optimizer's moments and counts, as ``<parameter's number>.<name>``."""
    states = optimizer.state_dict()["state"]
    return {f"{index}.{name}": value for index, values in states.items() for name, value in values.items()}


def load_state_of(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Go on from what ``state_of`` returned; the learning rate and such stay the optimizer's own."""
    states: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".")
        states.setdefault(int(index), {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": states, "param_groups": groups})


def named(owner: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Say whose tensors these are: ``<owner>.<name>``."""
    return {f"{owner}.{name}": value for name, value in tensors.items()}


def under(owner: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return what ``named`` was given, out of more."""
    start = f"{owner}."
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
