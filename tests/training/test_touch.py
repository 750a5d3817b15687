"""A training that is touched while it goes on: held up, taken step by step, changed; and repeated from its records."""

import math

import numpy as np
import pytest
import torch

from tests.training.test_training import CONFIGS, assert_same, outcome
from vaelab.changes import changed, checked_changes
from vaelab.choices import changeable
from vaelab.config import TrainConfig
from vaelab.datasets import load_dataset
from vaelab.engine import Engine
from vaelab.runs import Run
from vaelab.runs.facts import facts_of
from vaelab.runs.touch import Order
from vaelab.training import hand, keeping
from vaelab.training import trainer as trainer_module
from vaelab.training.keeping import snapshot_indices
from vaelab.training.reports import ChangeRecord, EpochRecord, Pause, Progress, StepRecord
from vaelab.training.running import resume, run_training, train
from vaelab.training.trainer import Trainer

#: Three steps an epoch, four epochs.
CONFIG = CONFIGS["mlp"]


@pytest.fixture(autouse=True)
def every_step(monkeypatch):
    """Each step is recorded, and what was asked is heard before each."""
    monkeypatch.setattr(trainer_module, "RECORD_EVERY", 0.0)
    monkeypatch.setattr(keeping, "STEP_RECORD_EVERY", 0.0)
    monkeypatch.setattr(hand, "LOOK_EVERY", 0.0)


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only while training waits."""

    class Clock:
        now = 0.0

        def monotonic(self):
            return self.now

        def sleep(self, seconds):
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr(hand, "time", clock)
    return clock


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody touched. Read only."""
    return train(CONFIG, run_dir=tmp_path_factory.mktemp("runs") / "whole")


@pytest.fixture
def run(tmp_path):
    return Run.create(CONFIG, tmp_path / "run")


def go(run, asked):
    """Train to the end, and do what is asked after steps, by their numbers; returns all records."""
    records = []
    for record in run_training(run):
        records.append(record)
        if isinstance(record, StepRecord) and record.step in asked:
            asked[record.step](run)
    return records


def change(**settings):
    return lambda run: run.change(settings)


CHANGES = {2: {"beta": 4.0}, 5: {"learning_rate": 0.02, "free_bits": 0.3}, 7: {"beta": 0.5}}


@pytest.fixture
def touched(run):
    go(run, {step: change(**settings) for step, settings in CHANGES.items()})
    return run


# --- Changes, and their records -----------------------------------------------------------------


def test_a_change_holds_from_the_next_step_on_and_is_in_the_records(touched, whole):
    assert touched.changes() == CHANGES
    steps = [record for record in touched.records() if record["kind"] == "step"]
    progress = [record["step"] / 12 for record in steps]
    warmup = np.minimum((np.array(progress) / 0.6), 1)
    betas = np.where(np.arange(1, 13) <= 2, 1.0, np.where(np.arange(1, 13) <= 7, 4.0, 0.5))
    assert np.allclose([record["beta"] for record in steps], betas * warmup)
    unchanged = whole.epochs()
    assert touched.epochs()[0]["train"]["total"] != unchanged[0]["train"]["total"]
    # The rate of the schedule, five times as high from the sixth step on.
    peaks = np.where(np.arange(1, 13) <= 5, CONFIG.learning_rate, 0.02)
    at = [trainer_module.one_cycle((step - 1) / 12, peak) for step, peak in zip(range(1, 13), peaks, strict=True)]
    assert np.allclose([record["learning_rate"] for record in steps], at)


def test_it_is_trained_again_from_its_records_to_the_same_numbers(touched, whole, tmp_path):
    again = train(CONFIG, run_dir=tmp_path / "again", changes=touched.changes())
    assert_same(again, touched)
    assert again.changes() == touched.changes()
    assert outcome(whole)["model.decoder.out.bias"] != outcome(again)["model.decoder.out.bias"]
    # And from the copy, once more.
    assert_same(train(CONFIG, run_dir=tmp_path / "once more", changes=again.changes()), touched)


@pytest.mark.parametrize("stops_after", [3, 4, 5, 6, 8, 11])
def test_a_run_that_is_resumed_changes_at_the_same_steps(touched, tmp_path, stops_after):
    run = Run.create(CONFIG, tmp_path / "stopped")
    asked = {step: change(**settings) for step, settings in CHANGES.items() if step < stops_after}
    go(run, asked | {stops_after: Run.request_stop})
    assert run.status.state == "stopped"
    # What was changed in an epoch that was cut short is repeated; what had not yet been is asked again.
    rest = {step: change(**settings) for step, settings in CHANGES.items() if step >= stops_after}
    begun = run.changes()
    go(run, rest)
    assert begun.items() <= run.changes().items()
    assert_same(run, touched)


