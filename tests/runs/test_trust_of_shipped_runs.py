"""How often "Off the data" is said, by the numbers that the page has, of what a decoder was trained on."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from sklearn.neighbors import NearestNeighbors

from vaelab.export import browser_map
from vaelab.latent.units import active_units
from vaelab.runs import Run, results

RUNS = sorted(path.parent for path in (Path(__file__).parents[2] / "assets" / "checkpoints").glob("*/config.json"))

#: Of what the decoder was trained on 1% is off; by chance, and because radii are of a sample, it is not exactly that.
NOMINAL = (0.002, 0.025)


class Shipped:
    """A shipped run's map, and what the page says of codes by it."""

    def __init__(self, path, folder):
        run = Run.open(path)
        self.map = results.read(run, results.kinds_of_map(run.config.latent_dim)[-1])
        self.is_vae = run.config.model == "vae"
        assert (self.map.sigma is not None) == self.is_vae
        file = folder / "map.safetensors"
        file.write_bytes(browser_map(self.map, name="model", run_name="run", map_key="map"))
        with safe_open(file, "np") as opened:
            spec = json.loads(opened.metadata()["map"])
            self.codes = opened.get_tensor("codes").astype(np.float64)
        self.scale, self.radii = np.array(spec["scale"]), np.array(spec["radii"])

    def off(self, z, itself=0):
        """Whether each code is off the data; the map's own codes have ``itself`` as a neighbour, which counts not."""
        neighbours = NearestNeighbors(n_neighbors=8 + itself).fit(self.codes * self.scale)
        return neighbours.kneighbors(z * self.scale)[0][:, -1] > self.radii[99]


@pytest.fixture(params=RUNS, ids=lambda path: path.name)
def shipped(request, tmp_path):
    return Shipped(request.param, tmp_path)


def test_what_the_decoder_was_trained_on_is_off_as_often_as_is_nominal(shipped, rng):
    if not shipped.is_vae:
        assert NOMINAL[0] < shipped.off(shipped.codes, itself=1).mean() < NOMINAL[1]
        return
    rows = rng.integers(len(shipped.codes), size=4000)
    sigma = shipped.map.sigma.astype(np.float64)
    draws = shipped.map.codes[rows] + sigma[rows] * rng.normal(size=(4000, sigma.shape[1]))
    share = shipped.off(draws).mean()
    if shipped.scale.any():
        assert NOMINAL[0] < share < NOMINAL[1]
    else:  # all collapsed, and the decoder answers the same to every code
        assert share == 0


def test_a_number_that_collapsed_makes_no_code_off(shipped):
    dead = np.flatnonzero(~active_units(shipped.codes)) if shipped.is_vae else []
    known = shipped.codes[:500]
    before = shipped.off(known)
    for dim in dead:
        moved = known.copy()
        moved[:, dim] = 2.0
        np.testing.assert_array_equal(shipped.off(moved), before)


def test_far_away_is_off_for_every_model_that_uses_its_code(shipped):
    if shipped.scale.any():
        assert shipped.off(np.full((1, len(shipped.scale)), 100.0)).all()
