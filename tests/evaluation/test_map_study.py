import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from vaelab.config import Preprocessing
from vaelab.datasets import load_dataset
from vaelab.evaluation import map_study
from vaelab.evaluation.map_study import code_map, code_places, pixel_maps, pixel_places
from vaelab.latent.projections import Projection, pca


@pytest.fixture(scope="module")
def few():
    return load_dataset("digits", Preprocessing(num_images=150))


@pytest.fixture
def without_umap(monkeypatch):
    """UMAP itself, which compiles for long, is tried by the jobs of ``tests/runs/test_results.py``."""

    def turned(pixels, indices):
        places = pca(pixels, indices).coordinates[:, ::-1]
        return Projection("umap", indices, pixels, places, ("UMAP 1", "UMAP 2"))

    monkeypatch.setattr(map_study, "umap", turned)


def flat(data):
    return data.images.reshape(len(data), -1) / np.float32(255)


def test_maps_of_pixels_are_judged_by_the_pixels(few, without_umap):
    heard = []
    figures, arrays = pixel_maps(few, heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1)
    np.testing.assert_array_equal(arrays["indices"], np.arange(150))
    pixels = flat(few)
    for name in ("raw", "pca", "umap"):
        places = arrays[name]
        assert places.shape == (150, 2)
        assert figures[name]["trustworthiness"] == pytest.approx(trustworthiness(pixels, places, n_neighbors=10))
        assert figures[name]["continuity"] == pytest.approx(trustworthiness(places, pixels, n_neighbors=10))
        distances = ((places[:, None] - places[None]) ** 2).sum(2) + np.diag(np.full(150, np.inf))
        votes = few.labels[np.argsort(distances, 1)[:, :10]]
        right = [np.bincount(row).argmax() == one for row, one in zip(votes, few.labels, strict=1)]
        # Equal distances, of which two pixels of 17 levels have many, may fall either way.
        assert figures[name]["knn_accuracy"] == pytest.approx(np.mean(right), abs=0.15 if name == "raw" else 0.001)
        assert figures[name]["seconds"] >= 0
    (row, column), _ = figures["pixels"]
    np.testing.assert_array_equal(arrays["raw"][:, 0], few.images[:, 0, row, column])
    assert figures["knn_in_pixels"] > figures["pca"]["knn_accuracy"] > figures["raw"]["knn_accuracy"]


@pytest.mark.parametrize("num_images", [40, 150])
def test_the_plane_of_pca_is_sklearns_and_that_of_latent_maps(digits, num_images):
    """With fewer images than pixels, too."""
    data = load_dataset("digits", Preprocessing(num_images=num_images))
    places = pixel_places(data)["pca"]
    theirs = PCA(2, svd_solver="full").fit_transform(flat(data))
    np.testing.assert_allclose(np.abs(places), np.abs(theirs), atol=1e-4)
    ours = pca(flat(data), np.arange(num_images)).coordinates
    np.testing.assert_allclose(places, ours, atol=1e-4)


def test_what_is_had_at_once_is_what_the_studies_have(few, vae_run, without_umap):
    _, arrays = pixel_maps(few)
    at_once = pixel_places(few)
    assert set(arrays) - set(at_once) == {"umap"}
    for name, array in at_once.items():
        np.testing.assert_array_equal(arrays[name], array)
    _, arrays = code_map(vae_run.engine, few)
    for name, array in code_places(vae_run.engine, few).items():
        np.testing.assert_array_equal(arrays[name], array)


def test_codes_of_two_dimensions_are_their_own_map(few, ae_run):
    figures, arrays = code_map(ae_run.engine, few)
    mu = ae_run.engine.encode(few.images).mu
    np.testing.assert_array_equal(arrays["codes"], mu)
    assert figures["codes"]["trustworthiness"] == pytest.approx(trustworthiness(flat(few), mu, n_neighbors=10))


def test_codes_of_more_dimensions_are_laid_by_their_components(few, vae_run):
    _, arrays = code_map(vae_run.engine, few)
    mu = vae_run.engine.encode(few.images).mu
    theirs = PCA(2).fit_transform(mu)
    np.testing.assert_allclose(np.abs(arrays["codes"]), np.abs(theirs), atol=1e-4)


def test_images_without_labels_have_no_accuracy(few, vae_run, without_umap):
    from dataclasses import replace

    unlabelled = replace(few, labels=None, label_names=())
    figures, _ = pixel_maps(unlabelled)
    assert figures["knn_in_pixels"] is None
    assert figures["pca"]["knn_accuracy"] is None
    assert code_map(vae_run.engine, unlabelled)[0]["codes"]["knn_accuracy"] is None


def test_of_many_images_some_are_chosen(digits, vae_run, monkeypatch):
    monkeypatch.setattr(map_study, "NUM_IMAGES", 60)
    pixels, codes = pixel_places(digits), code_places(vae_run.engine, digits)
    np.testing.assert_array_equal(pixels["indices"], codes["indices"])
    assert len(pixels["indices"]) == len(codes["codes"]) == 60
