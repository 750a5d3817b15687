"""A run as a page that is one file: what is in it, how large it is, and what is refused."""

import gzip
import html
import json
import re
import tomllib
from base64 import b64decode, b64encode
from hashlib import sha256

import numpy as np
import pytest
from safetensors.numpy import load

from tests.conftest import ROOT
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import ImageDataset, load_dataset
from vaelab.export.modules import read
from vaelab.export.page import one_file_page
from vaelab.runs import Run
from vaelab.sharing import explorer, live
from vaelab.sharing.history import Known, history_of
from vaelab.training.running import train

EXAMPLES = ROOT / "assets" / "checkpoints"


def parts_of(page):
    """What is packed in a page, by name."""
    found = re.findall(r'<script type="text/plain" data-part="([^"]+)">([^<]*)</script>', page)
    return {name: gzip.decompress(b64decode(text)) for name, text in found}


def spec_of(file, kind):
    """What a safetensors file says of itself."""
    size = int.from_bytes(file[:8], "little")
    return json.loads(json.loads(file[8 : 8 + size])["__metadata__"][kind])


@pytest.fixture(scope="module")
def digits_page():
    return Run.open(EXAMPLES / "digits-2d").explorer()


def test_model_map_and_images_are_those_of_the_run(digits_page, digits):
    run = Run.open(EXAMPLES / "digits-2d")
    parts = parts_of(digits_page.page)
    assert {"chosen", "code", "plotly", "views", "past", "figure-0", "model-0", "map-0", "images-0"} == set(parts)
    alone = live.model_file(run)
    assert spec_of(parts["model-0"], "model") == spec_of(alone, "model")
    for name, array in load(alone).items():
        np.testing.assert_array_equal(load(parts["model-0"])[name], array)
    arrays = load(parts["map-0"])
    codes = run.engine.encode(digits.images)
    np.testing.assert_allclose(arrays["codes"], codes.mu, atol=1e-5)
    np.testing.assert_allclose(arrays["sigma"], codes.sigma, rtol=1e-3)
    np.testing.assert_array_equal(arrays["labels"], digits.labels)
    # Exactly, so that the page can look for an image's true posterior.
    assert spec_of(parts["images-0"], "thumbnails")["type"] == "image/png"
    (view,) = json.loads(parts["views"])
    assert len(view["errors"]) == 101


def test_one_who_reads_it_meets_no_other_address(digits_page):
    outside = re.sub(r'<script type="text/plain".*?</script>', "", digits_page.page, flags=re.DOTALL)
    assert not re.search(r"(?:src|href)=\"(?!data:)", outside)
    assert "@import" not in outside
    assert "url(" not in outside


def test_the_policy_knows_the_first_script_by_its_hash(digits_page):
    (script,) = re.findall(r"<script>(.*?)</script>", digits_page.page, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in digits_page.page


def test_digits_take_at_most_6_megabytes_and_their_epochs_what_these_take(digits_page, tmp_path):
    run = Run.open(EXAMPLES / "digits-2d")
    without = digits_page.save(tmp_path / "without.html").stat().st_size
    assert without <= 6e6
    past = history_of(run)
    epochs = len(past.codes_file(Known.of(run.images()))) + sum(len(past.decoder_file(epoch)) for epoch in past.epochs)
    assert run.to_html(tmp_path / "digits.html").stat().st_size - without <= 4 / 3 * epochs


@pytest.mark.slow
def test_mnist_with_10_000_points_takes_at_most_12_megabytes(shared_mnist, tmp_path, monkeypatch):
    monkeypatch.setenv("VAELAB_DATA", str(shared_mnist))
    config = TrainConfig(dataset="mnist", latent_dim=2, seconds=1)
    run = train(config, run_dir=tmp_path / "mnist")
    page = run.explorer()
    assert len(load(parts_of(page.page)["map-0"])["indices"]) == 10_000
    assert page.save(tmp_path / "mnist.html").stat().st_size <= 12e6


def test_fewer_points_and_another_map(vae_run):
    parts = parts_of(vae_run.explorer(kind="pca", points=100).page)
    assert len(load(parts["map-0"])["indices"]) == 100
    assert spec_of(parts["map-0"], "map")["projection"] == "pca"


def test_umap_is_taken_where_it_was_made(vae_run):
    def kind(run):
        return spec_of(parts_of(run.explorer(images=False).page)["map-0"], "map")["projection"]

    assert kind(Run.open(EXAMPLES / "digits-16d")) == "umap"
    assert kind(vae_run) == "pca"


def test_without_its_images_a_run_is_a_map_all_the_same(tmp_path, digits):
    given = ImageDataset.of(digits.images[:200, :, :, :], digits.labels[:200], name="given")
    run = train(TrainConfig(dataset="given", latent_dim=2, epochs=1, hidden=(8,)), given, tmp_path / "run")
    parts = parts_of(run.explorer().page)
    assert "images-0" not in parts
    assert spec_of(parts["map-0"], "map")["thumbnails"] is None
    assert json.loads(parts["views"])[0]["errors"] is None


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"kind": "plane"}, "no plane map of codes of 3 numbers: take umap or pca"),
        ({"points": 0}, "take one at least"),
        ({"kind": "umap", "points": 20_000}, "10,000 points at the most"),
    ],
)
def test_what_there_is_not_is_refused_in_a_sentence(vae_run, options, named):
    with pytest.raises(ValueError, match=named):
        vae_run.explorer(**options)


