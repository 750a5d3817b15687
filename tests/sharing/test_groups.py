"""What leaves of a group of images: their codes as a table, files that are taken in again, and a place in a file."""

import base64
import gzip
import json
import re
import zipfile
from io import BytesIO

import numpy as np
import pytest

from pages._ui.resources import EXAMPLES
from vaelab.datasets import ImageDataset, load_dataset
from vaelab.datasets.own import load_own
from vaelab.datasets.own.groups import keep_group
from vaelab.importing import import_images
from vaelab.runs import Run
from vaelab.sharing import explorer
from vaelab.sharing.image_files import image_files
from vaelab.sharing.numbers import table_file, table_of_images


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


def test_codes_of_images_are_the_encoders_whether_on_a_map_or_not(digits):
    run, chosen = Run.open(EXAMPLES / "digits-2d"), np.array([5, 900, 1796])
    table = table_of_images(run.engine, digits, chosen)
    codes = run.engine.encode(digits.images[chosen])
    assert list(table) == ["image", "split", "label", "mu1", "mu2", "sigma1", "sigma2"]
    assert table["image"].tolist() == chosen.tolist()
    assert table["label"].tolist() == [digits.label_names[label] for label in digits.labels[chosen]]
    assert all(image in digits.indices(part) for image, part in zip(table["image"], table["split"], strict=True))
    np.testing.assert_allclose(table[["mu1", "mu2"]], codes.mu, rtol=1e-6)
    np.testing.assert_allclose(table[["sigma1", "sigma2"]], codes.sigma, rtol=1e-6)
    with np.load(BytesIO(table_file(table, "npz"))) as arrays:
        np.testing.assert_array_equal(arrays["mu"], table[["mu1", "mu2"]])
        assert arrays["label"].tolist() == table["label"].tolist()


def test_known_factors_are_in_the_table_and_an_autoencoders_sigma_is_not():
    faces = load_dataset("faces")
    table = table_of_images(Run.open(EXAMPLES / "faces-8d").engine, faces, np.array([3, 4]))
    np.testing.assert_array_equal(table[list(faces.factor_names)], faces.factors[[3, 4]])
    alone = table_of_images(Run.open(EXAMPLES / "digits-ae-2d").engine, load_dataset("digits"), np.array([3]))
    assert not [name for name in alone if name.startswith("sigma")]


def test_files_are_taken_in_again_with_their_pixels_and_classes(digits, tmp_path):
    chosen = np.arange(100, 140)
    (tmp_path / "some.zip").write_bytes(image_files(digits, chosen))
    import_images(tmp_path / "some.zip", name="some", folder=tmp_path / "data")
    again = load_own("some", tmp_path / "data")
    assert again.image_shape == digits.image_shape
    numbers = [int(re.search(r"\d{6}", name)[0]) for name in again.image_names]
    np.testing.assert_array_equal(np.sort(numbers), chosen)
    np.testing.assert_array_equal(again.images, digits.images[numbers])
    assert [again.label_names[label] for label in again.labels] == [
        digits.label_names[label] for label in digits.labels[numbers]
    ]


def test_folders_have_names_that_any_system_takes():
    pixels = np.zeros((12, 3, 8, 8), np.uint8)
    pixels[:, 1] = 200
    names = ["a/b", "a?b", "a_b 1", "con", "..", "../../up"] * 2
    data = ImageDataset.of(pixels, names, name="odd")
    with zipfile.ZipFile(BytesIO(image_files(data, np.arange(12)))) as archive:
        folders = {name.rpartition("/")[0] for name in archive.namelist()}
    assert len(folders) == 6
    assert "con" not in folders
    assert not any(re.search(r'[<>:"/\\|?*]|^\.*$', folder) for folder in folders)


def test_a_file_has_the_groups_of_its_images(digits, monkeypatch, tmp_path):
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    keep_group(digits.image_hash, "sixes", [6, 16, 26])
    keep_group("ab12", "of others", [1])
    page = explorer(Run.open(EXAMPLES / "digits-2d")).page
    packed = re.search(r'data-part="chosen">([^<]*)<', page)[1]
    assert json.loads(gzip.decompress(base64.b64decode(packed))) == {"groups": {"sixes": [6, 16, 26]}, "chosen": []}
