"""Groups of images under a name: kept, found, renamed, deleted; and what can be made of one."""

import numpy as np
import pytest

from vaelab.config import Preprocessing
from vaelab.datasets import ImageDataset, load_dataset, preprocess, save_own
from vaelab.datasets.own import delete_own, load_own, relabel_own, relabelled
from vaelab.datasets.own.groups import drop_group, drop_groups_of, groups_of, keep_group, rename_group
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
    assert groups_of(HASH, tmp_path) == {}
    assert keep_group(HASH, "  round   <zeros> ", [7, 3, 3], folder=tmp_path) == "round ‹zeros›"
    keep_group(HASH, "Anton's", np.array([1]), folder=tmp_path)
    found = groups_of(HASH, tmp_path)
    assert list(found) == ["Anton's", "round ‹zeros›"]
    np.testing.assert_array_equal(found["round ‹zeros›"], [3, 7])
    assert groups_of("other", tmp_path) == {}


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
    assert list(groups_of(HASH, tmp_path)) == ["sixes"]


def test_a_group_is_renamed_and_deleted(tmp_path):
    keep_group(HASH, "sixes", [6, 16], dataset="own/leaves", folder=tmp_path)
    keep_group(HASH, "zeros", [0], folder=tmp_path)
    with pytest.raises(ValueError, match="already a group called “zeros”"):
        rename_group(HASH, "sixes", "zeros", tmp_path)
    assert rename_group(HASH, "sixes", "SIXES", tmp_path) == "SIXES"
    assert rename_group(HASH, "SIXES", "loops", tmp_path) == "loops"
    np.testing.assert_array_equal(groups_of(HASH, tmp_path)["loops"], [6, 16])
    drop_group(HASH, "zeros", tmp_path)
    drop_group(HASH, "zeros", tmp_path)  # is gone, as was asked
    assert list(groups_of(HASH, tmp_path)) == ["loops"]
    with pytest.raises(ValueError, match="no group called “zeros”"):
        rename_group(HASH, "zeros", "ones", tmp_path)
    drop_groups_of("own/others", tmp_path)
    assert list(groups_of(HASH, tmp_path)) == ["loops"]
    drop_groups_of("own/leaves", tmp_path)
    assert groups_of(HASH, tmp_path) == {}


def test_a_damaged_group_is_none_and_stands_in_nobodys_way(tmp_path):
    keep_group(HASH, "sixes", [6], folder=tmp_path)
    (file,) = (tmp_path / "groups" / HASH).iterdir()
    file.write_text('{"name": "sixes", "dataset": "", "images": [-4]}')
    assert groups_of(HASH, tmp_path) == {}
    keep_group(HASH, "fives", [5], folder=tmp_path)
    assert list(groups_of(HASH, tmp_path)) == ["fives"]


def test_groups_of_images_of_ones_own_go_with_them_and_stay_when_they_are_relabelled(images, tmp_path):
    save_own(images, "leaves", folder=tmp_path)
    data = load_own("leaves", tmp_path)
    keep_group(data.image_hash, "some", [1, 2], dataset=data.name, folder=tmp_path)
    relabel_own("leaves", [1, 2], "d", tmp_path)
    again = load_own("leaves", tmp_path)
    assert [again.label_names[again.labels[i]] for i in (0, 1, 2, 3)] == ["a", "d", "d", "a"]
    assert list(groups_of(again.image_hash, tmp_path)) == ["some"]
    delete_own("leaves", tmp_path)
    assert groups_of(data.image_hash, tmp_path) == {}


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
    chosen = np.setdiff1d(images.split.train, [])[:10]  # none of them for validation or test
    group = group_to_train_on(images, chosen, "few")
    assert sum(len(group.indices(part)) for part in ("train", "validation", "test")) == 10
    assert group.image_names == tuple(images.image_names[i] for i in chosen)
    with pytest.raises(ValueError, match="at least 10"):
        group_to_train_on(images, chosen[:9], "few")


def test_a_group_of_images_that_were_preprocessed_is_kept_as_it_is(tmp_path):
    data = preprocess(load_dataset("digits"), Preprocessing(classes=("3", "8"), size=16))
    group = group_to_train_on(data, np.arange(40), "some")
    save_own(group, "some", folder=tmp_path)
    loaded = load_own("some", tmp_path)
    np.testing.assert_array_equal(loaded.images, data.images[:40])
    assert loaded.steps == group.steps
