"""The Train page without a browser: what it proposes, starts and shows of a run."""

from dataclasses import replace

import numpy as np
import pytest

from pages._train import forces, forming
from pages._train.forming import frames_of, turned_like
from pages._ui import resources
from tests.app_steps import by_key
from vaelab.choices import OBJECTIVES
from vaelab.config import Preprocessing, TrainConfig
from vaelab.engine import Codes
from vaelab.runs import Run, Status, kept_epochs, runs_folder
from vaelab.sharing import losses
from vaelab.sharing.losses import curves_of
from vaelab.training.jobs import Jobs
from vaelab.training.running import train

FEW = Preprocessing(num_images=60)

#: Beta, warm-up and weight of the MMD.
SUITED_TO_MMD = tuple(OBJECTIVES["mmd"].suited[name] for name in ("beta", "kl_warmup", "mmd_weight"))


def start_button(app):
    return next(button for button in app.button if button.label == "Start training")


@pytest.fixture
def queued(monkeypatch):
    """Have runs queued and never trained; returns them in order."""
    runs = []

    def train_soon(jobs, run):
        runs.append(run)
        run.write_status("queued", "Waiting for its turn.", job=run.name)

    monkeypatch.setattr(Jobs, "train_soon", train_soon)
    return runs


def test_a_press_of_start_outlives_a_rerun_that_comes_between(launch, queued, monkeypatch):
    """The run that is watched ends between two looks at it, upon which its fragment reruns the page."""
    watched = Run.create(TrainConfig(dataset="digits"))
    watched.write_status("running")
    app = launch("train.py", dataset="digits", watch=watched.name)
    answers = iter([Status(state="running"), Status(state="finished")])
    true_status = Jobs.status
    monkeypatch.setattr(Jobs, "status", lambda jobs, run: next(answers, None) or true_status(jobs, run))
    watched.write_status("finished")
    app.text_input(key="train-title").set_value("Mine")
    start_button(app).click().run()
    assert not app.exception
    assert next(answers, None) is None, "the page was to be rerun amid the press"
    assert [run.title for run in queued] == ["Mine"]
    assert app.selectbox(key="watch").value == queued[0].name
    assert app.text_input(key="train-title").value == "", "the next run is not to have its name"
    app.run()
    assert len(queued) == 1


def test_the_queue_shows_places_and_coming_back_shows_what_is_trained(launch, queued):
    running, waiting = (Run.create(TrainConfig(dataset="digits")) for _ in range(2))
    running.rename("One *bold* name")
    waiting.rename("Then this")
    running.write_status("running", progress=0.5)
    waiting.write_status("queued", "Waiting for its turn.")
    app = launch("train.py", dataset="digits")
    assert app.selectbox(key="watch").value == running.name
    start_button(app).click().run()
    text = app.get("progress")[0].proto.text
    assert "Second in the queue, after “Then this”; “One " in text
    assert "paused" not in text
    running.write_status("paused", progress=0.5)
    assert "being trained, and paused" in app.run().get("progress")[0].proto.text
    assert r"\*bold\*" in text
    assert text.endswith("is being trained")


def test_how_far_and_how_fast_a_run_is_or_was(launch, run, monkeypatch):
    """The last speed written down is that of a moment: of a run that has ended, the mean is told."""
    mine = runs_folder() / "mine"
    mine.parent.mkdir(exist_ok=True)
    run = Run.open(run.path.rename(mine))
    last = run.epochs()[-1]
    mean = f"{11 * run.data.num_train / last['seconds']:,.0f} images/s"

    def text(state, **status):
        run.write_status(state, **status)
        return launch("train.py", dataset="digits", watch="mine").get("progress")[0].proto.text

    assert text("running", images_per_second=4.0, progress=0.5).startswith("Running · 11 of 11 epochs · 4 images/s · ")
    assert text("stopped").startswith(f"Stopped · 11 of 11 epochs · {mean} · ")
    assert text("finished").startswith(f"Finished · 11 of 11 epochs · {mean} · ")


