import contextlib
import errno
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from safetensors.numpy import save_file

import vaelab
from vaelab.config import TrainConfig
from vaelab.runs import MOST_SNAPSHOTS, Run, RunError, Snapshot, broken_runs, kept_epochs, list_runs, runs_folder
from vaelab.runs.status import HEARTBEAT_TIMEOUT
from vaelab.training.reports import EpochRecord, StepRecord, Terms

TERMS = Terms(total=3.0, reconstruction=2.0, kl=1.0, kl_per_dim=(0.75, 0.25), num_images=10)


def make_step(epoch, step):
    return StepRecord(epoch, step, 0.5, 0.25, 1.0, 1e-3, 100.0, TERMS)


def make_epoch(epoch):
    return EpochRecord(epoch, 10 * epoch, 1.5, 0.5, 1.0, 1e-3, 100.0, TERMS, TERMS)


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def is_one_sentence(error):
    text = str(error)
    return "\n" not in text and "Traceback" not in text and text[-1] in ".)" and len(text) < 400


@pytest.fixture
def run(tmp_path):
    """A new run."""
    return Run.create(TrainConfig(), tmp_path / "run")


# --- Making and opening -------------------------------------------------------------------------


def test_what_is_created_opens_again_the_same(tmp_path):
    config = TrainConfig(latent_dim=5, hidden=(7, 3), sigma=0.3, seconds=2.5)
    made = Run.create(config, tmp_path / "a" / "b")
    opened = Run.open(str(tmp_path / "a" / "b"))
    assert opened.config == config == made.config
    assert opened.name == "b"
    assert opened.status.state == "new"
    assert opened.epoch == -1
    assert not opened.has_model
    assert opened.records() == []
    assert opened.snapshot_epochs() == []
    assert opened.evaluation() is None
    assert repr(opened) == f"Run('{tmp_path / 'a' / 'b'}')"


def test_create_refuses_a_folder_that_holds_a_run(run):
    before = files_in(run.path)
    with pytest.raises(RunError, match="already holds a run: choose another folder, or resume"):
        Run.create(TrainConfig(latent_dim=9), run.path)
    assert files_in(run.path) == before


def test_create_refuses_a_path_below_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="cannot be written") as caught:
        Run.create(TrainConfig(), tmp_path / "file" / "run")
    assert is_one_sentence(caught.value)
    assert (tmp_path / "file").read_text() == "mine"


def test_runs_are_named_after_data_model_and_time_and_never_collide(monkeypatch, tmp_path):
    monkeypatch.setenv("VAELAB_RUNS", str(tmp_path / "mine"))
    made = [Run.create(TrainConfig(model="ae", latent_dim=7)) for _ in range(5)]
    assert len({run.path for run in made}) == 5
    for run in made:
        assert run.path.parent == runs_folder() == tmp_path / "mine"
        assert re.fullmatch(r"digits-ae7d-\d{4}-\d{6}(-[0-9a-f]{4})*", run.name)


