"""Posteriors on a map, against draws in latent space."""

from dataclasses import replace

import numpy as np
import pytest

from vaelab.latent.posteriors import draws_on_map, posterior_covariances
from vaelab.latent.projections import Projection, pair, pca, plane


@pytest.fixture
def posteriors(rng):
    return rng.normal(size=(40, 5)).astype(np.float32), rng.uniform(0.1, 0.6, (40, 5)).astype(np.float16)


@pytest.mark.parametrize("kind", ["plane", "pca", "pair"])
def test_covariances_are_those_of_draws_placed_on_the_map(rng, posteriors, kind):
    mu, sigma = posteriors
    if kind == "plane":
        mu, sigma = mu[:, :2], sigma[:, :2]
    make = {"plane": plane, "pca": pca, "pair": lambda codes, indices: pair(codes, indices, (3, 1))}[kind]
    shown = replace(make(mu, np.arange(40)), sigma=sigma)
    draws = mu[7] + sigma[7].astype(float) * rng.normal(size=(200_000, mu.shape[1]))
    np.testing.assert_allclose(posterior_covariances(shown)[7], np.cov(shown.place(draws).T), atol=3e-3)


def test_there_are_none_where_nothing_has_an_ellipse(posteriors):
    mu, sigma = posteriors
    assert posterior_covariances(pca(mu, np.arange(40))) is None
    assert posterior_covariances(replace(plane(mu[:, :1], np.arange(40)), sigma=sigma[:, :1])) is None
    bent = Projection("umap", np.arange(40), mu, mu[:, :2], ("", ""), sigma=sigma)
    assert posterior_covariances(bent) is None


def test_draws_from_the_aggregate_posterior_have_its_moments(posteriors):
    mu, sigma = posteriors
    shown = replace(pca(mu, np.arange(40)), sigma=sigma)
    means, covariances = shown.coordinates, posterior_covariances(shown)
    draws = draws_on_map(means, covariances, 200_000)
    np.testing.assert_allclose(draws.mean(0), means.mean(0), atol=0.02)
    np.testing.assert_allclose(np.cov(draws.T), np.cov(means.T, bias=True) + covariances.mean(0), atol=0.03)
    np.testing.assert_array_equal(draws_on_map(means, covariances, 5), draws_on_map(means, covariances, 5))
