from dataclasses import replace

import numpy as np
import pytest

from vaelab.config import TrainConfig
from vaelab.latent import projections
from vaelab.runs import Run, RunError, results


@pytest.mark.parametrize("latent_dim", [1, 2, 3, 128])
def test_every_kind_of_map_offered_can_be_made(latent_dim, rng, monkeypatch):
    codes = rng.normal(size=(30, latent_dim)).astype(np.float32)
    kinds = results.kinds_of_map(latent_dim)
    assert len(kinds) == len(set(kinds)) > 0
    for kind in kinds:
        if kind != "umap":
            assert projections.PROJECTIONS[kind](codes, np.arange(30)).coordinates.shape == (30, 2)
    # And what is not offered cannot be, or is of no use.
    assert ("plane" in kinds) == (latent_dim <= 2)
    assert ("pca" in kinds) == (latent_dim >= 2)


def test_a_map_is_of_the_models_own_codes_and_kept(copy, digits):
    assert results.read(copy, "pca", 100) is None
    made = results.make(copy, digits, "pca", 100)
    assert np.array_equal(made.indices, projections.choose_points(1797, 100))
    assert np.array_equal(made.codes, copy.engine.encode(digits.images[made.indices]).mu)
    read = results.read(Run.open(copy.path), "pca", 100)
    assert read.kind == "pca"
    assert read.axes == made.axes
    for name in ("indices", "codes", "coordinates", "center", "components", "sigma"):
        assert np.array_equal(getattr(read, name), getattr(made, name))
    assert results.read(copy, "pca", 99) is None


def test_a_map_has_the_posteriors_widths(copy, digits):
    made = results.make(copy, digits, "pca", 100)
    exact = copy.engine.encode(digits.images[made.indices]).sigma
    assert made.sigma.dtype == np.float16
    np.testing.assert_allclose(made.sigma, exact, rtol=1e-3)
    few = made.subset(np.array([5, 2]))
    for name in ("indices", "codes", "coordinates", "sigma"):
        assert np.array_equal(getattr(few, name), getattr(made, name)[[5, 2]])


def test_a_map_from_before_widths_were_kept_opens_and_is_given_them_where_it_lies(copy, digits, monkeypatch):
    made = results.make(copy, digits, "pca", 100)
    (file,) = (copy.path / "projections").iterdir()
    copy.write_arrays(f"projections/{file.name}", *replace(made, sigma=None).to_arrays())
    old = results.read(copy, "pca", 100)
    assert old.sigma is None
    assert len(old.subset(np.arange(3)).codes) == 3
    monkeypatch.setitem(results.PROJECTIONS, "pca", None)  # nothing is laid out anew
    for mended in (results.make(copy, digits, "pca", 100), results.read(copy, "pca", 100)):
        np.testing.assert_array_equal(mended.sigma, made.sigma)
        np.testing.assert_array_equal(mended.coordinates, made.coordinates)


def test_a_map_is_made_once(copy, digits, monkeypatch):
    first = results.make(copy, digits, "pca", 60)
    monkeypatch.setitem(results.PROJECTIONS, "pca", None)
    assert np.array_equal(results.make(copy, digits, "pca", 60).coordinates, first.coordinates)


def test_a_map_of_an_earlier_epoch_is_not_shown_for_a_later_one(copy, digits):
    results.make(copy, digits, "pca", 60)
    arrays, numbers = copy.checkpoint()
    copy.write_checkpoint(arrays, numbers | {"epoch": numbers["epoch"] + 1})
    assert results.read(copy, "pca", 60) is None


def test_a_damaged_map_is_made_again(copy, digits):
    whole = results.make(copy, digits, "pca", 60)
    (path,) = (copy.path / "projections").iterdir()
    path.write_bytes(path.read_bytes()[:50])
    assert results.read(copy, "pca", 60) is None
    assert np.array_equal(results.make(copy, digits, "pca", 60).coordinates, whole.coordinates)
    assert results.read(copy, "pca", 60) is not None


def test_a_map_that_cannot_be_kept_is_still_shown(copy, digits, monkeypatch):
    def refuse(self, *args):
        raise RunError("The disk is full.")

    monkeypatch.setattr(Run, "write_arrays", refuse)
    assert len(results.make(copy, digits, "pca", 60).codes) == 60
    assert results.read(copy, "pca", 60) is None


def test_a_map_of_no_such_space_is_refused(copy, digits):
    with pytest.raises(ValueError, match="A space of 3 dimensions is no plane"):
        results.make(copy, digits, "plane")


def test_an_untrained_run_has_no_map(tmp_path):
    assert results.read(Run.create(TrainConfig(), tmp_path / "run"), "pca") is None
