"""Nats that do not compare are not set beside each other, and why is said."""

import pytest

from pages._ui import resources
from vaelab.comparing import measure, why_not
from vaelab.config import LIKELIHOODS, TrainConfig
from vaelab.runs import Run


def run(name):
    return Run.open(resources.EXAMPLES / name)


@pytest.mark.parametrize(
    ("one", "other", "term", "reason"),
    [
        ("digits-2d", "digits-2d-beta-4", "elbo", ""),
        ("digits-2d", "digits-2d-beta-4", "total", "weighs the terms"),
        ("digits-2d", "digits-16d", "elbo", "density of pixels, not by the probability"),
        ("digits-16d", "digits-2d", "reconstruction", "probability of pixels, not by the density"),
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
    assert kinds.pop("bernoulli") == "probability of pixels"
    assert set(kinds.values()) == {"density of pixels"}
