"""How the defaults of training were chosen: validation loss on MNIST after equal seconds."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks._measure import mnist_folder, print_table
from vaelab.config import TrainConfig
from vaelab.datasets import load_dataset
from vaelab.training.running import train

__all__ = ["main"]

#: Each differs from the defaults in one thing.
VARIANTS: dict[str, dict[str, Any]] = {
    "the defaults": {},
    "learning rate 1e-3": {"learning_rate": 1e-3},
    "learning rate 2e-3": {"learning_rate": 2e-3},
    "learning rate 8e-3": {"learning_rate": 8e-3},
    "batch 256": {"batch_size": 256},
    "relu": {"activation": "relu"},
    "gelu": {"activation": "gelu"},
    "512, 256": {"hidden": (512, 256)},
    "256, 128": {"hidden": (256, 128)},
    "400": {"hidden": (400,)},
}


def main(seeds: int = 3, seconds: float = 20, threads: int = 2) -> None:
    """Print the table; seeds take turns, so that a busy minute is busy to all."""
    folder = mnist_folder()
    if folder is None:
        sys.exit("There is no MNIST here: download it first, or set VAELAB_DATA to where it is.")
    data = load_dataset("mnist", folder=folder)
    common = {"dataset": "mnist", "latent_dim": 2, "seconds": seconds, "threads": threads}
    totals: dict[str, list[float]] = {name: [] for name in VARIANTS}
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(seeds):
            for index, (name, change) in enumerate(VARIANTS.items()):
                config = TrainConfig.model_validate(common | {"seed": seed} | change)
                run = train(config, data, Path(temporary) / f"{index}-{seed}")
                totals[name].append(run.epochs()[-1]["validation"]["total"])
                print(f"{name}, seed {seed}: {totals[name][-1]:.2f}", flush=True)
    best = statistics.mean(totals["the defaults"])
    print_table(
        f"MNIST, 2-D latent: validation loss after {seconds:g} s on {threads} threads, nats per "
        f"image, mean of {seeds} seeds",
        ("what", "mean", "to the defaults", "by seed"),
        [
            (
                name,
                f"{statistics.mean(values):.2f}",
                f"{statistics.mean(values) / best:.4f}",
                " ".join(f"{value:.1f}" for value in values),
            )
            for name, values in totals.items()
        ],
    )


if __name__ == "__main__":
    main()
