"""What an encoder makes of images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Codes"]


class Codes(NamedTuple):
    """The posteriors of images. For an autoencoder ``sigma`` is zero: its code is a point."""

    mu: NDArray[np.floating]  # (N, D)
    sigma: NDArray[np.floating]  # (N, D)
