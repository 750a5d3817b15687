"""The model of a run: its last checkpoint, and the layers that it consists of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Self

from safetensors import safe_open

from vaelab.networks.earlier_layers import earlier_layers
from vaelab.networks.layers import Layers, read_layers
from vaelab.runs.folder import CHECKPOINT, Arrays, RunError
from vaelab.runs.images import WithImages

__all__ = ["WithModel"]

#: In the checkpoint's metadata, what the model consists of.
LAYERS = "layers"
#: Biases of an encoder from before checkpoints listed layers, which had convolutions, dense layers and heads alone.
_BIAS = re.compile(r"model\.encoder\.(stages|body|heads)\.(\w+)\.bias")


class WithModel(WithImages):
    """A run with a model, as of its last finished epoch."""

    _pinned_epoch: int | None = None
    _pinned_version: int | None = None

    def pin(self) -> Self:
        """Open the run once more, fixed to its present epoch even if training goes on."""
        pinned = type(self)(self.path, self.config)
        pinned._pinned_version = self.version
        pinned._pinned_epoch = self.epoch
        return pinned

    @property
    def version(self) -> int:
        """A number that changes with every checkpoint, also if the folder is made anew."""
        if self._pinned_version is not None:
            return self._pinned_version
        try:
            return (self.path / CHECKPOINT).stat().st_mtime_ns
        except OSError:
            return 0

    @property
    def epoch(self) -> int:
        """The last finished epoch: 0 before training, -1 where nothing was trained yet."""
        if self._pinned_epoch is not None:
            return self._pinned_epoch
        path = self.path / CHECKPOINT
        if not path.exists():
            return -1
        with self._reading(CHECKPOINT), safe_open(path, "np") as file:
            return int(float((file.metadata() or {})["epoch"]))

    @property
    def has_model(self) -> bool:
        """Whether there is a trained model to look at."""
        try:
            return self.epoch >= 1
        except RunError:
            return False

    def checkpoint(self) -> tuple[Arrays, dict[str, float]]:
        """Read the last good checkpoint.

        Returns
        -------
        tuple
            Arrays (weights as ``model.*``) and numbers (epoch, step, seconds).

        Raises
        ------
        RunError
            If there is none, or it is damaged.
        """
        arrays, metadata = self.read_arrays(CHECKPOINT)
        with self._reading(CHECKPOINT):
            return arrays, {name: float(value) for name, value in metadata.items() if name != LAYERS}

    @property
    def layers(self) -> Layers:
        """What the model consists of.

        Its checkpoint says it, or, where that is older than such lists, the config.

        Raises
        ------
        RunError
            If the checkpoint is damaged, or training has not loaded its images yet.
        """
        layers = self._written_layers()
        return layers or earlier_layers(self.config, self.data.image_shape, len(self.data.label_names))

    def _written_layers(self) -> Layers | None:
        if not (self.path / CHECKPOINT).exists():
            return None
        with self._reading(CHECKPOINT), safe_open(self.path / CHECKPOINT, "np") as file:
            text = (file.metadata() or {}).get(LAYERS)
            return None if text is None else read_layers(text)

    def write_checkpoint(self, arrays: Arrays, numbers: Mapping[str, float], layers: Layers | None = None) -> None:
        """Replace the last checkpoint; with this, the epoch it names is finished.

        Parameters
        ----------
        arrays, numbers
            As ``checkpoint`` reads them.
        layers
            What the model consists of; without it, the config alone tells.
        """
        metadata = {name: repr(value) for name, value in numbers.items()}
        if layers is not None:
            metadata[LAYERS] = json.dumps(layers)
        self.write_arrays(CHECKPOINT, arrays, metadata)

    def _check_checkpoint(self) -> None:
        """Look whether the encoder's layers are as wide as the config says: without a model, and in microseconds."""
        config = self.config
        before_code = config.hidden if config.architecture == "mlp" else (*config.channels, config.conv_hidden)
        widths = [*before_code, config.latent_dim, config.latent_dim]
        layers = self._written_layers()
        with self._reading(CHECKPOINT), safe_open(self.path / CHECKPOINT, "np") as file:
            if layers is None:
                named = filter(None, map(_BIAS.fullmatch, file.keys()))
                in_order = sorted(named, key=lambda m: (("stages", "body", "heads").index(m[1]), len(m[2]), m[2]))
                biases = [match[0] for match in in_order]
            else:
                of_widths = (layer for layer in layers["encoder"] if layer["op"] in {"dense", "conv"})
                biases = [f"model.{name}" for layer in of_widths for name in layer["bias"]]
            found = [file.get_slice(name).get_shape()[0] for name in biases]
        if found and found != widths:
            raise self.misfit()

    def misfit(self) -> RunError:
        """What to say where the checkpoint is another model's, as of a config.json that was edited."""
        what = "does not fit config.json: bring back the one it was trained with"
        return RunError.in_file(self.name, CHECKPOINT, what)
