import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vaelab.choices import ACTIVATIONS as CHOICES
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import load_dataset
from vaelab.engine import Engine
from vaelab.networks.nn import ACTIVATIONS, LOGVAR_BOUNDS, ConvDecoder, ConvEncoder, MLPDecoder, MLPEncoder, Upsample
from vaelab.training.trainer import Trainer


def random_images(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def test_the_configs_names_are_the_activations():
    assert list(ACTIVATIONS) == list(CHOICES)


# --- Shapes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("latent_dim", [1, 2, 7])
@pytest.mark.parametrize("channels", [1, 3])
def test_dense_coders_fit_each_other(activation, latent_dim, channels):
    shape = (channels, 8, 8)
    posterior = MLPEncoder(shape, (12, 5), latent_dim, activation)(random_images(4, *shape))
    assert posterior.mu.shape == posterior.logvar.shape == (4, latent_dim)
    assert MLPDecoder(shape, (12, 5), latent_dim, activation)(posterior.mu).shape == (4, *shape)


@pytest.mark.parametrize(("side", "stages"), [(28, 1), (28, 2), (32, 3), (64, 4)])
@pytest.mark.parametrize("channels", [1, 3])
def test_conv_coders_fit_each_other(side, stages, channels):
    shape, widths = (channels, side, side), (3, 5, 4, 2)[:stages]
    posterior = ConvEncoder(shape, widths, 6, 2, "relu")(random_images(4, *shape))
    assert posterior.mu.shape == posterior.logvar.shape == (4, 2)
    assert ConvDecoder(shape, widths, 6, 2, "relu")(posterior.mu).shape == (4, *shape)


def test_the_decoder_is_the_encoders_mirror():
    encoder, decoder = (
        MLPEncoder((1, 8, 8), (12, 5), 2, "tanh"),
        MLPDecoder((1, 8, 8), (12, 5), 2, "tanh"),
    )
    there = [m.weight.shape for m in encoder.modules() if isinstance(m, torch.nn.Linear)][:-1]
    back = [m.weight.shape for m in decoder.modules() if isinstance(m, torch.nn.Linear)]
    assert [tuple(reversed(shape)) for shape in reversed(back)] == [tuple(s) for s in there]


@pytest.mark.parametrize(
    "make",
    [
        lambda: MLPDecoder((3, 8, 8), (6,), 2, "silu"),
        lambda: ConvDecoder((3, 28, 28), (4, 3), 6, 2, "silu"),
    ],
    ids=["mlp", "conv"],
)
def test_starting_at_an_image_adds_its_logits_to_every_image_drawn(make):
    decoder = make()
    z = torch.randn(5, 2)
    with torch.no_grad():
        decoder.start_at(torch.zeros(decoder(z).shape[1:]))
        before = decoder(z)
        logits = torch.randn(before.shape[1:])
        decoder.start_at(logits)
        assert torch.allclose(decoder(z), before + logits, atol=1e-5)


# --- The same numbers, whatever the memory layout -----------------------------------------------


def test_the_conv_encoder_is_its_layers_on_plain_nchw():
    encoder = ConvEncoder((3, 28, 28), (4, 6), 5, 2, "silu")
    x = random_images(3, 3, 28, 28)
    y = x
    for conv in (encoder.stages[0], encoder.stages[2]):
        y = F.silu(F.conv2d(y.contiguous(), conv.weight, conv.bias, stride=2, padding=1))
    # By hand: the dense layer reads the pixels row by row, and at each pixel the channels.
    by_hand = torch.stack([torch.cat([y[b, :, i, j] for i in range(7) for j in range(7)]) for b in range(3)])
    posterior = encoder.heads(encoder.body(by_hand))
    assert torch.allclose(encoder(x).mu, posterior.mu, atol=1e-5)
    assert torch.allclose(encoder(x).logvar, posterior.logvar, atol=1e-5)
    assert torch.equal(encoder(x).mu, encoder(x.to(memory_format=torch.channels_last)).mu)


def test_the_conv_decoder_is_its_layers_on_plain_nchw():
    decoder = ConvDecoder((1, 28, 28), (4, 6), 5, 2, "gelu")
    with torch.no_grad():
        decoder.image_bias.normal_()
    z = torch.randn(3, 2)
    flat = decoder.body(z)
    small = torch.empty(3, 6, 7, 7)
    for i in range(7):
        for j in range(7):
            small[:, :, i, j] = flat[:, (7 * i + j) * 6 : (7 * i + j + 1) * 6]
    first, second = decoder.stages[0].conv, decoder.stages[2].conv
    y = F.gelu(F.pixel_shuffle(F.conv2d(small, first.weight, first.bias, padding=1), 2))
    y = F.pixel_shuffle(F.conv2d(y, second.weight, second.bias, padding=1), 2)
    assert torch.allclose(decoder(z), y + decoder.image_bias, atol=1e-5)


def test_group_normalization_follows_each_convolution_but_the_last(rng):
    """Against numpy, and Wu and He's equations 1 and 2: one mean and one variance for each image and group."""

    def normalized(norm, images):
        grouped = images.reshape(len(images), norm.num_groups, -1)
        middle, variance = grouped.mean(-1, keepdims=True), grouped.var(-1, keepdims=True)
        flat = ((grouped - middle) / np.sqrt(variance + norm.eps)).reshape(images.shape)
        return flat * norm.weight.numpy()[:, None, None] + norm.bias.numpy()[:, None, None]

    for network in (
        ConvEncoder((3, 32, 32), (16, 12), 6, 2, "silu", group_norm=True),
        ConvDecoder((3, 32, 32), (16, 12), 6, 2, "silu", group_norm=True),
    ):
        network.requires_grad_(False)
        norms = [module for module in network.stages if isinstance(module, torch.nn.GroupNorm)]
        kinds = [type(module).__name__ for module in network.stages]
        if isinstance(network, ConvEncoder):
            assert kinds == ["Conv", "GroupNorm", "SiLU"] * 2
            assert [norm.num_groups for norm in norms] == [8, 4]
        else:
            assert kinds == ["Upsample", "GroupNorm", "SiLU", "Upsample"]
        for norm in norms:
            norm.weight.normal_()
            norm.bias.normal_()
            images = rng.normal(3, 2, (4, norm.num_channels, 5, 5))
            found = norm.double()(torch.from_numpy(images)).numpy()
            np.testing.assert_allclose(found, normalized(norm, images), atol=1e-10)


# --- Labels -------------------------------------------------------------------------------------

LABELLED = {
    "mlp encoder": lambda num_labels: MLPEncoder((1, 8, 8), (12, 5), 2, "silu", num_labels),
    "conv encoder": lambda num_labels: ConvEncoder((1, 28, 28), (4, 3), 6, 2, "silu", num_labels),
    "mlp decoder": lambda num_labels: MLPDecoder((1, 8, 8), (12, 5), 2, "silu", num_labels),
    "conv decoder": lambda num_labels: ConvDecoder((1, 28, 28), (4, 3), 6, 2, "silu", num_labels),
}
every_part = pytest.mark.parametrize("name", LABELLED)


def inputs_of(name, count=6):
    if "decoder" in name:
        return torch.randn(count, 2, generator=torch.Generator().manual_seed(0))
    return random_images(count, 1, *((8, 8) if "mlp" in name else (28, 28)))


def outputs_of(part, *inputs):
    """Whatever a part returns, as one tensor."""
    returned = part(*inputs)
    return torch.cat(returned, dim=1) if isinstance(returned, tuple) else returned


@every_part
def test_a_label_is_a_one_hot_input_of_the_first_dense_layer(name):
    """Sohn et al. 2015 concatenate; the columns that this adds are the labels' rows."""
    part, x, labels = LABELLED[name](3), inputs_of(name), torch.tensor([0, 2, 1, 1, 0, 2])
    with torch.no_grad():
        part.label.weight.normal_(generator=torch.Generator().manual_seed(1))
    found = outputs_of(part, x, labels)

    plain = LABELLED[name](0)
    plain.load_state_dict({k: v for k, v in part.state_dict().items() if k != "label.weight"})
    dense = plain.body[0]
    wide = torch.nn.Linear(dense.in_features + 3, dense.out_features)
    with torch.no_grad():
        wide.weight.copy_(torch.cat([dense.weight, part.label.weight.T], dim=1))
        wide.bias.copy_(dense.bias)
    one_hot = F.one_hot(labels, 3).float()
    plain.body[0] = torch.nn.Sequential()  # what comes before the dense layer goes through
    plain.body[0].forward = lambda features: wide(torch.cat([features, one_hot], dim=1))
    assert torch.allclose(found, outputs_of(plain, x), atol=1e-5)
    # Each label says something else.
    others = [outputs_of(part, x, torch.full((6,), label)) for label in range(3)]
    for i in range(3):
        assert not torch.allclose(others[i], others[i - 1], atol=1e-3)


@every_part
def test_before_training_a_label_says_nothing_and_then_it_learns(name):
    torch.manual_seed(0)
    told = LABELLED[name](3)
    after = torch.rand(2)
    torch.manual_seed(0)
    plain = LABELLED[name](0)
    assert torch.equal(torch.rand(2), after)  # the labels' rows took no random numbers
    x, labels = inputs_of(name, 3), torch.tensor([0, 2, 0])
    assert torch.equal(outputs_of(told, x, labels), outputs_of(plain, x))
    assert plain.state_dict().keys() == told.state_dict().keys() - {"label.weight"}
    outputs_of(told, x, labels).square().sum().backward()
    rows = told.label.weight.grad.abs().sum(1)
    assert (rows > 0).tolist() == [True, False, True]


@every_part
def test_a_label_that_is_missing_or_too_much_is_named(name):
    x, labels = inputs_of(name, 2), torch.zeros(2, dtype=torch.long)
    with pytest.raises(ValueError, match=r"^This model takes a label .*: give labels\.$"):
        LABELLED[name](3)(x)
    with pytest.raises(ValueError, match=r"^This model knows no labels: give none\.$"):
        LABELLED[name](0)(x, labels)


# --- No checkerboard ----------------------------------------------------------------------------


def checkerboard_energy(images):
    """Mean squared share of the finest pattern, +-1 at every other pixel, in any 2 x 2 block."""
    images = images - images.mean(axis=(-2, -1), keepdims=True)
    high, wide = images.shape[-2] // 2 * 2, images.shape[-1] // 2 * 2
    blocks = images[..., :high, :wide]
    pattern = (blocks[..., ::2, ::2] + blocks[..., 1::2, 1::2] - blocks[..., 1::2, ::2] - blocks[..., ::2, 1::2]) / 4
    return float((pattern**2).mean())


def test_upsampling_starts_as_nearest_neighbour_resizing():
    layer = Upsample(3, 5)
    x = torch.randn(2, 3, 6, 6)
    weight, bias = layer.conv.weight[::4], layer.conv.bias[::4]
    resized = F.interpolate(F.conv2d(x, weight, bias, padding=1), scale_factor=2, mode="nearest")
    assert layer(x).shape == (2, 5, 12, 12)
    assert torch.allclose(layer(x), resized, atol=1e-6)
    assert checkerboard_energy(layer(x).detach().numpy()) < 1e-12
    # Channels of their own, not all the same.
    assert not torch.allclose(layer(x)[:, 0], layer(x)[:, 1])


def test_the_measure_of_checkerboards_finds_one():
    rng = np.random.default_rng(0)
    smooth = np.repeat(np.repeat(rng.normal(size=(4, 1, 7, 7)), 2, 2), 2, 3)
    board = (-1.0) ** np.add.outer(np.arange(14), np.arange(14))
    assert checkerboard_energy(smooth) < 1e-25
    assert checkerboard_energy(smooth + 0.3 * board) == pytest.approx(0.09)


@pytest.mark.slow
def test_a_trained_decoder_draws_no_checkerboard():
    data = load_dataset("shapes", Preprocessing(num_images=2500))
    config = TrainConfig(
        dataset="shapes",
        architecture="conv",
        channels=(8, 16),
        conv_hidden=64,
        latent_dim=5,
        epochs=6,
        batch_size=64,
        learning_rate=4e-3,
    )
    images = data.images[data.split.train]
    trainer = Trainer(config, images, data.images[data.split.validation])
    for _ in trainer.records():
        pass
    shown = Engine(trainer.model, config).reconstruct(images[:500])
    # It has learned to draw something: a good part of the images' variance.
    real = images[:500] / 255
    assert ((shown - real) ** 2).mean() < 0.3 * real.var(axis=0).mean()
    # A blurred image has less of every fine pattern than a sharp one: here it must have a quarter
    # of what the edges of the real ones have (it has a ninth), or no more than a pattern of one
    # gray level's amplitude, which nobody sees.
    assert checkerboard_energy(shown) < max(0.25 * checkerboard_energy(real), 1.5e-5)


# --- How narrow and how wide a posterior may be -------------------------------------------------


@pytest.mark.parametrize("bias", [-1e4, -200.0, 89.0, 1e4])
@pytest.mark.parametrize("make", [MLPEncoder, ConvEncoder], ids=["mlp", "conv"])
def test_logvar_stays_within_its_bounds(make, bias):
    """Beyond 88 the KL was infinite, and below -200 the densities of codes were NaN."""
    shape = (1, 16, 16)
    encoder = make(shape, (8,), 3, "silu") if make is MLPEncoder else make(shape, (4,), 8, 3, "silu")
    with torch.no_grad():
        encoder.heads.logvar.bias.fill_(bias)
        mu, logvar = encoder(torch.rand(5, *shape))
    low, high = LOGVAR_BOUNDS
    assert (logvar == (low if bias < 0 else high)).all()
    assert mu.isfinite().all()


def test_ordinary_logvars_and_their_gradients_are_the_heads_own():
    encoder = MLPEncoder((1, 8, 8), (8,), 3, "silu")
    x = torch.rand(5, 1, 8, 8)
    features = encoder.body(x.flatten(1))
    expected = encoder.heads.logvar(features)
    found = encoder(x).logvar
    assert torch.equal(found, expected)
    parameters = list(encoder.heads.logvar.parameters())
    ours, theirs = (torch.autograd.grad(values.square().sum(), parameters) for values in (found, expected))
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
