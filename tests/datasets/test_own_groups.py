"""Groups of images under a name: kept, found, renamed, deleted; and what can be made of one."""

from dataclasses import replace

import numpy as np
import pytest

from vaelab.config import Preprocessing
from vaelab.datasets import DatasetUnavailable, ImageDataset, load_dataset, preprocess, save_own
from vaelab.datasets.own import changing, delete_own, load_own, relabel_own, relabelled
from vaelab.datasets.own.groups import drop_group, groups_of, keep_group, rename_group
from vaelab.datasets.subset import group_to_train_on

HASH = "abc123"


@pytest.fixture
def images():
    """Thirty images of three classes, each told from the others by its first pixel."""
    pixels = np.zeros((30, 8, 8), np.uint8)
    pixels[:, 0, 0] = np.arange(30)
    names = [f"{number}.png" for number in range(30)]
    return ImageDataset.of(pixels, ["a", "b", "c"] * 10, name="leaves", image_names=names)


def test_a_group_is_kept_under_its_name_for_these_images_alone(tmp_path):
    assert groups_of(HASH, folder=tmp_path) == {}
    assert keep_group(HASH, "  round   <zeros> ", [7, 3, 3], folder=tmp_path) == "round ‹zeros›"
    keep_group(HASH, "Anton's", np.array([1]), folder=tmp_path)
    found = groups_of(HASH, folder=tmp_path)
    assert list(found) == ["Anton's", "round ‹zeros›"]
    np.testing.assert_array_equal(found["round ‹zeros›"], [3, 7])
    assert groups_of("other", folder=tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "images", "problem"),
    [
        (" ", [1], "1 to 60 characters"),
        ("x" * 61, [1], "has 61"),
        ("zeros", [], "at least one image"),
        ("zeros", [-1], "at least one image"),
        ("SIXES", [1], "already a group"),
    ],
)
def test_what_cannot_be_a_group_is_refused(tmp_path, name, images, problem):
    keep_group(HASH, "sixes", [6], folder=tmp_path)
    with pytest.raises(ValueError, match=problem):
        keep_group(HASH, name, images, folder=tmp_path)
    assert list(groups_of(HASH, folder=tmp_path)) == ["sixes"]


def test_a_group_is_renamed_and_deleted(tmp_path):
    keep_group(HASH, "sixes", [6, 16], folder=tmp_path)
    keep_group(HASH, "zeros", [0], folder=tmp_path)
    with pytest.raises(ValueError, match="already a group called “zeros”"):
        rename_group(HASH, "sixes", "zeros", tmp_path)
    assert rename_group(HASH, "sixes", "SIXES", tmp_path) == "SIXES"
    assert rename_group(HASH, "SIXES", "loops", tmp_path) == "loops"
    np.testing.assert_array_equal(groups_of(HASH, folder=tmp_path)["loops"], [6, 16])
    drop_group(HASH, "zeros", tmp_path)
    drop_group(HASH, "zeros", tmp_path)  # is gone, as was asked
    assert list(groups_of(HASH, folder=tmp_path)) == ["loops"]
    with pytest.raises(ValueError, match="no group called “zeros”"):
        rename_group(HASH, "zeros", "ones", tmp_path)


def test_a_damaged_group_is_none_and_stands_in_nobodys_way(tmp_path):
    keep_group(HASH, "sixes", [6], folder=tmp_path)
    (file,) = (tmp_path / "groups" / HASH).iterdir()
    file.write_text('{"name": "sixes", "images": [-4]}')
    assert groups_of(HASH, folder=tmp_path) == {}
    keep_group(HASH, "Sixes", [5, 500], folder=tmp_path)
    assert list(groups_of(HASH, folder=tmp_path)) == ["Sixes"]
    np.testing.assert_array_equal(groups_of(HASH, 10, folder=tmp_path)["Sixes"], [5])
    assert groups_of(HASH, 5, folder=tmp_path) == {}


