"""What many tests share: small datasets, small trained runs, a cluster, and a place for runs."""

import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from pages._ui import resources
from tests.patience import SECONDS
from vaelab import __main__ as command_line
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import load_dataset
from vaelab.latent import projections
from vaelab.runs import Run, results
from vaelab.training.connection import Cluster
from vaelab.training.jobs import Jobs
from vaelab.training.running import train

ROOT = Path(__file__).parents[1]
#: Fixtures that are slow whatever a test does with them.
SLOW = {"jobs", "umap_run", "umap_map"}

# More threads only get in one another's way, and the numbers of one are the same everywhere.
torch.set_num_threads(1)

SMALL = {"hidden": (32, 16), "batch_size": 32}
SMALL_CONV = {"architecture": "conv", "channels": (4, 8), "conv_hidden": 16, "batch_size": 32}


def pytest_collection_modifyitems(items):
    """Keep out of the fast ring what needs a cluster, or a first UMAP map."""
    for item in items:
        if SLOW & set(item.fixturenames):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Keep every test off the user's runs, cluster and data."""
    monkeypatch.setenv("VAELAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("VAELAB_SCHEDULER", raising=False)


@pytest.fixture(scope="session")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="session")
def vae_run(tmp_path_factory, digits):
    """A VAE of three dimensions that learned the digits. Read only: ``copy`` is not."""
    config = TrainConfig(latent_dim=3, epochs=30, hidden=(64, 32), batch_size=64, learning_rate=5e-3)
    return train(config, digits, tmp_path_factory.mktemp("runs") / "vae")


@pytest.fixture
def copy(vae_run, tmp_path):
    """A copy of ``vae_run``, which may be changed and damaged."""
    shutil.copytree(vae_run.path, tmp_path / "copy")
    return Run.open(tmp_path / "copy")


@pytest.fixture(scope="session")
def ae_run(tmp_path_factory, digits):
    """An autoencoder of two dimensions that learned the digits. Read only."""
    config = TrainConfig(model="ae", epochs=10, hidden=(64, 32), batch_size=64)
    return train(config, digits, tmp_path_factory.mktemp("runs") / "ae")


@pytest.fixture(scope="session")
def conv_run(tmp_path_factory):
    """A convolutional VAE with a learned sigma, hardly trained. Read only."""
    config = TrainConfig(
        preprocessing=Preprocessing(size=28, num_images=300),
        likelihood="gaussian_learned",
        epochs=2,
        **SMALL_CONV,
    )
    return train(config, run_dir=tmp_path_factory.mktemp("runs") / "conv")


@pytest.fixture(scope="session")
def shared_mnist():
    """Folder with all of MNIST, as torchvision keeps it."""
    folder = ROOT.parent / "shared" / "data"
    if not (folder / "MNIST" / "raw").is_dir():
        if os.environ.get("CI"):
            pytest.fail("CI must have MNIST in ../shared/data of the repository.")
        pytest.skip("MNIST is not in ../shared/data of the repository.")
    return folder


@pytest.fixture(scope="session")
def jobs():
    """A cluster with one worker for trainings and one for maps, as on a machine of two cores."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "cpu_count", lambda: 2)
        patch.delenv("VAELAB_SCHEDULER", raising=False)
        jobs = Jobs()
        jobs._cluster.connect()
    yield jobs
    jobs.close()


@pytest.fixture(scope="session")
def umap_run(jobs, tmp_path_factory, digits):
    """A run whose UMAP map of 200 points is being made in the background; see ``umap_map``."""
    config = TrainConfig(latent_dim=6, epochs=3, hidden=(32,), batch_size=64)
    run = train(config, digits, tmp_path_factory.mktemp("runs") / "umap")
    jobs.make(run, "umap", 200)
    return run


@pytest.fixture(scope="session")
def umap_map(jobs, umap_run):
    """The map of ``umap_run``. Made once: the first in a process compiles for 20 seconds."""
    jobs._results[umap_run.path, umap_run.epoch, "umap", 200].result(timeout=SECONDS)
    return results.read(umap_run, "umap", 200)


@pytest.fixture
def launch(monkeypatch):
    """Start the app on a page, as the URL would."""
    monkeypatch.chdir(ROOT)
    # What a page would have a worker make is being made for as long as the test looks.
    pending = SimpleNamespace(status="pending", done=lambda: False, cancel=lambda: None)
    monkeypatch.setattr(Cluster, "submit", lambda *arguments, **options: pending)

    def start(script: str = "explore.py", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
        if script != "home.py":
            app.switch_page(f"pages/{script}")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return app

    yield start
    resources.jobs.clear()


@pytest.fixture
def vae(monkeypatch, capsys):
    """Run a command in this process; returns the exit code and what was printed."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["vaelab", *map(str, arguments)])
        code = 0
        try:
            command_line.main()
        except SystemExit as exit_:
            code = exit_.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(
    params=[pytest.param(kind, marks=[pytest.mark.slow] if kind == "umap" else []) for kind in projections.PROJECTIONS]
)
def any_map(request, rng):
    """One map of each kind, of 200 codes."""
    if request.param == "umap":
        return request.getfixturevalue("umap_map")
    codes = rng.normal(size=(200, 2 if request.param == "plane" else 6)).astype(np.float32)
    return projections.PROJECTIONS[request.param](codes, np.arange(200))


FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # WebGL in software, for Plotly's maps; all else drawn without it, in a third of the time.
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
    "--disable-gpu-rasterization",
]


@pytest.fixture(scope="session")
def base_url():
    """Pages that name no host are nowhere, but for tests that have a server."""
    return None


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Debian's chromium for pytest-playwright; without its window, where that is installed as well: it is quicker."""
    expect.set_options(timeout=1000 * SECONDS)
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Debian's chromium: apt-get install -y chromium.")
        pytest.skip("Debian's chromium is not installed.")
    return browser_type_launch_args | {"executable_path": path, "args": FLAGS}
