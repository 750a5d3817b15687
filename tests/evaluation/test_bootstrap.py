import numpy as np
import pytest
from scipy import stats

from vaelab.evaluation.bootstrap import Interval, bootstrap, paired_difference, percentile_interval


def interval_of_mean(sample, **options):
    return bootstrap(lambda rows: float(sample[rows].mean()), len(sample), **options)


def test_the_value_is_the_figure_of_all_images_in_order():
    drawn = []
    bootstrap(lambda rows: drawn.append(rows.tolist()) or 0.0, 7, resamples=3)
    assert drawn.count(list(range(7))) == 1
    assert len(drawn) == 4
    assert all(len(rows) == 7 and set(rows) <= set(range(7)) for rows in drawn)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_the_interval_of_a_mean_is_that_of_student(rng, level):
    sample = rng.normal(3, 2, 400)
    interval = interval_of_mean(sample, resamples=4000, level=level)
    low, high = stats.t.interval(level, len(sample) - 1, sample.mean(), stats.sem(sample))
    assert interval.value == pytest.approx(sample.mean())
    # The ends of 4,000 resamples scatter by about a thirtieth of the width.
    assert interval.low == pytest.approx(low, abs=0.06 * (high - low))
    assert interval.high == pytest.approx(high, abs=0.06 * (high - low))


def test_it_covers_the_truth_as_often_as_it_says(rng):
    intervals = [interval_of_mean(rng.exponential(1, 100), seed=seed) for seed in range(400)]
    covered = np.mean([low <= 1 <= high for _, low, high in intervals])
    # Four standard errors of 0.011 about 0.95, and 0.015 for a skewed figure and few resamples.
    assert 0.95 - 0.044 - 0.015 < covered < 0.95 + 0.044


def test_four_times_the_images_halve_the_interval(rng):
    sample = rng.normal(size=4000)
    few, many = (interval_of_mean(sample[:n], resamples=2000) for n in (1000, 4000))
    assert (many.high - many.low) / (few.high - few.low) == pytest.approx(0.5, abs=0.06)


def test_the_seed_decides(rng):
    sample = rng.normal(size=50)
    assert interval_of_mean(sample, seed=3) == interval_of_mean(sample, seed=3)
    assert interval_of_mean(sample, seed=3) != interval_of_mean(sample, seed=4)


def test_every_row_is_drawn_equally_often():
    drawn = []
    bootstrap(lambda rows: drawn.append(rows) or 0.0, 10, resamples=5000)
    assert stats.chisquare(np.bincount(np.concatenate(drawn), minlength=10)).pvalue > 1e-4


def test_one_image_has_an_interval_of_no_width():
    assert interval_of_mean(np.array([0.3])) == Interval(0.3, 0.3, 0.3)


def test_percentiles_leave_equal_tails():
    interval = percentile_interval(50, np.arange(101.0), 0.9)
    assert interval == pytest.approx(Interval(50, 5, 95))


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_a_share(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        interval_of_mean(np.ones(5), level=level)
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile_interval(0.5, [0.4, 0.6], level)


def test_nothing_has_no_interval():
    with pytest.raises(ValueError, match="at least one image"):
        bootstrap(lambda _: 0.0, 0)
    with pytest.raises(ValueError, match="at least two resamples, not 1"):
        bootstrap(lambda _: 0.0, 5, resamples=1)


def test_of_pairs_the_interval_is_that_of_the_differences(rng):
    hard = rng.normal(0, 20, 400)
    one, other = hard + 1 + rng.normal(0, 1, 400), hard
    value, low, high = paired_difference(one, other)
    assert value == pytest.approx((one - other).mean())
    # A normal one of the mean: 2 x 1.96 / sqrt(400), where unpaired it would be twenty times as wide.
    assert high - low == pytest.approx(2 * 1.96 * (one - other).std() / 20, rel=0.2)
    assert low > 0.8
    with pytest.raises(ValueError, match="the same images"):
        paired_difference(one, other[:10])
