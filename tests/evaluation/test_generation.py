"""Codes come from where they are said to; the judge knows real images from bad ones."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from vaelab.evaluation.distances import frechet_distance, kernel_distance
from vaelab.evaluation.generation import Prior, draw_labels, fit_posterior, generate, generate_each
from vaelab.evaluation.judging import Judge
from vaelab.evaluation.samples import density_coverage, nearest_images
from vaelab.latent.mixture import Mixture


class Told:
    """A model whose image is its code, and its label in the last pixel."""

    num_labels, latent_dim = 3, 3

    def encode(self, images, labels=None):
        raise NotImplementedError

    def decode(self, z, labels=None):
        told = np.zeros(len(z)) if labels is None else labels
        return np.column_stack([z, told]).reshape(-1, 1, 2, 2).astype(np.float32)


@pytest.mark.parametrize("temperature", [0.3, 1.0])
def test_the_prior_is_normal_and_temperature_its_deviation(temperature):
    z = Prior(4).sample(40_000, 1, temperature)
    assert z.shape == (40_000, 4)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z.mean(0), 0, atol=5 * temperature / 200)
    np.testing.assert_allclose(np.cov(z, rowvar=False), temperature**2 * np.eye(4), atol=0.03)
    np.testing.assert_array_equal(Prior(4).sample(5, 2), Prior(4).sample(5, 2))
    with pytest.raises(ValueError, match="temperature"):
        Prior(4).sample(1, 0, -1)


def test_the_prior_draws_what_the_engine_draws(vae_run):
    z, images = vae_run.engine.sample(6, seed=3)
    made = generate(vae_run.engine, Prior(3), 6, seed=3)
    np.testing.assert_array_equal(made.z, z)
    np.testing.assert_array_equal(made.images, images)
    assert made.labels is None


def test_the_aggregate_posterior_has_the_moments_of_one_draw_a_code(vae_run, digits):
    mixture = fit_posterior(vae_run.engine, digits)
    codes = vae_run.engine.encode(digits.images[digits.split.train])
    mean = mixture.weights @ mixture.means
    apart = mixture.means - mean
    within = np.einsum("k,kij->ij", mixture.weights, mixture.covariances)
    covariance = within + (mixture.weights * apart.T) @ apart
    np.testing.assert_allclose(mean, codes.mu.mean(0), atol=0.1)
    expected = np.cov(codes.mu, rowvar=False) + np.diag((codes.sigma**2).mean(0))
    np.testing.assert_allclose(covariance, expected, atol=0.15)


def test_the_codes_of_one_label_are_where_its_images_are(vae_run, digits):
    mixture = fit_posterior(vae_run.engine, digits, label=0)
    rows = digits.split.train
    mine, others = (
        vae_run.engine.encode(digits.images[rows[chosen]]).mu
        for chosen in (digits.labels[rows] == 0, digits.labels[rows] == 1)
    )
    density = GaussianMixture(len(mixture.weights))
    density.weights_, density.means_ = mixture.weights, mixture.means
    density.precisions_cholesky_ = np.linalg.cholesky(np.linalg.inv(mixture.covariances))
    assert density.score(mine) > density.score(others) + 5  # mean log densities


def test_a_label_without_images_is_refused(vae_run, digits):
    with pytest.raises(ValueError, match=r"label: choose another\.$"):
        fit_posterior(vae_run.engine, replace(digits, labels=digits.labels % 9), label=9)


def test_a_conditional_model_has_a_posterior_for_each_label(digits):
    class ByLabel(Told):
        """Puts each label somewhere else."""

        latent_dim = 2

        def encode(self, images, labels=None):
            from vaelab.engine import Codes

            mu = np.column_stack([labels, images.mean((1, 2, 3)) / 255]).astype(np.float32)
            return Codes(mu, np.full_like(mu, 0.01))

    mixtures = fit_posterior(ByLabel(), digits)
    assert sorted(mixtures) == list(range(10))
    for label, mixture in mixtures.items():
        assert mixture.weights @ mixture.means[:, 0] == pytest.approx(label, abs=0.01)


def test_labels_are_drawn_as_often_as_they_are(digits):
    some = replace(digits, labels=np.minimum(digits.labels, 2))
    counts = np.bincount(draw_labels(some, 20_000)) / 20_000
    expected = np.bincount(some.labels[some.split.train]) / len(some.split.train)
    np.testing.assert_allclose(counts, expected, atol=0.02)
    assert draw_labels(replace(digits, labels=None, label_names=()), 5) is None


def test_each_label_draws_from_its_own_source_and_is_decoded_with_it():
    sources = {y: Mixture(np.ones(1), np.full((1, 3), 10.0 * y), np.eye(3)[None]) for y in (0, 2)}
    labels = np.array([2, 0, 0, 2, 2])
    made = generate(Told(), sources, 5, labels)
    np.testing.assert_array_equal(made.images[:, 0, 1, 1], labels)
    np.testing.assert_allclose(made.z.mean(1), 10 * labels, atol=5)
    assert len(np.unique(made.z)) == 15
    for call in (
        lambda: generate(Told(), sources, 2),
        lambda: generate(Told(), sources, 2, np.array([0, 1])),
    ):
        with pytest.raises(ValueError, match=r"label\S* .*\.$"):
            call()


def test_each_label_in_turn_shares_a_code_where_all_share_a_source():
    made = generate_each(Told(), Prior(3), np.array([0, 2]), 4, seed=5)
    np.testing.assert_array_equal(made.labels, [0, 2] * 4)
    np.testing.assert_array_equal(made.z[::2], made.z[1::2])
    np.testing.assert_array_equal(made.z[::2], Prior(3).sample(4, 5))
    np.testing.assert_array_equal(made.images[:, 0, 1, 1], [0, 2] * 4)
    sources = {y: Mixture(np.ones(1), np.full((1, 3), 50.0 * y), np.eye(3)[None]) for y in (0, 2)}
    apart = generate_each(Told(), sources, np.array([0, 2]), 4)
    assert (apart.z[::2] < 25).all()
    assert (apart.z[1::2] > 25).all()


@pytest.fixture(scope="module")
def judge(digits):
    return Judge.of(digits)


def test_the_judge_asks_for_as_many_images_as_are_held_out(judge, digits):
    held_out = np.concatenate([digits.split.validation, digits.split.test])
    assert judge.num_images == len(held_out) == len(judge.real)
    np.testing.assert_array_equal(np.sort(judge.held_out), np.sort(held_out))
    with pytest.raises(ValueError, match=r"360 images .* has 10\.$"):
        judge.judge(digits.images[:10])


def test_no_training_image_is_nearer_than_itself_and_memory_shows(judge, digits):
    learned = judge.judge(digits.images[digits.split.train[: judge.num_images]])
    held_out = judge.judge(digits.images[judge.held_out])
    np.testing.assert_allclose(learned.nearest, 0, atol=1e-6)
    assert np.median(held_out.nearest) > 0.08


def test_its_figures_are_those_of_samples(judge, digits):
    images = digits.images[judge.held_out]
    found = judge.judge(images)
    features = judge.space.features(images)
    assert found.frechet == pytest.approx(frechet_distance(judge.real, features))
    assert found.coverage == density_coverage(judge.real, features).coverage
    assert found.kid == pytest.approx(kernel_distance(judge.real / judge.unit, features / judge.unit))
    np.testing.assert_allclose((judge.real / judge.unit).astype(float).var(), 1, rtol=0.01)
    _, expected = nearest_images(digits.images[digits.split.train], images)
    np.testing.assert_allclose(found.nearest, expected[:200])


def test_real_images_are_better_than_samples_and_those_better_than_noise(judge, vae_run, digits):
    real = judge.judge(digits.images[judge.held_out])
    made = judge.judge(generate(vae_run.engine, Prior(3), judge.num_images).images)
    noise = judge.judge(np.random.default_rng(0).uniform(size=(judge.num_images, 1, 8, 8)))
    assert real.frechet < made.frechet < noise.frechet
    assert real.recall > made.recall
    assert real.coverage > 0.9
    assert noise.coverage < 0.1
    assert abs(real.kid) < 3 * judge.kid_deviation < made.kid < noise.kid
    # What Fréchet's distance makes of images that are as good as can be is all bias.
    assert real.frechet > 0.1
    assert real.precision > 0.8
    assert noise.precision < 0.2


def test_an_autoencoders_mixture_is_nearer_to_real_images_than_its_prior(judge, ae_run, digits):
    sources = Prior(2), fit_posterior(ae_run.engine, digits)
    prior, mixture = (judge.judge(generate(ae_run.engine, source, judge.num_images).images) for source in sources)
    assert mixture.frechet < 0.7 * prior.frechet


def test_too_few_held_out_images_are_refused(digits):
    split = replace(digits.split, validation=digits.split.validation[:1], test=digits.split.test[:1])
    with pytest.raises(ValueError, match=r"6 held-out images .* there are 2"):
        Judge.of(replace(digits, split=split))
