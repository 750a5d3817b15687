import dataclasses
import multiprocessing
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import vaelab
from vaelab import datasets
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import load_dataset
from vaelab.engine import Engine
from vaelab.evaluation import evaluate
from vaelab.networks.models import build_model
from vaelab.runs import Run, RunError, kept_epochs, list_runs, runs_folder
from vaelab.training import keeping
from vaelab.training import trainer as trainer_module
from vaelab.training.keeping import SNAPSHOT_IMAGES, snapshot_indices
from vaelab.training.reports import EpochRecord, Progress, StepRecord
from vaelab.training.running import resume, run_training, train
from vaelab.training.soundness import DivergedError
from vaelab.training.trainer import Trainer
from vaelab.training.validation import Validation

FEW = Preprocessing(num_images=120)
CONFIGS = {
    "mlp": TrainConfig(preprocessing=FEW, epochs=4, hidden=(32, 16), batch_size=32, kl_warmup=0.6, latent_dim=3),
    "conv": TrainConfig(
        preprocessing=Preprocessing(num_images=120, size=28),
        architecture="conv",
        channels=(4, 4),
        conv_hidden=8,
        likelihood="gaussian_learned",
        epochs=4,
        batch_size=32,
        kl_warmup=0.6,
    ),
}


@pytest.fixture(params=list(CONFIGS))
def config(request):
    return CONFIGS[request.param]


@pytest.fixture(scope="module")
def wholes(tmp_path_factory):
    return {
        name: train(config, run_dir=tmp_path_factory.mktemp("runs") / f"whole-{name}")
        for name, config in CONFIGS.items()
    }


@pytest.fixture
def whole(config, wholes):
    """A run that was never interrupted. Read only."""
    return next(run for run in wholes.values() if run.config == config)


def outcome(run):
    """All that a run leaves behind, except for what the clock said."""
    arrays, numbers = run.checkpoint()
    found = {name: (array.shape, array.tobytes()) for name, array in arrays.items()}
    found |= {"epoch": numbers["epoch"], "step": numbers["step"], "evaluation": run.evaluation()}
    clock = {"seconds", "images_per_second"}
    found["epochs"] = [{name: value for name, value in record.items() if name not in clock} for record in run.epochs()]
    for epoch in run.snapshot_epochs():
        snapshot = run.snapshot(epoch)
        parts = {"indices": snapshot.indices, "mu": snapshot.mu, **snapshot.decoder}
        found |= {f"{epoch}.{name}": array.tobytes() for name, array in parts.items()}
    return found


def assert_same(run, other):
    found, expected = outcome(run), outcome(other)
    assert found.keys() == expected.keys()
    differing = [name for name, value in expected.items() if found[name] != value]
    assert differing == []


# --- A whole training ---------------------------------------------------------------------------


def test_a_trained_run_holds_everything(whole, config):
    data = load_dataset(config.dataset, config.preprocessing)
    run = Run.open(whole.path)
    assert run.status.state == "finished"
    assert run.status.progress == 1
    assert run.status.message == "Finished after epoch 4."
    assert run.epoch == 4
    assert [record["epoch"] for record in run.epochs()] == [1, 2, 3, 4]
    assert run.data.image_shape == data.image_shape
    assert (run.data.num_train, run.data.num_validation, run.data.num_test) == (96, 12, 12)
    assert run.data.steps == data.steps
    assert run.data.preprocessing == config.preprocessing
    figures = evaluate(run.engine, data).as_dict()
    assert run.evaluation() == figures | {"kl_per_dim": list(figures["kl_per_dim"])}


def test_the_last_epochs_figures_are_those_of_the_kept_weights(whole, config):
    data = load_dataset(config.dataset, config.preprocessing)
    again = Trainer(config, data.images[data.split.train], data.images[data.split.validation])
    arrays, numbers = whole.checkpoint()
    again.load_state({name: torch.from_numpy(a) for name, a in arrays.items()}, numbers)
    validation = Validation(again)
    list(validation.run())
    kept = whole.epochs()[-1]["validation"]
    assert dataclasses.asdict(validation.terms) == kept | {"kl_per_dim": tuple(kept["kl_per_dim"])}


def every_step(monkeypatch):
    """Have each step recorded, and written down."""
    monkeypatch.setattr(trainer_module, "RECORD_EVERY", 0.0)
    monkeypatch.setattr(keeping, "STEP_RECORD_EVERY", 0.0)


