"""The images of a run: found again by their content, and told in a sentence where they are gone or others."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

import vaelab
from tests.app_steps import move_z, one, without_live
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import DatasetUnavailable, ImageDataset, save_own
from vaelab.datasets.own import delete_own, relabel_own
from vaelab.runs import Run, RunError, results
from vaelab.training.reports import EpochRecord
from vaelab.training.running import resume, run_training, train
from vaelab.training.trainer import Trainer

SMALL = {"epochs": 2, "hidden": (16,), "batch_size": 32}


@pytest.fixture
def leaves(digits):
    """Images of one's own: the digits' negatives, in two classes."""
    kept = np.flatnonzero(digits.labels < 2)
    names = [f"leaf {index}" for index in kept]
    return ImageDataset.of(
        255 - digits.images[kept], ["ring" if label == 0 else "bar" for label in digits.labels[kept]], image_names=names
    )


@pytest.fixture
def kept(leaves):
    """A run on images that are kept as own/leaves."""
    save_own(leaves, "leaves")
    return train(TrainConfig(dataset="own/leaves", **SMALL))


def test_any_images_train_under_their_own_name(leaves):
    run = train(TrainConfig(**SMALL), leaves)
    assert run.config.dataset == run.data.name == "leaves"
    assert run.name.startswith("leaves-vae2d-")
    assert run.data.image_hash == leaves.image_hash
    assert run.evaluation()["num_images"] == len(leaves.split.test)
    with pytest.raises(ValueError, match="dataset='digits', but the images given are 'leaves'"):
        train(TrainConfig(dataset="digits", **SMALL), leaves)


def test_images_given_from_python_are_asked_for_again_or_found_once_they_are_kept(leaves):
    run = train(TrainConfig(**SMALL), leaves)
    with pytest.raises(DatasetUnavailable, match=r"given from Python .*save_own\(data, 'leaves'\)"):
        run.images()
    with pytest.raises(DatasetUnavailable, match="given from Python"):
        resume(run.path)
    save_own(leaves, "leaves")
    assert run.images().image_hash == leaves.image_hash
    assert vaelab.evaluate(run.engine, run.images()).elbo == run.evaluation()["elbo"]


def test_a_run_keeps_what_its_images_were(kept, leaves):
    assert kept.images().key.startswith("own/leaves:")
    assert kept.name.startswith("own-leaves-vae2d-")
    remembered = kept.remembered("They are gone.")
    np.testing.assert_array_equal(remembered.labels, leaves.labels)
    assert remembered.label_names == leaves.label_names
    assert len(remembered) == len(leaves)
    assert remembered.background == pytest.approx(leaves.background) == (1.0,)


def test_classes_may_change_and_pixels_may_not(kept, leaves):
    relabel_own("leaves", [0], "odd one")
    assert kept.images().label_names == ("bar", "ring", "odd one")
    save_own(replace(leaves, images=np.roll(leaves.images, 1, axis=3)), "leaves", replace=True)
    with pytest.raises(DatasetUnavailable, match=r"have changed since.*now holds others") as caught:
        kept.images()
    assert "\n" not in str(caught.value)


def test_a_conditional_run_needs_as_many_classes_as_it_learned(leaves):
    save_own(leaves, "leaves")
    run = train(TrainConfig(dataset="own/leaves", conditional=True, **SMALL))
    relabel_own("leaves", [0], "odd one")
    with pytest.raises(DatasetUnavailable, match="have changed since"):
        run.images()


def interrupted(data, folder):
    def interrupt(record):
        if isinstance(record, EpochRecord) and record.epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(TrainConfig(**SMALL | {"epochs": 3}), data, folder, interrupt)
    return Run.open(folder)


def test_a_run_is_never_resumed_on_other_images(leaves, digits, tmp_path):
    # Called as a dataset that there is, which was all that told images apart.
    run = interrupted(replace(leaves, name="digits"), tmp_path / "run")
    before = (run.path / "data.json").read_bytes()
    for attempt in (lambda: resume(run.path), lambda: resume(run.path, data=digits)):
        with pytest.raises(DatasetUnavailable, match="have changed since"):
            attempt()
        assert (run.path / "data.json").read_bytes() == before
        assert Run.open(run.path).engine.sample(1)[1].shape == (1, 1, 8, 8)
    done = resume(run.path, data=replace(leaves, name="digits"))
    assert done.status.state == "finished"
    assert done.epoch == 3


def test_a_run_opens_again_after_images_of_another_size_were_tried(digits, tmp_path):
    large = replace(digits, images=np.kron(digits.images, np.ones((2, 2), np.uint8)))
    run = interrupted(large, tmp_path / "run")
    with pytest.raises(DatasetUnavailable, match="have changed since"):
        resume(run.path)
    assert Run.open(run.path).engine.sample(1)[1].shape == (1, 1, 16, 16)


def test_a_run_of_old_has_no_hash_and_opens_as_before(vae_run, tmp_path, digits):
    shutil.copytree(vae_run.path, tmp_path / "old")
    path = tmp_path / "old" / "data.json"
    record = json.loads(path.read_bytes())
    del record["image_hash"], record["background"]
    path.write_text(json.dumps(record))
    (tmp_path / "old" / "labels.safetensors").unlink()
    run = Run.open(tmp_path / "old")
    assert run.images().key == digits.key
    assert run.remembered("").labels is None


BEFORE_ANYTHING = {
    "no such dataset": (TrainConfig(dataset="leafs", **SMALL), "no dataset called 'leafs'"),
    "an own one that is gone": (TrainConfig(dataset="own/leafs", **SMALL), "no images called own/leafs"),
    "a size that conv cannot take": (TrainConfig(architecture="conv", **SMALL), "conv architecture takes"),
    "labels that are not there": (TrainConfig(dataset="own/bare", conditional=True, **SMALL), "has none"),
}


@pytest.mark.parametrize(("config", "words"), BEFORE_ANYTHING.values(), ids=BEFORE_ANYTHING)
def test_what_cannot_be_trained_is_said_before_anything_is_written(config, words, tmp_path, leaves):
    save_own(replace(leaves, labels=None, label_names=()), "bare")
    with pytest.raises((ValueError, DatasetUnavailable), match=words):
        train(config, run_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_training_does_not_write_into_the_images(leaves):
    images = leaves.images.copy()
    images.flags.writeable = False
    frozen = replace(leaves, images=images)
    run = train(TrainConfig(**SMALL), frozen)
    floats = (images / 255).astype(np.float32)
    before = floats.copy()
    run.engine.restore(floats[:5], np.arange(64).reshape(8, 8) % 2 == 0, num_steps=2)
    run.engine.terms(floats)
    np.testing.assert_array_equal(images, leaves.images)
    np.testing.assert_array_equal(floats, before)


GIVEN = {
    "floats": (lambda x: x / 255, "float64"),
    "int64": (lambda x: x.astype(np.int64), "int64"),
    "flat": (lambda x: x.reshape(len(x), -1), r"\(\d+, 64\)"),
    "none": (lambda x: x[:0], "N at least 1"),
}


@pytest.mark.parametrize(("spoil", "words"), GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("which", ["training", "validation"])
def test_a_trainer_looks_at_what_it_is_given(digits, spoil, words, which):
    good, bad = digits.images[:50], spoil(digits.images[:50])
    images = (bad, good) if which == "training" else (good, bad)
    with pytest.raises(ValueError, match=f"The {which} images are .*{words}"):
        Trainer(TrainConfig(**SMALL), *images)


def test_a_trainer_looks_at_labels_and_shapes(digits):
    images, labels = digits.images[:50], digits.labels[:50]
    config = TrainConfig(conditional=True, **SMALL)
    for wrong in (labels[:40], labels + 1, labels - 1):
        with pytest.raises(ValueError, match="give each image one, from 0 to 9"):
            Trainer(config, images, images, labels, wrong, 10)
    with pytest.raises(ValueError, match="of one shape"):
        Trainer(TrainConfig(**SMALL), images, np.pad(images, ((0, 0), (0, 0), (4, 4), (4, 4))))


SHOWN = {
    "int64": lambda x: x.astype(np.int64),
    "0 to 255 as floats": lambda x: x.astype(float),
    "scikit-learn's 0 to 16": lambda x: x / 255 * 16,
    "another size": lambda x: np.zeros((1, 1, 28, 28), np.uint8),
    "another number of channels": lambda x: np.repeat(x, 3, axis=1),
    "as many pixels": lambda x: x.reshape(1, 1, 4, 16),
    "NaN": lambda x: np.full(x.shape, np.nan),
    "a list of whole numbers": lambda x: x.tolist(),
}


@pytest.mark.parametrize("spoil", SHOWN.values(), ids=SHOWN)
def test_a_model_says_what_is_wrong_with_what_it_is_shown(vae_run, digits, spoil):
    engine, images = vae_run.engine, spoil(digits.images[:1])
    for ask in (
        lambda: engine.encode(images),
        lambda: engine.reconstruct(images),
        lambda: engine.terms(images),
        lambda: next(engine.log_weights(images, 2)),
    ):
        with pytest.raises(ValueError, match=r"^(These|Some).*\.$"):
            ask()


def test_nothing_asked_for_is_nothing(vae_run):
    z, images = vae_run.engine.sample(0)
    assert z.shape == (0, 3)
    assert images.shape == (0, 1, 8, 8)
    assert vae_run.engine.decode(np.zeros((0, 3))).shape == (0, 1, 8, 8)


def test_figures_are_of_images_and_a_split_that_there_are(vae_run, digits):
    with pytest.raises(ValueError, match="These images have shape"):
        vaelab.evaluate(vae_run.engine, vaelab.load_dataset("shapes", Preprocessing(num_images=100)))
    with pytest.raises(ValueError, match="no split called 'val': choose one of train, validation, test"):
        vaelab.evaluate(vae_run.engine, digits, "val")


def test_a_map_of_what_was_kept_is_the_map_of_the_images(kept, leaves):
    projection = results.map_of_snapshot(kept, "plane")
    np.testing.assert_allclose(projection.codes, kept.engine.encode(leaves.images[projection.indices]).mu, atol=1e-5)


@pytest.mark.parametrize("live", [True, False])
def test_explore_works_without_the_images(launch, kept, live):
    delete_own("leaves")
    app = launch("explore.py", run=kept.name)
    if not live:
        without_live(app)
    assert [warning.value for warning in app.warning] == [
        "There are no images called own/leaves: they were deleted, or never kept here. "
        "Map, decoder and sliders work without them."
    ]
    assert not app.error
    chart = app.get("plotly_chart")[0].proto
    assert '"ring"' in chart.spec
    move_z(app, kept.name, 1.0)
    assert not app.error


@pytest.mark.parametrize(
    "script", ["interpolate.py", "compare.py", "reduction.py", "anomalies.py", "denoising.py", "generation.py"]
)
def test_other_pages_say_in_a_sentence_that_the_images_are_gone(launch, kept, script):
    delete_own("leaves")
    app = launch(script, run=kept.name)
    assert any("no images called own/leaves" in each.value for each in [*app.error, *app.warning])


def test_a_person_finds_theirs_by_name(launch, leaves):
    names = ["Ana"] * 3 + ["Bo"] * (len(leaves) - 4) + ["Hanna"]
    save_own(replace(leaves, image_names=tuple(names)), "leaves")
    run = train(TrainConfig(dataset="own/leaves", **SMALL))
    app = launch("explore.py", run=run.name, find="ana")
    assert "3 images match and are ringed; this is the 1st." in [each.value for each in app.markdown]
    assert "image" not in app.query_params  # it is the one with which the map starts
    app.button(key="next-found").click().run()
    assert one(app.query_params["image"]) == "1"
    app.text_input(key=f"find:{run.images().key}").set_value("hann").run()
    assert "One image matches and is ringed." in [each.value for each in app.markdown]
    assert one(app.query_params["image"]) == str(len(leaves) - 1)
    assert one(app.query_params["find"]) == "hann"
    app.text_input(key=f"find:{run.images().key}").set_value("nobody").run()
    assert [each.value for each in app.toast] == ["No image is called “nobody”."]


# --- What cannot be gone on with ------------------------------------------------------------------


@pytest.mark.parametrize("state", ["finished", "stopped", "interrupted"])
@pytest.mark.parametrize("harm", ["images", "checkpoint"])
def test_a_run_that_cannot_go_on_is_what_it_was(kept, state, harm):
    if state == "stopped":
        kept.write_status("stopped", "Stopped after epoch 1.")
    elif state == "interrupted":
        (kept.path / "status.json").unlink()
    before, status = kept.status, kept.path / "status.json"
    if harm == "images":
        delete_own("leaves")
    else:
        arrays, numbers = kept.checkpoint()
        kept.write_checkpoint(arrays | {"model.decoder.out.bias": np.zeros(3, np.float32)}, numbers)
    for _ in range(2):
        with pytest.raises((DatasetUnavailable, RunError)) as caught:
            resume(kept.path)
        now = Run.open(kept.path).status
        assert now.state == state
        assert now.model_copy(update={"refused": ""}) == before
        assert now.refused == str(caught.value)
    kept.write_status("queued", job="x")  # as the app's button does
    with pytest.raises((DatasetUnavailable, RunError)):
        list(run_training(kept))
    assert (kept.status.state, kept.status.message) == (state, before.message)
    assert "before" in status.read_text()


def test_a_run_that_can_go_on_again_forgets_why_it_could_not(kept, leaves):
    delete_own("leaves")
    with pytest.raises(DatasetUnavailable):
        resume(kept.path)
    save_own(leaves, "leaves")
    done = resume(kept.path).status
    assert (done.state, done.refused, done.before) == ("finished", "", None)


def test_where_the_images_are_gone_there_is_no_umap_to_wait_for(leaves, launch):
    run = train(TrainConfig(latent_dim=3, **SMALL), leaves)
    app = launch("explore.py", run=run.name)
    assert not app.exception
    said = [each.value for each in [*app.warning, *app.info, *app.error]]
    assert sum("given from Python" in each for each in said) == 1
    maps = next(each for each in app.button_group if each.label == "Map")
    assert "UMAP" not in maps.options
