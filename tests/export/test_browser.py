"""A model's and a map's file say all that the browser must know; tests/js runs them."""

import dataclasses
import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load

from vaelab.config import TrainConfig
from vaelab.export import browser_map, browser_model, model
from vaelab.latent.density import neighbour_radii
from vaelab.latent.projections import PROJECTIONS, Projection, pca, plane
from vaelab.networks.likelihoods import LIKELIHOODS
from vaelab.networks.models import MODELS, build_model

CONV = {"architecture": "conv", "channels": (3, 5), "conv_hidden": 6, "latent_dim": 2}
architectures = pytest.mark.parametrize(
    ("config", "image_shape"),
    [
        (TrainConfig(hidden=(7, 5), latent_dim=3), (3, 8, 8)),
        (TrainConfig(**CONV), (1, 28, 28)),
        (TrainConfig(hidden=(7, 5), pca_path=True), (3, 8, 8)),
        (TrainConfig(**CONV, pca_path=True), (3, 28, 28)),
    ],
    ids=["mlp", "conv", "mlp and path", "conv and path"],
)


def weights_of(config, image_shape, num_labels=0):
    model = build_model(config, image_shape, num_labels)
    return {f"model.{name}": value.numpy() for name, value in model.state_dict().items()}


def write_model(config, image_shape, weights, dtype="float32", num_labels=0):
    layers = build_model(config, image_shape, num_labels).layers()
    return browser_model(config, image_shape, layers, weights, "Ada 12", dtype)


def read(file, kind):
    """What a file says it is, and its arrays."""
    length = int.from_bytes(file[:8], "little")
    metadata = json.loads(file[8 : 8 + length])["__metadata__"]
    assert metadata["kind"] == kind
    return json.loads(metadata[kind]), load(file)


def write_map(projection, **settings):
    names = {"name": "model", "run_name": "run", "map_key": "map"}
    return browser_map(projection, **names | settings)


# --- Models -------------------------------------------------------------------------------------


@architectures
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_model_says_what_it_is(config, image_shape, dtype):
    weights = weights_of(config, image_shape)
    spec, arrays = read(write_model(config, image_shape, weights, dtype), "model")
    assert spec["id"] == "Ada 12"
    assert spec["latent_dim"] == config.latent_dim
    assert tuple(spec["image_shape"]) == image_shape
    assert {array.dtype.name for array in arrays.values()} == {dtype}


@architectures
def test_every_weight_is_in_the_file_once(config, image_shape):
    weights = weights_of(config, image_shape)
    spec, arrays = read(write_model(config, image_shape, weights), "model")
    named = [
        value
        for layer in spec["encoder"] + spec["decoder"]
        for key, value in layer.items()
        if key in {"weight", "bias"}
    ]
    assert sorted(named) == sorted(arrays)
    learned = {name: w for name, w in weights.items() if ".likelihood." not in name}
    ours = np.concatenate([array.ravel() for array in arrays.values()])
    theirs = np.concatenate([array.ravel() for array in learned.values()])
    np.testing.assert_array_equal(np.sort(ours), np.sort(theirs))