def test_models_of_other_images_do_not_stand_side_by_side(vae_run):
    with pytest.raises(ValueError, match="learned different images"):
        vae_run.explorer(Run.open(EXAMPLES / "mnist-2d"))
    with pytest.raises(ValueError, match="give one"):
        explorer()


def test_a_model_too_large_for_a_page_says_so(vae_run, monkeypatch):
    monkeypatch.setattr("vaelab.export.model.MAX_WEIGHTS", 100)
    with pytest.raises(ValueError, match="cannot be a file that decodes"):
        vae_run.explorer()
    assert "cannot be a file" in vae_run._repr_html_()


def test_two_runs_share_their_images(vae_run, ae_run):
    page = vae_run.explorer(ae_run)
    parts = parts_of(page.page)
    assert {"model-0", "model-1", "map-0", "map-1", "images-0"} <= set(parts)
    assert "images-1" not in parts
    assert page.title == "vae beside ae"


def test_what_people_wrote_is_shown_letter_by_letter(copy):
    evil = "</title><script>alert(1)</script>"
    copy.rename(evil)
    page = copy.explorer(images=False).page
    assert evil not in page
    assert html.escape(evil) in page
    shown = copy._repr_html_()
    assert shown.count("<iframe") == 1
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', shown)[1]).startswith("<!doctype html>")


def test_where_a_file_cannot_be_it_says_what_would_do(digits_page, tmp_path):
    for path in (tmp_path, tmp_path / "none" / "a.html"):
        with pytest.raises(ValueError, match=r"name a file in a folder that there is, such as explorer\.html"):
            digits_page.save(path)


def test_parts_have_names_that_no_markup_hides_in():
    with pytest.raises(ValueError, match="cannot be called"):
        one_file_page("a", "", {'"><script>': b""}, {})


def test_a_run_without_a_model_is_no_page(tmp_path):
    assert Run.create(TrainConfig(), tmp_path / "run")._repr_html_() is None


def test_themes_are_the_apps():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    style = read("explorer/theme.css")
    for ours, theirs in {
        "primary-color": "primaryColor",
        "background-color": "backgroundColor",
        "secondary-background-color": "secondaryBackgroundColor",
        "text-color": "textColor",
    }.items():
        wanted = f"--st-{ours}: light-dark({settings['light'][theirs]}, {settings['dark'][theirs]});"
        assert wanted in style


def test_the_command_says_where_the_file_is(vae, vae_run, tmp_path):
    file = tmp_path / "a.html"
    code, out, _ = vae("export", vae_run.path, "--html", file, "--points", 50, "--no-images", "--map", "pca", "--json")
    assert code == 0
    assert json.loads(out) == {str(file): file.stat().st_size}
    assert "images-0" not in parts_of(file.read_text())
    code, out, err = vae("export", vae_run.path, "--html", tmp_path / "b.html", "--compare", EXAMPLES / "mnist-2d")
    assert (code, out) == (2, "")
    assert err.startswith("MNIST and vae learned different images")


@pytest.mark.parametrize("num_images", [300])
def test_images_that_were_cut_in_number_and_size_are_those_of_the_model(tmp_path, num_images):
    """What leaves is what the model saw: preprocessing included."""
    wanted = Preprocessing(num_images=num_images, size=16)
    run = train(TrainConfig(preprocessing=wanted, epochs=1, hidden=(8,), latent_dim=2), run_dir=tmp_path / "run")
    spec = spec_of(parts_of(run.explorer().page)["images-0"], "thumbnails")
    assert (spec["width"], spec["height"]) == (16, 16)
    assert len(load_dataset("digits", wanted)) == num_images
