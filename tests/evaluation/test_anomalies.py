from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from scipy.spatial.distance import cdist

from pages._ui.resources import EXAMPLES
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import load_dataset
from vaelab.evaluation.anomalies import SCORES, Detector, oddness, unit_of
from vaelab.evaluation.calibration import complexity
from vaelab.evaluation.detection import detect
from vaelab.evaluation.image_errors import blur_side, smoothed_error
from vaelab.runs import Run
from vaelab.training.running import train

BLACK = np.zeros(1)


@pytest.fixture(scope="module")
def detector(vae_run, digits):
    return Detector(vae_run.engine, digits)


@pytest.fixture
def test_images(digits):
    return digits.images[digits.split.test]


def square(side, image_side=16, value=255):
    image = np.zeros((1, 1, image_side, image_side), np.uint8)
    image[:, :, 3 : 3 + side, 3 : 3 + side] = value
    return image


@pytest.mark.parametrize("side", [1, 5, 9])
@pytest.mark.parametrize("value", [255, 51])
def test_complexity_is_perimeter_and_area_times_contrast(side, value):
    contour, ink = np.expm1(complexity(square(side, value=value), BLACK))[0]
    # Plain sums count the steps across the outline: 2 a side and row, so 4 a side in all.
    assert contour == pytest.approx(4 * side * value / 255, rel=1e-5)
    assert ink == pytest.approx(side**2 * value / 255, rel=1e-5)


def test_complexity_counts_all_channels_and_from_the_ground_on():
    image = np.repeat(square(4), 3, axis=1)
    gray, colour = complexity(square(4), BLACK), complexity(image, np.zeros(3))
    assert np.expm1(colour) == pytest.approx(3 * np.expm1(gray), rel=1e-5)
    on_white = complexity(255 - image, np.ones(3))
    assert on_white == pytest.approx(colour, rel=1e-5)


@pytest.mark.parametrize("side", [8, 16, 28, 64])
def test_smoothed_error_is_that_of_a_mean_filter(rng, side):
    images = rng.integers(0, 256, (5, 3, side, side), dtype=np.uint8)
    back = rng.random((5, 3, side, side), dtype=np.float32)
    box = (0, 0, blur_side(side), blur_side(side))
    off = uniform_filter((images / 255 - back).astype(np.float64), box, mode="constant")
    assert smoothed_error(images, back) == pytest.approx((off**2).sum((1, 2, 3)), rel=1e-5)
    # Floats in [0, 1] are the same images.
    assert smoothed_error(images / 255, back) == pytest.approx((off**2).sum((1, 2, 3)), rel=1e-5)


def test_smoothed_error_forgives_a_displaced_stroke_but_not_a_missing_one():
    stroke = np.zeros((1, 1, 28, 28), np.float32)
    stroke[..., 14] = 1
    displaced, missing = np.roll(stroke, 1, axis=3), np.zeros_like(stroke)

    def plain(back):
        return float(((stroke - back) ** 2).sum())

    assert plain(displaced) > plain(missing)
    assert smoothed_error(stroke, displaced) < smoothed_error(stroke, missing)


def test_smoothed_error_refuses_another_shape():
    with pytest.raises(ValueError, match="one shape"):
        smoothed_error(square(2), np.zeros((1, 1, 8, 8)))


def test_nats_are_the_engine_s(detector, test_images, vae_run):
    at_mean = vae_run.engine.terms(test_images, seed=None)
    sampled = vae_run.engine.expected_terms(test_images)
    assert detector.score("reconstruction", test_images) == pytest.approx(at_mean.reconstruction)
    assert detector.score("elbo", test_images) == pytest.approx(sampled.reconstruction + sampled.kl)
    # Which is what the run's own evaluation says, too.
    assert detector.score("elbo", test_images).mean() == pytest.approx(-vae_run.evaluation()["elbo"], rel=5e-3)


