import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from tests.patience import SECONDS
from vaelab.latent import projections
from vaelab.latent.projections import MAX_POINTS, Projection, choose_points, pair, pca, plane, umap
from vaelab.latent.projections.projection import NUM_NEIGHBOURS


def make_codes(rng, num_codes=200, latent_dim=6):
    scales = np.linspace(3, 0.2, latent_dim)
    return (rng.normal(size=(num_codes, latent_dim)) * scales + 5).astype(np.float32)


# --- What holds for every map -------------------------------------------------------------------


def test_codes_are_placed_where_the_map_shows_them(any_map):
    assert np.allclose(any_map.place(any_map.codes), any_map.coordinates, atol=1e-3)


def test_lifting_a_place_and_placing_it_again_returns_there(any_map):
    places = any_map.coordinates[::7]
    # On a UMAP map, whose lift is a mean over neighbours, it returns to their neighbourhood.
    spread = any_map.coordinates.std()
    tolerance = 0.25 * spread if any_map.kind == "umap" else 1e-3
    away = np.linalg.norm(any_map.place(any_map.lift(places)) - places, axis=1)
    assert np.quantile(away, 0.9) < tolerance


def test_a_map_keeps_its_indices_and_codes(any_map):
    assert len(any_map.indices) == len(any_map.codes) == len(any_map.coordinates) == 200
    assert any_map.coordinates.dtype == any_map.codes.dtype == np.float32
    assert any_map.indices.dtype == np.int64


def test_a_map_survives_being_taken_apart(any_map):
    arrays, text = any_map.to_arrays()
    again = Projection.from_arrays(arrays, text)
    for part in dataclasses.fields(Projection):
        assert np.array_equal(getattr(again, part.name), getattr(any_map, part.name)), part.name


@pytest.mark.parametrize("count", [0, 1, 3, 700])
def test_places_and_codes_come_in_any_number(any_map, count):
    places = np.resize(any_map.coordinates, (count, 2))
    lifted = any_map.lift(places)
    assert lifted.shape == (count, any_map.codes.shape[1])
    assert any_map.place(lifted).shape == (count, 2)
    assert lifted.dtype == any_map.place(lifted).dtype == np.float32


# --- Two dimensions -----------------------------------------------------------------------------


def test_two_dimensions_are_columns_of_the_codes(rng):
    codes = make_codes(rng, 50, 5)
    shown = pair(codes, np.arange(50), (3, 1))
    assert np.array_equal(shown.coordinates, codes[:, [3, 1]])
    assert shown.axes == ("z4", "z2")
    assert np.allclose(shown.place(codes), shown.coordinates)
    arrays, text = shown.to_arrays()
    assert np.array_equal(Projection.from_arrays(arrays, text).place(codes), shown.place(codes))


def test_a_place_of_two_dimensions_leaves_the_others_where_they_are(rng):
    codes = make_codes(rng, 50, 5)
    shown = pair(codes, np.arange(50), (3, 1), ("tilt", "smile"))
    assert shown.axes == ("tilt", "smile")
    z = shown.lift(np.array([[7.0, -2.0]]), held=codes[0])[0]
    assert np.allclose(z, [codes[0, 0], -2, codes[0, 2], 7, codes[0, 4]])
    assert np.allclose(shown.lift(np.array([[7.0, -2.0]])), [0, -2, 0, 7, 0])


@pytest.mark.parametrize("dims", [(1, 1), (0, 5), (-1, 2)])
def test_a_map_needs_two_dimensions_that_there_are(rng, dims):
    with pytest.raises(ValueError, match="two different dimensions from 0 to 4"):
        pair(make_codes(rng, 20, 5), np.arange(20), dims)


# --- The plane ----------------------------------------------------------------------------------


def test_a_plane_of_two_dimensions_is_the_codes_themselves(rng):
    codes = make_codes(rng, 50, 2)
    shown = plane(codes, np.arange(50))
    assert np.array_equal(shown.coordinates, codes)
    assert shown.axes == ("z1", "z2")
    elsewhere = rng.normal(size=(5, 2))
    assert np.allclose(shown.lift(elsewhere), elsewhere)
    assert np.allclose(shown.place(elsewhere), elsewhere)