@architectures
def test_layers_follow_one_another(config, image_shape):
    spec, arrays = read(write_model(config, image_shape, weights_of(config, image_shape)), "model")
    numbers = int(np.prod(image_shape))
    for part, first, last in [
        ("encoder", numbers, 2 * config.latent_dim),
        ("decoder", config.latent_dim, numbers),
    ]:
        width = first
        for layer in spec[part]:
            bias = arrays[layer["bias"]]
            if layer["op"] == "dense":
                assert arrays[layer["weight"]].shape == (width, len(bias))
                width = len(bias)
            elif layer["op"] == "conv":
                side = layer["height"]
                assert layer["width"] == side
                assert width == side * side * arrays[layer["weight"]].shape[2]
                width = (side // layer["stride"]) ** 2 * len(bias)
            elif layer["op"] == "skip":
                assert layer is spec[part][-1]
                assert layer["width"] == width
                assert arrays[layer["weight"]].shape == (first, len(bias))
                assert len(bias) == {"encoder": config.latent_dim, "decoder": numbers}[part]
            else:
                assert layer["op"] == "add"
                assert len(bias) == width
        assert width == last
        # Between layers the config's, and none after the last that has weights.
        ends = [layer["activation"] for layer in spec[part] if layer["op"] not in {"add", "skip"}]
        assert ends == [config.activation] * (len(ends) - 1) + ["none"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_kind_of_model_and_of_mean_are_told(model, likelihood):
    config = TrainConfig(model=model, likelihood=likelihood, hidden=(4,))
    spec, _ = read(write_model(config, (1, 8, 8), weights_of(config, (1, 8, 8))), "model")
    assert spec["is_vae"] is (model == "vae")
    sigmoid = likelihood != "continuous_bernoulli"
    assert spec["mean"] == ("sigmoid" if sigmoid else likelihood)
    assert spec["likelihood"] == likelihood
    assert spec["sigma"] == pytest.approx(config.sigma)


def test_a_sigma_that_was_learned_is_told_as_it_was_learned():
    config = TrainConfig(likelihood="gaussian_learned", hidden=(4,))
    weights = weights_of(config, (1, 8, 8)) | {"model.likelihood.log_sigma": np.array(np.log(0.3), np.float32)}
    spec, _ = read(write_model(config, (1, 8, 8), weights), "model")
    assert spec["sigma"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("config", "image_shape", "trained"),
    [
        (TrainConfig(hidden=(7, 5)), (1, 28, 28), TrainConfig(**CONV)),
        (TrainConfig(hidden=(7,)), (1, 8, 8), TrainConfig(hidden=(7, 5))),
        (TrainConfig(**CONV), (1, 28, 28), TrainConfig(hidden=(7, 5))),
        (TrainConfig(hidden=(7, 5, 3)), (1, 8, 8), TrainConfig(hidden=(7, 5))),
        (TrainConfig(**CONV | {"channels": (3, 5, 4)}), (1, 32, 32), TrainConfig(**CONV)),
    ],
    ids=["mlp of conv", "flatter", "conv of mlp", "deeper", "more stages"],
)
def test_weights_of_another_architecture_are_refused(config, image_shape, trained):
    with pytest.raises(ValueError, match=r"^These weights do not fit .*: \S+ (is|has) .*\.$"):
        write_model(config, image_shape, weights_of(trained, image_shape))


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (TrainConfig(hidden=(7, 5)), "encoder.body.2.weight"),
        (TrainConfig(hidden=(7, 5)), "encoder.heads.logvar.bias"),
        (TrainConfig(hidden=(7, 5)), "decoder.out.weight"),
        (TrainConfig(**CONV), "encoder.stages.2.bias"),
        (TrainConfig(**CONV), "decoder.stages.0.conv.weight"),
        (TrainConfig(**CONV), "decoder.image_bias"),
        (TrainConfig(**CONV, pca_path=True), "encoder.linear.weight"),
        (TrainConfig(hidden=(7,), pca_path=True), "decoder.linear.bias"),
    ],
)
def test_a_weight_that_is_missing_is_named(config, name):
    weights = weights_of(config, (1, 28, 28))
    del weights[f"model.{name}"]
    with pytest.raises(ValueError, match=rf"{name} is missing, and should have .*\.$"):
        write_model(config, (1, 28, 28), weights)


def test_too_many_weights_are_refused(monkeypatch):
    config = TrainConfig(hidden=(64,))
    weights = weights_of(config, (1, 8, 8))
    encoder, decoder = 64 * 64 + 64 + 2 * (64 * 2 + 2), 2 * 64 + 64 + 64 * 64 + 64
    monkeypatch.setattr(model, "MAX_WEIGHTS", encoder + decoder)
    assert write_model(config, (1, 8, 8), weights)
    monkeypatch.setattr(model, "MAX_WEIGHTS", encoder + decoder - 1)
    with pytest.raises(ValueError, match=r"^This model has 0 million weights, and .*\.$"):
        write_model(config, (1, 8, 8), weights)


def test_a_page_is_asked_to_hold_64_megabytes_at_the_most():
    assert 4 * model.MAX_WEIGHTS == 64e6


# --- Labels -------------------------------------------------------------------------------------


def conditional(config):
    return config.model_copy(update={"conditional": True})