def test_what_changed_is_said_of_the_run(touched):
    (said,) = [fact.text for fact in facts_of(touched) if fact.heading == "Changed while it was trained"]
    assert said == "β 4 after 2 steps; learning rate 0.02, free bits 0.3 after 5 steps; β 0.5 after 7 steps."
    assert touched.config == CONFIG
    after = touched.config_after()
    assert (after.beta, after.learning_rate, after.free_bits) == (0.5, 0.02, 0.3)


def test_whoever_changes_what_was_to_change_later_means_theirs(run):
    run.plan({4: {"beta": 2.0}, 6: {"beta": 3.0, "learning_rate": 0.01}})
    assert run.config_after(3) == CONFIG
    assert run.config_after(4).beta == 2
    assert run.config_after(6).beta == 3
    assert run.config_after() == CONFIG, "none of them was made yet"
    go(run, {2: change(beta=9.0)})
    assert run.changes() == {2: {"beta": 9.0}, 6: {"learning_rate": 0.01}}
    assert [record["beta"] for record in run.records() if record["kind"] == "step"][-1] == 9
    again = train(CONFIG, run_dir=run.path.with_name("again"), changes=run.changes())
    assert_same(again, run)


#: Settings that a training may have changed, and a value for each.
OTHERS = {
    "objective": ({"objective": "mmd", "beta": 0.1}, {"mmd_weight": 80.0, "beta": 1.0, "free_bits": 0.5}),
    "gamma": ({"objective": "factor", "gamma": 5.0}, {"gamma": 40.0}),
    "capacity": ({"objective": "capacity", "gamma": 1.0}, {"capacity": 20.0, "gamma": 3.0}),
    "noise": ({"corruption": "gaussian"}, {"corruption_strength": 0.9}),
    "noise on the code": ({"model": "ae", "code_noise": 0.1}, {"code_noise": 2.0}),
    "free bits": ({}, {"free_bits": 1.0}),
    "learning rate": ({}, {"learning_rate": 0.05}),
    "iwae": ({"objective": "iwae"}, {"beta": 3.0}),
}


@pytest.mark.parametrize("name", OTHERS)
def test_each_of_the_settings_changes_what_is_learned_from_there_on(digits, name):
    settings, new = OTHERS[name]
    config = TrainConfig(**settings, epochs=3, hidden=(16,), latent_dim=3)
    images = digits.images[:200], digits.images[200:300]
    assert set(new) <= set(changeable(config))

    def epochs_of(changes):
        trainer = Trainer(config, *images, changes=changes)
        return [record.train.total for record in trainer.records() if isinstance(record, EpochRecord)]

    plain, with_change = epochs_of({}), epochs_of({2: new})
    # Two steps an epoch: the first is as it was.
    assert with_change[0] == plain[0]
    assert with_change[1] != plain[1]
    # As a training that had them from the start would be, if nothing had been learned before.
    at_once = [
        record.train.total
        for record in Trainer(config.model_copy(update=new), *images).records()
        if isinstance(record, EpochRecord)
    ]
    assert epochs_of({0: new}) == at_once


def test_what_cannot_be_changed_is_refused_with_what_can(run):
    with pytest.raises(ValueError, match="hidden cannot be changed while this model is in training: beta, free_bits"):
        run.change({"hidden": 3})
    with pytest.raises(ValueError, match="less than or equal to 1000"):
        run.change({"beta": 2000})
    assert run.asked_since(0) == ([], 0)
    tc = TrainConfig(objective="tc")
    with pytest.raises(ValueError, match="free_bits cannot be changed"):
        changed(tc, {"free_bits": 1})
    with pytest.raises(ValueError, match="after -1 steps"):
        checked_changes(tc, {-1: {"beta": 1}})
    salted = TrainConfig(corruption="salt_and_pepper")
    with pytest.raises(ValueError, match="a share of pixels with salt_and_pepper"):
        changed(salted, {"corruption_strength": 2})
    with pytest.raises(ValueError, match="beta"):
        train(CONFIG, run_dir=run.path.with_name("other"), changes={1: {"beta": -1}})
    assert not run.path.with_name("other").exists()
    with pytest.raises(ValueError, match="must be more than 0"):
        run.go_on(0)


def test_a_change_to_what_holds_already_is_none(run, whole):
    go(run, {2: change(beta=1.0, free_bits=0.0), 4: change(learning_rate=CONFIG.learning_rate)})
    assert run.changes() == {}
    assert_same(run, whole)


