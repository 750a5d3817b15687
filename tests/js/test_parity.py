"""What the browser computes is what torch and numpy compute."""

import base64
import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Error
from safetensors.numpy import load, save
from scipy.special import logsumexp
from scipy.stats import norm

from vaelab.config import TrainConfig
from vaelab.engine import Engine
from vaelab.export import browser_map, browser_model
from vaelab.export.modules import ASSETS, join
from vaelab.latent.density import nearest_codes, neighbour_radii
from vaelab.latent.projections import Projection, pair, pca, plane
from vaelab.latent.units import code_scale
from vaelab.networks.likelihoods import LIKELIHOODS
from vaelab.networks.models import MODELS, build_model
from vaelab.networks.nn import ACTIVATIONS, LOGVAR_BOUNDS
from vaelab.runs import Run
from vaelab.training.suggest import network_for
from vaelab.training.trainer import Trainer

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
#: Modules that have a model decoded in a worker, which is started from their own text.
WITH_WORKER = sorted(
    path
    for path in ASSETS.rglob("*.js")
    if "export default" in path.read_text("utf-8") and "class Background" in join(path)
)
SHIPPED = sorted(path.parent for path in ROOT.glob("assets/checkpoints/*/config.json"))

#: Images, sigmas and codes in float32: 3e-6 is the most that was measured.
CLOSE = 1e-5

#: The module, and numbers in base64, which are handed over a thousand times faster than lists.
LOAD = """
async () => {
  window.network = await import("/network.js");
  window.bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  window.floats = (base64) => new Float32Array(bytes(base64).buffer);
  window.base64 = (numbers) => {
    const raw = new Uint8Array(Float32Array.from(numbers).buffer);
    let text = "";
    for (let i = 0; i < raw.length; i += 8192) {
      text += String.fromCharCode(...raw.subarray(i, i + 8192));
    }
    return btoa(text);
  };
  window.rows = (numbers, width) => Array.from(
    { length: numbers.length / width }, (_, i) => numbers.slice(i * width, (i + 1) * width));
}
"""

NETWORK = """
({ file, z, images, simd, label }) => {
  const model = new network.Network(bytes(file), { simd });
  const codes = floats(z);
  const decoded = base64(model.decode(codes, codes.length / model.latentDim, label));
  const posteriors = rows(floats(images), model.numPixels)
    .map((image) => model.encode(image, label));
  return {
    decoded,
    mu: base64(posteriors.flatMap(({ mu }) => Array.from(mu))),
    sigma: base64(posteriors.flatMap(({ sigma }) => Array.from(sigma))),
    simd: model.machine.simd,
    multiplyAdds: model.multiplyAdds,
  };
}
"""


class Module:
    """The network's code in a page that is otherwise empty, and the modules that start workers."""

    def __init__(self, page):
        self.page = page
        texts = {"network": join(Path(__file__).parent / "network.js")}
        texts |= {entry.relative_to(ASSETS).as_posix(): join(entry) for entry in WITH_WORKER}

        def answer(route):
            name = route.request.url.removeprefix("http://canvas.test/").removesuffix(".js")
            body = texts.get(name) or texts.get(f"{name}.js")
            route.fulfill(content_type="text/javascript" if body else "text/html", body=body or "")

        # An address of its own, which nobody serves: a blob of about:blank may start no worker.
        page.route("http://canvas.test/**", answer)
        page.goto("http://canvas.test/")
        page.evaluate(LOAD)

    def run(self, script, **given):
        """Call a JavaScript function with numbers and files as base64."""
        return self.page.evaluate(script, {name: to_base64(value) for name, value in given.items()})

    def network(self, file, z, images, simd, label=0):
        """Decode codes and encode images as the browser does, to ``(N, C, H, W)`` and codes."""
        count, channels, height, width = images.shape
        images = images.transpose(0, 2, 3, 1)
        answer = self.run(NETWORK, file=file, z=z, images=images, simd=simd, label=label)
        assert answer["simd"] is simd
        decoded = to_floats(answer["decoded"]).reshape(-1, height, width, channels)
        mu, sigma = (to_floats(answer[name]).reshape(count, -1) for name in ("mu", "sigma"))
        return decoded.transpose(0, 3, 1, 2), mu, sigma


def to_base64(value):
    if isinstance(value, np.ndarray):
        value = np.ascontiguousarray(value, dtype="<f4").tobytes()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def to_floats(text):
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


@pytest.fixture(scope="module")
def module(browser):
    page = browser.new_page()
    yield Module(page)
    page.close()


# --- Networks -----------------------------------------------------------------------------------


def make_engine(config, image_shape, num_labels=0):
    """A model all of whose numbers are noise: the zeros of a new one would hide a wrong order."""
    model = build_model(config, image_shape, num_labels)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            fan_in = parameter[0].numel() if parameter.ndim in {2, 4} else 4
            parameter.copy_(noise / fan_in**0.5)
    return Engine(model, config)


def model_file(engine, image_shape, dtype="float32"):
    weights = {f"model.{k}": v.numpy() for k, v in engine.model.state_dict().items()}
    return browser_model(engine.config, image_shape, engine.model.layers(), weights, "model", dtype)


