"""Everything an expert would ask of a model, each figure with its interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets import ImageDataset
from vaelab.engine import Engine
from vaelab.evaluation.bootstrap import Interval, bootstrap
from vaelab.evaluation.bounds import NUM_SAMPLES, importance_bounds
from vaelab.evaluation.disentanglement import dci, factor_vae_score, mutual_information_gap
from vaelab.evaluation.neighbours import knn_votes
from vaelab.latent.units import active_units

__all__ = ["evaluate_fully"]

#: Held-out images whose bounds are taken at the most, each from a thousand samples.
NUM_BOUND_IMAGES = 200

#: Images that disentanglement is measured on, where so many are held out; forests take their time.
NUM_FACTOR_IMAGES = 2_000

Report = Callable[[float], None]


def evaluate_fully(engine: Engine, data: ImageDataset, report: Report = lambda fraction: None) -> dict[str, Any]:
    """Evaluate a model on the test images of its dataset.

    Parameters
    ----------
    engine
        The model.
    data
        Preprocessed as for training.
    report
        Called with the fraction done, 0 to 1.

    Returns
    -------
    dict
        Figures as ``[value, low, high]`` with a 95% bootstrap interval over images, None where a
        model or its images do not have such a figure: ``elbo``, ``reconstruction``, ``kl`` (nats);
        ``bounds``, a figure for each k of ``NUM_SAMPLES`` by its decimal name; ``active_units``
        (a number); ``knn_accuracy``; ``mig``, ``disentanglement``, ``completeness``,
        ``informativeness``, ``factor_vae``; ``information``, the (D, F) share of each factor's
        entropy that each dimension explains. Disentanglement is measured on ``num_factor_images``
        images of all splits: it is about the code, not about what was memorized.
    """
    chosen = data.split.test
    images, labels = data.images[chosen], data.labels_of(chosen)
    terms = engine.terms(images, seed=0, labels=labels)
    codes = engine.encode(images, labels)
    figures: dict[str, Any] = {
        "num_images": len(chosen),
        "reconstruction": _mean(terms.reconstruction),
        "elbo": None,
        "kl": None,
        "bounds": None,
        "active_units": int(active_units(codes.mu, engine.is_vae).sum()),
        "knn_accuracy": None,
    }
    report(0.05)
    if engine.is_vae:
        # Spread over all: the test images are in the dataset's order, which may be class by class.
        few = np.linspace(0, len(images) - 1, min(len(images), NUM_BOUND_IMAGES)).round().astype(np.int64)
        bounds = importance_bounds(
            engine,
            images[few],
            labels=None if labels is None else labels[few],
            report=lambda fraction: report(0.05 + 0.45 * fraction),
        )
        figures |= {
            "elbo": _mean(-(terms.reconstruction + terms.kl)),
            "kl": _mean(terms.kl),
            "bounds": {str(k): _mean(bound) for k, bound in zip(NUM_SAMPLES, bounds, strict=True)},
            "num_bound_images": bounds.shape[1],
        }
    if labels is not None and data.labels is not None:
        train = data.split.train
        right = knn_votes(
            engine.encode(data.images[train], data.labels[train]).mu,
            data.labels[train],
            codes.mu,
            labels,
        )
        figures["knn_accuracy"] = _mean(right)
    report(0.55)
    return figures | _of_factors(engine, data, lambda part: report(0.55 + 0.45 * part))


def _of_factors(engine: Engine, data: ImageDataset, report: Report) -> dict[str, Any]:
    """How the code's dimensions and the known factors answer to each other."""
    names = ("mig", "disentanglement", "completeness", "informativeness", "factor_vae")
    if data.factors is None:
        return dict.fromkeys((*names, "information"))
    rows = np.random.default_rng(0).permutation(len(data))[:NUM_FACTOR_IMAGES]
    codes = engine.encode(data.images[rows], data.labels_of(rows))
    factors = data.factors[rows]
    gap = mutual_information_gap(codes.mu, codes.sigma, factors)
    report(0.1)
    votes = factor_vae_score(codes.mu, factors)
    report(0.15)
    scores = dci(codes.mu, factors, progress=lambda part: report(0.15 + 0.85 * part))
    return {
        "mig": list(gap.mig),
        "disentanglement": list(scores.disentanglement),
        "completeness": list(scores.completeness),
        "informativeness": list(scores.informativeness),
        "factor_vae": list(votes.score),
        "information": np.round(gap.information, 4).tolist(),
        "num_factor_images": len(rows),
    }


def _mean(values: NDArray[Any]) -> list[float]:
    interval: Interval = bootstrap(lambda rows: float(values[rows].mean(dtype=np.float64)), len(values))
    return list(interval)
