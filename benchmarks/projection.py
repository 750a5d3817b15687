"""Seconds to lay 10,000 codes flat: UMAP's first and second time in a process, and PCA."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from benchmarks._measure import print_table
from vaelab.latent.projections import MAX_POINTS, pca, umap

__all__ = ["main"]


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((10, 8)) * 2
    noise = rng.standard_normal((MAX_POINTS, 8))
    codes = (centers[rng.integers(0, 10, MAX_POINTS)] + noise).astype(np.float32)
    indices = np.arange(MAX_POINTS)

    def timed(run: Callable[[], object]) -> float:
        started = time.perf_counter()
        run()
        return time.perf_counter() - started

    seconds = {
        "PCA": min(timed(lambda: pca(codes, indices)) for _ in range(5)),
        "UMAP, first in a process": timed(lambda: umap(codes, indices)),
        "UMAP, again": timed(lambda: umap(codes, indices)),
    }
    projection = umap(codes[:2000], indices[:2000])
    places = projection.coordinates[:400]
    seconds["lifting 400 places of a UMAP map"] = timed(lambda: projection.lift(places))
    print_table(
        f"Projecting {MAX_POINTS:,} codes of 8 dimensions",
        ("what", "seconds", "to UMAP again"),
        [(n, f"{s:.3f}", f"{s / seconds['UMAP, again']:.4f}") for n, s in seconds.items()],
    )
    ratio = seconds["UMAP, first in a process"] / seconds["UMAP, again"]
    print(f"ratio: the first UMAP takes {ratio:.1f} times the second: why maps are made in a worker")


if __name__ == "__main__":
    main()