def test_the_runs_folder_is_runs_here_by_default(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for unset in (None, ""):
        if unset is None:
            monkeypatch.delenv("VAELAB_RUNS")
        else:
            monkeypatch.setenv("VAELAB_RUNS", unset)
        assert runs_folder() == tmp_path / "runs"
    assert list_runs() == []


def test_runs_are_listed_newest_first_without_damaged_ones(tmp_path):
    for age, name in enumerate(["new", "middle", "old"]):
        run = Run.create(TrainConfig(), tmp_path / name)
        when = time.time() - 1000 * age
        os.utime(run.path / "config.json", (when, when))
    (tmp_path / "middle" / "config.json").write_text("{")
    (tmp_path / "no-run").mkdir()
    assert [run.name for run in list_runs(tmp_path)] == ["new", "old"]
    ((path, problem),) = broken_runs(tmp_path).items()
    assert path == tmp_path / "middle"
    assert problem == "config.json ends too early."


@pytest.mark.parametrize("name", ["config.json", "data.json", "checkpoints/last.safetensors"])
@pytest.mark.parametrize("harm", ["rubbish", "gone"])
def test_a_damaged_run_is_listed_apart_with_what_is_wrong(copy, name, harm):
    assert [run.path for run in list_runs(copy.path.parent)] == [copy.path]
    assert broken_runs(copy.path.parent) == {}
    if harm == "rubbish":
        (copy.path / name).write_bytes(b"rubbish")
    else:
        (copy.path / name).unlink()
    if (name, harm) == ("checkpoints/last.safetensors", "gone"):
        assert not copy.has_model  # as a run that was never begun
        return
    assert list_runs(copy.path.parent) == []
    problem = broken_runs(copy.path.parent)[copy.path]
    assert Path(name).name in problem
    assert "\n" not in problem


def test_dimensions_are_named_and_their_names_kept(copy):
    assert copy.dimension_names == {}
    copy.name_dimension(1, "  slant\n of *it* ")
    copy.name_dimension(0, "size")
    assert Run.open(copy.path).dimension_names == {0: "size", 1: "slant of *it*"}
    copy.name_dimension(0, "")
    assert copy.dimension_names == {1: "slant of *it*"}
    with pytest.raises(ValueError, match="at most 24 characters, but this has 25"):
        copy.name_dimension(0, "x" * 25)
    count = copy.config.latent_dim
    with pytest.raises(ValueError, match=f"There is no dimension {count}: they run from 0 to {count - 1}"):
        copy.name_dimension(count, "depth")
    (copy.path / "dimensions.json").write_text("[1, 2")  # names are no reason not to open a run
    assert copy.dimension_names == {}


def test_a_run_is_renamed_where_it_stands(copy):
    assert copy.title == copy.name == "copy"
    copy.rename("  Zwei\n Größen ")
    assert Run.open(copy.path).title == "Zwei Größen"
    assert copy.name == "copy"
    for title in ("", "   ", "x" * 81):
        with pytest.raises(ValueError, match="A run's name has 1 to 80 characters, but this has"):
            copy.rename(title)
    assert copy.title == "Zwei Größen"


def test_a_run_is_deleted_with_its_folder_and_nothing_beside(copy, run):
    copy.delete()
    assert not copy.path.exists()
    assert run.path.exists()
    run.write_status("running", "epoch 3")
    with pytest.raises(RunError, match="is being trained: stop it before deleting it"):
        run.delete()
    assert Run.open(run.path).status.state == "running"


@pytest.mark.parametrize("missing", ["folder", "config"])
def test_where_there_is_no_run_open_says_so(tmp_path, missing):
    if missing == "config":
        (tmp_path / "x").mkdir()
    with pytest.raises(RunError, match=r"^There is no run in .*x: it holds no readable config"):
        Run.open(tmp_path / "x")


# --- Damage -------------------------------------------------------------------------------------

RUBBISH = {
    "empty": lambda content: b"",
    "half": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "not text": lambda content: b"\xff\xfe\x80" * 40,
    "another JSON": lambda content: b"[1, 2]",
}


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("config.json", lambda run: Run.open(run.path)),
        ("data.json", lambda run: run.data),
        ("checkpoints/last.safetensors", lambda run: run.checkpoint()),
        ("checkpoints/last.safetensors", lambda run: run.epoch),
        ("checkpoints/last.safetensors", lambda run: Run.open(run.path).engine),
        ("checkpoints/epoch-0003.safetensors", lambda run: run.snapshot(3)),
    ],
    ids=["config", "data", "checkpoint", "epoch", "engine", "snapshot"],
)
def test_damage_gets_one_sentence_and_nothing_is_deleted(copy, name, read, rubbish):
    path = copy.path / name
    path.write_bytes(rubbish(path.read_bytes()))
    before = files_in(copy.path)
    wrong = "is damaged; its other files are untouched|ends too early|is not JSON|cannot be used: .*"
    with pytest.raises(RunError, match=rf"^{re.escape(name)} of the run copy ({wrong})\.$") as caught:
        read(copy)
    assert is_one_sentence(caught.value)
    assert files_in(copy.path) == before
    # The rest still reads.
    assert len(copy.epochs()) == 30
    assert len(copy.snapshot(5).mu) == 1797
    assert copy.evaluation()["split"] == "test"


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
def test_what_can_be_done_without_is_done_without(copy, rubbish):
    for name in ("status.json", "evaluation.json"):
        path = copy.path / name
        path.write_bytes(rubbish(path.read_bytes()) if name != "evaluation.json" else b"{")
    assert copy.status.state == "interrupted"
    assert copy.evaluation() is None
    assert copy.engine.latent_dim == 3


