import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import binom, norm
from sklearn.metrics import auc

from vaelab.evaluation.detection import Confusion, confusion, detect, knn_distance, threshold_for
from vaelab.evaluation.proportions import proportion_interval


def mann_whitney(normal, anomalous):
    """How often an anomalous score is the higher one, ties half, over all pairs."""
    wins = sum((a > n) + (a == n) / 2 for a in anomalous for n in normal)
    return wins / (len(normal) * len(anomalous))


@pytest.mark.parametrize("digits", [1, 8])  # with one digit there are many ties
def test_auc_counts_the_pairs_that_are_ranked_right(rng, digits):
    normal, anomalous = rng.normal(size=120).round(digits), rng.normal(1, 2, 80).round(digits)
    assert detect(normal, anomalous).auc == pytest.approx(mann_whitney(normal, anomalous))


def test_auc_of_two_normals_is_the_closed_form(rng):
    found = detect(rng.normal(0, 1, 50_000), rng.normal(1.5, 2, 50_000)).auc
    # P(a > n) = Phi(shift / sqrt(1 + 4)); the standard error is below 0.002.
    assert abs(found - 0.5 * (1 + math.erf(1.5 / math.sqrt(5) / math.sqrt(2)))) < 0.006


def test_average_precision_is_the_mean_precision_at_each_find(rng):
    normal, anomalous = rng.normal(size=300), rng.normal(1, 1, 60)
    threshold = np.sort(anomalous)[::-1]
    hits = np.arange(1, 61)
    precision = hits / (hits + (normal[:, None] > threshold).sum(0))
    assert detect(normal, anomalous).average_precision == pytest.approx(precision.mean())


def test_curves_run_between_their_corners_and_hold_the_areas(rng):
    found = detect(rng.normal(size=400), rng.normal(1, 1, 100))
    assert (found.roc_false_alarm_rate[[0, -1]] == [0, 1]).all()
    assert (found.roc_recall[[0, -1]] == [0, 1]).all()
    assert (found.pr_recall[[0, -1]] == [1, 0]).all()
    assert auc(found.roc_false_alarm_rate, found.roc_recall) == pytest.approx(found.auc)
    steps = -np.diff(found.pr_recall) @ found.pr_precision[:-1]
    assert steps == pytest.approx(found.average_precision)
    assert found.positive_share == 0.2


def test_every_threshold_is_a_point_on_both_curves(rng):
    normal, anomalous = rng.normal(size=50), rng.normal(1, 1, 20)
    found = detect(normal, anomalous)
    for threshold in rng.normal(size=20):
        counts = confusion(normal, anomalous, threshold)
        height = np.interp(counts.false_alarm_rate, *sorted_curve(found), left=0)
        assert counts.recall <= height + 1e-9
        if counts.recall:
            near = np.abs(found.pr_recall - counts.recall) < 1e-9
            assert found.pr_precision[near].max() >= counts.precision - 1e-9


def sorted_curve(found):
    """The upper edge of the ROC curve: its last height above each false alarm rate."""
    rates = np.unique(found.roc_false_alarm_rate)
    return rates, [found.roc_recall[found.roc_false_alarm_rate == rate].max() for rate in rates]


def test_scores_that_do_not_overlap_are_perfect_and_equal_ones_chance():
    assert detect(np.arange(5.0), np.arange(5.0, 9)).auc == 1
    assert detect(np.arange(5.0), np.arange(5.0, 9)).average_precision == 1
    assert detect(np.ones(6), np.ones(2)).auc == 0.5
    assert detect(np.ones(6), np.ones(2)).average_precision == 0.25


def test_confusion_counts_every_image_once(rng):
    normal, anomalous = rng.normal(size=70), rng.normal(1, 1, 30)
    counts = confusion(normal, anomalous, 0.3)
    assert counts.true_positives + counts.false_negatives == 30
    assert counts.false_positives + counts.true_negatives == 70
    assert counts.false_alarm_rate == (normal > 0.3).mean()
    assert counts.recall == (anomalous > 0.3).mean()
    flagged = np.concatenate([normal, anomalous]) > 0.3
    assert counts.precision == flagged[70:].sum() / flagged.sum()


