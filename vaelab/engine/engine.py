"""A trained model with all that it can be asked, opened from its run."""

from __future__ import annotations

import copy

import torch

from vaelab.engine.coding import Coding
from vaelab.engine.forces import WithForces
from vaelab.engine.shown import Shown
from vaelab.engine.terms import Terms
from vaelab.networks.models import build_model
from vaelab.networks.objectives import companion_of
from vaelab.networks.optimizer_state import under
from vaelab.runs import Run, Snapshot

__all__ = ["Engine"]


class Engine(Coding, Terms, WithForces, Shown):
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
            On the CPU. Its config has the settings as they were at the end, where they changed on the way.

        Raises
        ------
        RunError
            If there is no checkpoint, or it is damaged.
        """
        arrays, _ = run.checkpoint()
        record, config = run.data, run.config_after()
        model = build_model(config, record.image_shape, len(record.label_names))
        tensors = {name: torch.from_numpy(value) for name, value in arrays.items()}
        companion = companion_of(config)
        try:
            model.load_state_dict(under("model", tensors))
            if companion is not None and (state := under("companion", tensors)):
                companion.load_state(state)
        except RuntimeError as error:
            raise run.misfit() from error
        engine = cls(model, config, companion)
        engine.run = run
        return engine

    def as_of(self, snapshot: Snapshot) -> Engine:
        """Take the decoder, and the settings, back to what they were at the end of an epoch.

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
        config = self.config if self.run is None else self.run.config_after(snapshot.step)
        companion = companion_of(config)
        if companion is not None and snapshot.companion:
            companion.load_state({name: torch.from_numpy(array).float() for name, array in snapshot.companion.items()})
        return Engine(model, config, companion)
