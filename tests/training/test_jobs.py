"""Jobs on a real cluster of worker processes. Bounds in seconds allow for a busy machine."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.patience import SECONDS
from vaelab.config import Preprocessing, TrainConfig
from vaelab.latent.projections import Projection
from vaelab.runs import Run, RunError, results
from vaelab.training import running as training
from vaelab.training.jobs import Jobs
from vaelab.training.running import train
from vaelab.training.work import train_in_worker

pytestmark = pytest.mark.slow

FEW = Preprocessing(num_images=120)
QUICK = TrainConfig(preprocessing=FEW, epochs=3, hidden=(16,), batch_size=32)
LONG = QUICK.model_copy(update={"epochs": 10_000})
ENDED = {"finished", "stopped", "failed", "interrupted"}


def wait_for(condition, seconds=SECONDS):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "It did not come about in time."
        time.sleep(0.01)


def weights(run):
    return {name: array.tobytes() for name, array in run.checkpoint()[0].items()}


def listening(process):
    """Addresses and ports that a process and its children listen on."""
    found = set()
    for each in (process, *process.children(recursive=True)):
        found |= {
            (place.laddr.ip, place.laddr.port)
            for place in each.net_connections("inet")
            if place.status == psutil.CONN_LISTEN or place.type == socket.SOCK_DGRAM
        }
    return found


@pytest.fixture
def create(tmp_path, jobs):
    """Make new runs, and leave none of them training."""
    made = []

    def create(name, config=QUICK):
        made.append(Run.create(config, tmp_path / name))
        return made[-1]

    yield create
    for run in made:
        if jobs.status(run).state not in ENDED | {"new"}:
            jobs.stop(run)
    wait_for(lambda: all(jobs.status(run).state in ENDED | {"new"} for run in made))


@pytest.fixture(scope="session", autouse=True)
def begun(umap_run):
    """The slow map is being made while the trainings are tested."""


def test_a_submitted_run_is_trained_to_its_end(jobs, create, tmp_path):
    run = create("run")
    assert jobs.status(run).state == "new"
    jobs.train(run)
    wait_for(lambda: jobs.status(run).state == "finished")
    assert run.status.pid != os.getpid()
    assert run.epoch == 3
    assert run.evaluation()["num_images"] == 12
    assert weights(run) == weights(train(QUICK, run_dir=tmp_path / "here"))


def test_nothing_of_ours_can_be_reached_from_another_machine(jobs, create):
    # Whoever reaches a worker's port can run code in it (CVE-2021-42343).
    run = create("run", LONG)
    jobs.train(run)
    wait_for(lambda: run.epoch >= 1)
    ours = listening(psutil.Process())
    # The scheduler, and at least a nanny and a worker each for trainings and for maps.
    assert len(ours) >= 5
    assert {address for address, _ in ours} == {"127.0.0.1"}


def test_a_running_training_is_stopped_and_taken_up_again(jobs, create):
    """That a stop is met at the next record, of which there are several a second, is tested in test_training."""
    run = create("run", LONG)
    jobs.train(run)
    wait_for(lambda: run.epoch >= 2)
    jobs.stop(run)
    wait_for(lambda: jobs.status(run).state == "stopped")
    epoch = run.epoch
    assert [record["epoch"] for record in run.epochs()] == list(range(1, epoch + 1))
    # Nobody goes on with it.
    time.sleep(0.3)
    assert run.epoch == epoch
    # It can be taken up again.
    jobs.train(run)
    wait_for(lambda: run.epoch >= epoch + 2)
    assert jobs.status(run).state == "running"


def test_trainings_run_one_after_the_other_and_the_waiting_can_be_taken_out(jobs, create):
    first, second, third = create("first", LONG), create("second"), create("third")
    jobs.train(first)
    wait_for(lambda: jobs.status(first).state == "running")
    jobs.train(second)
    jobs.train(third)
    time.sleep(0.5)
    assert jobs.status(second).state == jobs.status(third).state == "queued"
    jobs.stop(second)
    assert jobs.status(second).state == "stopped"
    assert jobs.status(second).message == "Stopped before it began."
    jobs.stop(first)
    wait_for(lambda: jobs.status(third).state == "finished")
    assert jobs.status(second).state == "stopped"
    assert second.epoch == -1
    # A stop that was asked for then does not meet it when it is queued again.
    jobs.train(second)
    wait_for(lambda: jobs.status(second).state == "finished")


def test_the_queue_is_first_in_first_out(jobs, create):
    blocking = create("blocking", LONG)
    jobs.train(blocking)
    wait_for(lambda: jobs.status(blocking).state == "running")
    queue = [create(f"run-{index}") for index in range(5)]
    for run in queue:
        jobs.train(run)
    jobs.stop(blocking)
    wait_for(lambda: all(jobs.status(run).state == "finished" for run in queue))
    begun = [(run.path / "data.json").stat().st_mtime_ns for run in queue]
    assert begun == sorted(begun)


def test_a_run_is_queued_at_once_and_knows_what_it_waits_for(jobs, create):
    first, second, third, other = create("first", LONG), create("second"), create("third"), create("other")
    for run in (first, second, third):
        jobs.train_soon(run)
        assert run.status.state == "queued"
        jobs.train_soon(run)  # a second press
    wait_for(lambda: jobs.status(first).state == "running")
    assert jobs.ahead_of(first) == []
    assert [run.name for run in jobs.ahead_of(second)] == ["first"]
    assert [run.name for run in jobs.ahead_of(third)] == ["first", "second"]
    jobs.train_soon(other)
    jobs.stop(other)
    jobs.stop(second)
    assert [run.name for run in jobs.ahead_of(third)] == ["first"]
    jobs.stop(first)
    wait_for(lambda: jobs.status(third).state == "finished")
    assert second.status.state == other.status.state == "stopped"
    assert second.epoch == other.epoch == -1


@pytest.mark.parametrize(("state", "job"), [("stopped", "mine"), ("finished", "mine"), ("queued", "another's")])
def test_a_job_leaves_alone_what_was_stopped_or_taken_up_on_its_way_to_a_worker(create, state, job):
    run = create("run")
    run.write_status(state, job=job)
    before = (run.path / "status.json").read_bytes()
    train_in_worker(str(run.path), "mine")
    assert (run.path / "status.json").read_bytes() == before
    assert run.epoch == -1


def test_what_a_process_left_in_its_queue_is_taken_up_once(jobs, create, monkeypatch, tmp_path):
    monkeypatch.setenv("VAELAB_RUNS", str(tmp_path))
    left, later, stopped = create("left"), create("later"), create("stopped")
    queue = (
        "import sys; from vaelab.runs import Run; [Run.open(p).write_status('queued', job='1') for p in sys.argv[1:]]"
    )
    paths = [str(left.path), str(later.path)]
    subprocess.run([sys.executable, "-c", queue, *paths], check=True, cwd=Path(__file__).parents[2])
    stopped.write_status("stopped")
    assert left.status.state == "interrupted"
    taken = []
    others = Jobs()
    for queue_of in (others, jobs):
        monkeypatch.setattr(queue_of, "train_soon", lambda run: (taken.append(run.name), jobs.train(run)))
    others.take_up()
    jobs.take_up()
    assert taken == ["left", "later"]
    wait_for(lambda: jobs.status(later).state == "finished")
    assert jobs.status(left).state == "finished"
    assert stopped.status.state == "stopped"
    assert not list(tmp_path.rglob(".taken-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is Unix")
def test_a_training_whose_worker_is_killed_goes_on_by_itself_to_the_same_end(jobs, create, tmp_path):
    config = QUICK.model_copy(update={"epochs": 60, "kl_warmup": 0.5})
    run = create("run", config)
    jobs.train(run)
    wait_for(lambda: run.epoch >= 5)
    killed = run.status.pid
    assert killed != os.getpid()
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: not run.status.alive or run.status.pid != killed)
    seen = set()

    def finished():
        seen.add(jobs.status(run).state)
        return jobs.status(run).state == "finished"

    wait_for(finished)
    assert seen <= {"queued", "preparing", "running", "finished"}  # never given up
    assert "queued" in seen
    assert run.status.pid != killed
    assert [record["epoch"] for record in run.epochs()] == list(range(1, 61))
    assert weights(run) == weights(train(config, run_dir=tmp_path / "here"))


def test_a_training_that_fails_is_not_tried_again(jobs, create):
    run = create("run", TrainConfig(preprocessing=Preprocessing(classes=("no such",)), hidden=(16,)))
    jobs.train(run)
    wait_for(lambda: jobs.status(run).state == "failed")
    status = run.status
    assert status.message.startswith("digits has no class called 'no such': choose from 0, 1")
    time.sleep(1)
    assert run.status == status


def test_a_run_that_was_trained_while_it_was_queued_is_left_alone(jobs, create):
    run = create("run")
    jobs.train(run)
    first = jobs._trainings[run.path]  # dask forgets a job that nobody holds
    jobs.train(run)
    second = jobs._trainings[run.path]
    first.result(timeout=SECONDS)
    assert run.status.state == "finished"
    ended = run.status
    second.result(timeout=SECONDS)
    assert run.status == ended
    assert [record["epoch"] for record in run.epochs()] == [1, 2, 3]


# --- Maps ---------------------------------------------------------------------------------------


def test_maps_are_made_beside_a_training_and_once(jobs, create, copy):
    blocking = create("blocking", LONG)
    jobs.train(blocking)
    wait_for(lambda: jobs.status(blocking).state == "running")
    assert jobs.state(copy, "pca", 50) == ("none", "")
    jobs.make(copy, "pca", 50)
    future = jobs._results[copy.path, copy.epoch, "pca", 50]
    jobs.make(copy, "pca", 50)
    assert jobs._results[copy.path, copy.epoch, "pca", 50] is future
    wait_for(lambda: jobs.state(copy, "pca", 50)[0] == "done", 120)
    assert jobs.status(blocking).state == "running"
    assert results.read(copy, "pca", 50).coordinates.shape == (50, 2)


def test_a_map_that_cannot_be_made_says_why(jobs, copy):
    jobs.make(copy, "plane", 50)
    wait_for(lambda: jobs.state(copy, "plane", 50)[0] != "working", 120)
    assert jobs.state(copy, "plane", 50) == (
        "failed",
        "A space of 3 dimensions is no plane: choose pca or umap.",
    )


def test_a_umap_map_made_by_a_job_is_found(jobs, umap_run, umap_map, digits):
    assert jobs.state(umap_run, "umap", 200) == ("done", "")
    assert isinstance(umap_map, Projection)
    assert umap_map.coordinates.shape == (200, 2)
    assert np.isfinite(umap_map.coordinates).all()
    codes = umap_run.engine.encode(digits.images[umap_map.indices]).mu
    assert np.allclose(umap_map.codes, codes, atol=1e-6)


# --- Clusters -----------------------------------------------------------------------------------


@pytest.fixture
def other_cluster(request):
    """A cluster of somebody else's, whose worker names what vaelab's own do, unless the test says what instead."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        dashboard_address=None,
        silence_logs=50,
        resources=getattr(request, "param", {"training": 1, "map": 1}),
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.parametrize("named_by", ["argument", "environment"])
def test_jobs_go_to_an_existing_cluster(other_cluster, named_by, create, monkeypatch):
    where = []
    run_training = training.run_training

    def watch(run):
        where.append(os.getpid())
        yield from run_training(run)

    # Its worker is a thread of this process, so what is replaced here is replaced there.
    monkeypatch.setattr(training, "run_training", watch)
    if named_by == "environment":
        monkeypatch.setenv("VAELAB_SCHEDULER", other_cluster)
    others = Jobs(None if named_by == "environment" else other_cluster)
    run = create("run")
    others.train(run)
    wait_for(lambda: others.status(run).state == "finished")
    others.close()
    assert where == [os.getpid()]


