import dataclasses
import json
import time

import numpy as np
import pytest

from pages._ui import resources
from tests.patience import SECONDS
from vaelab.config import Preprocessing, TrainConfig
from vaelab.latent.projections import MAX_POINTS
from vaelab.runs import Run, results
from vaelab.runs.results import RESULTS, Result
from vaelab.training.running import train


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    """A run on few images, hardly trained."""
    config = TrainConfig(preprocessing=Preprocessing(num_images=120), epochs=2, hidden=(16,))
    return train(config, run_dir=tmp_path_factory.mktemp("runs") / "small")


def same(one, two):
    return (
        one.figures == two.figures
        and one.arrays.keys() == two.arrays.keys()
        and all(np.array_equal(one.arrays[name], two.arrays[name]) for name in one.arrays)
    )


def instead(monkeypatch, make):
    monkeypatch.setitem(RESULTS, "code_map", dataclasses.replace(RESULTS["code_map"], make=make))


def test_a_study_is_made_once_and_kept(copy, digits, monkeypatch):
    assert results.read(copy, "code_map") is None
    made = results.make(copy, digits, "code_map")
    assert same(results.read(Run.open(copy.path), "code_map"), made)

    def again(*_):
        raise AssertionError("It was made again.")

    instead(monkeypatch, again)
    assert same(results.make(copy, digits, "code_map"), made)


def test_a_study_is_of_its_epoch(copy, digits):
    results.make(copy, digits, "code_map")
    arrays, numbers = copy.checkpoint()
    copy.write_checkpoint(arrays, numbers | {"epoch": copy.epoch + 1})
    assert results.read(copy, "code_map") is None


def test_a_study_may_have_no_arrays(copy, digits, monkeypatch):
    found = Result({"one": 1, "none": None, "list": [0.5]}, {})
    instead(monkeypatch, lambda *_: found)
    results.make(copy, digits, "code_map")
    assert results.read(copy, "code_map") == found


def test_progress_is_seen_while_it_is_made_and_not_after(copy, digits, monkeypatch):
    seen = []

    def make(making):
        for fraction in (0.25, 0.75):
            making.report(fraction)
            seen.append(results.read_progress(Run.open(copy.path), "code_map"))
        return Result({}, {})

    instead(monkeypatch, make)
    assert results.read_progress(copy, "code_map") == 0
    results.make(copy, digits, "code_map")
    assert seen == [0.25, 0.75]
    assert results.read_progress(copy, "code_map") == 0
    assert not list(copy.path.glob("studies/.*"))


def test_one_that_fails_leaves_nothing_behind(copy, digits, monkeypatch):
    def make(making):
        making.report(0.5)
        raise ValueError("These images do not do.")

    instead(monkeypatch, make)
    with pytest.raises(ValueError, match="do not do"):
        results.make(copy, digits, "code_map")
    assert list((copy.path / "studies").iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"not a study", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_damaged_study_is_made_anew(copy, digits, damage):
    made = results.make(copy, digits, "code_map")
    (path,) = (copy.path / "studies").iterdir()
    path.write_bytes(damage)
    assert results.read(copy, "code_map") is None
    assert same(results.make(copy, digits, "code_map"), made)
    assert same(results.read(copy, "code_map"), made)


def test_a_run_in_training_keeps_none(copy, digits):
    copy.write_status("running")
    made = results.make(copy, digits, "code_map")
    assert made.arrays["codes"].shape == (len(digits), 2)
    assert results.read(copy, "code_map") is None


def test_what_is_no_study_is_refused(copy, digits):
    with pytest.raises(ValueError, match=r"no result 'map': choose one of plane, pca, umap, evaluation"):
        results.make(copy, digits, "map")


@pytest.mark.parametrize("run", resources.examples(), ids=lambda run: run.name)
def test_examples_are_shipped_with_all_that_is_found_out_about_runs(run):
    """So that opening one writes nothing into its folder."""
    for name in ("code_map", "evaluation", "full_evaluation"):
        assert results.read(run, name) is not None, name
    assert any(results.read(same, "pixel_maps") for same in [run, *resources.same_images(run)])
    for kind in results.kinds_of_map(run.config.latent_dim):
        assert results.read(run, kind) is not None, kind


# --- As jobs ------------------------------------------------------------------------------------


def wait_while_working(jobs, run, name):
    until = time.monotonic() + SECONDS
    while jobs.state(run, name)[0] == "working":
        assert time.monotonic() < until, "It did not come about in time."
        time.sleep(0.05)
    return jobs.state(run, name)


def test_a_job_makes_a_study_once(jobs, small_run):
    assert jobs.state(small_run, "pixel_maps") == ("none", "")
    assert jobs.known(small_run, "pixel_maps") is None
    jobs.make(small_run, "pixel_maps")
    key = (small_run.path, small_run.epoch, "pixel_maps", MAX_POINTS)
    future = jobs._results[key]
    jobs.make(small_run, "pixel_maps")
    assert jobs._results[key] is future
    assert wait_while_working(jobs, small_run, "pixel_maps") == ("done", "")
    study = jobs.known(small_run, "pixel_maps")
    assert same(results.read(small_run, "pixel_maps"), study)
    assert {name: array.shape for name, array in study.arrays.items()} == {
        "indices": (120,),
        "raw": (120, 2),
        "pca": (120, 2),
        "umap": (120, 2),
    }
    # What UMAP is for: it keeps neighbours that PCA does not.
    figures = study.figures
    assert figures["umap"]["trustworthiness"] > figures["pca"]["trustworthiness"]
    assert figures["umap"]["knn_accuracy"] > figures["pca"]["knn_accuracy"]


def test_a_study_that_cannot_be_made_says_why(jobs, small_run):
    jobs.make(small_run, "no such")
    state, why = wait_while_working(jobs, small_run, "no such")
    assert state == "failed"
    assert why.startswith("There is no result 'no such': choose one of")
    assert jobs.known(small_run, "no such") is None


def test_an_evaluation_of_old_is_made_anew(copy, digits):
    """Its figures were of means and of log p(x|y), and stood under words that say otherwise."""
    old = f"studies/evaluation-epoch-{copy.epoch:04d}.safetensors"
    copy.write_arrays(old, {"none": np.zeros(1, np.uint8)}, {"figures": json.dumps({"knn_accuracy": [0.2, 0.1, 0.3]})})
    assert results.read(copy, "full_evaluation") is None
    assert results.make(copy, digits, "full_evaluation").figures["rate"] is not None


def test_an_accuracy_of_means_is_not_read_as_one_of_draws(copy):
    figures = copy.evaluation()
    assert figures["knn_accuracy"] > 0.5
    results.keep(copy, "evaluation", Result({key: value for key, value in figures.items() if key != "knn_of"}, {}))
    assert copy.evaluation() == {key: value for key, value in figures.items() if key != "knn_of"} | {
        "knn_accuracy": None
    }