def test_a_damaged_checkpoint_makes_a_run_without_a_model(copy):
    (copy.path / "checkpoints" / "last.safetensors").write_bytes(b"no")
    (copy.path / "status.json").unlink()
    assert not copy.has_model
    assert copy.status.state == "interrupted"


def test_a_checkpoint_of_another_model_is_damage(copy):
    arrays, numbers = copy.checkpoint()
    arrays["model.decoder.out.bias"] = np.zeros(3, np.float32)
    copy.write_checkpoint(arrays, numbers)
    with pytest.raises(
        RunError, match=r"^checkpoints/last.safetensors of the run copy does not fit config.json: bring back"
    ):
        Run.open(copy.path).engine  # noqa: B018


def test_a_checkpoint_without_an_epoch_is_damage(copy):
    save_file({"x": np.zeros(2)}, copy.path / "checkpoints" / "last.safetensors")
    with pytest.raises(RunError, match="damaged"):
        copy.epoch  # noqa: B018


def test_what_is_not_there_is_not_called_damaged(run):
    with pytest.raises(RunError, match=r"has no data\.json: training has not loaded its images"):
        run.data  # noqa: B018
    with pytest.raises(RunError, match=r"has no checkpoints/last\.safetensors: nothing was train"):
        run.checkpoint()
    with pytest.raises(RunError, match=r"has no checkpoints/epoch-0007\.safetensors"):
        run.snapshot(7)


# --- Records ------------------------------------------------------------------------------------


def test_records_are_read_as_they_were_appended(run):
    run.append_record("step", make_step(1, 5))
    run.append_record("epoch", make_epoch(1))
    step, epoch = run.records()
    assert step["kind"] == "step"
    assert step["train"]["kl_per_dim"] == [0.75, 0.25]
    assert epoch["validation"]["total"] == 3.0
    assert run.epochs() == [epoch]
    assert run.epochs()[0]["step"] == 10
    run.append_record("step", make_step(2, 15))
    assert run.last_epoch() == epoch
    (run.path / "metrics.jsonl").unlink()
    assert run.last_epoch() is None


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_torn_line_is_left_out_and_the_next_one_is_not_lost(run, cut):
    for epoch in (1, 2, 3):
        run.append_record("epoch", make_epoch(epoch))
    path = run.path / "metrics.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    kept = [1, 2] if cut > 1 else [1, 2, 3]  # only its line end is missing
    assert [record["epoch"] for record in run.epochs()] == kept
    assert run.last_epoch() == run.epochs()[-1]
    # Whoever goes on does this first, which mends the file.
    run.forget_after(2)
    run.append_record("epoch", make_epoch(3))
    assert path.read_bytes() == whole


def test_lines_damaged_in_the_middle_do_not_hide_the_others(run):
    for epoch in (1, 2, 3):
        run.append_record("epoch", make_epoch(epoch))
    path = run.path / "metrics.jsonl"
    first, second, third = path.read_bytes().splitlines()
    for rubbish in (b"\x00" * len(second), b"\xff" * 9, b"", second[:30]):
        path.write_bytes(b"\n".join([first, rubbish, third]) + b"\n")
        assert [record["epoch"] for record in run.epochs()] == [1, 3]


def test_epochs_after_are_forgotten_with_their_steps(run):
    for epoch in (1, 2, 3):
        run.append_record("step", make_step(epoch, epoch))
        run.append_record("epoch", make_epoch(epoch))
    run.append_record("step", make_step(4, 31))
    run.forget_after(2)
    assert [(record["kind"], record["epoch"]) for record in run.records()] == [
        ("step", 1),
        ("epoch", 1),
        ("step", 2),
        ("epoch", 2),
    ]
    run.forget_after(0)
    assert run.records() == []


# --- Checkpoints and snapshots ------------------------------------------------------------------


def test_a_checkpoint_reads_as_it_was_written(run, rng):
    arrays = {
        "model.a": rng.normal(size=(3, 4)).astype(np.float32).T,  # not contiguous
        "optimizer.0.step": np.float32(3),
        "random": rng.integers(0, 256, 50, dtype=np.uint8),
    }
    numbers = {"epoch": 3, "step": 123, "seconds": 0.1 + 0.2}
    run.write_checkpoint(arrays, numbers)
    read, read_numbers = run.checkpoint()
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert np.array_equal(read[name], array)
        assert (read[name].dtype, read[name].shape) == (array.dtype, array.shape)
    assert read_numbers == numbers
    assert run.epoch == 3
    assert run.has_model


