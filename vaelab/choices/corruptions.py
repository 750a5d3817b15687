"""The ways to damage an image; ``vaelab.networks.corruptions`` has the functions."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CORRUPTIONS", "Corruption"]


class Corruption(NamedTuple):
    """One way to damage an image."""

    title: str
    help: str
    #: What its strength is called, in the unit that it has.
    strength: str
    #: The strongest that is offered, and where a control starts.
    most: float
    start: float
    #: Damage so slight that some of it passes for normal: there is something to weigh.
    slight: float
    #: Whether the strength is a share of the pixels, and cannot exceed 1.
    is_share: bool = False


CORRUPTIONS: dict[str, Corruption] = {
    "gaussian": Corruption("Gaussian noise", "every pixel a little off", "σ of the noise", 1.0, 0.3, 0.1),
    "salt_and_pepper": Corruption(
        "Salt and pepper", "some pixels black or white", "Share of pixels", 1.0, 0.3, 0.05, is_share=True
    ),
    "masking": Corruption("Missing pixels", "some pixels black", "Share of pixels", 1.0, 0.3, 0.1, is_share=True),
    "blur": Corruption("Blur", "neighbours run into one another", "σ of the blur, in pixels", 5.0, 1.0, 0.5),
}