def assert_same(module, engine, image_shape, rng, *, simd=True, dtype="float32", atol=CLOSE, n=100):
    z = rng.normal(size=(n, engine.latent_dim)).astype(np.float32)
    images = rng.random((n, *image_shape), dtype=np.float32)
    decoded, mu, sigma = module.network(model_file(engine, image_shape, dtype), z, images, simd)
    assert decoded.std(0).max() > 0.01, "images that do not depend on z would show nothing"
    np.testing.assert_allclose(decoded, engine.decode(z), rtol=0, atol=atol)
    codes = engine.encode(images)
    np.testing.assert_allclose(mu, codes.mu, rtol=0, atol=atol)
    np.testing.assert_allclose(sigma, codes.sigma, rtol=0, atol=atol)


MLP, CONV = {"hidden": (13, 10)}, {"architecture": "conv", "channels": (5, 7), "conv_hidden": 11}
kernels = pytest.mark.parametrize("simd", [True, False], ids=["simd", "plain"])
architectures = pytest.mark.parametrize(
    ("settings", "image_shape"), [(MLP, (3, 8, 8)), (CONV, (3, 28, 28))], ids=["mlp", "conv"]
)


@kernels
@architectures
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(module, rng, settings, image_shape, activation, simd):
    engine = make_engine(TrainConfig(activation=activation, **settings), image_shape)
    assert_same(module, engine, image_shape, rng, simd=simd)


@kernels
@pytest.mark.parametrize("latent_dim", [1, 2, 3, 17])
@pytest.mark.parametrize(
    ("image_shape", "hidden"),
    [
        ((1, 8, 8), (12, 5)),
        ((3, 8, 8), (7,)),
        ((1, 28, 28), (40, 16, 9)),
        ((3, 7, 7), (8, 8)),
    ],
)
def test_dense_models_of_every_shape(module, rng, image_shape, hidden, latent_dim, simd):
    engine = make_engine(TrainConfig(hidden=hidden, latent_dim=latent_dim), image_shape)
    assert_same(module, engine, image_shape, rng, simd=simd)


@kernels
@pytest.mark.parametrize(
    ("image_shape", "channels", "latent_dim"),
    [
        ((1, 28, 28), (5,), 1),
        ((1, 28, 28), (5, 7), 2),
        ((3, 32, 32), (5, 7), 3),
        ((3, 32, 32), (3, 5, 7), 17),
        ((3, 64, 64), (2, 3, 5, 7), 2),
        ((1, 64, 64), (16, 32), 8),
        ((3, 28, 28), (1, 1), 2),
    ],
)
def test_conv_models_of_every_shape(module, rng, image_shape, channels, latent_dim, simd):
    config = TrainConfig(architecture="conv", channels=channels, conv_hidden=11, latent_dim=latent_dim)
    engine = make_engine(config, image_shape)
    assert_same(module, engine, image_shape, rng, simd=simd, n=20)


@architectures
@pytest.mark.parametrize("model", MODELS)
def test_an_autoencoders_code_is_a_point(module, rng, settings, image_shape, model):
    engine = make_engine(TrainConfig(model=model, **settings), image_shape)
    assert_same(module, engine, image_shape, rng, n=20)
    images = rng.random((2, *image_shape), dtype=np.float32)
    *_, sigma = module.network(model_file(engine, image_shape), np.zeros((1, 2)), images, True)
    assert (sigma == 0).all() if model == "ae" else (sigma > 0).all()


@architectures
@pytest.mark.parametrize("logvar", [-1e3, -29.0, 19.0, 1e3])
def test_a_posterior_is_as_narrow_and_as_wide_as_it_may_be(module, rng, settings, image_shape, logvar):
    engine = make_engine(TrainConfig(**settings), image_shape)
    with torch.no_grad():
        engine.model.encoder.heads.logvar.weight.mul_(0.01)
        engine.model.encoder.heads.logvar.bias.fill_(logvar)
    images = rng.random((5, *image_shape), dtype=np.float32)
    *_, sigma = module.network(model_file(engine, image_shape), np.zeros((1, 2)), images, True)
    np.testing.assert_allclose(sigma, engine.encode(images).sigma, rtol=1e-4)
    assert sigma.min() >= np.exp(np.float32(LOGVAR_BOUNDS[0] / 2)) * 0.999
    assert sigma.max() <= np.exp(np.float32(LOGVAR_BOUNDS[1] / 2)) * 1.001


@architectures
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_every_pixel_model_draws_its_mean(module, rng, settings, image_shape, likelihood):
    engine = make_engine(TrainConfig(likelihood=likelihood, **settings), image_shape)
    assert_same(module, engine, image_shape, rng)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_mean_of_every_logit(module, likelihood):
    # A decoder that draws its last bias whatever z is: near 0, where series are used, and far.
    near, far = np.linspace(-0.3, 0.3, 101), np.linspace(-40, 40, 83)
    logits = np.concatenate([near, far, [0, 1e-8, -1e-8, 1e-3, 100, -100, 1000, -1000]])
    engine = make_engine(TrainConfig(likelihood=likelihood, **MLP), (3, 8, 8))
    with torch.no_grad():
        engine.model.decoder.out.weight.zero_()
        engine.model.decoder.start_at(torch.from_numpy(logits).reshape(3, 8, 8))
    decoded, *_ = module.network(model_file(engine, (3, 8, 8)), np.zeros((1, 2)), np.zeros((1, 3, 8, 8)), True)
    exact = LIKELIHOODS[likelihood]().mean(torch.from_numpy(logits)).numpy()
    np.testing.assert_allclose(decoded.ravel(), exact, rtol=0, atol=1e-7)


