"""A training set's principal components, against scikit-learn's, and a model that starts at them."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from vaelab.choices import LIKELIHOODS
from vaelab.config import TrainConfig
from vaelab.networks import pca as pca_module
from vaelab.networks.models import build_model
from vaelab.networks.pca import principal_components
from vaelab.training.devices import to_float

NETWORKS = {
    "mlp": {"architecture": "mlp", "hidden": (12, 6)},
    "conv": {"architecture": "conv", "channels": (3, 4), "conv_hidden": 6},
}
every_network = pytest.mark.parametrize("network", NETWORKS)


def pictures(count=300, channels=3, side=16):
    """Blobs of any colour at any place, with some noise: images whose spread falls off slowly."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side]
    center, width = rng.uniform(0, side, (2, count, 1, 1, 1)), rng.uniform(2, 5, (count, 1, 1, 1))
    blobs = np.exp(-((x - center[0]) ** 2 + (y - center[1]) ** 2) / (2 * width**2))
    image = (
        1 - blobs * rng.uniform(0, 0.9, (count, channels, 1, 1)) + rng.normal(0, 0.02, (count, channels, side, side))
    )
    return (255 * image.clip(0, 1)).round().astype(np.uint8)


def model_at_pca(images, network="mlp", **settings):
    config = TrainConfig(**NETWORKS[network] | {"latent_dim": 5, "likelihood": "gaussian", "pca_path": True} | settings)
    model = build_model(config, images.shape[1:], 3)
    model.start_at(images, config.seed)
    return model


def reconstruct(model, images, labels=None):
    with torch.no_grad():
        mu = model.encoder(to_float(torch.tensor(images)), labels).mu
        return mu, model.likelihood.mean(model.decoder(mu, labels)).numpy()


def sklearns(images, held_out, num_components):
    flat, others = (part.reshape(len(part), -1) / 255 for part in (images, held_out))
    pca = PCA(num_components, svd_solver="full", whiten=True).fit(flat)
    codes = pca.transform(others)
    return codes, pca.inverse_transform(codes).reshape(held_out.shape)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("num_components", [1, 5, 16])
def test_components_are_those_of_scikit_learn(channels, num_components):
    images = pictures(channels=channels)
    mean, directions, spread = principal_components(images, num_components)
    pca = PCA(num_components, svd_solver="full").fit(images.reshape(len(images), -1) / 255)
    assert np.allclose(mean, pca.mean_, atol=1e-6)
    # scikit-learn divides by N - 1.
    assert np.allclose(spread, pca.singular_values_ / len(images) ** 0.5, rtol=1e-5)
    assert np.allclose(np.abs(directions.numpy() @ pca.components_.T), np.eye(num_components), atol=1e-4)
    assert (directions.gather(1, directions.abs().argmax(1, keepdim=True)) > 0).all()


def test_components_are_the_same_each_time_and_leave_the_random_numbers_of_others_alone():
    images = pictures()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = principal_components(images, 4)
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(a, b) for a, b in zip(first, principal_components(images, 4), strict=True))


def test_of_many_images_a_sample_of_the_seed_is_enough(monkeypatch):
    images = pictures(2000)
    _, _, whole = principal_components(images, 3)
    monkeypatch.setattr(pca_module, "MAX_NUMBERS", 500 * images[0].size)
    seen = []
    plain = torch.pca_lowrank
    monkeypatch.setattr(torch, "pca_lowrank", lambda x, **how: seen.append(x.shape) or plain(x, **how))
    sample, again, other = (principal_components(images, 3, seed) for seed in (0, 0, 1))
    assert seen == [(500, images[0].size)] * 3
    assert np.allclose(sample.spread, whole, rtol=0.1)
    assert torch.equal(sample.spread, again.spread)
    assert not torch.equal(sample.spread, other.spread)


@pytest.mark.parametrize(("count", "found"), [(1, 0), (3, 2), (40, 16)])
def test_no_more_components_than_the_images_differ_in(count, found):
    images = pictures(count)
    assert len(principal_components(images, 16).spread) == found
    assert len(principal_components(np.repeat(images[:1], count, 0), 16).spread) == 0
    # A model has room for more; the rest is the network's.
    model = model_at_pca(images, latent_dim=16)
    assert all(parameter.isfinite().all() for parameter in model.parameters())
    _, x_hat = reconstruct(model, images)
    if count <= 3:
        assert np.allclose(x_hat, images / 255, atol=1e-4)


# --- A model that starts there ------------------------------------------------------------------


@every_network
@pytest.mark.parametrize("kind", ["ae", "vae"])
@pytest.mark.parametrize("likelihood", ["gaussian", "gaussian_learned"])
def test_before_training_a_model_is_scikit_learns_pca(network, kind, likelihood):
    images = pictures()
    model = model_at_pca(images[:250], network, model=kind, likelihood=likelihood)
    mu, x_hat = reconstruct(model, images[250:])
    codes, expected = sklearns(images[:250], images[250:], 5)
    assert np.abs(x_hat - expected.clip(0, 1)).max() < 1e-4
    # Codes have the prior's spread, up to the sign of each.
    assert np.allclose(np.abs(mu.numpy()), np.abs(codes) * (250 / 249) ** 0.5, atol=2e-3)


@every_network
@pytest.mark.parametrize("likelihood", ["bernoulli", "continuous_bernoulli"])
def test_where_the_mean_is_curved_a_model_starts_at_pca_as_well(network, likelihood):
    images = pictures()
    _, x_hat = reconstruct(model_at_pca(images[:250], network, likelihood=likelihood), images[250:])
    _, expected = sklearns(images[:250], images[250:], 5)
    # One gray level from black and white; and Kröger's inverse is right to 0.3%.
    assert np.abs(x_hat - expected.clip(1 / 255, 254 / 255)).max() < 1e-3


@every_network
def test_a_conditional_model_starts_at_pca_whatever_the_label(network):
    images = pictures()
    model = model_at_pca(images[:250], network, conditional=True)
    _, expected = sklearns(images[:250], images[250:], 5)
    for label in range(3):
        _, x_hat = reconstruct(model, images[250:], torch.full((50,), label))
        assert np.abs(x_hat - expected.clip(0, 1)).max() < 1e-4


@every_network
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_other_weights_are_those_of_the_same_seed_without_pca(network, likelihood):
    images = pictures(100)
    config = TrainConfig(**NETWORKS[network], likelihood=likelihood)
    plain, path = (
        build_model(config.model_copy(update={"pca_path": on}), images.shape[1:]).state_dict() for on in (False, True)
    )
    assert path.keys() - plain.keys() == {
        f"{part}.linear.{name}" for part in ("encoder", "decoder") for name in ("weight", "bias")
    }
    assert all(torch.equal(path[name], weight) for name, weight in plain.items())
