"""A trained model, numpy in and numpy out: what pages and notebooks call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vaelab.config import TrainConfig
from vaelab.models import VAE, Autoencoder, build_model
from vaelab.objectives import gaussian_kl
from vaelab.runs import Run, RunError
from vaelab.trainer import to_float

__all__ = ["Codes", "Engine", "ImageTerms"]

Floats = NDArray[np.float32]

#: Images at a time: bounds memory, and is past where larger batches are faster.
BATCH = 512


class Codes(NamedTuple):
    """The posteriors of images. For an autoencoder ``sigma`` is zero: its code is a point."""

    mu: Floats  # (N, D)
    sigma: Floats  # (N, D)


class ImageTerms(NamedTuple):
    """The loss of each image, taken apart, in nats."""

    reconstruction: Floats  # (N,), -log p(x|z)
    kl: Floats  # (N,)
    kl_per_dim: Floats  # (N, D)


class Engine:
    """A model that answers.

    Images go in as uint8 ``(N, C, H, W)`` (or as floats in [0, 1]) and come out as float32 in
    [0, 1].

    Parameters
    ----------
    model
        A trained model; it is put into evaluation mode whenever it is used.
    config
        What its run is.
    """

    def __init__(self, model: Autoencoder, config: TrainConfig) -> None:
        self.model = model
        self.config = config
        self.device = next(model.parameters()).device

    @classmethod
    def open(cls, run: Run) -> Engine:
        """Load the last good checkpoint of ``run``.

        Parameters
        ----------
        run
            A run that has finished at least its first snapshot.

        Returns
        -------
        Engine
            On the CPU.

        Raises
        ------
        RunError
            If there is no checkpoint, or it is damaged.
        """
        arrays, _ = run.checkpoint()
        model = build_model(run.config, run.data.image_shape)
        weights = {
            name.removeprefix("model."): torch.from_numpy(value)
            for name, value in arrays.items()
            if name.startswith("model.")
        }
        try:
            model.load_state_dict(weights)
        except RuntimeError as error:
            raise RunError(
                f"The run {run.name} is damaged: its checkpoint does not fit its config."
            ) from error
        return cls(model, run.config)

    @property
    def latent_dim(self) -> int:
        """D."""
        return self.config.latent_dim

    @property
    def is_vae(self) -> bool:
        """Whether codes are distributions."""
        return isinstance(self.model, VAE)

    def encode(self, images: NDArray[np.generic]) -> Codes:
        """Encode images to their posteriors.

        Parameters
        ----------
        images
            ``(N, C, H, W)``.

        Returns
        -------
        Codes
            ``mu`` and ``sigma``, ``(N, D)`` each.
        """
        parts = [self._encode(batch) for batch in self._batches(images)]
        mu, sigma = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Codes(mu, sigma)

    def decode(self, z: NDArray[np.floating]) -> Floats:
        """Decode codes to the mean of p(x|z).

        Parameters
        ----------
        z
            ``(N, D)``, or one code ``(D,)``.

        Returns
        -------
        ndarray
            float32 ``(N, C, H, W)`` in [0, 1].

        Raises
        ------
        ValueError
            If ``z`` is not of this model's latent dimension.
        """
        z = np.atleast_2d(np.asarray(z, dtype=np.float32))
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(
                f"These codes have shape {z.shape}, but this model's are (N, {self.latent_dim})."
            )
        self.model.eval()
        with torch.inference_mode():
            images = [
                self.model.likelihood.mean(self.model.decoder(part)).cpu().numpy()
                for part in torch.split(torch.from_numpy(z).to(self.device), BATCH)
            ]
        return np.concatenate(images)

    def reconstruct(self, images: NDArray[np.generic]) -> Floats:
        """Decode the means of the images' posteriors.

        Parameters
        ----------
        images
            ``(N, C, H, W)``.

        Returns
        -------
        ndarray
            float32 ``(N, C, H, W)`` in [0, 1].
        """
        return self.decode(self.encode(images).mu)

    def sample(self, num_images: int, seed: int | None = None) -> tuple[Floats, Floats]:
        """Draw codes from the prior N(0, I) and decode them.

        Parameters
        ----------
        num_images
            How many.
        seed
            The same seed draws the same; None draws anew.

        Returns
        -------
        tuple
            Codes ``(N, D)`` and images ``(N, C, H, W)``.
        """
        rng = np.random.default_rng(seed)
        z = rng.standard_normal((num_images, self.latent_dim), dtype=np.float32)
        return z, self.decode(z)

    def traverse(self, z: NDArray[np.floating], dim: int, values: NDArray[np.floating]) -> Floats:
        """Decode ``z`` with one dimension set to each of ``values``.

        Parameters
        ----------
        z
            One code, ``(D,)``.
        dim
            Which dimension, from 0.
        values
            ``(K,)``.

        Returns
        -------
        ndarray
            float32 ``(K, C, H, W)`` in [0, 1].

        Raises
        ------
        ValueError
            If there is no such dimension.
        """
        if not 0 <= dim < self.latent_dim:
            raise ValueError(
                f"There is no dimension {dim}: they run from 0 to {self.latent_dim - 1}."
            )
        codes = np.repeat(np.asarray(z, dtype=np.float32).reshape(1, -1), len(values), axis=0)
        codes[:, dim] = values
        return self.decode(codes)

    def terms(self, images: NDArray[np.generic], seed: int | None = 0) -> ImageTerms:
        """Take the loss of each image apart, with beta 1.

        Parameters
        ----------
        images
            ``(N, C, H, W)``.
        seed
            Of the one sample of z that each image is decoded from; None decodes the mean instead.

        Returns
        -------
        ImageTerms
            In nats. An autoencoder's KL is zero.
        """
        noise = None if seed is None else torch.Generator(self.device).manual_seed(seed)
        parts = []
        self.model.eval()
        with torch.inference_mode():
            for x in self._batches(images):
                posterior = self.model.encoder(x)
                z = posterior.mu if noise is None else self.model.code(posterior, noise)
                reconstruction = -self.model.likelihood.log_prob(self.model.decoder(z), x)
                kl = gaussian_kl(posterior) if self.is_vae else torch.zeros_like(z)
                parts.append((reconstruction.cpu(), kl.sum(1).cpu(), kl.cpu()))
        return ImageTerms(*(torch.cat(column).numpy() for column in zip(*parts, strict=True)))

    def _encode(self, x: Tensor) -> tuple[Floats, Floats]:
        self.model.eval()
        with torch.inference_mode():
            mu, logvar = self.model.encoder(x)
            sigma = torch.exp(0.5 * logvar) if self.is_vae else torch.zeros_like(mu)
        return mu.cpu().numpy(), sigma.cpu().numpy()

    def _batches(self, images: NDArray[np.generic]) -> Iterator[Tensor]:
        """Float batches on the device, one at a time: all of MNIST as floats would be 220 MB."""
        if images.ndim != 4 or not len(images):
            raise ValueError(
                f"These images have shape {images.shape}; they must be (N, C, H, W), N at least 1."
            )
        for start in range(0, len(images), BATCH):
            part = torch.from_numpy(np.ascontiguousarray(images[start : start + BATCH]))
            part = part.to(self.device)
            yield to_float(part) if part.dtype == torch.uint8 else part.float()
