"""Copies of the runs that all tests share: what leaves a run has its maps made, which are kept in its folder."""

import shutil

import pytest

from vaelab.runs import Run


@pytest.fixture(scope="session")
def vae_run(vae_run, tmp_path_factory):
    return Run.open(shutil.copytree(vae_run.path, tmp_path_factory.mktemp("shared") / "vae"))


@pytest.fixture(scope="session")
def ae_run(ae_run, tmp_path_factory):
    return Run.open(shutil.copytree(ae_run.path, tmp_path_factory.mktemp("shared") / "ae"))