@architectures
def test_files_half_as_long_are_right_to_half_a_gray_level(module, rng, settings, image_shape):
    engine = make_engine(TrainConfig(**settings), image_shape)
    assert_same(module, engine, image_shape, rng, dtype="float16", atol=0.5 / 255)


@kernels
@architectures
@pytest.mark.parametrize("model", MODELS)
def test_a_linear_path_beside_the_network(module, rng, settings, image_shape, model, simd):
    engine = make_engine(TrainConfig(pca_path=True, latent_dim=5, model=model, **settings), image_shape)
    assert_same(module, engine, image_shape, rng, simd=simd)


@kernels
@pytest.mark.parametrize("channels", [(5, 16), (8, 6), (16, 32)])
@pytest.mark.parametrize("pca_path", [False, True])
def test_group_normalization(module, rng, channels, pca_path, simd):
    config = TrainConfig(**CONV | {"channels": channels}, group_norm=True, pca_path=pca_path, latent_dim=5)
    assert_same(module, make_engine(config, (3, 28, 28)), (3, 28, 28), rng, simd=simd, n=20)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_linear_path_with_every_pixel_model(module, rng, likelihood):
    engine = make_engine(TrainConfig(pca_path=True, likelihood=likelihood, **MLP), (3, 8, 8))
    assert_same(module, engine, (3, 8, 8), rng, n=20)


def test_a_linear_path_that_has_learned(module, digits):
    config = TrainConfig(pca_path=True, latent_dim=8, epochs=1, **MLP)
    trainer = Trainer(config, digits.images[:500], digits.images[500:600])
    assert list(trainer.records())
    engine = Engine(trainer.model, config)
    images = digits.images[600:650].astype(np.float32) / 255
    z = engine.encode(images).mu
    decoded, mu, sigma = module.network(model_file(engine, (1, 8, 8)), z, images, True)
    np.testing.assert_allclose(decoded, engine.decode(z), rtol=0, atol=CLOSE)
    np.testing.assert_allclose(mu, z, rtol=0, atol=CLOSE)
    np.testing.assert_allclose(sigma, engine.encode(images).sigma, rtol=0, atol=CLOSE)


@kernels
@pytest.mark.parametrize("side", [32, 64, 128])
def test_what_suits_own_images_in_colour(module, rng, side, simd):
    image_shape = (3, side, side)
    engine = make_engine(TrainConfig(latent_dim=16, **network_for(image_shape)[0]), image_shape)
    assert_same(module, engine, image_shape, rng, simd=simd, n=3)


@kernels
@architectures
def test_many_codes_at_once_are_as_one_by_one(module, rng, settings, image_shape, simd):
    # 37: two full batches, and one whose rows are no multiple of four.
    file = model_file(make_engine(TrainConfig(**settings), image_shape), image_shape)
    answer = module.run(
        """
        ({ file, z, simd }) => {
          const model = new network.Network(bytes(file), { simd });
          const codes = floats(z);
          const single = rows(codes, model.latentDim)
            .flatMap((code) => Array.from(model.decode(code)));
          return [model.decode(codes, 37), single].map(base64);
        }
        """,
        file=file,
        z=rng.normal(size=(37, 2)),
        simd=simd,
    )
    together, single = map(to_floats, answer)
    assert len(together) == len(single) == 37 * np.prod(image_shape)
    # The kernel adds up four rows at a time in another order than a single one.
    np.testing.assert_allclose(together, single, rtol=0, atol=2e-6 if simd else 0)


@kernels
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_models(module, rng, path, simd):
    run = Run.open(path)
    weights, _ = run.checkpoint()
    shape = run.data.image_shape
    z = rng.normal(size=(100, run.config.latent_dim)).astype(np.float32)
    label = max(0, run.engine.num_labels - 2)  # where there are labels, any but the first
    images = run.engine.decode(z, label)  # of what it knows, and more like it than noise
    file = browser_model(run.config, shape, run.layers, weights, path.name)
    decoded, mu, sigma = module.network(file, z, images, simd, label)
    codes = run.engine.encode(images, label)
    np.testing.assert_allclose(decoded, images, rtol=0, atol=CLOSE)
    np.testing.assert_allclose(mu, codes.mu, rtol=0, atol=CLOSE)
    np.testing.assert_allclose(sigma, codes.sigma, rtol=0, atol=CLOSE)


# --- The true posterior ---------------------------------------------------------------------------


POSTERIOR = """
({ file, image, reach, side, label }) => {
  const model = new network.Network(bytes(file));
  const grid = new network.PosteriorGrid(model, { reach, side, label });
  grid.advance(side + 3); // a part of it beforehand
  const truth = grid.of(floats(image));
  const posterior = model.encode(floats(image), label);
  return {
    log: Array.from(truth.logDensity),
    evidence: truth.logEvidence,
    gap: grid.gap(posterior, truth),
  };
}
"""


