"""A model that is no run's: on images that are given, or on draws from the prior."""

import json

import numpy as np
import pytest
from safetensors.numpy import load

from tests.sharing.test_one_file import parts_of, spec_of
from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset
from vaelab.engine import Engine
from vaelab.export import browser_model
from vaelab.networks.models import build_model


@pytest.fixture(scope="module")
def in_memory(vae_run):
    """The model of ``vae_run``, without its run."""
    return Engine(vae_run.engine.model, vae_run.config)


def test_opened_from_a_run_it_shows_the_run(vae_run):
    page = vae_run.engine.explorer(points=50)
    assert page.title == vae_run.title
    assert vae_run.engine._repr_html_().startswith("<iframe")


def test_on_images_that_are_given(in_memory, digits, vae_run):
    parts = parts_of(in_memory.explorer(digits, points=60).page)
    arrays = load(parts["map-0"])
    codes = vae_run.engine.encode(digits.images[arrays["indices"]])
    np.testing.assert_allclose(arrays["codes"], codes.mu, atol=5e-3)  # in half precision
    np.testing.assert_allclose(arrays["sigma"], codes.sigma, rtol=1e-3)
    assert "images-0" in parts
    assert len(json.loads(parts["views"])[0]["errors"]) == 101
    weights, _ = vae_run.checkpoint()
    layers, shape = vae_run.layers, vae_run.data.image_shape
    whole = load(browser_model(vae_run.config, shape, layers, weights, "any"))
    for name, array in load(parts["model-0"]).items():
        np.testing.assert_array_equal(array, whole[name])


def test_without_images_a_vae_is_shown_on_the_prior(in_memory):
    page = in_memory.explorer()
    parts = parts_of(page.page)
    codes = load(parts["map-0"])["codes"].astype(float)
    assert codes.shape == (2000, 3)
    assert np.abs(codes.mean(0)).max() < 0.1
    assert np.abs(codes.std(0) - 1).max() < 0.1
    assert spec_of(parts["map-0"], "map")["thumbnails"] is None
    assert "2,000 codes drawn from the prior" in page.page


def test_without_images_an_autoencoder_says_what_it_lacks(ae_run):
    alone = Engine(ae_run.engine.model, ae_run.config)
    with pytest.raises(ValueError, match=r"engine\.explorer\(data\)"):
        alone.explorer()
    assert alone._repr_html_().startswith("<p>This model&#x27;s codes")


def test_another_model_has_another_name(in_memory):
    def name(engine):
        return spec_of(parts_of(engine.explorer().page)["model-0"], "model")["id"]

    other = Engine(build_model(TrainConfig(latent_dim=2), (1, 8, 8)), TrainConfig(latent_dim=2))
    assert name(in_memory) == name(in_memory)
    assert name(in_memory) != name(other)


def test_images_of_another_size_are_refused(in_memory, rng):
    others = ImageDataset.of(rng.integers(0, 256, (20, 1, 16, 16), np.uint8), name="others")
    with pytest.raises(ValueError, match="this model's are"):
        in_memory.explorer(others)
