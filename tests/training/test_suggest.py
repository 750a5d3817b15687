"""Settings that suit: for images of every kind, by a clock that runs as fast as a test wants it to."""

import itertools

import numpy as np
import pytest
import torch

import vaelab
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import ImageDataset, load_dataset, preprocess
from vaelab.training import trial
from vaelab.training.reports import EpochRecord
from vaelab.training.suggest import MOST_EPOCHS, network_for, suggest, suggest_config
from vaelab.training.trainer import Trainer

NAMES = {"Network", "Size", "Pixels", "Code", "Augmentation", "Length", "Threads"}


@pytest.fixture(autouse=True)
def one_core(monkeypatch):
    """Two threads only where a test is about them."""
    monkeypatch.setattr(trial.os, "cpu_count", lambda: 1)


def clock(tick=0.3):
    """So many seconds for a step, whatever it took."""
    counter = itertools.count()
    return lambda: tick * next(counter)


def blobs(count=40, side=16, channels=1, seed=0):
    """Soft round spots, which have no side."""
    rng = np.random.default_rng(seed)
    across = np.linspace(-1, 1, side)
    x, y = rng.uniform(-0.6, 0.6, (2, count, 1, 1, 1))
    spots = np.exp(-4 * ((across - x) ** 2 + (across[:, None] - y) ** 2))
    return spots * rng.uniform(0.3, 0.9, (count, channels, 1, 1))


def dataset(*args, labels=None, **kwargs):
    return ImageDataset.of(blobs(*args, **kwargs), labels, name="blobs")


CASES = {
    "ten": dataset(10),
    "thirty in colour": dataset(30, 32, 3),
    "gray 8 x 8": dataset(100, 8),
    "gray 9 x 9": dataset(40, 9),
    "colour 128 x 128": dataset(12, 128, 3),
    "50 x 50": dataset(20, 50),
    "28 x 28": dataset(60, 28),
    "one class": dataset(40, labels=np.zeros(40, int)),
    "two hundred classes": dataset(400, 8, labels=np.arange(400) % 200),
    "60,000": dataset(60_000, 8),
    "all alike": ImageDataset.of(np.full((40, 16, 16), 0.5), name="alike"),
    "black": ImageDataset.of(np.zeros((40, 3, 28, 28)), name="black"),
}
cases = pytest.mark.parametrize("data", CASES.values(), ids=CASES)


@cases
def test_what_is_suggested_trains(data):
    config = suggest(data, clock=clock()).config
    assert config.dataset == data.name
    some = preprocess(data, config.preprocessing).images[:40]
    trainer = Trainer(config.model_copy(update={"epochs": 2, "seconds": None}), some, some[:5])
    records = [record for record in trainer.records() if isinstance(record, EpochRecord)]
    assert len(records) == 2
    assert np.isfinite(records[-1].validation.total)


@cases
def test_each_choice_has_its_reason_in_a_sentence(data):
    reasons = suggest(data, clock=clock()).reasons
    assert set(reasons) == NAMES
    for reason in reasons.values():
        assert reason[0].isupper() or reason[0].isdigit()
        assert reason.endswith(".")
        assert ". " not in reason


@cases
def test_the_same_images_and_clock_give_the_same(data):
    assert suggest(data, clock=clock()) == suggest(data, clock=clock())


def test_only_size_length_and_threads_depend_on_the_machine():
    data = CASES["colour 128 x 128"]
    quick, slow = (suggest(data, clock=clock(tick)).config.model_dump() for tick in (0.3, 3.0))
    differing = {name for name in quick if quick[name] != slow[name]}
    of_size = {"preprocessing", "channels", "sigma", "augment_shift"}
    assert differing <= of_size | {"seconds", "epochs", "threads"}


def test_from_the_package(monkeypatch):
    monkeypatch.setattr(trial, "TRIAL", 0.01)
    config = vaelab.suggest_config(dataset(40), seconds=3, latent_dim=5)
    assert isinstance(config, TrainConfig)
    assert config.latent_dim == 5


# --- The trial ----------------------------------------------------------------------------------


def test_a_slow_machine_gets_smaller_images():
    data = CASES["colour 128 x 128"]
    assert suggest(data, clock=clock(0.3)).config.preprocessing.size is None
    config = suggest(data, clock=clock(3)).config
    assert config.preprocessing.size == 32
    assert "32 × 32" in suggest(data, clock=clock(3)).reasons["Size"]


def test_more_time_lets_images_be_as_they_are():
    data = CASES["colour 128 x 128"]
    assert suggest(data, 60, clock=clock(2)).config.preprocessing.size is not None
    assert suggest(data, 6000, clock=clock(2)).config.preprocessing.size is None


