"""What a training goes on from, out of a trainer and into it."""

from __future__ import annotations

import torch
from torch import Tensor

from vaelab.config import TrainConfig
from vaelab.networks.models import Autoencoder
from vaelab.networks.objectives import Companion
from vaelab.networks.optimizer_state import load_state_of, named, state_of, under

__all__ = ["WithState"]


class WithState:
    """A trainer whose state can be taken, and gone on from."""

    config: TrainConfig
    model: Autoencoder
    optimizer: torch.optim.Optimizer
    companion: Companion | None
    generator: torch.Generator
    epoch: int
    step: int
    seconds: float

    def state(self) -> tuple[dict[str, Tensor], dict[str, float]]:
        """Take everything that training goes on from; only between epochs.

        Returns
        -------
        tuple
            Copies on the CPU (weights as ``model.*``, optimizer as ``optimizer.*``, what the objective trains beside
            the model as ``companion.*``, random state as ``random``) and numbers (epoch, step, seconds).
        """
        tensors = named("model", self.model.state_dict())
        tensors |= named("optimizer", state_of(self.optimizer))
        if self.companion is not None:
            tensors |= named("companion", self.companion.state())
        tensors["random"] = self.generator.get_state()
        copies = {k: v.detach().to("cpu", copy=True).contiguous() for k, v in tensors.items()}
        return copies, {"epoch": self.epoch, "step": self.step, "seconds": self.seconds}

    def load_state(self, tensors: dict[str, Tensor], numbers: dict[str, float]) -> None:
        """Go on from what ``state`` returned.

        Parameters
        ----------
        tensors, numbers
            As ``state`` returned them.

        Raises
        ------
        ValueError
            If they belong to a model of another shape.
        """
        try:
            self.model.load_state_dict(under("model", tensors))
            if self.companion is not None:
                self.companion.load_state(under("companion", tensors))
        except RuntimeError as error:
            raise ValueError("The checkpoint belongs to a model of another shape.") from error
        load_state_of(self.optimizer, under("optimizer", tensors))
        if tensors["random"].shape == self.generator.get_state().shape:
            self.generator.set_state(tensors["random"])
        else:  # of another kind of device, whose random numbers cannot be gone on with here
            self.generator.manual_seed(self.config.seed + int(numbers["step"]))
        self.epoch = int(numbers["epoch"])
        self.step = int(numbers["step"])
        self.seconds = float(numbers["seconds"])
