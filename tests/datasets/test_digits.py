"""The digits are scikit-learn's, by either way of reading them."""

import numpy as np
from sklearn.datasets import load_digits

from vaelab.datasets import digits


def test_the_packaged_file_and_scikit_learn_agree(monkeypatch):
    assert digits._packaged_file() is not None
    quick = digits.load()
    monkeypatch.setattr(digits, "_packaged_file", lambda: None)
    slow = digits.load()
    assert np.array_equal(quick.images, slow.images)
    assert np.array_equal(quick.labels, slow.labels)


def test_sixteen_levels_are_spread_over_all_of_uint8():
    pixels, labels = load_digits(return_X_y=True)
    data = digits.load()
    exact = pixels.reshape(-1, 1, 8, 8) * 255 / 16
    assert np.abs(data.images - exact).max() <= 0.5
    assert set(np.unique(data.images)) >= {0, 128, 255}
    assert np.array_equal(data.labels, labels)


def test_a_package_without_the_file_is_noticed(monkeypatch):
    monkeypatch.setattr(digits.importlib.util, "find_spec", lambda name: None)
    assert digits._packaged_file() is None