def test_asking_for_what_holds_means_it_where_it_was_to_change_later(run):
    run.plan({6: {"beta": 3.0}})
    go(run, {2: change(beta=1.0)})
    assert run.changes() == {2: {"beta": 1.0}}
    assert run.epochs()[-1]["beta"] == 1


def test_a_worker_that_takes_over_does_not_do_again_what_was_asked(run, touched, tmp_path):
    from vaelab.training.work import train_in_worker

    other = Run.create(CONFIG, tmp_path / "died")
    other.write_status("queued", job="the job")
    records = run_training(other)
    for record in records:
        if isinstance(record, StepRecord) and record.step in {2, 5}:
            other.change(CHANGES[record.step])
        if isinstance(record, StepRecord) and record.step == 6:
            break
    asked = (other.path / "asked.jsonl").read_bytes()
    records.close()
    # As its death left it: amid the second epoch, its orders in the folder.
    (other.path / "asked.jsonl").write_bytes(asked)
    other.write_status("running", job="the job")
    train_in_worker(str(other.path), "the job")
    assert other.changes() == {step: CHANGES[step] for step in (2, 5)}
    assert_same(other, train(CONFIG, run_dir=tmp_path / "again", changes=other.changes()))


def test_an_order_file_that_was_begun_anew_is_heard(run):
    records = run_training(run)
    next(records)
    run.change({"learning_rate": 0.011})
    run.pause()
    until_paused(records)
    run.forget_asked()
    next(records)
    run.go_on()
    assert isinstance([*records][-1], Progress)
    assert run.status.state == "finished"


def test_what_was_to_change_after_a_run_was_stopped_made_nothing_of_it(run):
    run.plan({2: {"beta": 3.0}, 11: {"beta": 9.0}})
    go(run, {5: Run.request_stop})
    assert run.status.state == "stopped"
    assert run.changes() == {2: {"beta": 3.0}, 11: {"beta": 9.0}}
    assert run.changes_made() == {2: {"beta": 3.0}}
    assert run.config_after().beta == 3


@pytest.mark.parametrize(("gamma", "new"), [(10_000.0, 1.0), (1.0, 10_000.0)])
def test_another_weight_is_no_sign_that_training_went_astray(digits, gamma, new):
    config = TrainConfig(epochs=4, hidden=(16,), objective="capacity", capacity=1000.0, gamma=gamma)
    trainer = Trainer(config, digits.images[:200], digits.images[200:300], changes={3: {"gamma": new}})
    assert len([record for record in trainer.records() if isinstance(record, EpochRecord)]) == 4
    assert math.isfinite(trainer.astray)


# --- Pause, one step, one epoch, slow motion ----------------------------------------------------


def until_paused(records):
    """Take records until training waits; returns those before."""
    before = []
    for record in records:
        if isinstance(record, Pause):
            return before
        before.append(record)
    return before


def steps_of(records):
    return [record.step for record in records if isinstance(record, StepRecord)]


def test_a_pause_waits_after_the_step_and_goes_on_from_it(run, whole):
    records = run_training(run)
    for record in records:
        if isinstance(record, StepRecord) and record.step == 4:
            run.pause()
            break
    assert steps_of(until_paused(records)) == []
    status = run.status
    assert (status.state, status.step, status.pace) == ("paused", 4, 0)
    assert status.heard == run.asked_bytes > 0
    for _ in range(3):
        assert isinstance(next(records), Pause)

    run.take("step")
    assert steps_of(until_paused(records)) == [5]
    assert run.status.heard == run.asked_bytes
    run.take("step")
    run.take("step")
    assert steps_of(until_paused(records)) == [6, 7]
    run.take("epoch")
    rest = until_paused(records)
    assert steps_of(rest) == [8, 9]
    assert isinstance(rest[-1], EpochRecord)
    assert run.epoch == 3

    run.go_on()
    assert steps_of(until_paused(records)) == [10, 11, 12]
    assert run.status.state == "finished"
    assert run.status.pace is None
    assert not (run.path / "asked.jsonl").exists()
    # To be held up changes nothing of what is learned.
    assert_same(run, whole)


def test_an_epoch_is_taken_to_its_end_and_no_further_however_short_it_is(run, monkeypatch):
    records = run_training(run)
    next(records)
    run.pause()
    until_paused(records)
    run.take("epoch")
    next(record for record in records if isinstance(record, StepRecord))
    monkeypatch.setattr(hand, "LOOK_EVERY", 1e9)  # as if all the epoch were over before the next look
    assert steps_of(until_paused(records)) == [2, 3]
    assert run.epoch == 1


