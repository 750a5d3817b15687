"""A run as it was at the end of its epochs: which of them a page can go back to, and what it is told of each."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load

from tests.conftest import ROOT
from tests.sharing.test_one_file import parts_of, spec_of
from vaelab.config import Preprocessing, TrainConfig
from vaelab.latent.density import neighbour_radii
from vaelab.latent.projections import pca
from vaelab.latent.units import code_scale
from vaelab.runs import Run, RunError
from vaelab.sharing import draw_map, explorer, history
from vaelab.sharing.history import Known, history_of
from vaelab.training.running import train

EXAMPLES = ROOT / "assets" / "checkpoints"
WITH_EPOCHS = ("digits-2d", "digits-ae-2d")


@pytest.fixture(scope="module", params=[{"latent_dim": 5}, {"latent_dim": 5, "model": "ae"}, {"conditional": True}])
def trained(request, tmp_path_factory):
    settings = {"hidden": (16,), "epochs": 4, "preprocessing": Preprocessing(num_images=300)} | request.param
    return train(TrainConfig(dataset="digits", **settings), run_dir=tmp_path_factory.mktemp("runs") / "past")


def same(file, other):
    """That two safetensors files have the same arrays."""
    here, there = load(file), load(other)
    assert here.keys() == there.keys()
    for name, array in here.items():
        np.testing.assert_array_equal(array, there[name])


def decoders_of(run, epochs):
    """A snapshot for each epoch, of as many as are asked for."""
    last = run.last_snapshot()
    for epoch in epochs:
        run.write_snapshot(replace(last, epoch=epoch))


@pytest.mark.parametrize("name", WITH_EPOCHS)
def test_two_of_the_shipped_runs_have_their_epochs_and_end_where_these_do(name):
    run = Run.open(EXAMPLES / name)
    past = history_of(run)
    assert past.epochs[:9] == list(range(9))
    assert past.epochs[-1] == run.epoch == 200
    data = run.images()
    codes = load(past.codes_file(Known.of(data)))
    mu = run.engine.encode(data.images[codes["indices"]]).mu
    np.testing.assert_allclose(codes["codes"][-1], mu, rtol=2e-3, atol=2e-3)
    # And the losses of the early epochs are those of the record.
    then = run.engine.as_of(run.snapshot(1))
    z, x = run.snapshot(1).mu, data.images[run.snapshot(1).indices] / 255
    x_hat = np.clip(then.decode(z), 1e-6, 1 - 1e-6)
    error = -(x * np.log(x_hat) + (1 - x) * np.log(1 - x_hat)).sum((1, 2, 3)).mean()
    assert error == pytest.approx(run.epochs()[0]["validation"]["reconstruction"], rel=0.1)


def test_no_other_has_any():
    others = [path.name for path in EXAMPLES.iterdir() if path.is_dir() and path.name not in WITH_EPOCHS]
    assert len(others) > 10
    assert not [name for name in others if not name.startswith("_") and history_of(Run.open(EXAMPLES / name))]


def test_what_is_shipped_stays_small():
    assert sum(path.stat().st_size for path in (ROOT / "assets").rglob("*") if path.is_file()) < 60e6


def test_there_are_at_most_24_epochs_and_more_of_the_early_ones(tmp_path):
    config = TrainConfig(dataset="digits", hidden=(8,), epochs=1, preprocessing=Preprocessing(num_images=200))
    run = train(config, run_dir=tmp_path / "long")
    decoders_of(run, range(2, 300))
    epochs = history_of(run).epochs
    assert len(epochs) <= 24
    assert epochs[:9] == list(range(9))
    assert epochs[-1] == 299
    assert np.all(np.diff(np.diff(epochs[8:-1])) >= 0)  # ever farther apart


def test_large_decoders_are_fewer(tmp_path, monkeypatch):
    config = TrainConfig(dataset="digits", hidden=(8,), epochs=12, preprocessing=Preprocessing(num_images=200))
    run = train(config, run_dir=tmp_path / "run")
    size = sum(array.nbytes for array in load(history_of(run).decoder_file(0)).values())
    monkeypatch.setattr(history, "MOST_BYTES", 5 * size)
    past = history_of(run)
    assert past.epochs[0] == 0
    assert past.epochs[-1] == 12
    assert len(past.epochs) == 5
    monkeypatch.setattr(history, "MOST_BYTES", size // 2)
    assert history_of(run) is None


def test_codes_and_what_counts_in_distances_are_those_of_the_snapshots(trained):
    past = history_of(trained)
    file = past.codes_file(Known.of(trained.images()))
    arrays, spec = load(file), spec_of(file, "history")
    assert spec["epochs"] == [0, 1, 2, 3, 4]
    is_vae = trained.config.model == "vae"
    for i, epoch in enumerate(spec["epochs"]):
        snapshot = trained.snapshot(epoch)
        np.testing.assert_array_equal(arrays["indices"], snapshot.indices)
        np.testing.assert_allclose(arrays["codes"][i], snapshot.mu, rtol=1e-3, atol=1e-3)
        sigma = snapshot.sigma.astype(np.float32) if is_vae else None
        scale = code_scale(snapshot.mu, sigma, is_vae)
        np.testing.assert_allclose(arrays["scale"][i], scale, rtol=1e-4)
        radii = neighbour_radii(scale * snapshot.mu, None if sigma is None else scale * sigma)
        np.testing.assert_allclose(arrays["radii"][i], radii, rtol=1e-4)
    losses = [record["validation"]["total"] for record in trained.epochs()]
    np.testing.assert_allclose(arrays["validation"][1], losses, rtol=1e-5)
    np.testing.assert_array_equal(arrays["labels"], trained.images().labels[arrays["indices"]])
    # Held-out images are shown first.
    assert set(arrays["indices"][spec["shown"][:8]]) <= set(trained.images().split.validation)


def test_long_codes_are_of_fewer_images(trained, monkeypatch):
    whole = load(history_of(trained).codes_file(Known.of(trained.images())))["codes"]
    monkeypatch.setattr(history, "MOST_CODE_BYTES", whole.nbytes // 3)
    fewer = load(history_of(trained).codes_file(Known.of(trained.images())))
    assert whole.nbytes / 4 < fewer["codes"].nbytes <= whole.nbytes / 3
    assert len(fewer["indices"]) == fewer["codes"].shape[1]


def test_a_map_of_all_epochs_is_pca_of_all_their_codes(trained):
    if trained.config.latent_dim == 2:  # a plane holds still by itself
        assert draw_map(trained).history.epochs == [0, 1, 2, 3, 4]
        return
    map_ = draw_map(trained, "epochs")
    everything = np.concatenate([trained.snapshot(epoch).mu for epoch in range(5)]).astype(np.float64)
    center = everything.mean(0)
    _, _, axes = np.linalg.svd(everything - center, full_matrices=False)
    places = (map_.projection.codes - center) @ axes[:2].T
    signs = np.sign((places * map_.projection.coordinates).sum(0))
    np.testing.assert_allclose(map_.projection.coordinates, signs * places, atol=1e-3 * np.abs(places).max())
    assert map_.history.epochs == [0, 1, 2, 3, 4]
    assert "(" in map_.projection.axes[0]
    assert draw_map(trained, "pca").history is None


def test_axes_may_come_from_other_codes():
    rng = np.random.default_rng(0)
    others = rng.standard_normal((50, 3)).astype(np.float32) * (1, 9, 3) + 5
    codes, indices = rng.standard_normal((4, 3)).astype(np.float32), np.arange(4)
    made = pca(codes, indices, others.astype(np.float32))
    np.testing.assert_allclose(made.center, others.mean(0), rtol=1e-5)
    assert np.abs(made.components[0]).argmax() == 1
    np.testing.assert_allclose(made.coordinates, made.place(codes), rtol=1e-5, atol=1e-5)


def test_a_map_of_all_epochs_of_a_run_without_any_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="kept none of its epochs: take umap or pca"):
        draw_map(Run.open(EXAMPLES / "mnist-16d"), "epochs")
    with pytest.raises(ValueError, match="no epochs map of codes of 2 numbers"):
        draw_map(Run.open(EXAMPLES / "digits-2d"), "epochs")


def test_a_file_has_them_or_is_told_to_do_without():
    run, other = (Run.open(EXAMPLES / name) for name in WITH_EPOCHS)
    parts = parts_of(explorer(run, other, epochs=True).page)
    past = json.loads(parts["past"])
    assert [one["run"] for one in past] == [run.name, other.name]
    for one, of in zip(past, (run, other), strict=True):
        assert one["home"] == one["total"] == 200
        assert one["epochs"] == history_of(of).epochs
        same(parts[one["codes"]], history_of(of).codes_file(Known.of(of.images())))
        for epoch, decoder in zip(one["epochs"], one["decoders"], strict=True):
            same(parts[decoder["address"]], history_of(of).decoder_file(epoch))
            assert spec_of(parts[decoder["address"]], "model")["id"] == decoder["name"]
    without = parts_of(explorer(run).page)
    assert json.loads(without["past"]) == []
    assert not [name for name in without if name.startswith(("codes-", "decoder-"))]


def test_a_snapshot_that_is_gone_is_said_in_a_sentence(tmp_path):
    config = TrainConfig(dataset="digits", hidden=(8,), epochs=2, preprocessing=Preprocessing(num_images=200))
    run = train(config, run_dir=tmp_path / "run")
    past = history_of(run)
    (run.path / "checkpoints" / "epoch-0001.safetensors").unlink()
    with pytest.raises(RunError, match="epoch-0001"):
        past.codes_file(Known.of(run.images()))
    with pytest.raises(RunError, match="epoch-0001"):
        past.decoder_file(1)
    assert history_of(run).epochs == [0, 2]


def test_a_file_does_without_epochs_that_are_damaged(tmp_path):
    config = TrainConfig(dataset="digits", hidden=(8,), epochs=3, preprocessing=Preprocessing(num_images=200))
    run = train(config, run_dir=tmp_path / "run")
    (run.path / "checkpoints" / "epoch-0001.safetensors").write_bytes(b"no")
    parts = parts_of(explorer(run, epochs=True).page)
    assert json.loads(parts["past"]) == []
    assert "codes-0" not in parts
    assert "model-0" in parts


def test_what_is_kept_for_pages_holds_no_images():
    run = Run.open(EXAMPLES / "digits-2d")
    data = run.images()
    known = Known.of(data)
    assert sum(array.nbytes for array in known) < data.images.nbytes / 4
    assert len(Known.of(run.remembered("They are gone.")).held_out) == 0