def test_one_dimension_is_drawn_along_x_with_meaningless_heights(rng):
    codes = make_codes(rng, 400, 1)
    shown = plane(codes, np.arange(400))
    assert np.array_equal(shown.coordinates[:, 0], codes[:, 0])
    heights = shown.coordinates[:, 1]
    assert abs(heights).max() <= 1
    assert abs(np.corrcoef(codes[:, 0], heights)[0, 1]) < 0.15
    assert "no meaning" in shown.axes[1]
    assert np.array_equal(shown.lift(shown.coordinates), codes)
    assert np.array_equal(shown.place(codes)[:, 0], codes[:, 0])
    assert np.array_equal(plane(codes, np.arange(400)).coordinates, shown.coordinates)


def test_three_dimensions_are_no_plane(rng):
    with pytest.raises(ValueError, match="A space of 3 dimensions is no plane: choose pca or umap"):
        plane(make_codes(rng, 9, 3), np.arange(9))


# --- PCA ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(200, 6), (200, 2), (3, 40), (2, 5)])
def test_pca_is_scikit_learns_up_to_sign(rng, shape):
    codes = make_codes(rng, *shape)
    shown = pca(codes, np.arange(len(codes)))
    peer = PCA(2).fit(codes.astype(np.float64))
    rank = min(2, len(codes) - 1)
    signs = np.sign((shown.components * peer.components_).sum(1))[:rank]
    assert np.allclose(shown.components[:rank], signs[:, None] * peer.components_[:rank], atol=1e-4)
    expected = signs * peer.transform(codes.astype(np.float64))[:, :rank]
    assert np.allclose(shown.coordinates[:, :rank], expected, atol=1e-3)
    for axis, ratio in zip(shown.axes[:rank], peer.explained_variance_ratio_, strict=False):
        assert f"({ratio:.0%} of variance)" in axis


def test_pca_components_are_orthonormal_and_of_fixed_sign(rng):
    codes = make_codes(rng)
    shown = pca(codes, np.arange(200))
    assert np.allclose(shown.components @ shown.components.T, np.eye(2), atol=1e-5)
    largest = np.abs(shown.components).argmax(1)
    assert (shown.components[[0, 1], largest] > 0).all()
    # Mirrored codes have the same axes.
    mirrored = pca(-codes, np.arange(200))
    assert np.allclose(mirrored.components, shown.components, atol=1e-4)


def test_lifting_from_a_pca_map_is_the_nearest_code_that_is_shown_there(rng):
    codes = make_codes(rng)
    shown = pca(codes, np.arange(200))
    peer = PCA(2).fit(codes.astype(np.float64))
    expected = peer.inverse_transform(peer.transform(codes.astype(np.float64)))
    assert np.allclose(shown.lift(shown.coordinates), expected, atol=1e-3)


@pytest.mark.parametrize("shape", [(9, 1), (1, 9)])
def test_pca_of_too_little_is_refused(shape):
    with pytest.raises(ValueError, match="PCA needs two codes of two dimensions"):
        pca(np.zeros(shape, np.float32), np.arange(shape[0]))


def test_pca_of_equal_codes_is_one_place():
    shown = pca(np.ones((5, 3), np.float32), np.arange(5))
    assert np.array_equal(shown.coordinates, np.zeros((5, 2)))


@pytest.mark.parametrize("num_codes", [2, 5, 40])
@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("latent_dim", [2, 6, 20])
def test_pca_of_codes_on_a_line_or_of_one_code_has_two_axes_all_the_same(rng, num_codes, rank, latent_dim):
    codes = (0.3 + rng.normal(size=(num_codes, rank)) @ rng.normal(size=(rank, latent_dim))).astype(np.float32)
    shown = pca(codes, np.arange(num_codes))
    np.testing.assert_allclose(shown.components @ shown.components.T, np.eye(2), atol=1e-6)
    shares = [axis.split("(")[1] for axis in shown.axes]
    assert shares == (["100% of variance)", "0% of variance)"] if rank else ["no variance)"] * 2)
    np.testing.assert_allclose(shown.lift(shown.coordinates), codes, atol=1e-5)
    np.testing.assert_allclose(shown.place(shown.lift(np.array([[1.0, 2.0]]))), [[1, 2]], atol=1e-5)


