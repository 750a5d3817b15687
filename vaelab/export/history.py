"""What a model's codes were at the end of its epochs, for the browser.

One safetensors file, whose metadata is a ``HistorySpec``. The browser's code has types of the same names and shapes, in
``assets/time_machine/history.js``. Each epoch's decoder is a file of its own, as ``browser_model`` makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypedDict

import numpy as np
from numpy.typing import NDArray

from vaelab.export.file import Arrays, safetensors_file
from vaelab.latent.density import neighbour_radii
from vaelab.latent.units import code_scale

__all__ = ["Curves", "HistorySpec", "browser_history"]


class HistorySpec(TypedDict):
    """The file of a run's history."""

    epochs: list[int]  # in order
    terms: list[str]  # what the curves are of, the whole loss first
    shown: list[int]  # points whose images are shown beside their reconstructions


class Curves(NamedTuple):
    """The loss and its parts over epochs, in nats per image."""

    terms: list[str]  # what they are called, T of them, the whole loss first
    train: NDArray[np.float32]  # (1 + T, N): epochs, and then each term
    validation: NDArray[np.float32]  # (1 + T, M), M being 0 where nothing was held out


def browser_history(
    epochs: Sequence[int],
    indices: NDArray[np.integer],
    labels: NDArray[np.integer] | None,
    codes: NDArray[np.floating],
    sigma: NDArray[np.floating] | None,
    is_vae: bool,
    curves: Curves,
    shown: Sequence[int] = (),
) -> bytes:
    """Make the file from which the browser knows where images' codes were.

    Parameters
    ----------
    epochs
        E of them, in order.
    indices
        ``(N,)``: which images of the dataset.
    labels
        ``(N,)``, theirs; None where there are none.
    codes
        ``(E, N, D)``: their codes at the end of each.
    sigma
        ``(E, N, D)``, the standard deviations of their posteriors; None for an autoencoder, and where they were
        not kept.
    is_vae
        Whether the model is one.
    curves
        What is drawn beside the map.
    shown
        Points, from 0, whose images are shown beside their reconstructions.

    Returns
    -------
    bytes
        A safetensors file; ``kind`` in its metadata is ``"history"``. Codes are float16 in it.
    """
    spreads = [None] * len(codes) if sigma is None else sigma.astype(np.float32)
    scale = np.stack([code_scale(z, spread, is_vae) for z, spread in zip(codes, spreads, strict=True)])
    radii = [
        neighbour_radii(unit * z, None if spread is None else unit * spread)
        for unit, z, spread in zip(scale, codes, spreads, strict=True)
    ]
    spec = HistorySpec(epochs=[*epochs], terms=curves.terms, shown=[*shown])
    arrays: Arrays = {
        "indices": indices.astype(np.int32),
        "codes": codes.astype(np.float16),
        "scale": scale.astype(np.float32),
        "radii": np.stack(radii).astype(np.float32),
        "train": curves.train.astype(np.float32),
        "validation": curves.validation.astype(np.float32),
    }
    if labels is not None:
        arrays["labels"] = labels.astype(np.int32)
    return safetensors_file("history", spec, arrays)
