import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import load_dataset
from vaelab.evaluation import evaluate, full
from vaelab.evaluation.full import evaluate_fully
from vaelab.training.running import train

FACTORS = {"mig", "disentanglement", "completeness", "informativeness", "factor_vae"}


def figures_of(*arguments):
    return evaluate_fully(*arguments)[0]


def test_the_figures_of_a_vae_are_those_of_its_evaluation_with_intervals(vae_run, digits):
    told = []
    figures = figures_of(vae_run.engine, digits, told.append)
    plain = evaluate(vae_run.engine, digits)
    for name in ("elbo", "reconstruction", "kl", "knn_accuracy"):
        value, low, high = figures[name]
        assert value == pytest.approx(getattr(plain, name), rel=1e-6)
        assert low < value < high
    assert figures["active_units"] == plain.active_units
    bounds = [figures["bounds"][k][0] for k in ("1", "10", "100", "1000")]
    assert bounds == sorted(bounds)
    assert figures["num_bound_images"] == figures["num_images"] == 180
    assert bounds[0] == pytest.approx(plain.elbo, abs=0.5)
    assert all(figures[name] is None for name in FACTORS)
    assert told == sorted(told)
    assert json.loads(json.dumps(figures)) == figures


def test_images_whose_bounds_are_taken_are_a_sample_of_all_held_out_ones(vae_run, digits, monkeypatch):
    """They may be in the order of their classes, or the easy ones first as MNIST's."""
    met = []

    def importance_bounds(engine, images, **options):
        met.append(images)
        return np.zeros((4, len(images)))

    monkeypatch.setattr(full, "importance_bounds", importance_bounds)
    monkeypatch.setattr(full, "NUM_BOUND_IMAGES", 60)
    order = np.argsort(digits.labels[digits.split.test], kind="stable")
    by_class = replace(digits, split=replace(digits.split, test=digits.split.test[order]))
    assert figures_of(vae_run.engine, by_class)["num_bound_images"] == 60
    held_out = {image.tobytes() for image in digits.images[digits.split.test]}
    assert {image.tobytes() for image in met[0]} <= held_out
    assert len(np.unique(met[0], axis=0)) == 60
    label_of = {image.tobytes(): label for image, label in zip(digits.images, digits.labels, strict=True)}
    assert len({label_of[image.tobytes()] for image in met[0]}) == 10


def test_the_rate_is_that_of_training_images(vae_run, digits):
    rate = figures_of(vae_run.engine, digits)["rate"]
    train = digits.split.train
    kl = vae_run.engine.terms(digits.images[train]).kl.mean()
    parts = rate["information"] + rate["total_correlation"] + rate["dimension_kl"]
    assert parts == pytest.approx(kl, abs=0.1)
    assert 0 < rate["information"] < rate["log_num_images"] == pytest.approx(np.log(len(train)), abs=1e-4)


def test_collapsed_codes_say_nothing(digits, tmp_path):
    """KL 1.5e-5 nats, and a k-NN accuracy of 79%: means tremble as the images differ."""
    config = TrainConfig(latent_dim=8, epochs=40, beta=10, hidden=(64,))
    run = train(config, digits, tmp_path / "collapsed")
    figures = figures_of(run.engine, digits)
    assert figures["kl"][0] < 0.01
    assert figures["active_units"] == 0
    assert figures["knn_accuracy"][0] == pytest.approx(0.1, abs=0.06)
    assert run.evaluation()["knn_accuracy"] == pytest.approx(0.1, abs=0.06)
    assert abs(figures["rate"]["information"]) < 0.01


@pytest.mark.parametrize(
    ("preprocessing", "varying"),
    [
        (Preprocessing(size=16, classes=("heart",), num_images=200), [1, 2, 3, 4]),
        (Preprocessing(size=16, num_images=60), None),
    ],
)
def test_what_can_be_had_is_had_where_disentanglement_cannot(tmp_path, preprocessing, varying):
    """The whole study failed, and an ELBO that was there was lost."""
    config = TrainConfig(dataset="shapes", preprocessing=preprocessing, latent_dim=3, epochs=1, hidden=(16,))
    data = load_dataset("shapes", config.preprocessing)
    figures = figures_of(train(config, data, tmp_path / "few").engine, data)
    assert figures["elbo"] is not None
    assert figures["factors"] == varying
    assert (figures["mig"] is None) == (varying is None)
    if varying:
        assert np.array(figures["information"]).shape == (3, 4)


def test_an_autoencoder_has_no_bounds(ae_run, digits):
    figures = figures_of(ae_run.engine, digits)
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
    figures = figures_of(run.engine, data)
    for name in FACTORS:
        value, low, high = figures[name]
        assert 0 <= low <= value <= high <= 1
    information = np.array(figures["information"])
    assert information.shape == (3, 5)
    assert information.min() >= 0
    assert information.max() <= 1


def test_figures_are_the_means_of_what_is_kept_of_each_image(vae_run, ae_run, digits):
    for run, names in ((vae_run, {"elbo", "reconstruction", "kl"}), (ae_run, {"reconstruction"})):
        figures, arrays = evaluate_fully(run.engine, digits)
        assert arrays.keys() == names | {"knn_accuracy", "linear_accuracy"}
        for name, each in arrays.items():
            assert each.shape == (180,)
            assert each.mean() == pytest.approx(figures[name][0], rel=1e-4)


def test_baselines_are_what_scikit_learn_says_of_principal_components_and_chance(vae_run, digits):
    found = figures_of(vae_run.engine, digits)["baselines"]
    train, test = (digits.images[part].reshape(len(part), -1) / 255 for part in (digits.split.train, digits.split.test))
    pca = PCA(3).fit(train)
    vote = KNeighborsClassifier(10).fit(pca.transform(train), digits.labels[digits.split.train])
    expected = vote.score(pca.transform(test), digits.labels[digits.split.test])
    assert found["PCA"]["knn_accuracy"] == pytest.approx(expected, abs=0.02)
    assert found["PCA"]["linear_accuracy"] > 0.4
    for name in ("knn_accuracy", "linear_accuracy"):
        assert found["noise"][name] == pytest.approx(0.1, abs=0.08)
