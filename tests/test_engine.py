import re

import numpy as np
import pytest
import torch

from vaelab.config import TrainConfig
from vaelab.engine import Engine
from vaelab.evaluation import knn_accuracy
from vaelab.evaluation.bounds import importance_bounds
from vaelab.networks.models import build_model
from vaelab.networks.nn import Posterior
from vaelab.networks.objectives import log_weights, loss_terms
from vaelab.runs import Run, RunError
from vaelab.training import devices
from vaelab.training.devices import to_float
from vaelab.training.running import train


@pytest.fixture(params=["vae_run", "ae_run", "conv_run"])
def engine(request):
    return request.getfixturevalue(request.param).engine


@pytest.fixture
def images(engine, rng):
    side = 28 if engine.config.architecture == "conv" else 8
    return rng.integers(0, 256, (7, 1, side, side), dtype=np.uint8)


def as_tensor(images):
    return to_float(torch.from_numpy(images))


def test_encode_gives_the_encoders_posteriors(engine, images):
    with torch.no_grad():
        mu, logvar = engine.model.encoder(as_tensor(images))
    codes = engine.encode(images)
    assert np.array_equal(codes.mu, mu.numpy())
    expected = np.exp(logvar.numpy() / 2) if engine.is_vae else np.zeros_like(codes.mu)
    assert np.allclose(codes.sigma, expected, rtol=1e-6)
    assert codes.mu.shape == codes.sigma.shape == (7, engine.latent_dim)
    assert codes.mu.dtype == codes.sigma.dtype == np.float32


def test_decode_gives_the_likelihoods_mean(engine, rng):
    z = rng.normal(size=(5, engine.latent_dim))
    with torch.no_grad():
        logits = engine.model.decoder(torch.from_numpy(z).float())
    decoded = engine.decode(z)
    assert np.array_equal(decoded, engine.model.likelihood.mean(logits).numpy())
    assert decoded.dtype == np.float32
    assert decoded.min() >= 0
    assert decoded.max() <= 1
    assert np.allclose(engine.decode(z[0]), decoded[:1], atol=1e-6)


def test_reconstruct_decodes_the_means(engine, images):
    assert np.array_equal(engine.reconstruct(images), engine.decode(engine.encode(images).mu))


def test_samples_are_of_the_prior_and_decoded(engine):
    z, drawn = engine.sample(2000, seed=3)
    assert np.array_equal(drawn[:20], engine.decode(z)[:20])
    assert z.shape == (2000, engine.latent_dim)
    # Four standard errors.
    assert np.abs(z.mean(0)).max() < 4 / 2000**0.5
    assert np.abs(z.std(0) - 1).max() < 4 / 4000**0.5
    assert np.array_equal(engine.sample(5, seed=3)[0], engine.sample(5, seed=3)[0])
    assert not np.array_equal(engine.sample(5)[0], engine.sample(5)[0])


def test_traverse_changes_one_dimension_and_no_other(engine, rng):
    z, values = rng.normal(size=engine.latent_dim), np.array([-2.0, 0.0, 1.5])
    for dim in range(engine.latent_dim):
        codes = np.tile(z, (3, 1))
        codes[:, dim] = values
        assert np.array_equal(engine.traverse(z, dim, values), engine.decode(codes))
    assert engine.traverse(z, 0, np.zeros(1)).shape[0] == 1
    for dim in (-1, engine.latent_dim):
        with pytest.raises(ValueError, match=f"There is no dimension {dim}: they run from 0 to"):
            engine.traverse(z, dim, values)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_codes_that_are_no_numbers_are_refused(engine, wrong):
    z = np.zeros((3, engine.latent_dim))
    z[1, 0] = wrong
    with pytest.raises(ValueError, match=r"^Some numbers of these codes are not finite \(NaN or infinite\): leave"):
        engine.decode(z)
    with pytest.raises(ValueError, match="not finite"):
        engine.traverse(np.zeros(engine.latent_dim), 0, np.array([0.0, wrong]))


