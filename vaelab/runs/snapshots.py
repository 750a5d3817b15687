"""What a model looked like at the end of its epochs."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vaelab.runs.folder import Arrays, RunError
from vaelab.runs.model import WithModel

__all__ = ["MOST_SNAPSHOTS", "Snapshot", "WithSnapshots", "kept_epochs"]

#: Snapshots that a run keeps at the most.
MOST_SNAPSHOTS = 48

#: Beside the checkpoints, as no training goes on from it.
_LIVE = "live.safetensors"


@dataclass(frozen=True)
class Snapshot:
    """What the model looked like at the end of an epoch."""

    epoch: int
    indices: NDArray[np.int64]  # (M,), which images of the dataset
    mu: NDArray[np.float32]  # (M, D), their codes
    decoder: Arrays  # weights that were trained, float16: for looking at, not for training on


def kept_epochs(last: int) -> list[int]:
    """Choose the epochs whose snapshots are kept: dense where a model still changes fast.

    Epochs 0 to 8, then four for each doubling (10, 12, 14, 16, 20, ...), or fewer where these are too many,
    and the last. What one call leaves out no later one asks for.

    Parameters
    ----------
    last
        The last finished epoch.

    Returns
    -------
    list of int
        In order, at most ``MOST_SNAPSHOTS``.

    Examples
    --------
    >>> kept_epochs(21)
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 21]
    """
    for per_doubling in (4, 2, 1):
        chosen = set(range(min(last, 8) + 1)) | {last}
        octave = 8
        while octave < last:
            stride = octave // per_doubling
            chosen |= set(range(octave + stride, min(2 * octave, last) + 1, stride))
            octave *= 2
        if len(chosen) <= MOST_SNAPSHOTS:
            break
    return sorted(chosen)


class WithSnapshots(WithModel):
    """A run that keeps what its model looked like: all that is drawn of a training."""

    def snapshot_epochs(self) -> list[int]:
        """Epochs of which a snapshot was kept, in order."""
        names = (path.name for path in (self.path / "checkpoints").glob("epoch-*.safetensors"))
        return sorted(int(match[1]) for n in names if (match := re.match(r"epoch-(\d+)\.s", n)))

    def snapshot(self, epoch: int) -> Snapshot:
        """Read the snapshot of an epoch.

        Parameters
        ----------
        epoch
            One of ``snapshot_epochs()``.

        Returns
        -------
        Snapshot
            Codes and decoder.

        Raises
        ------
        RunError
            If there is none, or it is damaged.
        """
        arrays, _ = self.read_arrays(_snapshot_name(epoch))
        with self._reading(_snapshot_name(epoch)):
            return _snapshot_of(epoch, arrays)

    def last_snapshot(self) -> Snapshot:
        """Read the snapshot of the last finished epoch.

        Returns
        -------
        Snapshot
            Of a run in training, perhaps that of an epoch which ended meanwhile.

        Raises
        ------
        RunError
            If there is none, or it is damaged.
        """
        try:
            return self.snapshot(self._last_kept())
        except RunError:  # of a run in training it may just have given way to the next
            return self.snapshot(self._last_kept())

    def _last_kept(self) -> int:
        return max((epoch for epoch in self.snapshot_epochs() if epoch <= self.epoch), default=max(self.epoch, 0))

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Keep what the model looks like at the end of an epoch."""
        self.write_arrays(_snapshot_name(snapshot.epoch), _arrays_of(snapshot))

    def write_live(self, snapshot: Snapshot, step: int) -> None:
        """Show what the model looks like after a step within an epoch, until that epoch has ended."""
        where = {"epoch": str(snapshot.epoch), "step": str(step)}
        self.write_arrays(_LIVE, _arrays_of(snapshot), where, durable=False)

    def live(self) -> tuple[int, Snapshot] | None:
        """Read what the model looks like within an epoch, where somebody looks at each step.

        Returns
        -------
        tuple or None
            After which step, and the snapshot; its ``epoch`` is the last that was finished.

        Raises
        ------
        RunError
            If it is damaged.
        """
        try:
            arrays, metadata = self.read_arrays(_LIVE)
        except RunError:
            if (self.path / _LIVE).exists():
                raise
            return None
        with self._reading(_LIVE):
            return int(metadata["step"]), _snapshot_of(int(metadata["epoch"]), arrays)

    def forget_live(self) -> None:
        """Take away what was shown of an epoch that has ended, or was cut short."""
        with self._writing():
            (self.path / _LIVE).unlink(missing_ok=True)

    def thin_snapshots(self) -> None:
        """Drop the snapshots that ``kept_epochs`` leaves out, once the checkpoint names the last epoch."""
        for epoch in set(self.snapshot_epochs()).difference(kept_epochs(self.epoch)):
            with self._writing():
                (self.path / _snapshot_name(epoch)).unlink(missing_ok=True)


def _snapshot_name(epoch: int) -> str:
    return f"checkpoints/epoch-{epoch:04d}.safetensors"


def _arrays_of(snapshot: Snapshot) -> Arrays:
    arrays: Arrays = {"indices": snapshot.indices, "mu": snapshot.mu}
    return arrays | {f"decoder.{k}": v.astype(np.float16) for k, v in snapshot.decoder.items()}


def _snapshot_of(epoch: int, arrays: Arrays) -> Snapshot:
    decoder = {k.removeprefix("decoder."): v for k, v in arrays.items() if "." in k}
    return Snapshot(epoch, arrays["indices"], arrays["mu"], decoder)
