"""Everything an expert would ask of a model, each figure with its interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets import ImageDataset
from vaelab.engine import Engine
from vaelab.evaluation.baselines import baselines
from vaelab.evaluation.bootstrap import Interval, bootstrap
from vaelab.evaluation.bounds import NUM_SAMPLES, importance_bounds, marginal_bounds
from vaelab.evaluation.disentanglement import MIN_IMAGES, dci, factor_vae_score, mutual_information_gap
from vaelab.evaluation.gap import MAX_DIMENSIONS, elbo_gap
from vaelab.evaluation.held_out import judge
from vaelab.evaluation.probes import linear_votes
from vaelab.evaluation.rate import SATURATED, rate_parts
from vaelab.latent.units import active_units

__all__ = ["evaluate_fully"]

#: Held-out images whose bounds are taken at the most, each from a thousand samples.
NUM_BOUND_IMAGES = 200

#: Held-out images whose gap is split, at the most: each has a grid and a search of its own.
NUM_GAP_IMAGES = 50
#: Of larger ones a decoder is too slow for that, and takes minutes.
MAX_GAP_PIXELS = 3_072

#: Training images whose rate is taken apart, at the most.
NUM_RATE_IMAGES = 10_000

#: Images that disentanglement is measured on, where so many are held out; forests take their time.
NUM_FACTOR_IMAGES = 2_000

Report = Callable[[float], None]
Found = tuple[dict[str, Any], dict[str, NDArray[Any]]]


def evaluate_fully(engine: Engine, data: ImageDataset, report: Report = lambda fraction: None) -> Found:
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
    figures : dict
        Figures as ``[value, low, high]`` with a 95% bootstrap interval over images, None where a
        model or its images do not have such a figure.

        Of ``num_images``, all held-out ones: ``elbo``, ``reconstruction``, ``kl`` (nats, of one
        sample of z each; of a conditional model the ELBO bounds log p(x|y)), ``active_units`` (a
        number), ``knn_accuracy``, ``linear_accuracy``. Of ``num_bound_images`` of these, chosen by
        chance: ``bounds`` on log p(x), labels summed out, one for each k of ``NUM_SAMPLES`` by its
        decimal name.

        ``gap``, of VAEs of at most two dimensions that take no labels, and small images: on
        ``num_images`` of the held-out images, chosen by chance, ``log_p``, ``elbo``,
        ``approximation`` and ``amortization`` (nats).

        Of ``num_images`` of its own in it, training images: ``rate``, numbers without intervals:
        ``information``, ``total_correlation`` and ``dimension_kl``, the parts of the rate (nats),
        ``log_num_images``, the most that information can be, and whether it nearly is (``is_saturated``).

        Of ``num_factor_images`` images of all splits, since these are about the code and not about
        what was memorized: ``mig``, ``disentanglement``, ``completeness``, ``informativeness``,
        ``factor_vae``; ``information``, the (D, F) share of each factor's entropy that each
        dimension explains; ``entropies`` (nats) and ``factors``, the numbers of the F factors that
        vary among the images.

        ``baselines``: by ``"PCA"`` and ``"noise"``, what codes are worth that nothing learned, as
        numbers without intervals.
    arrays : dict
        float32 ``(num_images,)`` each, of one image after another, so that two models can be
        compared on them in pairs: ``elbo``, ``reconstruction``, ``kl``, ``knn_accuracy`` and
        ``linear_accuracy``, as far as there are such.
    """
    terms, codes, sides, knn = judge(engine, data)
    figures: dict[str, Any] = {
        "num_images": len(codes.mu),
        "reconstruction": _mean(terms.reconstruction),
        "elbo": None,
        "kl": None,
        "bounds": None,
        "rate": None,
        "gap": None,
        "active_units": int(active_units(codes.mu, engine.is_vae).sum()),
        "knn_accuracy": None,
        "linear_accuracy": None,
    }
    report(0.05)
    if engine.is_vae:
        bounds = _bounds(engine, data, lambda part: report(0.05 + 0.25 * part))
        figures |= {
            "elbo": _mean(-(terms.reconstruction + terms.kl)),
            "kl": _mean(terms.kl),
            "bounds": {str(k): _mean(bound) for k, bound in zip(NUM_SAMPLES, bounds, strict=True)},
            "num_bound_images": bounds.shape[1],
            "rate": _rate(engine, data),
            "gap": _gap(engine, data, lambda part: report(0.3 + 0.15 * part)),
        }
    report(0.45)
    right = {} if knn is None else {"knn_accuracy": knn, "linear_accuracy": linear_votes(*sides)}
    figures |= {name: _mean(each) for name, each in right.items()}
    report(0.5)
    figures |= _of_factors(engine, data, lambda part: report(0.5 + 0.5 * part))
    of_vae = {"elbo": -(terms.reconstruction + terms.kl), "kl": terms.kl} if engine.is_vae else {}
    arrays = {"reconstruction": terms.reconstruction, **of_vae, **right}
    return figures, {name: np.asarray(each, np.float32) for name, each in arrays.items()}


