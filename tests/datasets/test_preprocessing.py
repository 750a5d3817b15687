"""Preprocessing does what it says, and says what it does."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vaelab.config import Preprocessing
from vaelab.datasets.base import ImageDataset
from vaelab.datasets.preprocessing import preprocess
from vaelab.datasets.splits import seeded_split

NUM_IMAGES = 400
NAMES = ("a", "b", "c", "d")
PARTS = ("train", "validation", "test")


def make(num_images=NUM_IMAGES, channels=1, size=8, labelled=True):
    """Make a dataset whose factor is each image's index."""
    rng = np.random.default_rng(0)
    return ImageDataset(
        name="made",
        images=rng.integers(0, 256, (num_images, channels, size, size), dtype=np.uint8),
        labels=rng.integers(0, 4, num_images) if labelled else None,
        label_names=NAMES if labelled else (),
        split=seeded_split(num_images),
        source="test",
        licence="none",
        description="Noise.",
        factors=np.arange(num_images, dtype=np.float32)[:, None],
        factor_names=("index",),
    )


DATA = make()


@settings(max_examples=60, deadline=None)
@given(
    num_images=st.none() | st.integers(30, 500),
    classes=st.none() | st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple),
)
def test_what_is_kept_stays_what_and_where_it_was(num_images, classes):
    done = preprocess(DATA, Preprocessing(num_images=num_images, classes=classes))
    kept = done.factors[:, 0].astype(int)
    assert (np.diff(kept) > 0).all()
    assert np.array_equal(done.images, DATA.images[kept])
    # Labels are renumbered, names are not.
    names = [DATA.label_names[label] for label in DATA.labels[kept]]
    assert [done.label_names[label] for label in done.labels] == names
    assert done.label_names == tuple(n for n in NAMES if classes is None or n in classes)
    # Test stays test, and every image is in one split.
    parts = [done.indices(part) for part in PARTS]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(done)))
    for part, indices in zip(PARTS, parts, strict=True):
        assert len(indices) > 0
        assert np.isin(kept[indices], DATA.indices(part)).all()
    available = np.isin(DATA.labels, [NAMES.index(n) for n in classes or NAMES]).sum()
    assert len(done) == min(num_images or available, available)


@given(num_images=st.integers(30, NUM_IMAGES))
def test_subsets_are_in_proportion(num_images):
    done = preprocess(DATA, Preprocessing(num_images=num_images))
    for part in PARTS:
        share = num_images * len(DATA.indices(part)) / NUM_IMAGES
        assert abs(len(done.indices(part)) - share) <= 1


def test_a_tiny_subset_leaves_no_split_empty():
    data = make()
    lopsided = replace(
        data,
        split=replace(data.split, train=np.arange(2, 400), validation=np.array([0]), test=np.array([1])),
    )
    done = preprocess(lopsided, Preprocessing(num_images=30))
    assert [len(done.indices(part)) for part in PARTS] == [28, 1, 1]


def test_subsets_are_the_same_every_time():
    first, second = (preprocess(DATA, Preprocessing(num_images=50)) for _ in range(2))
    assert np.array_equal(first.factors, second.factors)


def test_nothing_asked_for_is_nothing_done():
    for idle in (Preprocessing(), Preprocessing(size=8, color="gray", classes=NAMES)):
        done = preprocess(DATA, idle)
        assert np.array_equal(done.images, DATA.images)
        assert np.array_equal(done.labels, DATA.labels)
        assert done.steps == ()
        assert done.preprocessing == idle


def test_steps_are_told_in_order():
    asked = Preprocessing(classes=("d", "b"), num_images=60, color="rgb", size=16, binarize=True)
    done = preprocess(DATA, asked)
    available = np.isin(DATA.labels, [1, 3]).sum()
    assert done.steps == (
        f"Kept 2 of 4 classes: b, d ({available} of 400 images).",
        f"Drew 60 of {available} images, in proportion from training, validation and test.",
        "Repeated the grey channel as red, green and blue.",
        "Resized from 8 × 8 to 16 × 16 pixels.",
        "Rounded every pixel to black (below 128) or white.",
    )
    assert done.preprocessing == asked
    assert done.images.shape == (60, 3, 16, 16)
    assert done.label_names == ("b", "d")


def test_more_than_there_are_keeps_all_and_says_so():
    done = preprocess(DATA, Preprocessing(num_images=5000))
    assert len(done) == NUM_IMAGES
    assert done.steps == ("Kept all 400 images, fewer than the 5,000 asked for.",)
    assert preprocess(DATA, Preprocessing(num_images=NUM_IMAGES)).steps == ()


@pytest.mark.parametrize(
    ("classes", "message"),
    [(("a", "x"), r"no class called 'x': choose from a, b, c, d"), ((), "at least one class")],
)
def test_bad_classes_are_explained(classes, message):
    with pytest.raises(ValueError, match=message):
        preprocess(DATA, Preprocessing(classes=classes))


def test_classes_need_labels():
    with pytest.raises(ValueError, match="made has no labels"):
        preprocess(make(labelled=False), Preprocessing(classes=("a",)))
    assert preprocess(make(labelled=False), Preprocessing(num_images=30)).labels is None


def test_preprocessing_happens_once():
    done = preprocess(DATA, Preprocessing(size=16))
    assert preprocess(done, Preprocessing(size=16)) is done
    with pytest.raises(ValueError, match="already been preprocessed with other settings"):
        preprocess(done, Preprocessing(size=28))
    with pytest.raises(ValueError, match="already been preprocessed"):
        preprocess(done, Preprocessing())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("before", "after"), [(28, 32), (8, 28), (28, 16), (32, 8)])
def test_resizing_all_at_once_is_resizing_one_by_one(monkeypatch, channels, before, after):
    # Several chunks, the last of them short.
    monkeypatch.setattr("vaelab.datasets.preprocessing.CHUNK", 7)
    data = make(30, channels, before)
    done = preprocess(data, Preprocessing(size=after)).images
    assert done.shape == (30, channels, after, after)
    for image, resized in zip(data.images, done, strict=True):
        for plane, resized_plane in zip(image, resized, strict=True):
            reference = Image.fromarray(plane).resize((after, after), Image.Resampling.BICUBIC)
            assert np.array_equal(np.asarray(reference), resized_plane)


@given(level=st.integers(0, 255), size=st.sampled_from([8, 16, 28, 32, 64]))
@settings(deadline=None)
def test_resizing_keeps_a_flat_image_flat(level, size):
    data = replace(DATA, images=np.full((NUM_IMAGES, 1, 12, 12), level, np.uint8))
    assert (preprocess(data, Preprocessing(size=size)).images == level).all()


def test_gray_is_pillows_luma():
    data = make(50, channels=3)
    done = preprocess(data, Preprocessing(color="gray")).images
    for image, gray in zip(data.images, done, strict=True):
        reference = Image.fromarray(np.moveaxis(image, 0, -1).copy()).convert("L")
        assert np.array_equal(np.asarray(reference), gray[0])


def test_gray_to_colour_and_back_is_the_identity():
    colour = preprocess(DATA, Preprocessing(color="rgb"))
    assert (colour.images == DATA.images).all()
    again = preprocess(replace(colour, preprocessing=Preprocessing()), Preprocessing(color="gray"))
    assert np.array_equal(again.images, DATA.images)


def test_binarizing_rounds_at_the_middle():
    done = preprocess(DATA, Preprocessing(binarize=True)).images
    assert done.dtype == np.uint8
    assert np.array_equal(done == 255, DATA.images >= 128)
    assert set(np.unique(done)) == {0, 255}
