"""What a dataset is: what it takes, what it says to anything else, and what tells it from others."""

from dataclasses import replace

import numpy as np
import pytest

from vaelab.config import Preprocessing
from vaelab.datasets import ImageDataset, load_dataset, preprocess
from vaelab.datasets.splits import Split, seeded_split

NUM = 20


@pytest.fixture
def pixels(rng):
    return rng.integers(0, 256, (NUM, 12, 12), dtype=np.uint8)


LAYOUTS = {
    "(N, H, W)": lambda x: x,
    "(N, H, W, 1)": lambda x: x[..., None],
    "(N, 1, H, W)": lambda x: x[:, None],
    "(N, H, W, 3)": lambda x: np.stack([x, x // 2, 255 - x], axis=-1),
    "(N, 3, H, W)": lambda x: np.stack([x, x // 2, 255 - x], axis=1),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.float16])
def test_images_of_each_layout_and_type_become_the_same_pixels(pixels, layout, dtype):
    given = layout(pixels)
    given = given if dtype == np.uint8 else (given / 255).astype(dtype)
    before = given.copy()
    data = ImageDataset.of(given)
    channels = 3 if "3" in [*map(str, given.shape[1:])] else 1
    assert data.image_shape == (channels, 12, 12)
    # float16 has fewer steps near white than there are levels.
    assert np.abs(data.images[:, 0].astype(int) - pixels).max() <= (1 if dtype == np.float16 else 0)
    assert not np.shares_memory(data.images, given)
    np.testing.assert_array_equal(given, before)


WRONG = {
    "0 to 255 as floats": (lambda x: x.astype(float), "divide by 255"),
    "-1 to 1": (lambda x: x / 127.5 - 1, "add 1 and halve"),
    "0 to 16": (lambda x: x / 255 * 16, "divide by 16"),
    "standardized": (lambda x: (x - 127.0) / 70, "scale them"),
    "int64": (lambda x: x.astype(np.int64), "int64 .* turn them into uint8"),
    "int64, below 0": (lambda x: x.astype(np.int64) - 128, "int64 .* scale them"),
    "bool": (lambda x: x > 100, "bool"),
    "NaN": (lambda x: np.where(x == x.max(), np.nan, x / 255), "not finite"),
    "infinite": (lambda x: np.where(x == x.max(), np.inf, x / 255), "not finite"),
    "complex": (lambda x: x.astype(complex), "complex"),
    "0 and 1 as uint8": (lambda x: x // 128, "multiply by 255"),
    "flat": (lambda x: x.reshape(NUM, -1), r"shape \(20, 144\)"),
    "four channels": (lambda x: np.repeat(x[:, None], 4, 1), r"shape \(20, 4, 12, 12\)"),
    "none at all": (lambda x: x[:0], "at least one image"),
    "too few": (lambda x: x[:9], "There are 9 images"),
    "not square": (lambda x: x[:, :, :10], "12 × 10"),
    "too small": (lambda x: x[:, :7, :7], "8 to 128"),
    "too large": (lambda x: np.tile(x, (1, 11, 11)), "8 to 128"),
    "no numbers": (lambda x: np.full(x.shape, "a"), "uint8"),
}


@pytest.mark.parametrize(("spoil", "words"), WRONG.values(), ids=WRONG)
def test_any_other_images_are_refused_in_a_sentence(pixels, spoil, words):
    with pytest.raises(ValueError, match=words) as caught:
        ImageDataset.of(spoil(pixels))
    assert str(caught.value).rstrip().endswith(".")
    assert "\n" not in str(caught.value)


WRONG_LABELS = {
    "too few": (np.zeros(NUM - 1, int), {}, "there are 20 images"),
    "negative": (np.arange(NUM) - 1, {}, "from -1 to 18"),
    "floats": (np.zeros(NUM), {}, "whole numbers"),
    "one-hot": (np.eye(NUM, dtype=int), {}, r"shape \(20, 20\)"),
    "not among the names": (["a", "b"] * 10, {"label_names": ["a"]}, "'b'"),
    "beyond the names": (np.arange(NUM) % 3, {"label_names": ["a", "b"]}, "from 0 to 2, and 2 have names"),
    "two of one name": (np.arange(NUM) % 2, {"label_names": ["a", "a"]}, "the same name"),
}


@pytest.mark.parametrize(("labels", "others", "words"), WRONG_LABELS.values(), ids=WRONG_LABELS)
def test_labels_that_do_not_fit_are_refused(pixels, labels, others, words):
    with pytest.raises(ValueError, match=words):
        ImageDataset.of(pixels, labels, **others)


def test_texts_are_labels(pixels):
    data = ImageDataset.of(pixels, ["oak", "ash"] * 10)
    assert data.label_names == ("ash", "oak")
    assert [data.label_names[label] for label in data.labels[:3]] == ["oak", "ash", "oak"]


PARTS = {
    "empty": (Split(np.arange(10), np.arange(10, 10), np.arange(10, 20)), "no validation images"),
    "without a test": (Split(np.arange(10), np.arange(10, 20), np.arange(0)), "no test images"),
    "overlapping": (Split(np.arange(11), np.arange(10, 15), np.arange(15, 20)), "image 10 2 times"),
    "twice in one part": (Split(np.array([0, 0]), np.array([1]), np.array([2])), "image 0 2 times"),
    "beyond": (Split(np.arange(10), np.arange(10, 15), np.arange(15, 21)), "image 20"),
    "below": (Split(np.arange(10), np.array([-1]), np.arange(15, 20)), "image -1"),
}


@pytest.mark.parametrize(("split", "words"), PARTS.values(), ids=PARTS)
def test_a_split_that_cannot_judge_is_refused(pixels, split, words):
    with pytest.raises(ValueError, match=words):
        ImageDataset.of(pixels, split=split)


def test_a_dataset_is_checked_however_it_is_made(digits):
    for change in (
        {"images": digits.images / 255},
        {"images": digits.images[:, 0]},
        {"labels": digits.labels[:5]},
        {"labels": digits.labels.astype(np.int32)},
        {"label_names": ("a",)},
        {"split": Split(digits.split.train, digits.split.train[:1], digits.split.test)},
        {"factor_names": ("slant",), "factors": np.zeros((3, 1), np.float32)},
        {"image_names": ("one",)},
    ):
        with pytest.raises(ValueError, match=r"\.$|takes others"):
            replace(digits, **change)


def test_a_key_tells_images_from_all_others(digits):
    same = load_dataset("digits")
    assert same is not digits
    assert same.key == digits.key
    one_pixel = digits.images.copy()
    one_pixel[0, 0, 0, 0] += 1
    others = [
        replace(digits, name="others"),
        replace(digits, images=one_pixel),
        replace(digits, labels=np.roll(digits.labels, 1)),
        replace(digits, label_names=tuple("abcdefghij")),
        replace(digits, image_names=tuple(map(str, range(len(digits))))),
        replace(digits, split=seeded_split(len(digits), 0.2)),
        preprocess(digits, Preprocessing(size=16)),
        preprocess(digits, Preprocessing(binarize=True)),
    ]
    assert len({digits.key, *(other.key for other in others)}) == 1 + len(others)
    # A model learns from pixels: another name for a class makes no other model.
    assert others[3].image_hash == digits.image_hash
    assert others[1].image_hash != digits.image_hash


@pytest.mark.parametrize("num_images", [3, 10, 30, 1797])
def test_a_split_has_something_of_everything(num_images):
    split = seeded_split(num_images)
    split.check(num_images)
    assert len(split.train) + len(split.validation) + len(split.test) == num_images


def test_a_group_never_stands_on_both_sides(rng):
    # A few large groups and many small ones, as of patients.
    groups = np.concatenate([np.repeat([f"many {i}" for i in range(5)], 40), rng.integers(0, 150, 300).astype(str)])
    split = seeded_split(len(groups), groups=groups)
    split.check(len(groups))
    parts = [set(groups[part]) for part in (split.train, split.validation, split.test)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    assert len(split.train) == pytest.approx(400, abs=10)
    assert len(split.test) == pytest.approx(50, abs=10)
    again = seeded_split(len(groups), groups=groups)
    assert all(np.array_equal(getattr(split, name), getattr(again, name)) for name in ("train", "validation", "test"))


def test_three_groups_are_enough_and_two_are_not():
    split = seeded_split(30, groups=np.array([0] * 28 + [1, 2]))
    assert len(split.train) == 28
    with pytest.raises(ValueError, match="2 groups"):
        seeded_split(30, groups=np.array([0] * 29 + [1]))


def test_classes_that_leave_a_part_empty_are_refused(pixels):
    labels = np.zeros(NUM, int)
    labels[0] = 1
    data = ImageDataset.of(pixels, labels)
    with pytest.raises(ValueError, match="at least one of each"):
        preprocess(data, Preprocessing(classes=("1",)))


def test_names_of_images_follow_them(pixels):
    names = [f"leaf {i}.png" for i in range(NUM)]
    parts = (np.arange(0, 10), np.arange(10, 15), np.arange(15, 20))
    data = ImageDataset.of(pixels, np.arange(NUM) % 2, image_names=names, split=Split(*parts))
    some = preprocess(data, Preprocessing(classes=("1",)))
    assert [name in names for name in some.image_names] == [True] * len(some)
    for image, name in zip(some.images, some.image_names, strict=True):
        np.testing.assert_array_equal(image, data.images[names.index(name)])


def test_a_dataset_of_no_images_is_refused_in_a_sentence(digits):
    none = np.arange(0)
    with pytest.raises(ValueError, match=r"^The split has no train images: .* each of these 0 images\.$"):
        replace(digits, images=digits.images[:0], labels=digits.labels[:0], split=Split(none, none, none))
