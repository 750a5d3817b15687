"""Whether beta-TCVAE and FactorVAE give each factor of ``shapes`` a dimension of its own, beside a plain VAE."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import print_table
from vaelab.config import TrainConfig
from vaelab.datasets import load_dataset
from vaelab.evaluation.disentanglement import factor_vae_score, mutual_information_gap
from vaelab.training.running import train

__all__ = ["main"]

#: Each differs from the plain VAE in its objective only.
CANDIDATES: dict[str, dict[str, Any]] = {
    "VAE": {},
    "beta-VAE, beta 4": {"beta": 4},
    "beta-TCVAE, beta 4": {"objective": "tc", "beta": 4},
    "FactorVAE, gamma 10": {"objective": "factor", "gamma": 10},
}
#: Twice as many as there are factors, as Chen et al. 2018 have it: a code that could spread out.
LATENT_DIM = 10
#: Images whose codes are judged.
NUM_IMAGES = 5_000


def main(seeds: int = 3, epochs: int = 20, threads: int = 2) -> None:
    """Print the table; seeds take turns."""
    data = load_dataset("shapes")
    assert data.factors is not None
    rows = np.random.default_rng(0).permutation(len(data))[:NUM_IMAGES]
    factors = data.factors[rows]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CANDIDATES}
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(seeds):
            for index, (name, change) in enumerate(CANDIDATES.items()):
                config = TrainConfig.model_validate(
                    {
                        "dataset": "shapes",
                        "latent_dim": LATENT_DIM,
                        "architecture": "conv",
                        "epochs": epochs,
                        "threads": threads,
                        "seed": seed,
                    }
                    | change
                )
                run = train(config, data, Path(temporary) / f"{index}-{seed}")
                codes = run.engine.encode(data.images[rows])
                evaluation = run.evaluation() or {}
                found[name].append(
                    {
                        "mig": mutual_information_gap(*codes, factors).mig.value,
                        "factor_vae": factor_vae_score(*codes, factors).score.value,
                        "elbo": evaluation["elbo"],
                        "kl": evaluation["kl"],
                    }
                )
                print(f"{name}, seed {seed}: MIG {found[name][-1]['mig']:.3f}", flush=True)
    print_table(
        f"shapes, {LATENT_DIM} dimensions, conv, {epochs} epochs: {seeds} seeds, {NUM_IMAGES:,} images",
        ("what", "MIG", "by seed", "FactorVAE", "ELBO", "KL"),
        [
            (
                name,
                f"{statistics.mean(r['mig'] for r in results):.3f}",
                " ".join(f"{r['mig']:.3f}" for r in results),
                *(
                    f"{statistics.mean(r[key] for r in results):.{digits}f}"
                    for key, digits in (("factor_vae", 3), ("elbo", 1), ("kl", 1))
                ),
            )
            for name, results in found.items()
        ],
    )
    plain, factored = ([r["mig"] for r in found[name]] for name in ("VAE", "beta-TCVAE, beta 4"))
    ratio = statistics.mean(factored) / statistics.mean(plain)
    wins = sum(theirs > ours for ours, theirs in zip(plain, factored, strict=True))
    print(f"beta-TCVAE's MIG to the VAE's: {ratio:.2f}; above it with {wins} of {seeds} seeds")


if __name__ == "__main__":
    main()