# --- UMAP ---------------------------------------------------------------------------------------


def test_a_umap_map_keeps_neighbours_together(umap_map):
    # 0.5 is chance; the axes of PCA are beaten where there are more than two dimensions to show.
    kept = trustworthiness(umap_map.codes, umap_map.coordinates, n_neighbors=10)
    assert kept > 0.9
    flat = pca(umap_map.codes, umap_map.indices).coordinates
    assert kept > trustworthiness(umap_map.codes, flat, n_neighbors=10) - 0.02


def test_a_umap_map_is_the_same_for_the_same_codes(umap_map, jobs):
    # In the worker that made the first one: here it would compile once more.
    again = jobs._cluster.submit(umap, umap_map.codes, umap_map.indices, resource="map").result(timeout=SECONDS)
    assert np.array_equal(again.coordinates, umap_map.coordinates)


def test_a_new_code_beside_a_known_one_lands_beside_it(umap_map, rng):
    nudged = umap_map.codes + rng.normal(scale=1e-4, size=umap_map.codes.shape)
    away = np.linalg.norm(umap_map.place(nudged) - umap_map.coordinates, axis=1)
    assert np.median(away) < 0.01 * umap_map.coordinates.std()


def test_too_few_points_for_umap_are_refused():
    with pytest.raises(ValueError, match="UMAP needs at least 10 points, but there are 9: choose"):
        umap(np.zeros((9, 3), np.float32), np.arange(9))


def test_placing_among_neighbours_is_their_mean_weighted_by_distance(rng):
    codes = rng.normal(size=(600, 4)).astype(np.float32)
    places = rng.normal(size=(600, 2)).astype(np.float32)
    shown = Projection("umap", np.arange(600), codes, places, ("", ""))
    queries = rng.normal(size=(300, 4))
    expected = []
    for query in queries.astype(np.float32).astype(np.float64):
        distances = np.linalg.norm(codes - query, axis=1)
        nearest = np.argsort(distances)[:NUM_NEIGHBOURS]
        expected.append(np.average(places[nearest], axis=0, weights=distances[nearest] ** -2))
    assert np.allclose(shown.place(queries), expected, atol=1e-3)


# --- Which points -------------------------------------------------------------------------------


def test_points_are_chosen_evenly_and_always_the_same():
    assert np.array_equal(choose_points(50), np.arange(50))
    assert np.array_equal(choose_points(MAX_POINTS), np.arange(MAX_POINTS))
    chosen = choose_points(70_000)
    assert len(np.unique(chosen)) == MAX_POINTS == 10_000
    assert np.array_equal(chosen, np.sort(chosen))
    assert np.array_equal(chosen, choose_points(70_000))
    counts = np.histogram(chosen, 10, (0, 70_000))[0]
    assert counts.min() > 850


@pytest.mark.parametrize("kind", projections.PROJECTIONS)
def test_equal_codes_are_one_point_and_explain_no_variance(kind):
    codes = np.full((50, 2), 0.3, np.float32) + np.float32(1e-8) * np.arange(100, dtype=np.float32).reshape(50, 2)
    projection = projections.PROJECTIONS[kind](codes, np.arange(50))
    assert projection.is_point
    assert np.ptp(projection.coordinates, axis=0).max() < 1e-5
    assert not any("%" in axis for axis in projection.axes)
    assert projection.lift(projection.coordinates[:3]) == pytest.approx(codes[:3], abs=1e-4)


NO_HOME = """
import numba.core.caching as caching

def refuse(self):
    raise OSError("read only")

# As where the packages belong to root and there is no home.
for name in ("InTreeCacheLocator", "UserWideCacheLocator"):  # an older numba's begin with _
    (getattr(caching, name, None) or getattr(caching, "_" + name)).ensure_cache_path = refuse

from vaelab.latent.projections.kinds import _import_umap
_import_umap()
import os
print(os.environ["NUMBA_CACHE_DIR"])
"""


@pytest.mark.slow
def test_umap_is_imported_where_numba_may_keep_nothing():
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    answer = subprocess.run(
        [sys.executable, "-c", NO_HOME], env=environment, check=False, capture_output=True, text=True
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "vaelab-numba-" in answer.stdout
    assert not Path(answer.stdout.strip()).exists()
