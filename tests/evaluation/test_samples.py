import numpy as np
import pytest
from scipy.linalg import sqrtm

from vaelab.evaluation import pixel_space, samples
from vaelab.evaluation.distances import frechet_distance, kernel_deviation, kernel_distance
from vaelab.evaluation.pixel_space import PixelSpace
from vaelab.evaluation.samples import density_coverage, nearest_images, precision_recall


def test_the_space_holds_the_directions_in_which_images_vary_most(digits):
    images = digits.images[:400]
    space = PixelSpace.fit(images, 10)
    pixels = images.reshape(400, 64) / 255
    variances = np.sort(np.linalg.eigvalsh(np.cov(pixels, rowvar=False)))[::-1]
    features = space.features(images)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features.var(0, ddof=1), variances[:10], rtol=1e-3)
    np.testing.assert_allclose(features.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(space.components @ space.components.T, np.eye(10), atol=1e-5)


def test_with_all_components_distances_are_those_of_pixels(digits):
    images = digits.images[:300]
    space = PixelSpace.fit(images, 500)
    a, b = space.features(images[:2])
    one, two = images[:2] / 255
    assert np.linalg.norm(a - b) == pytest.approx(np.linalg.norm(one - two), rel=1e-4)


def test_pixels_and_floats_have_the_same_features_block_by_block_or_at_once(digits, monkeypatch):
    images = digits.images[:100]
    space = PixelSpace.fit(images, 5)
    at_once = space.features(images)
    monkeypatch.setattr(pixel_space, "BLOCK", 640)
    np.testing.assert_allclose(space.features(images), at_once, atol=1e-5)
    np.testing.assert_allclose(space.features(images / 255), at_once, atol=1e-5)
    assert space.features(images[:0]).shape == (0, 5)


def test_many_images_are_told_from_some_of_them(rng, monkeypatch):
    monkeypatch.setattr(pixel_space, "MAX_IMAGES", 500)
    images = (rng.normal(size=(2000, 1)) * np.arange(9) / 100 + 0.5).clip(0, 1).reshape(-1, 1, 3, 3)
    space = PixelSpace.fit(images, 1)
    np.testing.assert_allclose(np.abs(space.components[0]), np.arange(9) / 204**0.5, atol=3e-5)


def test_equal_images_make_a_space_in_which_all_are_in_one_place():
    images = np.full((6, 1, 3, 3), 7, np.uint8)
    np.testing.assert_allclose(PixelSpace.fit(images, 2).features(images), 0, atol=1e-6)


@pytest.mark.parametrize("k", [1, 3])
def test_precision_and_recall_are_those_counted_ball_by_ball(rng, k):
    real, made = rng.normal(size=(60, 3)), rng.normal(0.5, 0.7, (40, 3))

    def covered(points, centers):
        count = 0
        for point in points:
            for center in centers:
                radius = sorted(np.linalg.norm(centers - center, axis=1))[k]
                if np.linalg.norm(point - center) <= radius:
                    count += 1
                    break
        return count / len(points)

    assert precision_recall(real, made, k) == (covered(made, real), covered(real, made))


def test_samples_that_are_the_real_images_are_perfect_even_in_single_precision(rng):
    real = rng.normal(100, 1, (200, 8)).astype(np.float32).repeat(5, axis=0)  # with copies
    assert precision_recall(real, rng.permutation(real)) == (1, 1)


def test_samples_of_the_same_distribution_are_good_and_diverse(rng):
    assert min(precision_recall(rng.normal(size=(1000, 4)), rng.normal(size=(1000, 4)))) > 0.85


def test_collapsed_samples_have_quality_but_no_diversity(rng):
    real = rng.normal(size=(1000, 4))
    precision, recall = precision_recall(real, rng.normal(0, 1e-3, (1000, 4)))
    assert precision > 0.99
    assert recall < 0.01


def test_far_samples_have_neither_and_wild_ones_no_quality(rng):
    real = rng.normal(size=(500, 4))
    assert precision_recall(real, real + 1000) == (0, 0)
    precision, recall = precision_recall(real, rng.normal(0, 20, (500, 4)))
    assert precision < 0.05
    assert recall > 0.5


def test_precision_and_recall_do_not_depend_on_blocks(rng, monkeypatch):
    real, made = rng.normal(size=(300, 3)), rng.normal(size=(200, 3))
    at_once = precision_recall(real, made)
    monkeypatch.setattr(samples, "BLOCK", 1000)
    assert precision_recall(real, made) == at_once
    assert precision_recall(made, real) == at_once[::-1]


def test_density_and_coverage_are_those_counted_ball_by_ball(rng):
    real, made, k = rng.normal(size=(60, 3)), rng.normal(0.5, 0.7, (40, 3)), 4
    radii = [sorted(np.linalg.norm(real - center, axis=1))[k] for center in real]
    inside = np.array(
        [
            [np.linalg.norm(point - center) <= radius for point in made]
            for center, radius in zip(real, radii, strict=True)
        ]
    )
    assert density_coverage(real, made, k) == pytest.approx((inside.sum() / (k * 40), inside.any(1).mean()))


@pytest.mark.parametrize("k", [3, 5])
def test_coverage_of_the_same_distribution_is_what_the_paper_expects(rng, k):
    """1 - (N-1)...(N-k) / (2N-1)...(2N-k) (Naeem et al. 2020); density is 1."""
    num = 300
    found = np.array(
        [density_coverage(rng.normal(size=(num, 8)), rng.normal(size=(num, 8)), k) for _ in range(12)]
    ).mean(0)
    expected = 1 - np.prod([(num - 1 - i) / (2 * num - 1 - i) for i in range(k)])
    np.testing.assert_allclose(found, (1, expected), atol=0.03)


def test_a_few_outliers_raise_recall_but_not_coverage(rng):
    real = rng.normal(size=(500, 8))
    made = rng.normal(0, 0.1, (500, 8))  # collapsed
    before = precision_recall(real, made).recall, density_coverage(real, made).coverage
    made[:5] = rng.normal(0, 3, (5, 8))
    after = precision_recall(real, made).recall, density_coverage(real, made).coverage
    assert before[0] < 0.05
    assert after[0] > before[0] + 0.4
    assert after[1] < before[1] + 5 * 5 / 500
    assert after[1] < 0.3


def test_density_and_coverage_do_not_depend_on_blocks(rng, monkeypatch):
    real, made = rng.normal(size=(300, 3)), rng.normal(size=(200, 3))
    at_once = density_coverage(real, made)
    monkeypatch.setattr(samples, "BLOCK", 1000)
    assert density_coverage(real, made) == pytest.approx(at_once)


def test_kernel_distance_is_the_sum_over_pairs(rng):
    a, b = rng.normal(size=(7, 3)), rng.normal(0.5, 1.2, (9, 3))

    def kernel(x, y):
        return (sum(p * q for p, q in zip(x, y, strict=True)) / 3 + 1) ** 3

    within_a = np.mean([kernel(x, y) for i, x in enumerate(a) for j, y in enumerate(a) if i != j])
    within_b = np.mean([kernel(x, y) for i, x in enumerate(b) for j, y in enumerate(b) if i != j])
    between = np.mean([kernel(x, y) for x in a for y in b])
    assert kernel_distance(a, b) == pytest.approx(within_a + within_b - 2 * between)


def test_kernel_distance_has_no_bias_where_frechet_has(rng):
    """Of one distribution, the mean over many small samples is 0."""
    pairs = [rng.normal(size=(2, 40, 8)) for _ in range(300)]
    found = np.array([kernel_distance(a, b) for a, b in pairs])
    assert abs(found.mean()) < 3 * found.std() / 300**0.5
    stated = np.mean([kernel_deviation(a, b) for a, b in pairs[:50]])
    assert found.std() == pytest.approx(stated, rel=0.2)
    frechet = np.array([frechet_distance(a, b) for a, b in pairs[:50]])
    assert frechet.mean() > 3 * frechet.std()


def test_kernel_distance_of_gaussians_is_the_mean_of_the_kernel(rng):
    """In one dimension (x y + 1)^3 has the mean 1 + 3 m_1 + 3 m_2 + m_3, in products of the moments."""

    def moments(mean, sd):
        return np.array([1, mean, mean**2 + sd**2, mean**3 + 3 * mean * sd**2])

    weights = np.array([1, 3, 3, 1])
    expected = (weights * (moments(0, 1) - moments(0.6, 1.3)) ** 2).sum()
    found = [kernel_distance(rng.normal(0, 1, (200, 1)), rng.normal(0.6, 1.3, (200, 1))) for _ in range(200)]
    assert abs(np.mean(found) - expected) < 4 * np.std(found) / 200**0.5


def exactly(mean, deviations, rng):
    """Points whose mean and covariance are just these."""
    z = rng.normal(size=(50, len(mean)))
    z -= z.mean(0)
    whitened = z @ np.linalg.inv(np.linalg.cholesky(np.cov(z, rowvar=False))).T
    return mean + whitened * deviations


def test_frechet_distance_of_diagonal_gaussians_is_the_closed_form(rng):
    means, deviations = rng.normal(size=(2, 4)), rng.uniform(0.5, 2, (2, 4))
    a, b = (exactly(m, s, rng) for m, s in zip(means, deviations, strict=True))
    expected = ((means[0] - means[1]) ** 2).sum() + ((deviations[0] - deviations[1]) ** 2).sum()
    assert frechet_distance(a, b) == pytest.approx(expected)


def test_frechet_distance_is_the_formula_with_a_matrix_root(rng):
    a, b = rng.normal(size=(80, 5)) @ rng.normal(size=(5, 5)), rng.normal(1, 2, (70, 5))
    covariances = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = sqrtm(covariances[0] @ covariances[1]).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(sum(covariances) - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected)
    assert frechet_distance(b, a) == pytest.approx(expected)


def test_frechet_distance_to_itself_or_of_singular_covariances_is_told_too(rng):
    flat = np.column_stack([rng.normal(size=(30, 2)), np.zeros(30)]) @ rng.normal(size=(3, 3))
    assert frechet_distance(flat, flat) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(flat, flat + np.array([3, 0, 4])) == pytest.approx(25)
    few = rng.normal(size=(3, 40))
    assert frechet_distance(few, few[::-1]) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(np.zeros((2, 1)), np.ones((2, 1))) == pytest.approx(1)


@pytest.mark.parametrize("block", [500, 4_000_000])
@pytest.mark.parametrize("channels", [1, 3])
def test_nearest_images_are_those_of_a_search_one_by_one(rng, monkeypatch, block, channels):
    monkeypatch.setattr(pixel_space, "BLOCK", block)
    train = rng.integers(0, 256, (70, channels, 5, 6)).astype(np.uint8)
    queries = rng.uniform(size=(20, channels, 5, 6)).astype(np.float32)
    indices, distances = nearest_images(train, queries)
    for query, index, distance in zip(queries, indices, distances, strict=True):
        errors = ((query.astype(float) - train / 255) ** 2).mean((1, 2, 3))
        assert index == errors.argmin()
        assert distance == pytest.approx(errors.min() ** 0.5, rel=1e-5)


def test_what_was_learned_by_heart_is_found_out(digits, rng):
    train = digits.images[:500]
    chosen = rng.permutation(500)[:40]
    indices, distances = nearest_images(train, train[chosen] / 255)
    np.testing.assert_array_equal(train[indices], train[chosen])
    np.testing.assert_allclose(distances, 0, atol=1e-6)
    _, off_by_a_tenth = nearest_images(train, (train[chosen] / 255 + 0.1).clip(0, 1))
    assert (off_by_a_tenth <= 0.1 + 1e-6).all()


def test_what_cannot_be_compared_is_refused(rng):
    images, features = np.zeros((4, 1, 3, 3), np.uint8), rng.normal(size=(4, 2))
    for call in (
        lambda: PixelSpace.fit(images[:1]),
        lambda: PixelSpace.fit(images, 0),
        lambda: PixelSpace.fit(images, 1).features(np.zeros((4, 1, 3, 4))),
        lambda: precision_recall(features, features, 4),
        lambda: density_coverage(features, features, 4),
        lambda: density_coverage(features, features[:0], 2),
        lambda: kernel_distance(features, features[:1]),
        lambda: kernel_deviation(features, features[:3]),
        lambda: kernel_distance(features, features[:, :1]),
        lambda: PixelSpace.fit(images, 1).features(np.full((4, 1, 3, 3), 90)),
        lambda: precision_recall(features, features, 0),
        lambda: precision_recall(features, features[:, :1], 1),
        lambda: frechet_distance(features, features[:1]),
        lambda: frechet_distance(features, features[:, :1]),
        lambda: nearest_images(images[:0], images / 255),
        lambda: nearest_images(images, np.zeros((2, 3, 3, 3))),
    ):
        with pytest.raises(ValueError, match=r"\w+ .*\.$"):
            call()