def test_runs_of_one_name_are_told_apart(launch):
    runs = [Run.create(TrainConfig(dataset="digits")) for _ in range(2)]
    for run in runs:
        run.rename("The same")
    options = launch("train.py", dataset="digits").selectbox(key="watch").options
    assert len(options) == len(set(options)) == 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("256, many", "Widths of the hidden layers: “many” is not a whole number. Write them like this: 256, 128."),
        ("256,", "Widths of the hidden layers: a number is missing. Write them like this: 256, 128."),
        ("2 5", "Widths of the hidden layers: “2 5” is not a whole number. Write them like this: 256, 128."),
        ("9999", "Widths of the hidden layers: each must be from 1 to 4,096, but one is 9,999."),
        ("8,8,8,8,8,8,8", "Widths of the hidden layers: there may be 6 at most, but these are 7."),
    ],
)
def test_a_mistake_is_told_in_the_words_of_the_form_beside_the_field(launch, text, sentence):
    app = launch("train.py", dataset="digits")
    by_key(app, "train-widths-mlp").set_value(text).run()
    assert not app.exception
    beside, below = (error.value for error in app.error)
    assert beside == sentence
    assert below == f"Under **Network**. {sentence}"
    assert by_key(app, "train-widths-mlp").value == text, "nothing typed is lost"
    assert start_button(app).disabled


def test_a_download_is_told_with_its_size_and_gets_settings_that_suit(launch):
    app = launch("train.py", dataset="cifar10")
    assert not app.error
    assert any("(170 MB)" in caption.value for caption in app.caption)
    assert any("(170 MB)" in info.value for info in app.info)
    assert by_key(app, "train-architecture:cifar10").value == "conv"
    assert by_key(app, "train-latent_dim:cifar10").value == 16
    assert by_key(app, "train-likelihood:cifar10").value == "gaussian_learned"


# What is shown of a run -------------------------------------------------------------------------


@pytest.fixture
def run(digits, tmp_path, monkeypatch):
    from vaelab.training import keeping, trainer

    monkeypatch.setattr(trainer, "RECORD_EVERY", 0.0)
    monkeypatch.setattr(keeping, "STEP_RECORD_EVERY", 0.0)
    config = TrainConfig(dataset="digits", preprocessing=FEW, latent_dim=4, epochs=11, hidden=(16,), batch_size=16)
    return train(config, run_dir=tmp_path / "run")


def test_curves_run_within_an_epoch_before_the_first_has_ended(run):
    whole = (run.path / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run.path / "metrics.jsonl").write_text("".join(whole[:2]))  # two steps of three
    terms, trained, validation = curves_of(run)
    assert terms == ["Total loss", "Reconstruction", "KL divergence"]
    assert np.allclose(trained[0], [1 / 3, 2 / 3])
    assert validation.shape == (4, 0)
    records = run.records()
    assert trained[1].tolist() == pytest.approx([record["train"]["total"] for record in records])


def test_before_the_first_record_it_is_known_which_curves_there_will_be(run):
    (run.path / "metrics.jsonl").write_text("")
    terms, trained, validation = curves_of(run)
    assert len(terms) == 3
    assert trained.shape == validation.shape == (4, 0)


def test_curves_are_those_that_were_written_down(run):
    _, trained, validation = curves_of(run)
    assert validation[0].tolist() == list(range(1, 12))
    assert validation[3].tolist() == pytest.approx([record["validation"]["kl"] for record in run.epochs()])
    assert trained.shape == (4, 33)
    assert np.allclose(trained[1], trained[2] + trained[3], rtol=1e-4)


def test_training_s_curve_reaches_as_far_as_validation_s_where_few_steps_were_written_down(run):
    whole = (run.path / "metrics.jsonl").read_text().splitlines(keepends=True)
    steps = [line for line in whole if line.startswith('{"kind": "step"')]
    (run.path / "metrics.jsonl").write_text("".join([*steps[:2], *(line for line in whole if line not in steps)]))
    _, trained, validation = curves_of(run)
    assert trained[0].tolist() == validation[0].tolist() == list(range(1, 12))


def test_an_autoencoder_has_one_curve(ae_run):
    terms, _, validation = curves_of(ae_run)
    assert terms == ["Total loss"]
    assert validation.shape == (2, 10)


def test_long_trainings_have_as_many_points_as_can_be_told_apart(run, monkeypatch):
    monkeypatch.setattr(losses, "CURVE_POINTS", 5)
    _, trained, validation = curves_of(run)
    assert trained.shape == (4, 5)
    assert validation[0].tolist()[:: len(validation[0]) - 1] == [1, 11]


