"""A trained model, numpy in and numpy out: what pages and notebooks call."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from vaelab.config import TrainConfig
from vaelab.images import as_float, check_range
from vaelab.latent.codes import Codes
from vaelab.networks.models import VAE, Autoencoder, build_model
from vaelab.networks.nn import Posterior
from vaelab.networks.objectives import gaussian_kl, log_weights
from vaelab.runs import Run, Snapshot
from vaelab.training.devices import images_at_once, to_float

__all__ = ["Codes", "Engine", "ImageTerms"]

Floats = NDArray[np.float32]
#: A label an image, one for all of them, or none.
Labels = NDArray[np.integer] | int | None

#: Images at a time: bounds memory, and larger batches are no faster.
BATCH = 512


class ImageTerms(NamedTuple):
    """The loss of each image, taken apart, in nats."""

    reconstruction: Floats  # (N,), -log p(x|z)
    kl: Floats  # (N,)
    kl_per_dim: Floats  # (N, D)


class Engine:
    """A trained model behind a NumPy interface.

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
        record = run.data
        model = build_model(run.config, record.image_shape, len(record.label_names))
        weights = {
            name.removeprefix("model."): torch.from_numpy(value)
            for name, value in arrays.items()
            if name.startswith("model.")
        }
        try:
            model.load_state_dict(weights)
        except RuntimeError as error:
            raise run.misfit() from error
        return cls(model, run.config)

    def as_of(self, snapshot: Snapshot) -> Engine:
        """Take the decoder back to what it was at the end of an epoch.

        Parameters
        ----------
        snapshot
            One that the run kept.

        Returns
        -------
        Engine
            Another one, for decoding: its encoder is that of this one.

        Raises
        ------
        ValueError
            If the snapshot is another model's.
        """
        model = copy.deepcopy(self.model)
        weights = {name: torch.from_numpy(array).float() for name, array in snapshot.decoder.items()}
        try:
            # What training leaves as it is, such as PCA beside the network, is not in a snapshot.
            model.decoder.load_state_dict(weights, strict=False)
        except RuntimeError:
            raise ValueError(f"The snapshot of epoch {snapshot.epoch} is another model's.") from None
        return Engine(model, self.config)

    @property
    def latent_dim(self) -> int:
        """D."""
        return self.config.latent_dim

    @property
    def num_labels(self) -> int:
        """How many classes a conditional model knows, 0 for any other."""
        label = self.model.decoder.label
        return 0 if label is None else label.num_embeddings

    @property
    def is_vae(self) -> bool:
        """Whether codes are distributions."""
        return isinstance(self.model, VAE)

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
            for start in range(0, len(z), BATCH):
                part = slice(start, start + BATCH)
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
        for x, y in self._batches(images, self._label_tensor(labels, len(images)), max(1, BATCH // num_draws)):
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

    def _encode(self, x: Tensor, y: Tensor | None) -> tuple[Floats, Floats]:
        self.model.eval()
        with torch.inference_mode():
            mu, logvar = self.model.encoder(x, y)
            sigma = torch.exp(0.5 * logvar) if self.is_vae else torch.zeros_like(mu)
        return mu.cpu().numpy(), sigma.cpu().numpy()

    def _label_tensor(self, labels: Labels, count: int) -> Tensor | None:
        """Labels for the model, ``(count,)`` on the device, or None where it takes none."""
        if not self.num_labels:
            return None
        if labels is None:
            raise ValueError("This model is conditional: it encodes and decodes together with a label, so give labels.")
        classes = np.asarray(labels)
        if classes.dtype.kind not in "iu" and classes.size:
            raise ValueError(
                f"These labels are {classes.dtype}; this model's are whole numbers from 0 to {self.num_labels - 1}."
            )
        if classes.shape not in {(), (1,), (count,)}:
            raise ValueError(
                f"These labels have shape {classes.shape}, and there are {count} images or codes: "
                "give a label for each, or one for all."
            )
        classes = np.broadcast_to(classes, (count,))
        if classes.size and not 0 <= classes.min() <= classes.max() < self.num_labels:
            raise ValueError(
                f"This model knows the labels 0 to {self.num_labels - 1}, and was given "
                f"{classes.min()} to {classes.max()}."
            )
        return torch.from_numpy(classes.astype(np.int64)).to(self.device)

    def _checked(self, images: ArrayLike) -> NDArray[Any]:
        """Images of the model's shape and in range, or a ValueError that says what they are instead."""
        array = np.asarray(images)
        if array.ndim != 4 or not len(array) or array.shape[1:] != self.model.image_shape:
            channels, height, width = self.model.image_shape
            raise ValueError(
                f"These images have shape {array.shape}; this model's are (N, {channels}, {height}, {width}), "
                "N at least 1."
            )
        check_range(array)
        return array

    def _batches(
        self, images: NDArray[np.generic], labels: Tensor | None, size: int = BATCH
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """Float batches on the device, one at a time: all of MNIST as floats would be 220 MB."""
        for start in range(0, len(images), size):
            # A copy, as torch warns of arrays that may not be written to.
            part = torch.from_numpy(np.array(images[start : start + size], order="C")).to(self.device)
            y = None if labels is None else labels[start : start + size]
            yield (to_float(part) if part.dtype == torch.uint8 else part.float()), y
