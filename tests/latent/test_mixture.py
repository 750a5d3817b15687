"""The mixture is a density: it integrates, it samples as it says, and it finds what was mixed."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import ks_2samp, multivariate_normal

from vaelab.latent.mixture import Mixture, fit_mixture


def components(mixture):
    return zip(mixture.weights, mixture.means, mixture.covariances, strict=True)


def log_density(mixture, z):
    """Log density at codes, in nats."""
    terms = [
        np.log(weight) + multivariate_normal(mean, covariance).logpdf(z)
        for weight, mean, covariance in components(mixture)
    ]
    return logsumexp(terms, axis=0)


@pytest.fixture
def mixture(rng):
    factors = rng.normal(size=(3, 2, 2))
    covariances = factors @ factors.transpose(0, 2, 1) + 0.1 * np.eye(2)
    return Mixture(np.array([0.5, 0.3, 0.2]), rng.normal(0, 4, (3, 2)), covariances)


def test_a_component_without_weight_is_not_drawn_from(mixture):
    single = Mixture(np.array([1.0, 0]), mixture.means[:2], mixture.covariances[:2])
    np.testing.assert_allclose(single.sample(100, temperature=0.0), np.tile(mixture.means[0], (100, 1)), rtol=1e-6)


def test_samples_are_distributed_as_scipys(mixture):
    peer = np.concatenate(
        [
            multivariate_normal(mean, covariance).rvs(round(20_000 * weight), random_state=1)
            for weight, mean, covariance in components(mixture)
        ]
    )
    ours = log_density(mixture, mixture.sample(20_000))
    assert ks_2samp(ours, log_density(mixture, peer)).pvalue > 1e-4


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0])
def test_samples_have_the_mixtures_moments(mixture, temperature):
    z = mixture.sample(100_000, 1, temperature).astype(np.float64)
    mean = mixture.weights @ mixture.means
    apart = mixture.means - mean
    within = np.einsum("k,kij->ij", mixture.weights, mixture.covariances)
    covariance = temperature**2 * within + (mixture.weights * apart.T) @ apart
    # Five standard errors of each mean, and somewhat more than that of each covariance.
    np.testing.assert_allclose(z.mean(0), mean, atol=5 * (np.trace(covariance) / 1e5) ** 0.5)
    np.testing.assert_allclose(np.cov(z, rowvar=False), covariance, atol=0.02 * np.trace(covariance))


def test_at_temperature_zero_only_means_are_drawn_each_by_its_weight(mixture):
    places, counts = np.unique(mixture.sample(10_000, 0, 0.0), axis=0, return_counts=True)
    order = np.argsort(mixture.means[:, 0])
    np.testing.assert_allclose(places, mixture.means[order], rtol=1e-6)
    np.testing.assert_allclose(counts / 10_000, mixture.weights[order], atol=0.025)


def test_a_seed_draws_the_same_and_a_generator_goes_on(mixture, rng):
    np.testing.assert_array_equal(mixture.sample(5, 3), mixture.sample(5, 3))
    assert (mixture.sample(5, rng) != mixture.sample(5, rng)).any()
    assert mixture.sample(5).dtype == np.float32
    assert mixture.sample(0).shape == (0, 2)


def test_what_was_mixed_is_found_again(rng):
    means = np.array([[-10.0, 0, 0], [0, 10, 0], [10, 0, 5]])
    labels = rng.choice(3, 3000, p=[0.2, 0.3, 0.5])
    codes = means[labels] + rng.normal(size=(3000, 3)) * [1, 2, 0.5]
    found = fit_mixture(codes, 3)
    order = np.argsort(found.means[:, 0])
    np.testing.assert_allclose(found.weights[order], np.bincount(labels) / 3000, atol=1e-3)
    np.testing.assert_allclose(found.means[order], means, atol=0.3)
    for covariance in found.covariances:
        np.testing.assert_allclose(covariance, np.diag([1, 4, 0.25]), atol=0.7)


def test_one_component_is_the_codes_own_gaussian(rng):
    codes = rng.normal(size=(500, 3)) @ rng.normal(size=(3, 3))
    found = fit_mixture(codes, 1)
    np.testing.assert_allclose(found.means[0], codes.mean(0), atol=1e-9)
    np.testing.assert_allclose(found.covariances[0], np.cov(codes.T, ddof=0), atol=1e-4)


def test_with_sigma_it_is_fitted_to_the_aggregate_posterior():
    rng = np.random.default_rng(1)  # not that of the draws
    mu, sigma = rng.normal(0, 0.6, (5000, 2)), np.full((5000, 2), 0.8)
    drawn, means = fit_mixture(mu, 1, sigma=sigma), fit_mixture(mu, 1)
    np.testing.assert_allclose(drawn.covariances[0], (0.36 + 0.64) * np.eye(2), atol=0.1)
    np.testing.assert_allclose(means.covariances[0], 0.36 * np.eye(2), atol=0.04)


def test_it_beats_a_single_gaussian_on_codes_that_it_has_not_seen(rng):
    codes = rng.normal(size=(1200, 2)) + 8 * rng.integers(0, 3, (1200, 1))
    seen, unseen = codes[:600], codes[600:]
    scores = [log_density(fit_mixture(seen, k), unseen).mean() for k in (1, 3)]
    assert scores[1] > scores[0] + 0.3


def test_codes_are_chosen_and_drawn_alike_for_a_seed(rng):
    codes, sigma = rng.normal(size=(400, 2)), np.ones((400, 2))
    one, two, three = (fit_mixture(codes, 2, seed, 100, sigma) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.means, two.means)
    assert (one.means != three.means).any()


@pytest.mark.parametrize(("num", "latent_dim", "expected"), [(2, 2, 1), (30, 4, 3), (600, 2, 10)])
def test_few_codes_lower_the_number_of_components(rng, num, latent_dim, expected):
    found = fit_mixture(rng.normal(size=(num, latent_dim)), 10)
    assert found.weights.shape == (expected,)
    assert found.weights.sum() == pytest.approx(1)
    assert np.isfinite(log_density(found, found.sample(20))).all()


@pytest.mark.parametrize("scale", [0, 1e-5, 1, 1e5])
def test_flat_tiny_and_huge_codes_can_be_fitted(rng, scale):
    codes = (scale * rng.normal(size=(300, 4)) + 5).astype(np.float32)
    codes[:, 2] = 1  # a collapsed dimension
    found = fit_mixture(codes, 5)
    assert np.isfinite(log_density(found, codes)).all()
    np.testing.assert_allclose(found.sample(50)[:, 2], 1, atol=5e-3 * max(scale, 1e-3))


def test_codes_that_say_nothing_are_refused(rng):
    codes = rng.normal(size=(50, 2))
    for arguments in (
        (codes[:1],),
        (codes[0],),
        (codes, 0),
        (codes, 2, 0, 1),
        (codes, 2, 0, 100, np.ones((50, 3))),
        (np.full((5, 2), np.nan),),
    ):
        with pytest.raises(ValueError, match=r"\w+ .*\.$"):
            fit_mixture(*arguments)
    with pytest.raises(ValueError, match="temperature"):
        fit_mixture(codes, 1).sample(3, 0, -1.0)