def test_each_frame_shows_the_model_of_its_epoch(run):
    data = resources.images_of(run)
    frames = frames_of(run, data, everything=True)
    assert frames.epochs == kept_epochs(11)
    assert frames.places.shape == (len(frames.epochs), 60, 2)
    last = frames_of(run, data, everything=False)
    assert last.epochs == [11]
    assert np.array_equal(last.pictures[0], frames.pictures[-1])
    # What the model draws now, to the rounding of weights that are kept in half precision.
    snapshot = run.last_snapshot()
    shown = forming.rows_shown(snapshot, data)
    assert np.isin(snapshot.indices[shown], data.split.validation).all()
    drawn = run.engine.reconstruct(data.images[snapshot.indices[shown]])[:, 0] * 255
    assert np.abs(frames.pictures[-1, ..., 0] - drawn).max() < 3
    assert np.abs(frames.pictures[0].astype(int) - frames.pictures[-1]).max() > 3


def test_a_map_keeps_its_place_when_pca_turns_or_mirrors_it(rng):
    places = rng.normal(size=(50, 2)).astype(np.float32) * [3, 1]
    angle = 2.0
    turn = np.array([[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]])
    assert np.allclose(turned_like(places @ turn, places), places, atol=1e-5)


def test_images_of_any_size_are_sent_small(rng):
    colour = rng.integers(0, 256, (3, 3, 128, 128), dtype=np.uint8)
    small = forming.small(colour, 64)
    assert small.shape == (3, 64, 64, 3)
    assert np.array_equal(small[1, 5, 7], colour[1, :, 10, 14])
    assert forming.small(np.full((1, 1, 8, 8), 0.5), 64).tolist() == np.full((1, 8, 8, 1), 128).tolist()


# --- What an objective wants --------------------------------------------------------------------


def settings_of(queued, app):
    start_button(app).click().run()
    assert not app.exception
    return queued[-1].config


def test_infovae_opens_with_what_was_measured_for_it_and_leaves_other_objectives_theirs(launch, queued):
    app = launch("train.py", dataset="digits")
    app.selectbox(key="train-objective").set_value("mmd").run()
    config = settings_of(queued, app)
    assert (config.objective, config.beta, config.kl_warmup, config.mmd_weight) == ("mmd", *SUITED_TO_MMD)
    assert "beta" not in app.query_params
    by_key(app, "train-beta:mmd").set_value(0.5).run()
    assert settings_of(queued, app).beta == 0.5
    app.selectbox(key="train-objective").set_value("elbo").run()
    config = settings_of(queued, app)
    assert (config.beta, config.kl_warmup) == (1.0, 0.0)


def test_a_beta_in_the_address_is_infovaes_too(launch, queued):
    config = settings_of(queued, launch("train.py", dataset="digits", objective="mmd", beta="0", kl_warmup="0"))
    assert (config.beta, config.kl_warmup) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("objective", "of_beta", "of_warmup"),
    [
        ("elbo", "Weight of the KL term", "over which β rises"),
        ("tc", "Weight of the total correlation", "the KL term and its total correlation rise"),
        ("mmd", "beside the MMD", "β and the weight of the MMD rise"),
        ("iwae", "a bound on log p(x) at 1 only", "the loss is no bound"),
        ("factor", "beside the total correlation", "β and γ rise"),
    ],
)
def test_beta_and_the_warm_up_say_what_they_do_to_what_is_minimized(launch, objective, of_beta, of_warmup):
    app = launch("train.py", dataset="digits", objective=objective)
    suffix = ":mmd" if objective == "mmd" else ""
    assert of_beta in by_key(app, f"train-beta{suffix}").help
    assert of_warmup in by_key(app, f"train-kl_warmup{suffix}").help


def test_an_objective_that_has_no_beta_leaves_its_control_grey(launch, queued):
    app = launch("train.py", dataset="digits", objective="capacity", free_bits="0.5")
    assert [by_key(app, f"train-{name}").disabled for name in ("beta", "kl_warmup:capacity", "free_bits")] == [
        True,
        False,
        True,
    ]
    assert "has its own schedule" in by_key(app, "train-kl_warmup:capacity").help
    by_key(app, "train-capacity:capacity").set_value(12.0).run()
    config = settings_of(queued, app)
    suited = OBJECTIVES["capacity"].suited
    assert (config.objective, config.capacity, config.gamma) == ("capacity", 12.0, suited["gamma"])
    assert config.free_bits == 0


def test_an_autoencoder_is_offered_what_it_can_minimize(launch, queued):
    app = launch("train.py", dataset="digits", model="ae", objective="tc")  # which is about distributions
    offered = by_key(app, "train-objective-ae")
    assert offered.options == ["Reconstruction", "WAE (MMD)"]
    assert offered.value == "elbo"
    offered.set_value("wae").run()
    config = settings_of(queued, app)
    assert (config.model, config.objective) == ("ae", "wae")
    assert config.mmd_weight == OBJECTIVES["wae"].suited["mmd_weight"]


