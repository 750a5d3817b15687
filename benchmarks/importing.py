"""Seconds to take in folders of images, beside one plain loop over Pillow."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks._measure import interleaved, mnist_folder, print_table
from vaelab.datasets import load_dataset
from vaelab.importing import import_images

__all__ = ["main"]

ROUNDS = 3
NUM_IMAGES = 60_000


def main() -> None:
    """Print the tables: MNIST written as PNG, and the emoji that lie beside the repository."""
    folder = mnist_folder()
    if folder is None:
        sys.exit("There is no MNIST here: download it first, or set VAELAB_DATA to where it is.")
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        _write_mnist(folder, root / "mnist")
        seconds = interleaved(
            {
                "vaelab, kept as a dataset": _take_in(root / "mnist", root / "data"),
                "a plain Pillow loop": lambda: _plain(root / "mnist"),
                "the same in two threads": lambda: _plain(root / "mnist", ThreadPoolExecutor(2)),
            },
            ROUNDS,
        )
        _print(f"{NUM_IMAGES:,} PNGs of 28 x 28 written from MNIST", seconds)
        print(f"ratio: {_ratio(seconds):.2f} times as fast as a plain Pillow loop (asked: at least 1.5)")
        emoji = folder / "emoji"
        if not emoji.is_dir():
            print("There are no emoji beside the repository.")
            return
        seconds = interleaved(
            {"vaelab, kept as a dataset": _take_in(emoji, root / "data"), "a plain Pillow loop": lambda: _plain(emoji)},
            ROUNDS,
        )
        _print("1,906 emoji: PNGs of 64 x 64 with alpha, in 9 subfolders", seconds)
        print(f"emoji: {next(iter(seconds.values())):.2f} s (asked: at most 5)")


def _write_mnist(folder: Path, root: Path) -> None:
    data = load_dataset("mnist", folder=folder)
    assert data.labels is not None
    for label in range(10):
        (root / str(label)).mkdir(parents=True)
    for number, (image, label) in enumerate(zip(data.images[:NUM_IMAGES], data.labels, strict=False)):
        Image.fromarray(image[0]).save(root / str(label) / f"{number:05}.png")


def _take_in(folder: Path, kept: Path) -> Callable[[], object]:
    def take_in() -> object:
        shutil.rmtree(kept, ignore_errors=True)
        return import_images(folder, name="images", folder=kept)

    return take_in


def _plain(folder: Path, threads: ThreadPoolExecutor | None = None) -> NDArray[np.uint8]:
    """What one would write: every file, one after the other, into one array."""
    paths = sorted(folder.rglob("*.png"))
    images = list((threads.map if threads else map)(_read, paths))
    return np.stack(images)


def _read(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image if image.mode == "L" else image.convert("RGBA"))


def _ratio(seconds: dict[str, float]) -> float:
    ours, loop, *_ = seconds.values()
    return loop / ours


def _print(title: str, seconds: dict[str, float]) -> None:
    ours = next(iter(seconds.values()))
    print_table(
        f"{title}, median of {ROUNDS} interleaved rounds",
        ("what", "s", "its time to vaelab's"),
        [(name, f"{time:.2f}", f"{time / ours:.2f}") for name, time in seconds.items()],
    )


if __name__ == "__main__":
    main()
