"""Images per second in training, against the textbook loop and the bare matrix products."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from benchmarks._measure import interleaved, mnist_folder, print_table
from vaelab.config import TrainConfig
from vaelab.datasets import load_dataset
from vaelab.training.trainer import Trainer

__all__ = ["main"]

BATCH, NUM_IMAGES, ROUNDS = 128, 128 * 60, 7


def main(threads: int = 2) -> None:
    """Print the table."""
    torch.set_num_threads(threads)
    folder = mnist_folder()
    if folder is None:
        sys.exit("There is no MNIST here: download it first, or set VAELAB_DATA to where it is.")
    images = load_dataset("mnist", folder=folder).images[:NUM_IMAGES]
    textbook_images = Subset(MNIST(folder, train=True, transform=ToTensor()), range(NUM_IMAGES))
    contestants = {
        "vaelab": vaelab_epoch(images, threads),
        "textbook loop": textbook_epoch(textbook_images),
        "bare matrix products": products_epoch(),
    }
    seconds = interleaved(contestants, ROUNDS)
    ours = seconds["vaelab"]
    print_table(
        f"Training 784-400-20-400-784 on MNIST, batch {BATCH}, {threads} threads, median of "
        f"{ROUNDS} interleaved rounds",
        ("what", "images/s", "vaelab's time to its"),
        [(n, f"{NUM_IMAGES / s:,.0f}", f"{ours / s:.2f}") for n, s in seconds.items()],
    )
    faster = seconds["textbook loop"] / ours
    print(f"ratio: {faster:.2f} times the textbook loop's images/s (asked: 4)")
    print(f"ratio: {ours / seconds['bare matrix products']:.2f} times the bare products' time (asked: at most 2.5)")


def vaelab_epoch(images: NDArray[np.uint8], threads: int) -> Callable[[], object]:
    """One epoch of the trainer, as it trains a run, without its validation pass."""
    config = TrainConfig(
        hidden=(400,),
        activation="relu",
        latent_dim=20,
        batch_size=BATCH,
        threads=threads,
        epochs=10_000,
    )
    trainer = Trainer(config, images, images[:1])
    epochs = trainer.records()

    def run() -> None:
        epoch = trainer.epoch
        while trainer.epoch == epoch:
            next(epochs)

    return run


class TextbookVAE(nn.Module):
    """The network that introductions train: 784-400-20, ReLU, a sigmoid at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.mu, self.logvar = (
            nn.Linear(784, 400),
            nn.Linear(400, 20),
            nn.Linear(400, 20),
        )
        self.up, self.out = nn.Linear(20, 400), nn.Linear(400, 784)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstruct a batch."""
        h = F.relu(self.hidden(x.view(-1, 784)))
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return torch.sigmoid(self.out(F.relu(self.up(z)))), mu, logvar


def textbook_epoch(images: Dataset[tuple[Tensor, int]]) -> Callable[[], object]:
    """One epoch of the loop of introductions: DataLoader, Adam, item() after each step."""
    loader = DataLoader(images, batch_size=BATCH, shuffle=True)
    model = TextbookVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def run() -> None:
        total = 0.0
        for x, _ in loader:
            optimizer.zero_grad()
            x_hat, mu, logvar = model(x)
            error = F.binary_cross_entropy(x_hat, x.view(-1, 784), reduction="sum")
            kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
            loss = error + kl
            loss.backward()
            total += loss.item()
            optimizer.step()

    return run


def products_epoch() -> Callable[[], object]:
    """The matrix products alone that an epoch cannot do without: forward, and both gradients."""
    shapes = [(784, 400), (400, 20), (400, 20), (20, 400), (400, 784)]
    layers = [(torch.randn(BATCH, n), torch.randn(n, m), torch.randn(BATCH, m)) for n, m in shapes]

    def run() -> None:
        for _ in range(NUM_IMAGES // BATCH):
            for index, (x, weight, gradient) in enumerate(layers):
                torch.mm(x, weight)
                torch.mm(x.t(), gradient)
                if index:  # the images themselves need no gradient
                    torch.mm(gradient, weight.t())

    return run


if __name__ == "__main__":
    main()