# --- What pulls at the codes of the map ---------------------------------------------------------


def column(values, name):
    return values[..., forces.COLUMNS.index(name)]


def test_arrows_are_the_forces_of_the_model_as_it_was(run, tmp_path):
    data = resources.images_of(run)
    run = train(run.config.model_copy(update={"latent_dim": 2}), data, tmp_path / "flat")
    frames = frames_of(run, data, everything=True, with_forces=True)
    on_map = forming.rows_on_map(run.last_snapshot())
    rows = forces.arrow_rows(run.last_snapshot(), data, on_map)
    assert frames.forces.shape == (len(frames.epochs), len(rows), len(forces.COLUMNS))
    assert frames_of(run, data, everything=True).forces is None
    snapshot = run.last_snapshot()
    which = snapshot.indices[on_map[rows]]
    assert np.isin(which, data.split.train).all()
    assert len(rows) == min(forces.NUM_ARROWS, np.isin(snapshot.indices[on_map], data.split.train).sum())
    engine = run.engine
    expected = engine.forces(data.images[which], num_draws=forces.DRAWS)
    last = frames.forces[-1]
    for i, (side, pull) in enumerate(zip(("reconstruction", "regularizer"), expected, strict=True)):
        size = np.abs(pull.mu).max()
        np.testing.assert_allclose(last[:, 2 * i : 2 * i + 2], pull.mu, atol=0.03 * size)
        assert np.allclose(column(last, f"{side}_length"), np.linalg.norm(pull.mu, axis=1), atol=0.03 * size)
        assert np.allclose(column(last, f"{side}_sigma_y"), pull.sigma[:, 1], atol=0.03 * np.abs(pull.sigma).max())
    both = np.hypot(last[:, 0] + last[:, 2], last[:, 1] + last[:, 3])
    assert np.allclose(column(last, "sum_length"), both, atol=1e-4)
    assert np.allclose(column(last, "sigma_x"), engine.encode(data.images[which]).sigma[:, 0], rtol=0.01)


def test_on_a_map_by_pca_arrows_point_where_places_would_move(vae_run):
    data = resources.images_of(vae_run)
    snapshot = vae_run.last_snapshot()
    on_map = forming.rows_on_map(snapshot)
    places = frames_of(vae_run, data, everything=False).places[0]
    mu = snapshot.mu[on_map]
    along = forces._directions(mu, places)
    np.testing.assert_allclose((mu - mu.mean(0)) @ along, places - places.mean(0), atol=1e-4)
    seen = forces.on_map(snapshot, vae_run.engine.as_of(snapshot), data, on_map, places)
    rows = on_map[forces.arrow_rows(snapshot, data, on_map)]
    pull = vae_run.engine.as_of(snapshot).forces(
        data.images[snapshot.indices[rows]],
        codes=Codes(snapshot.mu[rows], snapshot.sigma[rows].astype(np.float32)),
        num_draws=forces.DRAWS,
    )
    np.testing.assert_allclose(seen[:, 2:4], pull.regularizer.mu @ along, atol=1e-4)
    assert np.allclose(column(seen, "regularizer_length"), np.linalg.norm(pull.regularizer.mu, axis=1), atol=1e-4)
    assert np.allclose(column(seen, "sigma_x"), snapshot.sigma[rows].mean(1), atol=1e-3)
    assert (column(seen, "regularizer_length") >= np.hypot(seen[:, 2], seen[:, 3]) - 1e-3).all(), "what is seen of it"


def test_a_run_from_before_what_forces_need_was_kept_has_none(run):
    snapshot = replace(run.last_snapshot(), sigma=None)
    data = resources.images_of(run)
    on_map = forming.rows_on_map(snapshot)
    seen = forces.on_map(snapshot, run.engine, data, on_map, snapshot.mu[on_map])
    assert np.isnan(seen).all()


def test_an_autoencoder_is_pulled_by_the_reconstruction_alone(ae_run):
    data = resources.images_of(ae_run)
    seen = frames_of(ae_run, data, everything=False, with_forces=True).forces[0]
    assert (column(seen, "reconstruction_length") > 0).all()
    assert not column(seen, "regularizer_length").any()
    assert not column(seen, "sigma_x").any()
    assert ae_run.config.minimized.regularizer == ""