def test_the_negative_elbo_is_the_mean_of_many_draws(detector, test_images, vae_run):
    draws = [vae_run.engine.terms(test_images, seed=seed) for seed in range(300)]
    losses = np.array([terms.reconstruction + terms.kl for terms in draws])
    off = detector.score("elbo", test_images) - losses.mean(0)
    assert np.abs(off).mean() < 0.4 * losses.std(0).mean(), "a quarter of a draw's, or less, where it is linear in it"
    assert abs(off.mean()) < 0.1 * losses.std(0).mean()


def test_latent_distance_is_to_the_tenth_neighbour_in_training(detector, test_images, vae_run, digits):
    known = vae_run.engine.encode(digits.images[digits.split.train])
    codes = vae_run.engine.encode(test_images).mu
    variance = (known.sigma.astype(float) ** 2).mean(0)
    assert (known.mu.var(0) > 0.01).all()
    distances = np.sort(cdist(codes, known.mu, "seuclidean", V=variance), axis=1)
    assert detector.score("latent", test_images) == pytest.approx(distances[:, 9], rel=1e-4)


def test_dead_dimensions_have_no_say_in_the_latent_distance(test_images):
    run = Run.open(EXAMPLES / "digits-without-4-16d")
    data = run.images()
    known, codes = run.engine.encode(data.images[data.split.train]), run.engine.encode(test_images).mu
    active = known.mu.var(0) > 0.01
    assert active.sum() == 9
    sigma = np.sqrt((known.sigma**2).mean(0))
    distances = np.sort(cdist((codes / sigma)[:, active], (known.mu / sigma)[:, active]), axis=1)
    found = Detector(run.engine, data).score("latent", test_images)
    assert found == pytest.approx(distances[:, 9], rel=1e-3)


def test_an_autoencoders_latent_distance_is_in_units_of_its_codes(ae_run, digits, test_images):
    known, codes = (ae_run.engine.encode(x).mu for x in (digits.images[digits.split.train], test_images))
    distances = np.sort(cdist(codes, known), axis=1)
    found = Detector(ae_run.engine, digits).score("latent", test_images)
    assert found == pytest.approx(distances[:, 9], rel=1e-4)
    assert (unit_of("latent", is_vae=False), unit_of("elbo")) == ("units of z", "nats")


def test_what_is_normal_is_said_by_validation_images_where_there_are_enough(detector, vae_run, digits):
    np.testing.assert_array_equal(detector.normal, digits.images[digits.split.validation])
    assert detector.is_held_out
    split = replace(digits.split, validation=digits.split.validation[:49])
    few = Detector(vae_run.engine, replace(digits, split=split))
    np.testing.assert_array_equal(few.normal, digits.images[digits.split.train])
    assert not few.is_held_out


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda x: np.where(x == x.max(), np.nan, x / 255), "not finite"),
        (lambda x: x.astype(float), "divide by 255"),
        (lambda x: x.astype(np.int64), "uint8"),
        (lambda x: x[:, :, :7], "shape"),
    ],
)
def test_images_that_are_none_of_the_models_are_refused_at_once(detector, test_images, name, spoil, message):
    with pytest.raises(ValueError, match=message):
        detector.score(name, spoil(test_images[:3]))


def test_calibrated_is_one_for_images_as_expected(detector, digits):
    held_out = digits.images[digits.split.validation]
    ratio = detector.score("calibrated", held_out)
    # A least-squares fit with a constant leaves residuals of mean zero that know nothing of the
    # features.
    assert np.log(ratio).mean() == pytest.approx(0, abs=1e-6)
    contour, ink = np.minimum(complexity(held_out, BLACK), detector.calibration.most).T
    assert abs(np.corrcoef(np.log(ratio), contour)[0, 1]) < 1e-5
    assert abs(np.corrcoef(np.log(ratio), ink)[0, 1]) < 1e-5


def test_calibrated_is_the_error_over_what_is_expected(detector, test_images, vae_run):
    errors = ((test_images / 255.0 - vae_run.engine.reconstruct(test_images)) ** 2).sum((1, 2, 3))
    features = np.minimum(complexity(test_images, BLACK), detector.calibration.most)
    a, b, c = detector.calibration.weights
    expected = np.exp(a) * np.exp(features[:, 0]) ** b * np.exp(features[:, 1]) ** c
    assert detector.score("calibrated", test_images) == pytest.approx(errors / expected, rel=1e-4)


