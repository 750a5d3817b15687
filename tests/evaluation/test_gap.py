"""The gap of the ELBO, split: against a model whose log p(x) and posterior are known, and importance sampling."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import norm

from tests.evaluation.test_held_out import LATENT_DIM, SIGMA, LinearGaussian
from vaelab.engine import Engine
from vaelab.evaluation.bounds import importance_bounds
from vaelab.evaluation.gap import elbo_gap, log_marginal
from vaelab.runs import Run

SHIPPED = Path(__file__).parents[2] / "assets" / "checkpoints"


@pytest.fixture
def model(rng):
    return LinearGaussian(rng)


@pytest.fixture
def images(model, rng):
    return model.images(rng, 20).clip(0, 1)


def test_the_grid_sums_to_the_closed_form(model, images):
    found = log_marginal(Engine(model, model.config), images)
    assert found.mean() == pytest.approx(model.log_p(images), abs=1e-3)


def test_the_true_posterior_leaves_no_gap(model, images):
    # With orthogonal columns it is diagonal.
    model.weight = torch.linalg.qr(model.weight)[0].contiguous() * SIGMA / 0.3
    model.covariance = torch.linalg.inv(torch.eye(LATENT_DIM) + model.weight.T @ model.weight / SIGMA**2)
    gap = elbo_gap(Engine(model, model.config), images)
    assert np.abs(gap.log_p - gap.elbo).max() < 0.005
    assert np.abs(gap.approximation).max() < 0.005


def test_a_posterior_that_is_off_is_amortizations_fault_and_a_slant_one_approximations(model, images):
    engine = Engine(model, model.config)
    best = elbo_gap(engine, images)
    # Half the log of how much a diagonal Gaussian's precisions overstate the determinant.
    precision = torch.linalg.inv(model.covariance)
    lost = 0.5 * (torch.log(torch.diagonal(precision)).sum() - torch.logdet(precision)).item()
    assert best.approximation == pytest.approx(np.full(20, lost), abs=0.01)
    assert best.amortization == pytest.approx(np.zeros(20), abs=0.01)
    model.offset, model.widening = 0.2, 2.0
    off = elbo_gap(engine, images)
    assert off.approximation == pytest.approx(np.full(20, lost), abs=0.02)
    assert (off.amortization > 0.1).all()
    assert off.log_p - off.elbo == pytest.approx(off.approximation + off.amortization)


@pytest.mark.parametrize("name", ["digits-2d", "digits-labels-2d"])
def test_of_a_trained_model_it_is_where_importance_sampling_leads(name):
    run = Run.open(SHIPPED / name)
    data = run.images()
    some = data.split.test[:12]
    labels = data.labels_of(some)
    gap = elbo_gap(run.engine, data.images[some], labels)
    elbo, bound = importance_bounds(run.engine, data.images[some], (1, 2000), labels=labels)
    assert gap.log_p.mean() == pytest.approx(bound.mean(), abs=0.15)
    assert gap.elbo.mean() == pytest.approx(elbo.mean(), abs=0.15)
    assert gap.approximation.min() > -0.01
    assert gap.amortization.min() >= 0
    assert gap.amortization.mean() > 0.02


def test_where_the_encoder_is_lost_the_grid_finds_what_samples_do_not():
    """mnist-2d: of some images the true posterior lies elsewhere, and 2,000 samples are 20 nats short."""
    run = Run.open(SHIPPED / "mnist-2d")
    data, engine = run.images(), run.engine
    images = data.images[data.split.test[:8]]
    gap = elbo_gap(engine, images)
    bound = importance_bounds(engine, images, (2000,))[0]
    assert (gap.log_p > bound - 0.3).all()
    lost = int(np.argmax(gap.log_p - bound))
    assert gap.log_p[lost] > bound[lost] + 5
    # Brute force, on a grid finer than any of its posteriors.
    axis = np.arange(-5, 5, 0.025) + 0.0125
    z = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    x = images[lost].reshape(-1) / 255
    total = []
    for part in np.array_split(z, 20):
        p = np.clip(engine.decode(part).reshape(len(part), -1).astype(float), 1e-12, 1 - 1e-7)
        total.append(np.log(p) @ x + np.log1p(-p) @ (1 - x) + norm.logpdf(part).sum(1))
    assert gap.log_p[lost] == pytest.approx(logsumexp(np.concatenate(total)) + 2 * np.log(0.025), abs=0.02)
    # Another Gaussian would have been far better: that is amortization.
    assert gap.amortization[lost] > gap.approximation[lost]


def test_what_has_no_grid_is_refused(ae_run, vae_run, digits):
    for run in (ae_run, vae_run):
        with pytest.raises(ValueError, match="2 dimensions at the most"):
            elbo_gap(run.engine, digits.images[:2])
