"""Density is told from distances that a brute force finds too."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from vaelab.latent.density import NUM_NEIGHBOURS, nearest_codes, neighbour_radii
from vaelab.latent.units import code_scale


def eighth_distances(codes):
    """From each code to its eighth neighbour, itself not counted."""
    neighbours = NearestNeighbors(n_neighbors=NUM_NEIGHBOURS + 1).fit(codes)
    return neighbours.kneighbors(codes)[0][:, -1]


@pytest.mark.parametrize("latent_dim", [1, 2, 17])
@pytest.mark.parametrize("num_codes", [9, 100, 500])
def test_radii_are_quantiles_of_the_eighth_neighbours_distance(rng, num_codes, latent_dim):
    codes = rng.normal(size=(num_codes, latent_dim)).astype(np.float32)
    exact = np.quantile(eighth_distances(codes), np.linspace(0, 1, 101))
    np.testing.assert_allclose(neighbour_radii(codes), exact, rtol=1e-6)


def test_some_of_many_codes_stand_for_all(rng):
    # 500 codes are asked, but all 5000 are neighbours.
    codes = rng.normal(size=(5000, 2))
    exact = np.quantile(eighth_distances(codes), [0.25, 0.5, 0.75])
    np.testing.assert_allclose(neighbour_radii(codes)[[25, 50, 75]], exact, rtol=0.15)


@pytest.mark.parametrize("num_codes", [1, 2, 5, 8, 9, 499, 501, 1300])
def test_radii_rise_however_many_codes_there_are(rng, num_codes):
    radii = neighbour_radii(rng.normal(size=(num_codes, 3)), num_quantiles=11)
    assert radii.shape == (11,)
    assert radii.dtype == np.float64
    assert (np.diff(radii) >= 0).all()
    assert (radii[0] > 0) == (num_codes > 1)


@pytest.mark.parametrize("num_codes", [2, 5, 8])
def test_few_codes_are_asked_for_their_farthest(rng, num_codes):
    codes = rng.normal(size=(num_codes, 3))
    farthest = np.linalg.norm(codes[:, None] - codes, axis=2).max(1)
    radii = neighbour_radii(codes)
    np.testing.assert_allclose(radii[[0, -1]], [farthest.min(), farthest.max()])


@pytest.mark.parametrize("scale", [0.01, 3.0, 1000.0])
def test_scaled_codes_have_scaled_radii(rng, scale):
    codes = rng.normal(size=(300, 4))
    np.testing.assert_allclose(neighbour_radii(scale * codes), scale * neighbour_radii(codes))


def test_radii_are_the_same_wherever_the_codes_lie(rng):
    # Nearly: codes so far out are rounded more coarsely.
    codes = rng.normal(size=(300, 4)).astype(np.float32)
    np.testing.assert_allclose(neighbour_radii(codes + 100), neighbour_radii(codes), rtol=1e-3)


def test_codes_that_are_all_the_same_have_no_distance():
    np.testing.assert_allclose(neighbour_radii(np.full((50, 3), 0.1)), 0, atol=1e-7)


@pytest.mark.parametrize("num_codes", [0, 1, 7, 200, 1000])
def test_nearest_codes_are_those_of_a_brute_force(rng, num_codes):
    # Whole numbers are often equally far: then the first row comes first.
    codes, z = rng.integers(-3, 4, (200, 3)).astype(np.float32), np.array([0.0, 1.0, -2.0])
    found = nearest_codes(codes, z, num_codes)
    by_hand = sorted(range(200), key=lambda row: (float(((codes[row] - z) ** 2).sum()), row))
    assert found.tolist() == by_hand[:num_codes]


def test_a_code_is_nearest_to_itself(rng):
    codes = rng.normal(size=(50, 5))
    assert [nearest_codes(codes, z, 1)[0] for z in codes] == list(range(50))


# --- Posteriors ---------------------------------------------------------------------------------


@pytest.fixture
def posteriors(rng):
    """Two active dimensions, of posteriors of two widths, and four that collapsed."""
    mu = rng.normal(size=(1500, 6)) * [1, 0.8, 0.02, 0.02, 0.02, 0.02]
    sigma = rng.uniform(0.5, 1.5, (1500, 6)) * [0.1, 0.3, 1, 1, 1, 1]
    return mu, sigma


def test_draws_from_posteriors_are_off_as_often_as_is_said(rng, posteriors):
    mu, sigma = posteriors
    scale = code_scale(mu, sigma)
    draws = (mu + sigma * rng.normal(size=mu.shape)) * scale
    eighth = np.sort(np.linalg.norm(draws[:, None] - scale * mu, axis=2), axis=1)[:, NUM_NEIGHBOURS - 1]
    radii = neighbour_radii(scale * mu, scale * sigma)
    for quantile in (50, 90, 99):
        expected = 1 - quantile / 100
        # Four standard errors of both samples.
        error = 4 * np.sqrt(expected * (1 - expected) * (1 / 1500 + 1 / 2000))
        assert (eighth > radii[quantile]).mean() == pytest.approx(expected, abs=error)


def test_radii_of_draws_rise_and_are_the_same_each_time(posteriors):
    mu, sigma = posteriors
    radii = neighbour_radii(mu, sigma)
    assert (np.diff(radii) >= 0).all()
    np.testing.assert_array_equal(neighbour_radii(mu, sigma), radii)
    np.testing.assert_allclose(neighbour_radii(3 * mu, 3 * sigma), 3 * radii)


@pytest.mark.parametrize("num_codes", [1, 3, 8, 9])
def test_draws_of_few_posteriors_are_measured_too(posteriors, num_codes):
    mu, sigma = (each[:num_codes] for each in posteriors)
    assert np.isfinite(neighbour_radii(mu, sigma)).all()


def test_where_all_collapsed_no_place_is_farther_than_another(posteriors):
    mu, sigma = posteriors
    scale = code_scale(mu / 1000, sigma)
    np.testing.assert_array_equal(neighbour_radii(scale * mu, scale * sigma), np.zeros(101))


def test_a_number_that_collapsed_does_not_decide_which_codes_are_nearest(posteriors):
    mu, sigma = posteriors
    z = mu[7].copy()
    before = nearest_codes(mu, z, 12, code_scale(mu, sigma))
    z[3] = 2.0
    np.testing.assert_array_equal(nearest_codes(mu, z, 12, code_scale(mu, sigma)), before)
    assert not np.array_equal(nearest_codes(mu, z, 12), before), "as it was with all numbers"


def test_a_code_is_nearest_to_itself_even_where_all_collapsed(posteriors):
    mu, _ = posteriors
    assert [nearest_codes(mu, z, 1, np.zeros(6))[0] for z in mu[:50]] == list(range(50))