@pytest.mark.parametrize(("count", "total"), [(0, 20), (8, 166), (20, 20), (1, 1), (500, 1000)])
def test_an_interval_is_wilsons(count, total):
    """Its ends are the shares from which the sample is 1.96 standard deviations away."""
    low, high = proportion_interval(count, total)
    assert 0 <= low <= count / total <= high <= 1
    for end in (low, high):
        off = (count / total - end) ** 2
        assert off == pytest.approx(norm.ppf(0.975) ** 2 * end * (1 - end) / total, abs=1e-12)


@pytest.mark.parametrize("share", [0.02, 0.05, 0.5, 0.9])
def test_an_interval_holds_the_share_as_often_as_it_says(share):
    counts = np.arange(167)
    held = [low <= share <= high for low, high in (proportion_interval(int(count), 166) for count in counts)]
    assert binom.pmf(counts, 166, share)[held].sum() == pytest.approx(0.95, abs=0.025)


def test_counts_say_how_sure_their_rates_are():
    counts = Confusion(90, 8, 158, 10)
    assert counts.recall_interval == proportion_interval(90, 100)
    assert counts.false_alarm_interval == proportion_interval(8, 166)
    assert Confusion(0, 8, 158, 0).recall_interval is None
    assert Confusion(1, 0, 0, 1).false_alarm_interval is None


def test_a_share_of_nothing_is_none():
    assert Confusion(0, 0, 4, 2).precision is None
    assert confusion(np.zeros(3), np.zeros(0), 0).recall is None
    assert confusion(np.zeros(0), np.zeros(3), 0).false_alarm_rate is None


@pytest.mark.parametrize("rate", [0, 0.01, 0.05, 0.3, 0.7, 1])
@pytest.mark.parametrize("num", [1, 7, 100, 1000])
def test_the_threshold_keeps_false_alarms_to_the_rate_and_no_lower_one_does(rng, rate, num):
    normal = rng.normal(size=num)
    threshold = threshold_for(normal, rate)
    assert (normal > threshold).mean() <= rate
    lower = normal[normal < threshold]
    if len(lower):
        assert (normal > lower.max()).mean() > rate


@pytest.mark.parametrize("k", [1, 10, 500])
def test_knn_distance_is_the_kth_of_all(rng, k):
    train, codes = rng.normal(size=(100, 4)), rng.normal(size=(30, 4))
    expected = np.sort(cdist(codes, train), axis=1)[:, min(k, 100) - 1]
    np.testing.assert_allclose(knn_distance(train, codes, k), expected)


def test_the_gap_between_two_clusters_is_near_their_mean_but_far_for_knn(rng):
    train = rng.normal(size=(500, 2)) + np.repeat([[-20, 0], [20, 0]], 250, axis=0)
    gap, inside = np.zeros((1, 2)), np.array([[20.0, 0]])
    mean = train.mean(0)
    assert np.linalg.norm(gap - mean) < np.linalg.norm(inside - mean)
    assert knn_distance(train, gap) > 20 * knn_distance(train, inside)


def test_what_cannot_be_judged_is_refused(rng):
    codes, scores = rng.normal(size=(5, 2)), np.ones(3)
    for call in (
        lambda: detect(np.zeros(0), scores),
        lambda: detect(scores, np.zeros(0)),
        lambda: detect(scores, np.array([np.nan])),
        lambda: detect(np.ones((3, 1)), scores),
        lambda: threshold_for(np.zeros(0), 0.1),
        lambda: threshold_for(scores, 1.5),
        lambda: proportion_interval(0, 0),
        lambda: proportion_interval(3, 2),
        lambda: knn_distance(codes, np.ones((5, 3))),
        lambda: knn_distance(codes[:0], codes),
        lambda: knn_distance(codes, codes, 0),
    ):
        with pytest.raises(ValueError, match=r"\w+ .*\.$"):
            call()
    assert knn_distance(codes, codes[:0]).shape == (0,)
