"""What pulls at codes: the two sides of a loss, against its whole, closed forms and finite differences."""

import numpy as np
import pytest
import torch

from vaelab.choices import OBJECTIVES
from vaelab.config import TrainConfig
from vaelab.engine import Codes, Engine
from vaelab.networks.models import build_model
from vaelab.networks.nn import Posterior
from vaelab.networks.objectives import companion_of, loss_terms
from vaelab.runs import Run
from vaelab.training.keeping import Keeping
from vaelab.training.reports import EpochRecord
from vaelab.training.running import train

KINDS = [(model, name) for name, objective in OBJECTIVES.items() for model in objective.models]


def make(model="vae", objective="elbo", **settings):
    """An engine of a model that has learned nothing, with weights that make each term felt."""
    settings = {"latent_dim": 3, "hidden": (16,), "seed": 3} | settings
    config = TrainConfig(model=model, objective=objective, **settings)
    network = build_model(config, (1, 8, 8), 4)
    with torch.no_grad():  # so that codes are apart and the decoder reads them
        for parameter in network.parameters():
            parameter.mul_(2.5)
    return Engine(network, config, companion_of(config))


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (12, 1, 8, 8), dtype=np.uint8)


def whole(engine, images, progress, warm, draws, seed=0, labels=None):
    """Minus the gradient of the total, with respect to mu and sigma, by the function that training minimizes."""
    model, noise = engine.model.eval(), torch.Generator().manual_seed(seed)
    x = torch.from_numpy(images).float() / 255
    y = None if labels is None else torch.from_numpy(labels)
    encoded = model.encoder(x, y)
    mu, logvar = (part.detach().requires_grad_() for part in encoded)
    encoder, model.encoder.forward = model.encoder.forward, lambda *_: Posterior(mu, logvar)
    total = sum(
        loss_terms(model, x, engine.config, warm, noise, y, None, progress, engine.companion).total.sum()
        for _ in range(draws)
    )
    (total / draws).backward()
    model.encoder.forward = encoder
    sigma = torch.exp(0.5 * logvar.detach())
    on_sigma = torch.zeros_like(sigma) if logvar.grad is None else -logvar.grad * 2 / sigma
    return -mu.grad.numpy(), on_sigma.numpy()


@pytest.mark.parametrize(("model", "objective"), KINDS)
def test_the_two_sides_sum_to_the_gradient_of_the_whole(model, objective, images):
    pulls_at_all = (model, objective) != ("ae", "elbo")
    engine = make(model, objective, **OBJECTIVES[objective].suited | ({"kl_warmup": 0.5} if pulls_at_all else {}))
    forces = engine.forces(images, progress=0.3, num_draws=3)
    on_mu, on_sigma = whole(engine, images, 0.3, 0.6 if pulls_at_all else 1.0, draws=3)
    both = [a + b for a, b in zip(*forces, strict=True)]
    scale = np.abs(on_mu).max()
    assert scale > 0.05
    np.testing.assert_allclose(both[0], on_mu, atol=1e-4 * scale)
    np.testing.assert_allclose(both[1], on_sigma, atol=1e-4 * max(scale, np.abs(on_sigma).max()))
    assert np.abs(forces.reconstruction.mu).max() > 0.01
    assert bool(np.abs(forces.regularizer.mu).max() > 1e-3) == pulls_at_all
    assert bool(np.abs(forces.reconstruction.sigma).max() > 0) == (model == "vae")


