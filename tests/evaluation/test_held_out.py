import dataclasses

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal

from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset, load_dataset
from vaelab.datasets.splits import Split
from vaelab.engine import Engine
from vaelab.evaluation import evaluate, knn_accuracy
from vaelab.evaluation.held_out import reconstruction_errors
from vaelab.latent.units import ACTIVE_VARIANCE
from vaelab.networks.models import VAE, build_model
from vaelab.networks.nn import Posterior

# So small that images are in [0, 1].
LATENT_DIM, SIGMA = 2, 0.05


class LinearGaussian(VAE):
    """x = W z + b + noise: the one VAE whose log p(x) is known in closed form."""

    def __init__(self, rng):
        config = TrainConfig(latent_dim=LATENT_DIM, hidden=(4,), likelihood="gaussian", sigma=SIGMA)
        super().__init__(config, (1, 8, 8))
        self.config = config
        self.weight = torch.from_numpy(SIGMA / 3 * rng.normal(size=(64, LATENT_DIM))).float()
        self.bias = torch.full((64,), 0.5)
        self.decoder.forward = lambda z, labels=None: (z @ self.weight.T + self.bias).reshape(-1, 1, 8, 8)
        self.likelihood.mean = lambda logits: logits  # in place of the sigmoid
        # The true posterior is N(C W^T (x - b) / sigma^2, C) with the covariance C below.
        precision = torch.eye(LATENT_DIM) + self.weight.T @ self.weight / SIGMA**2
        self.covariance = torch.linalg.inv(precision)
        self.offset, self.widening = 0.0, 1.0
        self.encoder.forward = self.posterior

    def posterior(self, x, labels=None):
        mu = (x.flatten(1) - self.bias) @ self.weight @ self.covariance / SIGMA**2
        # Diagonal, with the true posterior's precisions: the best that a diagonal one can do.
        variance = 1 / torch.diagonal(torch.linalg.inv(self.covariance))
        logvar = (variance * self.widening).log().expand_as(mu)
        return Posterior(mu + self.offset, logvar)

    def images(self, rng, count):
        """Images ``(N, 1, 8, 8)`` drawn from the model itself."""
        z = rng.normal(size=(count, LATENT_DIM))
        means = z @ self.weight.numpy().T + self.bias.numpy()
        return (means + SIGMA * rng.normal(size=means.shape)).reshape(-1, 1, 8, 8).astype(np.float32)

    def log_p(self, images):
        x = torch.from_numpy(images).float().flatten(1)
        covariance = self.weight @ self.weight.T + SIGMA**2 * torch.eye(64)
        return MultivariateNormal(self.bias, covariance).log_prob(x).mean().item()


class Unrounded(ImageDataset):
    """Images as the model draws them: rounded to 256 levels, a formula would hold nearly."""

    def __post_init__(self):
        assert 0 <= self.images.min() <= self.images.max() <= 1


@pytest.fixture
def model(rng):
    return LinearGaussian(rng)


@pytest.fixture
def data(model, rng):
    """Images drawn from that model itself."""
    order = np.arange(6000)
    return Unrounded(
        name="digits",
        images=model.images(rng, 6000),
        labels=None,
        label_names=(),
        split=Split(order[:500], order[500:1000], order[1000:]),
        source="",
        licence="",
        description="",
    )


def test_the_elbo_comes_up_to_log_p_where_the_posterior_is_true(model, data):
    # With orthogonal columns the true posterior is diagonal, and there is no gap.
    model.weight = torch.linalg.qr(model.weight)[0].contiguous() * SIGMA / 0.3
    model.covariance = torch.linalg.inv(torch.eye(LATENT_DIM) + model.weight.T @ model.weight / SIGMA**2)
    figures = evaluate(Engine(model, model.config), data)
    log_p = model.log_p(data.images[data.split.test])
    # One sample of z for 5,000 images: the mean of one image's ELBO is off by about 1 / 70 nat.
    assert figures.elbo == pytest.approx(log_p, abs=0.08)


@pytest.mark.parametrize(("offset", "widening"), [(0.0, 1.0), (0.5, 1.0), (0.0, 4.0), (1.0, 0.1)])
def test_the_elbo_is_below_log_p_by_the_posteriors_divergence(model, data, offset, widening):
    model.offset, model.widening = offset, widening
    figures = evaluate(Engine(model, model.config), data)
    log_p = model.log_p(data.images[data.split.test])
    approximate = torch.diag(widening / torch.diagonal(torch.linalg.inv(model.covariance)))
    gap = torch.distributions.kl_divergence(
        MultivariateNormal(torch.full((LATENT_DIM,), offset), approximate),
        MultivariateNormal(torch.zeros(LATENT_DIM), model.covariance),
    ).item()
    assert figures.elbo == pytest.approx(log_p - gap, abs=0.08 + 0.03 * gap)
    assert figures.elbo < log_p + 0.08


