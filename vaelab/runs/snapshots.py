"""What a model looked like at the end of its epochs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """What the model looked like at the end of an epoch, or amid one that somebody looks at.

    Weights are float16: for looking at, not for training on.
    """

    epoch: int  # the last that was finished
    indices: NDArray[np.int64]  # (M,), which images of the dataset
    mu: NDArray[np.float32]  # (M, D), their codes
    decoder: Arrays  # weights that were trained
    # What the codes were pulled by needs more; snapshots from before it was kept are without.
    sigma: NDArray[np.float16] | None = None  # (M, D); an autoencoder's are 0
    companion: Arrays = field(default_factory=dict)  # weights of what the objective trains beside the model
    step: int = 0  # how many were taken
    progress: float = 0.0  # the fraction of training that was done


def kept_epochs(last: int, most: int = MOST_SNAPSHOTS) -> list[int]:
    """Choose the epochs whose snapshots are kept: dense where a model still changes fast.

    Epochs 0 to 8, then four for each doubling (10, 12, 14, 16, 20, ...), or fewer where these are too many,
    and the last. What one call leaves out no later one asks for.

    Parameters
    ----------
    last
        The last finished epoch.
    most
        How many there are to be at the most, as far as the first nine and one for each doubling are not more.

    Returns
    -------
    list of int
        In order.

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
        if len(chosen) <= most:
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
        arrays, metadata = self.read_arrays(_snapshot_name(epoch))
        with self._reading(_snapshot_name(epoch)):
            return _snapshot_of(epoch, arrays, metadata)

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
        self.write_arrays(_snapshot_name(snapshot.epoch), _arrays_of(snapshot), _numbers_of(snapshot))

    def write_live(self, snapshot: Snapshot) -> None:
        """Show what the model looks like after a step within an epoch, until that epoch has ended."""
        self.write_arrays(_LIVE, _arrays_of(snapshot), _numbers_of(snapshot), durable=False)

    def live(self) -> Snapshot | None:
        """Read what the model looks like within an epoch, where somebody looks at each step.

        Returns
        -------
        Snapshot or None
            Its ``step`` says after which.

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
            return _snapshot_of(int(metadata["epoch"]), arrays, metadata)

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
    if snapshot.sigma is not None:
        arrays["sigma"] = snapshot.sigma
    weights = {"decoder": snapshot.decoder, "companion": snapshot.companion}
    return arrays | {f"{of}.{k}": v.astype(np.float16) for of, named in weights.items() for k, v in named.items()}


def _numbers_of(snapshot: Snapshot) -> dict[str, str]:
    return {"epoch": str(snapshot.epoch), "step": str(snapshot.step), "progress": repr(snapshot.progress)}


def _snapshot_of(epoch: int, arrays: Arrays, numbers: Mapping[str, str]) -> Snapshot:
    decoder, companion = (
        {name.removeprefix(of): value for name, value in arrays.items() if name.startswith(of)}
        for of in ("decoder.", "companion.")
    )
    return Snapshot(
        epoch,
        arrays["indices"],
        arrays["mu"],
        decoder,
        arrays.get("sigma"),
        companion,
        int(numbers.get("step", 0)),
        float(numbers.get("progress", 0)),
    )
