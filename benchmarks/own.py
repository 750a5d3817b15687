"""What a minute makes of a person's own images: held-out error beside PCA's, on the emoji."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from benchmarks._measure import print_table
from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset
from vaelab.engine import Engine
from vaelab.importing import import_images
from vaelab.latent.units import active_units
from vaelab.training.reports import EpochRecord
from vaelab.training.trainer import Trainer

__all__ = ["main"]

#: A folder of pictures as a person would bring it.
EMOJI = Path(__file__).parents[2] / "shared" / "data" / "emoji"

LATENT_DIM = 16

#: What people see of a training that has only begun, after so many seconds.
SOON = 2.0

BESIDE_PCA: dict[str, Any] = {
    "likelihood": "gaussian",
    "pca_path": True,
    "channels": (16, 32, 64, 128),
    "conv_hidden": 256,
    "batch_size": 64,
    "learning_rate": 2e-3,
    "augment_flip": True,
    "augment_shift": 4,
}
CONTESTANTS: dict[str, dict[str, Any]] = {
    "today's default, autoencoder": {"model": "ae"},
    "today's default, VAE": {"model": "vae"},
    "beside PCA, autoencoder": BESIDE_PCA | {"model": "ae"},
    "beside PCA, VAE": BESIDE_PCA | {"model": "vae", "sigma": 0.2},
}


def main(seeds: int = 3, seconds: float = 60, threads: int = 2) -> None:
    """Print the table: errors as shares of PCA's, with as many components as there are numbers in a code."""
    if not EMOJI.is_dir():
        sys.exit(f"There are no emoji here: put a folder of pictures at {EMOJI}.")
    data = import_images(EMOJI, name="emoji", background="white", save=False).data
    of_pca = pca_error(data)
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
    for seed in range(seeds):
        for name, settings in CONTESTANTS.items():
            config = TrainConfig.model_validate(
                {"dataset": data.name, "architecture": "conv", "latent_dim": LATENT_DIM, "seed": seed}
                | {"seconds": seconds, "threads": threads}
                | settings
            )
            figures[name].append(minute(config, data, of_pca))
            print(f"{name}, seed {seed}: {figures[name][-1]['error']:.3f}", flush=True)
    rows = [("PCA", "1.000", "", "", "", "", "", "")]
    for name, runs in figures.items():
        mean = {key: statistics.mean(run[key] for run in runs) for key in runs[0]}
        rows.append(
            (
                name,
                f"{mean['error']:.3f}",
                " ".join(f"{run['error']:.3f}" for run in runs),
                f"{mean['soon']:.3f}",
                f"{mean['setup']:.1f} s",
                f"{mean['steps']:.0f}",
                f"{mean['kl']:.1f}",
                f"{mean['active']:.0f}",
            )
        )
    print_table(
        f"{len(data):,} emoji, {LATENT_DIM} numbers, {seconds:g} s on {threads} threads: squared error of the "
        f"{len(data.split.test)} test images from mu, as a share of PCA's ({of_pca:.1f}), mean of {seeds} seeds",
        ("what", "error", "by seed", f"after {SOON:g} s", "first picture", "steps", "KL, nats", "active"),
        rows,
    )
    print("asked: at most 0.850")


def minute(config: TrainConfig, data: ImageDataset, of_pca: float) -> dict[str, float]:
    """Train for the config's seconds; errors are shares of ``of_pca``."""
    started = time.perf_counter()
    trainer = Trainer(config, data.images[data.split.train], data.images[data.split.validation])
    engine, test = Engine(trainer.model, config), data.images[data.split.test]
    soon = squared_error(engine.reconstruct(test), test)
    setup = time.perf_counter() - started
    for record in trainer.records():
        if isinstance(record, EpochRecord) and setup + record.seconds <= SOON:
            soon = squared_error(engine.reconstruct(test), test)
    codes = engine.encode(test)
    return {
        "error": squared_error(engine.reconstruct(test), test) / of_pca,
        "soon": soon / of_pca,
        "setup": setup,
        "steps": trainer.step,
        "kl": float(engine.terms(test).kl.mean()),
        "active": int(active_units(codes.mu).sum()),
    }


def squared_error(x_hat: NDArray[np.floating], images: NDArray[np.uint8]) -> float:
    """Summed over an image's pixels, averaged over images."""
    return float(((x_hat - images / 255) ** 2).sum((1, 2, 3)).mean())


def pca_error(data: ImageDataset) -> float:
    """What PCA of the same training images leaves of the test images."""
    train, test = (data.images[part].reshape(len(part), -1) / 255 for part in (data.split.train, data.split.test))
    pca = PCA(LATENT_DIM, svd_solver="full").fit(train.astype(np.float32))
    return float(((pca.inverse_transform(pca.transform(test)) - test) ** 2).sum(1).mean())


if __name__ == "__main__":
    main()