def test_a_run_before_its_first_epoch_has_no_model(run):
    run.write_checkpoint({}, {"epoch": 0, "step": 0, "seconds": 0.0})
    assert run.epoch == 0
    assert not run.has_model


def test_kept_epochs_are_all_at_first_then_ever_fewer_and_never_many():
    before = set()
    for last in range(20_000):
        kept = kept_epochs(last)
        assert len(kept) <= MOST_SNAPSHOTS
        assert kept[-1] == last
        assert kept[:9] == list(range(min(last, 8) + 1))
        gaps = np.diff(kept[:-1])  # the last epoch comes when it comes
        assert (np.diff(gaps) >= 0).all()
        assert set(kept) <= before | {last}, "what was dropped is not asked for again"
        before = set(kept)


def test_a_run_says_how_much_it_takes_on_the_disk(copy):
    before = copy.num_bytes
    (copy.path / "checkpoints" / "more").write_bytes(b"x" * 1000)
    assert copy.num_bytes == before + 1000
    assert before > (copy.path / "checkpoints" / "last.safetensors").stat().st_size


def test_a_snapshot_reads_as_it_was_written_with_halved_weights(run, rng):
    weights = {"out.weight": rng.normal(size=(6, 5)).astype(np.float32)}
    mu = rng.normal(size=(4, 2)).astype(np.float32)
    for epoch in (0, 12, 10_000):
        run.write_snapshot(Snapshot(epoch, np.arange(4), mu, weights))
    assert run.snapshot_epochs() == [0, 12, 10_000]
    read = run.snapshot(10_000)
    assert read.epoch == 10_000
    assert np.array_equal(read.indices, np.arange(4))
    assert np.array_equal(read.mu, mu)
    assert list(read.decoder) == ["out.weight"]
    assert read.decoder["out.weight"].dtype == np.float16
    # float16 has 11 significant bits.
    assert np.allclose(read.decoder["out.weight"], weights["out.weight"], rtol=2**-11, atol=1e-7)


# --- Writing whole or not at all ----------------------------------------------------------------


@pytest.fixture
def full_disk(monkeypatch):
    """From now on, each write stops in its middle: there is no space left."""

    def fill(code=errno.ENOSPC):
        def refuse(descriptor):
            size = os.fstat(descriptor).st_size
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size // 2)
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "fsync", refuse)

    return fill


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_on_a_full_disk_the_old_files_stay_whole(copy, full_disk, code):
    before = files_in(copy.path)
    arrays, numbers = copy.checkpoint()
    full_disk(code)
    for write in (
        lambda: copy.write_checkpoint(arrays, numbers | {"epoch": 31}),
        lambda: copy.write_snapshot(copy.snapshot(5)),
        lambda: copy.write_text("evaluation.json", "{}"),
        lambda: copy.write_data(copy.data),
    ):
        with pytest.raises(RunError, match=r"disk that holds .* is full: free some .*resume") as c:
            write()
        assert is_one_sentence(c.value)
    assert files_in(copy.path) == before


def test_another_failure_to_write_names_its_reason(copy, full_disk):
    full_disk(errno.EIO)
    with pytest.raises(RunError, match=r"cannot be written \(Input/output error\)"):
        copy.write_text("evaluation.json", "{}")


def test_a_failed_append_does_not_harm_the_lines_before(run, monkeypatch):
    run.append_record("epoch", make_epoch(1))
    (run.path / "metrics.jsonl").rename(run.path / "kept")
    # A device that is always full takes the file's place.
    (run.path / "metrics.jsonl").symlink_to("/dev/full")
    with pytest.raises(RunError, match="is full"):
        run.append_record("epoch", make_epoch(2))
    (run.path / "kept").replace(run.path / "metrics.jsonl")
    assert [record["epoch"] for record in run.epochs()] == [1]


