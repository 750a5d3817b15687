import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mutual_info_score

from vaelab.datasets.shapes import sample_factors
from vaelab.evaluation.disentanglement import (
    dci,
    factor_vae_score,
    mutual_information,
    mutual_information_gap,
)


def standardize(factors):
    return ((factors - factors.mean(0)) / factors.std(0)).astype(np.float64)


def rotation(num_dims, seed=0):
    return stats.ortho_group.rvs(num_dims, random_state=seed)


def dci_of(codes, factors, **options):
    """Of points, with few resamples: most tests look at the values alone."""
    return dci(codes, np.zeros_like(codes), factors, **{"resamples": 2} | options)


def factor_vae_of(codes, factors, **options):
    return factor_vae_score(codes, np.zeros_like(codes), factors, **{"resamples": 2} | options)


def mig_of(codes, factors, **options):
    sigma = np.full_like(codes, 1e-3)
    return mutual_information_gap(codes, sigma, factors, **{"resamples": 20} | options)


@pytest.fixture(scope="module")
def factors():
    return sample_factors(2000, seed=1)


@pytest.fixture(scope="module")
def codes(factors):
    """Five dimensions that are the factors, and three that only tremble."""
    noise = np.random.default_rng(2).normal(0, 0.05, (len(factors), 3))
    return np.concatenate([standardize(factors), noise], axis=1)


# Mutual information


@pytest.mark.parametrize("num_images", [150, 2000])
def test_of_whole_values_it_is_sklearns_less_the_bias_of_miller_and_madow(rng, num_images):
    codes = rng.integers(0, 4, num_images)
    factor = (codes + rng.integers(0, 3, num_images)) % 7
    information = mutual_information(codes[:, None], np.zeros((num_images, 1)), factor[:, None])
    cells, rows, columns = (len(set(v)) for v in (zip(codes, factor, strict=True), codes, factor))
    bias = (cells - rows - columns + 1) / (2 * num_images)
    assert information.item() == pytest.approx(mutual_info_score(codes, factor) - bias)