def _bounds(engine: Engine, data: ImageDataset, report: Report) -> NDArray[np.float64]:
    """Bounds on log p(x) (K, N) of held-out images by chance: a dataset's first may be its easy ones."""
    some = np.sort(np.random.default_rng(0).permutation(data.split.test)[:NUM_BOUND_IMAGES])
    if not engine.num_labels or data.labels is None:
        return importance_bounds(engine, data.images[some], report=report)
    met = np.bincount(data.labels[data.split.train], minlength=engine.num_labels)
    return marginal_bounds(engine, data.images[some], met / met.sum(), report=report)


def _gap(engine: Engine, data: ImageDataset, report: Report) -> dict[str, Any] | None:
    if engine.latent_dim > MAX_DIMENSIONS or engine.num_labels or data.images[0].size > MAX_GAP_PIXELS:
        return None
    some = np.random.default_rng(0).permutation(data.split.test)[:NUM_GAP_IMAGES]
    gap = elbo_gap(engine, data.images[some], report=report)
    return {"num_images": len(some)} | {name: _mean(each) for name, each in gap._asdict().items()}


def _rate(engine: Engine, data: ImageDataset) -> dict[str, float]:
    some = np.random.default_rng(0).permutation(data.split.train)[:NUM_RATE_IMAGES]
    parts = rate_parts(*engine.encode(data.images[some], data.labels_of(some)))
    return {
        "information": round(parts.information, 4),
        "total_correlation": round(parts.total_correlation, 4),
        "dimension_kl": round(float(parts.dimension_kl.sum()), 4),
        "log_num_images": round(float(np.log(len(some))), 4),
        "is_saturated": bool(parts.information > np.log(len(some)) - SATURATED),
        "num_images": len(some),
    }


def _of_factors(engine: Engine, data: ImageDataset, report: Report) -> dict[str, Any]:
    """How the code's dimensions and the known factors answer to each other."""
    names = ("mig", "disentanglement", "completeness", "informativeness", "factor_vae")
    none = dict.fromkeys((*names, "information", "entropies", "factors"))
    rows = np.random.default_rng(0).permutation(len(data))[:NUM_FACTOR_IMAGES]
    # A factor that never varies, where only hearts were kept, has nothing to be told.
    varying = np.zeros(0, np.intp) if data.factors is None else np.flatnonzero(np.ptp(data.factors[rows], axis=0) > 0)
    if data.factors is None or not len(varying) or len(data) < MIN_IMAGES:
        return none | {"baselines": baselines(data, engine.latent_dim, rows, None)}
    mu, sigma = engine.encode(data.images[rows], data.labels_of(rows))
    factors = data.factors[rows][:, varying]
    gap = mutual_information_gap(mu, sigma, factors)
    report(0.1)
    votes = factor_vae_score(mu, sigma, factors)
    report(0.4)
    scores = dci(mu, sigma, factors, progress=lambda part: report(0.4 + 0.6 * part))
    return {
        "mig": list(gap.mig),
        "disentanglement": list(scores.disentanglement),
        "completeness": list(scores.completeness),
        "informativeness": list(scores.informativeness),
        "factor_vae": list(votes.score),
        "information": np.round(gap.information, 4).tolist(),
        "entropies": np.round(gap.entropies, 4).tolist(),
        "factors": varying.tolist(),
        "num_factor_images": len(rows),
        "baselines": baselines(data, engine.latent_dim, rows, factors),
    }


def _mean(values: NDArray[Any]) -> list[float]:
    interval: Interval = bootstrap(lambda rows: float(values[rows].mean(dtype=np.float64)), len(values))
    return list(interval)
