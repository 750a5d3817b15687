"""Codes as a table, and the model as ONNX: the numbers are those of torch and of the map."""

import io
import json

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from tests.conftest import ROOT, SMALL_CONV
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import load_dataset
from vaelab.latent.units import code_scale
from vaelab.runs import Run
from vaelab.sharing import draw_map
from vaelab.sharing.numbers import FORMATS, table_file, table_of, write_table
from vaelab.sharing.onnx_files import onnx_files, to_onnx
from vaelab.training.running import train

EXAMPLES = ROOT / "assets" / "checkpoints"


@pytest.fixture(scope="module")
def table(vae_run):
    return table_of(draw_map(vae_run, "pca"))


def test_codes_are_the_encoders_and_places_the_maps(table, vae_run, digits):
    codes = vae_run.engine.encode(digits.images)
    np.testing.assert_allclose(table[["mu1", "mu2", "mu3"]], codes.mu, atol=1e-6)
    np.testing.assert_allclose(table[["sigma1", "sigma2", "sigma3"]], codes.sigma, rtol=1e-3)  # kept in half precision
    map_ = draw_map(vae_run, "pca").projection
    np.testing.assert_allclose(table[["x", "y"]], map_.place(codes.mu.astype(np.float32)), atol=1e-5)
    assert table["label"].tolist() == [digits.label_names[label] for label in digits.labels]
    assert {name: (table["split"] == name).sum() for name in ("train", "validation", "test")} == {
        "train": len(digits.split.train),
        "validation": len(digits.split.validation),
        "test": len(digits.split.test),
    }
    assert (table.loc[digits.split.test, "split"] == "test").all()


def test_the_nearest_is_the_nearest_other(table, vae_run):
    map_ = draw_map(vae_run, "pca").projection
    scaled = map_.codes * code_scale(map_.codes, map_.sigma)
    distances = cdist(scaled, scaled)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_allclose(table["distance"], distances.min(1), rtol=1e-5)
    np.testing.assert_allclose(distances[np.arange(len(table)), table["nearest"]], distances.min(1), rtol=1e-5)


def test_of_equal_codes_each_has_the_other(vae_run):
    map_ = draw_map(vae_run, "pca", points=4)
    map_.projection.codes[:] = map_.projection.codes[0]
    found = table_of(map_)
    assert (found["nearest"] != found["image"]).all()
    assert (found["distance"] == 0).all()


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_written_is_read_back(table, kind):
    content = io.BytesIO(table_file(table, kind))
    if kind == "npz":
        arrays = np.load(content, allow_pickle=False)
        np.testing.assert_array_equal(arrays["mu"], table[["mu1", "mu2", "mu3"]])
        np.testing.assert_array_equal(arrays["label"], table["label"].to_numpy(str))
        assert set(arrays) == {"image", "split", "label", "mu", "sigma", "x", "y", "nearest", "distance"}
        return
    read = pd.read_csv(content, dtype={"label": str}) if kind == "csv" else pd.read_parquet(content)
    pd.testing.assert_frame_equal(read, table, check_dtype=kind == "parquet", rtol=1e-6)


def test_an_autoencoder_has_no_sigma(ae_run):
    found = table_of(draw_map(ae_run))
    assert not any(name.startswith("sigma") for name in found)


def test_another_ending_is_refused(table, tmp_path):
    with pytest.raises(ValueError, match="ends in csv, parquet, npz"):
        write_table(table, tmp_path / "codes.xlsx")
    assert not any(tmp_path.iterdir())


@pytest.fixture(scope="module")
def conv_bernoulli(tmp_path_factory):
    """Convolutions, PCA beside them and group normalization, hardly trained."""
    config = TrainConfig(
        dataset="shapes",
        preprocessing=Preprocessing(size=16, num_images=120),
        latent_dim=4,
        pca_path=True,
        group_norm=True,
        epochs=1,
        **SMALL_CONV,
    )
    return train(config, run_dir=tmp_path_factory.mktemp("runs") / "conv")


@pytest.mark.parametrize("name", ["vae_run", "ae_run", "conv_run", "conv_bernoulli", "mnist-labels-2d"])
def test_onnx_gives_torchs_numbers(request, name, capfd):
    run = Run.open(EXAMPLES / name) if "-" in name else request.getfixturevalue(name)
    engine, data = run.engine, load_dataset(run.config.dataset, run.config.preprocessing)
    files = onnx_files(engine)
    assert capfd.readouterr() == ("", "")
    encoder, decoder = (onnxruntime.InferenceSession(files[f"{part}.onnx"]) for part in ("encoder", "decoder"))
    for count in (1, 7):
        images, labels = data.images[:count], data.labels_of(np.arange(count))
        label = {"label": labels} if engine.num_labels else {}
        codes = engine.encode(images, labels)
        found = encoder.run(None, {"image": (images / 255).astype(np.float32)} | label)
        np.testing.assert_allclose(found[0], codes.mu, atol=1e-5)
        if engine.is_vae:
            np.testing.assert_allclose(found[1], codes.sigma, atol=1e-5)
        else:
            assert len(found) == 1
        (decoded,) = decoder.run(None, {"z": codes.mu.astype(np.float32)} | label)
        np.testing.assert_allclose(decoded, engine.decode(codes.mu, labels), atol=1e-5)


def test_onnx_is_written_to_a_folder(vae_run, tmp_path):
    assert [path.name for path in to_onnx(vae_run.engine, tmp_path / "new" / "here")] == [
        "encoder.onnx",
        "decoder.onnx",
    ]
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="name a folder for the two"):
        to_onnx(vae_run.engine, tmp_path / "file")


def test_the_command_writes_both(vae, vae_run, tmp_path):
    code, out, err = vae(
        "export", vae_run.path, "--codes", tmp_path / "a.parquet", "--onnx", tmp_path, "--points", 20, "--json"
    )
    assert (code, err) == (0, "")
    assert set(json.loads(out)) == {str(tmp_path / name) for name in ("a.parquet", "encoder.onnx", "decoder.onnx")}
    assert len(pd.read_parquet(tmp_path / "a.parquet")) == 20