@pytest.mark.parametrize("correlation", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("share_of_sigma", [0, 0.5, 1])
def test_of_gaussians_it_is_the_closed_form(rng, correlation, share_of_sigma):
    # All noise is in the mean, or in sigma, or half and half: z and v are the same throughout.
    v = rng.normal(size=20_000)
    noise = 1 - correlation**2
    mu = correlation * v + np.sqrt((1 - share_of_sigma) * noise) * rng.normal(size=len(v))
    sigma = np.full((len(v), 1), np.sqrt(share_of_sigma * noise))
    information = mutual_information(mu[:, None], sigma, v[:, None]).item()
    # 20 bins lose some hundredths of it; it scatters by about correlation / sqrt(N).
    closed = -np.log(noise) / 2
    assert 0.92 * closed - 0.015 < information < closed + 0.015


def test_posteriors_of_any_width_are_as_if_sampled(rng):
    factor = rng.integers(0, 3, 4000)
    mu, sigma = factor + rng.normal(size=4000), rng.uniform(0.1, 2, 4000)
    sampled = [
        mutual_information((mu + sigma * rng.normal(size=4000))[:, None], np.zeros((4000, 1)), v)
        for v in [factor[:, None]] * 10
    ]
    exact = mutual_information(mu[:, None], sigma[:, None], factor[:, None])
    assert exact.item() == pytest.approx(np.mean(sampled), abs=0.015)


def test_a_collapsed_dimension_tells_nothing(factors):
    # Its mean gives x away; a z drawn from it does not: log(1 + 0.05^2) / 2 nats at the most.
    x = standardize(factors)[:, 3:4]
    assert mutual_information(0.05 * x, np.zeros_like(x), factors)[0, 3] > 2.5
    assert mutual_information(0.05 * x, np.ones_like(x), factors).max() < 0.002
    assert mutual_information(0 * x, np.ones_like(x), factors).max() == 0


@pytest.mark.parametrize("num_images", [100, 500, 2000])
def test_of_chance_it_is_not_biased(rng, num_images):
    codes, factors = rng.normal(size=(num_images, 8)), sample_factors(num_images)
    counted = mutual_information(codes, np.zeros_like(codes), factors)
    # Without the correction it would be about (B - 1)^2 / 2N, 0.045 to 0.09 here. Half of
    # those below 0 are cut off, so the mean is some thousandths above.
    assert counted.mean() < 0.022
    assert np.median(counted) < 0.01


def test_it_is_blind_to_any_rising_or_falling_scale(factors, codes):
    zeros = np.zeros_like(codes)
    plain, bent = (mutual_information(c, zeros, factors) for c in (codes, np.exp(-2 * codes)))
    np.testing.assert_allclose(plain, bent, atol=0.02)


# MIG


def test_codes_that_are_the_factors_have_all_the_gap(factors, codes):
    result = mig_of(codes, factors)
    assert result.mig.value > 0.97
    assert result.gaps.shape == (5,)
    assert result.information.shape == (8, 5)
    # Kinds lie apart, but one bin in twenty reaches across from one to the next.
    np.testing.assert_allclose(result.information[:5], np.eye(5), atol=0.06)
    assert result.mig.value == pytest.approx(result.gaps.mean())


def test_codes_turned_by_45_degrees_have_none(rng):
    factors = rng.uniform(-1, 1, (4000, 2))
    turned = factors @ np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    assert mig_of(factors, factors).mig.value > 0.97
    assert mig_of(turned, factors).mig.value < 0.03


def test_two_copies_of_a_code_leave_no_gap(factors, codes):
    assert mig_of(np.concatenate([codes, codes], 1), factors).mig == (0, 0, 0)


def test_random_codes_have_no_gap_and_their_interval_says_so(rng, factors):
    result = mig_of(rng.normal(size=(len(factors), 10)), factors)
    assert result.mig.value < 0.01
    assert result.mig.low < 0.003


def test_of_a_single_dimension_the_gap_is_what_it_tells(factors, codes):
    result = mig_of(codes[:, :1], factors)
    np.testing.assert_allclose(result.gaps, [1, 0, 0, 0, 0], atol=0.06)
    assert result.gaps == pytest.approx(result.information[0])


def test_wider_posteriors_have_a_smaller_gap(factors, codes):
    migs = [
        mutual_information_gap(codes, np.full_like(codes, s), factors, resamples=2).mig.value
        for s in (0, 0.1, 0.3, 1, 3)
    ]
    assert migs == sorted(migs, reverse=True)
    assert migs[0] - migs[-1] > 0.9


@pytest.mark.slow
def test_the_interval_of_the_gap_holds_that_of_many_more_images():
    def turned(num_images, seed):
        factors = sample_factors(num_images, seed)
        codes = standardize(factors) @ (np.eye(5) + 0.3 * rotation(5))
        return codes, np.full_like(codes, 0.2), factors

    truth = mutual_information_gap(*turned(40_000, 100), num_bins=10, resamples=2).mig.value
    intervals = [mutual_information_gap(*turned(500, seed), num_bins=10, resamples=100).mig for seed in range(20)]
    assert all(low <= value <= high for value, low, high in intervals)
    assert sum(low <= truth <= high for _, low, high in intervals) >= 16


def test_its_interval_is_narrower_with_more_images(rng):
    factors = sample_factors(8000, seed=3)
    codes = standardize(factors) + rng.normal(0, 0.3, factors.shape)
    few, many = (mig_of(codes[:n], factors[:n], num_bins=10, resamples=100).mig for n in (500, 8000))
    assert many.high - many.low < 0.5 * (few.high - few.low)


# DCI


def test_forests_find_codes_that_are_the_factors(factors, codes):
    result = dci_of(codes, factors)
    assert min(result.disentanglement.value, result.completeness.value) > 0.95
    assert result.informativeness.value > 0.97
    np.testing.assert_allclose(result.importance[:5], np.eye(5), atol=0.05)
    np.testing.assert_allclose(result.importance.sum(0), 1)


def test_turned_codes_are_informative_but_not_disentangled(factors, codes):
    result = dci_of(codes[:, :5] @ rotation(5), factors)
    assert result.disentanglement.value < 0.5
    assert result.completeness.value < 0.6
    assert result.informativeness.value > 0.7


def test_disentanglement_and_completeness_are_two_things(rng):
    factors = rng.uniform(size=(1000, 2))
    twice = dci_of(np.concatenate([factors, factors], 1) + rng.normal(0, 0.1, (1000, 4)), factors)
    assert twice.disentanglement.value > 0.85
    assert twice.completeness.value < 0.75
    # One dimension that holds both, as the digits of a number: complete, but not disentangled.
    both = np.floor(factors * 4) @ [[4.0], [1.0]]
    once = dci_of(both, factors)
    assert once.disentanglement.value == 0
    assert once.completeness.value == 1
    assert once.informativeness.value == pytest.approx(1 - 1 / 16, abs=0.02)


def test_the_figures_are_entropies_of_the_importances(factors, codes):
    result = dci_of(codes[:, :5] @ rotation(5), factors)
    R = result.importance
    rows = 1 - stats.entropy(R, base=5, axis=1)
    assert result.disentanglement.value == pytest.approx(np.average(rows, weights=R.sum(1)))
    assert result.completeness.value == pytest.approx(1 - stats.entropy(R, base=5, axis=0).mean())
    assert result.informativeness.value == pytest.approx(result.skills.mean())


def test_random_codes_have_no_skill(rng, factors):
    result = dci_of(rng.normal(size=(len(factors), 6)), factors)
    assert result.skills.max() < 0.05
    assert result.disentanglement.value < 0.05


def test_its_intervals_hold_the_values_and_are_narrower_with_more_images(rng):
    factors = sample_factors(1600, seed=4)[:, :3]
    codes = standardize(factors) @ rotation(3) + rng.normal(0, 0.3, factors.shape)
    few, many = (dci_of(codes[:n], factors[:n], num_trees=5, resamples=15) for n in (200, 1600))
    for name in ("disentanglement", "completeness", "informativeness"):
        for value, low, high in (getattr(few, name), getattr(many, name)):
            assert 0 <= low <= value <= high <= 1
    assert np.ptp(many.informativeness[1:]) < 0.7 * np.ptp(few.informativeness[1:])


def test_progress_rises_to_one(factors, codes):
    told = []
    dci_of(codes[:200, :2], factors[:200, :2], num_trees=2, resamples=4, progress=told.append)
    assert told == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])


