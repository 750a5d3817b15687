import itertools

import pytest
import torch
from safetensors.torch import load_file, save_file

from vaelab.config import ACTIVATIONS, LIKELIHOODS, TrainConfig
from vaelab.models import MODELS, VAE, build_model
from vaelab.nn import Posterior
from vaelab.objectives import loss_terms

SHAPES = {"mlp": (1, 8, 8), "conv": (3, 28, 28)}
SMALL = {"hidden": (12, 6), "channels": (3, 4), "conv_hidden": 6, "latent_dim": 3}
EVERY = list(itertools.product(MODELS, SHAPES, LIKELIHOODS, ACTIVATIONS))


def build(model="vae", architecture="mlp", likelihood="bernoulli", activation="silu", **changes):
    config = TrainConfig(
        model=model,
        architecture=architecture,
        likelihood=likelihood,
        activation=activation,
        **SMALL | changes,
    )
    return build_model(config, SHAPES[architecture])


def make_images(architecture, count=16):
    generator = torch.Generator().manual_seed(3)
    return torch.rand(count, *SHAPES[architecture], generator=generator)


@pytest.mark.parametrize(("model", "architecture", "likelihood", "activation"), EVERY)
def test_gradients_reach_every_parameter(model, architecture, likelihood, activation):
    network = build(model, architecture, likelihood, activation)
    noise = torch.Generator().manual_seed(0)
    x = make_images(architecture)
    loss_terms(network, x, TrainConfig(), generator=noise).total.mean().backward()
    without = {
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.isfinite().all() or not parameter.grad.any()
    }
    # An autoencoder's code has no spread, so nothing reads the head that says it.
    spread = {"encoder.heads.logvar.weight", "encoder.heads.logvar.bias"}
    assert without == (spread if model == "ae" else set())


@pytest.mark.parametrize("architecture", SHAPES)
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_an_autoencoder_and_a_vae_of_one_seed_start_equal(architecture, likelihood):
    ae, vae = build("ae", architecture, likelihood), build("vae", architecture, likelihood)
    assert ae.state_dict().keys() == vae.state_dict().keys()
    for name, weight in ae.state_dict().items():
        assert torch.equal(weight, vae.state_dict()[name]), name
    other = build("vae", architecture, likelihood, seed=1)
    assert not torch.equal(other.encoder.heads.mu.weight, vae.encoder.heads.mu.weight)


def test_building_a_model_leaves_the_random_numbers_of_others_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    build()
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("architecture", SHAPES)
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_saved_and_loaded_it_is_the_same_model(model, architecture, likelihood, tmp_path):
    network = build(model, architecture, likelihood)
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    again = build(model, architecture, likelihood, seed=9)
    x = make_images(architecture)
    noise = [torch.Generator().manual_seed(1) for _ in range(3)]
    assert not torch.equal(network(x, noise[0]).logits, again(x, noise[1]).logits)
    again.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    noise[0].manual_seed(1)
    assert torch.equal(network(x, noise[0]).logits, again(x, noise[2]).logits)


@pytest.mark.parametrize("architecture", SHAPES)
def test_forward_is_encode_then_code_then_decode(architecture):
    x = make_images(architecture)
    ae = build("ae", architecture)
    posterior, z, logits = ae(x)
    assert torch.equal(z, posterior.mu)
    assert torch.equal(logits, ae.decoder(ae.encoder(x).mu))
    vae = build("vae", architecture)
    output = vae(x, torch.Generator().manual_seed(4))
    epsilon = torch.randn(output.z.shape, generator=torch.Generator().manual_seed(4))
    sigma = (0.5 * output.posterior.logvar).exp()
    assert torch.allclose(output.z, output.posterior.mu + sigma * epsilon)
    assert torch.equal(output.logits, vae.decoder(output.z))


def test_codes_are_drawn_from_the_posterior():
    vae = build()
    posterior = Posterior(
        torch.tensor([[1.0, -2.0, 0.0]]).expand(100_000, 3),
        torch.tensor([[0.0, -2.0, 2.0]]).expand(100_000, 3),
    )
    z = vae.code(posterior, torch.Generator().manual_seed(0))
    # Four standard errors of a mean and of a deviation of 100,000 draws.
    sigma = posterior.logvar[0].mul(0.5).exp()
    assert ((z.mean(0) - posterior.mu[0]).abs() < 4 * sigma / 100_000**0.5).all()
    assert ((z.std(0) / sigma - 1).abs() < 4 / 200_000**0.5).all()
    assert (torch.corrcoef(z.T) - torch.eye(3)).abs().max() < 0.02


def test_an_autoencoders_code_is_no_dice():
    ae = build("ae")
    posterior = Posterior(torch.randn(5, 3), torch.ones(5, 3))
    assert ae.code(posterior) is posterior.mu
    assert not isinstance(ae, VAE)


def test_images_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="Images must be square, but these are 28 x 32 pixels"):
        build_model(TrainConfig(), (1, 28, 32))
    with pytest.raises(ValueError, match="takes images of 28 to 64 pixels, but these have 16"):
        build_model(TrainConfig(architecture="conv"), (1, 16, 16))
