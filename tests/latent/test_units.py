"""Dimensions that vary are told from those that do not."""

import numpy as np

from vaelab.latent.units import ACTIVE_VARIANCE, active_units


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
