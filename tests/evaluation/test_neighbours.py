import numpy as np
import pytest

from vaelab.engine import Codes
from vaelab.evaluation import knn_accuracy


def points(codes):
    return Codes(codes, np.zeros_like(codes))


def accuracy_of(codes, labels, held_out_codes, held_out_labels, *rest):
    """Of codes that are points."""
    return knn_accuracy(points(codes), labels, points(held_out_codes), held_out_labels, *rest)


def vote(codes, labels, held_out_codes, held_out_labels, num_neighbours):
    """Ask every neighbour, one image at a time; of equal votes the lowest label wins."""
    right = 0
    for code, label in zip(held_out_codes, held_out_labels, strict=True):
        nearest = np.argsort(((codes - code) ** 2).sum(1))[:num_neighbours]
        right += np.bincount(labels[nearest]).argmax() == label
    return right / len(held_out_labels)


@pytest.mark.parametrize("num_neighbours", [1, 3, 10])
@pytest.mark.parametrize("latent_dim", [1, 2, 16, 40])
def test_it_is_the_vote_counted_by_hand(rng, num_neighbours, latent_dim):
    centres = rng.normal(size=(4, latent_dim))
    labels, held_out = rng.integers(0, 4, 300), rng.integers(0, 4, 100)
    codes = centres[labels] + rng.normal(size=(300, latent_dim))
    held_out_codes = centres[held_out] + rng.normal(size=(100, latent_dim))
    arguments = (codes, labels, held_out_codes, held_out, num_neighbours)
    accuracy = accuracy_of(*arguments)
    assert accuracy == vote(*arguments)
    assert 0 < accuracy < 1 or latent_dim > 2


def test_ten_neighbours_vote_unless_told_otherwise(rng):
    codes, labels = rng.normal(size=(200, 3)), rng.integers(0, 3, 200)
    others, truth = rng.normal(size=(100, 3)), rng.integers(0, 3, 100)
    assert accuracy_of(codes, labels, others, truth) == vote(codes, labels, others, truth, 10)


def test_classes_that_lie_apart_are_told_apart_and_mixed_ones_are_not(rng):
    labels = np.arange(2000) % 5
    apart = rng.normal(size=(2000, 2)) + 100 * labels[:, None]
    mixed = rng.normal(size=(2000, 2))
    train, test = slice(1000), slice(1000, None)
    assert accuracy_of(apart[train], labels[train], apart[test], labels[test]) == 1
    # Chance is 0.2, give or take four standard errors of 0.013.
    assert abs(accuracy_of(mixed[train], labels[train], mixed[test], labels[test]) - 0.2) < 0.052


def test_with_fewer_neighbours_than_asked_for_all_of_them_vote(rng):
    codes, labels = rng.normal(size=(3, 2)), np.array([1, 0, 1])
    assert accuracy_of(codes, labels, rng.normal(size=(8, 2)), np.ones(8, int)) == 1


def test_codes_that_collapsed_name_no_class(rng):
    """Their means differ by 1e-4 and name the class all the same: with KL 0, 79% of the digits were said to be told."""
    labels = np.arange(2000) % 5
    mu = 1e-4 * (labels[:, None] + 0.1 * rng.normal(size=(2000, 3)))
    codes = Codes(mu, np.ones_like(mu))
    train, test = slice(1000), slice(1000, None)
    parts = [Codes(codes.mu[part], codes.sigma[part]) for part in (train, test)]
    assert accuracy_of(mu[train], labels[train], mu[test], labels[test]) == 1
    assert abs(knn_accuracy(parts[0], labels[train], parts[1], labels[test]) - 0.2) < 0.04


def test_of_posteriors_it_is_the_mean_over_draws(rng):
    labels, held_out = np.arange(400) % 4, np.arange(100) % 4
    codes = Codes(labels[:, None] + rng.normal(size=(400, 2)), np.full((400, 2), 0.5))
    judged = Codes(held_out[:, None] + rng.normal(size=(100, 2)), np.full((100, 2), 0.5))
    drawn = []
    for _ in range(60):
        a, b = (each.mu + each.sigma * rng.normal(size=each.mu.shape) for each in (codes, judged))
        drawn.append(vote(a, labels, b, held_out, 10))
    error = np.std(drawn) / np.sqrt(10)
    assert knn_accuracy(codes, labels, judged, held_out) == pytest.approx(np.mean(drawn), abs=4 * error)


def test_dead_dimensions_do_not_blur_the_vote(rng):
    """Draws in seven dead dimensions of sixteen were most of the distance: 89% of the digits instead of 97%."""
    labels = np.arange(600) % 6
    alive = 0.3 * rng.normal(size=(600, 2)) + np.array([np.cos(labels), np.sin(labels)]).T
    dead = 0.01 * rng.normal(size=(600, 30))
    both = Codes(np.concatenate([alive, dead], 1), np.concatenate([np.full((600, 2), 0.1), np.ones((600, 30))], 1))
    one = Codes(alive, np.full((600, 2), 0.1))
    train, test = slice(300), slice(300, None)
    accuracies = [
        knn_accuracy(
            Codes(each.mu[train], each.sigma[train]),
            labels[train],
            Codes(each.mu[test], each.sigma[test]),
            labels[test],
        )
        for each in (both, one)
    ]
    assert accuracies[0] == pytest.approx(accuracies[1], abs=0.03)
    assert accuracies[0] > 0.5
