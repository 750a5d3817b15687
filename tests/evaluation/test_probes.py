"""A linear probe is logistic regression among draws."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from vaelab.evaluation import probes
from vaelab.evaluation.probes import linear_votes
from vaelab.latent.codes import Codes


def test_of_points_it_is_scikit_learns(rng):
    labels, held_out = rng.integers(0, 4, 300), rng.integers(0, 4, 100)
    codes, others = (y[:, None] * [1, 3] + rng.normal(size=(len(y), 2)) for y in (labels, held_out))
    scale = StandardScaler().fit(codes)
    expected = LogisticRegression(max_iter=1000).fit(scale.transform(codes), labels).predict(scale.transform(others))
    found = linear_votes(Codes(codes, 0 * codes), labels, Codes(others, 0 * others), held_out)
    assert found.mean() == pytest.approx((expected == held_out).mean(), abs=0.01)


def test_the_unit_does_not_matter_and_collapsed_codes_name_no_class(rng):
    labels = np.arange(1000) % 5
    codes = rng.normal(size=(5, 3))[labels] + 0.1 * rng.normal(size=(1000, 3))
    train, test = slice(500), slice(500, None)

    def accuracy(mu, sigma):
        sides = [(Codes(mu[part], np.full_like(mu[part], sigma)), labels[part]) for part in (train, test)]
        return linear_votes(*sides[0], *sides[1]).mean()

    assert accuracy(codes, 0) == accuracy(100 * codes, 0) > 0.9
    assert accuracy(1e-4 * codes, 1) == pytest.approx(0.2, abs=0.05)


def test_a_class_that_the_sample_has_not_got_is_no_error(rng, monkeypatch):
    monkeypatch.setattr(probes, "MAX_CODES", 50)
    labels = np.zeros(5000, int)
    labels[17] = 1
    codes = Codes(rng.normal(size=(5000, 2)), np.zeros((5000, 2)))
    found = linear_votes(codes, labels, Codes(codes.mu[:20], codes.sigma[:20]), labels[:20])
    assert found.sum() == 19
