"""A direction is learned from training images only, and what it does is judged on the others."""

import numpy as np
import pytest

from vaelab.datasets import ImageDataset, Split
from vaelab.engine import Codes
from vaelab.evaluation.transfer import Shift, learn_change, shift_images
from vaelab.latent.arithmetic import direction, fit_classifier

NUM = 400


class Glass:
    """A model whose image is its code: four pixels, four dimensions."""

    def encode(self, images, labels=None):
        scale = 255 if images.dtype == np.uint8 else 1
        mu = images.reshape(len(images), 4).astype(np.float32) / scale
        return Codes(mu, np.zeros_like(mu))

    def decode(self, z, labels=None):
        return np.asarray(z, np.float32).reshape(-1, 1, 2, 2)


class Blind(Glass):
    """A model whose decoder draws the same for every code."""

    def decode(self, z, labels=None):
        return np.full((len(z), 1, 2, 2), 0.3, np.float32)


@pytest.fixture
def data(rng):
    """Two classes that differ in the first pixel; a fifth of the images are held out."""
    labels = np.arange(NUM) % 2
    pixels = rng.normal(100, 10, (NUM, 4))
    pixels[:, 0] += 60 * labels
    everything = np.arange(NUM)
    # The last is for validation, which no part of this looks at.
    split = Split(everything[:-1][everything[:-1] % 5 > 0], everything[-1:], everything[::5])
    return ImageDataset(
        "glass",
        pixels.astype(np.uint8).reshape(-1, 1, 2, 2),
        labels,
        ("a", "b"),
        split,
        "",
        "",
        "",
    )


def learn(data, a, b):
    codes = Glass().encode(data.images).mu
    return learn_change(codes, np.arange(NUM), a, b, data.split.train)


@pytest.fixture
def change(data):
    return learn(data, np.flatnonzero(data.labels == 0), np.flatnonzero(data.labels == 1))


def test_the_direction_is_of_training_images_alone(data, change):
    codes = Glass().encode(data.images).mu
    rows = data.split.train
    expected = direction(codes[rows[data.labels[rows] == 0]], codes[rows[data.labels[rows] == 1]])
    np.testing.assert_allclose(change.direction, expected)
    assert not set(change.held_out_a.indices) & set(rows)
    assert set(change.train_a.indices) | set(change.train_b.indices) == set(rows)
    for members in (change.train_a, change.held_out_b):
        np.testing.assert_array_equal(members.codes, codes[members.indices])


def test_held_out_codes_may_be_anything_without_changing_it(data, change):
    damaged = data.images.copy()
    damaged[data.split.test] = 0
    codes = Glass().encode(damaged).mu
    again = learn_change(
        codes,
        np.arange(NUM),
        np.flatnonzero(data.labels == 0),
        np.flatnonzero(data.labels == 1),
        data.split.train,
    )
    np.testing.assert_array_equal(again.direction, change.direction)


def test_images_without_a_code_do_not_count(data, change):
    known = np.arange(0, NUM, 2)  # only class a
    codes = Glass().encode(data.images[known]).mu
    with pytest.raises(ValueError, match="Group B has no training images"):
        learn_change(codes, known, np.arange(NUM), np.flatnonzero(data.labels == 1), data.split.train)


def test_images_in_both_groups_move_the_means_and_teach_nothing(data):
    a, b = np.arange(100), np.arange(50, 200)
    change = learn(data, a, b)
    codes, seen = Glass().encode(data.images).mu, np.isin(np.arange(NUM), data.split.train)
    expected = codes[50:200][seen[50:200]].mean(0) - codes[:100][seen[:100]].mean(0)
    np.testing.assert_allclose(change.direction, expected, atol=1e-6)
    assert change.train_a.indices.max() < 50
    assert change.held_out_b.indices.min() >= 100


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ([], range(9), "Group A has no training images"),
        (range(9), [0, 5], "Group B has no training images"),  # both are held out
        (range(9), range(9), "the same images"),
        (range(9), range(4), "All training images of group B"),
    ],
)
def test_groups_that_cannot_be_compared_are_refused_in_a_sentence(data, a, b, said):
    with pytest.raises(ValueError, match=rf"{said}.*\.$"):
        learn(data, np.array(a, np.int64), np.array(b, np.int64))


def test_where_the_image_is_the_code_the_classifier_sees_the_whole_change(data, change):
    shift = shift_images(Glass(), data, change)
    codes = np.concatenate([change.train_a.codes, change.train_b.codes])
    classifier = fit_classifier(codes, np.arange(len(codes)) >= len(change.train_a.codes))
    for strength, share in zip(shift.strengths, shift.encoded, strict=True):
        moved = change.held_out_a.codes + strength * change.direction
        assert share == pytest.approx(classifier.predict(moved).mean())
    assert shift.num_images == len(change.held_out_a.indices)
    assert shift.encoded[0] == pytest.approx(shift.mistaken)
    assert shift.encoded[-1] == shift.pixels[-1] == 1
    assert shift.accuracy > 0.95
    # All dimensions but the first are noise: most random ways lead nowhere.
    assert shift.control[-1] < 0.75
    assert shift.control[0] == shift.encoded[0]


def test_a_decoder_that_ignores_the_code_is_found_out(data, change):
    shift = shift_images(Blind(), data, change)
    assert (shift.encoded == shift.encoded[0]).all()
    assert (shift.pixels == shift.pixels[0]).all()


def test_groups_of_one_kind_are_not_told_apart(data):
    rows = np.flatnonzero(data.labels == 0)
    shift = shift_images(Glass(), data, learn(data, rows[::2], rows[1::2]))
    assert abs(shift.accuracy - 0.5) < 0.3


def test_accuracy_counts_both_groups_alike():
    none = np.zeros(1)
    assert Shift(none, none, none, none, 1, mistaken=0.2, right=0.6).accuracy == pytest.approx(0.7)
    assert Shift(none, none, none, none, 1, mistaken=0.2, right=None).accuracy is None


def test_a_group_of_training_images_alone_has_nothing_to_be_judged_by(data):
    rows = data.split.train
    change = learn(data, rows[data.labels[rows] == 0], np.flatnonzero(data.labels == 1))
    with pytest.raises(ValueError, match=r"No image of group A is held out .*\.$"):
        shift_images(Glass(), data, change)
    back = learn(data, np.flatnonzero(data.labels == 1), rows[data.labels[rows] == 0])
    assert shift_images(Glass(), data, back).right is None


def test_a_trained_model_turns_threes_into_eights(vae_run, digits):
    codes = vae_run.engine.encode(digits.images).mu
    a, b = (np.flatnonzero(digits.labels == label) for label in (3, 8))
    change = learn_change(codes, np.arange(len(digits)), a, b, digits.split.train)
    shift = shift_images(vae_run.engine, digits, change, np.array([0.0, 1.0, 1.5]))
    assert shift.accuracy > 0.8
    assert max(shift.encoded[0], shift.pixels[0]) < 0.3
    assert min(shift.encoded[2], shift.pixels[2]) > 0.8
    assert shift.control[2] < shift.encoded[2] - 0.3
