"""Whether InfoVAE holds codes to the prior, in 2, 8 and 16 dimensions, beside a plain VAE."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import chi2

from benchmarks._measure import print_table
from vaelab.choices import OBJECTIVES
from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset, load_dataset
from vaelab.training.running import train

__all__ = ["main"]

SUITED = OBJECTIVES["mmd"].suited
CANDIDATES: dict[str, dict[str, Any]] = {
    "VAE": {},
    "InfoVAE": {"objective": "mmd", **SUITED},
    "without the MMD": {"objective": "mmd", **SUITED, "mmd_weight": 0},
    "without the warm-up": {"objective": "mmd", **SUITED, "kl_warmup": 0},
    "beta 0": {"objective": "mmd", **SUITED, "beta": 0},
    "weight 10": {"objective": "mmd", **SUITED, "mmd_weight": 10},
    "weight 100": {"objective": "mmd", **SUITED, "mmd_weight": 100},
}
DIMENSIONS = (2, 8, 16)
#: Of the prior's draws, what lies within the radius that codes are counted in.
SHARE = 0.99


def main(seeds: int = 3, epochs: int = 60) -> None:
    """Print the table: each line's figures are the least and the most of all seeds."""
    data = load_dataset("digits")
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for latent_dim in DIMENSIONS:
            for index, (name, settings) in enumerate(CANDIDATES.items()):
                found = []
                for seed in range(seeds):
                    own = {"latent_dim": latent_dim, "epochs": epochs, "seed": seed}
                    config = TrainConfig.model_validate(own | settings)
                    found.append(figures(config, data, Path(temporary) / f"{latent_dim}-{index}-{seed}"))
                rows.append((str(latent_dim), name, *map(span, zip(*found, strict=True))))
                print(f"{latent_dim} dimensions, {name}: done", flush=True)
    print_table(
        f"digits, {epochs} epochs, {seeds} seeds: draws z of all images (prior: sd 1, {SHARE:.0%} within)",
        ("D", "what", "least sd", "most sd", "largest |z|", "within", "ELBO", "active"),
        rows,
    )


def figures(config: TrainConfig, data: ImageDataset, folder: Path) -> tuple[float, ...]:
    """Train, and say how draws from all posteriors lie: sd, the farthest, the share within; ELBO, active units."""
    run = train(config, data, folder)
    codes = run.engine.encode(data.images)
    z = codes.mu + codes.sigma * np.random.default_rng(0).standard_normal(codes.mu.shape)
    spread, radii = z.std(0), np.linalg.norm(z, axis=1)
    within = np.mean(radii < math.sqrt(chi2.ppf(SHARE, config.latent_dim)))
    evaluation = run.evaluation() or {}
    active = evaluation["active_units"]
    return float(spread.min()), float(spread.max()), float(radii.max()), float(within), evaluation["elbo"], active


def span(values: tuple[float, ...]) -> str:
    """The least and the most."""
    low, high = min(values), max(values)
    digits = 0 if isinstance(values[0], int) else 2
    texts = [f"{value:.{digits}f}" for value in (low, high)]
    return texts[0] if texts[0] == texts[1] else " to ".join(texts)


if __name__ == "__main__":
    main()