def true_posterior(engine, image, reach, side, label):
    """log p(z|x) on the grid, log p(x), and KL(q(z|x) || p(z|x)), in double precision."""
    width = 2 * reach / side
    along = (np.arange(side) + 0.5) * width - reach
    z = np.stack(np.meshgrid(along, along), -1).reshape(-1, 2)
    x = torch.from_numpy(image).double().expand(len(z), *image.shape[1:])
    labels = torch.full((len(z),), label) if engine.num_labels else None
    model = engine.model.double()
    with torch.no_grad():
        log_x = model.likelihood.log_prob(model.decoder(torch.from_numpy(z), labels), x).numpy()
        mu, logvar = (each[0].numpy() for each in model.encoder(x[:1], None if labels is None else labels[:1]))
    joint = log_x + norm.logpdf(z).sum(1)
    evidence = logsumexp(joint) + 2 * np.log(width)
    log_q = norm.logpdf(z, mu, np.exp(logvar / 2)).sum(1)
    return joint - evidence, evidence, np.average(log_q - (joint - evidence), weights=np.exp(log_q))


@pytest.mark.parametrize("pca_path", [False, True])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_true_posterior_under_every_likelihood(module, rng, likelihood, pca_path):
    config = TrainConfig(likelihood=likelihood, pca_path=pca_path, conditional=True, sigma=0.4, **MLP)
    engine = make_engine(config, (3, 8, 8), num_labels=3)
    image = rng.random((1, 3, 8, 8), dtype=np.float32)
    settings = {"reach": 4.0, "side": 24, "label": 2}
    pixels = image.transpose(0, 2, 3, 1)
    told = module.run(POSTERIOR, file=model_file(engine, (3, 8, 8)), image=pixels, **settings)
    log, evidence, gap = true_posterior(engine, image, **settings)
    assert np.ptp(log) > 5
    np.testing.assert_allclose(told["log"], log, rtol=1e-5, atol=2e-3)
    assert told["evidence"] == pytest.approx(evidence, abs=2e-3)
    assert told["gap"] == pytest.approx(gap, rel=1e-3)


@pytest.mark.parametrize("settings", [{"latent_dim": 3}, {"model": "ae"}])
def test_the_true_posterior_takes_a_vae_of_two_numbers(module, settings):
    file = model_file(make_engine(TrainConfig(**settings, **MLP), (1, 8, 8)), (1, 8, 8))
    with pytest.raises(Error, match="a VAE with codes of two numbers"):
        module.run(POSTERIOR, file=file, image=np.zeros((8, 8)), reach=3, side=4, label=0)


def test_a_decode_costs_what_its_layers_do(module):
    config = TrainConfig(architecture="conv", channels=(5, 7), conv_hidden=11, latent_dim=3)
    file = model_file(make_engine(config, (3, 28, 28)), (3, 28, 28))
    answer = module.run(NETWORK, file=file, z=np.zeros((1, 3)), images=np.zeros((1, 28, 28, 3)), simd=True, label=0)
    dense = 3 * 11 + 11 * (7 * 7 * 7)
    convolutions = 7**2 * (9 * 7 * 4 * 5) + 14**2 * (9 * 5 * 4 * 3)
    assert answer["multiplyAdds"] == dense + convolutions


@pytest.mark.parametrize("entry", WITH_WORKER, ids=lambda path: path.relative_to(ASSETS).as_posix())
def test_a_worker_draws_the_same(module, rng, entry):
    engine = make_engine(TrainConfig(**MLP), (3, 8, 8))
    z = rng.normal(size=(3, 2)).astype(np.float32)
    answer = module.run(
        """
        async ({ file, z, address }) => {
          const worker = new Worker(address, { type: "module" });
          const answer = new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = () => reject(new Error("The worker failed."));
          });
          worker.postMessage({ bytes: bytes(file) });
          worker.postMessage({ z: floats(z), count: 3 });
          const images = base64(await answer);
          worker.terminate();
          return images;
        }
        """,
        file=model_file(engine, (3, 8, 8)),
        z=z,
        address=f"/{entry.relative_to(ASSETS).as_posix()}",
    )
    images = to_floats(answer).reshape(3, 8, 8, 3).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(images, engine.decode(z), rtol=0, atol=CLOSE)


# --- Labels -------------------------------------------------------------------------------------

LABELLED = """
({ file, z, images, simd, numLabels }) => {
  const model = new network.Network(bytes(file), { simd });
  const codes = floats(z);
  const pictures = rows(floats(images), model.numPixels);
  const byLabel = Array.from({ length: numLabels }, (_, label) => {
    // Decoding and encoding by turns: each must set its own network's label.
    const decoded = base64(model.decode(codes, codes.length / model.latentDim, label));
    const posteriors = pictures.map((image) => model.encode(image, label));
    return [
      decoded,
      base64(posteriors.flatMap(({ mu }) => Array.from(mu))),
      base64(posteriors.flatMap(({ sigma }) => Array.from(sigma))),
    ];
  });
  return { numLabels: model.numLabels, byLabel, plain: base64(model.decode(codes, 1)) };
}
"""


