"""The 5,000 images are MNIST's own, drawn as the script beside them says, and come with their licence."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from vaelab.datasets import DatasetUnavailable, load_dataset, mnist_5k

FOLDER = mnist_5k.FILE.parent
MNIST = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture(scope="module")
def data():
    return mnist_5k.load()


def test_there_are_as_many_of_each_digit_in_each_part_about(data):
    assert np.bincount(data.labels).tolist() == [500] * 10
    for part in ("train", "validation", "test"):
        indices = data.indices(part)
        shares = np.bincount(data.labels_of(indices), minlength=10) / len(indices)
        assert shares.min() > 0.06, f"{part} has few of a digit"


def test_no_image_is_there_twice(data):
    assert len(np.unique(data.images.reshape(len(data), -1), axis=0)) == len(data)


@pytest.mark.skipif(not (MNIST / "MNIST").is_dir(), reason=f"MNIST is not in {MNIST}")
def test_they_are_the_training_images_of_mnist_that_the_script_draws(data):
    spec = importlib.util.spec_from_file_location("make_mnist_5k", FOLDER / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    mnist = load_dataset("mnist", folder=MNIST)
    with np.load(mnist_5k.FILE) as arrays:
        rows = arrays["rows"]
    assert np.array_equal(rows, make.choose(mnist.labels[: make.NUM_TRAINING]))
    assert np.array_equal(data.images, mnist.images[rows])
    assert np.array_equal(data.labels, mnist.labels[rows])


def test_one_small_file_and_its_licence(data):
    assert mnist_5k.FILE.stat().st_size < 1_500_000
    licence = (FOLDER / "LICENCE.txt").read_text()
    assert "Attribution-ShareAlike 3.0 Unported" in licence
    for name in ("LeCun", "Cortes", "Burges"):
        assert name in licence
        assert name in data.licence
    assert "CC BY-SA 3.0" in data.licence


@pytest.mark.parametrize("left", [None, b"", b"PK\x03\x04 cut off", "half", "another"])
def test_a_file_that_is_gone_or_damaged_is_said_in_a_sentence(tmp_path, monkeypatch, left):
    file = tmp_path / "images.npz"
    if left == "half":
        whole = mnist_5k.FILE.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
    elif left == "another":
        np.savez(file, pixels=np.zeros(3))
    elif left is not None:
        file.write_bytes(left)
    monkeypatch.setattr(mnist_5k, "FILE", file)
    with pytest.raises(DatasetUnavailable, match=r"is not there or damaged: check the repository out anew, or choose"):
        mnist_5k.load()