@architectures
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_first_dense_layer_of_each_part_has_the_labels_rows(config, image_shape, dtype, rng):
    weights = weights_of(conditional(config), image_shape, 4)
    rows = {part: f"model.{part}.label.weight" for part in ("encoder", "decoder")}
    for name in rows.values():
        weights[name] = rng.normal(size=weights[name].shape).astype(np.float32)
    file = write_model(conditional(config), image_shape, weights, dtype, num_labels=4)
    spec, arrays = read(file, "model")
    for part, name in rows.items():
        dense = [layer for layer in spec[part] if layer["op"] == "dense"]
        assert ["labels" in layer for layer in dense] == [True] + [False] * (len(dense) - 1)
        np.testing.assert_array_equal(arrays[dense[0]["labels"]], weights[name].astype(dtype))
        assert arrays[dense[0]["labels"]].shape == (4, len(arrays[dense[0]["bias"]]))
    # The rest is as it is without labels.
    plain = {k: v for k, v in weights.items() if k not in rows.values()}
    _, others = read(write_model(config, image_shape, plain, dtype), "model")
    assert others.keys() == {name for name in arrays if not name.endswith(".labels")}
    for name, array in others.items():
        np.testing.assert_array_equal(array, arrays[name])


@architectures
def test_a_model_without_labels_has_no_rows_for_them(config, image_shape):
    file = write_model(config, image_shape, weights_of(config, image_shape))
    spec, arrays = read(file, "model")
    assert not any("labels" in layer for layer in spec["encoder"] + spec["decoder"])
    assert not any(name.endswith("labels") for name in arrays)


@architectures
@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_labels_rows_that_are_missing_or_of_another_width_are_named(config, image_shape, part):
    config, name = conditional(config), f"model.{part}.label.weight"
    weights = weights_of(config, image_shape, 4)
    for damaged in (
        {k: v for k, v in weights.items() if k != name},
        weights | {name: weights[name][:, 1:]},
    ):
        with pytest.raises(ValueError, match=rf"^These weights do not .*: {part}\.label\.weight "):
            write_model(config, image_shape, damaged, num_labels=4)


def test_labels_count_among_the_weights_that_a_page_holds(monkeypatch):
    config = TrainConfig(hidden=(64,), conditional=True)
    weights = weights_of(config, (1, 8, 8), 10)
    total = sum(array.size for name, array in weights.items() if ".likelihood." not in name)
    monkeypatch.setattr(model, "MAX_WEIGHTS", total)
    assert write_model(config, (1, 8, 8), weights, num_labels=10)
    monkeypatch.setattr(model, "MAX_WEIGHTS", total - 1)
    with pytest.raises(ValueError, match=r"^This model has 0 million weights"):
        write_model(config, (1, 8, 8), weights, num_labels=10)


# --- Maps ---------------------------------------------------------------------------------------


@pytest.fixture
def codes(rng):
    """Dimensions 0 and 3 are hardly used; 2 is widest, then 4, then 1."""
    return (rng.normal(size=(300, 5)) * [0.01, 0.5, 4.0, 0.05, 1.0]).astype(np.float32)


def test_a_map_says_what_it_is(codes):
    spec, arrays = read(
        write_map(
            pca(codes, np.arange(300)),
            labels=np.arange(300) % 2,
            label_names=("cat", "dog"),
            background=(0.25, 0.5, 1.0),
        ),
        "map",
    )
    assert [spec[key] for key in ("model", "map_key", "projection")] == ["model", "map", "pca"]
    assert spec["label_names"] == ["cat", "dog"]
    assert spec["background"] == [0.25, 0.5, 1.0]
    np.testing.assert_allclose(spec["radii"], neighbour_radii(codes))
    assert spec["scale"] == [1.0] * 5
    np.testing.assert_array_equal(arrays["labels"], np.arange(300) % 2)
    assert arrays["labels"].dtype == np.uint8


def test_a_map_says_how_near_is_told(codes, rng):
    """Of a VAE: in typical sigmas of what is active, against draws; without sigma, of what is active."""
    sigma = rng.uniform(0.1, 0.5, codes.shape).astype(np.float16)
    projection = pca(codes, np.arange(300))
    spec, arrays = read(write_map(replace(projection, sigma=sigma)), "map")
    typical = (sigma.astype(np.float64) ** 2).mean(0) ** 0.5
    scale = [0, 1 / typical[1], 1 / typical[2], 0, 1 / typical[4]]
    np.testing.assert_allclose(spec["scale"], scale)
    np.testing.assert_allclose(spec["radii"], neighbour_radii(scale * codes, scale * sigma))
    assert "sigma" not in arrays
    spec, _ = read(write_map(projection, kl_per_dim=[0, 1, 3, 0, 2]), "map")
    assert spec["scale"] == [0, 1, 1, 0, 1]
    np.testing.assert_allclose(spec["radii"], neighbour_radii(codes * [0, 1, 1, 0, 1]))