def test_the_elbo_is_minus_its_parts(vae_run, conv_run, digits):
    for run in (vae_run, conv_run):
        data = load_dataset("digits", run.config.preprocessing)
        figures = evaluate(run.engine, data)
        assert figures.elbo == -(figures.reconstruction + figures.kl)
        assert sum(figures.kl_per_dim) == pytest.approx(figures.kl, rel=1e-5)
        assert len(figures.kl_per_dim) == run.config.latent_dim


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_figures_are_averages_over_the_images_of_a_split(vae_run, digits, split):
    figures = evaluate(vae_run.engine, digits, split, seed=3)
    chosen = getattr(digits.split, split)
    terms = vae_run.engine.terms(digits.images[chosen], seed=3)
    assert figures.reconstruction == pytest.approx(terms.reconstruction.mean(), rel=1e-5)
    assert figures.kl == pytest.approx(terms.kl.mean(), rel=1e-5)
    assert figures.kl_per_dim == pytest.approx(terms.kl_per_dim.mean(0).tolist(), rel=1e-5)
    assert (figures.num_images, figures.split) == (len(chosen), split)
    assert figures.knn_accuracy == knn_accuracy(
        vae_run.engine.encode(digits.images[digits.split.train]),
        digits.labels[digits.split.train],
        vae_run.engine.encode(digits.images[chosen]),
        digits.labels[chosen],
        seed=3,
    )


def test_figures_do_not_depend_on_what_training_weighed(vae_run, digits):
    """Beta and free bits are of training; models are compared by the same bound."""
    engine = vae_run.engine
    weighed = Engine(engine.model, engine.config.model_copy(update={"beta": 9.0, "free_bits": 3.0}))
    assert evaluate(weighed, digits) == evaluate(engine, digits)


def test_an_autoencoder_has_no_bound(ae_run, digits):
    figures = evaluate(ae_run.engine, digits)
    assert figures.elbo is figures.kl is figures.kl_per_dim is None
    assert figures.reconstruction > 0
    assert 0 <= figures.active_units <= 2


def test_without_labels_there_is_no_accuracy(vae_run, digits):
    figures = evaluate(vae_run.engine, dataclasses.replace(digits, labels=None, label_names=()))
    assert figures.knn_accuracy is None
    assert figures.elbo == evaluate(vae_run.engine, digits).elbo


def test_codes_that_learned_the_digits_tell_them_apart(vae_run, digits):
    figures = evaluate(vae_run.engine, digits)
    untrained = Engine(build_model(vae_run.config, (1, 8, 8)), vae_run.config)
    assert figures.knn_accuracy > 0.5  # chance is 0.1
    assert figures.elbo > evaluate(untrained, digits).elbo + 5


@pytest.mark.parametrize("scales", [(1.0, 0.0, 0.5, 0.0), (0.11, 0.09, 0.0, 2.0), (0.0, 0.0, 0.0, 0.0)])
def test_active_units_are_the_dimensions_whose_means_vary(digits, rng, scales):
    assert ACTIVE_VARIANCE == 0.01
    config = TrainConfig(latent_dim=4, hidden=(4,))
    model = build_model(config, (1, 8, 8))
    columns = rng.normal(size=(6000, 4))
    columns = (columns - columns.mean(0)) / columns.std(0)

    def encode(x, labels=None):
        # Each image has its number written into its first two pixels.
        index = (x[:, 0, 0, 0] * 255 * 256 + x[:, 0, 0, 1] * 255).round().long().numpy()
        mu = torch.from_numpy(columns[index] * np.array(scales) + 7).float()
        return Posterior(mu, torch.zeros_like(mu))

    model.encoder.forward = encode
    images = np.zeros((6000, 1, 8, 8), np.uint8)
    images[:, 0, 0, 0], images[:, 0, 0, 1] = np.divmod(np.arange(6000), 256)
    order = np.arange(6000)
    data = dataclasses.replace(
        digits, images=images, labels=None, label_names=(), split=Split(order[:10], order[10:20], order[20:])
    )
    figures = evaluate(Engine(model, config), data)
    assert figures.active_units == sum(scale > 0.1 for scale in scales)


def test_reconstruction_errors_are_those_of_test_images(vae_run, digits):
    errors = reconstruction_errors(vae_run.engine, digits, num_images=20)
    images = digits.images[digits.split.test[:20]] / 255
    off = images - vae_run.engine.decode(vae_run.engine.encode(digits.images[digits.split.test[:20]]).mu)
    assert errors == pytest.approx([np.sqrt(np.mean(one**2)) for one in off], abs=1e-6)
    inverted = dataclasses.replace(digits, images=255 - digits.images)
    assert reconstruction_errors(vae_run.engine, inverted).min() > errors.max()