REFUSED = {
    "another size": (np.zeros((2, 1, 9, 9), np.uint8), r"have shape \(2, 1, 9, 9\); this model's are \(N, 1, 8, 8\)"),
    "floats of 0 to 255": (np.full((2, 1, 8, 8), 200.0), "float64 from 200 to 200; .*: divide by 255"),
    "int64": (np.full((2, 1, 8, 8), 200), "int64 from 200 to 200; .*: turn them into uint8"),
    "uint16": (np.full((2, 1, 8, 8), 9999, np.uint16), "uint16 from 9999 to 9999; .*: scale them"),
    "NaN": (np.full((2, 1, 8, 8), np.nan), "not finite numbers"),
    "texts": (np.full((2, 1, 8, 8), "a"), "must be uint8, or floats"),
}
ENTRIES = {
    "encode": lambda engine, x: engine.encode(x),
    "reconstruct": lambda engine, x: engine.reconstruct(x),
    "restore": lambda engine, x: engine.restore(x, np.eye(8, dtype=bool)),
    "restore, no steps": lambda engine, x: engine.restore(x, np.eye(8, dtype=bool), num_steps=0),
    "terms": lambda engine, x: engine.terms(x),
    "expected_terms": lambda engine, x: engine.expected_terms(x),
    "log_weights": lambda engine, x: engine.log_weights(x, 3),
    "importance_bounds": lambda engine, x: importance_bounds(engine, x, (1, 2)),
}


@pytest.mark.parametrize("wrong", REFUSED)
@pytest.mark.parametrize("entry", ENTRIES)
def test_images_that_are_none_of_the_models_are_refused_at_once_in_a_sentence(vae_run, entry, wrong):
    images, sentence = REFUSED[wrong]
    with pytest.raises(ValueError, match=rf"(?s)^(These|Some pixels of these) images .*{sentence}.*\.$") as told:
        ENTRIES[entry](vae_run.engine, images)
    assert "\n" not in str(told.value)


def test_nothing_in_is_nothing_out(engine):
    z, drawn = engine.sample(0)
    assert z.shape == (0, engine.latent_dim)
    assert drawn.shape == engine.decode(z).shape == (0, *engine.model.image_shape)
    assert engine.traverse(np.zeros(engine.latent_dim), 0, np.zeros(0)).shape == drawn.shape


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda e, x: e.sample(-1), "The number of images to draw was -1; it must be at least 0."),
        (lambda e, x: e.log_weights(x, 0), "A weight takes at least one sample, not 0."),
        (lambda e, x: e.expected_terms(x, 0), "A mean takes at least one draw, not 0."),
        (lambda e, x: e.restore(x, np.ones((8, 8))), "What is visible is float64 (8, 8); it must be bool, (8, 8) or"),
        (lambda e, x: e.restore(x, np.ones((4, 4), bool)), "What is visible is bool (4, 4); it must be bool, (8, 8)"),
        (lambda e, x: e.restore(x, np.ones((8, 8), bool), num_steps=-1), "The number of steps was -1; it must be"),
        (lambda e, x: e.traverse(np.zeros(2), 0, np.zeros(4)), "This code has shape (2,); a traversal starts from one"),
        (lambda e, x: e.traverse(np.zeros(3), 0, np.zeros((2, 2))), "The values have shape (2, 2); they must be (K,)"),
    ],
)
def test_what_cannot_be_asked_is_said_at_once(vae_run, digits, ask, sentence):
    with pytest.raises(ValueError, match="^" + re.escape(sentence)):
        ask(vae_run.engine, digits.images[:2])


@pytest.mark.parametrize("seed", [0, 5])
def test_terms_are_the_losses_own(engine, images, seed):
    with torch.no_grad():
        noise = torch.Generator().manual_seed(seed)
        expected = loss_terms(engine.model, as_tensor(images), TrainConfig(), generator=noise)
    terms = engine.terms(images, seed)
    assert np.allclose(terms.reconstruction, expected.reconstruction.numpy(), rtol=1e-6)
    assert np.allclose(terms.kl, expected.kl.numpy(), rtol=1e-6)
    assert np.allclose(terms.kl_per_dim, expected.kl_per_dim.numpy(), rtol=1e-6)
    if not engine.is_vae:
        assert not terms.kl.any()


