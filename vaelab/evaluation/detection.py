"""How well a score tells anomalous images from normal ones, and scores made of codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.proportions import proportion_interval

__all__ = ["Confusion", "Detection", "confusion", "detect", "knn_distance", "threshold_for"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Detection:
    """What a score can do at every threshold; all rates are in [0, 1].

    Attributes
    ----------
    roc_false_alarm_rate
        ``(R,)``, from 0 to 1: the share of normal images that are flagged.
    roc_recall
        ``(R,)``, from 0 to 1: the share of anomalous images that are flagged.
    auc
        Area under that curve: how probable it is that an anomalous image scores higher than a
        normal one, ties counted half. 0.5 is chance.
    pr_recall
        ``(S,)``, from 1 to 0.
    pr_precision
        ``(S,)``: the share of flagged images that are anomalous; 1 by convention at recall 0.
    average_precision
        Mean of the precision, weighted by the gain in recall at each threshold.
    positive_share
        The share of anomalous images among all: the precision of flagging at random.
    """

    roc_false_alarm_rate: Floats
    roc_recall: Floats
    auc: float
    pr_recall: Floats
    pr_precision: Floats
    average_precision: float
    positive_share: float


@dataclass(frozen=True)
class Confusion:
    """How many images a threshold sorts rightly and wrongly; positive means anomalous.

    Examples
    --------
    >>> counts = Confusion(3, 1, 9, 2)
    >>> counts.precision, counts.recall, counts.false_alarm_rate
    (0.75, 0.6, 0.1)
    """

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int

    @property
    def precision(self) -> float | None:
        """The share of flagged images that are anomalous; None if none was flagged."""
        return _share(self.true_positives, self.false_positives)

    @property
    def recall(self) -> float | None:
        """The share of anomalous images that were flagged; None if there are none."""
        return _share(self.true_positives, self.false_negatives)

    @property
    def false_alarm_rate(self) -> float | None:
        """The share of normal images that were flagged; None if there are none."""
        return _share(self.false_positives, self.true_negatives)

    @property
    def recall_interval(self) -> tuple[float, float] | None:
        """What the recall may be, by ``proportion_interval``; None if there are no anomalous images."""
        return _interval(self.true_positives, self.false_negatives)

    @property
    def false_alarm_interval(self) -> tuple[float, float] | None:
        """What the false alarm rate may be, by ``proportion_interval``; None if there are no normal images.

        It holds for a threshold that was chosen by other images.
        """
        return _interval(self.false_positives, self.true_negatives)


def detect(normal: NDArray[np.floating], anomalous: NDArray[np.floating]) -> Detection:
    """Judge a score by all thresholds at once.

    Parameters
    ----------
    normal
        ``(N,)``: scores of normal images.
    anomalous
        ``(M,)``: scores of anomalous ones, which should be higher.

    Returns
    -------
    Detection
        Curves without the points that lie on a straight line between others.

    Raises
    ------
    ValueError
        If a group is empty, or a score is not a finite number.
    """
    from sklearn.metrics import (  # a second to import
        average_precision_score,
        precision_recall_curve,
        roc_auc_score,
        roc_curve,
    )

    groups = _scores(normal, "normal"), _scores(anomalous, "anomalous")
    for name, group in zip(("normal", "anomalous"), groups, strict=True):
        if not len(group):
            raise ValueError(f"There are no {name} scores: a curve needs both groups.")
    scores = np.concatenate(groups)
    truth = np.repeat([0, 1], [len(group) for group in groups])
    false_alarm_rate, recall, _ = roc_curve(truth, scores)
    pr_precision, pr_recall, _ = precision_recall_curve(truth, scores, drop_intermediate=True)
    return Detection(
        roc_false_alarm_rate=false_alarm_rate,
        roc_recall=recall,
        auc=float(roc_auc_score(truth, scores)),
        pr_recall=pr_recall,
        pr_precision=pr_precision,
        average_precision=float(average_precision_score(truth, scores)),
        positive_share=float(truth.mean()),
    )


def confusion(normal: NDArray[np.floating], anomalous: NDArray[np.floating], threshold: float) -> Confusion:
    """Count what one threshold does; an image is flagged if its score is above it.

    Parameters
    ----------
    normal
        ``(N,)``: scores of normal images; N may be 0.
    anomalous
        ``(M,)``: scores of anomalous ones; M may be 0.
    threshold
        In the scores' unit.

    Returns
    -------
    Confusion
        N + M images in four groups.

    Raises
    ------
    ValueError
        If a score is not a finite number.
    """
    normal, anomalous = _scores(normal, "normal"), _scores(anomalous, "anomalous")
    false_positives = int((normal > threshold).sum())
    true_positives = int((anomalous > threshold).sum())
    return Confusion(
        true_positives=true_positives,
        false_positives=false_positives,
        true_negatives=len(normal) - false_positives,
        false_negatives=len(anomalous) - true_positives,
    )


def threshold_for(normal: NDArray[np.floating], false_alarm_rate: float) -> float:
    """Find the lowest threshold that flags no more normal images than allowed.

    It is a quantile of the normal scores, so no anomalous image is needed to choose it.

    Parameters
    ----------
    normal
        ``(N,)``: scores of normal images, held out from training, and others than those that the threshold is then
        judged by: of these it would make no more false alarms than allowed by construction.
    false_alarm_rate
        The share of them that may score above the threshold, in [0, 1].

    Returns
    -------
    float
        One of the scores.

    Raises
    ------
    ValueError
        If there are no scores, one is not a finite number, or the rate is not in [0, 1].
    """
    normal = _scores(normal, "normal")
    if not len(normal):
        raise ValueError("There are no normal scores to take a threshold from.")
    if not 0 <= false_alarm_rate <= 1:
        raise ValueError(f"A false alarm rate is in [0, 1], but this is {false_alarm_rate}.")
    # Counted from above: 1 - rate is rounded, and an interpolated quantile may flag one too many.
    num_flagged = min(int(false_alarm_rate * len(normal) + 1e-9), len(normal) - 1)
    return float(np.sort(normal)[::-1][num_flagged])


def knn_distance(codes_train: NDArray[np.floating], codes: NDArray[np.floating], k: int = 10) -> Floats:
    """Distance of codes to their k-th nearest training code (Ramaswamy et al. 2000).

    It also finds the gaps between clusters, which a distance from the mean of all would not.

    Parameters
    ----------
    codes_train
        ``(N, D)``.
    codes
        ``(M, D)``. A code that is itself a training code is its own first neighbour.
    k
        At least 1; N is taken if it is more than that.

    Returns
    -------
    ndarray
        float64 ``(M,)``, Euclidean.

    Raises
    ------
    ValueError
        If there are no training codes, the dimensions differ, or k is below 1.
    """
    from sklearn.neighbors import NearestNeighbors  # a second to import

    codes_train, codes = _same_space(codes_train, codes)
    if k < 1:
        raise ValueError(f"The first neighbour is number 1, but k is {k}.")
    if not len(codes):
        return np.zeros(0)
    neighbours = NearestNeighbors(n_neighbors=min(k, len(codes_train))).fit(codes_train)
    distances: Floats = neighbours.kneighbors(codes)[0][:, -1]
    return distances


def _share(part: int, rest: int) -> float | None:
    """``part`` of both together, if there is any."""
    return part / (part + rest) if part + rest else None


def _interval(part: int, rest: int) -> tuple[float, float] | None:
    """What the share of ``part`` may be, if there is any."""
    return proportion_interval(part, part + rest) if part + rest else None


def _scores(scores: NDArray[np.floating], name: str) -> Floats:
    """Check scores ``(N,)``."""
    checked: Floats = np.asarray(scores, np.float64)
    if checked.ndim != 1:
        raise ValueError(f"One score an image is needed, but the {name} ones are {checked.shape}.")
    if not np.isfinite(checked).all():
        raise ValueError(f"Scores are finite numbers, but not all {name} ones are.")
    return checked


def _same_space(codes_train: NDArray[np.floating], codes: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Check codes ``(N, D)`` and ``(M, D)``."""
    if codes_train.ndim != 2 or codes.shape[1:] != codes_train.shape[1:]:
        raise ValueError(f"Codes are (N, D) and (M, D), but these are {codes_train.shape} and {codes.shape}.")
    if not codes_train.size:
        raise ValueError("There are no training codes to measure a distance from.")
    return codes_train.astype(np.float64), codes.astype(np.float64)
