import itertools

import pytest
import torch
from safetensors.torch import load_file, save_file

from vaelab.choices import ACTIVATIONS, LIKELIHOODS, OBJECTIVES
from vaelab.config import TrainConfig
from vaelab.networks.models import MODELS, VAE, build_model
from vaelab.networks.nn import Posterior
from vaelab.networks.objectives import companion_of, log_weights, loss_terms

SHAPES = {"mlp": (1, 8, 8), "conv": (3, 28, 28)}
SMALL = {"hidden": (12, 6), "channels": (3, 4), "conv_hidden": 6, "latent_dim": 3}
NUM_LABELS = 4
EVERY = list(itertools.product(MODELS, SHAPES, LIKELIHOODS, ACTIVATIONS))


def build(model="vae", architecture="mlp", likelihood="bernoulli", activation="silu", **changes):
    config = TrainConfig(
        model=model,
        architecture=architecture,
        likelihood=likelihood,
        activation=activation,
        **SMALL | changes,
    )
    return build_model(config, SHAPES[architecture], NUM_LABELS)


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


def test_in_training_an_autoencoders_code_is_as_noisy_as_the_config_says():
    ae = build("ae", code_noise=0.3)
    posterior = Posterior(torch.randn(30_000, 3), torch.ones(30_000, 3))
    noise = ae.code(posterior, torch.Generator().manual_seed(0)) - posterior.mu
    # Four standard errors of a deviation of 90,000 draws.
    assert abs(noise.std() / 0.3 - 1) < 4 / 180_000**0.5
    again = ae.code(posterior, torch.Generator().manual_seed(0)) - posterior.mu
    assert torch.equal(noise, again)
    assert ae.eval().code(posterior) is posterior.mu
    # A VAE's noise is the posterior's own.
    plain, told = build("vae"), build("vae", code_noise=0.3)
    generators = [torch.Generator().manual_seed(0) for _ in range(2)]
    assert torch.equal(plain.code(posterior, generators[0]), told.code(posterior, generators[1]))


@pytest.mark.parametrize(("model", "architecture", "likelihood"), list(itertools.product(MODELS, SHAPES, LIKELIHOODS)))
def test_beside_pca_gradients_reach_every_parameter_but_those_of_pca(model, architecture, likelihood):
    network = build(model, architecture, likelihood, pca_path=True, code_noise=0.1)
    network.start_at((255 * make_images(architecture, 40)).byte().numpy())
    assert {name for name, parameter in network.named_parameters() if not parameter.requires_grad} == {
        f"{part}.linear.{name}" for part in ("encoder", "decoder") for name in ("weight", "bias")
    }
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4)
    noise = torch.Generator().manual_seed(0)
    reached = set()
    # The network adds nothing at first, so that a first step changes its last layer alone, and a second all before it.
    for _ in range(3):
        optimizer.zero_grad()
        loss_terms(network, make_images(architecture), TrainConfig(), generator=noise).total.mean().backward()
        reached = {name for name, p in network.named_parameters() if p.grad is not None and p.grad.any()}
        assert all(p.grad.isfinite().all() for p in network.parameters() if p.grad is not None)
        optimizer.step()
    trained = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    spread = {"encoder.heads.logvar.weight", "encoder.heads.logvar.bias"}
    assert trained - reached == (spread if model == "ae" else set())


# --- Conditional --------------------------------------------------------------------------------

LABELS = torch.arange(16) % NUM_LABELS


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("architecture", SHAPES)
def test_a_conditional_model_of_one_seed_has_the_same_other_weights(model, architecture):
    plain, told = (build(model, architecture, conditional=on) for on in (False, True))
    extra = {"encoder.label.weight", "decoder.label.weight"}
    assert told.state_dict().keys() - plain.state_dict().keys() == extra
    for name, weight in plain.state_dict().items():
        assert torch.equal(weight, told.state_dict()[name]), name
    for name in extra:
        assert told.state_dict()[name].shape[0] == NUM_LABELS
        assert not told.state_dict()[name].any()
    x = make_images(architecture)
    assert torch.equal(told(x, labels=LABELS).posterior.mu, plain(x).posterior.mu)


@pytest.mark.parametrize("architecture", SHAPES)
@pytest.mark.parametrize("objective", [name for name, each in OBJECTIVES.items() if "vae" in each.models])
def test_gradients_reach_every_parameter_of_a_conditional_model(architecture, objective):
    network = build("vae", architecture, conditional=True)
    config = TrainConfig(objective=objective, beta=2.0, latent_dim=SMALL["latent_dim"])
    terms = loss_terms(network, make_images(architecture), config, labels=LABELS, companion=companion_of(config))
    terms.total.mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.isfinite().all(), name
        # Each label was told to some image, so each row is pulled.
        pulled = parameter.grad.abs().sum(1) if name.endswith("label.weight") else parameter.grad
        assert pulled.all() if name.endswith("label.weight") else pulled.any(), name


def test_forward_tells_encoder_and_decoder_the_label():
    network = build(conditional=True)
    with torch.no_grad():
        for part in (network.encoder, network.decoder):
            part.label.weight.normal_()
    x = make_images("mlp")
    posterior, z, logits = network(x, torch.Generator().manual_seed(4), LABELS)
    assert torch.equal(posterior.mu, network.encoder(x, LABELS).mu)
    assert torch.equal(logits, network.decoder(z, LABELS))
    assert not torch.allclose(posterior.mu, network.encoder(x, LABELS.roll(1)).mu)
    assert not torch.allclose(logits, network.decoder(z, LABELS.roll(1)))


@pytest.mark.parametrize("k", [1, 3])
def test_every_sample_of_an_image_is_told_the_images_label(k):
    network = build(conditional=True)
    with torch.no_grad():
        network.decoder.label.weight.normal_(std=5)
    x = make_images("mlp")
    together, _ = log_weights(
        network,
        x,
        network.encoder(x, LABELS),
        k,
        generator=torch.Generator().manual_seed(1),
        labels=LABELS,
    )
    noise = torch.randn(k * 16, 3, generator=torch.Generator().manual_seed(1)).reshape(k, 16, 3)
    mu, logvar = network.encoder(x, LABELS)
    for epsilon, weights in zip(noise, together, strict=True):
        z = mu + (0.5 * logvar).exp() * epsilon
        likelihood = network.likelihood.log_prob(network.decoder(z, LABELS), x)
        ratio = 0.5 * (epsilon.square() + logvar - z.square()).sum(1)
        assert torch.allclose(weights, likelihood + ratio, rtol=1e-5)


def test_a_conditional_model_without_labels_is_refused():
    with pytest.raises(ValueError, match=r"^A conditional model needs labels, and digits has none"):
        build_model(TrainConfig(conditional=True), (1, 8, 8), 0)
    network = build(conditional=True)
    with pytest.raises(ValueError, match="takes a label with every image and code"):
        network(make_images("mlp"))


def test_images_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="Images must be square, but these are 28 × 32 pixels"):
        build_model(TrainConfig(), (1, 28, 32))
    with pytest.raises(ValueError, match="takes images of 16 to 128 pixels, but these have 8"):
        build_model(TrainConfig(architecture="conv"), (1, 8, 8))