@kernels
@architectures
@pytest.mark.parametrize(("num_labels", "pca_path"), [(1, False), (10, False), (3, True)])
def test_every_label_of_a_conditional_model(module, rng, settings, image_shape, num_labels, pca_path, simd):
    engine = make_engine(TrainConfig(conditional=True, pca_path=pca_path, **settings), image_shape, num_labels)
    channels, height, width = image_shape
    z = rng.normal(size=(20, 2)).astype(np.float32)  # more than are decoded together
    images = rng.random((5, *image_shape), dtype=np.float32)
    answer = module.run(
        LABELLED,
        file=model_file(engine, image_shape),
        z=z,
        images=images.transpose(0, 2, 3, 1),
        simd=simd,
        numLabels=num_labels,
    )
    assert answer["numLabels"] == num_labels
    drawn = []
    for label, texts in enumerate(answer["byLabel"]):
        decoded, mu, sigma = map(to_floats, texts)
        decoded = decoded.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
        codes = engine.encode(images, label)
        np.testing.assert_allclose(decoded, engine.decode(z, label), rtol=0, atol=CLOSE)
        np.testing.assert_allclose(mu.reshape(5, -1), codes.mu, rtol=0, atol=CLOSE)
        np.testing.assert_allclose(sigma.reshape(5, -1), codes.sigma, rtol=0, atol=CLOSE)
        drawn.append(decoded)
    assert all(np.abs(a - b).max() > 0.01 for a, b in zip(drawn[1:], drawn[:-1], strict=True))
    # Nobody said which: the first, whatever was told before.
    plain = to_floats(answer["plain"]).reshape(height, width, channels).transpose(2, 0, 1)
    np.testing.assert_allclose(plain, engine.decode(z[:1], 0)[0], rtol=0, atol=CLOSE)


def test_a_model_without_labels_does_not_mind_them(module, rng):
    engine = make_engine(TrainConfig(**MLP), (1, 8, 8))
    z = rng.normal(size=(3, 2)).astype(np.float32)
    answer = module.run(
        LABELLED,
        file=model_file(engine, (1, 8, 8)),
        z=z,
        images=np.zeros((1, 8, 8, 1)),
        simd=True,
        numLabels=3,
    )
    assert answer["numLabels"] == 0
    assert answer["byLabel"][0] == answer["byLabel"][1] == answer["byLabel"][2]


def test_the_shortest_files_have_labels_too(module, rng):
    engine = make_engine(TrainConfig(conditional=True, **MLP), (1, 8, 8), 3)
    z = rng.normal(size=(7, 2)).astype(np.float32)
    answer = module.run(
        LABELLED,
        file=model_file(engine, (1, 8, 8), "float16"),
        z=z,
        images=np.zeros((1, 8, 8, 1)),
        simd=True,
        numLabels=3,
    )
    for label, texts in enumerate(answer["byLabel"]):
        decoded = to_floats(texts[0]).reshape(-1, 1, 8, 8)
        np.testing.assert_allclose(decoded, engine.decode(z, label), rtol=0, atol=0.5 / 255)


@architectures
def test_a_worker_draws_every_label(module, rng, settings, image_shape):
    engine = make_engine(TrainConfig(conditional=True, **settings), image_shape, 3)
    z = rng.normal(size=(3, 2)).astype(np.float32)
    answer = module.run(
        """
        async ({ file, z }) => {
          const worker = new Worker("/latent_canvas/model_mount.js", { type: "module" });
          const ask = (request) => new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => resolve(base64(data));
            worker.onerror = () => reject(new Error("The worker failed."));
            worker.postMessage(request);
          });
          worker.postMessage({ bytes: bytes(file) });
          const images = [];
          for (const label of [2, 0, 1, 2]) {
            images.push(await ask({ z: floats(z), count: 3, label }));
          }
          worker.terminate();
          return images;
        }
        """,
        file=model_file(engine, image_shape),
        z=z,
    )
    channels, height, width = image_shape
    for label, drawn in zip([2, 0, 1, 2], answer, strict=True):
        images = to_floats(drawn).reshape(3, height, width, channels).transpose(0, 3, 1, 2)
        np.testing.assert_allclose(images, engine.decode(z, label), rtol=0, atol=CLOSE)


# --- Maps ---------------------------------------------------------------------------------------

MAP = """
({ file, codes, places, sigmas, held }) => {
  const map = new network.LatentMap(bytes(file));
  const at = rows(floats(codes), map.latentDim);
  const to = rows(floats(places), 2);
  const spread = rows(floats(sigmas), map.latentDim);
  const flat = (numbers) => base64(numbers.flatMap((row) => Array.from(row)));
  return {
    placed: flat(at.map((z) => map.place(z))),
    lifted: flat(to.map((place) => map.lift(place, held ? floats(held) : undefined))),
    stepped: flat(at.map((z, i) => map.step(z, to[i]))),
    covariance: spread.map((sigma, i) => map.covariance({ mu: at[i], sigma })),
    trusted: flat(at.map((z) => {
      const { point, distance, share } = map.trust(z);
      return [point, distance, share];
    })),
    places: base64(map.places),
    first: base64(map.code(1)),
    labels: [0, 1, 2].map((point) => map.label(point)),
  };
}
"""


class Map:
    """A map in numpy, and what the browser answers about ``codes``, ``places`` and ``sigmas``."""

    def __init__(self, module, rng, kind, latent_dim, num_points=400, num_queries=60, sigma=None, widths=1.0):
        codes = (widths * rng.normal(size=(num_points, latent_dim))).astype(np.float32)
        if latent_dim > 2:
            codes = codes.astype(np.float16).astype(np.float32)  # as they are in the file
        indices = np.arange(num_points)
        if kind == "umap":
            places = rng.normal(size=(num_points, 2)).astype(np.float32)
            self.projection = Projection("umap", indices, codes, places, ("UMAP 1", "UMAP 2"))
        else:
            make = {"plane": plane, "pca": pca, "pair": partial(pair, dims=(latent_dim - 1, 1))}
            self.projection = make[kind](codes, indices)
        if kind == "pca":  # coordinates that follow from the very codes of the file
            self.projection = replace(self.projection, coordinates=self.projection.place(codes))
        self.projection = replace(self.projection, sigma=sigma)
        size = (num_queries, latent_dim)
        self.codes = rng.normal(size=size).astype(np.float32)
        self.codes[0] = codes[2]  # a place where an image is
        self.sigmas = rng.uniform(0.05, 0.5, size).astype(np.float32)
        self.places = rng.normal(size=(num_queries, 2)).astype(np.float32)
        self.held = self.codes[1] if kind == "pair" else None
        self.file = browser_map(
            self.projection,
            name="model",
            run_name="run",
            map_key="map",
            labels=indices % 3,
            label_names=("cat", "dog", "owl"),
        )
        held = {} if self.held is None else {"held": self.held}
        self.answer = module.run(MAP, file=self.file, codes=self.codes, places=self.places, sigmas=self.sigmas, **held)

    def __getattr__(self, name):
        return to_floats(self.answer[name]).reshape(len(self.codes), -1)