def test_every_record_is_written_before_it_is_passed_on(config, tmp_path, monkeypatch):
    every_step(monkeypatch)
    run = Run.create(config, tmp_path / "run")
    seen = {Progress: 0, StepRecord: 0, EpochRecord: 0}
    for record in run_training(run):
        seen[type(record)] += 1
        if isinstance(record, Progress):
            continue
        last = run.records()[-1]
        kind = "epoch" if isinstance(record, EpochRecord) else "step"
        assert (last["kind"], last["epoch"], last["step"]) == (kind, record.epoch, record.step)
        assert run.status.state == "running"
        assert run.status.progress == pytest.approx(record.progress)
        if isinstance(record, EpochRecord):
            assert run.epoch == record.epoch
    assert seen == {StepRecord: 12, EpochRecord: 4, Progress: 6}


def test_records_reach_the_caller_and_images_may_be_given(digits, tmp_path):
    records = []
    config = CONFIGS["mlp"]
    given = train(config, digits, tmp_path / "given", records.append)
    assert [record.epoch for record in records if isinstance(record, EpochRecord)] == [1, 2, 3, 4]
    # They are preprocessed as the config says, whether given raw or ready.
    ready = train(config, load_dataset("digits", FEW), tmp_path / "ready")
    loaded = train(config, run_dir=tmp_path / "loaded")
    assert_same(given, loaded)
    assert_same(ready, loaded)


def test_images_of_another_dataset_are_refused(digits, tmp_path):
    with pytest.raises(ValueError, match="dataset='shapes', but the images given are 'digits'"):
        train(TrainConfig(dataset="shapes"), digits, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_autoencoders_run_has_no_bound(ae_run):
    figures = ae_run.evaluation()
    assert figures["elbo"] is figures["kl"] is figures["kl_per_dim"] is None
    assert all(record["validation"]["kl"] == 0 for record in ae_run.epochs())


# --- Snapshots ----------------------------------------------------------------------------------


def test_snapshot_indices_are_few_fixed_and_spread():
    assert np.array_equal(snapshot_indices(10), np.arange(10))
    many = snapshot_indices(70_000)
    assert len(many) == len(set(many.tolist())) == SNAPSHOT_IMAGES == 2000
    assert np.array_equal(many, np.sort(many))
    assert np.array_equal(many, snapshot_indices(70_000))
    # Uniform over the images: no tenth of them gets much more than a tenth.
    counts = np.histogram(many, 10, (0, 70_000))[0]
    assert counts.min() > 150
    assert counts.max() < 250


def test_every_epoch_has_a_snapshot_from_before_the_first_on(whole, config):
    data = load_dataset(config.dataset, config.preprocessing)
    assert whole.snapshot_epochs() == [0, 1, 2, 3, 4]
    fresh = Trainer(config, data.images[data.split.train], data.images[data.split.validation])
    at_first = Engine(fresh.model, config).encode(data.images[snapshot_indices(120)]).mu
    assert np.array_equal(whole.snapshot(0).mu, at_first)
    for epoch in whole.snapshot_epochs():
        snapshot = whole.snapshot(epoch)
        assert np.array_equal(snapshot.indices, snapshot_indices(120))
        assert snapshot.mu.shape == (120, config.latent_dim)
    assert not np.allclose(whole.snapshot(1).mu, whole.snapshot(4).mu)
    last = whole.snapshot(4)
    assert np.array_equal(last.mu, whole.engine.encode(data.images[last.indices]).mu)


def test_snapshots_grow_sparser_and_those_of_old_runs_are_thinned(digits, tmp_path):
    config = TrainConfig(epochs=21, hidden=(4,), preprocessing=Preprocessing(num_images=30))
    run = train(config, run_dir=tmp_path / "run")
    assert run.snapshot_epochs() == kept_epochs(21)
    assert run.last_snapshot().epoch == 21
    # As if every one had been kept, and one were left of an epoch that was not finished.
    for epoch in range(23):
        run.write_snapshot(dataclasses.replace(run.snapshot(21), epoch=epoch))
    assert run.last_snapshot().epoch == 21
    resume(run.path)
    assert run.snapshot_epochs() == kept_epochs(21)


def test_a_snapshots_decoder_draws_what_the_model_drew(whole, config):
    snapshot = whole.snapshot(4)
    model = build_model(config, whole.data.image_shape)
    weights = {name: torch.from_numpy(a).float() for name, a in snapshot.decoder.items()}
    model.decoder.load_state_dict(weights)
    model.likelihood.load_state_dict(whole.engine.model.likelihood.state_dict())
    drawn = Engine(model, config).decode(snapshot.mu)
    # float16 rounds each weight by at most 2**-11 of it; a few layers add up to a few of those.
    assert np.abs(drawn - whole.engine.decode(snapshot.mu)).max() < 5e-3


# --- Stopping and going on ----------------------------------------------------------------------


def stop_after(run, epoch, step=None):
    """Train, and ask to stop once that record came."""
    for record in run_training(run):
        here = isinstance(record, EpochRecord) if step is None else isinstance(record, StepRecord)
        if here and record.epoch == epoch and step in {None, record.step}:
            run.request_stop()


@pytest.mark.parametrize(("epoch", "step"), [(1, 2), (2, None), (3, 8), (4, None)])
def test_a_stopped_run_goes_on_as_if_never_stopped(whole, config, tmp_path, monkeypatch, epoch, step):
    every_step(monkeypatch)
    run = Run.create(config, tmp_path / "stopped")
    stop_after(run, epoch, step)
    finished = epoch if step is None else epoch - 1
    # It looks between records: one more may come after the one at which it was asked.
    finished = min(run.epoch, finished + 1) if step is None else finished
    assert run.status.state == "stopped"
    assert run.status.message == f"Stopped after epoch {finished}."
    assert run.epoch == finished
    assert [record["epoch"] for record in run.epochs()] == list(range(1, finished + 1))
    figures = run.evaluation()
    if finished:
        # Of what is kept, not of the epoch that was cut short.
        kept = evaluate(Run.open(run.path).engine, load_dataset("digits", config.preprocessing))
        assert figures["reconstruction"] == kept.reconstruction
        assert figures["elbo"] == kept.elbo
    else:
        assert figures is None
    resumed = resume(run.path)
    assert resumed.status.state == "finished"
    # No step is told twice.
    steps = [record["step"] for record in resumed.records() if record["kind"] == "step"]
    assert steps == list(range(1, 13))
    assert_same(resumed, whole)


@pytest.mark.parametrize("num_records", [1, 2, 5, 9])
def test_a_caller_that_walks_away_leaves_a_stopped_run(whole, config, tmp_path, num_records):
    run = Run.create(config, tmp_path / "left")
    records = run_training(run)
    for _ in range(num_records):
        next(records)
    records.close()
    assert run.status.state == "stopped"
    assert_same(resume(run.path), whole)


def test_control_c_leaves_a_stopped_run(config, tmp_path):
    def interrupt(record):
        if isinstance(record, EpochRecord) and record.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config, run_dir=tmp_path / "run", on_record=interrupt)
    run = Run.open(tmp_path / "run")
    assert run.epoch == 2
    assert run.status.state in {"stopped", "interrupted"}