@pytest.mark.parametrize("num_labels", [1, 256, 257, 1000])
def test_a_map_may_have_any_number_of_labels(codes, num_labels):
    labels = np.arange(300) * (num_labels - 1) // 299
    _, arrays = read(write_map(pca(codes, np.arange(300)), labels=labels), "map")
    np.testing.assert_array_equal(arrays["labels"], labels)


@pytest.mark.parametrize("link", [None, "image", "place"])
def test_a_map_says_whether_others_follow_it(codes, link):
    spec, _ = read(write_map(pca(codes, np.arange(300)), link=link), "map")
    assert spec["link"] == link


def test_every_kind_of_map_has_what_it_is_placed_by(any_map):
    spec, arrays = read(write_map(any_map), "map")
    assert spec["projection"] == any_map.kind
    parts = {
        "plane": {"codes"},
        "pca": {"codes", "center", "components"},
        "umap": {"codes", "coordinates"},
    }
    assert set(parts) == set(PROJECTIONS)
    assert set(arrays) == parts[any_map.kind] | {"indices"}
    for name in parts[any_map.kind] - {"codes"}:
        np.testing.assert_array_equal(arrays[name], getattr(any_map, name))


def test_a_line_is_spread_out_as_the_chart_shows_it(rng):
    projection = plane(rng.normal(size=(50, 1)).astype(np.float32), np.arange(50))
    _, arrays = read(write_map(projection), "map")
    np.testing.assert_array_equal(arrays["coordinates"], projection.coordinates)


@pytest.mark.parametrize(("latent_dim", "dtype"), [(1, "float32"), (2, "float32"), (3, "float16"), (17, "float16")])
def test_codes_are_short_except_where_they_are_the_places(rng, latent_dim, dtype):
    codes = rng.normal(size=(50, latent_dim)).astype(np.float32)
    indices = np.arange(50)
    projection = plane(codes, indices) if latent_dim <= 2 else pca(codes, indices)
    _, arrays = read(write_map(projection), "map")
    assert arrays["codes"].dtype == dtype
    np.testing.assert_array_equal(arrays["codes"], codes.astype(dtype))


def test_dimensions_that_carry_most_come_first(codes):
    projection = pca(codes, np.arange(300))
    kl = [0.002, 1.5, 0.75, 0.001, 2.5]
    spec, _ = read(write_map(projection, kl_per_dim=kl), "map")
    assert [entry["dim"] for entry in spec["dims"]] == [4, 1, 2, 0, 3]
    assert [entry["kl"] for entry in spec["dims"]] == sorted(kl, reverse=True)
    # Without a KL, which an autoencoder has not, the widest.
    spec, _ = read(write_map(projection), "map")
    assert [entry["dim"] for entry in spec["dims"]] == [2, 4, 1, 3, 0]
    assert {entry["kl"] for entry in spec["dims"]} == {None}


def test_unused_dimensions_are_marked(codes):
    points = pca(codes, np.arange(300))
    posteriors = dataclasses.replace(points, sigma=np.full(codes.shape, 0.5, np.float16))
    # An autoencoder's narrow numbers tell as much as its wide ones.
    for projection, expected in ((posteriors, {0, 3}), (points, set())):
        spec, _ = read(write_map(projection), "map")
        assert {entry["dim"] for entry in spec["dims"] if not entry["active"]} == expected


def test_every_code_is_within_its_sliders_limits(codes):
    spec, _ = read(write_map(pca(codes, np.arange(300))), "map")
    for entry in spec["dims"]:
        largest = np.abs(codes[:, entry["dim"]]).max()
        assert max(3, largest) <= entry["limit"] < max(3, largest) + 1
        assert entry["limit"] == round(entry["limit"])


def test_numbers_are_written_so_that_a_browser_reads_them(codes):
    # JSON has no NaN: a browser that meets one reads nothing.
    for projection in (
        pca(codes, np.arange(300)),
        Projection(
            "umap",
            np.arange(300),
            np.zeros((300, 3), np.float32),
            np.zeros((300, 2), np.float32),
            ("UMAP 1", "UMAP 2"),
        ),
    ):
        file = write_map(projection, kl_per_dim=np.zeros(projection.codes.shape[1]))
        assert b"NaN" not in file[: 8 + int.from_bytes(file[:8], "little")]