maps = pytest.mark.parametrize(
    ("kind", "latent_dim"),
    [("plane", 1), ("plane", 2), ("pca", 2), ("pca", 3), ("pca", 17), ("umap", 2), ("umap", 6), ("pair", 5)],
)


@maps
def test_places_and_codes_of_every_map(module, rng, kind, latent_dim):
    shown = Map(module, rng, kind, latent_dim)
    projection = shown.projection
    close = {"rtol": 0, "atol": 2e-6}
    np.testing.assert_allclose(shown.placed, projection.place(shown.codes), **close)
    np.testing.assert_allclose(shown.lifted, projection.lift(shown.places, shown.held), **close)
    places = to_floats(shown.answer["places"]).reshape(-1, 2)
    np.testing.assert_allclose(places, projection.coordinates, **close)
    np.testing.assert_array_equal(to_floats(shown.answer["first"]), projection.codes[1])
    assert shown.answer["labels"] == ["cat", "dog", "owl"]


@maps
def test_a_step_changes_only_what_the_map_shows(module, rng, kind, latent_dim):
    shown = Map(module, rng, kind, latent_dim)
    if kind == "umap":  # which bends: there a step is the way back from the map
        np.testing.assert_array_equal(shown.stepped, shown.lifted)
        return
    axes = shown.projection.components if kind in {"pca", "pair"} else np.eye(2, latent_dim)
    moved = shown.stepped - shown.codes
    np.testing.assert_allclose(moved, moved @ axes.T @ axes, rtol=0, atol=1e-5)
    arrived = shown.projection.place(shown.stepped)[:, :latent_dim]
    np.testing.assert_allclose(arrived, shown.places[:, :latent_dim], rtol=0, atol=1e-5)


@maps
def test_the_covariance_of_a_posterior_on_the_map(module, rng, kind, latent_dim):
    shown = Map(module, rng, kind, latent_dim)
    if kind == "umap":  # which is not linear: a posterior is no Gaussian there, and has no ellipse
        assert shown.answer["covariance"] == [None] * len(shown.sigmas)
        return
    ours = np.array(shown.answer["covariance"])[:, [0, 1, 1, 2]].reshape(-1, 2, 2)
    axes = shown.projection.components if kind in {"pca", "pair"} else np.eye(2, latent_dim)
    exact = [axes @ np.diag(sigma**2) @ axes.T for sigma in shown.sigmas]
    np.testing.assert_allclose(ours, exact, rtol=0, atol=1e-6)


@maps
def test_trust_is_the_nearest_image_and_how_sparse_it_is_there(module, rng, kind, latent_dim):
    shown = Map(module, rng, kind, latent_dim, num_queries=400)
    point, distance, share = shown.trusted.T
    assert_like_python(shown)
    apart = np.linalg.norm(shown.codes[:, None] - shown.projection.codes, axis=2)
    np.testing.assert_array_equal(point, apart.argmin(1))
    np.testing.assert_allclose(distance, apart.min(1), rtol=0, atol=1e-6)
    assert share.min() >= 0
    assert share.max() <= 1
    # The farther the eighth neighbour, the larger the share.
    eighth = np.sort(apart, axis=1)[:, 7]
    assert (np.diff(share[eighth.argsort()]) >= 0).all()
    # Codes that come from where the images' do are as far from them as they are from each other.
    assert share.mean() == pytest.approx(0.5, abs=0.1)


def assert_like_python(shown):
    """Compare point and share with a brute force over what counts, and with Python's nearest codes."""
    projection = shown.projection
    is_vae = projection.sigma is not None
    scale = code_scale(projection.codes, projection.sigma, is_vae)
    radii = neighbour_radii(scale * projection.codes, scale * projection.sigma if is_vae else None)
    apart = np.linalg.norm(scale * (shown.codes[:, None] - projection.codes), axis=2)
    point, distance, share = shown.trusted.T
    assert point.tolist() == [nearest_codes(projection.codes, z, 1, scale)[0] for z in shown.codes]
    np.testing.assert_allclose(distance, apart.min(1), rtol=1e-5, atol=1e-5)
    eighth = np.sort(apart, axis=1)[:, 7]
    off = np.abs(share - np.minimum(np.searchsorted(radii, eighth), 100) / 100)
    assert off.max() < 0.0101
    assert (off > 0.001).mean() < 0.02, "but for rounding"