def test_a_file_is_renamed_into_place_only_when_it_is_whole(copy, monkeypatch):
    """A reader at any moment finds the old file or the new one."""
    path = copy.path / "checkpoints" / "last.safetensors"
    old = path.read_bytes()
    arrays, numbers = copy.checkpoint()
    seen = []
    replace = os.replace

    def watch(source, target):
        seen.append((path.read_bytes() == old, Path(source).parent == path.parent))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watch)
    copy.write_checkpoint(arrays, numbers | {"epoch": 77})
    assert seen == [(True, True)]  # within one folder, so within one file system
    assert copy.epoch == 77
    assert not list(copy.path.rglob(".*"))


# --- Who does what ------------------------------------------------------------------------------


def write_status(run, **changes):
    run.write_status("running", "epoch 3", 0.5)
    fields = json.loads((run.path / "status.json").read_text()) | changes
    (run.path / "status.json").write_text(json.dumps(fields))


def test_this_process_is_alive(run):
    before = time.time()
    run.write_status("running", "epoch 3", 0.25)
    status = run.status
    assert (status.state, status.message, status.progress) == ("running", "epoch 3", 0.25)
    assert (status.pid, status.host) == (os.getpid(), socket.gethostname())
    assert before <= status.updated <= time.time()


@pytest.mark.parametrize("state", ["queued", "preparing", "running"])
def test_a_dead_process_leaves_its_run_interrupted(run, state):
    child = subprocess.Popen([sys.executable, "-c", ""])
    started = psutil.Process(child.pid).create_time()
    child.wait()
    write_status(run, state=state, pid=child.pid, pid_started=started)
    assert run.status.state == "interrupted"
    assert run.status.progress == 0.5


def test_of_those_who_find_a_run_left_in_a_queue_one_takes_it_over(run):
    run.write_status("queued", job="before")
    assert run.left_waiting() is None, "it waits in the queue of a process that is there"
    left = run.status.model_copy(update={"pid_started": 1.0})
    (run.path / "status.json").write_text(left.model_dump_json())
    assert run.left_waiting() == left
    with run.claiming(left) as first, run.claiming(left) as second:
        assert (first, second) == (True, False)
        run.write_status("queued", job="after")
    # One that had looked before that comes too late, though nobody claims it now.
    with run.claiming(left) as third:
        assert not third
    assert not list(run.path.glob(".taken-*"))


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_an_ended_run_needs_no_process(run, state):
    write_status(run, state=state, pid=2**22 + 1)
    assert run.status.state == state


def test_a_number_given_to_another_process_is_not_taken_for_it(run):
    write_status(run, pid_started=psutil.Process().create_time() - 60)
    assert run.status.state == "interrupted"


@pytest.mark.parametrize(("age", "state"), [(5, "running"), (59, "running"), (61, "interrupted")])
def test_on_another_machine_the_heartbeat_decides(run, age, state):
    assert HEARTBEAT_TIMEOUT == 60
    # Its pid is one of ours by chance, and says nothing.
    write_status(run, host="elsewhere.example", updated=time.time() - age, pid=os.getpid())
    assert run.status.state == state


def test_a_stop_is_taken_once(run):
    assert not run.pop_stop_request()
    run.request_stop()
    assert run.pop_stop_request()
    assert not run.pop_stop_request()


# --- Nothing is unpickled -----------------------------------------------------------------------


def test_nothing_in_vaelab_unpickles():
    unpickles = re.compile(
        r"torch\.load\(|^\s*(import|from) (pickle|joblib(?!\.externals\.loky)|dill|cloudpickle|shelve|marshal)|"
        r"allow_pickle\s*=\s*True|read_pickle",
        re.MULTILINE,
    )
    sources = sorted(Path(vaelab.__file__).parent.rglob("*.py"))
    assert len(sources) > 15
    # Loky is there for its processes, which are this machine's own and pass on arrays alone.
    # torchvision's own reader of CIFAR-10, below datasets/vision.py, checks its files' MD5 first.
    assert [path.name for path in sources if unpickles.search(path.read_text())] == []


def test_a_pickle_in_a_checkpoints_place_is_not_run(copy):
    ran = copy.path / "ran"
    attack = f"cos\nsystem\n(S'touch {ran}'\ntR.".encode()
    (copy.path / "checkpoints" / "last.safetensors").write_bytes(attack)
    with pytest.raises(RunError, match="damaged"):
        copy.checkpoint()
    assert not ran.exists()
