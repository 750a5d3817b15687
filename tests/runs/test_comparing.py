"""Nats that do not compare are not set beside each other, and why is said."""

from types import SimpleNamespace

import pytest

from pages._ui import resources
from pages._ui.figures_table import apart, differences_of, spread_of
from vaelab.choices import LIKELIHOODS
from vaelab.config import TrainConfig
from vaelab.runs import Run, results
from vaelab.runs.comparing import differs_by_seed, measure, why_not


def run(name):
    return Run.open(resources.EXAMPLES / name)


@pytest.mark.parametrize(
    ("one", "other", "term", "reason"),
    [
        ("digits-2d", "digits-2d-beta-4", "elbo", ""),
        ("digits-2d", "digits-2d-beta-4", "total", "weighs the terms"),
        ("digits-2d", "digits-16d", "elbo", "density of pixels, not of Bernoulli"),
        ("digits-16d", "digits-2d", "reconstruction", "Bernoulli pixels, not of density"),
        ("digits-2d", "digits-16d", "kl", ""),
        ("digits-2d", "digits-labels-2d", "elbo", "is told the label"),
        ("digits-labels-2d", "digits-2d", "elbo", "is not told the label"),
        ("digits-2d", "digits-labels-2d", "bound", ""),
        ("digits-2d", "digits-ae-2d", "reconstruction", ""),
        ("digits-2d", "digits-ae-2d", "elbo", "no bound on log p"),
        ("digits-2d", "digits-ae-2d", "kl", "no KL"),
        ("digits-2d", "digits-ae-2d", "total", "weighs the terms"),
        ("digits-2d", "mnist-2d", "reconstruction", "other images"),
        ("digits-16d", "digits-without-4-16d", "elbo", "other images"),
        ("shapes-10d", "shapes-tc-10d", "total", "weighs the terms"),
        ("shapes-10d", "shapes-tc-10d", "elbo", ""),
    ],
)
def test_what_compares_and_why_not(one, other, term, reason):
    said = why_not(run(one), run(other), term)
    assert (reason in said) if reason else not said


def test_densities_are_of_one_kind():
    kinds = {name: measure(TrainConfig(likelihood=name)) for name in LIKELIHOODS}
    assert kinds.pop("bernoulli") == "Bernoulli pixels"
    assert set(kinds.values()) == {"density of pixels"}


def test_the_same_training_from_another_seed_is_known():
    def made(changed=None, **changes):
        config = TrainConfig(epochs=3).model_copy(update=changes)
        return SimpleNamespace(
            config=config, data=SimpleNamespace(image_hash="one"), changes_made=lambda: changed or {}
        )

    one = made()
    assert differs_by_seed(one, made(seed=1))
    assert differs_by_seed(one, made(seed=2, threads=1))
    assert not differs_by_seed(one, made())
    assert not differs_by_seed(one, made(seed=1, beta=2.0))
    changed = {7: {"beta": 4.0}}
    assert not differs_by_seed(one, made(changed, seed=1))
    assert differs_by_seed(made(changed), made(changed, seed=1))


def test_totals_of_runs_whose_weights_changed_otherwise_do_not_compare(tmp_path):
    def made(name, changes):
        run = Run.create(TrainConfig(), tmp_path / name)
        run.plan(changes | {1000: {"beta": 9.0}})  # the last is beyond where it was stopped
        with (run.path / "metrics.jsonl").open("a") as file:
            file.write('{"kind": "epoch", "epoch": 1, "step": 100}\n')
        (run.path / "data.json").write_bytes((resources.EXAMPLES / "digits-2d" / "data.json").read_bytes())
        return run

    plain, faster = made("plain", {}), made("faster", {5: {"learning_rate": 0.01}})
    heavier, later = made("heavier", {5: {"beta": 4.0}}), made("later", {9: {"beta": 4.0}})
    assert "weighs the terms" in why_not(plain, heavier, "total")
    assert "weighs the terms" in why_not(heavier, later, "total")
    assert not why_not(plain, faster, "total")
    assert not why_not(heavier, made("same", {5: {"beta": 4.0}, 8: {"learning_rate": 0.1}}), "total")
    assert not why_not(plain, heavier, "elbo")


def test_a_spread_is_the_mean_and_the_deviation_of_the_seeds():
    figures = [{"elbo": -20.0, "knn_accuracy": 0.8}, {"elbo": -22.0, "knn_accuracy": 0.9}]
    assert spread_of(figures) == {
        "figure": ["ELBO", "k-NN accuracy"],
        "mean": ["−21.00", "85.0%"],
        "sd": ["1.41", "7.1%"],
        "lowest": ["−22.00", "80.0%"],
        "highest": ["−20.00", "90.0%"],
    }


def test_differences_are_of_pairs_and_only_where_they_compare():
    names = {"first": "digits-2d", "second": "digits-2d-beta-0.25", "third": "digits-16d"}
    runs = {name: run(folder) for name, folder in names.items()}
    studies = {name: results.read(each, "full_evaluation") for name, each in runs.items()}
    table = differences_of(runs, studies)
    assert list(table) == ["figure", "second", "third"]
    rows = dict(zip(table["figure"], zip(table["second"], table["third"], strict=True), strict=True))
    of_second, of_first = (studies[name].arrays["elbo"] for name in ("second", "first"))
    assert rows["ELBO"][0].startswith(f"{(of_second - of_first).mean():+.2f} [".replace("-", "−"))
    assert rows["ELBO"][1] == "–"
    assert rows["k-NN accuracy"][1] != "–"


def test_free_bits_weigh_for_the_objectives_that_charge_them():
    def made(**changes):
        return SimpleNamespace(config=TrainConfig(**changes), data=SimpleNamespace(image_hash="one"), changes_made=dict)

    for objective in ("elbo", "mmd"):
        free, not_free = (made(objective=objective, free_bits=bits) for bits in (2, 0))
        assert "weighs the terms" in why_not(free, not_free, "total")
        assert not why_not(free, not_free, "elbo")


def test_each_number_of_an_objective_weighs_for_it_and_for_no_other():
    def made(**changes):
        return SimpleNamespace(config=TrainConfig(**changes), data=SimpleNamespace(image_hash="one"), changes_made=dict)

    for objective, own in {
        "factor": "gamma",
        "capacity": "capacity",
        "wae": "mmd_weight",
        "iwae": "num_samples",
    }.items():
        model = "ae" if objective == "wae" else "vae"
        one, other = (made(objective=objective, model=model, **{own: value}) for value in (1, 2))
        assert "weighs the terms" in why_not(one, other, "total")
        assert not why_not(one, other, "reconstruction")
        assert not why_not(*(made(**{own: value}) for value in (1, 2)), "total")
    assert "weighs the terms" in why_not(made(model="ae"), made(model="ae", objective="wae"), "total")
    assert not why_not(*(made(objective="capacity", beta=beta) for beta in (1, 2)), "total")


def test_on_a_phone_codes_that_nothing_learned_have_a_table_of_their_own():
    table = {"figure": ["ELBO", "k-NN"], "mine": ["−1", "50%"], "PCA, 2-D": ["–", "40%"], "Noise, 2-D": ["–", "10%"]}
    assert apart(table, {"mine": run("digits-2d")}) == [
        {"figure": ["ELBO", "k-NN"], "mine": ["−1", "50%"]},
        {"figure": ["k-NN"], "PCA, 2-D": ["40%"], "Noise, 2-D": ["10%"]},
    ]
    assert len(apart({"figure": ["ELBO"], "mine": ["−1"]}, {"mine": run("digits-2d")})) == 1
