"""What a model being trained costs on images that it does not learn from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from vaelab.training.devices import images_at_once
from vaelab.training.reports import Progress, Terms
from vaelab.training.sums import Sums

if TYPE_CHECKING:
    from vaelab.training.trainer import Trainer

__all__ = ["VALIDATION_BATCH", "Validation"]

#: Images in a validation batch; large, since nothing is kept for a backward pass.
VALIDATION_BATCH = 1024


class Validation:
    """A pass over the validation images: yields progress, then ``terms`` has the averages."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.terms: Terms

    def run(self) -> Iterator[Progress]:
        """Go through all of them once."""
        trainer = self.trainer
        trainer.model.eval()
        sums = Sums(trainer.config.latent_dim, trainer.device)
        # Its own noise, the same every epoch: curves then show the model's change, not the noise's,
        # and how often one validates does not change how one trains.
        noise = torch.Generator(trainer.device).manual_seed(trainer.config.seed)
        labels = trainer.validation_labels
        config = trainer.config
        objective = config.minimized
        draws = getattr(config, objective.draws) if objective.draws else 1
        size = min(VALIDATION_BATCH, images_at_once(trainer.model.image_shape, draws))
        if objective.compares_pairs:
            size = config.batch_size
        for start in range(0, len(trainer.validation_images), size):
            part = slice(start, start + size)
            y = None if labels is None else labels[part]
            with torch.inference_mode():
                sums.add(trainer.loss_of(trainer.validation_images[part], y, noise))
            yield Progress("validating", start / len(trainer.validation_images))
        self.terms = sums.take()