@pytest.mark.parametrize(("kind", "latent_dim"), [("plane", 1), ("plane", 2), ("pca", 3), ("umap", 6)])
def test_trust_in_a_vae_counts_draws_in_sigmas(module, rng, kind, latent_dim):
    sigma = rng.uniform(0.05, 0.9, (400, latent_dim)).astype(np.float16)
    shown = Map(module, rng, kind, latent_dim, num_queries=400, sigma=sigma)
    assert_like_python(shown)


@pytest.mark.parametrize("num_dead", [3, 5])
def test_a_number_that_collapsed_changes_nothing(module, rng, num_dead):
    """Nor do five of five: then each image is still the one nearest to its own code."""
    widths = np.where(np.arange(5) < num_dead, 0.01, 1.0)
    sigma = np.broadcast_to(np.where(widths < 1, 1.0, 0.2), (400, 5)).astype(np.float16)
    shown = Map(module, rng, "pca", 5, sigma=sigma, widths=widths)
    assert_like_python(shown)
    moved = shown.codes.copy()
    moved[:, :num_dead] = 2.0
    answer = module.run(MAP, file=shown.file, codes=moved, places=shown.places, sigmas=shown.sigmas)
    point, distance, share = to_floats(answer["trusted"]).reshape(-1, 3).T
    np.testing.assert_allclose(share, shown.trusted[:, 2], atol=0.0101)
    np.testing.assert_allclose(distance, shown.trusted[:, 1], atol=1e-4)
    if num_dead < 5:
        np.testing.assert_array_equal(point, shown.trusted[:, 0])
    else:
        assert not share.any()
    answer = module.run(MAP, file=shown.file, codes=shown.projection.codes[:60], places=shown.places, sigmas=moved)
    np.testing.assert_array_equal(to_floats(answer["trusted"]).reshape(-1, 3)[:, 0], np.arange(60))


def test_a_gap_of_a_umap_map_is_told_although_its_code_lies_well(module, rng):
    # Two groups far apart on the map, whose codes are all of one cloud: the mean of both lies in its middle.
    codes = rng.normal(size=(200, 3)).astype(np.float16).astype(np.float32)
    places = (0.1 * rng.normal(size=(200, 2)) + np.where(np.arange(200) < 100, -5, 5)[:, None]).astype(np.float32)
    projection = Projection("umap", np.arange(200), codes, places, ("UMAP 1", "UMAP 2"))
    spots = [places[0].tolist(), [0.0, 0.0]]
    answer = module.run(
        """
        ({ file, spots }) => {
          const map = new network.LatentMap(bytes(file));
          return spots.map((place) => map.trust(map.lift(place), place)).map(({ isGap, share, radius, typical }) =>
            [isGap, share, radius, typical]);
        }
        """,
        file=browser_map(projection, name="model", run_name="run", map_key="map"),
        spots=spots,
    )
    (on_point, _, radius, typical), (in_gap, share, *_) = answer
    assert not on_point
    assert in_gap
    assert share == 1
    radii = neighbour_radii(codes)
    assert typical == pytest.approx(radii[50])
    eighth = np.sort(np.linalg.norm(codes - projection.lift(np.array([spots[0]]))[0], axis=1))[7]
    assert radius == pytest.approx(eighth, abs=1e-4)


@pytest.mark.parametrize("num_points", [3, 8, 9, 300])
def test_far_away_is_sparser_than_any_image(module, rng, num_points):
    shown = Map(module, rng, "umap", 4, num_points, num_queries=2)
    file = shown.file
    far = np.outer([0, 1, 3, 10, 100], np.ones(4)) + shown.projection.codes.mean(0)
    answer = module.run(MAP, file=file, codes=far, places=np.ones((5, 2)), sigmas=far * 0 + 0.1)
    _, distance, share = to_floats(answer["trusted"]).reshape(5, 3).T
    assert (np.diff(distance) > 0).all()
    assert (np.diff(share) >= 0).all()
    assert share[0] < 0.5
    assert share[-1] == 1


@pytest.mark.parametrize("latent_dim", [1, 2, 9])
@pytest.mark.parametrize("k", [1, 8, 30])
def test_nearest_is_the_beginning_of_a_sort(module, rng, latent_dim, k):
    # Whole numbers are often equally far: then the first row comes first.
    table, point = rng.integers(-2, 3, (200, latent_dim)), rng.integers(-2, 3, latent_dim)
    rows, squares = module.run(
        """
        ({ table, d, point, k }) => {
          const { rows, squares } = network.nearest(floats(table), d, floats(point), k);
          return [Array.from(rows), Array.from(squares)];
        }
        """,
        table=table,
        d=latent_dim,
        point=point,
        k=k,
    )
    exact = ((table - point) ** 2).sum(1)
    order = exact.argsort(kind="stable")[:k]
    assert rows == order.tolist()
    assert squares == exact[order].tolist()


def test_every_number_of_half_precision_is_read_as_it_is(module):
    numbers = np.arange(2**16, dtype=np.uint16).view(np.float16)
    answer = module.run(
        "({ file }) => base64(network.readSafetensors(bytes(file)).tensors.get('all').data)",
        file=save({"all": numbers}),
    )
    np.testing.assert_array_equal(to_floats(answer), numbers.astype(np.float32))


# --- Refusals -----------------------------------------------------------------------------------


def edited(file, change):
    """The same file after ``change(spec, arrays)``."""
    length = int.from_bytes(file[:8], "little")
    metadata = json.loads(file[8 : 8 + length])["__metadata__"]
    kind, arrays = metadata["kind"], load(file)
    spec = json.loads(metadata[kind])
    change(spec, arrays)
    return save(arrays, {"kind": kind, kind: json.dumps(spec)})


