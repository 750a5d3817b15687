"""A VAE from beginning to end, by hand: six short steps on the parts of this package.

The last lesson of the course shows these functions as they are here, and runs them.

>>> data = prepare()
>>> model, config = build(data)
>>> curve = list(fit(model, config, data, epochs=2))
>>> judge(model, config, data)["num_images"]
180
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import plotly.graph_objects as go
import torch

from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset, load_dataset
from vaelab.engine import Engine
from vaelab.evaluation import evaluate
from vaelab.figures import latent_map
from vaelab.latent.projections import plane
from vaelab.networks.models import Autoencoder, build_model
from vaelab.networks.objectives import LossTerms, loss_terms

__all__ = ["build", "check_environment", "fit", "judge", "look", "mean_of", "prepare"]


def check_environment() -> dict[str, str]:
    """What there is to work with: ``pip install -r requirements.txt`` puts it there."""
    packages = ("torch", "numpy", "plotly", "streamlit", "umap-learn")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def prepare() -> ImageDataset:
    """Images as numbers from 0 to 255, and which of them are held out."""
    data = load_dataset("digits")  # uint8 images, (1797, 1, 8, 8)
    # No image may be in two parts: what a model is judged on, it must not have seen.
    assert not set(data.split.train) & set(data.split.test)
    return data


def build(data: ImageDataset) -> tuple[Autoencoder, TrainConfig]:
    """64 numbers to 2 and back, through two hidden layers on each side."""
    config = TrainConfig(model="vae", latent_dim=2, hidden=(128, 64), likelihood="bernoulli")
    return build_model(config, data.image_shape), config


def fit(
    model: Autoencoder,
    config: TrainConfig,
    data: ImageDataset,
    epochs: int = 40,
) -> Iterator[dict[str, Any]]:
    """Make the loss smaller, a batch at a time; yields its parts after each epoch, in nats per image."""
    x, held_out = (
        torch.from_numpy(data.images[part]).float() / 255 for part in (data.split.train, data.split.validation)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    chance = torch.Generator().manual_seed(config.seed)  # of every shuffle and draw: another run goes the same way
    for epoch in range(1, epochs + 1):
        train = {"total": 0.0, "reconstruction": 0.0, "kl": 0.0}
        for batch in torch.randperm(len(x), generator=chance).split(64):
            terms = loss_terms(model, x[batch], config, generator=chance)
            optimizer.zero_grad()
            terms.total.mean().backward()
            optimizer.step()
            for name, mean in mean_of(terms).items():
                train[name] += mean * len(batch) / len(x)  # the last batch has fewer images, and counts for less
        with torch.no_grad():
            validation = mean_of(loss_terms(model, held_out, config, generator=chance))
        yield {"epoch": epoch, "train": train, "validation": validation}


def mean_of(terms: LossTerms) -> dict[str, float]:
    """The loss and its two parts, averaged over images."""
    parts = {"total": terms.total, "reconstruction": terms.reconstruction, "kl": terms.kl}
    return {name: float(part.detach().mean()) for name, part in parts.items()}


def judge(model: Autoencoder, config: TrainConfig, data: ImageDataset) -> dict[str, Any]:
    """The same loss on images that the model has never seen, and what its codes are good for."""
    return evaluate(Engine(model, config), data, "test").as_dict()


def look(model: Autoencoder, config: TrainConfig, data: ImageDataset) -> go.Figure:
    """Where the encoder puts each image: a point for its mu, coloured by what nobody told it."""
    shown = data.split.train
    codes = Engine(model, config).encode(data.images[shown]).mu
    labels = None if data.labels is None else data.labels[shown]
    return latent_map(plane(codes, shown), labels, data.label_names)