def test_terms_without_a_seed_are_of_the_decoded_means(engine, images):
    with torch.no_grad():
        x = as_tensor(images)
        logits = engine.model.decoder(engine.model.encoder(x).mu)
        expected = -engine.model.likelihood.log_prob(logits, x)
    assert np.allclose(engine.terms(images, None).reconstruction, expected.numpy(), rtol=1e-6)


def test_how_many_at_a_time_makes_no_difference(engine, images, monkeypatch):
    whole = (engine.encode(images).mu, engine.terms(images, None).reconstruction)
    drawn = engine.decode(whole[0])
    monkeypatch.setattr(Engine, "BATCH", 3)
    assert np.allclose(engine.encode(images).mu, whole[0], atol=1e-5)
    assert np.allclose(engine.terms(images, None).reconstruction, whole[1], rtol=1e-5)
    assert np.allclose(engine.decode(whole[0]), drawn, atol=1e-5)


def test_floats_in_the_unit_interval_are_the_same_images(engine, images):
    for dtype in (np.float32, np.float64):
        floats = (images / 255).astype(dtype)
        assert np.allclose(engine.encode(floats).mu, engine.encode(images).mu, atol=1e-5)


def test_images_are_left_as_they_were(engine, images):
    before = images.copy()
    images.setflags(write=True)
    engine.encode(images)
    engine.terms(images)
    assert np.array_equal(images, before)


def test_images_on_a_strided_view_are_read_right(engine, images):
    mirrored = images[:, :, :, ::-1]
    expected = engine.encode(np.ascontiguousarray(mirrored)).mu
    assert np.array_equal(engine.encode(mirrored).mu, expected)


@pytest.mark.parametrize("shape", [(2, 5), (5,), (2, 1, 9), ()])
def test_codes_of_another_shape_are_refused(vae_run, shape):
    with pytest.raises(ValueError, match=r"These codes have shape .* this model's are \(N, 3\)"):
        vae_run.engine.decode(np.zeros(shape))


@pytest.mark.parametrize("shape", [(0, 1, 8, 8), (1, 8, 8), (64,)])
def test_images_of_another_shape_are_refused(vae_run, shape):
    with pytest.raises(ValueError, match=r"have shape .*; this model's are \(N, 1, 8, 8\), N at least 1"):
        vae_run.engine.encode(np.zeros(shape, np.uint8))


def test_an_opened_engine_has_the_checkpoints_weights(vae_run):
    arrays, _ = vae_run.checkpoint()
    for name, weight in Run.open(vae_run.path).engine.model.state_dict().items():
        assert np.array_equal(weight.numpy(), arrays[f"model.{name}"])


def test_an_untrained_run_has_no_engine(tmp_path):
    with pytest.raises(RunError, match="nothing was trained that far"):
        Run.create(TrainConfig(), tmp_path / "run").engine  # noqa: B018


def test_an_engine_evaluates_whatever_mode_its_model_was_left_in():
    config = TrainConfig(hidden=(4,))
    model = build_model(config, (1, 8, 8))
    model.train()
    Engine(model, config).decode(np.zeros(2))
    assert not model.training
    assert all(parameter.grad is None for parameter in model.parameters())


# --- Labels -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def conditional_run(tmp_path_factory, digits):
    """A VAE that was told which digit it sees. Read only."""
    config = TrainConfig(
        latent_dim=3,
        epochs=40,
        hidden=(64, 32),
        batch_size=64,
        learning_rate=5e-3,
        conditional=True,
    )
    return train(config, digits, tmp_path_factory.mktemp("runs") / "conditional")


@pytest.fixture
def told(conditional_run):
    return conditional_run.engine


@pytest.fixture(scope="module")
def some(digits):
    return digits.images[:9], digits.labels[:9]


def test_an_opened_conditional_run_knows_its_labels(conditional_run, vae_run):
    assert conditional_run.engine.num_labels == 10
    assert vae_run.engine.num_labels == 0
    arrays, _ = conditional_run.checkpoint()
    for part in ("encoder", "decoder"):
        rows = arrays[f"model.{part}.label.weight"]
        assert rows.shape[0] == 10
        assert rows.any(axis=1).all()  # trained, each of them
    again = Engine.open(Run.open(conditional_run.path))
    for name, weight in again.model.state_dict().items():
        assert np.array_equal(weight.numpy(), arrays[f"model.{name}"])


