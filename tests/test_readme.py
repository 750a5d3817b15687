"""What the README says to type does what it says."""

import inspect
import json
import re
import shlex
from functools import wraps
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

import vaelab
from vaelab import commands
from vaelab.choices import CORRUPTIONS, OBJECTIVES
from vaelab.config import TrainConfig
from vaelab.runs import Run

README = (Path(__file__).parents[1] / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_its_python_runs_as_it_stands(tmp_path, monkeypatch, rng):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)  # what it writes where it is
    for name in ("beech", "oak"):
        folder = tmp_path / "pictures" / "leaves" / name
        folder.mkdir(parents=True)
        for index in range(20):
            Image.fromarray(rng.integers(0, 256, (16, 16), np.uint8)).save(folder / f"{index}.png")
    names = {"images": rng.integers(0, 256, (60, 16, 16), np.uint8), "labels": np.arange(60) % 2}
    assert len(blocks("python")) == 2
    for block in blocks("python"):
        # Less of it: what is trained for is not what is shown.
        exec(block.replace("seconds=60", "seconds=0.5").replace("latent_dim=2)", "latent_dim=2, epochs=1)"), names)
    assert names["images"].shape == (1, 1, 8, 8)
    assert names["codes"].sigma.shape == (10, 2)
    assert names["figures"].elbo < 0
    assert vaelab.load_dataset("own/leaves").label_names == ("beech", "oak")
    weights = load_file(names["run"].path / "checkpoints" / "last.safetensors")
    for part in ("encoder", "decoder"):
        assert f"model.{part}.body.0.weight" in weights
    assert isinstance(names["run"], Run)
    assert (tmp_path / "demo.html").stat().st_size > 2e6
    assert names["there"].path != names["run"].path


def test_its_commands_can_be_read(vae, monkeypatch):
    said = []

    def recorder(function):
        @wraps(function)
        def record(*arguments, **options):
            said.append(function.__name__)

        return record

    lines = [line.split("#")[0] for line in README.splitlines() if line.startswith("python -m vaelab ")]
    for name, function in inspect.getmembers(commands, inspect.isfunction):
        monkeypatch.setattr(commands, name, recorder(function))
    for line in lines:
        code, _, err = vae(*shlex.split(line)[3:])
        assert (code, err) == (0, ""), line
    assert len(said) == len(lines) >= 12


@pytest.mark.parametrize("name", OBJECTIVES)
def test_its_table_has_every_objective_as_its_entry_says(name):
    objective = OBJECTIVES[name]
    switches = (
        {"objective": name} if objective.models == ("vae",) else {"model": objective.models[0], "objective": name}
    )
    if name == "elbo":
        expected = '| VAE, β-VAE | `model="vae"`, `beta=4` |'
    else:
        values = switches | dict(objective.suited) | dict(objective.example)
        shown = ", ".join(f"`{key}={json.dumps(value).removesuffix('.0')}`" for key, value in values.items())
        expected = f"| {objective.kind} ({objective.source}) | {shown} |"
    assert expected in README.splitlines()
    TrainConfig(**switches, **objective.suited, **objective.example)


def test_its_table_names_every_corruption():
    (row,) = (line for line in README.splitlines() if line.startswith("| denoising "))
    assert all(f"`{name}`" in row or f'"{name}"' in row for name in CORRUPTIONS)
