"""A direction leads from one group to the other, and the classifier tells them apart."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from vaelab.latent.arithmetic import direction, fit_classifier


@pytest.fixture
def groups(rng):
    """Codes of which a tenth are of the target, on scales that differ by far."""
    is_target = np.arange(600) % 10 == 0
    codes = rng.normal(size=(600, 4)) + 1.5 * is_target[:, None]
    return codes * [1, 100, 0.01, 5] + [0, 7, 3, -50], is_target


def test_adding_the_direction_makes_the_means_one(groups):
    codes, is_target = groups
    moved = codes[~is_target] + direction(codes[~is_target], codes[is_target])
    np.testing.assert_allclose(moved.mean(0), codes[is_target].mean(0))


def test_the_way_back_is_the_opposite_and_none_leads_to_oneself(groups):
    codes, is_target = groups
    there = direction(codes[~is_target], codes[is_target])
    np.testing.assert_array_equal(direction(codes[is_target], codes[~is_target]), -there)
    assert (direction(codes, codes) == 0).all()


def test_it_minimizes_the_cross_entropy_of_two_groups_that_count_alike(groups):
    codes, is_target = groups
    standard = (codes - codes.mean(0)) / codes.std(0)
    weights = np.where(is_target, 0.5 / is_target.mean(), 0.5 / (~is_target).mean())

    def loss(parameters):
        logits = standard @ parameters[:-1] + parameters[-1]
        cross_entropy = np.logaddexp(0, np.where(is_target, -logits, logits))
        return weights @ cross_entropy + parameters[:-1] @ parameters[:-1] / 2

    best = minimize(loss, np.zeros(codes.shape[1] + 1)).x
    expected = expit(standard @ best[:-1] + best[-1])
    found = fit_classifier(codes, is_target)
    np.testing.assert_allclose(found.predict_proba(codes)[:, 1], expected, atol=1e-3)
    assert found.predict(codes).dtype == bool
    sure = np.abs(expected - 0.5) > 1e-3
    np.testing.assert_array_equal(found.predict(codes)[sure], expected[sure] > 0.5)


def test_a_rare_group_is_guessed_as_well_as_a_common_one(rng):
    is_target = np.arange(20_000) % 20 == 0
    codes = rng.normal(size=(20_000, 1)) + is_target[:, None]
    right = fit_classifier(codes, is_target).predict(codes) == is_target
    # The best threshold for equal groups is half way: Phi(0.5) = 0.69 of both.
    assert abs(right[is_target].mean() - 0.69) < 0.06
    assert abs(right[~is_target].mean() - 0.69) < 0.06


def test_moving_along_the_direction_makes_the_target_more_probable(groups):
    codes, is_target = groups
    classifier = fit_classifier(codes, is_target)
    others = codes[~is_target]
    steps = [classifier.predict_proba(others + t * direction(others, codes[is_target]))[:, 1] for t in (0, 0.5, 1, 2)]
    assert (np.diff(steps, axis=0) > 0).all()
    assert steps[0].mean() < 0.5 < steps[2].mean()


def test_groups_that_lie_apart_are_told_apart_and_one_group_halved_is_not(rng):
    is_target = np.arange(2000) % 2 == 0
    mixed = rng.normal(size=(2000, 3)).astype(np.float32)
    apart = mixed + 20 * is_target[:, None]
    assert fit_classifier(apart, is_target).score(apart, is_target) == 1
    halves = fit_classifier(mixed[:1000], is_target[:1000])
    assert abs(halves.score(mixed[1000:], is_target[1000:]) - 0.5) < 0.064  # four standard errors


def test_a_constant_dimension_has_no_weight(rng):
    is_target = np.arange(100) < 30
    codes = np.column_stack([rng.normal(size=100) + is_target, np.full(100, 3.0)])
    classifier = fit_classifier(codes, is_target)
    elsewhere = codes + np.array([0, 1000])
    np.testing.assert_array_equal(classifier.predict(elsewhere), classifier.predict(codes))


def test_codes_far_away_are_told_apart_without_overflow(rng):
    is_target = np.arange(100) < 50
    classifier = fit_classifier(rng.normal(size=(100, 1)) + 3 * is_target[:, None], is_target)
    far = np.array([[-1e6], [1e6]])
    np.testing.assert_array_equal(classifier.predict(far), [False, True])
    np.testing.assert_array_equal(classifier.predict_proba(far), [[1, 0], [0, 1]])


def test_groups_that_cannot_be_compared_are_refused(rng):
    codes, some = rng.normal(size=(6, 2)), np.arange(6) < 2
    for call in (
        lambda: direction(codes[:0], codes),
        lambda: direction(codes, codes[:0]),
        lambda: direction(codes, codes[:, :1]),
        lambda: fit_classifier(codes, some[:5]),
        lambda: fit_classifier(codes, np.ones(6, bool)),
        lambda: fit_classifier(codes, np.zeros(6, bool)),
    ):
        with pytest.raises(ValueError, match=r"\w+ .*\.$"):
            call()