def test_groups_outlive_relabelling_and_are_there_again_when_their_images_are(images, tmp_path):
    save_own(images, "leaves", folder=tmp_path)
    data = load_own("leaves", tmp_path)
    keep_group(data.image_hash, "some", [1, 2], folder=tmp_path)
    relabel_own("leaves", [1, 2], "d", tmp_path)
    again = load_own("leaves", tmp_path)
    assert [again.label_names[again.labels[i]] for i in (0, 1, 2, 3)] == ["a", "d", "d", "a"]
    assert list(groups_of(again.image_hash, folder=tmp_path)) == ["some"]
    delete_own("leaves", tmp_path)
    save_own(images, "leaves again", folder=tmp_path)
    back = load_own("leaves again", tmp_path)
    assert list(groups_of(back.image_hash, folder=tmp_path)) == ["some"]


def test_labels_are_not_written_to_images_that_were_replaced_meanwhile(images, tmp_path, monkeypatch):
    save_own(images, "leaves", folder=tmp_path)
    others = replace(images, images=255 - images.images)

    def load_slowly(name, folder):
        data = load_own(name, folder)
        save_own(others, "leaves", replace=True, folder=folder)
        return data

    monkeypatch.setattr(changing, "load_own", load_slowly)
    with pytest.raises(DatasetUnavailable, match="replaced meanwhile"):
        relabel_own("leaves", [1], "d", tmp_path)
    now = load_own("leaves", tmp_path)
    np.testing.assert_array_equal(now.images, others.images)
    assert now.label_names == images.label_names


def test_relabelling_changes_no_pixel_and_not_the_dataset_it_was_given(images):
    other = relabelled(images, [0, 3], "b")
    assert (images.labels[[0, 3]] == 0).all()
    assert [other.label_names[other.labels[i]] for i in (0, 3, 6)] == ["b", "b", "a"]
    assert other.image_hash == images.image_hash
    assert relabelled(images, np.arange(0, 30, 3), "b").label_names == ("b", "c")  # nothing is left of a
    with pytest.raises(ValueError, match="from 0 to 29"):
        relabelled(images, [30], "b")


def test_a_group_to_train_on_keeps_what_no_model_saw_unseen():
    data = load_dataset("digits")
    chosen = np.flatnonzero(data.labels == 6)
    group = group_to_train_on(data, chosen, "sixes")
    np.testing.assert_array_equal(group.images, data.images[chosen])
    assert group.label_names == ("6",)
    for part in ("train", "validation", "test"):
        kept = np.isin(data.indices(part), chosen)
        np.testing.assert_array_equal(chosen[group.indices(part)], data.indices(part)[kept])
    assert group.steps[-1] == "Kept the 181 images of the group “sixes”, of 1,797."
    assert group.preprocessing == Preprocessing()


def test_a_small_group_is_split_anew_and_one_too_small_refused(images):
    chosen = np.sort(images.split.train)[:10]  # none of them for validation or test
    group = group_to_train_on(images, chosen, "few")
    assert sum(len(group.indices(part)) for part in ("train", "validation", "test")) == 10
    assert group.image_names == tuple(images.image_names[i] for i in chosen)
    assert len(group.indices("train")) >= 5
    with pytest.raises(ValueError, match="at least 10"):
        group_to_train_on(images, chosen[:9])


def test_a_group_that_is_mostly_held_out_is_split_anew():
    data = load_dataset("digits")
    chosen = np.concatenate([data.split.test[:40], data.split.validation[:5], data.split.train[:3]])
    group = group_to_train_on(data, chosen)
    assert len(group.indices("train")) > 24
    assert group.steps[-1] == "Kept the 48 images that were chosen on a map, of 1,797."


def test_a_group_of_images_that_were_preprocessed_is_kept_as_it_is(tmp_path):
    data = preprocess(load_dataset("digits"), Preprocessing(classes=("3", "8"), size=16))
    group = group_to_train_on(data, np.arange(40), "some")
    save_own(group, "some", folder=tmp_path)
    loaded = load_own("some", tmp_path)
    np.testing.assert_array_equal(loaded.images, data.images[:40])
    assert loaded.steps == group.steps
