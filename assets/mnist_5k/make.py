"""Make ``images.npz``: ``VAELAB_DATA=<folder with MNIST> python assets/mnist_5k/make.py``.

All 5,000 are training images of MNIST, so that its own 10,000 test images are unseen by whatever
learns from these.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from vaelab.datasets import load_dataset  # noqa: E402

SEED = 0
NUM_TRAINING = 60_000
NUM_OF_EACH = 500


def main() -> None:
    """Choose the images and write them down."""
    mnist = load_dataset("mnist")
    rows = choose(mnist.labels_of(np.arange(NUM_TRAINING)))
    np.savez_compressed(
        HERE / "images.npz",
        images=mnist.images[rows],
        labels=mnist.labels_of(rows).astype(np.uint8),
        rows=rows.astype(np.uint16),
    )


def choose(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Draw as many images of each digit, in the order in which MNIST has them."""
    rng = np.random.default_rng(SEED)
    drawn = [rng.choice(np.flatnonzero(labels == digit), NUM_OF_EACH, replace=False) for digit in range(10)]
    return np.sort(np.concatenate(drawn))


if __name__ == "__main__":
    main()