@pytest.mark.parametrize("ends", [KeyboardInterrupt(), ValueError("It cannot be.")])
def test_what_never_began_leaves_nothing_but_what_was_there(tmp_path, monkeypatch, ends):
    def load(*arguments):
        raise ends

    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "data.json").write_text("mine")
    os.utime(tmp_path / "run" / "data.json", (1, 1))
    monkeypatch.setattr(Run, "images", load)
    with pytest.raises(type(ends)) as caught:
        train(CONFIGS["mlp"], run_dir=tmp_path / "run")
    if isinstance(ends, KeyboardInterrupt):
        assert str(caught.value) == "Stopped before training began; nothing is kept."
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["data.json"]
    with pytest.raises(type(ends)):
        train(CONFIGS["mlp"])
    assert list_runs() == []
    assert not list(runs_folder().iterdir())


def test_resuming_a_finished_run_changes_nothing(whole, config):
    before = outcome(whole)
    assert outcome(resume(whole.path)) == before


def test_resume_refuses_a_run_that_is_being_trained(whole, tmp_path):
    shutil.copytree(whole.path, tmp_path / "copy")
    whole = Run.open(tmp_path / "copy")
    whole.write_status("running", "epoch 3", 0.5)
    with pytest.raises(RunError, match="is being trained by another process: stop it there first"):
        resume(whole.path)


def test_resume_refuses_what_is_no_run(tmp_path):
    with pytest.raises(RunError, match="There is no run in"):
        resume(tmp_path)


def test_a_download_can_be_stopped(tmp_path, monkeypatch):
    run = Run.create(TrainConfig(), tmp_path / "run")

    def download(name, preprocessing, progress):
        progress(0.25)
        assert run.status.state == "preparing"
        assert run.status.message == "downloading digits: 25%"
        run.request_stop()
        progress(0.5)
        pytest.fail("It goes on downloading.")

    monkeypatch.setattr(datasets, "load_dataset", download)
    list(run_training(run))
    assert run.status.state == "stopped"
    assert run.epoch == -1


