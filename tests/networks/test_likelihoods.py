import math

import pytest
import torch
from torch.distributions import Bernoulli, ContinuousBernoulli, Normal

from vaelab.choices import LIKELIHOODS as CHOICES
from vaelab.networks import likelihoods
from vaelab.networks.likelihoods import LIKELIHOODS, SIGMA_FLOOR

# Around zero, where the closed forms cancel, at the seams of the series, and far out.
LOGITS = torch.tensor(
    sorted(
        {
            sign * value
            for sign in (-1, 1)
            for value in (0.0, 1e-12, 1e-8, 1e-5, 1e-3, 0.05, 0.19, 0.1999, 0.2, 0.2001, 0.21, 0.5, 1, 3, 8, 20, 50)
        }
    ),
    dtype=torch.float64,
)
PIXELS = torch.tensor([0.0, 1 / 255, 0.25, 0.5, 0.9, 1.0], dtype=torch.float64)


def every_pair(dtype=torch.float64):
    """Each logit with each pixel, as images of one pixel."""
    pairs = torch.cartesian_prod(LOGITS, PIXELS).to(dtype)
    return pairs[:, 0].reshape(-1, 1, 1, 1), pairs[:, 1].reshape(-1, 1, 1, 1)


def continuous_bernoulli(logits):
    # Wide limits, since within them torch approximates to fewer digits than are compared here.
    return ContinuousBernoulli(logits=logits, lims=(0.499, 0.501))


def images(shape=(5, 3, 4, 4), seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator) * 3, torch.rand(shape, generator=generator)


def test_the_configs_names_are_the_likelihoods():
    assert list(LIKELIHOODS) == list(CHOICES)


# --- Against torch.distributions ----------------------------------------------------------------


def test_bernoulli_is_torchs_on_black_and_white():
    logits, x = images()
    x = x.round()
    expected = Bernoulli(logits=logits).log_prob(x).sum((1, 2, 3))
    assert torch.allclose(LIKELIHOODS["bernoulli"]().log_prob(logits, x), expected)


def test_bernoulli_on_gray_is_the_cross_entropy():
    logits, x = every_pair()
    p = torch.sigmoid(logits)
    inside = logits.abs() < 30  # beyond, 1 - p is rounded to zero, which is what ours avoids
    entropy = x * p.log() + (1 - x) * (1 - p).log()
    ours = LIKELIHOODS["bernoulli"]().log_prob(logits, x)
    assert torch.allclose(ours[inside.flatten()], entropy[inside], rtol=1e-6)
    assert ours.isfinite().all()


def test_continuous_bernoulli_is_torchs():
    logits, x = every_pair()
    ours = LIKELIHOODS["continuous_bernoulli"]().log_prob(logits, x)
    expected = continuous_bernoulli(logits).log_prob(x).flatten()
    # Beyond a logit of 36, torch clamps the probability. Within 4e-3 of zero, its own series is
    # good to 1e-7.
    inside = logits.flatten().abs() < 30
    assert torch.allclose(ours[inside], expected[inside], atol=1e-6, rtol=1e-9)
    for logit, pixel, log_prob in zip(logits.flatten().tolist(), x.flatten().tolist(), ours.tolist(), strict=True):
        partition = math.log(math.expm1(logit) / logit) if logit else 0.0
        assert log_prob == pytest.approx(logit * pixel - partition, abs=1e-9)


def test_continuous_bernoullis_mean_is_torchs():
    mean = LIKELIHOODS["continuous_bernoulli"]().mean(LOGITS)
    expected = continuous_bernoulli(LOGITS).mean
    inside = LOGITS.abs() < 30
    assert torch.allclose(mean[inside], expected[inside], atol=1e-6, rtol=0)
    # And beyond what torch can do: the average of x under the density.
    x = torch.linspace(0, 1, 20_001, dtype=torch.float64)
    for logit, ours in zip(LOGITS.tolist(), mean.tolist(), strict=True):
        weight = torch.exp(logit * (x - float(logit > 0)))
        average = (torch.trapezoid(weight * x) / torch.trapezoid(weight)).item()
        assert ours == pytest.approx(average, abs=1e-6)


