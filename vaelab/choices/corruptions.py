"""The ways to damage an image; ``vaelab.corruptions`` has the functions."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CORRUPTIONS", "Corruption"]


class Corruption(NamedTuple):
    """One way to damage an image."""

    title: str
    #: What its strength is called, in the unit that it has.
    strength: str
    #: The strongest that is offered, and where a control starts.
    most: float
    start: float
    #: Whether the strength is a share of the pixels, and cannot exceed 1.
    is_share: bool = False


CORRUPTIONS: dict[str, Corruption] = {
    "gaussian": Corruption("Gaussian noise", "σ of the noise", 1.0, 0.3),
    "salt_and_pepper": Corruption("Salt and pepper", "Share of pixels", 1.0, 0.3, is_share=True),
    "masking": Corruption("Missing pixels", "Share of pixels", 1.0, 0.3, is_share=True),
    "blur": Corruption("Blur", "σ of the blur, in pixels", 5.0, 1.0),
}
