import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import vaelab
from tests.patience import SECONDS
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import SOURCES, DatasetUnavailable, data_folder
from vaelab.runs import Run, list_runs, runs_folder
from vaelab.training import trainer as trainer_module
from vaelab.training.running import resume

FIGURES = {
    "elbo",
    "reconstruction",
    "kl",
    "kl_per_dim",
    "active_units",
    "knn_accuracy",
    "num_images",
    "split",
    "knn_of",
}
SMALL = ["--num-images", "120", "--hidden", "16", "--batch-size", "32", "--epochs", "3"]


def read_json(answer):
    code, out, err = answer
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    return json.loads(out)


# --- What it does -------------------------------------------------------------------------------


def test_train_makes_a_run_and_says_how_good_it_is(vae, tmp_path):
    said = read_json(vae("train", *SMALL, "--latent-dim", 3, "--json", "--run-dir", tmp_path / "a"))
    assert set(said) == FIGURES | {"run_dir", "state", "epoch"}
    assert said["run_dir"] == str(tmp_path / "a")
    assert (said["state"], said["epoch"]) == ("finished", 3)
    run = Run.open(tmp_path / "a")
    assert run.config.latent_dim == 3
    assert run.config.hidden == (16,)
    assert run.config.preprocessing.num_images == 120
    assert {name: said[name] for name in FIGURES} == run.evaluation()


def test_without_a_folder_it_makes_one_among_the_runs(vae):
    said = read_json(vae("train", *SMALL, "--json"))
    (run,) = list_runs()
    assert said["run_dir"] == str(run.path)


def test_train_for_seconds(vae, tmp_path):
    long = [*SMALL, "--epochs", "10000", "--seconds", "0.3"]
    said = read_json(vae("train", *long, "--json", "--run-dir", tmp_path / "a"))
    assert said["state"] == "finished"
    run = Run.open(tmp_path / "a")
    assert run.config.seconds == 0.3
    assert run.epochs()[-1]["progress"] == 1
    assert run.epoch < 10_000


def test_resume_goes_on_where_it_stopped(vae, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer_module, "RECORD_EVERY", 0.0)
    read_json(vae("train", *SMALL, "--json", "--run-dir", tmp_path / "whole"))
    append = Run.append_record

    def interrupt(self, kind, record):
        append(self, kind, record)
        if record.epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "append_record", interrupt)
        code, _, err = vae("train", *SMALL, "--json", "--run-dir", tmp_path / "a")
    assert code == 130
    goes_on = f"resume {tmp_path / 'a'} goes on from there"
    assert err == f"Stopped; every finished epoch is kept, and {goes_on}.\n"
    assert Run.open(tmp_path / "a").epoch == 1
    said = read_json(vae("resume", tmp_path / "a", "--json"))
    assert (said["state"], said["epoch"]) == ("finished", 3)
    expected = Run.open(tmp_path / "whole").evaluation()
    assert {name: said[name] for name in FIGURES} == expected


def test_again_repeats_a_run_with_what_changed_in_it(vae, tmp_path):
    run = Run.create(TrainConfig(epochs=3, hidden=(16,), preprocessing=Preprocessing(num_images=120)), tmp_path / "a")
    run.plan({2: {"beta": 6.0}})
    resume(run.path)
    said = read_json(vae("again", run.path, "--to", tmp_path / "b", "--json"))
    assert {name: said[name] for name in FIGURES} == run.evaluation()
    again = Run.open(tmp_path / "b")
    assert again.changes() == run.changes() == {2: {"beta": 6.0}}
    assert again.checkpoint()[0].keys() == run.checkpoint()[0].keys()
    for name, array in run.checkpoint()[0].items():
        assert np.array_equal(again.checkpoint()[0][name], array), name


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_evaluate_gives_its_figures_and_nothing_else(vae, vae_run, split):
    said = read_json(vae("evaluate", vae_run.path, "--split", split, "--json"))
    assert set(said) == FIGURES
    assert said["split"] == split
    if split == "test":
        assert said == vae_run.evaluation()


def test_an_autoencoder_has_no_bound(vae, ae_run):
    said = read_json(vae("evaluate", ae_run.path, "--json"))
    assert said["elbo"] is said["kl"] is said["kl_per_dim"] is None
    code, out, _ = vae("evaluate", ae_run.path)
    assert code == 0
    assert out.splitlines()[0].split() == ["elbo", "-"]


def test_for_people_there_is_a_line_a_figure(vae, vae_run):
    code, out, err = vae("evaluate", vae_run.path)
    assert (code, err) == (0, "")
    shown = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert set(shown) == FIGURES
    figures = vae_run.evaluation()
    assert float(shown["elbo"]) == pytest.approx(figures["elbo"], abs=1e-4)
    assert len(shown["kl_per_dim"].split()) == 3


