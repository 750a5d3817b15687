"""What images cost a model in nats: its loss, taken apart, and what an importance sample weighs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vaelab.engine.inputs import Floats, Inputs, Labels
from vaelab.networks.nn import Posterior
from vaelab.networks.objectives import gaussian_kl, log_weights
from vaelab.training.devices import images_at_once

__all__ = ["ImageTerms", "Terms"]


class ImageTerms(NamedTuple):
    """The loss of each image, taken apart, in nats."""

    reconstruction: Floats  # (N,), -log p(x|z)
    kl: Floats  # (N,)
    kl_per_dim: Floats  # (N, D)


class Terms(Inputs):
    """Takes the loss of each image apart."""

    def terms(self, images: NDArray[np.generic], seed: int | None = 0, labels: Labels = None) -> ImageTerms:
        """Take the loss of each image apart, with beta 1.

        Parameters
        ----------
        images
            ``(N, C, H, W)``.
        seed
            Of the one sample of z that each image is decoded from; None decodes the mean instead.
        labels
            As ``encode`` takes them.

        Returns
        -------
        ImageTerms
            In nats. An autoencoder's KL is zero.
        """
        images = self._checked(images)
        noise = None if seed is None else torch.Generator(self.device).manual_seed(seed)
        parts = []
        self.model.eval()
        with torch.inference_mode():
            for x, y in self._batches(images, self._label_tensor(labels, len(images))):
                posterior = self.model.encoder(x, y)
                z = posterior.mu if noise is None else self.model.code(posterior, noise)
                reconstruction = -self.model.likelihood.log_prob(self.model.decoder(z, y), x)
                kl = gaussian_kl(posterior) if self.is_vae else torch.zeros_like(z)
                parts.append((reconstruction.cpu(), kl.sum(1).cpu(), kl.cpu()))
        return ImageTerms(*(torch.cat(column).numpy() for column in zip(*parts, strict=True)))

    def expected_terms(
        self, images: NDArray[np.generic], num_draws: int = 16, seed: int = 0, labels: Labels = None
    ) -> ImageTerms:
        """Take the loss of each image apart, the mean over several draws of z.

        The draws' noise is the same for every image, so that what is said of an image depends on it
        alone: not on its row, nor on the images beside it. For the mean over many images ``terms``
        is as good, whose noise differs from image to image and averages out.

        Parameters
        ----------
        images
            ``(N, C, H, W)``.
        num_draws
            At least 1; half of them mirror the others, which takes away most of the noise.
        seed
            Of the draws.
        labels
            As ``encode`` takes them.

        Returns
        -------
        ImageTerms
            In nats. An autoencoder's code is a point, of which one decode is enough.

        Raises
        ------
        ValueError
            If there are no draws, or as ``encode`` raises it.
        """
        if num_draws < 1:
            raise ValueError(f"A mean takes at least one draw, not {num_draws}.")
        images = self._checked(images)
        if not self.is_vae:
            return self.terms(images, None, labels)
        noise = torch.Generator(self.device).manual_seed(seed)
        shape = (-(-num_draws // 2), self.latent_dim)
        half = torch.randn(shape, generator=noise, device=self.device)
        draws = torch.stack([half, -half], 1).flatten(0, 1)[:num_draws, None]  # (S, 1, D)
        parts = []
        self.model.eval()
        for x, y in self._batches(images, self._label_tensor(labels, len(images)), max(1, self.BATCH // num_draws)):
            with torch.inference_mode():
                mu, logvar = self.model.encoder(x, y)
                z = (mu + torch.exp(0.5 * logvar) * draws).flatten(0, 1)
                logits = self.model.decoder(z, None if y is None else y.repeat(num_draws))
                targets = x.repeat(num_draws, *[1] * (x.dim() - 1))
                reconstruction = -self.model.likelihood.log_prob(logits, targets).view(num_draws, -1).mean(0)
                kl = gaussian_kl(Posterior(mu, logvar))
                parts.append((reconstruction.cpu(), kl.sum(1).cpu(), kl.cpu()))
        return ImageTerms(*(torch.cat(column).numpy() for column in zip(*parts, strict=True)))

    def log_weights(
        self,
        images: NDArray[np.generic],
        num_samples: int,
        seed: int = 0,
        labels: Labels = None,
    ) -> Iterator[NDArray[np.float64]]:
        """Draw codes of each image and weigh them: log p(x, z) - log q(z|x).

        Parameters
        ----------
        images
            ``(N, C, H, W)``.
        num_samples
            k, codes for each image.
        seed
            Of the codes.
        labels
            As ``encode`` takes them.

        Returns
        -------
        iterator
            Of float64 ``(k, M)``, in nats, for the next M images: k decodes of each take a while.

        Raises
        ------
        ValueError
            If the model is an autoencoder, whose codes have no distribution, k is below 1, or as ``encode`` raises it.
        """
        if not self.is_vae:
            raise ValueError("An autoencoder's codes have no distribution: choose a VAE.")
        if num_samples < 1:
            raise ValueError(f"A weight takes at least one sample, not {num_samples}.")
        images = self._checked(images)
        return self._log_weights(images, num_samples, seed, self._label_tensor(labels, len(images)))

    def _log_weights(
        self, images: NDArray[Any], num_samples: int, seed: int, label_tensor: Tensor | None
    ) -> Iterator[NDArray[np.float64]]:
        noise = torch.Generator(self.device).manual_seed(seed)
        self.model.eval()
        for x, y in self._batches(images, label_tensor, images_at_once(self.model.image_shape, num_samples)):
            with torch.inference_mode():
                posterior = self.model.encoder(x, y)
                weights, _ = log_weights(self.model, x, posterior, num_samples, generator=noise, labels=y)
            yield weights.cpu().numpy().astype(np.float64)
