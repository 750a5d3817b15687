"""Settings for images that nobody has looked at yet, from their size and number alone. Imports no torch."""

from __future__ import annotations

import math
from typing import Any

from vaelab.config import TrainConfig
from vaelab.datasets import SOURCES, Source

__all__ = ["Choice", "halvings", "is_small", "network_for", "usual_config"]

#: Settings, and why.
Choice = tuple[dict[str, Any], str]

#: Numbers in an image up to which dense layers are better: of MNIST they learn more in a minute, of emoji less.
MOST_FOR_DENSE = 1_200
#: Numbers of epochs that people would choose.
ROUND_EPOCHS = (3, 5, 10, 20, 30, 50, 100, 150)
#: The least of them for dense layers, which are quick.
LEAST_EPOCHS = 10
#: Images that training shows in all: some seconds of dense layers, some minutes of convolutions.
SHOWN, SHOWN_CONV = 200_000, 150_000


def usual_config(source: Source | None = None) -> TrainConfig:
    """Choose settings to begin with for a dataset, which may not have been downloaded yet.

    Small images get dense layers and two numbers, which can be seen as they are; larger ones convolutions and as
    many numbers as they need to be recognised.

    Parameters
    ----------
    source
        The dataset; by default the first that people are offered.

    Returns
    -------
    TrainConfig
        Of a dataset with labels or without.

    Examples
    --------
    >>> from vaelab.datasets import SOURCES
    >>> config = usual_config(SOURCES["cifar10"])
    >>> config.architecture, config.latent_dim, config.likelihood
    ('conv', 16, 'gaussian_learned')
    """
    if source is None:
        source = next(iter(SOURCES.values()))
    channels, side, _ = source.image_shape
    if is_small(channels, side):
        return TrainConfig(dataset=source.name, epochs=max(LEAST_EPOCHS, _epochs(source.num_images, SHOWN)))
    network, _ = network_for(source.image_shape)
    # Pixels of photographs have many shades, and how exactly they can be told is learned along with the rest.
    pixels = "gaussian_learned" if channels == 3 else "bernoulli"
    epochs = _epochs(source.num_images, SHOWN_CONV)
    size = {"latent_dim": 16 if channels == 3 else 8, "likelihood": pixels, "epochs": epochs}
    return TrainConfig.model_validate({"dataset": source.name} | network | size)


def _epochs(num_images: int, shown: int) -> int:
    """The round number that comes nearest to showing so many images."""
    return min(ROUND_EPOCHS, key=lambda epochs: abs(math.log(epochs * num_images / shown)))


def network_for(image_shape: tuple[int, int, int]) -> Choice:
    """Choose the network for images of a shape: one that a page can run at every movement of the pointer.

    Parameters
    ----------
    image_shape
        ``(C, H, W)``, square.

    Returns
    -------
    tuple
        Settings of a ``TrainConfig``, and why.
    """
    channels, side, _ = image_shape
    num_stages = halvings(side)
    if is_small(channels, side) or not num_stages:
        # Of larger images the first layer alone would be more than a page can hold.
        hidden = (256, 256, 128) if channels * side * side < 20_000 else (64, 64)
        return {"architecture": "mlp", "hidden": hidden, "pca_path": True}, (
            "Dense layers beside PCA: of small images they learn more in the same time than convolutions."
            if is_small(channels, side)
            else f"Dense layers beside PCA: {side} × {side} pixels cannot be halved often enough for convolutions."
        )
    # At 128 pixels a side half as many: a page decodes at every movement of the pointer.
    first = 16 if side <= 64 else 8
    settings = {
        "architecture": "conv",
        "channels": tuple(first * 2**stage for stage in range(num_stages)),
        "conv_hidden": 256,
        "batch_size": 64,
        "learning_rate": 2e-3,
        "pca_path": True,
    }
    return settings, (
        "Convolutions beside PCA: what PCA draws is there from the start, and the network learns what it misses."
    )


def is_small(channels: int, side: int) -> bool:
    """Whether dense layers learn more of such images in the same time."""
    return channels * side * side <= MOST_FOR_DENSE


def halvings(side: int) -> int:
    """Count how often images are halved, down to 4 to 8 pixels a side; 0 where that is not possible."""
    return next((n for n in range(4, 1, -1) if side % 2**n == 0 and 4 <= side // 2**n <= 8), 0)