def test_datasets_lists_all_there_are(vae):
    rows = read_json(vae("datasets", "--json"))
    assert tuple(row["name"] for row in rows) == tuple(SOURCES)
    for row in rows:
        source = SOURCES[row["name"]]
        assert (row["images"], row["offline"]) == (source.num_images, source.offline)
        assert tuple(row["shape"]) == source.image_shape
    code, out, _ = vae("datasets")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(SOURCES)
    assert [("built in" in line) for line in out.splitlines()] == [row["offline"] for row in rows]


# --- Mistakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "--latent-dim", "0"], "latent_dim was 0; it must be at least 1."),
        (["train", "--architecture", "conv"], "The conv architecture takes images of 16 to 128"),
        (["train", "--classes", "x"], "digits has no class called 'x': choose from 0, 1, 2"),
        (["train", "--run-dir", "{run}"], "already holds a run: choose another folder, or resume"),
        (["train", "--run-dir", "/dev/null/x"], "/dev/null/x cannot be written"),
        (["resume", "nowhere"], "There is no run in"),
        (["evaluate", "nowhere"], "There is no run in"),
    ],
)
def test_a_mistake_gets_one_sentence_and_exit_code_2(vae, vae_run, arguments, sentence):
    code, out, err = vae(*[argument.format(run=vae_run.path) for argument in arguments])
    assert code == 2
    assert out == ""
    assert sentence in err
    assert err.endswith(".\n")
    assert err.count("\n") == 1
    assert "\r" not in err  # no progress bar where nobody watches
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--likelihood", "foo"], "invalid choice 'foo'"),
        (["train", "--nope", "3"], "--nope"),
        (["train", "--epochs", "many"], "--epochs"),
        (["train", "--num-images", "3"], "num_images"),
        (["fly"], "fly"),
        ([], "{app, train, resume, again, sweep, scheduler"),
    ],
)
def test_what_cannot_be_read_names_the_argument(vae, arguments, said):
    code, out, err = vae(*arguments)
    assert code == 2
    assert out == ""
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("train --classes 3 11", "digits has no class called '11': choose from 0, 1"),
        ("train --device mps", "mps"),
        ("train --dataset mnist", "nobody answers"),
        ("sweep --classes 3 11 --betas 1 2", "digits has no class called '11'"),
        ("sweep --device mps --betas 1 2", "mps"),
    ],
)
def test_a_training_that_never_began_leaves_no_run(vae, monkeypatch, arguments, sentence):
    load = Run.images

    def refuse(run, progress):
        if run.config.dataset == "mnist":
            raise DatasetUnavailable("mnist cannot be downloaded: nobody answers.")
        return load(run, progress)

    def nothing(*arguments, **options):
        return SimpleNamespace(close=lambda: None)

    monkeypatch.setattr(Run, "images", refuse)
    monkeypatch.setattr("vaelab.training.connection.start_cluster", nothing)
    monkeypatch.setattr("distributed.Client", nothing)
    code, _, err = vae(*arguments.split())
    assert code == 2
    assert sentence in err
    assert err.count("\n") == 1
    assert not list(runs_folder().glob("*"))


@pytest.mark.slow
def test_a_sweep_without_its_cluster_leaves_no_run(vae, monkeypatch):
    monkeypatch.setenv("VAELAB_SCHEDULER", "tcp://127.0.0.1:9")
    code, _, err = vae("sweep", "--betas", "1", "2")
    assert code == 2
    assert "tcp://127.0.0.1:9 cannot be reached" in err
    assert not list(runs_folder().glob("*"))


@pytest.mark.slow
def test_run_as_a_program_its_own_words_are_said():
    answer = program(f"{sys.executable} -m vaelab sweep")
    assert answer.returncode == 2
    assert answer.stderr == "A sweep is over --betas or over --latent-dims: give one of the two.\n"