def test_a_pause_amid_an_epoch_that_began_between_two_looks_is_shown_too(run, monkeypatch):
    monkeypatch.setattr(hand, "LOOK_EVERY", 1e9)
    records = run_training(run)
    for record in records:
        if isinstance(record, StepRecord) and record.step == 5:
            break
    monkeypatch.setattr(hand, "LOOK_EVERY", 0.0)
    run.pause()
    until_paused(records)
    shown = run.live()
    assert (shown.step, shown.epoch) == (5, 1)


def test_a_training_that_waits_can_be_stopped_and_changed(run):
    records = run_training(run)
    next(records)
    run.pause()
    until_paused(records)
    run.change({"beta": 3})
    assert isinstance(next(record for record in records if not isinstance(record, Pause)), ChangeRecord)
    assert isinstance(next(records), Pause)
    assert run.status.heard == run.asked_bytes
    assert run.changes() == {0: {"beta": 3}}
    run.request_stop()
    assert all(isinstance(record, Pause) for record in records)
    assert run.status.state == "stopped"
    assert resume(run.path).config_after().beta == 3


def test_slow_motion_takes_so_many_steps_a_second_and_its_time_is_none_of_training(run, whole, clock):
    at = {}
    records = run_training(run)
    next(records)
    run.go_on(steps_per_second=4)
    for record in records:
        if isinstance(record, StepRecord):
            at[record.step] = clock.now
            assert run.status.pace == 4
    between = np.diff(list(at.values()))
    assert np.allclose(between, 0.25, atol=2 * hand.WAIT)
    assert math.isclose(between.mean(), 0.25, rel_tol=0.03)
    assert_same(run, whole)


def test_while_it_waits_no_second_of_training_passes(run, digits):
    now = [0.0]

    class Slow:
        closely = False

        def before_step(self, trainer):
            now[0] += 100
            return iter(())

    trainer = Trainer(CONFIG, digits.images[:60], digits.images[60:90], clock=lambda: now[0], touch=Slow())
    assert {record.seconds for record in trainer.records() if isinstance(record, EpochRecord)} == {0.0}


def test_what_the_model_looks_like_within_an_epoch_is_shown_while_it_lasts(run):
    data = load_dataset("digits", CONFIG.preprocessing)
    indices = snapshot_indices(len(data))
    records = run_training(run)
    next(records)
    run.pause()
    until_paused(records)
    assert run.live() is None, "an epoch's end shows what there is"
    run.take("step")
    until_paused(records)
    first = run.live()
    assert (first.step, first.epoch) == (1, 0)
    run.take("step")
    until_paused(records)
    second = run.live()
    assert second.step == 2
    assert not np.array_equal(first.mu, second.mu)

    other = Trainer(CONFIG, data.images[data.split.train], data.images[data.split.validation])
    for record in other.records():
        if isinstance(record, StepRecord) and record.step == 2:
            mu = Engine(other.model, CONFIG).encode(data.images[indices]).mu
            break
    assert np.array_equal(second.mu, mu)
    weights = dict(other.model.decoder.named_parameters())
    for name, array in second.decoder.items():
        assert np.array_equal(array, weights[name].detach().numpy().astype(np.float16))

    run.go_on()
    list(records)
    assert run.live() is None
    assert not (run.path / "live.safetensors").exists()


def test_a_zip_of_a_run_that_is_looked_at_closely_has_nothing_of_that(run, tmp_path):
    from zipfile import ZipFile

    from vaelab.sharing.zipped import to_zip

    records = run_training(run)
    for record in records:
        if isinstance(record, StepRecord) and record.step == 4:
            run.pause()
            break
    until_paused(records)
    run.take("step")
    until_paused(records)
    with ZipFile(to_zip(run, tmp_path / "run.zip")) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    assert "metrics.jsonl" in names
    assert not names & {"live.safetensors", "asked.jsonl"}
    records.close()


def test_a_line_that_is_still_being_written_is_not_heard(run):
    run.pause()
    heard = run.asked_bytes
    with (run.path / "asked.jsonl").open("a") as file:
        file.write('{"pace": nu')
    assert run.asked_since(0) == ([Order(pace=0)], heard)
    with (run.path / "asked.jsonl").open("a") as file:
        file.write('ll}\nnonsense\n5\n{"pace": "fast"}\n{"settings": [1]}\n')
    assert run.asked_since(heard) == ([Order(pace=None)], run.asked_bytes)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_a_training_is_repeated_from_its_records_too(digits):
    config = TrainConfig(epochs=3, hidden=(32,), device="cuda")
    images = digits.images[:500], digits.images[500:700]

    def weights_of():
        trainer = Trainer(config, *images, changes=CHANGES)
        list(trainer.records())
        return trainer.state()[0]

    first, second = weights_of(), weights_of()
    assert all(torch.allclose(first[name].float(), second[name].float(), atol=1e-4) for name in first)