@pytest.mark.parametrize("other_cluster", [{}, {"training": 1}, {"map": 1}], indirect=True)
def test_a_cluster_whose_workers_would_never_take_a_job_is_refused(other_cluster, create):
    others = Jobs(other_cluster)
    run = create("run")
    with pytest.raises(ConnectionError, match="has no workers of vaelab's that train and make maps: start some with"):
        others.train(run)
    others.close()
    assert run.status.state == "new"


def test_a_cluster_that_is_not_there_gets_one_sentence(create, monkeypatch):
    import distributed

    def refuse(address, **kwargs):
        raise OSError("Timed out trying to connect")

    monkeypatch.setattr(distributed, "Client", refuse)
    jobs = Jobs("tcp://127.0.0.1:9")
    with pytest.raises(ConnectionError, match=r"tcp://127\.0\.0\.1:9 cannot be reached: check VAE"):
        jobs.train(create("run"))


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_queued(jobs, create):
    run = create("run")
    (run.path / "config.json").unlink()
    (run.path / "checkpoints").rmdir()
    run.path.rmdir()
    run.path.write_text("a file now")
    with pytest.raises(RunError, match="cannot be written"):
        jobs.train(run)


def test_no_cluster_is_started_before_it_is_needed():
    """The app's pages make a `Jobs` each time they are opened."""
    code = (
        "import sys; from vaelab.training.jobs import Jobs; jobs = Jobs(); jobs.close();"
        "print([name for name in ('distributed', 'torch', 'sklearn') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    answer = subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"
