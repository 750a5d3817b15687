"""Dimensions that vary are told from those that do not."""

import numpy as np

from vaelab.latent.units import ACTIVE_VARIANCE, active_units, code_scale


def test_the_variance_over_images_decides(rng):
    scales = np.sqrt(np.array([0, 0.5, 0.9, 1.1, 2, 100]) * ACTIVE_VARIANCE)
    z = rng.standard_normal((2000, 6))
    mu = 5 + scales * (z - z.mean(0)) / z.std(0)
    np.testing.assert_array_equal(active_units(mu), [False, False, False, True, True, True])


def test_the_unit_of_an_autoencoder_decides_nothing(rng):
    """Codes of one model in a hundredth of the unit were all dead, and its FactorVAE score that of chance."""
    mu = rng.standard_normal((2000, 4)) * [1, 0.05, 0.01, 1e-4]
    for unit in (1e-3, 0.09, 1, 1e3):
        np.testing.assert_array_equal(active_units(unit * mu, is_vae=False), [True, True, True, False])
    assert not active_units(np.zeros((10, 3)), is_vae=False).any()


def test_a_code_counts_in_units_of_its_typical_sigma_where_it_is_active(rng):
    mu = rng.standard_normal((2000, 3)) * [1, 0.5, 0.01]
    sigma = np.abs(rng.standard_normal((2000, 3))) * [0.1, 0.3, 1]
    scale = code_scale(mu, sigma)
    np.testing.assert_allclose(scale[:2], (sigma[:, :2] ** 2).mean(0) ** -0.5)
    assert scale[2] == 0
    np.testing.assert_allclose(code_scale(mu, sigma.astype(np.float16)), scale, rtol=1e-3)
    np.testing.assert_array_equal(code_scale(mu), [1, 1, 0])
    assert not code_scale(mu / 1000, sigma).any()


def test_posteriors_that_are_points_have_a_unit_all_the_same():
    assert np.isfinite(code_scale(np.array([[1.0], [-1.0]]), np.zeros((2, 1)))).all()


def test_all_numbers_of_an_autoencoder_count_as_they_are(rng):
    mu = rng.standard_normal((200, 3)) * [1, 1e-3, 0]
    np.testing.assert_array_equal(code_scale(mu, is_vae=False), np.ones(3))
    np.testing.assert_array_equal(code_scale(mu, np.zeros_like(mu), is_vae=False), np.ones(3))
