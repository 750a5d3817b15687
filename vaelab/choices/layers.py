"""What networks are made of; ``vaelab.networks.nn`` has the modules."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ACTIVATIONS", "ARCHITECTURES", "Architecture"]


class Architecture(NamedTuple):
    """One kind of encoder and decoder."""

    title: str
    #: What it is called within a sentence.
    word: str
    help: str
    #: The config's field with the widths of its layers, and what they are called.
    widths: str
    label: str
    #: The fewest pixels a side that it takes, and whether each of its layers halves the image.
    least_side: int = 0
    halves: bool = False


ARCHITECTURES: dict[str, Architecture] = {
    "mlp": Architecture(
        "MLP", "MLP", "every pixel to every unit; fine for small images.", "hidden", "Widths of the hidden layers"
    ),
    "conv": Architecture(
        "Convolutional",
        "convolutional",
        "looks at neighbourhoods; for 16 to 128 pixels.",
        "channels",
        "Channels of the stages",
        least_side=16,
        halves=True,
    ),
}

#: What people call each nonlinearity.
ACTIVATIONS: dict[str, str] = {
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "silu": "SiLU",
    "gelu": "GELU",
    "tanh": "tanh",
}
