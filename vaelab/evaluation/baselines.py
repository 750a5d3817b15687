"""What codes are worth that no network learned: PCA's, and noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets import ImageDataset
from vaelab.evaluation.disentanglement import dci, factor_vae_score, mutual_information_gap
from vaelab.evaluation.neighbours import knn_votes
from vaelab.evaluation.pixel_space import PixelSpace
from vaelab.evaluation.probes import linear_votes
from vaelab.latent.codes import Codes

__all__ = ["baselines"]

#: Training images that PCA is fitted to, and that vote, at the most.
MAX_IMAGES = 10_000


def baselines(
    data: ImageDataset, latent_dim: int, rows: NDArray[np.intp], factors: NDArray[np.floating] | None
) -> dict[str, dict[str, float]]:
    """Measure codes of as many numbers as a model's that are PCA's of the pixels, or noise.

    Parameters
    ----------
    data
        The images.
    latent_dim
        D. PCA has fewer where there are fewer pixels or training images.
    rows
        Images that disentanglement is measured on.
    factors
        ``(len(rows), F)``: their factors, or None where disentanglement cannot be had.

    Returns
    -------
    dict
        By ``"PCA"`` and ``"noise"`` the figures of ``evaluate_fully`` that a code without a decoder
        can have: ``knn_accuracy`` and ``linear_accuracy`` of held-out images, where there are labels,
        and of ``rows`` what ``factors`` allow.
    """
    rng = np.random.default_rng(0)
    train = rng.permutation(data.split.train)[:MAX_IMAGES]
    places = [train, data.split.test, rows]
    space = PixelSpace.fit(data.images[train], latent_dim)
    points: dict[str, list[NDArray[np.floating]]] = {"PCA": [space.features(data.images[each]) for each in places]}
    points["noise"] = [rng.standard_normal((len(each), latent_dim)) for each in places]
    figures: dict[str, dict[str, float]] = {}
    for name, (of_train, of_test, of_rows) in points.items():
        found: dict[str, Any] = {}
        if data.labels is not None:
            sides = _points(of_train), data.labels[train], _points(of_test), data.labels[data.split.test]
            found["knn_accuracy"] = float(knn_votes(*sides).mean())
            found["linear_accuracy"] = float(linear_votes(*sides).mean())
        if factors is not None:
            none = np.zeros_like(of_rows)
            scores = dci(of_rows, none, factors, resamples=1)
            found |= {
                "mig": mutual_information_gap(of_rows, none, factors, resamples=2).mig.value,
                "disentanglement": scores.disentanglement.value,
                "completeness": scores.completeness.value,
                "informativeness": scores.informativeness.value,
                "factor_vae": factor_vae_score(of_rows, none, factors, resamples=2).score.value,
            }
        figures[name] = found
    return figures


def _points(codes: NDArray[np.floating]) -> Codes:
    return Codes(codes, np.zeros_like(codes))