def with_layer(**changes):
    return lambda spec, arrays: spec["decoder"][1].update(changes)


def without(name):
    return lambda spec, arrays: arrays.pop(name)


def with_array(name, change):
    def change_it(spec, arrays):
        arrays[name] = np.ascontiguousarray(change(arrays[name]))

    return change_it


def with_skip(part, inputs, outputs, link="none"):
    """A path of so many numbers past all layers of the encoder or decoder."""

    def add(spec, arrays):
        arrays.update({"w": np.zeros((inputs, outputs), np.float32), "b": np.zeros(outputs, np.float32)})
        width = {"encoder": 4, "decoder": 64}[part]
        spec[part].append({"op": "skip", "link": link, "weight": "w", "bias": "b", "width": width})

    return add


@pytest.fixture(scope="module")
def small():
    return model_file(make_engine(TrainConfig(**MLP), (1, 8, 8)), (1, 8, 8))


@pytest.fixture(scope="module")
def small_map():
    codes = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    return browser_map(pca(codes, np.arange(20)), name="model", run_name="run", map_key="map")


def refusal(module, name, file):
    error = module.run(
        """
        ({ name, file }) => {
          try {
            new network[name](bytes(file));
            return ["nothing", "It was taken."];
          } catch (error) {
            return [error.name, error.message];
          }
        }
        """,
        name=name,
        file=file,
    )
    assert error[0] == "Error", error
    return error[1]


def assert_is_a_sentence(message):
    assert re.fullmatch(r"[A-Z“].*[^.]\.", message), message
    assert ". " not in message, message
    assert not re.search(r"undefined|null|NaN|Error|\[object", message), message


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (with_layer(op="attention"), "attention"),
        (with_layer(activation="mish"), "mish"),
        (lambda spec, arrays: spec.update(mean="poisson"), "poisson"),
        (without("decoder.0.weight"), "decoder.0.weight"),
        (without("encoder.1.bias"), "encoder.1.bias"),
        (with_array("decoder.1.weight", lambda weight: weight[None]), "3 dimensions and not 2"),
        (with_array("decoder.1.weight", lambda weight: weight[:-1]), "inputs follows"),
        (with_array("decoder.1.weight", lambda weight: weight.astype(np.float64)), "F64"),
        (lambda spec, arrays: spec["decoder"].pop(1), "inputs follows"),
        (lambda spec, arrays: spec["encoder"].pop(), "and not 4"),
        (lambda spec, arrays: spec.update(latent_dim=3), "follows one of 3"),
        (lambda spec, arrays: spec.update(image_shape=[3, 8, 8]), "and not 192"),
        (with_skip("encoder", 64, 5), "passes layers of 64 and 4"),
        (with_skip("encoder", 63, 2), "A path of 63 inputs"),
        (with_skip("decoder", 2, 65), "65 outputs"),
        (with_skip("decoder", 2, 64, link="probit"), "probit"),
    ],
)
def test_a_model_that_cannot_be_run_is_refused_in_a_sentence(module, small, change, named):
    message = refusal(module, "Network", edited(small, change))
    assert_is_a_sentence(message)
    assert named in message


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without("decoder.0.labels"), "decoder.0.labels"),
        (without("encoder.0.labels"), "encoder.0.labels"),
        (with_array("decoder.0.labels", lambda rows: rows[0]), "1 dimensions and not 2"),
        (with_array("decoder.0.labels", lambda rows: rows[:, 1:]), "decoder.0.labels"),
        (with_array("encoder.0.labels", lambda rows: rows[1:]), "labels"),
    ],
)
def test_labels_that_do_not_fit_are_refused_in_a_sentence(module, change, named):
    engine = make_engine(TrainConfig(conditional=True, **MLP), (1, 8, 8), 3)
    message = refusal(module, "Network", edited(model_file(engine, (1, 8, 8)), change))
    assert_is_a_sentence(message)
    assert named in message


@pytest.mark.parametrize("name", ["codes", "center", "components"])
def test_a_map_that_lacks_an_array_is_refused_in_a_sentence(module, small_map, name):
    message = refusal(module, "LatentMap", edited(small_map, without(name)))
    assert_is_a_sentence(message)
    assert name in message


@pytest.mark.parametrize("name", ["Network", "LatentMap"])
@pytest.mark.parametrize("length", [0, 5, 8, 100, -1])
def test_a_file_that_was_cut_off_is_refused_in_a_sentence(module, small, small_map, name, length):
    file = small if name == "Network" else small_map
    message = refusal(module, name, file[:length])
    assert_is_a_sentence(message)
    assert "not a whole" in message


def test_a_model_is_no_map_and_a_map_is_no_model(module, small, small_map):
    for name, file in [("Network", small_map), ("LatentMap", small)]:
        message = refusal(module, name, file)
        assert_is_a_sentence(message)
        assert message.startswith("This is not a m")


def test_what_the_refusals_are_about_is_taken_as_it_is(module, small, small_map):
    for name, file in [("Network", small), ("LatentMap", small_map)]:
        with pytest.raises(AssertionError, match="It was taken"):
            refusal(module, name, edited(file, lambda spec, arrays: None))
    with pytest.raises(AssertionError, match="It was taken"):
        refusal(module, "Network", edited(small, with_skip("encoder", 64, 2)))
