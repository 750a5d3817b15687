"""Milliseconds to decode a 20 x 20 grid, against a plain transposed convolution."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from benchmarks._measure import interleaved, print_table
from vaelab.config import TrainConfig
from vaelab.engine import Engine
from vaelab.networks.models import build_model

__all__ = ["main"]

ROUNDS = 60


def main(threads: int = 2) -> None:
    """Print the table."""
    torch.set_num_threads(threads)
    z = torch.randn(400, 2)
    codes = z.numpy()

    def engine(config: TrainConfig) -> Callable[[], object]:
        ready = Engine(build_model(config, (1, 28, 28)), config)
        return lambda: ready.decode(codes)

    plain = transposed()

    def peer() -> object:
        with torch.inference_mode():
            return torch.sigmoid(plain(z))

    name = "transposed convolutions"
    seconds = interleaved(
        {
            "vaelab conv": engine(TrainConfig(architecture="conv")),
            "vaelab mlp": engine(TrainConfig()),
            name: peer,
        },
        ROUNDS,
    )
    print_table(
        f"Decoding a 20 x 20 grid of 28 x 28, {threads} threads, median of {ROUNDS} interleaved rounds",
        ("what", "ms", "its time to vaelab conv's"),
        [(n, f"{s * 1e3:.1f}", f"{s / seconds['vaelab conv']:.2f}") for n, s in seconds.items()],
    )
    print(f"conv grid: {seconds['vaelab conv'] * 1e3:.1f} ms (asked: at most 20)")
    print(f"ratio: {seconds[name] / seconds['vaelab conv']:.2f} times as fast as {name}")


def transposed() -> nn.Module:
    """The usual decoder of the same widths: dense, then transposed convolutions to one channel."""
    return nn.Sequential(
        nn.Linear(2, 128),
        nn.SiLU(),
        nn.Linear(128, 32 * 49),
        nn.SiLU(),
        nn.Unflatten(1, (32, 7, 7)),
        nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
        nn.SiLU(),
        nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1),
    ).eval()


if __name__ == "__main__":
    main()