# --- Failing ------------------------------------------------------------------------------------


def test_a_diverged_run_says_so_and_keeps_its_epochs(config, tmp_path, monkeypatch):
    step = Trainer._train_step

    def spoil(self, batch, rate):
        if self.epoch == 2:
            with torch.no_grad():
                next(self.model.parameters()).fill_(torch.nan)
        return step(self, batch, rate)

    monkeypatch.setattr(Trainer, "_train_step", spoil)
    with pytest.raises(DivergedError):
        train(config, run_dir=tmp_path / "run")
    run = Run.open(tmp_path / "run")
    assert run.status.state == "failed"
    assert run.status.message.startswith("Training diverged in epoch 3: the loss is no longer")
    assert run.epoch == 2
    assert [record["epoch"] for record in run.epochs()] == [1, 2]
    assert np.isfinite(run.snapshot(2).mu).all()


def test_a_full_disk_stops_training_with_its_sentence_and_going_on_mends_it(whole, config, tmp_path, monkeypatch):
    calls = []
    fsync = os.fsync

    def fill(descriptor):
        calls.append(descriptor)
        if len(calls) > 14:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    run = Run.create(config, tmp_path / "run")
    monkeypatch.setattr(os, "fsync", fill)
    with pytest.raises(RunError, match="is full: free some space, then resume; every finished"):
        list(run_training(run))
    monkeypatch.undo()
    assert run.status.state == "failed"
    assert "is full" in run.status.message
    assert 1 <= run.epoch < 4
    for epoch in range(run.epoch + 1):
        assert run.snapshot(epoch).mu.shape == (120, config.latent_dim)
    assert len(run.epochs()) >= run.epoch
    assert Run.open(run.path).engine.decode(np.zeros(config.latent_dim)).shape[0] == 1
    assert_same(resume(run.path), whole)


# --- Killed -------------------------------------------------------------------------------------


def train_and_copy(path, copies):
    """In another process: train, and copy the folder just before each event of writing in it.

    What a kill leaves at that instant is what is copied. The process has ended when the copies are
    looked at, so that to them their training was killed.
    """
    states = set()
    copying = False

    def watch(event, arguments):
        # The opening of a file, its renaming into place, and what is cleared away after it.
        nonlocal copying
        if copying or event not in {"open", "os.rename", "os.remove"}:
            return
        if not str(arguments[0]).startswith(path):
            return
        copying = True
        files = sorted(file for file in Path(path).rglob("*") if file.is_file())
        state = tuple((str(file), file.read_bytes()) for file in files)
        if state not in states:
            states.add(state)
            shutil.copytree(path, Path(copies) / f"{len(states):03d}")
        copying = False

    sys.addaudithook(watch)
    for _ in run_training(Run.open(path)):
        pass


def train_to_the_end(path):
    """In another process: train."""
    for _ in run_training(Run.open(path)):
        pass


@pytest.fixture(scope="module")
def start():
    """Start a function in a process that has everything imported, so in milliseconds."""
    context = multiprocessing.get_context("forkserver")
    # The last two are what a first optimizer and a first evaluation import, seconds each.
    context.set_forkserver_preload(["vaelab.training.running", "torch._dynamo", "sklearn.neighbors"])

    def start(function, *arguments):
        process = context.Process(target=function, args=[str(each) for each in arguments])
        process.start()
        return process

    with pytest.MonkeyPatch.context() as patch:
        # It imports them before it is told our search path, and says nothing if it cannot.
        patch.setenv("PYTHONPATH", str(Path(vaelab.__file__).parents[1]))
        yield start


def assert_opens_at_its_last_finished_epoch(path):
    run = Run.open(path)
    epoch = run.epoch
    # The last files are cleared away when it has finished.
    ended = {"finished"} if epoch == run.config.epochs else set()
    assert run.status.state in {"new", "interrupted"} | ended
    assert [record["epoch"] for record in run.epochs()][: max(epoch, 0)] == list(range(1, epoch + 1))
    if epoch >= 0:
        assert set(kept_epochs(epoch)) <= set(run.snapshot_epochs())
        for kept in run.snapshot_epochs():
            assert np.isfinite(run.snapshot(kept).mu).all()
        assert run.engine.decode(np.zeros(run.config.latent_dim)).shape[0] == 1
    return epoch