# FactorVAE score


def test_the_still_dimension_gives_the_factor_away(factors, codes):
    result = factor_vae_of(codes, factors)
    assert result.score.value > 0.98
    assert result.votes.sum() == 1600
    assert result.votes[5:].sum() == 0  # they tremble too little to be active
    assert result.votes.trace() / 1600 > 0.98


def test_a_factor_that_no_dimension_encodes_is_missed(factors, codes):
    # All votes but those for the last factor, and its are spread over the others.
    score = factor_vae_of(codes[:, :4], factors).score
    assert score.value == pytest.approx(0.8, abs=0.05)


def test_noise_scores_by_chance(rng):
    factors = sample_factors(5000, seed=5)
    for codes in (rng.normal(size=(5000, 6)), np.zeros((5000, 6))):
        result = factor_vae_of(codes, factors)
        assert result.chance == 0.2
        # Four standard errors of 0.014.
        assert result.score.value == pytest.approx(result.chance, abs=0.057)


@pytest.mark.parametrize("num_dims", [10, 64])
def test_noise_in_many_dimensions_scores_by_chance_as_well(num_dims):
    """Where the votes that decide and those that score shared images, noise got 0.249 and 0.327."""
    scores = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        factors = sample_factors(2000, seed)
        scores.append(factor_vae_of(rng.normal(size=(2000, num_dims)), factors, seed=seed).score.value)
    assert np.mean(scores) == pytest.approx(0.2, abs=0.02)