def test_it_draws_the_digit_that_is_asked_for(told, digits):
    """Most samples are nearest to the mean image of the class that was asked for."""
    images = digits.images / 255
    means = np.stack([images[digits.labels == label].mean(0).ravel() for label in range(10)])

    def nearest_class(x):
        return np.linalg.norm(x.reshape(len(x), 1, -1) - means, axis=2).argmin(1)

    judge = (nearest_class(images) == digits.labels).mean()
    asked = np.arange(1000) % 10
    _, drawn = told.sample(1000, seed=0, labels=asked)
    assert judge > 0.85
    assert (nearest_class(drawn) == asked).mean() > judge
    assert np.std(drawn[::10], axis=0).max() > 0.1  # and they are not all the same


def test_the_code_is_left_with_what_the_label_does_not_say(conditional_run, vae_run, digits):
    """The neighbours' labels tell less of an image's than where the code has to say it."""
    sides = digits.split.train, digits.split.validation
    found = {}
    for run in (conditional_run, vae_run):
        train, held_out = (run.engine.encode(digits.images[side], digits.labels_of(side)) for side in sides)
        train_labels, labels = (digits.labels_of(side) for side in sides)
        found[run.name] = knn_accuracy(train, train_labels, held_out, labels)
    assert found["conditional"] < found["vae"] - 0.2


def test_every_answer_is_the_models_own_with_the_label(told, some):
    images, labels = some
    x, y = as_tensor(images), torch.from_numpy(labels)
    model = told.model
    with torch.no_grad():
        mu, logvar = model.encoder(x, y)
        drawn = model.likelihood.mean(model.decoder(mu, y)).numpy()
        noise = torch.Generator().manual_seed(5)
        expected = loss_terms(model, x, TrainConfig(), generator=noise, labels=y)
        noise.manual_seed(5)
        weights, _ = log_weights(model, x, Posterior(mu, logvar), 7, generator=noise, labels=y)
    codes = told.encode(images, labels)
    assert np.allclose(codes.mu, mu.numpy(), atol=1e-6)
    assert np.allclose(codes.sigma, np.exp(logvar.numpy() / 2), atol=1e-6)
    assert np.allclose(told.decode(codes.mu, labels), drawn, atol=1e-6)
    assert np.allclose(told.reconstruct(images, labels), drawn, atol=1e-6)
    terms = told.terms(images, 5, labels)
    assert np.allclose(terms.reconstruction, expected.reconstruction.numpy(), rtol=1e-5)
    assert np.allclose(terms.kl_per_dim, expected.kl_per_dim.numpy(), atol=1e-5)
    assert np.allclose(next(told.log_weights(images, 7, 5, labels)), weights.numpy(), rtol=1e-5)
    path = told.traverse(codes.mu[0], 1, np.array([-1.0, 2.0]), labels[0])
    walked = np.tile(codes.mu[0], (2, 1))
    walked[:, 1] = -1, 2
    assert np.allclose(path, told.decode(walked, labels[0]), atol=1e-6)


LABEL_TAKERS = {
    "encode": lambda engine, images, y: engine.encode(images, y).mu,
    "decode": lambda engine, images, y: engine.decode(np.zeros((len(images), 3)), y),
    "reconstruct": lambda engine, images, y: engine.reconstruct(images, y),
    "restore": lambda engine, images, y: engine.restore(images, np.eye(8, dtype=bool), y, 2),
    "terms": lambda engine, images, y: engine.terms(images, labels=y).reconstruction,
    "traverse": lambda engine, images, y: engine.traverse(np.zeros(3), 0, np.zeros(9), y),
    "log_weights": lambda engine, images, y: np.concatenate(list(engine.log_weights(images, 3, labels=y)), axis=1),
}
every_taker = pytest.mark.parametrize("ask", LABEL_TAKERS.values(), ids=list(LABEL_TAKERS))


