import numpy as np
import pytest
import torch

from vaelab import engine as engine_module
from vaelab.config import TrainConfig
from vaelab.engine import Engine
from vaelab.models import build_model
from vaelab.objectives import loss_terms
from vaelab.runs import Run, RunError
from vaelab.trainer import to_float


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
    monkeypatch.setattr(engine_module, "BATCH", 3)
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
    with pytest.raises(ValueError, match=r"have shape .*; they must be \(N, C, H, W\), N at least"):
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
