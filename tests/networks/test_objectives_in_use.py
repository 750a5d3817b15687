"""A run of each objective, from its config to what the pages say of it."""

import pytest

from pages._ui.fitting import A_VAE
from vaelab.choices import OBJECTIVES
from vaelab.config import Preprocessing, TrainConfig
from vaelab.networks.models import build_model
from vaelab.runs import Run, runs_folder
from vaelab.runs.naming import kind_of
from vaelab.sharing.losses import curves_of
from vaelab.training.running import resume, train

FEW = Preprocessing(num_images=120)


def config_of(name, **changes):
    objective = OBJECTIVES[name]
    start = {"dataset": "digits", "preprocessing": FEW, "epochs": 2, "hidden": (8,), "model": objective.models[0]}
    return TrainConfig(**start | {"objective": name} | objective.suited | objective.example | changes)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_run_opens_with_the_model_alone_and_its_curves_make_the_total(name, tmp_path):
    config = config_of(name)
    run = Run.open(train(config, run_dir=tmp_path / "run").path)
    assert run.engine.model.state_dict().keys() == build_model(config, (1, 8, 8)).state_dict().keys()
    assert kind_of(run.config) == OBJECTIVES[name].kind
    terms, trained, _ = curves_of(run)
    kl, further = "KL divergence" in terms, "Further terms (training signal)" in terms
    assert (kl, further) == (config.model == "vae", OBJECTIVES[name].has_penalty)
    parts = dict(zip(terms, trained[1:], strict=True))
    last = run.epochs()[-1]["train"]
    assert parts["Total loss"][-1] == pytest.approx(last["total"], rel=1e-5)
    assert further == (last["penalty"] != 0)


def test_a_factorvae_goes_on_from_its_folder_as_if_never_stopped(tmp_path):
    config = config_of("factor", epochs=4)
    whole = train(config, run_dir=tmp_path / "whole")
    begun = Run.create(config, tmp_path / "begun")

    def stop(record):
        if getattr(record, "epoch", 0) == 2:
            begun.request_stop()

    resume(begun.path, stop)
    assert 1 <= Run.open(begun.path).epoch < 4
    resume(begun.path)
    ours, theirs = (run.checkpoint()[0] for run in (Run.open(begun.path), whole))
    assert ours.keys() == theirs.keys()
    assert any(name.startswith("companion.optimizer.") for name in ours)
    assert all((ours[name] == theirs[name]).all() for name in ours)


@pytest.mark.parametrize(("objective", "means_something"), [("elbo", False), ("wae", True)])
def test_the_prior_means_something_to_an_autoencoder_that_was_held_to_it(objective, means_something, launch):
    run = train(config_of(objective, model="ae", latent_dim=5), run_dir=runs_folder() / "mine")
    assert (A_VAE.lack(run) is None) == means_something
    app = launch("generation.py", run="mine")
    assert not app.exception
    said = any("To an autoencoder the prior means nothing" in caption.value for caption in app.caption)
    assert said != means_something
