from pathlib import Path

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

from vaelab.evaluation.bounds import importance_bounds, marginal_bounds
from vaelab.runs import Run


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


def test_of_a_conditional_model_labels_are_summed_out():
    """Told the label it is 2.3 nats better than a model that has to find it: that is the label, not the model."""
    run = Run.open(Path(__file__).parents[2] / "assets" / "checkpoints" / "digits-labels-2d")
    data, engine = run.images(), run.engine
    some = data.split.test[:30]
    images, labels = data.images[some], data.labels[some]
    shares = np.full(10, 0.1)
    bounds = marginal_bounds(engine, images, shares, (1, 10, 100))
    assert (np.diff(bounds.mean(1)) > 0).all()
    told = importance_bounds(engine, images, (1, 10, 100), labels=labels)
    # Never more than log p(y) above p(x|y) of the best label; nor below the image's own label alone.
    assert (bounds[2] > told[2] + np.log(0.1) - 0.3).all()
    assert bounds.mean() < told.mean() - 1.5
    # Against a grid over z of all labels at once.
    axis = np.linspace(-6, 6, 121)
    z = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    x = images[:6].reshape(6, -1) / 255
    log_p = []
    for label in range(10):
        p = np.clip(engine.decode(z, label).reshape(len(z), -1).astype(float), 1e-9, 1 - 1e-7)
        log_x = x @ np.log(p).T + (1 - x) @ np.log1p(-p).T
        log_p.append(logsumexp(log_x + norm.logpdf(z).sum(1), axis=1) + 2 * np.log(axis[1] - axis[0]))
    truth = logsumexp(log_p, axis=0) + np.log(0.1)
    found = marginal_bounds(engine, images[:6], shares, (1000,))[0]
    assert np.allclose(found, truth, atol=0.3)
    assert found.mean() == pytest.approx(truth.mean(), abs=0.06)


def test_shares_are_of_the_models_labels(vae_run, images):
    with pytest.raises(ValueError, match="knows 0 labels"):
        marginal_bounds(vae_run.engine, images, np.full(10, 0.1))


def test_progress_comes_to_the_end(vae_run, images):
    told = []
    importance_bounds(vae_run.engine, images, (1, 1000), report=told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) > 1


def test_what_cannot_be_is_said(vae_run, ae_run, images):
    with pytest.raises(ValueError, match="Each k must divide the largest, 10"):
        importance_bounds(vae_run.engine, images, (3, 10))
    with pytest.raises(ValueError, match="An autoencoder's codes have no distribution"):
        importance_bounds(ae_run.engine, images, (1, 10))
