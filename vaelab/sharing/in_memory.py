"""A model that is no run's: explored on images that are given with it, or on draws from the prior."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

import numpy as np

from vaelab.latent.projections import MAX_POINTS, PROJECTIONS, Projection, ProjectionKind, choose_points
from vaelab.runs import Remembered
from vaelab.runs.facts import Fact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vaelab.config import TrainConfig
    from vaelab.datasets import ImageDataset
    from vaelab.engine import Engine
    from vaelab.networks.layers import Layers

__all__ = ["ModelInMemory", "codes_on_a_map"]

#: Draws from the prior on the map of a model without images.
NUM_DRAWS = 2000


class _Shape(NamedTuple):
    image_shape: tuple[int, int, int]


@dataclass(frozen=True)
class ModelInMemory:
    """A model with what a page asks of a run.

    Attributes
    ----------
    engine
        The model.
    seen
        In a sentence, what its map is of.
    """

    engine: Engine
    seen: str
    title: str = "A model"
    epoch: int = 0

    @property
    def config(self) -> TrainConfig:
        """What it is."""
        return self.engine.config

    @property
    def data(self) -> _Shape:
        """The shape of its images."""
        return _Shape(self.engine.model.image_shape)

    @property
    def layers(self) -> Layers:
        """What it consists of."""
        return self.engine.model.layers()

    @cached_property
    def weights(self) -> dict[str, NDArray[np.floating]]:
        """Its weights as a checkpoint has them."""
        state = self.engine.model.state_dict()
        return {f"model.{name}": tensor.detach().cpu().numpy() for name, tensor in state.items()}

    @property
    def name(self) -> str:
        """The same for the same weights alone."""
        crc = 0
        for array in self.weights.values():
            crc = crc32(np.ascontiguousarray(array).tobytes(), crc)
        return f"model-{crc:08x}"

    @property
    def version(self) -> int:
        """Its weights are in its name."""
        return 0

    @property
    def dimension_names(self) -> dict[int, str]:
        """Nobody has named any."""
        return {}

    def checkpoint(self) -> tuple[dict[str, NDArray[np.floating]], dict[str, float]]:
        """Its weights, and no numbers."""
        return self.weights, {}

    def evaluation(self) -> None:
        """Nothing was measured."""

    @property
    def facts(self) -> list[Fact]:
        """What is known of it."""
        return [Fact("Model", self.seen)]


def codes_on_a_map(
    engine: Engine, data: ImageDataset | None, points: int | None = None
) -> tuple[ModelInMemory, ImageDataset | Remembered, Projection]:
    """Lay a model's codes on a map: those of images or, without any, draws from the prior.

    Parameters
    ----------
    engine
        The model.
    data
        Images of its size; None for the prior's draws.
    points
        How many are on the map at the most.

    Returns
    -------
    tuple
        The model, its images or what stands for them, and the map: the latent plane of two numbers, or else PCA.

    Raises
    ------
    ValueError
        If there are no images, and the prior means nothing to the model; if they are of another size.
    """
    kind: ProjectionKind = "plane" if engine.latent_dim <= 2 else "pca"
    most = MAX_POINTS if points is None else points
    if data is not None:
        indices = choose_points(len(data), most)
        codes = engine.encode(data.images[indices], data.labels_of(indices))
        projection = PROJECTIONS[kind](codes.mu, indices)
        if engine.is_vae:
            projection = replace(projection, sigma=codes.sigma.astype(np.float16))
        return ModelInMemory(engine, f"Its map is of images called {data.name}."), data, projection
    if not engine.config.minimized.fills_prior:
        raise ValueError(
            "This model's codes lie wherever it has put its images, and it has none with it: give them, as in "
            "engine.explorer(data)."
        )
    z = np.random.default_rng(0).standard_normal((min(NUM_DRAWS, most), engine.latent_dim)).astype(np.float32)
    nothing = Remembered(
        why="The images are not with the model.",
        key="prior",
        num_images=len(z),
        labels=None,
        label_names=(),
        background=(0.0,),
    )
    seen = f"Its map is of {len(z):,} codes drawn from the prior N(0, I), since there are no images with it."
    return ModelInMemory(engine, seen), nothing, PROJECTIONS[kind](z, np.arange(len(z)))
