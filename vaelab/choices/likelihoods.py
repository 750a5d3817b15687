"""The pixel models p(x|z); ``vaelab.networks.likelihoods`` has the classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from vaelab.choices.setting import Setting

__all__ = ["LIKELIHOODS", "Likelihood"]


class Likelihood(NamedTuple):
    """One pixel model."""

    title: str
    help: str
    #: What its nats are of; only those of the same compare.
    measure: str
    settings: Mapping[str, Setting] = {}


_DENSITY = "density of pixels"

LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Likelihood(
        "Bernoulli",
        "the usual choice for pixels between black and white, though strictly for black or white ones",
        "Bernoulli pixels",
    ),
    "continuous_bernoulli": Likelihood("Continuous Bernoulli", "its density on pixels between the two", _DENSITY),
    "gaussian": Likelihood(
        "Gaussian, fixed σ",
        "squared errors, weighted by the σ you set",
        _DENSITY,
        {
            "sigma": Setting(
                "σ of a pixel", "Between 0 and 1, as pixels are: smaller asks for sharper images.", step=0.05
            )
        },
    ),
    "gaussian_learned": Likelihood(
        "Gaussian, learned σ",
        "the same, and training finds the σ",
        _DENSITY,
        {
            "sigma": Setting(
                "σ of a pixel",
                "Where it starts, between 0 and 1, as pixels are. It falls as images become sharper, but not below "
                "0.001: what rounding to 256 shades leaves unsaid.",
                step=0.05,
            )
        },
    ),
}
