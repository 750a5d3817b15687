"""A direction leads from one group to the other, and the classifier is scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from vaelab.latent.arithmetic import CodeClassifier, direction, fit_classifier


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


def test_it_is_scikit_learns_classifier(groups):
    codes, is_target = groups
    reference = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000)
    ).fit(codes, is_target)
    found = fit_classifier(codes, is_target)
    np.testing.assert_allclose(found.probability(codes), reference.predict_proba(codes)[:, 1])
    assert found.accuracy(codes, is_target) == reference.score(codes, is_target)


def test_a_rare_group_is_guessed_as_well_as_a_common_one(rng):
    is_target = np.arange(20_000) % 20 == 0
    codes = rng.normal(size=(20_000, 1)) + is_target[:, None]
    right = (fit_classifier(codes, is_target).probability(codes) > 0.5) == is_target
    # The best threshold for equal groups is half way: Phi(0.5) = 0.69 of both.
    assert abs(right[is_target].mean() - 0.69) < 0.06
    assert abs(right[~is_target].mean() - 0.69) < 0.06


def test_moving_along_the_direction_makes_the_target_more_probable(groups):
    codes, is_target = groups
    classifier = fit_classifier(codes, is_target)
    others = codes[~is_target]
    steps = [
        classifier.probability(others + t * direction(others, codes[is_target]))
        for t in (0, 0.5, 1, 2)
    ]
    assert (np.diff(steps, axis=0) > 0).all()
    assert steps[0].mean() < 0.5 < steps[2].mean()


def test_groups_that_lie_apart_are_told_apart_and_one_group_halved_is_not(rng):
    is_target = np.arange(2000) % 2 == 0
    mixed = rng.normal(size=(2000, 3)).astype(np.float32)
    apart = mixed + 20 * is_target[:, None]
    assert fit_classifier(apart, is_target).accuracy(apart, is_target) == 1
    halves = fit_classifier(mixed[:1000], is_target[:1000])
    assert (
        abs(halves.accuracy(mixed[1000:], is_target[1000:]) - 0.5) < 0.064
    )  # four standard errors


def test_a_constant_dimension_has_no_weight(rng):
    is_target = np.arange(100) < 30
    codes = np.column_stack([rng.normal(size=100) + is_target, np.full(100, 3.0)])
    assert fit_classifier(codes, is_target).weights[1] == 0


def test_probabilities_of_far_codes_are_certain_without_overflow():
    sure = CodeClassifier(np.array([1.0]), 0.0).probability(np.array([[-1e6], [0], [1e6]]))
    np.testing.assert_array_equal(sure, [0, 0.5, 1])


def test_groups_that_cannot_be_compared_are_refused(rng):
    codes, some = rng.normal(size=(6, 2)), np.arange(6) < 2
    classifier = fit_classifier(codes, some)
    for call in (
        lambda: direction(codes[:0], codes),
        lambda: direction(codes, codes[:0]),
        lambda: direction(codes, codes[:, :1]),
        lambda: fit_classifier(codes, some[:5]),
        lambda: fit_classifier(codes, np.ones(6, bool)),
        lambda: fit_classifier(codes, np.zeros(6, bool)),
        lambda: classifier.probability(codes[:, :1]),
        lambda: classifier.accuracy(codes, some[:5]),
        lambda: classifier.accuracy(codes[:0], some[:0]),
    ):
        with pytest.raises(ValueError, match=r"\w+ .*\.$"):
            call()