def test_turned_codes_score_between(factors, codes):
    score = factor_vae_of(codes[:, :5] @ rotation(5), factors, resamples=20).score
    assert 0.3 < score.value < 0.9
    assert score.low < score.value < score.high


def test_the_units_of_the_codes_do_not_matter(factors, codes):
    scaled = codes[:, :5] @ rotation(5) * [1, 10, 100, 2, 5]
    plain = codes[:, :5] @ rotation(5)
    assert factor_vae_of(scaled, factors).score == factor_vae_of(plain, factors).score


def test_the_interval_of_its_accuracy_is_narrower_with_more_images():
    factors = sample_factors(6400, seed=6)
    noise = np.random.default_rng(7).normal(0, 1, factors.shape)
    noisy = standardize(factors) @ rotation(5) + noise
    few, many = (factor_vae_of(noisy[:n], factors[:n], group_size=20, resamples=20).score for n in (800, 6400))
    assert many.high - many.low < 0.8 * (few.high - few.low)


@pytest.mark.slow
def test_its_interval_is_as_wide_as_the_score_differs_from_sample_to_sample():
    """Resampling the votes instead of the images, it held the mean of all samples in 67%."""
    scores = []
    for seed in range(16):
        factors = sample_factors(2000, seed)
        turned = standardize(factors) @ rotation(5)
        scores.append(factor_vae_of(turned, factors, resamples=30, seed=seed).score)
    truth = np.mean([score.value for score in scores])
    assert sum(score.low <= truth <= score.high for score in scores) >= 14


@pytest.mark.parametrize("unit", [1e-3, 0.09, 0.2, 30])
def test_the_unit_of_an_autoencoders_codes_does_not_matter(factors, codes, unit):
    """A hundredth of variance was taken for a dead dimension: perfect codes times 0.09 got 0.203."""
    plain = factor_vae_of(codes, factors).score
    assert factor_vae_of(unit * codes, factors).score == pytest.approx(plain, abs=0.01)


# All of them

METRICS = {
    "mig": mig_of,
    "dci": lambda codes, factors, **o: dci_of(codes, factors, num_trees=3, **o),
    "factor_vae": factor_vae_of,
}


@pytest.fixture(params=list(METRICS))
def metric(request):
    return METRICS[request.param]


def test_the_seed_decides(metric, rng):
    factors = sample_factors(300)
    codes = standardize(factors) @ rotation(5) + rng.normal(0, 0.3, factors.shape)
    once, again, other = (metric(codes, factors, seed=seed) for seed in (1, 1, 2))
    assert repr(once) == repr(again)
    assert repr(once) != repr(other)


def test_float32_and_one_factor_will_do(metric):
    factors = sample_factors(100)[:, 3:4]
    metric(factors.copy(), factors)


def test_what_cannot_be_judged_is_refused(metric):
    factors = sample_factors(200)
    codes = standardize(factors)
    with pytest.raises(ValueError, match="not of 200 and 150"):
        metric(codes, factors[:150])
    with pytest.raises(ValueError, match="from 99 images"):
        metric(codes[:99], factors[:99])
    with pytest.raises(ValueError, match=r"must be \(N, D\)"):
        metric(codes, factors[:, 0])
    with pytest.raises(ValueError, match=r"must be \(N, D\)"):
        metric(codes[:, :0], factors)
    with pytest.raises(ValueError, match="Factor 2 is the same"):
        metric(codes, factors * [1, 1, 0, 1, 1])
    with pytest.raises(ValueError, match="finite"):
        metric(codes + np.nan, factors)