def test_noise_is_anomalous_however_complex(detector, test_images, rng):
    noise = rng.integers(0, 256, (200, 1, 8, 8), dtype=np.uint8)
    for name in ("calibrated", "reconstruction", "elbo"):
        found = detect(detector.score(name, test_images), detector.score(name, noise))
        assert found.auc > 0.95, name


@pytest.mark.parametrize("name", SCORES)
def test_scores_depend_on_the_image_alone(detector, test_images, name):
    once, again = detector.score(name, test_images), detector.score(name, test_images)
    assert (once == again).all()
    assert np.isfinite(once).all()
    assert detector.score(name, test_images[7:9]) == pytest.approx(once[7:9], rel=1e-4)
    assert detector.score(name, test_images[::-1]) == pytest.approx(once[::-1], rel=1e-4)
    assert detector.score(name, test_images[:0]).shape == (0,)


def test_an_autoencoder_has_no_elbo(ae_run, digits, test_images):
    detector = Detector(ae_run.engine, digits)
    assert set(detector.scores) == set(SCORES) - {"elbo"}
    for name in detector.scores:
        assert detector.score(name, test_images).shape == (len(test_images),)
    with pytest.raises(ValueError, match="no ELBO"):
        detector.score("elbo", test_images)


def test_there_is_no_other_score(detector, test_images):
    with pytest.raises(ValueError, match="no score 'luck'"):
        detector.score("luck", test_images)


def test_a_conditional_model_is_told_the_label_that_explains_best(tmp_path, digits):
    config = TrainConfig(conditional=True, latent_dim=3, epochs=8, hidden=(64,), batch_size=64)
    engine = train(config, digits, tmp_path / "run").engine
    detector = Detector(engine, digits)
    images = digits.images[digits.split.test]
    found = detector.labels_for(images)
    losses = []
    for label in range(10):
        terms = engine.terms(images, seed=None, labels=label)
        losses.append(terms.reconstruction + terms.kl)
    assert (np.array(losses)[found, np.arange(len(images))] == np.min(losses, axis=0)).all()
    # Which is, more often than not, the label that the image has.
    assert (found == digits.labels[digits.split.test]).mean() > 0.7
    for name in SCORES:
        assert np.isfinite(detector.score(name, images)).all()


@pytest.mark.slow
def test_a_digit_left_out_is_found_where_the_elbo_is_fooled(tmp_path, digits):
    """Ones are simple: a model that never saw one finds them as probable as what it learned."""
    data = load_dataset("digits", Preprocessing(classes=tuple("023456789")))
    config = TrainConfig(latent_dim=16, epochs=40, hidden=(128, 64), batch_size=64, preprocessing=data.preprocessing)
    detector = Detector(train(config, data, tmp_path / "run").engine, data)
    normal, ones = data.images[data.split.test], digits.images[digits.labels == 1]

    def auc(name):
        return detect(detector.score(name, normal), detector.score(name, ones)).auc

    assert auc("calibrated") > 0.85
    assert auc("calibrated") > auc("elbo") + 0.05


def test_an_image_is_odd_that_is_odd_by_any_score(rng):
    error, distance = rng.gamma(3, 2, 500), rng.gamma(2, 1, 500)
    error[7], distance[9] = 100, 40
    joined = oddness(error, distance)
    assert set(np.argsort(-joined)[:2]) == {7, 9}
    # In spreads: of another unit, the same.
    np.testing.assert_allclose(oddness(1000 * error + 5, distance), joined)
    # Of a normal score, standard deviations.
    normal = rng.normal(3, 2, 100_000)
    np.testing.assert_allclose(oddness(normal), (normal - 3) / 2, atol=0.1)
    assert np.isfinite(oddness(np.ones(50), error[:50])).all()
