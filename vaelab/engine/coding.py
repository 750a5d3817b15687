"""From images to codes, and back."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vaelab.engine.inputs import Floats, Inputs, Labels
from vaelab.images import as_float
from vaelab.latent.codes import Codes

__all__ = ["Coding"]


class Coding(Inputs):
    """Encodes, decodes, reconstructs, restores and samples."""

    def encode(self, images: NDArray[np.generic], labels: Labels = None) -> Codes:
        """Encode images to their posteriors.

        Parameters
        ----------
        images
            ``(N, C, H, W)``.
        labels
            ``(N,)``, or one for all; needed by a conditional model, ignored by others.

        Returns
        -------
        Codes
            ``mu`` and ``sigma``, ``(N, D)`` each.

        Raises
        ------
        ValueError
            If a conditional model is given no labels, or ones that it does not know; if the images are not of the
            model's size, or neither uint8 nor floats in [0, 1].
        """
        images = self._checked(images)
        label_tensor = self._label_tensor(labels, len(images))
        parts = [self._encode(x, y) for x, y in self._batches(images, label_tensor)]
        mu, sigma = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Codes(mu, sigma)

    def decode(self, z: NDArray[np.floating], labels: Labels = None) -> Floats:
        """Decode codes to the mean of p(x|z).

        Parameters
        ----------
        z
            ``(N, D)``, or one code ``(D,)``.
        labels
            As ``encode`` takes them.

        Returns
        -------
        ndarray
            float32 ``(N, C, H, W)`` in [0, 1].

        Raises
        ------
        ValueError
            If ``z`` is not of this model's latent dimension or not finite, or labels are missing or not known.
        """
        z = np.atleast_2d(np.asarray(z, dtype=np.float32))
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"These codes have shape {z.shape}, but this model's are (N, {self.latent_dim}).")
        if not np.isfinite(z).all():
            raise ValueError("Some numbers of these codes are not finite (NaN or infinite): leave those codes out.")
        label_tensor = self._label_tensor(labels, len(z))
        self.model.eval()
        images = []
        with torch.inference_mode():
            for start in range(0, len(z), self.BATCH):
                part = slice(start, start + self.BATCH)
                y = None if label_tensor is None else label_tensor[part]
                logits = self.model.decoder(torch.from_numpy(z[part]).to(self.device), y)
                images.append(self.model.likelihood.mean(logits).cpu().numpy())
        return np.concatenate(images) if images else np.empty((0, *self.model.image_shape), np.float32)

    def reconstruct(self, images: NDArray[np.generic], labels: Labels = None) -> Floats:
        """Decode the means of the images' posteriors.

        Parameters
        ----------
        images
            ``(N, C, H, W)``.
        labels
            As ``encode`` takes them.

        Returns
        -------
        ndarray
            float32 ``(N, C, H, W)`` in [0, 1].
        """
        return self.decode(self.encode(images, labels).mu, labels)

    def restore(
        self,
        images: NDArray[np.generic],
        visible: NDArray[np.bool_],
        labels: Labels = None,
        num_steps: int = 30,
    ) -> Floats:
        """Fill in the hidden pixels of images with what the model makes of the visible ones.

        Reconstruct, put the visible pixels back, and again: Rezende et al. 2014, appendix F, with
        means instead of samples.

        Parameters
        ----------
        images
            ``(N, C, H, W)``; what hidden pixels hold is where it starts.
        visible
            bool ``(H, W)`` or of the images' shape, False for hidden pixels.
        labels
            As ``encode`` takes them.
        num_steps
            How often; 0 leaves images as they are.

        Returns
        -------
        ndarray
            float32 ``(N, C, H, W)``; visible pixels are as they came.

        Raises
        ------
        ValueError
            If ``visible`` is neither of an image's size nor of the images' shape, the number of steps is negative, or
            as ``encode`` raises it.
        """
        filled = images = as_float(self._checked(images))
        visible = np.asarray(visible)
        if visible.dtype != bool or visible.shape not in {images.shape, images.shape[1:], images.shape[2:]}:
            raise ValueError(
                f"What is visible is {visible.dtype} {visible.shape}; it must be bool, {images.shape[2:]} or "
                f"{images.shape}: True where a pixel is seen."
            )
        if num_steps < 0:
            raise ValueError(f"The number of steps was {num_steps}; it must be at least 0.")
        for _ in range(num_steps):
            filled = np.where(visible, images, self.reconstruct(filled, labels))
        return filled

    def sample(self, num_images: int, seed: int | None = None, labels: Labels = None) -> tuple[Floats, Floats]:
        """Draw codes from the prior N(0, I) and decode them.

        Parameters
        ----------
        num_images
            How many; 0 gives empty arrays.
        seed
            The same seed draws the same; None draws anew.
        labels
            As ``encode`` takes them; a conditional model without them draws labels, too.

        Returns
        -------
        tuple
            Codes ``(N, D)`` and images ``(N, C, H, W)``.

        Raises
        ------
        ValueError
            If the number is negative, or labels are not known.
        """
        if num_images < 0:
            raise ValueError(f"The number of images to draw was {num_images}; it must be at least 0.")
        rng = np.random.default_rng(seed)
        z = rng.standard_normal((num_images, self.latent_dim), dtype=np.float32)
        if labels is None and self.num_labels:
            labels = rng.integers(self.num_labels, size=num_images)
        return z, self.decode(z, labels)

    def traverse(
        self,
        z: NDArray[np.floating],
        dim: int,
        values: NDArray[np.floating],
        labels: Labels = None,
    ) -> Floats:
        """Decode ``z`` with one dimension set to each of ``values``.

        Parameters
        ----------
        z
            One code, ``(D,)``.
        dim
            Which dimension, from 0.
        values
            ``(K,)``.
        labels
            As ``encode`` takes them.

        Returns
        -------
        ndarray
            float32 ``(K, C, H, W)`` in [0, 1].

        Raises
        ------
        ValueError
            If there is no such dimension, ``z`` is not one code, or ``values`` are no row of numbers.
        """
        if not 0 <= dim < self.latent_dim:
            raise ValueError(f"There is no dimension {dim}: they run from 0 to {self.latent_dim - 1}.")
        code, values = np.asarray(z, dtype=np.float32), np.asarray(values)
        if code.size != self.latent_dim:
            raise ValueError(f"This code has shape {code.shape}; a traversal starts from one, ({self.latent_dim},).")
        if values.ndim != 1:
            raise ValueError(f"The values have shape {values.shape}; they must be (K,): one for each image.")
        codes = np.repeat(code.reshape(1, -1), len(values), axis=0)
        codes[:, dim] = values
        return self.decode(codes, labels)

    def _encode(self, x: Tensor, y: Tensor | None) -> tuple[Floats, Floats]:
        self.model.eval()
        with torch.inference_mode():
            mu, logvar = self.model.encoder(x, y)
            sigma = torch.exp(0.5 * logvar) if self.is_vae else torch.zeros_like(mu)
        return mu.cpu().numpy(), sigma.cpu().numpy()
