import json

import numpy as np
import pytest

from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import load_dataset
from vaelab.evaluation import evaluate, full
from vaelab.evaluation.full import evaluate_fully
from vaelab.training import train

FACTORS = {"mig", "disentanglement", "completeness", "informativeness", "factor_vae"}


def test_the_figures_of_a_vae_are_those_of_its_evaluation_with_intervals(vae_run, digits):
    told = []
    figures = evaluate_fully(vae_run.engine, digits, told.append)
    plain = evaluate(vae_run.engine, digits)
    for name in ("elbo", "reconstruction", "kl", "knn_accuracy"):
        value, low, high = figures[name]
        assert value == pytest.approx(getattr(plain, name), rel=1e-6)
        assert low < value < high
    assert figures["active_units"] == plain.active_units
    bounds = [figures["bounds"][k][0] for k in ("1", "10", "100", "1000")]
    assert bounds == sorted(bounds)
    assert bounds[0] == pytest.approx(plain.elbo, abs=0.5)
    assert all(figures[name] is None for name in FACTORS)
    assert told == sorted(told)
    assert json.loads(json.dumps(figures)) == figures


def test_images_whose_bounds_are_taken_are_spread_over_all_held_out_ones(vae_run, digits, monkeypatch):
    """They may be in the order of their classes."""
    met = []

    def importance_bounds(engine, images, **options):
        met.append(images)
        return np.zeros((4, len(images)))

    monkeypatch.setattr(full, "importance_bounds", importance_bounds)
    monkeypatch.setattr(full, "NUM_BOUND_IMAGES", 10)
    assert evaluate_fully(vae_run.engine, digits)["num_bound_images"] == 10
    held_out = digits.images[digits.split.test]
    assert np.array_equal(met[0][[0, -1]], held_out[[0, -1]])
    assert len(np.unique(met[0], axis=0)) == 10


def test_an_autoencoder_has_no_bounds(ae_run, digits):
    figures = evaluate_fully(ae_run.engine, digits)
    assert figures["elbo"] is figures["kl"] is figures["bounds"] is None
    assert figures["reconstruction"][0] > 0


@pytest.mark.slow
def test_known_factors_are_measured(tmp_path):
    config = TrainConfig(
        dataset="shapes",
        preprocessing=Preprocessing(size=16, num_images=600),
        latent_dim=3,
        epochs=3,
        hidden=(32,),
    )
    data = load_dataset("shapes", config.preprocessing)
    run = train(config, data, tmp_path / "shapes")
    figures = evaluate_fully(run.engine, data)
    for name in FACTORS:
        value, low, high = figures[name]
        assert 0 <= low <= value <= high <= 1
    information = np.array(figures["information"])
    assert information.shape == (3, 5)
    assert information.min() >= 0
    assert information.max() <= 1
