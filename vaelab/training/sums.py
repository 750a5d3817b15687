"""Averages of loss terms, on the device."""

from __future__ import annotations

import torch

from vaelab.networks.objectives import LossTerms
from vaelab.training.reports import Terms

__all__ = ["Sums"]


class Sums:
    """Sums of loss terms over images, kept on the device so that no step waits for a number."""

    def __init__(self, latent_dim: int, device: torch.device) -> None:
        # Apple's GPUs have no float64.
        dtype = torch.float32 if device.type == "mps" else torch.float64
        self.values = torch.zeros(4 + latent_dim, device=device, dtype=dtype)
        self.num_images = 0

    def add(self, terms: LossTerms) -> None:
        """Count the images of a batch in."""
        parts = [terms.total, terms.reconstruction, terms.kl, terms.penalty]
        scalars = torch.stack(parts, dim=1)
        self.values += torch.cat([scalars, terms.kl_per_dim], dim=1).detach().sum(0)
        self.num_images += len(scalars)

    def take(self) -> Terms:
        """Averages since the last time, and start again."""
        means = (self.values / max(self.num_images, 1)).tolist()
        total, reconstruction, kl, penalty, *per_dim = means
        terms = Terms(total, reconstruction, kl, tuple(per_dim), self.num_images, penalty)
        self.values.zero_()
        self.num_images = 0
        return terms
