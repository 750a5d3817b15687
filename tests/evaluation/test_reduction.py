import numpy as np
import pytest

from vaelab.evaluation.reduction import map_quality, two_pixels


def ranks(points):
    """Rank all points by distance from each point, which itself has rank 0."""
    order = [np.argsort([((p - q) ** 2).sum() for q in points]) for p in points]
    return np.array([np.argsort(row) for row in order])


def penalty(ranks_there, ranks_here, k):
    """One minus the intrusions: neighbours here, weighted by how far beyond k they are there."""
    n, total = len(ranks_here), 0
    for i in range(n):
        for j in range(n):
            if 1 <= ranks_here[i, j] <= k < ranks_there[i, j]:
                total += ranks_there[i, j] - k
    return 1 - 2 * total / (n * k * (2 * n - 3 * k - 1))


@pytest.mark.parametrize("k", [1, 5, 10])
def test_trustworthiness_and_continuity_are_those_counted_one_by_one(rng, k):
    images, places = rng.normal(size=(60, 7)), rng.normal(size=(60, 2))
    found = map_quality(images, places, None, k)
    assert found.trustworthiness == pytest.approx(penalty(ranks(images), ranks(places), k))
    assert found.continuity == pytest.approx(penalty(ranks(places), ranks(images), k))
    assert found.trustworthiness != pytest.approx(found.continuity, abs=1e-4)
    assert found.knn_accuracy is None


def test_knn_accuracy_leaves_each_point_itself_out(rng):
    labels, places = rng.integers(0, 3, 80), rng.normal(size=(80, 2))
    right = 0
    for i in range(80):
        nearest = np.argsort(((places - places[i]) ** 2).sum(1))[1:11]
        right += np.bincount(labels[nearest]).argmax() == labels[i]
    assert map_quality(places, places, labels).knn_accuracy == right / 80


def test_a_map_that_is_the_images_is_perfect_and_a_shuffled_one_is_chance(rng):
    images, labels = rng.normal(size=(400, 2)), np.arange(400) % 4
    images += 50 * labels[:, None]
    assert map_quality(images, 3 * images[:, ::-1], labels) == (1, 1, 1)
    shuffled = map_quality(images, rng.permutation(images), labels)
    assert abs(shuffled.trustworthiness - 0.5) < 0.03
    assert abs(shuffled.continuity - 0.5) < 0.03
    assert abs(shuffled.knn_accuracy - 0.25) < 0.09  # four standard errors


def test_folding_costs_trust_and_tearing_costs_continuity(rng):
    line = np.sort(rng.uniform(-1, 1, 300))
    images = np.column_stack([line, line])
    folded = map_quality(images, np.column_stack([np.abs(line), 0 * line]), None)
    torn = map_quality(images, np.column_stack([line * 5 % 1, np.floor(line * 5) * 9]), None)
    assert folded.trustworthiness < 0.95 < folded.continuity
    assert torn.continuity < torn.trustworthiness
    assert torn.trustworthiness > 0.99


def test_few_points_lower_the_number_of_neighbours(rng):
    images, places, labels = rng.normal(size=(7, 5)), rng.normal(size=(7, 2)), np.zeros(7, int)
    assert map_quality(images, places, labels, 10) == map_quality(images, places, labels, 3)
    assert map_quality(images[:3], places[:3], labels[:3]).knn_accuracy == 1


def test_points_that_cannot_be_compared_are_refused(rng):
    images, places = rng.normal(size=(20, 5)), rng.normal(size=(20, 2))
    for arguments in (
        (images[:2], places[:2], None),
        (images, places[1:], None),
        (images, places, np.zeros(19, int)),
        (images, places, None, 0),
    ):
        with pytest.raises(ValueError, match=r"\w+ .*\.$"):
            map_quality(*arguments)
    for shape in ((0, 1, 8, 8), (5, 1, 1, 1), (5, 8, 8)):
        with pytest.raises(ValueError, match="two pixels"):
            two_pixels(np.zeros(shape))


def test_the_two_pixels_vary_most_and_say_different_things(rng):
    images = rng.normal(100, 1, (500, 1, 4, 5))
    strong, other = rng.normal(0, 20, 500), rng.normal(0, 10, 500)
    images[:, 0, 1, 2] += strong
    images[:, 0, 1, 3] += 0.9 * strong  # varies more than the next, but along with the first
    images[:, 0, 3, 4] += other
    found = two_pixels(images)
    assert found.positions == ((1, 2), (3, 4))
    expected = images[:, 0, [1, 3], [2, 4]]
    np.testing.assert_allclose(found.coordinates, expected, rtol=1e-6)


def test_the_second_pixel_is_the_one_that_regression_on_the_first_leaves_most_of(digits):
    images = digits.images[:300]
    found = two_pixels(images)
    pixels = images.reshape(300, 64).astype(float)
    (row, column), second = found.positions
    assert row * 8 + column == pixels.var(0).argmax()
    line = np.column_stack([np.ones(300), pixels[:, row * 8 + column]])
    rest = pixels - line @ np.linalg.lstsq(line, pixels, rcond=None)[0]
    assert second == divmod(int(rest.var(0).argmax()), 8)


def test_channels_are_averaged_and_still_images_have_two_pixels_all_the_same():
    color = np.arange(24, dtype=np.uint8).reshape(1, 3, 2, 4).repeat(3, axis=0)
    still = two_pixels(color)
    assert still.positions[0] != still.positions[1]
    color[0] += 10
    (row, column), _ = two_pixels(color).positions
    np.testing.assert_allclose(two_pixels(color).coordinates[:, 0], color.mean(1)[:, row, column])
