"""The rate is taken apart exactly: against quadrature, closed forms, and its own sum."""

import numpy as np
import pytest
from scipy.stats import norm

from vaelab.evaluation.rate import SATURATED, rate_parts


def kl(mu, sigma):
    return float((0.5 * (mu**2 + sigma**2 - 1) - np.log(sigma)).sum(1).mean())


def test_the_parts_sum_to_the_rate(rng):
    mu, sigma = 2 * rng.standard_normal((700, 3)), rng.uniform(0.05, 1, (700, 3))
    parts = rate_parts(mu, sigma)
    total = parts.information + parts.total_correlation + parts.dimension_kl.sum()
    assert total == pytest.approx(kl(mu, sigma), abs=0.06)


def test_in_one_dimension_it_is_what_quadrature_says(rng):
    mu, sigma = rng.normal(0, 1.5, (40, 1)), rng.uniform(0.1, 0.8, (40, 1))
    z = np.linspace(-9, 9, 40_001)
    each = norm.pdf(z, mu, sigma)  # (N, Z)
    q = each.mean(0)
    away = np.trapezoid(q * (np.log(q) - norm.logpdf(z)), z)
    parts = rate_parts(mu, sigma)
    assert parts.dimension_kl[0] == pytest.approx(away, abs=0.03)
    assert parts.information == pytest.approx(kl(mu, sigma) - away, abs=0.03)
    assert parts.total_correlation == pytest.approx(0, abs=1e-9)


def test_two_dimensions_that_are_one_have_a_total_correlation(rng):
    """Of a Gaussian with correlation r it is -log(1 - r^2) / 2, which a mixture of many comes near."""
    r, s = 0.9, 0.3
    cov = np.array([[1, r], [r, 1]]) - s**2 * np.eye(2)
    mu = rng.multivariate_normal([0, 0], cov, 6000)
    parts = rate_parts(mu, np.full_like(mu, s))
    assert parts.total_correlation == pytest.approx(-0.5 * np.log(1 - r**2), abs=0.06)
    assert np.abs(parts.dimension_kl).max() < 0.03


def test_codes_that_fill_the_prior_have_no_total_correlation(rng):
    s = 0.3
    mu = rng.standard_normal((6000, 2)) * np.sqrt(1 - s**2)
    parts = rate_parts(mu, np.full_like(mu, s))
    assert abs(parts.total_correlation) < 0.08


def test_codes_cannot_tell_more_than_which_image_they_are_of():
    mu = 100 * np.eye(8)
    parts = rate_parts(mu, np.full((8, 8), 0.01))
    assert parts.information == pytest.approx(np.log(8), abs=1e-6)
    assert parts.total_correlation + parts.dimension_kl.sum() == pytest.approx(
        kl(mu, np.full((8, 8), 0.01)) - np.log(8), rel=1e-3
    )


def test_collapsed_codes_tell_nothing(rng):
    parts = rate_parts(1e-4 * rng.standard_normal((500, 4)), np.ones((500, 4)))
    assert abs(parts.information) < 1e-4
    assert abs(parts.total_correlation) < 1e-4
    assert np.abs(parts.dimension_kl).max() < 1e-4


def test_more_images_than_draws_are_sampled(rng, monkeypatch):
    monkeypatch.setattr("vaelab.evaluation.rate.MOST_DRAWS", 1000)
    mu, sigma = rng.standard_normal((2000, 2)), np.full((2000, 2), 0.4)
    few = rate_parts(mu, sigma)
    monkeypatch.undo()
    many = rate_parts(mu, sigma)
    assert few.information == pytest.approx(many.information, abs=0.3)
    assert few.information != many.information


@pytest.mark.parametrize(
    ("mu", "sigma", "message"),
    [
        (np.zeros((3, 2)), np.ones((2, 2)), "alike"),
        (np.zeros((0, 2)), np.ones((0, 2)), "N at least 1"),
        (np.zeros((3, 2)), np.zeros((3, 2)), "an autoencoder's codes are points"),
    ],
)
def test_what_has_no_rate_is_refused(mu, sigma, message):
    with pytest.raises(ValueError, match=message):
        rate_parts(mu, sigma)


def test_few_sharp_posteriors_are_as_much_information_as_there_can_be_and_it_is_known(rng):
    """Ten independent dimensions: of infinitely many images total correlation is 0, of these it is 14 nats."""
    mu = np.sqrt(0.99) * rng.standard_normal((1000, 10))
    parts = rate_parts(mu, np.full_like(mu, 0.1))
    assert parts.total_correlation > 10
    assert parts.information > np.log(1000) - SATURATED
    wide = rate_parts(mu[:, :2], np.full((1000, 2), 0.3))
    assert wide.information < np.log(1000) - SATURATED
