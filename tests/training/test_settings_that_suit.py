"""Train with one's own images: it opens with settings that suit them, says why, and lets each be changed."""

from itertools import count
from types import SimpleNamespace

import pytest

from pages._train.suiting import PARTS
from pages._ui import resources
from tests.app_steps import by_key, one
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import SOURCES, save_own, source_of
from vaelab.training import suggest

SUITS = TrainConfig(
    dataset="own/mine",
    preprocessing=Preprocessing(size=16),
    latent_dim=5,
    likelihood="gaussian",
    sigma=0.7,
    seconds=60,
    batch_size=64,
    pca_path=True,
    augment_shift=2,
    augment_flip=True,
    threads=2,
)
REASONS = {"Code": "5 numbers, since four are few.", "Length": "A minute."}


@pytest.fixture
def suffix(digits, monkeypatch):
    """Own images, for which settings are known; returns the end of their controls' keys."""
    save_own(digits, "mine", title="My digits")
    resources.suggestion.clear()
    monkeypatch.setattr(suggest, "suggest", lambda data: SimpleNamespace(config=SUITS, reasons=REASONS))
    yield f":own/mine:{source_of('own/mine').version}"
    resources.suggestion.clear()


def test_it_opens_with_what_suits_and_says_why(launch, suffix):
    app = launch("train.py", dataset="own/mine")
    assert not app.error
    for setting in ("latent_dim", "likelihood", "sigma", "seconds", "batch_size", "pca_path", "augment_shift", "size"):
        expected = SUITS.preprocessing.size if setting == "size" else getattr(SUITS, setting)
        assert by_key(app, f"train-{setting}{suffix}").value == expected, setting
    words = "\n".join(each.value for each in app.markdown)
    for name, reason in REASONS.items():
        assert f"**{name}**: {reason}" in words
    # What suits is the default of these images, so it is not in the URL.
    assert {name: one(value) for name, value in app.query_params.items()} == {"dataset": "own/mine"}


def test_each_can_be_changed_and_taken_from_the_url(launch, suffix):
    app = launch("train.py", dataset="own/mine")
    by_key(app, f"train-seconds{suffix}").set_value(None).run()
    by_key(app, f"train-latent_dim{suffix}").set_value(2).run()
    query = {name: one(value) for name, value in app.query_params.items()}
    assert query == {"dataset": "own/mine", "seconds": "none", "latent_dim": "2"}
    again = launch("train.py", **query)
    assert by_key(again, f"train-seconds{suffix}").value is None
    assert by_key(again, f"train-latent_dim{suffix}").value == 2


def first(app):
    return app.markdown[1].value


def test_what_was_changed_is_marked_and_no_longer_said_to_suit(launch, suffix):
    app = launch("train.py", dataset="own/mine")
    assert "what is set suits the images" in first(app)
    by_key(app, f"train-latent_dim{suffix}").set_value(1).run()
    words = "\n".join(each.value for each in app.markdown)
    assert "suits the images" not in words
    assert "**Code**: you set 1 number. What would suit: 5 numbers, since four are few." in words
    assert "**Length**: A minute." in words
    by_key(app, f"train-seconds{suffix}").set_value(None).run()
    by_key(app, "train-epochs-own/mine" + suffix).set_value(1).run()
    assert "**Length**: you set 1 epoch. What would suit: A minute." in "\n".join(each.value for each in app.markdown)
    again = launch("train.py", dataset="own/mine", suit="false")
    assert "suits the images" not in first(again), "nobody looked at these images"


def test_what_is_proposed_for_a_built_in_set_suits_until_it_is_changed(launch):
    app = launch("train.py", dataset="digits")
    assert "what is set suits the images" in first(app)
    by_key(app, "train-latent_dim").set_value(3).run()
    assert first(app) == "**Press Start training**, and watch the model learn."


def test_each_reason_is_about_some_settings(digits):
    assert set(suggest.suggest(digits, seconds=1, clock=count(0, 0.01).__next__).reasons) == set(PARTS)


def test_it_can_be_switched_off_and_on(launch, suffix):
    app = launch("train.py", dataset="own/mine", suit="false")
    assert by_key(app, "train-latent_dim").value == 2
    assert not any("A minute." in each.value for each in app.markdown)
    built_in = launch("train.py", dataset="digits")
    assert not built_in.toggle(key="train-suit-built-in").value
    built_in.toggle(key="train-suit-built-in").set_value(True).run()
    assert by_key(built_in, "train-latent_dim:digits:").value == 5


def test_own_images_are_offered_first_and_called_by_their_title(launch, suffix):
    app = launch("train.py")
    first = next(iter(SOURCES.values()))
    assert app.selectbox(key="train-dataset").options[:2] == ["My digits", first.title]
    assert app.selectbox(key="train-dataset").value == first.name


def test_images_of_one_title_are_told_apart(launch, digits):
    save_own(digits, "first", title="Symbols")
    save_own(digits, "second", title="Symbols")
    app = launch("train.py", dataset="own/first", suit="false")
    assert app.selectbox(key="train-dataset").options[:2] == ["Symbols · own/second", "Symbols · own/first"]
    assert app.selectbox(key="train-dataset").value == "own/first"
    assert one(app.query_params["dataset"]) == "own/first"