def test_a_full_disk_gets_its_sentence(vae, tmp_path, monkeypatch):
    def refuse(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    code, _, err = vae("train", *SMALL, "--run-dir", tmp_path / "a")
    assert code == 2
    assert err.startswith("The disk that holds")
    assert err.endswith("is full: free some space, then try again.\n")
    assert not (tmp_path / "a").exists()


def test_without_a_home_there_is_a_folder_for_images(vae, tmp_path, monkeypatch):
    def no_home(uid):
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", no_home)
    for name in ("HOME", "VAELAB_DATA", "VAELAB_RUNS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RuntimeError):
        Path.home()
    assert data_folder() == tmp_path / "vaelab-data"
    read_json(vae("datasets", "--json"))
    assert read_json(vae("train", *SMALL, "--json"))["state"] == "finished"
    # Another's home, where there is nobody of that name.
    code, _, err = vae("import", "~nobody-of-that-name/images", "--name", "mine")
    assert (code, err) == (2, "There is no file or folder '~nobody-of-that-name/images'.\n")


def test_help_names_every_setting(vae):
    code, out, _ = vae("train", "--help")
    assert code == 0
    for name in vaelab.TrainConfig.model_fields:
        if name != "preprocessing":
            assert f"--{name.replace('_', '-')}" in out
    assert "None}" not in out  # a default is no choice


def test_as_a_program_it_leaves_with_its_exit_code():
    answer = subprocess.run(
        [sys.executable, "-m", "vaelab", "train", "--latent-dim", "0"],
        cwd=Path(__file__).parents[1],
        check=False,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 2
    assert answer.stderr == "latent_dim was 0; it must be at least 1.\n"


# --- The package --------------------------------------------------------------------------------


def test_the_packages_names_are_what_they_stand_for():
    assert set(vaelab.__all__) == set(vaelab._HOMES)
    for name in vaelab.__all__:
        assert getattr(vaelab, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        vaelab.nothing  # noqa: B018


@pytest.mark.slow
def test_a_sweep_trains_a_run_for_each_value(vae, jobs, monkeypatch):
    monkeypatch.setattr("vaelab.training.jobs.Jobs", lambda: jobs)
    monkeypatch.setattr(jobs, "close", lambda: None)
    code, out, _ = vae("sweep", *SMALL, "--betas", "0.5", "3", "--json")
    assert code == 0
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["state"] for answer in answers] == ["finished", "finished"]
    assert [answer["beta"] for answer in answers] == [0.5, 3]
    assert [Run.open(answer["run_dir"]).config.beta for answer in answers] == [0.5, 3]
    assert all(set(answer) >= FIGURES for answer in answers)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "give one of the two"),
        (("--betas", "1", "--latent-dims", "2"), "give one of the two"),
        (("--model", "ae", "--betas", "1", "2"), "An autoencoder has no KL term to weigh"),
        (("--latent-dims", "0"), "latent_dim was 0; it must be at least 1."),
    ],
)
def test_a_sweep_that_cannot_be_is_told_before_anything_is_made(vae, arguments, sentence):
    code, _, err = vae("sweep", *arguments)
    assert code == 2
    assert sentence in err
    assert not list_runs()


# --- At the terminal ----------------------------------------------------------------------------


def program(command, *arguments, **environment):
    """Run a command in a shell, as a person would."""
    return subprocess.run(
        [*command.split(), *arguments],
        cwd=Path(__file__).parents[1],
        env=os.environ | environment,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_output_that_nobody_takes_is_dropped_and_one_that_cannot_be_written_is_told():
    python = f"{sys.executable} -m vaelab datasets"
    answer = program("bash", "-c", f"{python} | head -1; exit ${{PIPESTATUS[0]}}")
    assert (answer.stdout.count("\n"), answer.stderr) == (1, "")
    answer = program("bash", "-c", f"{python} > /dev/full")
    assert (answer.returncode, answer.stderr) == (2, "The disk is full: free some space.\n")
    answer = program("bash", "-c", python, PYTHONIOENCODING="ascii")
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.slow
def test_ctrl_c_in_a_sweep_ends_it_in_one_sentence(tmp_path):
    with (tmp_path / "output").open("w") as output:
        sweep = subprocess.Popen(
            # As a shell would start it: what is started in the background hears no Ctrl-C.
            [sys.executable, "-c", "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
             "sys.argv = ['vaelab', *sys.argv[1:]]; from vaelab.__main__ import main; main()",
             "sweep", "--num-images", "120", "--epochs", "9000", "--betas", "1", "4"],
            cwd=Path(__file__).parents[1],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + SECONDS
        while not any(run.epoch >= 2 for run in list_runs()):
            assert time.monotonic() < until
            time.sleep(0.1)
        os.killpg(sweep.pid, signal.SIGINT)
        assert sweep.wait(60) == 130
    assert (tmp_path / "output").read_text() == "Stopped; every finished epoch is kept.\n"
    assert {run.status.state for run in list_runs()} == {"stopped"}


def test_the_app_run_as_a_script_says_what_to_type():
    answer = program(f"{sys.executable} app.py")
    assert answer.returncode == 1
    assert (answer.stdout, answer.stderr.count("\n")) == ("", 1)
    assert answer.stderr.endswith("Type: streamlit run app.py\n")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["nowhere"], "There is no run in"),
        (["empty"], "has no trained model yet"),
    ],
)
def test_the_app_opens_on_no_folder_that_is_no_run(vae, tmp_path, monkeypatch, given, said):
    monkeypatch.chdir(tmp_path)
    Run.create(TrainConfig(), tmp_path / "empty")
    code, out, err = vae("app", *given)
    assert (code, out) == (2, "")
    assert said in err


def test_a_run_that_is_named_is_among_the_runs_wherever_it_is(copy, monkeypatch):
    assert copy.path not in [run.path for run in list_runs()]
    monkeypatch.setenv("VAELAB_RUN", str(copy.path))
    assert [run.path for run in list_runs()] == [copy.path]
    shutil.copytree(copy.path, runs_folder() / copy.name)
    assert [run.path for run in list_runs()] == [copy.path]  # of two of one name it is the one meant
    assert list_runs(copy.path) == []
