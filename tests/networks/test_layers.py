"""A model's checkpoint says what the model consists of, and whoever reads that needs no torch."""

import json
import math
import subprocess
import sys

import pytest
import torch

from tests.test_browser_types import keys_of
from vaelab.config import TrainConfig
from vaelab.export.model import browser_model
from vaelab.export.modules import ASSETS
from vaelab.networks.earlier_layers import earlier_layers
from vaelab.networks.layers import num_weights, read_layers
from vaelab.networks.models import build_model
from vaelab.runs import Run, RunError

CONV = {"architecture": "conv", "channels": (3, 5), "conv_hidden": 6}
every_network = pytest.mark.parametrize(
    "config",
    [
        TrainConfig(hidden=(7, 5), latent_dim=3),
        TrainConfig(hidden=(7,), latent_dim=3, pca_path=True, conditional=True),
        TrainConfig(latent_dim=3, **CONV),
        TrainConfig(latent_dim=3, pca_path=True, conditional=True, **CONV),
        TrainConfig(latent_dim=3, group_norm=True, **CONV),
    ],
    ids=["mlp", "mlp and path", "conv", "conv and path", "group norm"],
)
SHAPE = (3, 16, 16)


def parameters_of(layer):
    return {role: value for role, value in layer.items() if isinstance(value, dict)}


@every_network
def test_every_parameter_is_listed_once_with_its_shape(config):
    model = build_model(config, SHAPE, 4)
    layers = model.layers()
    listed = [
        item for part in layers.values() for layer in part for p in parameters_of(layer).values() for item in p.items()
    ]
    actual = [(name, list(value.shape)) for name, value in model.state_dict().items() if "likelihood" not in name]
    assert sorted(listed) == sorted(actual)
    learned = sum(value.numel() for name, value in model.state_dict().items() if "likelihood" not in name)
    assert sum(num_weights(layer) for part in layers.values() for layer in part) == learned
    assert read_layers(json.dumps(layers)) == layers


@every_network
def test_each_layer_takes_what_the_one_before_it_gives(config):
    layers = build_model(config, SHAPE, 4).layers()
    numbers = math.prod(SHAPE)
    ends = {"encoder": (numbers, 2 * config.latent_dim), "decoder": (config.latent_dim, numbers)}
    for part, (first, last) in ends.items():
        width = first
        for layer in layers[part]:
            if layer["op"] == "skip":
                assert math.prod(layer["inputs"]) == first
                assert layer["width"] == width
            else:
                assert math.prod(layer["inputs"]) == width
                width = math.prod(layer["outputs"])
        assert width == last


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 28, 28)])
def test_convolutions_say_the_size_that_they_have(shape):
    config = TrainConfig(**CONV)
    model = build_model(config, shape)
    sizes = []
    x = torch.rand(2, *shape)
    for stage in model.encoder.stages[::2]:
        x = stage(x)
        sizes.append(list(x.shape[1:]))
    side = x.shape[-1]
    x = torch.rand(2, config.channels[-1], side, side)
    for stage in model.decoder.stages[::2]:
        x = stage(x)
        sizes.append(list(x.shape[1:]))
    layers = model.layers()
    assert [layer["outputs"] for part in layers.values() for layer in part if layer["op"] == "conv"] == sizes


@every_network
def test_the_browser_knows_every_layer_and_all_that_it_is_told_of_it(config):
    model = build_model(config, SHAPE, 4)
    weights = {f"model.{name}": value.numpy() for name, value in model.state_dict().items()}
    file = browser_model(config, SHAPE, model.layers(), weights, "model")
    spec = json.loads(json.loads(file[8 : 8 + int.from_bytes(file[:8], "little")])["__metadata__"]["model"])
    text = (ASSETS / "network/layers.js").read_text("utf-8")
    for layer in spec["encoder"] + spec["decoder"]:
        optional = {"labels"} - layer.keys()
        assert layer.keys() == keys_of(text, layer["op"].title().replace("_", "") + "Spec") - optional


# --- In the run's folder ------------------------------------------------------------------------


def forget_layers(run):
    """Leave the checkpoint as it was written before checkpoints listed layers."""
    run.write_checkpoint(*run.checkpoint())


def test_a_run_says_its_layers_without_torch(vae_run):
    code = (
        "import json, sys; from vaelab.runs import Run; "
        f"layers = Run.open({str(vae_run.path)!r}).layers; assert 'torch' not in sys.modules; print(json.dumps(layers))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(told) == vae_run.engine.model.layers()


def test_of_an_older_checkpoint_the_config_tells_them(copy):
    layers = copy.layers
    forget_layers(copy)
    assert Run.open(copy.path).layers == layers


@every_network
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_what_a_config_told_is_what_its_model_says(config, likelihood):
    config = config.model_copy(update={"likelihood": likelihood, "group_norm": False})  # which came with the lists
    for shape in (SHAPE, (1, 28, 28)):
        earlier, model = earlier_layers(config, shape, 4), build_model(config, shape, 4)
        # As text, since the order in which a layer's entries come is that in the browser's file.
        assert json.dumps(earlier) == json.dumps(model.layers())


@pytest.mark.parametrize(
    "text", ["", "[", "{}", "[]", '{"encoder": [3], "decoder": []}', '{"encoder": [{}], "decoder": []}']
)
def test_a_list_that_is_none_is_damage(copy, text):
    arrays, numbers = copy.checkpoint()
    metadata = {name: repr(value) for name, value in numbers.items()} | {"layers": text}
    copy.write_arrays("checkpoints/last.safetensors", arrays, metadata)
    with pytest.raises(RunError, match=r"^checkpoints/last\.safetensors of the run copy is damaged"):
        _ = copy.layers


@pytest.mark.parametrize("older", [False, True])
def test_a_config_with_other_layers_is_found_without_building_the_model(copy, older):
    if older:
        forget_layers(copy)
    assert copy.problem() is None
    hidden = copy.config.hidden
    for others in (hidden[::-1], (*hidden, 5), hidden[:-1]):
        if others != hidden and others:
            changed = copy.config.model_copy(update={"hidden": others})
            assert "does not fit config.json" in Run(copy.path, changed).problem()
    changed = copy.config.model_copy(update={"latent_dim": copy.config.latent_dim + 1})
    assert "does not fit config.json" in Run(copy.path, changed).problem()


@pytest.mark.parametrize("older", [False, True])
def test_convolutions_are_looked_at_too(tmp_path, older):
    config = TrainConfig(latent_dim=2, channels=(3, 5, 4), architecture="conv", conv_hidden=6)
    model = build_model(config, SHAPE)
    weights = {f"model.{name}": value.numpy() for name, value in model.state_dict().items()}
    run = Run.create(config, tmp_path / "run")
    run.write_checkpoint(weights, {"epoch": 1}, None if older else model.layers())
    run._check_checkpoint()
    for settings in ({"channels": (3, 4, 5)}, {"conv_hidden": 5}, {"architecture": "mlp"}):
        with pytest.raises(RunError, match=r"does not fit config\.json"):
            Run(run.path, config.model_copy(update=settings))._check_checkpoint()
