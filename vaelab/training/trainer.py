"""Training as a generator of typed records. It knows nothing of files, screens or clusters."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vaelab.changes import Changes, changed, checked_changes
from vaelab.config import TrainConfig
from vaelab.networks.corruptions import corrupt
from vaelab.networks.models import build_model
from vaelab.networks.objectives import LossTerms, companion_of, loss_terms
from vaelab.networks.torch_settings import our_torch
from vaelab.training.augmentation import augment
from vaelab.training.checks import check_labels, check_shapes
from vaelab.training.devices import pick_device, to_float
from vaelab.training.reports import ChangeRecord, EpochRecord, Record, StepRecord
from vaelab.training.schedule import one_cycle, warmup
from vaelab.training.soundness import astray_loss, check_sound, mean_loss
from vaelab.training.state import WithState
from vaelab.training.sums import Sums
from vaelab.training.touch import Touch
from vaelab.training.validation import VALIDATION_BATCH, Validation

__all__ = ["Trainer"]

#: Seconds between step records: often enough to stop within a second and to look alive.
RECORD_EVERY = 0.25


class Trainer(WithState):
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
    changes
        Settings that change on the way, by the number of steps after which they hold.
    touch
        Who may hold training up, or change it, before each step.

    Attributes
    ----------
    config
        What the run is, as far as it has changed by now.
    model
        The model as trained so far.
    epoch, step, seconds
        Epochs and steps finished, and seconds spent.

    Raises
    ------
    ValueError
        If images are not uint8 ``(N, C, H, W)``, the architecture cannot take them, a conditional model has no
        labels, the device is not there, or a setting cannot be changed to what is wanted.

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
        changes: Changes | None = None,
        touch: Touch | None = None,
    ) -> None:
        check_shapes(train_images, validation_images)
        self.config = config
        self.changes_to_come = checked_changes(config, changes or {})
        self.touch = touch
        self.clock = clock
        self.device = pick_device(config.device)
        self.train_images = torch.tensor(train_images, device=self.device)
        self.validation_images = torch.tensor(validation_images, device=self.device)
        channels, height, width = train_images.shape[1:]
        self.model = build_model(config, (channels, height, width), num_labels)
        self.train_labels = self.validation_labels = None
        if config.conditional:
            labels = check_labels(train_labels, len(train_images), num_labels)
            self.train_labels = torch.tensor(labels, device=self.device)
            labels = check_labels(validation_labels, len(validation_images), num_labels)
            self.validation_labels = torch.tensor(labels, device=self.device)
        with our_torch(), torch.device("cpu"):
            self.model.start_at(train_images, config.seed)
        self.model.to(self.device)
        self._mean_loss = mean_loss(self.model, to_float(self.train_images[:VALIDATION_BATCH]))
        # Every random number of training comes from here, so that a checkpoint can hold its state.
        self.generator = torch.Generator(self.device).manual_seed(config.seed)
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.Adam(trained, lr=config.learning_rate, fused=True)
        self.companion = companion_of(config, self.device)
        #: Epochs whose averages are of other weights, or of a model that has yet to learn what they ask.
        self._unsettled = 0
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
    def astray(self) -> float:
        """Nats an image that only a training that diverged comes to; without limit until new weights have settled."""
        return math.inf if self._unsettled else astray_loss(self._mean_loss, self.config)

    @property
    def _steps_per_epoch(self) -> int:
        return math.ceil(len(self.train_images) / self.config.batch_size)

    @property
    def _warmup(self) -> float:
        """How far the objective has warmed up, 0 to 1."""
        return warmup(self.progress, self.config.kl_warmup)

    @property
    def _beta(self) -> float:
        return self.config.beta * self._warmup

    def records(self) -> Iterator[Record]:
        """Train until finished.

        Yields
        ------
        Record
            A ``StepRecord`` every quarter of a second, an ``EpochRecord`` after each epoch (when
            ``state`` may be taken), ``Progress`` while validating, and what ``touch`` has to say.

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
        of_epoch = Sums(self.config.latent_dim, self.device)
        of_record = Sums(self.config.latent_dim, self.device)
        started = recorded = self.seconds
        order = torch.randperm(len(self.train_images), generator=self.generator, device=self.device)
        rate = 0.0
        for batch in order.split(self.config.batch_size):
            begin += yield from self._before_step()
            rate = one_cycle(self.progress, self.config.learning_rate)
            terms = self._train_step(batch, rate)
            of_epoch.add(terms)
            of_record.add(terms)
            self.step += 1
            self.seconds = self.clock() - begin
            if self.seconds - recorded >= RECORD_EVERY or (self.touch is not None and self.touch.closely):
                train = of_record.take()
                speed = train.num_images / max(self.seconds - recorded, 1e-9)
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
        yield from (validation := Validation(self)).run()
        check_sound(train, validation.terms, self.astray, self.epoch + 1, self.config.learning_rate)
        self._unsettled = max(0, self._unsettled - 1)
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

    def _before_step(self) -> Generator[Record, None, float]:
        """Change what is to change here, and be touched; returns the seconds that this was held up."""
        for step in [step for step in self.changes_to_come if step <= self.step]:
            self._set(self.changes_to_come.pop(step))
        if self.touch is None:
            return 0.0
        began = self.clock()
        yield from self.touch.before_step(self)
        return self.clock() - began

    def change(self, settings: Mapping[str, float]) -> ChangeRecord:
        """Go on with other settings, whatever they were to become later.

        Parameters
        ----------
        settings
            The new values, by the names of ``vaelab.choices.changeable``.

        Returns
        -------
        ChangeRecord
            To be kept, so that a training can be repeated.

        Raises
        ------
        ValueError
            If one cannot be changed, or not to that.
        """
        self._set(settings)
        for later in self.changes_to_come.values():
            for name in settings:
                later.pop(name, None)
        return ChangeRecord(self.epoch + 1, self.step, self.seconds, dict(settings))

    def _set(self, settings: Mapping[str, float]) -> None:
        self.config = changed(self.config, settings)
        self._unsettled = 2
        self.model.code_noise = self.config.code_noise

    def _train_step(self, batch: Tensor, rate: float) -> LossTerms:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        labels = None if self.train_labels is None else self.train_labels[batch]
        images = self.train_images[batch]
        if self.config.augment_flip or self.config.augment_shift:
            images = augment(images, self.config.augment_flip, self.config.augment_shift, self.generator)
        terms = self.loss_of(images, labels, self.generator)
        self.optimizer.zero_grad(set_to_none=True)
        terms.total.mean().backward()
        self.optimizer.step()
        self.model.likelihood.keep_in_bounds()
        if self.companion is not None:
            self.companion.learn(self.generator)
        return terms

    def loss_of(self, images: Tensor, labels: Tensor | None, generator: torch.Generator) -> LossTerms:
        """The loss of uint8 images, which a denoising model sees damaged, anew each time."""
        config, x = self.config, to_float(images)
        encoder_input = None
        if config.corruption is not None:
            encoder_input = corrupt(x, config.corruption, config.corruption_strength, generator)
        return loss_terms(
            self.model, x, config, self._warmup, generator, labels, encoder_input, self.progress, self.companion
        )
