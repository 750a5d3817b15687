"""The Runs page without a browser."""

import os
from datetime import datetime

import pytest

from pages._ui import choosing, resources
from tests.app_steps import query
from vaelab.config import TrainConfig
from vaelab.datasets import DatasetUnavailable
from vaelab.runs import Run
from vaelab.training.running import train


@pytest.fixture
def trained(digits):
    """Three small runs, two of one name."""
    runs = [
        train(TrainConfig(dataset="digits", latent_dim=dim, epochs=1, hidden=(8,), learning_rate=0.002), digits)
        for dim in (2, 3, 3)
    ]
    for run, title in zip(runs, ("First", "Same", "Same"), strict=True):
        run.rename(title)
    return runs


def button(app, label):
    return next(each for each in app.button if each.label == label)


def test_no_two_rows_have_one_name_and_no_cell_says_none(launch, trained):
    table = launch("runs.py").dataframe[0]
    names = table.value["Name"].tolist()
    assert len(names) == len(set(names)) == 3 + len(resources.examples())
    assert table.proto.placeholder == "–"
    own = table.value.iloc[:3]
    assert (own["Size"] > 0).all()
    assert own["Made"].notna().all()
    assert own["Took"].notna().all()


def test_the_table_is_in_peoples_words_and_its_nats_as_on_compare(launch, trained):
    table = launch("runs.py").dataframe[0]
    first = table.value.iloc[2]
    assert first["Images"] == "Digits (8 × 8)"
    assert first["Model"] == "VAE, MLP"
    elbo = trained[0].evaluation()["elbo"]
    assert table.value["ELBO"].iloc[2] == pytest.approx(elbo), "sorted as numbers"
    assert f"−{-elbo:.2f}".encode() in table.proto.SerializeToString()


def test_images_that_are_gone_are_called_what_they_were_kept_as(launch, trained, monkeypatch):
    def gone(run):
        raise DatasetUnavailable("They are gone.")

    monkeypatch.setattr(Run, "source", gone)
    assert launch("runs.py").dataframe[0].value["Images"].iloc[2] == "digits"


def test_what_cannot_be_done_says_why(launch, trained):
    example = resources.example("digits-2d")

    def why(label, *runs):
        pressed = button(launch("runs.py", runs=",".join(run.name for run in runs)), label)
        assert pressed.disabled
        return pressed.help

    for label in ("Explore", "Train again with these settings", "Stop", "Rename", "Delete"):
        assert why(label) == "Tick a run first."
    assert "came with the app" in why("Rename", example)
    assert "came with the app" in why("Delete", example)
    assert "untick the others" in why("Explore", *trained)
    assert "two to four" in why("Compare these", trained[0])
    assert "different images" in why("Compare these", trained[0], resources.example("faces-8d"))
    assert "in training" in why("Stop", trained[0])
    assert "first epoch" in why("Explore", Run.create(TrainConfig(dataset="digits")))


def test_runs_of_one_name_are_told_apart_by_what_differs_and_no_more(tmp_path):
    def run(name, title, made, **settings):
        run = Run.create(TrainConfig(**settings), tmp_path / name)
        run.rename(title)
        when = datetime.fromisoformat(f"2026-{made}").timestamp()
        os.utime(run.path / "config.json", (when, when))
        return run

    def names(*runs):
        write = choosing.told_apart(runs, choosing.named)
        return [write(run) for run in runs]

    swept = {"dataset": "digits", "beta": 4}
    first = run("a", "digits, β 4", "11-26T16:50:12", **swept)
    assert names(first) == ["digits, β 4 · VAE 2-D"]
    assert choosing.unsaid(first, "digits, β 4, VAE 2-D") == ""
    assert choosing.unsaid(first, "digits, β 40") == "VAE 2-D, β 4"
    later = run("b", "digits, β 4", "11-26T17:05:00", **swept)
    assert names(first, later) == ["digits, β 4 · VAE 2-D · 16:50", "digits, β 4 · VAE 2-D · 17:05"]
    wider = run("c", "digits, β 4", "11-26T16:50:12", **swept, latent_dim=3)
    write = choosing.told_apart([first, wider], lambda run: run.title)
    assert [write(first), write(wider)] == ["digits, β 4 · VAE 2-D", "digits, β 4 · VAE 3-D"]
    assert names(first, wider) == ["digits, β 4 · VAE 2-D", "digits, β 4 · VAE 3-D"]
    next_day = run("d", "digits, β 4", "11-27T16:50:12", **swept)
    assert names(first, next_day)[1] == "digits, β 4 · VAE 2-D · 27 Nov, 16:50"
    twin = run("e", "digits, β 4", "11-26T16:50:12", **swept)
    assert names(first, twin)[1] == "digits, β 4 · VAE 2-D · e"


