"""A person's own datasets: kept whole or not at all, changed in one step, damage told in a sentence."""

import multiprocessing
import os
import signal
import time
from dataclasses import replace

import numpy as np
import pytest

from vaelab.config import Preprocessing
from vaelab.datasets import DatasetUnavailable, ImageDataset, load_dataset, source_of, sources
from vaelab.datasets.own import (
    broken_own,
    delete_own,
    few_images,
    files,
    load_own,
    own_folder,
    own_sources,
    relabel_own,
    retitle_own,
    save_own,
)
from vaelab.datasets.own.files import INDEX


@pytest.fixture
def leaves(rng):
    names = [f"{kind}/{i}.png" for kind in ("ash", "oak") for i in range(20)]
    return ImageDataset.of(
        rng.integers(0, 256, (40, 16, 16, 3), dtype=np.uint8),
        ["ash"] * 20 + ["oak"] * 20,
        name="leaves",
        factors=rng.normal(size=(40, 2)),
        factor_names=("length", "width"),
        image_names=names,
        source="a walk",
        licence="mine",
        description="Leaves.",
        steps=("Cropped.",),
    )


def test_what_is_kept_comes_back(leaves, tmp_path):
    assert save_own(leaves, "leaves", title="Leaves of May", folder=tmp_path) == "own/leaves"
    data = load_dataset("own/leaves", folder=tmp_path)
    assert data.name == "own/leaves"
    assert data.content_hash == leaves.content_hash
    assert (data.source, data.licence, data.description, data.steps) == ("a walk", "mine", "Leaves.", ("Cropped.",))
    np.testing.assert_array_equal(data.factors, leaves.factors)
    assert data.image_names == leaves.image_names
    assert load_dataset("own/leaves", Preprocessing(size=8, color="gray"), tmp_path).image_shape == (1, 8, 8)


def test_sources_are_what_is_built_in_and_what_is_own(leaves, tmp_path):
    assert "own/leaves" not in sources(tmp_path)
    save_own(leaves, "leaves", title="Leaves of May", folder=tmp_path)
    source = sources(tmp_path)["own/leaves"]
    assert list(sources(tmp_path))[:3] == ["mnist_5k", "digits", "shapes"]
    assert (source.title, source.num_images, source.image_shape) == ("Leaves of May", 40, (3, 16, 16))
    assert (source.label_names, source.factor_names) == (("ash", "oak"), ("length", "width"))
    assert source.load(tmp_path, None).key == load_own("leaves", tmp_path).key


def test_without_labels_and_with_little_known(leaves, tmp_path):
    bare = replace(leaves, labels=None, label_names=(), factors=None, factor_names=(), image_names=())
    save_own(bare, "bare", folder=tmp_path)
    data = load_own("bare", tmp_path)
    assert data.labels is data.factors is None
    assert data.image_names == data.label_names == ()
    relabel_own("bare", [3], "odd", tmp_path)
    data = load_own("bare", tmp_path)
    assert data.label_names == ("no class", "odd")
    assert np.flatnonzero(data.labels).tolist() == [3]


def test_a_name_is_taken_once(leaves, tmp_path):
    save_own(leaves, "leaves", title="Mine", folder=tmp_path)
    with pytest.raises(ValueError, match="already a dataset"):
        save_own(leaves, "leaves", folder=tmp_path)
    fewer = ImageDataset.of(leaves.images[:15], name="leaves")
    save_own(fewer, "leaves", replace=True, folder=tmp_path)
    assert len(load_own("leaves", tmp_path)) == 15
    assert own_sources(tmp_path)["own/leaves"].title == "Mine"
    assert len(list((own_folder(tmp_path) / "leaves").iterdir())) == 2  # the index and its one file