@pytest.mark.slow
def test_killed_at_any_write_a_run_opens_and_resumes_to_the_same(tmp_path, start):
    # The order of writes does not depend on the network, so one network does for all.
    config = CONFIGS["mlp"]
    whole = train(config, run_dir=tmp_path / "whole")
    run = Run.create(config, tmp_path / "run")
    copies = tmp_path / "copies"
    process = start(train_and_copy, run.path, copies)
    process.join(120)
    assert process.exitcode == 0
    assert_same(Run.open(run.path), whole)
    states = sorted(copies.iterdir())
    assert len(states) > 40
    # Among them are files half on their way, which only a kill leaves there.
    assert any(re.search(r"safetensors\.[0-9a-f]{12}$", str(file)) for file in copies.rglob("*"))
    epochs = set()
    for state in states:
        epochs.add(assert_opens_at_its_last_finished_epoch(state))
        resumed = resume(state)
        assert_same(resumed, whole)
        assert resumed.status.state == "finished"
        shutil.rmtree(state)
    assert epochs == {-1, 0, 1, 2, 3, 4}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is Unix")
def test_killed_again_and_again_at_random_a_run_arrives_at_the_same(tmp_path, start):
    # Far more epochs than are reached by the last kill, on a machine of any speed.
    config = CONFIGS["mlp"].model_copy(update={"epochs": 120})
    whole = train(config, run_dir=tmp_path / "whole")
    run = Run.create(config, tmp_path / "run")
    rng = np.random.default_rng(1)
    epoch = -1
    for _ in range(3):
        process = start(train_to_the_end, run.path)
        while run.epoch <= epoch and process.is_alive():
            time.sleep(0.005)  # so that each life finishes an epoch
        time.sleep(rng.uniform(0, 0.1))
        process.kill()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        epoch = assert_opens_at_its_last_finished_epoch(run.path)
    assert_same(resume(run.path), whole)


# --- The torch of a notebook --------------------------------------------------------------------


CONV = {"architecture": "conv", "channels": (4, 8), "conv_hidden": 16}


@pytest.fixture
def notebooks_torch():
    """Torch set as no run expects it, as at the top of somebody's notebook."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")  # whatever is made without saying where has no values
    yield
    torch.set_default_device(None)
    torch.set_default_dtype(torch.float32)
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    "settings",
    [
        {"augment_shift": 1, "corruption": "gaussian", "corruption_strength": 0.2},
        {"preprocessing": Preprocessing(size=16, num_images=120), "likelihood": "gaussian_learned", **CONV},
        {"pca_path": True, "likelihood": "gaussian", "objective": "tc", "beta": 3},
        {"conditional": True, "likelihood": "continuous_bernoulli", "objective": "iwae"},
    ],
)
def test_a_notebooks_torch_changes_no_number_and_is_left_as_it_was(settings, tmp_path, request):
    config = TrainConfig(**{"preprocessing": Preprocessing(num_images=120), "epochs": 1, "hidden": (16,)} | settings)
    usual = train(config, run_dir=tmp_path / "usual")
    request.getfixturevalue("notebooks_torch")
    random = torch.random.get_rng_state()
    run = train(config, run_dir=tmp_path / "run")
    assert (torch.get_num_threads(), torch.get_default_dtype()) == (2, torch.float64)
    assert torch.equal(torch.random.get_rng_state(), random)
    assert run.evaluation() == usual.evaluation()
    for name, array in usual.checkpoint()[0].items():
        assert np.array_equal(array, run.checkpoint()[0][name]), name
    z = np.zeros((2, config.latent_dim))
    assert np.array_equal(run.engine.decode(z, 0), usual.engine.decode(z, 0))


@pytest.mark.skipif(torch.cuda.is_available(), reason="There is the device whose absence is tested.")
def test_a_run_of_a_graphics_card_is_explored_and_gone_on_with_without_one(tmp_path):
    config = TrainConfig(preprocessing=FEW, epochs=3, hidden=(16,))
    stopped = train(config.model_copy(update={"epochs": 2}), run_dir=tmp_path / "run")
    arrays, numbers = stopped.checkpoint()
    # What a card leaves: its name in the config, and the state of its own generator, 16 bytes.
    stopped.write_checkpoint({**arrays, "random": np.zeros(16, np.uint8)}, numbers)
    there = config.model_copy(update={"device": "cuda"})
    (stopped.path / "config.json").write_text(there.model_dump_json())
    stopped.write_status("stopped")
    run = Run.open(stopped.path)
    assert run.engine.decode(np.zeros((1, 2))).shape == (1, 1, 8, 8)
    run = resume(run.path)
    assert (run.status.state, run.epoch, run.config.device) == ("finished", 3, "cuda")
    with pytest.raises(ValueError, match="This machine has no cuda device: choose cpu or auto"):
        train(there)
