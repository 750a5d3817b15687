"""Training as a generator of typed records. It knows nothing of files, screens or clusters."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vaelab.config import TrainConfig
from vaelab.networks.corruptions import corrupt
from vaelab.networks.models import build_model
from vaelab.networks.objectives import LossTerms, companion_of, loss_terms
from vaelab.networks.optimizer_state import load_state_of, state_of
from vaelab.networks.torch_settings import our_torch
from vaelab.training.augmentation import augment
from vaelab.training.devices import images_at_once, pick_device, to_float
from vaelab.training.reports import EpochRecord, Progress, Record, StepRecord, Terms

__all__ = ["DivergedError", "Trainer", "one_cycle"]


#: Seconds between step records: often enough to stop within a second and to look alive.
RECORD_EVERY = 0.25

#: Images in a validation batch; large, since nothing is kept for a backward pass.
VALIDATION_BATCH = 1024

#: By how many times what a model costs that has learned nothing a loss shows that training went astray. A sound one
#: comes to a few at most, and one that diverges to a million within some steps.
ASTRAY = 100


class DivergedError(RuntimeError):
    """The loss stopped being a number, or became one that no sound training comes to."""


def one_cycle(progress: float, peak: float) -> float:
    """Learning rate of the one-cycle schedule (Smith and Topin 2018), cosine-shaped.

    The same curve as ``torch.optim.lr_scheduler.OneCycleLR`` with its defaults, as a function of
    the fraction done, so that it can follow a clock as well as a count of steps.

    Parameters
    ----------
    progress
        Fraction of training done, in [0, 1].
    peak
        The highest rate, reached after 30%.

    Returns
    -------
    float
        The learning rate.

    Examples
    --------
    >>> one_cycle(0.3, 1e-3)
    0.001
    """
    start, end, rise = peak / 25, peak / 25 / 1e4, 0.3
    if progress < rise:
        return peak + (start - peak) * (1 + math.cos(math.pi * progress / rise)) / 2
    fall = min((progress - rise) / (1 - rise), 1.0)
    return end + (peak - end) * (1 + math.cos(math.pi * fall)) / 2


def _check(images: NDArray[np.uint8], what: str) -> None:
    """Refuse images that training would make nonsense of."""
    if images.dtype != np.uint8 or images.ndim != 4 or not len(images):
        raise ValueError(
            f"The {what} images are {images.dtype} {images.shape}; they must be uint8 (N, C, H, W), N at least 1: "
            "ImageDataset.of makes such of others."
        )


class _Sums:
    """Sums of loss terms over images, kept on the device so that no step waits for a number."""

    def __init__(self, latent_dim: int, device: torch.device) -> None:
        # Apple's GPUs have no float64.
        dtype = torch.float32 if device.type == "mps" else torch.float64
        self.values = torch.zeros(4 + latent_dim, device=device, dtype=dtype)
        self.num_images = 0

    def add(self, terms: LossTerms) -> None:
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


class Trainer:
    """One training, from its first step to its last.

    Parameters
    ----------
    config
        What the run is.
    train_images, validation_images
        uint8 ``(N, C, H, W)``; both are kept whole on the device.
    train_labels, validation_labels
        int64 ``(N,)``; only a conditional model needs them.
    num_labels
        How many classes there are.
    clock
        Seconds since some moment, never going back; what training times itself by.

    Attributes
    ----------
    model
        The model as trained so far.
    epoch, step, seconds
        Epochs and steps finished, and seconds spent.

    Raises
    ------
    ValueError
        If images are not uint8 ``(N, C, H, W)``, the architecture cannot take them, a conditional model has no
        labels, or the device is not there.

    Examples
    --------
    >>> images = np.random.default_rng(0).integers(0, 256, (64, 1, 8, 8), dtype=np.uint8)
    >>> trainer = Trainer(TrainConfig(epochs=2, hidden=(16,)), images, images)
    >>> [r.epoch for r in trainer.records() if isinstance(r, EpochRecord)]
    [1, 2]
    """

    def __init__(
        self,
        config: TrainConfig,
        train_images: NDArray[np.uint8],
        validation_images: NDArray[np.uint8],
        train_labels: NDArray[np.int64] | None = None,
        validation_labels: NDArray[np.int64] | None = None,
        num_labels: int = 0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        _check(train_images, "training")
        _check(validation_images, "validation")
        if train_images.shape[1:] != validation_images.shape[1:]:
            raise ValueError(
                f"Training images are {train_images.shape[1:]} and validation images {validation_images.shape[1:]}: "
                "they must be of one shape."
            )
        self.config = config
        self.clock = clock
        self.device = pick_device(config.device)
        self.train_images = torch.tensor(train_images, device=self.device)
        self.validation_images = torch.tensor(validation_images, device=self.device)
        channels, height, width = train_images.shape[1:]
        self.model = build_model(config, (channels, height, width), num_labels)
        self.train_labels = self.validation_labels = None
        if config.conditional:
            if train_labels is None or validation_labels is None:
                raise ValueError(
                    "A conditional model needs a label with every image: give train_labels and validation_labels."
                )
            for labels, images in ((train_labels, train_images), (validation_labels, validation_images)):
                if labels.dtype.kind not in "iu":
                    raise ValueError(f"These labels are {labels.dtype}; they must be whole numbers from 0.")
                if len(labels) != len(images) or labels.min() < 0 or labels.max() >= num_labels:
                    raise ValueError(
                        f"There are {len(labels)} labels from {labels.min()} to {labels.max()} for {len(images)} "
                        f"images: give each image one, from 0 to {num_labels - 1}."
                    )
            self.train_labels = torch.tensor(train_labels, device=self.device)
            self.validation_labels = torch.tensor(validation_labels, device=self.device)
        with our_torch(), torch.device("cpu"):
            self.model.start_at(train_images, config.seed)
        self.model.to(self.device)
        self.astray = self._astray()
        # Every random number of training comes from here, so that a checkpoint can hold its state.
        self.generator = torch.Generator(self.device).manual_seed(config.seed)
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.Adam(trained, lr=config.learning_rate, fused=True)
        self.companion = companion_of(config, self.device)
        self.epoch = 0
        self.step = 0
        self.seconds = 0.0

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return self.progress >= 1

    @property
    def progress(self) -> float:
        """Fraction of training done, by the clock or by the count of steps."""
        if self.config.seconds is not None:
            return min(self.seconds / self.config.seconds, 1.0)
        return self.step / (self.config.epochs * self._steps_per_epoch)

    @property
    def _steps_per_epoch(self) -> int:
        return math.ceil(len(self.train_images) / self.config.batch_size)

    @property
    def _warmup(self) -> float:
        """How far the objective has warmed up, 0 to 1."""
        warmup = self.config.kl_warmup
        return min(self.progress / warmup, 1.0) if warmup > 0 else 1.0

    @property
    def _beta(self) -> float:
        return self.config.beta * self._warmup

    def _astray(self) -> float:
        """A loss that only a training that diverged comes to.

        Of the mean image for each image, with a nat a pixel and dimension beside it, so that it is
        large for densities as well, whose logarithm may be near 0.
        """
        config = self.config
        with torch.no_grad():
            x = to_float(self.train_images[:VALIDATION_BATCH])
            mean = self.model.likelihood.inverse_mean(x.mean(0, keepdim=True)).expand_as(x)
            loss = -self.model.likelihood.log_prob(mean, x).mean().item()
        beside = x[0].numel() + (1 + config.beta) * config.latent_dim * (1 + config.free_bits)
        return ASTRAY * (abs(loss) + beside + config.minimized.most(config))

    def records(self) -> Iterator[Record]:
        """Train until finished.

        Yields
        ------
        Record
            A ``StepRecord`` every quarter of a second, an ``EpochRecord`` after each epoch (when
            ``state`` may be taken), and ``Progress`` while validating.

        Raises
        ------
        DivergedError
            If the loss is no longer finite, or so large that training went astray.
        """
        with our_torch(self.config.threads):
            while not self.finished:
                yield from self._run_epoch()

    def _run_epoch(self) -> Iterator[Record]:
        self.model.train()
        # What was trained before counts as if it had just been done, without a break.
        begin = self.clock() - self.seconds
        of_epoch = _Sums(self.config.latent_dim, self.device)
        of_record = _Sums(self.config.latent_dim, self.device)
        started = recorded = self.seconds
        order = torch.randperm(len(self.train_images), generator=self.generator, device=self.device)
        rate = 0.0
        for batch in order.split(self.config.batch_size):
            rate = one_cycle(self.progress, self.config.learning_rate)
            terms = self._train_step(batch, rate)
            of_epoch.add(terms)
            of_record.add(terms)
            self.step += 1
            self.seconds = self.clock() - begin
            if self.seconds - recorded >= RECORD_EVERY:
                train = of_record.take()
                speed = train.num_images / (self.seconds - recorded)
                recorded = self.seconds
                yield StepRecord(
                    self.epoch + 1,
                    self.step,
                    self.seconds,
                    self.progress,
                    self._beta,
                    rate,
                    speed,
                    train,
                )
            if self.config.seconds is not None and self.finished:
                break
        train = of_epoch.take()
        speed = train.num_images / max(self.seconds - started, 1e-9)
        yield from (validation := _Validation(self)).run()
        self._check_sound(train, validation.terms)
        self.epoch += 1
        self.seconds = self.clock() - begin
        yield EpochRecord(
            self.epoch,
            self.step,
            self.seconds,
            self.progress,
            self._beta,
            rate,
            speed,
            train,
            validation.terms,
        )

    def _check_sound(self, train: Terms, validation: Terms) -> None:
        if not math.isfinite(train.total + validation.total):
            what = "the loss is no longer a finite number"
        elif train.total > self.astray:  # held-out images may cost as much where the others were learned by heart
            what = f"the loss has risen to {train.total:.2g} nats an image, far above that of the mean image"
        else:
            return
        raise DivergedError(
            f"Training diverged in epoch {self.epoch + 1}: {what}. "
            f"A learning rate below {self.config.learning_rate:g} would do."
        )

    def _train_step(self, batch: Tensor, rate: float) -> LossTerms:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        labels = None if self.train_labels is None else self.train_labels[batch]
        images = self.train_images[batch]
        if self.config.augment_flip or self.config.augment_shift:
            images = augment(images, self.config.augment_flip, self.config.augment_shift, self.generator)
        terms = self._terms(images, labels, self.generator)
        self.optimizer.zero_grad(set_to_none=True)
        terms.total.mean().backward()
        self.optimizer.step()
        self.model.likelihood.keep_in_bounds()
        if self.companion is not None:
            self.companion.learn(self.generator)
        return terms

    def _terms(self, images: Tensor, labels: Tensor | None, generator: torch.Generator) -> LossTerms:
        """The loss of uint8 images, which a denoising model sees damaged, anew each time."""
        config, x = self.config, to_float(images)
        encoder_input = None
        if config.corruption is not None:
            encoder_input = corrupt(x, config.corruption, config.corruption_strength, generator)
        return loss_terms(
            self.model, x, config, self._warmup, generator, labels, encoder_input, self.progress, self.companion
        )

    def state(self) -> tuple[dict[str, Tensor], dict[str, float]]:
        """Take everything that training goes on from; only between epochs.

        Returns
        -------
        tuple
            Copies on the CPU (weights as ``model.*``, optimizer as ``optimizer.*``, what the objective trains beside
            the model as ``companion.*``, random state as ``random``) and numbers (epoch, step, seconds).
        """
        tensors = _named("model", self.model.state_dict())
        tensors |= _named("optimizer", state_of(self.optimizer))
        if self.companion is not None:
            tensors |= _named("companion", self.companion.state())
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
            self.model.load_state_dict(_under("model", tensors))
            if self.companion is not None:
                self.companion.load_state(_under("companion", tensors))
        except RuntimeError as error:
            raise ValueError("The checkpoint belongs to a model of another shape.") from error
        load_state_of(self.optimizer, _under("optimizer", tensors))
        if tensors["random"].shape == self.generator.get_state().shape:
            self.generator.set_state(tensors["random"])
        else:  # of another kind of device, whose random numbers cannot be gone on with here
            self.generator.manual_seed(self.config.seed + int(numbers["step"]))
        self.epoch = int(numbers["epoch"])
        self.step = int(numbers["step"])
        self.seconds = float(numbers["seconds"])


def _named(owner: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{owner}.{name}": value for name, value in tensors.items()}


def _under(owner: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """What ``_named`` was given, out of more."""
    start = f"{owner}."
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}


class _Validation:
    """A pass over the validation images: yields progress, then ``terms`` has the averages."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.terms: Terms

    def run(self) -> Iterator[Progress]:
        trainer = self.trainer
        trainer.model.eval()
        sums = _Sums(trainer.config.latent_dim, trainer.device)
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
                sums.add(trainer._terms(trainer.validation_images[part], y, noise))
            yield Progress("validating", start / len(trainer.validation_images))
        self.terms = sums.take()
