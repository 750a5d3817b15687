"""The code of the pages about uses of a model, run: it computes what the pages show."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pages._ui.resources import EXAMPLES
from tests.sharing.test_as_code import run_command, run_python
from vaelab import TrainConfig, load_dataset
from vaelab.commands import measuring, uses
from vaelab.evaluation.anomalies import Detector, oddness
from vaelab.evaluation.cases import AnomalySource, anomalous_pool, detect_anomalies, missing_classes, normal_pool, rank
from vaelab.evaluation.denoising import compare_denoisers
from vaelab.evaluation.detection import detect
from vaelab.evaluation.drawing import EACH, KINDS, draw_images, judge_kinds, quality_of
from vaelab.evaluation.generation import Prior, draw_labels, fit_posterior, generate, generate_each
from vaelab.evaluation.image_quality import median_filter
from vaelab.evaluation.judging import Judge
from vaelab.evaluation.repairing import held_out_images, judge_denoisers
from vaelab.evaluation.transfer import learn_change, shift_images
from vaelab.latent.interpolation import INTERPOLATIONS
from vaelab.networks.corruptions import corrupt_images
from vaelab.runs import Run
from vaelab.runs.results import make
from vaelab.sharing import as_code
from vaelab.sharing.as_code import code_of_way
from vaelab.sharing.as_code_of_uses import (
    code_of_anomalies,
    code_of_arithmetic,
    code_of_denoising,
    code_of_generation,
)
from vaelab.training.running import train


@pytest.fixture(scope="module")
def conditional_engine(tmp_path_factory, digits):
    config = TrainConfig(conditional=True, epochs=1, hidden=(16,), latent_dim=2)
    return train(config, digits, tmp_path_factory.mktemp("runs") / "conditional").engine


def of_command(code, folder):
    return json.loads(run_command(f"{code.command} --json", folder))


def test_new_images_and_their_quality(vae_run, tmp_path):
    data, engine = vae_run.images(), vae_run.engine
    code = code_of_generation(vae_run, {"source": "mixture", "number": 6, "label": None, "temperature": 0.7, "seed": 3})
    names = run_python(code.python)
    mixture = fit_posterior(engine, data)
    assert np.array_equal(names["samples"].images, generate(engine, mixture, 6, None, 0.7, 3).images)
    judge = Judge.of(data)
    expected = judge.judge(generate(engine, Prior(engine.latent_dim), judge.num_images, None, 0.7).images)
    assert list(names["qualities"]) == list(KINDS)
    assert names["qualities"]["prior"].precision == expected.precision
    assert names["qualities"]["prior"].kid == expected.kid
    printed = of_command(code, tmp_path)
    with Image.open(tmp_path / f"{vae_run.name}-new.png") as sheet:
        # Enlarged eight times, with a line of 2 pixels around each.
        first = np.asarray(sheet.convert("L"))[2:66, 2:66][::8, ::8]
    assert np.abs(first - 255 * names["samples"].images[0, 0]).max() <= 1
    assert printed["prior"]["recall"] == pytest.approx(expected.recall, abs=1e-6)
    assert printed["prior"]["nearest"] == pytest.approx(np.median(expected.nearest), abs=1e-6)
    real = judge.judge(data.images[judge.held_out])
    assert printed["real"]["frechet"] == pytest.approx(real.frechet, rel=1e-5)


def test_images_of_a_label_and_of_each(vae_run, digits):
    engine = vae_run.engine
    only = draw_images(engine, digits, "mixture", 4, label=7)
    assert np.array_equal(only.images, generate(engine, fit_posterior(engine, digits, 7), 4).images)
    with pytest.raises(ValueError, match="Only a conditional model"):
        draw_images(engine, digits, label=EACH)


def test_a_conditional_model_draws_by_label(conditional_engine, digits):
    prior = Prior(conditional_engine.latent_dim)
    each = np.unique(digits.labels[digits.split.train])
    drawn = draw_images(conditional_engine, digits, number=2, label=EACH, seed=1)
    assert np.array_equal(drawn.images, generate_each(conditional_engine, prior, each, 2, 1.0, 1).images)
    drawn = draw_images(conditional_engine, digits, number=3, label=4)
    assert drawn.labels.tolist() == [4, 4, 4]
    drawn = draw_images(conditional_engine, digits, number=5, seed=2)
    assert np.array_equal(drawn.labels, draw_labels(digits, 5, 2))
    judge = Judge.of(digits)
    labels = draw_labels(digits, judge.num_images)
    expected = judge.judge(generate(conditional_engine, prior, judge.num_images, labels).images)
    assert quality_of("prior", conditional_engine, digits, judge).kid == expected.kid


def test_repaired_images(vae_run, ae_run, tmp_path):
    data = vae_run.images()
    code = code_of_denoising([vae_run, ae_run], "masking", 0.4, 50, 2)
    chosen = np.random.default_rng(2).permutation(data.indices("test"))[:50]
    noisy = corrupt_images(data.images[chosen], "masking", 0.4, 2)
    expected = compare_denoisers(
        data.images[chosen],
        {"noisy": noisy, "median": median_filter(noisy)}
        | {run.name: run.engine.reconstruct(noisy) for run in (vae_run, ae_run)},
    )
    assert np.array_equal(held_out_images(data, 2)[:50], chosen)
    assert run_python(code.python)["qualities"] == expected
    printed = of_command(code, tmp_path)
    assert list(printed) == list(expected)
    for name, quality in expected.items():
        assert printed[name]["psnr"] == pytest.approx(quality.psnr, abs=1e-4)
        assert printed[name]["ssim"] == pytest.approx(quality.ssim, abs=1e-5)


def test_told_anomalies(vae_run, tmp_path):
    data, source = vae_run.images(), AnomalySource("corrupted", "masking", 0.3)
    code = code_of_anomalies(vae_run, source, "reconstruction")
    detector, normal = Detector(vae_run.engine, data), data.images[data.indices("test")]
    expected = detect(
        *(detector.score("reconstruction", part) for part in (normal, corrupt_images(normal, "masking", 0.3)))
    )
    found = run_python(code.python)["found"]
    assert found.auc == expected.auc
    assert np.array_equal(found.roc_recall, expected.roc_recall)
    printed = of_command(code, tmp_path)
    assert printed["auc"] == pytest.approx(expected.auc, abs=1e-6)
    assert printed["average_precision"] == pytest.approx(expected.average_precision, abs=1e-6)


def test_the_oddest_of_its_own(vae_run, tmp_path):
    data = vae_run.images()
    code = code_of_anomalies(vae_run, AnomalySource("within"), "either")
    names = run_python(code.python)
    detector = Detector(vae_run.engine, data)
    odd = oddness(*(detector.score(score, data.images) for score in ("reconstruction", "latent")))
    assert np.array_equal(names["scores"], np.sort(odd)[::-1])
    assert np.array_equal(odd[names["indices"]], names["scores"])
    printed = of_command(code, tmp_path)
    assert printed["images"] == names["indices"][:24].tolist()
    assert printed["scores"] == pytest.approx(names["scores"][:24])
    indices, scores = rank(detector, data, "latent")
    assert (np.diff(scores) <= 0).all()
    assert sorted(indices) == list(range(len(data)))


def test_what_plays_the_anomalies(vae_run, digits):
    others = anomalous_pool(vae_run, digits, AnomalySource("other", "shapes"))
    assert others.images.shape[1:] == digits.images.shape[1:]
    assert others.data.label_names != digits.label_names
    assert len(normal_pool(digits).indices) == len(digits.indices("test"))
    few = normal_pool(digits, ("3",))
    assert (digits.labels[few.indices] == 3).all()
    assert missing_classes(vae_run) == ()
    with pytest.raises(ValueError, match="was trained on all classes"):
        anomalous_pool(vae_run, digits, AnomalySource("left_out"))
    with pytest.raises(ValueError, match="No anomalies are called odd"):
        detect_anomalies(vae_run, digits, AnomalySource("odd"))


@pytest.mark.parametrize("by", ["label", "images"])
def test_a_step_from_one_group_to_another(vae_run, tmp_path, by):
    data = vae_run.images()
    a, b = (np.flatnonzero(data.labels == label) for label in (3, 8))
    code = code_of_arithmetic(vae_run, ["3", "8"] if by == "label" else [a.tolist(), b.tolist()])
    coded = make(vae_run, data, "pca")
    change = learn_change(coded.codes, coded.indices, a, b, data.split.train)
    expected = shift_images(vae_run.engine, data, change)
    names = run_python(code.python)
    assert np.array_equal(names["change"].direction, change.direction)
    assert np.array_equal(names["shift"].encoded, expected.encoded)
    printed = of_command(code, tmp_path)
    assert printed["encoded"] == pytest.approx(expected.encoded, abs=1e-6)
    assert printed["num_images"] == expected.num_images


def test_no_class_of_that_name(digits):
    assert (digits.labels[digits.of_class("7")] == 7).all()
    with pytest.raises(ValueError, match="There is no class “ten” among these images; there are: 0, 1, 2"):
        digits.of_class("ten")


def test_all_kinds_are_judged_and_named(vae_run, digits):
    assert list(judge_kinds(vae_run.engine, digits)) == list(KINDS)
    assert list(judge_denoisers({"m": vae_run.engine}, digits, number=20)) == ["noisy", "median", "m"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (lambda run: uses.denoising((), "gaussian"), "Name a run's folder."),
        (lambda run: uses.denoising((run,), number=0), "Nothing can be judged by 0 images: take one at least."),
        (lambda run: uses.denoising((run, run)), "Two of these runs have one name"),
        (lambda run: uses.anomalies(run, "other"), "Name the other dataset: --what shapes."),
        (lambda run: uses.anomalies(run, "within", "masking"), "leave out --what."),
        (lambda run: uses.anomalies(run, "within", strength=0.5), "leave out --strength."),
        (lambda run: uses.anomalies(run, what="rust"), "There is no damage rust: choose one of gaussian, "),
        (lambda run: uses.anomalies(run, score="either"), "The score either is for --kind within"),
        (lambda run: uses.anomalies(run, "left_out"), "was trained on all classes"),
        (uses.arithmetic, "Say which images are group a: --a CLASS, or --a-images"),
        (lambda run: uses.arithmetic(run, "3", "8", a_images=(1,)), "Say which images are group a"),
        (
            lambda run: uses.arithmetic(run, "3", b_images=(1, 99_999)),
            "There is no image 99999: their numbers go from 0",
        ),
        (lambda run: uses.arithmetic(run, "3", "ten"), "There is no class “ten”"),
        (lambda run: uses.generation(run, label="seven"), "seven is no label: give its number from 0, or each."),
        (lambda run: uses.generation(run, number=0), "0 images show nothing"),
        (lambda run: measuring.evaluate(run, "train", "code_map"), "leave out --split."),
    ],
)
def test_what_cannot_be_meant_gets_a_sentence(vae_run, command, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        command(vae_run.path)


def test_for_people_it_is_a_table(vae_run, capsys):
    uses.anomalies(vae_run.path, score="reconstruction")
    uses.denoising((vae_run.path,), number=20)
    lines = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert 0 <= float(lines["auc"]) <= 1
    assert float(lines["noisy.psnr"]) > 5


def test_left_out_classes_and_a_conditional_model(tmp_path):
    run = Run.open(EXAMPLES / "mnist-without-4-16d")
    code = code_of_anomalies(run, AnomalySource("left_out"), "latent")
    found = run_python(code.python)["found"]
    data = run.images()
    detector = Detector(run.engine, data)
    left_out = load_dataset("mnist_5k", run.config.preprocessing.model_copy(update={"classes": None}))
    fours = np.intersect1d(left_out.of_class("4"), left_out.indices("test"))
    fours = fours if len(fours) >= 100 else left_out.of_class("4")
    expected = detect(
        detector.score("latent", data.images[data.indices("test")]), detector.score("latent", left_out.images[fours])
    )
    assert found.auc == pytest.approx(expected.auc, abs=1e-12)

    told = Run.open(EXAMPLES / "digits-labels-2d")
    ends = [[-0.5, 0.25], [1.0, 1.5]]
    code = code_of_way(told, ends, "linear", 3, label=7)
    images = told.engine.decode(INTERPOLATIONS["linear"](*np.array(ends), np.linspace(0, 1, 3)), 7)
    assert np.allclose(run_python(code.python)["images"], images, atol=1e-6)
    run_command(code.command, tmp_path)
    with Image.open(tmp_path / f"{told.name}-way.gif") as film:
        assert np.abs(np.asarray(film.convert("L"), dtype=float)[16::32, 16::32] - 255 * images[0, 0]).max() <= 3


def test_a_shell_of_windows_gets_quotes_that_it_knows(monkeypatch):
    monkeypatch.setattr(as_code, "os", SimpleNamespace(name="nt"))
    said = as_code.command_of("export", r"C:\My runs\a", "--through=0,1;1,1")
    assert said == r'python -m vaelab export "C:\My runs\a" --through=0,1;1,1'


def test_groups_too_large_for_a_shell_have_no_command(vae_run):
    code = code_of_arithmetic(vae_run, [range(600), range(600, 1200)])
    assert code.command == ""
    assert "599" in code.python
