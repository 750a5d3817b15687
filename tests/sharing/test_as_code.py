"""What is copied as code is run, and gives the numbers of the page."""

import functools
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from vaelab import Preprocessing, TrainConfig, commands
from vaelab.__main__ import main
from vaelab.commands import sharing
from vaelab.images import enlarge, to_pixels
from vaelab.latent.interpolation import INTERPOLATIONS
from vaelab.runs.results import make
from vaelab.sharing import draw_map
from vaelab.sharing.as_code import code_of_map, code_of_results, code_of_training, code_of_way
from vaelab.sharing.films import read_places, write_film
from vaelab.training.running import train

ROOT = Path(__file__).parents[2]

CONFIGS = [
    TrainConfig(),
    TrainConfig(latent_dim=8, hidden=(64, 32), beta=0.25, group_norm=True, learning_rate=1e-3, seed=3),
    TrainConfig(
        dataset="own/my own",
        model="ae",
        architecture="conv",
        channels=(8, 16),
        objective="elbo",
        likelihood="gaussian",
        corruption="gaussian",
        preprocessing=Preprocessing(size=16, color="gray", classes=("1", 'the "two"'), num_images=100),
        seconds=2.5,
        threads=2,
    ),
]


def run_python(text):
    """What the code leaves behind."""
    names = {}
    exec(compile(text, "copied", "exec"), names)
    return names


def run_command(text, folder):
    """What the command prints; run as it was copied, by a shell."""
    text = text.replace("python ", f"{shlex.quote(sys.executable)} ", 1)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(text, check=False, shell=True, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("config", CONFIGS, ids=range(len(CONFIGS)))
def test_the_code_of_a_training_has_all_its_settings(config, monkeypatch):
    trained = []
    monkeypatch.setattr("vaelab.train", trained.append)

    @functools.wraps(commands.train)
    def note(config, **others):
        trained.append(config)

    monkeypatch.setattr("vaelab.commands.train", note)
    code = code_of_training(config)
    run_python(code.python)
    assert trained == [config]
    words = shlex.split(code.command)
    assert words[:4] == ["python", "-m", "vaelab", "train"]
    monkeypatch.setattr("sys.argv", words[2:])
    main()
    assert trained == [config, config]


@pytest.mark.parametrize("kind", ["python", "command"])
def test_the_code_of_a_training_trains_the_same_model(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("VAELAB_RUNS", str(tmp_path))
    config = TrainConfig(epochs=1, hidden=(16,), seed=5, preprocessing=Preprocessing(num_images=200))
    code = code_of_training(config)
    if kind == "python":
        figures = run_python(code.python)["run"].evaluation()
    else:
        words = shlex.split(code.command)[1:]
        done = subprocess.run([sys.executable, *words, "--json"], cwd=ROOT, capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout)
    expected = train(config, run_dir=tmp_path / "by hand").evaluation()
    assert figures["elbo"] == expected["elbo"]


def test_the_code_of_a_map_lays_it_out_and_decodes_the_place(vae_run, tmp_path):
    z = np.array([-0.125, 0.7, 1.3], np.float32)
    code = code_of_map(vae_run, "pca", 100, z)
    names = run_python(code.python)
    expected = draw_map(vae_run, "pca", 100).projection
    assert len(expected.indices) == 100
    assert np.array_equal(names["map_"].projection.indices, expected.indices)
    assert np.array_equal(names["places"], expected.coordinates)
    assert np.array_equal(names["image"], vae_run.engine.decode(z[None])[0])
    run_command(code.command, tmp_path)
    table = np.genfromtxt(
        tmp_path / f"{vae_run.name}-codes.csv", delimiter=",", names=True, dtype=None, encoding="utf-8"
    )
    order = np.argsort(table["image"])
    places = np.stack([table["x"], table["y"]], axis=1)[order]
    assert np.allclose(places, expected.coordinates[np.argsort(expected.indices)], atol=1e-5)


@pytest.mark.parametrize("kind", INTERPOLATIONS)
def test_the_code_of_a_way_decodes_it(vae_run, tmp_path, kind):
    ends = np.array([[-0.5, 0.25, 0], [1.0, 1.5, -0.7]], np.float32)
    code = code_of_way(vae_run, ends, kind, 5)
    expected = vae_run.engine.decode(INTERPOLATIONS[kind](*ends, np.linspace(0, 1, 5)))
    assert np.allclose(run_python(code.python)["images"], expected, atol=1e-6)
    run_command(code.command, tmp_path)
    with Image.open(tmp_path / f"{vae_run.name}-way.gif") as film:
        frames = [np.asarray(frame.convert("L"), dtype=int) for frame in ImageSequence.Iterator(film)]
    assert len(frames) == 8
    for frame, pixels in zip(frames, to_pixels(expected), strict=False):
        assert np.abs(frame - enlarge(pixels, 256)[..., 0]).max() <= 3


def test_the_code_of_results_finds_out_the_same(vae_run, ae_run, tmp_path):
    results = [(vae_run, "code_map"), (ae_run, "code_map")]
    code = code_of_results(results)
    expected = {(run.name, name): make(run, run.images(), name).figures for run, name in results}
    assert run_python(code.python)["figures"] == expected
    commands = code.command.splitlines()
    for command, figures in zip(commands, expected.values(), strict=True):
        assert json.loads(run_command(f"{command} --json", tmp_path)) == figures
    printed = dict(line.split() for line in run_command(commands[0], tmp_path).splitlines())
    assert float(printed["codes.trustworthiness"]) == pytest.approx(
        expected[vae_run.name, "code_map"]["codes"]["trustworthiness"], abs=1e-4
    )


def test_a_conditional_model_is_told_the_label(vae_run):
    conditional = vae_run.config.model_copy(update={"conditional": True})

    class Conditional:
        path, name, config = vae_run.path, vae_run.name, conditional

    assert ", 3)" in code_of_map(Conditional, None, z=[0, 0], label=3).python
    code = code_of_way(Conditional, [[0, 0], [1, 1]], "linear", 4, label=3)
    assert "decode(way, 3)" in code.python
    assert code.command.endswith("--label 3")


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ("", "A way needs two places or more"),
        ("0,1", "A way needs two places or more"),
        ("0,1;a,b", "0,1;a,b names no places: write them like 0.5,-0.25;1,1."),
        ("0,1;1", "is 3 numbers, and 0.0, 1.0 is none."),
        ("0,1,2;inf,0,0", "is 3 numbers, and inf, 0.0, 0.0 is none."),
    ],
)
def test_places_that_are_none_are_said(vae_run, places, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_places(vae_run, places)


def test_a_film_that_cannot_be_written_is_said(vae_run, tmp_path):
    with pytest.raises(ValueError, match=r"way\.avi is no film: let its name end in gif, webp, mp4"):
        write_film(vae_run, tmp_path / "way.avi", "0,0;1,1")
    with pytest.raises(ValueError, match="goes nowhere: take two at least"):
        write_film(vae_run, tmp_path / "way.gif", "0,0;1,1", num_images=1)
    with pytest.raises(ValueError, match="name a file in a folder that there is"):
        write_film(vae_run, tmp_path / "nowhere" / "way.gif", "0,0;1,1")
    with pytest.raises(ValueError, match="--film FILE"):
        sharing.export(vae_run.path)