def test_few_images_are_gone_through_often_enough_and_many_for_as_long_as_there_is():
    few, many = (suggest(CASES[name], seconds=45, clock=clock(0.02)).config for name in ("ten", "60,000"))
    assert (few.seconds, few.epochs) == (None, MOST_EPOCHS)
    assert many.seconds == 45


def test_two_threads_where_they_are_worth_it(monkeypatch):
    speeds = {1: 100.0, 2: 150.0}
    monkeypatch.setattr(trial, "_images_per_second", lambda config, images, clock: speeds[config.threads])
    monkeypatch.setattr(trial.os, "cpu_count", lambda: 8)
    assert suggest_config(dataset()).threads == 2
    speeds[2] = 105.0
    assert suggest_config(dataset()).threads == 1
    monkeypatch.setattr(trial.os, "cpu_count", lambda: 1)
    suggestion = suggest(dataset())
    assert suggestion.config.threads == 1
    assert suggestion.reasons["Threads"] == "One: this machine has no more."


def test_the_trial_leaves_everything_as_it_was():
    data, before = dataset(), torch.get_num_threads()
    images, state = data.images.copy(), torch.get_rng_state()
    suggest(data, clock=clock())
    assert torch.get_num_threads() == before
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(data.images, images)


# --- The images ---------------------------------------------------------------------------------


def test_pixels_that_are_black_or_white_are_bernoulli():
    spots = blobs(40)
    assert suggest(ImageDataset.of(np.round(spots + 0.2), name="round"), clock=clock()).config.likelihood == "bernoulli"
    assert suggest(ImageDataset.of(spots, name="soft"), clock=clock()).config.likelihood != "bernoulli"


@pytest.mark.parametrize("latent_dim", [1, 2, 37, 128])
def test_a_length_of_the_code_that_was_asked_for(latent_dim):
    assert suggest(dataset(), latent_dim=latent_dim, clock=clock()).config.latent_dim == latent_dim


def test_few_images_have_short_codes(rng):
    noise = rng.random((400, 8, 8))  # which no short code can hold
    lengths = [suggest_config_quickly(noise[:count]).latent_dim for count in (10, 40, 100, 400)]
    assert lengths == [2, 4, 8, 16]


def test_what_varies_in_one_way_has_a_short_code():
    shades = np.linspace(0.2, 0.8, 400)[:, None, None] * np.ones((8, 8))
    assert suggest_config_quickly(shades).latent_dim == 2


def suggest_config_quickly(images):
    return suggest(ImageDataset.of(images, name="quick"), clock=clock()).config


def test_images_without_a_side_may_be_mirrored_where_there_are_few():
    config = suggest(dataset(200), clock=clock()).config
    assert config.augment_flip
    assert config.augment_shift >= 1
    many = suggest(CASES["60,000"], clock=clock()).config
    assert (many.augment_flip, many.augment_shift) == (False, 0)


def test_digits_are_never_mirrored(digits):
    suggestion = suggest(digits, clock=clock())
    assert not suggestion.config.augment_flip
    assert "mirror" in suggestion.reasons["Augmentation"]
    for count in (30, 100, 500):
        few = preprocess(load_dataset("digits"), Preprocessing(num_images=count))
        assert not suggest(few, clock=clock()).config.augment_flip


def test_drawings_in_black_and_white_are_never_mirrored():
    assert not suggest_config_quickly(np.round(blobs(200)[:, 0] + 0.2)).augment_flip


def test_mnist_is_as_it_is(shared_mnist):
    config = suggest(load_dataset("mnist", folder=shared_mnist), clock=clock()).config
    assert config.preprocessing == Preprocessing()
    assert config.likelihood == "bernoulli"
    assert (config.augment_flip, config.augment_shift) == (False, 0)


def test_what_was_done_to_images_stays_done():
    wanted = Preprocessing(size=64, color="gray")
    data = preprocess(CASES["thirty in colour"], wanted)
    assert suggest(data, clock=clock(100)).config.preprocessing == wanted


# --- Networks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", range(8, 129))
def test_there_is_a_network_for_images_of_every_size(channels, side):
    config = TrainConfig(**network_for((channels, side, side))[0])
    config.check_image_shape((channels, side, side))


# --- Refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"seconds": 0}, "seconds"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"latent_dim": 0}, "latent_dim"),
        ({"latent_dim": 129}, "latent_dim"),
    ],
)
def test_what_is_out_of_range_is_refused_in_a_sentence(wrong, named):
    with pytest.raises(ValueError, match=rf"^{named} was [^\n]*\.$"):
        suggest(dataset(), **wrong)
