"""A cluster of several machines, by the package's own commands: each process in a folder of its own."""

import errno
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import partial

import psutil
import pytest

from tests.conftest import ROOT
from tests.training.test_jobs import wait_for
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import save_own
from vaelab.runs import ACTIVE, Run
from vaelab.training import cluster_check
from vaelab.training.jobs import Jobs
from vaelab.training.sweep import create_sweep

pytestmark = pytest.mark.slow

QUICK = TrainConfig(preprocessing=Preprocessing(num_images=120), epochs=3, hidden=(16,), batch_size=32)


#: A command as ``-m`` runs it. What is started in the background, as a test may be, would hear no Ctrl-C.
HEARING = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


class Command:
    """A command of the package's, as a terminal starts it, with what it prints."""

    def __init__(self, folder, arguments, module, environment):
        folder.mkdir()
        self.folder = folder
        with (folder / "output").open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", HEARING, module, *arguments],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self):
        return (self.folder / "output").read_text()

    def wait_for(self, text):
        def there():
            assert self.process.poll() is None, self.said()
            return text in self.said()

        wait_for(there)

    def interrupt(self):
        """Ctrl-C, which a terminal sends to all that it has started; returns the exit code."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture
def start(tmp_path):
    """Start commands, each in a folder of its own; ends them all."""
    begun = []

    def start(*arguments, module="vaelab", **environment):
        begun.append(Command(tmp_path / f"machine-{len(begun)}", arguments, module, environment))
        return begun[-1]

    yield start
    for command in reversed(begun):
        with suppress(ProcessLookupError):
            os.killpg(command.process.pid, signal.SIGKILL)
        command.process.wait()


@pytest.fixture
def scheduler(start):
    """A scheduler's command and its address."""
    command = start("scheduler", "--port", "0")
    command.wait_for("VAELAB_SCHEDULER")
    (address,) = set(re.findall(r"tcp://127\.0\.0\.1:\d+", command.said()))
    return command, address


def test_a_sweep_goes_on_though_a_worker_is_killed_and_ctrl_c_is_quiet(start, scheduler):
    command, address = scheduler
    workers = [start("worker", address, "--trainings", "1") for _ in range(2)]
    for worker in workers:
        worker.wait_for("Ready: 1 for trainings, one for results")
    runs = create_sweep(QUICK.model_copy(update={"epochs": 100}), "beta", [1, 4])
    jobs = Jobs(address)
    try:
        for run in runs:
            jobs.train(run)
        wait_for(lambda: all(run.epoch >= 2 for run in runs))
        assert runs[0].status.pid != runs[1].status.pid  # one each
        killed = psutil.Process(runs[0].status.pid)
        assert killed.cwd() in {str(worker.folder) for worker in workers}
        killed.kill()
        wait_for(lambda: all(jobs.status(run).state == "finished" for run in runs), 120)
    finally:
        jobs.close()
    assert [record["epoch"] for record in runs[0].epochs()] == list(range(1, 101))
    assert [worker.interrupt() for worker in workers] == [130, 130]
    assert command.interrupt() == 130
    for each in (command, *workers):
        assert each.said().splitlines()[-1] == "Stopped."
        assert "Traceback" not in each.said()
        assert len(each.said().splitlines()) <= 4


def refusal(jobs, run):
    """What is said of a run that cannot be queued, which is then as it was."""
    with pytest.raises(ConnectionError) as refused:
        jobs.train(run)
    assert run.status.state not in ACTIVE
    return str(refused.value)


def test_what_a_worker_would_stumble_over_is_told_before_anything_is_queued(start, scheduler, tmp_path, digits):
    _, address = scheduler
    run = Run.create(QUICK, tmp_path / "run")
    own = Run.create(TrainConfig(dataset=save_own(digits, "mine")), tmp_path / "own")
    jobs = Jobs(address)
    try:
        start_one = f"python -m vaelab worker {address}"
        assert refusal(jobs, run) == f"No worker has joined the cluster at {address}: start one with {start_one}."
        worker = start("worker", address, "--trainings", "1", VAELAB_DATA=str(tmp_path / "elsewhere"))
        worker.wait_for("Ready")
        assert f"does not see own/mine in {tmp_path / 'elsewhere'}: keep the data in a folder" in refusal(jobs, own)
        again = Run.create(QUICK, tmp_path / "again")  # one that cannot be queued leaves nothing behind
        # A worker of dask's own, which does not know this package.
        start(address, module="distributed.cli.dask_worker", PYTHONPATH="")
        wait_for(lambda: len(jobs._cluster.connect().scheduler_info(n_workers=-1)["workers"]) == 3)
        assert f"cannot run this version of vaelab: stop it, and start it with {start_one}." in refusal(jobs, again)
    finally:
        jobs.close()


