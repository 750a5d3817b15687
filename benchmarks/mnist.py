"""What twenty seconds of training on MNIST reach: test ELBO and nearest-neighbour accuracy."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks._measure import mnist_folder, print_table
from vaelab.config import TrainConfig
from vaelab.datasets import load_dataset
from vaelab.training.running import train

__all__ = ["main"]


def main(seeds: int = 3) -> None:
    """Print the table: the defaults, beside the textbook's network at equal seconds."""
    folder = mnist_folder()
    if folder is None:
        sys.exit("There is no MNIST here: download it first, or set VAELAB_DATA to where it is.")
    data = load_dataset("mnist", folder=folder)
    candidates = {
        "defaults": {},
        "textbook's 400, ReLU, 1e-3": {"hidden": (400,), "activation": "relu", "learning_rate": 1e-3},
    }
    results: dict[str, list[dict[str, float]]] = {name: [] for name in candidates}
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(seeds):
            for name, settings in candidates.items():
                config = TrainConfig.model_validate(
                    {"dataset": "mnist", "latent_dim": 2, "seconds": 20, "threads": 2, "seed": seed} | settings
                )
                run = train(config, data, Path(temporary) / f"{seed}-{len(results[name])}-{name[0]}")
                figures = run.evaluation() or {}
                figures["epochs"] = run.epoch
                results[name].append(figures)
    rows = [
        (
            name,
            *(
                f"{statistics.mean(r[key] for r in runs):.{digits}f}"
                for key, digits in (("elbo", 2), ("reconstruction", 2), ("kl", 2), ("knn_accuracy", 4), ("epochs", 1))
            ),
            " ".join(f"{r['elbo']:.1f}" for r in runs),
        )
        for name, runs in results.items()
    ]
    print_table(
        f"MNIST, 2-D latent, 20 s on 2 threads, 10,000 test images, mean of {seeds} seeds",
        ("what", "ELBO", "reconstruction", "KL", "k-NN", "epochs", "ELBO by seed"),
        rows,
    )
    ours, theirs = (statistics.mean(-r["elbo"] for r in runs) for runs in results.values())
    print(f"-ELBO: {ours:.1f} nats (asked: at most 150); ratio to the textbook's: {ours / theirs:.3f}")


if __name__ == "__main__":
    main()