@pytest.mark.parametrize("logit", [-50.0, -0.2, -1e-4, 0.0, 0.19, 1.0, 50.0])
def test_continuous_bernoullis_density_integrates_to_one(logit):
    x = torch.linspace(0, 1, 20_001, dtype=torch.float64).reshape(-1, 1, 1, 1)
    density = LIKELIHOODS["continuous_bernoulli"]().log_prob(torch.full_like(x, logit), x).exp()
    assert torch.trapezoid(density, x.flatten()).item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_continuous_bernoulli_is_smooth_and_finite_everywhere(dtype):
    likelihood = LIKELIHOODS["continuous_bernoulli"]()
    logits, x = every_pair(dtype)
    logits.requires_grad_()
    log_prob = likelihood.log_prob(logits, x)
    (gradient,) = torch.autograd.grad(log_prob.sum(), logits)
    assert log_prob.isfinite().all()
    # d log p / dl = x - E[x]: the exponential family's own identity, so exact at the seams too.
    tolerance = 1e-5 if dtype == torch.float32 else 1e-9
    expected = x - likelihood.mean(logits.detach())
    assert torch.allclose(gradient, expected, atol=tolerance, rtol=0)
    (slope,) = torch.autograd.grad(likelihood.mean(logits).sum(), logits)
    assert slope.isfinite().all()
    assert (slope >= -1e-6).all()


@pytest.mark.parametrize("name", ["gaussian", "gaussian_learned"])
@pytest.mark.parametrize("sigma", [0.01, 0.1, 2.0])
def test_gaussians_are_torchs_normal(name, sigma):
    logits, x = images()
    expected = Normal(torch.sigmoid(logits), sigma).log_prob(x).sum((1, 2, 3))
    with torch.no_grad():
        log_prob = LIKELIHOODS[name](sigma).log_prob(logits, x)
    assert torch.allclose(log_prob, expected, rtol=1e-4)


def test_a_learned_sigma_becomes_the_root_mean_square_error():
    likelihood = LIKELIHOODS["gaussian_learned"](0.2)
    logits, x = images((50, 1, 4, 4))
    error = (torch.sigmoid(logits) - x).square().mean().sqrt()
    assert error > 0.4
    optimizer = torch.optim.LBFGS(likelihood.parameters(), max_iter=50)

    def closure():
        optimizer.zero_grad()
        loss = -likelihood.log_prob(logits, x).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert likelihood.log_sigma.exp().item() == pytest.approx(error.item(), rel=1e-3)


