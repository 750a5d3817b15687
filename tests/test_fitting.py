"""Each page opens on a model that suits it, and says what would suit it better where another was chosen."""

import pytest

from pages._ui import fitting, resources
from pages._ui.train_address import query_of
from tests.app_steps import by_key, one
from vaelab.config import Preprocessing, TrainConfig
from vaelab.runs import Run
from vaelab.training.running import train

PAGES = {
    "anomalies": fitting.ANOMALIES,
    "arithmetic": fitting.ARITHMETIC,
    "compare": fitting.COMPARE,
    "denoising": fitting.DENOISING,
    "generation": fitting.GENERATION,
    "interpolate": fitting.INTERPOLATE,
    "reduction": fitting.REDUCTION,
}
FEW = Preprocessing(num_images=120)


@pytest.fixture
def small_run(digits):
    """One's own newest run: of two numbers, hardly trained, alone with its images."""
    return train(TrainConfig(epochs=1, hidden=(16,), preprocessing=FEW))


def shown(app):
    return by_key(app, "run").value


def offers(app):
    """The links to Train with settings of a better model: their parameters."""
    links = [element.proto for element in app.get("page_link")]
    return [dict(pair.split("=", 1) for pair in link.query_string.split("&")) for link in links if "train" in link.page]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_on_a_shipped_model_that_suits_it(launch, name):
    app = launch(f"{name}.py")
    run = resources.example(shown(app))
    assert not [rule for rule in PAGES[name].rules if rule.lack(run)]
    assert not offers(app)


@pytest.mark.parametrize("name", PAGES)
def test_ones_own_newest_model_is_not_what_a_page_opens_on_if_it_does_not_suit(launch, small_run, name):
    assert shown(launch(f"{name}.py")) != small_run.name
    # Asked for by name, it is shown, whatever it is.
    assert shown(launch(f"{name}.py", run=small_run.name)) == small_run.name


def test_one_that_suits_is(launch, digits, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "FEWEST_SEEN", 100)
    run = train(TrainConfig(epochs=3, hidden=(16,), latent_dim=6, preprocessing=FEW))
    for name in ("arithmetic", "generation", "interpolate"):
        assert shown(launch(f"{name}.py")) == run.name


def test_other_pages_go_on_with_the_model_looked_at_last(launch):
    app = launch("explore.py", run="digits-labels-2d")
    app.query_params.clear()  # as a click in the menu does
    app.switch_page("pages/generation.py").run()
    assert shown(app) not in {"digits-labels-2d", "digits-2d"}
    app.query_params.clear()
    app.switch_page("pages/explore.py").run()
    assert shown(app) == "digits-labels-2d"


def test_interpolate_goes_on_with_it_too(launch, small_run):
    app = launch("explore.py", run=small_run.name)
    app.query_params.clear()
    app.switch_page("pages/interpolate.py").run()
    assert shown(app) == small_run.name


def test_what_is_chosen_on_a_page_stays(launch):
    app = launch("denoising.py")
    by_key(app, "run").set_value("digits-2d").run()
    assert shown(app) == one(app.query_params["run"]) == "digits-2d"
    app.run()
    assert shown(app) == "digits-2d"


@pytest.mark.parametrize(
    ("name", "words", "changes"),
    [
        ("arithmetic", "has 2 latent dimensions", {"latent_dim": "16"}),
        ("generation", "has 2 latent dimensions", {"latent_dim": "16"}),
        ("denoising", "was trained on clean images", {"corruption": "gaussian", "model": "ae"}),
        ("compare", "is the only model of its images", {"model": "ae"}),
        ("interpolate", "was trained for 1 epoch;", {}),
        ("reduction", "was trained for 1 epoch;", {}),
    ],
)
def test_what_would_suit_better_is_said_and_offered(launch, small_run, name, words, changes):
    app = launch(f"{name}.py", run=small_run.name)
    assert [text.value for text in app.markdown if words in text.value]
    (query,) = offers(app)
    expected = query_of(small_run.config) | changes
    if name != "compare":  # how long, Train proposes
        del expected["epochs"], expected["seconds"]
    assert query == expected


def test_a_label_that_is_told_is_no_group_to_step_between(launch):
    app = launch("arithmetic.py", run="digits-labels-2d")
    (query,) = offers(app)
    assert query["conditional"] == "false"
    assert query["latent_dim"] == "16"


def test_images_that_are_gone_are_nothing_to_open_on(small_run):
    gone = Run(small_run.path, small_run.config.model_copy(update={"dataset": "own/gone"}))
    runs = {"gone": gone} | {run.name: run for run in resources.examples()}
    assert fitting.best_of(fitting.Use((), ()), runs, "gone") != "gone"