def test_a_model_that_cannot_be_opened_is_told_to_be_so_everywhere(launch, trained):
    broken, misfit, _ = trained
    (broken.path / "checkpoints" / "last.safetensors").write_bytes(b"cut")
    config = misfit.path / "config.json"
    config.write_text(config.read_text().replace('"latent_dim": 3', '"latent_dim": 5'))
    new = Run.create(TrainConfig(dataset="digits"))
    why = "checkpoints/last.safetensors is damaged; its other files are untouched."
    said = [each.value.replace("\\", "") for each in launch("runs.py").warning]
    assert f"**{broken.name}** cannot be opened: {why}" in said
    assert any(
        f"**{misfit.name}** cannot be opened: checkpoints/last.safetensors does not fit" in each for each in said
    )
    for run, reason in ((broken, f"cannot be opened: {why}"), (new, "has not finished an epoch yet.")):
        app = launch("explore.py", run=run.name)
        assert reason in app.toast[0].value.replace("\\", "")
        assert not app.error
    assert misfit.name not in app.selectbox(key="run").options
    assert "which is not here." in launch("explore.py", run="nowhere").toast[0].value.replace("\\", "")


def test_why_a_run_could_not_be_resumed_is_said_beside_it(launch, trained):
    run = trained[0]
    run.write_status("preparing", "loading the images")
    run.write_end("failed", "The images are gone.")
    assert run.status.state == "finished"
    for page, chosen_by in (("runs.py", "runs"), ("train.py", "watch")):
        app = launch(page, **{chosen_by: run.name})
        assert "The images are gone." in "".join(each.value for each in app.warning).replace("\\", "")
    assert not launch("runs.py").warning


def test_what_can_be_done_depends_on_what_is_ticked(launch, trained):
    labels = ("Explore", "Compare these", "Train again with these settings", "Stop", "Rename", "Delete")

    def enabled(*runs):
        app = launch("runs.py", runs=",".join(run.name for run in runs))
        return {label for label in labels if not button(app, label).disabled}

    one = {"Explore", "Train again with these settings", "Rename", "Delete"}
    example = resources.example("digits-2d")
    assert enabled(trained[0]) == one
    assert enabled(example) == one - {"Rename", "Delete"}
    assert enabled(trained[0], trained[1]) == {"Compare these", "Delete"}
    assert enabled(trained[0], example) == {"Compare these"}
    assert enabled(trained[0], resources.example("faces-8d")) == set()


def test_one_question_names_all_that_are_to_be_deleted(launch, trained):
    app = launch("runs.py", runs=f"{trained[0].name},{trained[1].name}")
    button(app, "Delete").click().run()
    words = "\n".join(each.value for each in app.markdown)
    assert "- **First**" in words
    assert "- **Same**" in words
    assert button(app, "Delete all 2")
    assert button(app, "Keep them")


def test_train_opens_with_the_settings_of_a_run(launch, trained):
    app = launch("runs.py", runs=trained[1].name)
    button(app, "Train again with these settings").click().run()
    assert not app.exception
    assert not app.error
    assert app.number_input(key="train-latent_dim").value == 3
    assert app.text_input(key="train-widths-mlp").value.replace(" ", "") == "8"
    assert app.number_input(key="train-learning_rate").value == pytest.approx(0.002)
    assert query(app)["dataset"] == "digits"


def test_only_runs_without_curves_are_said_to_have_none(launch, trained):
    new = Run.create(TrainConfig(dataset="digits"))
    app = launch("runs.py")
    assert not app.info, "curves of the newest runs that have some"
    assert "no curves yet" in launch("runs.py", runs=new.name).info[0].value
