"""What a training leaves in its run's folder."""

from __future__ import annotations

import numpy as np

from vaelab.datasets import ImageDataset
from vaelab.engine import Engine
from vaelab.runs import Run, Snapshot
from vaelab.training.hand import Hand
from vaelab.training.reports import ChangeRecord, EpochRecord, Pause, Progress, Record, StepRecord
from vaelab.training.trainer import Trainer

__all__ = ["SNAPSHOT_IMAGES", "Keeping", "snapshot_indices"]

#: Images whose codes every epoch keeps.
SNAPSHOT_IMAGES = 2_000

#: Seconds between the step records that are written down; an hour of training is then 3,600 lines.
STEP_RECORD_EVERY = 1.0


def snapshot_indices(num_images: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Choose the images whose codes every epoch keeps: the same ones for a dataset, always.

    Parameters
    ----------
    num_images
        How many images there are.

    Returns
    -------
    ndarray
        int64, sorted, at most ``SNAPSHOT_IMAGES`` of them.
    """
    chosen = np.random.default_rng(0).permutation(num_images)[:SNAPSHOT_IMAGES]
    return np.sort(chosen).astype(np.int64)


class Keeping:
    """Writes down what a trainer reports, and what its model looks like.

    Parameters
    ----------
    run
        Where to.
    data
        The run's images.
    """

    def __init__(self, run: Run, data: ImageDataset) -> None:
        self.run, self.data = run, data
        self.hand = Hand(run, self.show)
        self._written = -STEP_RECORD_EVERY  # the first at once, so that there is a curve from the first second on

    def keep(self, record: Record, trainer: Trainer) -> None:
        """Write down a record, what it finishes, and how the run stands."""
        run, speed, where = self.run, None, "validating"
        match record:
            case StepRecord():
                speed = record.images_per_second
                if self.hand.closely or record.seconds - self._written >= STEP_RECORD_EVERY:
                    run.append_record("step", record)
                    self._written = record.seconds
            case EpochRecord():
                speed = record.images_per_second
                run.append_record("epoch", record)
                self.save(trainer)
            case ChangeRecord():
                run.append_record("change", record)
                return  # how the run stands is said once all that was asked is done
            case Progress():
                where = record.phase
        paused = isinstance(record, Pause)
        where = f"epoch {trainer.epoch + 1}" if speed else where
        run.write_status(
            "paused" if paused else "running",
            where,
            trainer.progress,
            trainer.seconds,
            speed,
            touched=self.hand.said(trainer),
        )

    def save(self, trainer: Trainer) -> None:
        """Write the snapshot first: an epoch is finished once the checkpoint names it, and others go only then."""
        run = self.run
        run.write_snapshot(self._look(trainer))
        tensors, numbers = trainer.state()
        run.write_checkpoint({name: value.numpy() for name, value in tensors.items()}, numbers, trainer.model.layers())
        run.thin_snapshots()
        run.forget_live()

    def show(self, trainer: Trainer) -> None:
        """Show what the model looks like amid an epoch, for as long as that lasts."""
        self.run.write_live(self._look(trainer))

    def _look(self, trainer: Trainer) -> Snapshot:
        was_training = trainer.model.training
        engine = Engine(trainer.model, self.run.config)
        indices = snapshot_indices(len(self.data))
        # What stays as it is, such as PCA beside the network, is in the checkpoint: it need not be kept at every epoch.
        parameters = trainer.model.decoder.named_parameters()
        decoder = {name: value.detach().cpu().numpy() for name, value in parameters if value.requires_grad}
        codes = engine.encode(self.data.images[indices], self.data.labels_of(indices))
        trainer.model.train(was_training)
        companion = {} if trainer.companion is None else trainer.companion.weights()
        return Snapshot(
            trainer.epoch,
            indices,
            codes.mu,
            decoder,
            codes.sigma.astype(np.float16),
            {name: value.detach().cpu().numpy() for name, value in companion.items()},
            trainer.step,
            trainer.progress,
        )