def test_a_scheduler_of_dasks_own_is_told(start, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    start(
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-dashboard",
        module="distributed.cli.dask_scheduler",
        PYTHONPATH="",
    )
    address = f"tcp://127.0.0.1:{port}"
    jobs = Jobs(address)
    try:
        said = refusal(jobs, Run.create(QUICK, tmp_path / "run"))
    finally:
        jobs.close()
    assert said.startswith(f"The scheduler at {address} does not run this version of vaelab: stop it, and start it")


def test_a_worker_says_what_it_lacks(tmp_path, vae_run, monkeypatch):
    version = cluster_check.source_version()
    visit = partial(cluster_check._visit, version=version, images=("digits", ""))
    assert visit(str(vae_run.path)) == ""
    assert visit(str(tmp_path / "none")).startswith(f"does not see {tmp_path / 'none'}: keep the runs in a folder")
    assert visit(str(vae_run.path), version="older").startswith("has another version of vaelab")
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)
    assert visit(str(vae_run.path)) == f"cannot write into {vae_run.path}: allow it to"


def test_a_worker_ends_with_its_scheduler_and_says_so(start, scheduler):
    command, address = scheduler
    worker = start("worker", address, "--trainings", "1")
    worker.wait_for("Ready")
    assert command.interrupt() == 130
    assert worker.process.wait(60) == 2
    assert worker.said().splitlines()[-1].startswith(f"There is no scheduler at {address}: start one")
    assert "Traceback" not in worker.said()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["scheduler", "--host", "203.0.113.9"],
            "The scheduler cannot listen on port 8786 of 203.0.113.9: that is not an address of this machine; give",
        ),
        (
            ["scheduler", "--host", "nowhere.invalid"],
            "The scheduler cannot listen on port 8786 of nowhere.invalid: no machine of that name is known; give",
        ),
        (
            ["scheduler", "--port", "99999"],
            "The scheduler cannot listen on port 99999 of 127.0.0.1: give a --port of 0 to 65535",
        ),
        (["worker", "nowhere.invalid"], "There is no scheduler at tcp://nowhere.invalid:8786: start one"),
        (["worker", "host:many"], "'host:many' is not the address of a scheduler: give what python -m vaelab"),
        (["worker", "tcp://127.0.0.1:1"], "There is no scheduler at tcp://127.0.0.1:1"),
        (["worker", "tcp://127.0.0.1:1", "--trainings", "0"], "trainings was 0; it must be 1 to 256."),
    ],
)
def test_an_address_that_is_none_gets_a_sentence(vae, arguments, sentence):
    code, _, err = vae(*arguments)
    assert code == 2
    assert err.startswith(sentence)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("number", "what_to_do"),
    [
        (errno.EADDRINUSE, "another program does; give another --port, or 0 for any that is free"),
        (errno.EACCES, "that takes an administrator; give a --port from 1024 on"),
    ],
)
def test_a_port_that_cannot_be_had_gets_a_sentence(vae, monkeypatch, number, what_to_do):
    def refuse(*arguments, **options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket, "create_server", refuse)
    code, _, err = vae("scheduler", "--port", "80")
    assert (code, err) == (2, f"The scheduler cannot listen on port 80 of 127.0.0.1: {what_to_do}.\n")


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_a_cluster_of_ipv6_needs_no_brackets_to_be_typed(start, host):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("This machine has no IPv6.")
    command = start("scheduler", "--host", host, "--port", "0")
    command.wait_for("VAELAB_SCHEDULER")
    (port,) = set(re.findall(r"tcp://\[::1\]:(\d+)", command.said()))
    worker = start("worker", f"::1:{port}", "--trainings", "1")
    worker.wait_for("Ready")
    jobs = Jobs(f"::1:{port}")
    assert jobs._cluster.connect().scheduler.address == f"tcp://[::1]:{port}"
    jobs.close()


# --- Scripts ------------------------------------------------------------------------------------

SCRIPT = """
from vaelab.training.jobs import Jobs
from vaelab.config import TrainConfig
from vaelab.runs import ACTIVE, Run
{guard}jobs = Jobs(); jobs.train(Run.create(TrainConfig(epochs=1, hidden=(16,)))); jobs.close()
"""


@pytest.mark.parametrize("guard", ["", 'if __name__ == "__main__": '])
def test_a_script_without_a_main_guard_is_told_so_in_one_sentence(tmp_path, guard):
    (tmp_path / "script.py").write_text(SCRIPT.format(guard=guard))
    answer = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
    )
    if guard:
        assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
        return
    assert answer.returncode == 1
    assert answer.stderr.count("Traceback") == 1
    assert answer.stderr.splitlines()[-1] == (
        "ConnectionError: Each process that trains would run script.py again: put what starts trainings there under "
        'if __name__ == "__main__":.'
    )
    assert not list((tmp_path / "runs").glob("*/data.json"))