def test_the_kl_pulls_to_the_prior_as_its_closed_form_says(images):
    engine = make(beta=3, kl_warmup=0.5)
    codes = engine.encode(images)
    pull = engine.forces(images, progress=0.25, num_draws=1).regularizer
    np.testing.assert_allclose(pull.mu, -1.5 * codes.mu, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(pull.sigma, 1.5 * (1 / codes.sigma - codes.sigma), rtol=1e-3, atol=1e-4)


def test_the_reconstruction_pulls_as_finite_differences_say(images):
    engine = make()
    codes = engine.encode(images)
    pull = engine.forces(images, num_draws=5).reconstruction
    noise = torch.Generator().manual_seed(0)
    epsilon = torch.stack([torch.randn(12, 3, generator=noise) for _ in range(5)]).double().numpy()
    decoder = engine.model.decoder.double()
    x = images.reshape(12, 64) / 255

    def cost(mu, sigma):
        with torch.no_grad():
            logits = decoder(torch.from_numpy(mu + sigma * epsilon).reshape(-1, 3)).reshape(5, 12, 64).numpy()
        return (np.logaddexp(0, logits) - x * logits).sum(2).mean(0)  # Bernoulli, written out

    mu, sigma = codes.mu.astype(float), codes.sigma.astype(float)
    for d in range(3):
        step = 1e-5 * np.eye(3)[d]
        by_mu = (cost(mu - step, sigma) - cost(mu + step, sigma)) / 2e-5
        by_sigma = (cost(mu, sigma - step) - cost(mu, sigma + step)) / 2e-5
        np.testing.assert_allclose(pull.mu[:, d], by_mu, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(pull.sigma[:, d], by_sigma, rtol=1e-3, atol=1e-3)
    engine.model.float()


def test_free_bits_take_the_kl_s_pull_off_a_dimension_that_says_too_little(images):
    engine = make(free_bits=10.0)
    assert engine.terms(images).kl_per_dim.mean(0).max() < 10
    assert not engine.forces(images).regularizer.mu.any()
    assert make(free_bits=0.0).forces(images).regularizer.mu.all()


def test_a_conditional_model_is_pulled_by_its_label(images):
    engine = make(conditional=True)
    labels = np.arange(12) % 4
    forces = engine.forces(images, labels)
    on_mu, _ = whole(engine, images, 1.0, 1.0, draws=8, labels=labels)
    np.testing.assert_allclose(forces.reconstruction.mu + forces.regularizer.mu, on_mu, atol=2e-3)
    with pytest.raises(ValueError, match="conditional"):
        engine.forces(images)


def test_codes_can_be_given_and_what_does_not_fit_is_said(images):
    engine = make()
    codes = engine.encode(images)
    given = engine.forces(images, codes=codes)
    np.testing.assert_allclose(given.reconstruction.mu, engine.forces(images).reconstruction.mu, atol=1e-5)
    moved = engine.forces(images, codes=Codes(codes.mu + 1, codes.sigma))
    np.testing.assert_allclose(moved.regularizer.mu, -(codes.mu + 1), atol=1e-5)
    with pytest.raises(ValueError, match="11 codes of 12 images"):
        engine.forces(images, codes=Codes(codes.mu[:11], codes.sigma[:11]))
    with pytest.raises(ValueError, match="at least one draw, not 0"):
        engine.forces(images, num_draws=0)


@pytest.mark.parametrize("objective", ["elbo", "factor"])
def test_forces_of_an_epoch_that_was_kept_are_those_of_the_model_as_it_was(tmp_path, monkeypatch, digits, objective):
    images = digits.images[:40]
    settings = {"epochs": 4, "hidden": (16,), "objective": objective, "kl_warmup": 0.5, "batch_size": 256}
    changes = {10: {"beta": 5.0}}
    then = {}
    keep = Keeping.keep

    def kept(self, record, trainer):
        if isinstance(record, EpochRecord):
            engine = Engine(trainer.model, trainer.config, trainer.companion)
            then[record.epoch] = engine.forces(images, progress=record.progress)
            trainer.model.train()
        keep(self, record, trainer)

    monkeypatch.setattr(Keeping, "keep", kept)
    run = train(TrainConfig(**settings), digits, run_dir=tmp_path / "run", changes=changes)
    engine = Run.open(run.path).engine
    for epoch, forces in then.items():
        snapshot = run.snapshot(epoch)
        rows = np.flatnonzero(np.isin(snapshot.indices, np.arange(40)))
        assert len(rows) == 40
        codes = Codes(snapshot.mu[rows], snapshot.sigma[rows].astype(np.float32))
        seen = engine.as_of(snapshot).forces(images, codes=codes, progress=snapshot.progress)
        for side, was in zip(seen, forces, strict=True):
            for part, expected in zip(side, was, strict=True):
                np.testing.assert_allclose(part, expected, rtol=0.02, atol=0.03 * np.abs(expected).max())
    assert [run.snapshot(epoch).step for epoch in range(5)] == [0, *(run.epochs()[i]["step"] for i in range(4))]
    assert engine.config.beta == 5, "as it was at the end"
