"""What the parts of a loss want of codes: the gradients that a step of training begins with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vaelab.engine.inputs import Floats, Inputs, Labels
from vaelab.latent.codes import Codes
from vaelab.networks.nn import LOGVAR_BOUNDS, Posterior
from vaelab.networks.objectives import OBJECTIVES, Batch, LossTerms
from vaelab.networks.torch_settings import our_torch
from vaelab.training.schedule import warmup

__all__ = ["Forces", "Pull", "WithForces"]


class Pull(NamedTuple):
    """Where a term of the loss would have posteriors go: minus its gradients, in nats per unit of z."""

    mu: Floats  # (N, D)
    sigma: Floats  # (N, D); 0 where codes are points


class Forces(NamedTuple):
    """The pulls of the loss's two sides, which sum to minus the gradient of the whole."""

    reconstruction: Pull
    regularizer: Pull  # all else: the weighted KL, and what an objective adds


class WithForces(Inputs):
    """Tells what pulls at codes."""

    def forces(
        self,
        images: NDArray[np.generic],
        labels: Labels = None,
        codes: Codes | None = None,
        progress: float = 1.0,
        num_draws: int = 8,
        seed: int = 0,
    ) -> Forces:
        """Take the gradient of the loss with respect to posteriors apart.

        A step of training moves the weights, by the chain rule through these gradients; it moves no code by itself.
        What training may put on an autoencoder's codes as noise is left out.

        Parameters
        ----------
        images
            ``(N, C, H, W)``: one batch, so that what an objective asks of all codes together is asked of these.
        labels
            As ``encode`` takes them.
        codes
            Posteriors to begin at; by default the encoder's.
        progress
            How far training has come, 0 to 1: objectives warm up, and have schedules.
        num_draws
            Draws of z, over which the gradients are averaged: a step has one.
        seed
            Of the draws; the same noise each time, so that forces change with the model alone.

        Returns
        -------
        Forces
            As the config's objective has it, with its weights.

        Raises
        ------
        ValueError
            If there are no draws, the codes are not of these images, or as ``encode`` raises it.
        """
        if num_draws < 1:
            raise ValueError(f"A mean takes at least one draw, not {num_draws}.")
        images = self._checked(images)
        label_tensor = self._label_tensor(labels, len(images))
        if codes is not None and not len(codes.mu) == len(codes.sigma) == len(images):
            raise ValueError(f"These are {len(codes.mu)} codes of {len(images)} images: give one for each.")
        x, y = next(self._batches(images, label_tensor, len(images)))
        self.model.eval()
        with our_torch(), torch.enable_grad():
            mu, sigma = self._leaves(x, y) if codes is None else self._given(codes)
            noise = torch.Generator(self.device).manual_seed(seed)
            pulls = [torch.zeros_like(leaf) for leaf in (mu, sigma) * 2]
            num_draws = num_draws if self.is_vae else 1  # the code is a point
            for _ in range(num_draws):
                posterior = Posterior(mu, 2 * sigma.clamp(min=float(np.exp(LOGVAR_BOUNDS[0] / 2))).log())
                terms = self._loss(x, posterior, progress, noise, y)
                sides = terms.reconstruction, terms.regularizer
                found = [each for side in sides for each in _gradients(side, (mu, sigma))]
                pulls = [pull - gradient / num_draws for pull, gradient in zip(pulls, found, strict=True)]
        on = [pull.cpu().numpy() for pull in pulls]
        return Forces(Pull(*on[:2]), Pull(*on[2:]))

    def _loss(
        self, x: Tensor, posterior: Posterior, progress: float, noise: torch.Generator, y: Tensor | None
    ) -> LossTerms:
        warm = warmup(progress, self.config.kl_warmup)
        batch = Batch(self.model, x, posterior, self.config, warm, progress, noise, y, self.companion)
        return OBJECTIVES[self.config.objective](batch)

    def _leaves(self, x: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            mu, logvar = self.model.encoder(x, y)
            sigma = torch.exp(0.5 * logvar)
        return mu.requires_grad_(), sigma.requires_grad_()

    def _given(self, codes: Codes) -> tuple[Tensor, Tensor]:
        mu, sigma = (torch.tensor(part, dtype=torch.float32, device=self.device) for part in (codes.mu, codes.sigma))
        return mu.requires_grad_(), sigma.requires_grad_()


def _gradients(value: Tensor, leaves: tuple[Tensor, ...]) -> list[Tensor]:
    """Gradients of a sum over images; 0 where the value does not depend on a leaf."""
    if not value.requires_grad:  # an autoencoder's KL
        return [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(value.sum(), leaves, retain_graph=True, allow_unused=True)
    return [
        torch.zeros_like(leaf) if gradient is None else gradient for leaf, gradient in zip(leaves, found, strict=True)
    ]
