import numpy as np
import pytest
from scipy.special import logsumexp

from vaelab.evaluation.bounds import importance_bounds


@pytest.fixture
def images(digits):
    return digits.images[digits.split.test[:40]]


def test_bounds_are_those_of_burda_and_others(vae_run, images):
    """Equation 8, written down once more, from the same weights."""
    weights = np.concatenate(list(vae_run.engine.log_weights(images, 60, seed=3)), axis=1)
    bounds = importance_bounds(vae_run.engine, images, (1, 5, 60), seed=3)
    groups = [weights[start : start + 5] for start in range(0, 60, 5)]
    assert np.allclose(bounds[0], weights.mean(0))
    assert np.allclose(bounds[1], np.mean([logsumexp(g, axis=0) - np.log(5) for g in groups], 0))
    assert np.allclose(bounds[2], logsumexp(weights, axis=0) - np.log(60))


def test_with_one_sample_it_is_the_elbo_and_it_rises_with_more(vae_run, images):
    bounds = importance_bounds(vae_run.engine, images, (1, 10, 100, 1000))
    elbos = []
    for seed in range(200):
        terms = vae_run.engine.terms(images, seed)
        elbos.append(-(terms.reconstruction + terms.kl))
    error = np.std(elbos, axis=0).mean() / np.sqrt(200)
    assert abs(bounds[0].mean() - np.mean(elbos)) < 4 * error
    assert (np.diff(bounds, axis=0) > -1e-9).all(), "of every image, since groups share samples"


def test_progress_comes_to_the_end(vae_run, images):
    told = []
    importance_bounds(vae_run.engine, images, (1, 1000), report=told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) > 1


def test_what_cannot_be_is_said(vae_run, ae_run, images):
    for wrong, given in (((3, 10), "3, 10"), ((0,), "0"), ((), "none"), ((-1, 1), "-1, 1")):
        with pytest.raises(ValueError, match=rf"^Each k must be at least 1 and divide the largest, .* are {given}\.$"):
            importance_bounds(vae_run.engine, images, wrong)
    with pytest.raises(ValueError, match="An autoencoder's codes have no distribution"):
        importance_bounds(ae_run.engine, images, (1, 10))