def test_a_learned_sigma_stays_at_its_floor_and_comes_up_again():
    """Of one flat colour, the density of an ever narrower Gaussian rises for ever."""
    likelihood = LIKELIHOODS["gaussian_learned"](0.1, linear=True)
    optimizer = torch.optim.Adam(likelihood.parameters(), lr=0.1)

    def learn(error, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            (-likelihood.log_prob(torch.full((8, 1, 8, 8), error), torch.zeros(8, 1, 8, 8)).mean()).backward()
            optimizer.step()
            likelihood.keep_in_bounds()
        return likelihood.log_sigma.exp().item()

    assert learn(0.0, 200) == pytest.approx(SIGMA_FLOOR, rel=1e-6)
    assert pytest.approx(1 / 255 / 12**0.5) == SIGMA_FLOOR
    assert 0.03 < learn(0.05, 600) < 0.05


def test_only_a_learned_sigma_is_learned():
    learned = {name: len(list(kind().parameters())) for name, kind in LIKELIHOODS.items()}
    assert learned == {
        "bernoulli": 0,
        "continuous_bernoulli": 0,
        "gaussian": 0,
        "gaussian_learned": 1,
    }
    assert LIKELIHOODS["gaussian_learned"](0.3).log_sigma.exp().item() == pytest.approx(0.3)


# --- What holds for all -------------------------------------------------------------------------


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_pixels_are_summed_and_images_are_not(name):
    likelihood = LIKELIHOODS[name](0.2)
    logits, x = images((5, 3, 4, 4))
    with torch.no_grad():
        log_prob = likelihood.log_prob(logits, x)
        alone = likelihood.log_prob(logits.reshape(-1, 1, 1, 1), x.reshape(-1, 1, 1, 1))
    assert log_prob.shape == (5,)
    assert torch.allclose(log_prob, alone.reshape(5, -1).sum(1), rtol=1e-4)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_means_are_pixels_rise_with_the_logit_and_are_inverted(name):
    likelihood = LIKELIHOODS[name]()
    mean = likelihood.mean(LOGITS)
    assert ((mean >= 0) & (mean <= 1)).all()
    assert (mean.diff() >= 0).all()
    assert likelihood.mean(torch.zeros(1)).item() == pytest.approx(0.5)
    wanted = torch.linspace(1 / 255, 254 / 255, 254)
    assert torch.allclose(likelihood.mean(likelihood.inverse_mean(wanted)), wanted, atol=1e-5)
    # Black and white, which no finite logit means, come within a gray level.
    ends = likelihood.inverse_mean(torch.tensor([0.0, 1.0]))
    assert ends.isfinite().all()
    assert torch.allclose(likelihood.mean(ends), torch.tensor([1 / 255, 254 / 255]), atol=1e-5)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_best_logit_for_a_pixel_is_the_one_whose_mean_it_is(name):
    likelihood = LIKELIHOODS[name](0.3)
    grid = torch.linspace(-12, 12, 4801).reshape(-1, 1, 1, 1)
    for pixel in (0.1, 0.5, 0.7):
        with torch.no_grad():
            best = grid[likelihood.log_prob(grid, torch.full_like(grid, pixel)).argmax()]
        assert likelihood.mean(best).item() == pytest.approx(pixel, abs=3e-3)


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("linear", [False, True])
def test_pixels_become_logits_that_have_them_as_mean_and_pass_on_a_gradient(name, linear):
    likelihood = LIKELIHOODS[name](linear=linear)
    pixels = torch.linspace(-0.2, 1.2, 701, requires_grad=True)
    logits = likelihood.link(pixels)
    (slope,) = torch.autograd.grad(logits.sum(), pixels)
    inside = (pixels > 0.005) & (pixels < 0.995)
    # Of a continuous Bernoulli in closed form, right to 0.3% of the logit.
    tolerance = 1e-3 if name == "continuous_bernoulli" else 1e-5
    assert torch.allclose(likelihood.mean(logits)[inside], pixels[inside], atol=tolerance)
    assert torch.allclose(likelihood.mean(logits), pixels.clamp(0, 1), atol=1.1 / 255)
    assert slope.isfinite().all()
    assert (slope[inside] > 0).all()


@pytest.mark.parametrize("name", ["gaussian", "gaussian_learned"])
def test_a_linear_gaussian_is_torchs_normal_around_the_decoders_output(name):
    logits, x = images()
    likelihood = LIKELIHOODS[name](0.4, linear=True)
    expected = Normal(logits, 0.4).log_prob(x).sum((1, 2, 3))
    with torch.no_grad():
        assert torch.allclose(likelihood.log_prob(logits, x), expected, rtol=1e-4)
    # Pixels that are shown stay within black and white; a gradient comes from those beyond as well.
    assert torch.equal(likelihood.mean(logits), logits.clamp(0, 1))
    logits = torch.full((1, 1, 2, 2), 1.5, requires_grad=True)
    likelihood.log_prob(logits, torch.ones(1, 1, 2, 2)).sum().backward()
    assert (logits.grad < 0).all()


def test_the_partition_function_is_continuous_where_its_series_begins():
    seam = 2 * likelihoods._SERIES_BELOW
    around = torch.tensor([seam - 1e-9, seam + 1e-9, -seam - 1e-9, -seam + 1e-9]).double()
    values = likelihoods._log_partition(around)
    exact = [math.log(math.expm1(logit) / logit) for logit in around.tolist()]
    assert values.tolist() == pytest.approx(exact, abs=1e-10)