@every_taker
def test_one_label_is_for_all(told, some, ask):
    images, _ = some
    each = ask(told, images, np.full(9, 4))
    for one in (4, np.int64(4), np.array([4])):
        assert np.array_equal(ask(told, images, one), each)
    assert not np.array_equal(ask(told, images, 5), each)


@every_taker
def test_labels_are_taken_in_batches_as_they_are_all_at_once(told, some, ask, monkeypatch):
    images, labels = some
    # Means instead of draws, whose noise comes in another order.
    monkeypatch.setattr(told.model, "code", lambda posterior, generator: posterior.mu)
    whole = ask(told, images, labels)
    monkeypatch.setattr(Engine, "BATCH", 2)
    assert np.allclose(ask(told, images, labels), whole, rtol=1e-5, atol=1e-5)


@every_taker
def test_a_model_without_labels_does_not_mind_them(vae_run, some, ask):
    images, labels = some
    assert np.array_equal(ask(vae_run.engine, images, labels), ask(vae_run.engine, images, None))


@every_taker
@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (None, r"^This model is conditional: .* so give labels\.$"),
        (10, r"^This model knows the labels 0 to 9, and was given 10 to 10\.$"),
        (-1, r"^This model knows the labels 0 to 9, and was given -1 to -1\.$"),
        (np.arange(9) + 2, r"^This model knows the labels 0 to 9, and was given 2 to 10\.$"),
        (np.arange(4), r"^These labels have shape \(4,\), and there are 9 images or codes: .*\.$"),
        (np.full(9, 1.7), r"^These labels are float64; this model's are whole numbers from 0 to 9\.$"),
    ],
)
def test_labels_that_it_does_not_know_are_refused_in_a_sentence(told, some, ask, labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        ask(told, some[0], labels)


def test_samples_without_a_label_are_of_every_label(told):
    z, drawn = told.sample(300, seed=2)
    labels = np.array(
        [
            np.abs(told.decode(np.tile(code, (10, 1)), np.arange(10)) - image).sum((1, 2, 3)).argmin()
            for code, image in zip(z, drawn, strict=True)
        ]
    )
    counts = np.bincount(labels, minlength=10)
    assert counts.min() > 30 - 4 * 30**0.5
    assert np.array_equal(told.sample(300, seed=2)[1], drawn)
    same, of_seven = told.sample(300, seed=2, labels=7)
    assert np.array_equal(same, z)
    assert np.array_equal(of_seven, told.decode(z, 7))


# --- Unknown pixels -----------------------------------------------------------------------------


def test_known_pixels_are_as_they_came_and_the_others_settle(engine, images):
    known = np.zeros(images.shape[2:], bool)
    known[: known.shape[0] // 2] = True
    floats = (images / 255).astype(np.float32)
    before = floats.copy()
    steps = [engine.restore(floats, known, num_steps=n) for n in (0, 1, 2, 30, 31)]
    assert np.array_equal(floats, before)
    for filled in steps:
        assert filled.dtype == np.float32
        assert np.array_equal(filled[:, :, known], floats[:, :, known])
    assert np.array_equal(steps[0], floats)
    once = np.where(known, floats, engine.reconstruct(floats))
    assert np.array_equal(steps[1], once)
    assert np.array_equal(steps[2], np.where(known, floats, engine.reconstruct(once)))
    assert np.abs(steps[4] - steps[3]).max() < 0.05 * np.abs(steps[1] - steps[0]).max()
    # Bytes are the same images, and a mask for each image is as one for all.
    assert np.allclose(engine.restore(images, known, num_steps=2), steps[2], atol=1e-5)
    each = np.broadcast_to(known, images.shape)
    assert np.array_equal(engine.restore(floats, each, num_steps=2), steps[2])


def test_a_trained_model_fills_in_better_than_the_mean_image_does(vae_run, digits):
    test = digits.images[digits.split.test] / 255
    mean = digits.images[digits.split.train].mean(0) / 255
    known = np.ones((8, 8), bool)
    known[5:] = False
    hidden = np.where(known, test, mean)
    filled = vae_run.engine.restore(hidden, known)
    error, of_mean = (np.square(x - test).mean() for x in (filled, hidden))
    assert error < 0.8 * of_mean


# --- Importance weights -------------------------------------------------------------------------


def test_weights_do_not_depend_on_how_images_are_batched(vae_run, digits, monkeypatch):
    """But for their noise: the bounds agree within four standard errors."""
    engine, images = vae_run.engine, digits.images[:40]
    parts = list(engine.log_weights(images, 1000, seed=0))
    assert [part.shape for part in parts] == [(1000, 4)] * 10
    assert {part.dtype for part in parts} == {np.dtype(np.float64)}
    monkeypatch.setattr(devices, "DECODED", 64_000)
    (whole,) = engine.log_weights(images, 1000, seed=1)
    one, other = np.concatenate(parts, axis=1), whole
    difference = one.mean(0) - other.mean(0)
    standard_error = np.hypot(one.std(0), other.std(0)) / 1000**0.5
    assert (np.abs(difference) < 4.5 * standard_error).all()
    assert np.sqrt(np.mean((difference / standard_error) ** 2)) == pytest.approx(1, abs=0.5)


def test_few_codes_are_decoded_at_once_however_many_are_asked_for(conv_run, monkeypatch):
    """At 128 x 128 pixels in colour 4,096 decodes at once took 4 GB."""
    engine, decoded = conv_run.engine, []
    images = np.zeros((9, 1, 28, 28), np.uint8)
    monkeypatch.setattr(devices, "DECODED_NUMBERS", 28 * 28 * 64)
    handle = engine.model.decoder.register_forward_pre_hook(lambda module, given: decoded.append(len(given[0])))
    parts = list(engine.log_weights(images, 16))
    handle.remove()
    assert [part.shape for part in parts] == [(16, 4), (16, 4), (16, 1)]
    assert decoded == [64, 64, 16]


def test_the_mean_weight_is_the_elbo_of_terms(vae_run, digits):
    images = digits.images[:20]
    weights = np.concatenate(list(vae_run.engine.log_weights(images, 500)), axis=1)
    elbos = np.array(
        [-(terms.reconstruction + terms.kl) for terms in (vae_run.engine.terms(images, seed) for seed in range(200))]
    )
    standard_error = np.hypot(weights.std(0) / 500**0.5, elbos.std(0) / 200**0.5)
    assert (np.abs(weights.mean(0) - elbos.mean(0)) < 4 * standard_error).all()


def test_an_autoencoder_weighs_nothing(ae_run, some):
    with pytest.raises(ValueError, match=r"^An autoencoder's codes have no distribution: .*\.$"):
        next(ae_run.engine.log_weights(some[0], 3))


def test_expected_terms_of_an_image_depend_on_it_alone_and_tend_to_the_mean_of_many_draws(digits, vae_run) -> None:
    """A draw from one generator for all made an image's ELBO depend on its row, by up to 23 nats."""
    engine, images = vae_run.engine, digits.images[:40]
    together = engine.expected_terms(images)
    for row in (0, 17, 39):
        alone = engine.expected_terms(images[[row]])
        assert np.allclose(alone.reconstruction, together.reconstruction[row], rtol=1e-5)
    assert np.allclose(engine.expected_terms(images[::-1]).reconstruction, together.reconstruction[::-1], rtol=1e-5)
    draws = np.stack([engine.terms(images, seed).reconstruction for seed in range(400)])
    error = draws.std(0) / np.sqrt(len(draws))
    many = engine.expected_terms(images, num_draws=400)
    assert (np.abs(many.reconstruction - draws.mean(0)) < 5 * error + 1e-3).all()
    assert np.allclose(many.kl, engine.terms(images).kl)


def test_expected_terms_of_an_autoencoder_are_those_of_its_point(digits, ae_run) -> None:
    images = digits.images[:5]
    assert np.array_equal(
        ae_run.engine.expected_terms(images).reconstruction, ae_run.engine.terms(images, None).reconstruction
    )


def test_expected_terms_take_a_draw(digits, vae_run) -> None:
    with pytest.raises(ValueError, match="at least one draw, not 0"):
        vae_run.engine.expected_terms(digits.images[:1], num_draws=0)
