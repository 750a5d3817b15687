"""The script that makes the shipped runs, here with one small run in a folder of its own."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import vaelab
from vaelab.runs import Run, results
from vaelab.runs.results import RESULTS, Maker, Result

SCRIPT = Path(__file__).parents[2] / "assets" / "checkpoints" / "make.py"
SETTINGS = {
    "dataset": "digits",
    "latent_dim": 1,
    "hidden": (8,),
    "epochs": 1,
    "preprocessing": {"num_images": 200},
}


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Load the script, with a folder and an example of its own and no study that takes long."""
    for name in ("pixel_maps", "code_map"):
        monkeypatch.delitem(RESULTS, name)
    spec = importlib.util.spec_from_file_location("make_shipped_runs", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    monkeypatch.setattr(module, "EXAMPLES", {"small": ("Small", SETTINGS)})
    return module


@pytest.fixture
def made(make, monkeypatch):
    """Make the example; after that nothing may be trained."""
    make.main([])

    def train(*_):
        raise AssertionError("It was trained anew.")

    monkeypatch.setattr(vaelab, "train", train)
    return Run.open(make.HERE / "small")


def contents(run):
    return {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}


def test_a_run_is_made_with_all_that_the_app_would_have_made(made):
    assert made.title == "Small"
    assert made.status.state == "finished"
    assert results.read(made, "plane") is not None
    assert results.read(made, "full_evaluation") is not None
    # And with nothing that only training needs.
    arrays, _ = made.checkpoint()
    assert all(name.startswith("model.") for name in arrays)
    assert made.snapshot_epochs() == []


def test_a_new_study_is_added_without_training(make, made, monkeypatch, capsys):
    before = contents(made)
    new = Maker(lambda making: Result({"epoch": making.run.epoch}, {}), "studies/new-epoch-{epoch:04d}.safetensors", 1)
    monkeypatch.setitem(RESULTS, "new", new)
    make.main(["--only", "studies", "--runs", "small"])
    assert capsys.readouterr().out == "small: made new-epoch-0001.safetensors\n"
    assert results.read(made, "new").figures == {"epoch": 1}
    after = contents(made)
    assert {path.name for path in after.keys() - before.keys()} == {"new-epoch-0001.safetensors"}
    assert {path: after[path] for path in before} == before
    make.main(["--only", "studies"])
    assert capsys.readouterr().out == "small: made nothing, all is there\n"


def test_a_missing_map_is_added_without_training(make, made):
    before = results.read(made, "plane")
    (file,) = (made.path / "projections").iterdir()
    file.unlink()
    others = contents(made)
    make.main(["--only", "maps"])
    after = results.read(made, "plane")
    np.testing.assert_array_equal(after.coordinates, before.coordinates)
    assert {path: content for path, content in contents(made).items() if path != file} == others


def test_studies_that_are_there_are_made_again_only_where_that_is_said(make, made, monkeypatch):
    before = contents(made)
    better = replace(RESULTS["full_evaluation"], make=lambda _: Result({"better": True}, {}))
    monkeypatch.setitem(RESULTS, "full_evaluation", better)
    make.main(["--only", "studies"])
    assert contents(made) == before
    make.main(["--only", "studies", "--again"])
    assert results.read(made, "full_evaluation").figures == {"better": True}
    changed = {path for path, content in contents(made).items() if content != before[path]}
    assert {path.parent.name for path in changed} == {"studies"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--runs", "large"], "invalid choice: 'large' (choose from"),
        (["--only", "weights"], "invalid choice: 'weights' (choose from"),
        (["--again"], "--again goes with --only"),
    ],
)
def test_what_cannot_be_made_is_refused(make, arguments, sentence, capsys):
    with pytest.raises(SystemExit):
        make.main(arguments)
    assert sentence in capsys.readouterr().err


def test_figures_are_measured_anew_and_nothing_else_changes(make, made):
    before = contents(made)
    study = next((made.path / "studies").glob("evaluation-*"))
    results.keep(made, "evaluation", Result({"elbo": 0.0}, {}))
    study.write_bytes(b"of old")
    make.main(["--only", "figures"])
    assert contents(made) == before
