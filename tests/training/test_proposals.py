"""Settings that the Train page begins with, before anybody has looked at the images."""

import pytest

from vaelab.config import TrainConfig
from vaelab.datasets import SOURCES, check_fit
from vaelab.training.proposals import is_small, usual_config


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.name)
def test_every_dataset_gets_settings_that_fit_it(source):
    config = usual_config(source)
    check_fit(config)
    assert config.dataset == source.name
    channels, side, _ = source.image_shape
    if is_small(channels, side):
        # What a person who asks for nothing else gets in Python too.
        assert config == TrainConfig(dataset=source.name, epochs=config.epochs)
    else:
        assert config.architecture == "conv"
        assert config.latent_dim > 2
    # Long enough to learn something, short enough to wait for.
    assert 100_000 <= config.epochs * source.num_images <= 1_500_000


def test_colour_photographs_are_not_taken_for_black_and_white():
    config = usual_config(SOURCES["cifar10"])
    assert (config.architecture, config.likelihood, config.latent_dim) == ("conv", "gaussian_learned", 16)