def test_names_are_shown_as_text_and_nothing_else(leaves, tmp_path):
    names = ("![](http://far.away/x.png)", "<b>oak</b>", "(oak", "[oak")
    data = replace(leaves, labels=np.arange(40) % 4, label_names=names, image_names=("`x`",) * 40)
    save_own(data, "leaves", title="[click](http://far.away)", folder=tmp_path)
    relabel_own("leaves", [0], "<i>elm", tmp_path)
    kept = load_own("leaves", tmp_path)
    shown = "".join([*kept.label_names, source_of("own/leaves", tmp_path).title])
    assert not set("[]<>`\\") & set(shown)
    assert kept.image_names[0] == "`x`"  # a file is looked for by its own name
    assert kept.label_names[2:] == ("(oak", "(oak 3", "‹i›elm")


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc", ".hidden", "a\0b", "x" * 61, " a", "a\\b", "a.b"])
def test_a_name_that_is_no_folders_is_refused(leaves, tmp_path, name):
    with pytest.raises(ValueError, match="cannot be called"):
        save_own(leaves, name, folder=tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises((ValueError, DatasetUnavailable)):
        source_of(f"own/{name}", tmp_path)


def test_each_change_gives_another_version(leaves, tmp_path):
    save_own(leaves, "leaves", folder=tmp_path)
    versions = [source_of("own/leaves", tmp_path).version]
    relabel_own("own/leaves", [0, 21], "elm", tmp_path)
    versions.append(source_of("own/leaves", tmp_path).version)
    data = load_own("leaves", tmp_path)
    assert data.label_names == ("ash", "oak", "elm")
    assert data.labels[[0, 1, 21, 22]].tolist() == [2, 0, 2, 1]
    assert data.image_hash == leaves.image_hash
    # A class that is left empty goes.
    relabel_own("leaves", np.arange(20), "oak", tmp_path)
    versions.append(source_of("own/leaves", tmp_path).version)
    assert load_own("leaves", tmp_path).label_names == ("oak", "elm")
    assert len(set(versions)) == 3
    retitle_own("leaves", "  Leaves \n of June ", tmp_path)
    assert source_of("own/leaves", tmp_path).title == "Leaves of June"
    for wrong in ([], [40], [-1]):
        with pytest.raises(ValueError, match="from 0 to 39"):
            relabel_own("leaves", wrong, "ash", tmp_path)
    for title in ("", "x" * 81):
        with pytest.raises(ValueError, match="1 to 80"):
            retitle_own("leaves", title, tmp_path)


def test_few_images_are_a_fair_look(leaves, tmp_path):
    save_own(leaves, "leaves", folder=tmp_path)
    few = few_images("leaves", 5, tmp_path)
    np.testing.assert_array_equal(few, leaves.images[[0, 9, 19, 29, 39]])
    assert len(few_images("own/leaves", 100, tmp_path)) == 40


def test_what_is_deleted_is_gone(leaves, tmp_path):
    save_own(leaves, "leaves", folder=tmp_path)
    delete_own("leaves", tmp_path)
    assert own_sources(tmp_path) == {}
    assert not (own_folder(tmp_path) / "leaves").exists()
    for call in (load_own, delete_own, lambda name, folder: few_images(name, 3, folder)):
        with pytest.raises(DatasetUnavailable, match="deleted, or never kept"):
            call("leaves", tmp_path)


@pytest.mark.parametrize("file", ["index", "images", "labels"])
@pytest.mark.parametrize("how", ["torn", "empty", "gone", "nonsense"])
def test_damage_is_told_in_a_sentence(leaves, tmp_path, file, how):
    save_own(leaves, "leaves", folder=tmp_path)
    save_own(leaves, "whole", folder=tmp_path)
    path = own_folder(tmp_path) / "leaves"
    path = path / INDEX if file == "index" else next(path.glob(f"{file}-*"))
    content = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes({"torn": content[:-100], "empty": b"", "nonsense": b"{}" * 100}[how])
    with pytest.raises(DatasetUnavailable, match=r"\.$") as caught:
        load_own("leaves", tmp_path)
    assert "\n" not in str(caught.value)
    assert load_own("whole", tmp_path).content_hash == leaves.content_hash
    if file == "index":
        assert list(own_sources(tmp_path)) == ["own/whole"]
        assert list(broken_own(tmp_path)) == ([] if how == "gone" else ["own/leaves"])


def save_for_ever(folder, images):
    data = ImageDataset.of(images, np.arange(len(images)) % 3)
    for number in range(10**6):
        save_own(data, "killed", title=f"turn {number}", replace=True, folder=folder)
        relabel_own("killed", [number % len(images)], f"class {number % 7}", folder)


@pytest.mark.slow
def test_a_kill_at_any_instant_leaves_a_whole_dataset(tmp_path, rng):
    images = rng.integers(0, 256, (200, 32, 32), dtype=np.uint8)
    for turn in range(8):
        process = multiprocessing.get_context("fork").Process(target=save_for_ever, args=(tmp_path, images))
        process.start()
        time.sleep(0.05 + 0.037 * turn)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        found = own_sources(tmp_path)
        assert broken_own(tmp_path) == {}
        if found:
            data = load_own("killed", tmp_path)
            np.testing.assert_array_equal(data.images[:, 0], images)
    assert found
    # What kills left behind goes with a later change.
    old = time.time() - 2 * files.LEFTOVER_SECONDS
    for file in (own_folder(tmp_path) / "killed").iterdir():
        os.utime(file, (old, old))
    retitle_own("killed", "at last", tmp_path)
    assert len(list((own_folder(tmp_path) / "killed").iterdir())) == 3
