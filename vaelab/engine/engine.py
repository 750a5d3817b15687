"""A trained model with all that it can be asked, opened from its run."""

from __future__ import annotations

import copy

import torch

from vaelab.engine.coding import Coding
from vaelab.engine.shown import Shown
from vaelab.engine.terms import Terms
from vaelab.networks.models import build_model
from vaelab.runs import Run, Snapshot

__all__ = ["Engine"]


class Engine(Coding, Terms, Shown):
    """A trained model behind a NumPy interface.

    Images go in as uint8 ``(N, C, H, W)`` (or as floats in [0, 1]) and come out as float32 in
    [0, 1]. ``Engine(model, config)`` makes one of a model in memory, ``open`` of a run's.
    """

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
        engine = cls(model, run.config)
        engine.run = run
        return engine

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
