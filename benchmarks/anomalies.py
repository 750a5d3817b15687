"""MNIST with one digit left out of training: how well it is told from the others, by AUC."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest

from benchmarks._measure import mnist_folder, print_table
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import ImageDataset, load_dataset
from vaelab.datasets.preprocessing import preprocess
from vaelab.evaluation.anomalies import SCORES, Detector
from vaelab.evaluation.calibration import Calibration
from vaelab.evaluation.detection import detect
from vaelab.training.running import train

__all__ = ["main"]

LATENT_DIM = 32
PEERS = ("PCA", "PCA, calibrated", "Isolation forest")


def main(epochs: int = 8, threads: int = 2, digits: tuple[int, ...] = tuple(range(10))) -> None:
    """Print the table: our scores, and what takes no neural network, on the same test images.

    Every method learns from the training images of nine digits alone, and is judged on MNIST's
    10,000 test images; nothing is chosen by digit. PCA keeps as many components as the VAE's code
    has dimensions, and the calibration of its error is the same as the VAE's. Epochs rather than
    seconds, so that a busy machine comes to the same figures, only later.
    """
    folder = mnist_folder()
    if folder is None:
        sys.exit("There is no MNIST here: download it first, or set VAELAB_DATA to where it is.")
    data = load_dataset("mnist", folder=folder)
    assert data.labels is not None
    test = data.split.test
    names = [score.title for score in SCORES.values()] + list(PEERS)
    aucs: dict[int, list[float]] = {}
    started = time.perf_counter()
    for digit in digits:
        kept = tuple(name for name in data.label_names if name != str(digit))
        config = TrainConfig(
            dataset="mnist",
            latent_dim=LATENT_DIM,
            epochs=epochs,
            threads=threads,
            preprocessing=Preprocessing(classes=kept),
        )
        normal = preprocess(data, config.preprocessing)
        with tempfile.TemporaryDirectory() as temporary:
            run = train(config, normal, Path(temporary) / "run")
            detector = Detector(run.engine, normal)
            scores = [detector.score(name, data.images[test]) for name in SCORES]
        scores += peers(normal, data.images[test])
        anomalous = data.labels[test] == digit
        aucs[digit] = [detect(score[~anomalous], score[anomalous]).auc for score in scores]
        shown = ", ".join(f"{n} {a:.3f}" for n, a in zip(names, aucs[digit], strict=True))
        print(f"without {digit} ({time.perf_counter() - started:.0f} s): {shown}", flush=True)
    means = [statistics.mean(column) for column in zip(*aucs.values(), strict=True)]
    rows: list[tuple[str, list[float]]] = [(str(digit), row) for digit, row in aucs.items()]
    print_table(
        f"MNIST, one digit left out: AUC on 10,000 test images; VAE of {LATENT_DIM} dimensions, "
        f"{epochs} epochs; {time.perf_counter() - started:.0f} s in all, threads={threads}",
        ("left out", *names),
        [(name, *(f"{auc:.3f}" for auc in row)) for name, row in [*rows, ("mean", means)]],
    )
    by_name = dict(zip(names, means, strict=True))
    ours = by_name[SCORES["calibrated"].title]
    print(
        f"mean AUC: {ours:.3f}; PCA's error {by_name['PCA']:.3f}, an isolation forest "
        f"{by_name['Isolation forest']:.3f}; ratio of what is missing to 1: "
        f"{(1 - ours) / (1 - by_name['PCA']):.2f} of PCA's"
    )


def peers(normal: ImageDataset, images: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Scores without a neural network, in the order of ``PEERS``."""

    def flat(images: NDArray[Any]) -> NDArray[np.float32]:
        scale = np.float32(255 if images.dtype == np.uint8 else 1)
        pixels: NDArray[np.float32] = images.reshape(len(images), -1).astype(np.float32) / scale
        return pixels

    train_pixels, pixels = flat(normal.images[normal.split.train]), flat(images)
    pca = PCA(LATENT_DIM, svd_solver="covariance_eigh").fit(train_pixels)

    def reconstruct(images: NDArray[Any]) -> NDArray[np.float32]:
        back: NDArray[np.float32] = pca.inverse_transform(pca.transform(flat(images)))
        return back.reshape(images.shape)

    error = ((pixels - flat(reconstruct(images))) ** 2).sum(1).astype(np.float64)
    calibration = Calibration.fit(normal.images[normal.split.validation], reconstruct)
    forest = IsolationForest(random_state=0).fit(train_pixels)
    return [error, calibration.ratio(images, reconstruct), -forest.score_samples(pixels)]


if __name__ == "__main__":
    main()