def test_a_posterior_has_a_width_for_every_mean(factors, codes):
    with pytest.raises(ValueError, match="shape of mu"):
        mutual_information(codes, np.ones(8), factors)
    with pytest.raises(ValueError, match="not negative"):
        mutual_information(codes, -np.ones_like(codes), factors)
    with pytest.raises(ValueError, match="2 bins"):
        mutual_information(codes, np.ones_like(codes), factors, num_bins=1)


def test_forests_are_grown_anew_at_least_once(factors, codes):
    with pytest.raises(ValueError, match="at least one resample, not 0"):
        dci_of(codes, factors, resamples=0)


def test_dead_dimensions_count_for_none_of_them(factors, codes, rng):
    """Means of dead dimensions may tremble as the image has it: six of them had a DCI informativeness of 0.36."""
    alive = codes[:, :5] @ rotation(5)
    trembling = 0.02 * standardize(factors) @ rng.normal(size=(5, 6))
    mu = np.concatenate([alive, trembling], 1)
    sigma = np.concatenate([np.full_like(alive, 0.2), np.ones_like(trembling)], 1)
    for measure in (mutual_information_gap, dci, factor_vae_score):
        both, one = (
            measure(mu[:, :n], sigma[:, :n], factors, resamples=2, seed=3) for n in (mu.shape[1], alive.shape[1])
        )
        for name in ("mig", "disentanglement", "completeness", "informativeness", "score"):
            if hasattr(both, name):
                # Not the very same, since the draws are others.
                assert getattr(both, name).value == pytest.approx(getattr(one, name).value, abs=0.08), name
    assert mutual_information(mu, sigma, factors)[5:].max() == 0
    assert dci(mu, sigma, factors, resamples=1).importance[5:].max() == 0
    assert factor_vae_score(mu, sigma, factors, resamples=2).votes[5:].max() == 0


def test_where_all_are_dead_nothing_is_told(factors):
    trembling = 1e-4 * standardize(factors)
    ones = np.ones_like(trembling)
    result = dci(trembling, ones, factors, resamples=1)
    assert result.disentanglement == result.completeness == result.informativeness == (0, 0, 0)
    assert result.importance.shape == (5, 5)
    assert mutual_information_gap(trembling, ones, factors, resamples=2).mig == (0, 0, 0)
    assert factor_vae_score(trembling, ones, factors, resamples=2).score.value == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize("share", [0.005, 0.04, 0.06, 0.5, 0.96])
def test_a_code_that_is_a_rare_attribute_tells_all_of_it(share):
    """Edges of equal mass fell together, and below 5% all images were in one bin."""
    factor = (np.arange(2000) < share * 2000).astype(float)[:, None]
    result = mutual_information_gap(factor, np.zeros_like(factor), factor, resamples=50)
    assert result.information.item() == pytest.approx(1, abs=0.02)
    assert result.mig.low <= result.mig.value <= result.mig.high


def test_a_factor_that_is_mostly_nothing_has_a_gap_within_its_interval(rng):
    factor = np.where(rng.random(2000) < 0.96, 0, rng.random(2000))
    code = np.column_stack([factor, rng.normal(size=2000)])
    result = mutual_information_gap(code, np.zeros_like(code), factor[:, None], resamples=50)
    assert result.mig.value > 0.8
    assert result.mig.low <= result.mig.value <= result.mig.high
    assert np.isfinite(result.information).all()
    assert result.entropies.item() > 0


def test_a_forest_that_had_nothing_to_tell_has_no_skill(rng):
    """One image of another level, which the judging quarter has not got: no error of none was a skill of 1."""
    factors = np.zeros((200, 2))
    factors[0, 0] = 1
    factors[:, 1] = rng.normal(size=200)
    result = dci_of(rng.normal(size=(200, 3)), factors)
    assert result.skills[0] == 0
    assert result.informativeness.value < 0.1
