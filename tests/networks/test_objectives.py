import itertools
import math
from types import SimpleNamespace

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from vaelab import choices
from vaelab.config import TrainConfig
from vaelab.networks import objectives
from vaelab.networks.models import VAE, build_model
from vaelab.networks.nn import Posterior
from vaelab.networks.objectives import (
    OBJECTIVES,
    companion_of,
    gaussian_kl,
    importance_bound,
    kl_parts,
    log_weights,
    mmd,
    negative_elbo,
)
from vaelab.networks.objectives.factor import permute_dims
from vaelab.networks.objectives.mmd import KERNEL_WIDTHS


def loss_terms(model, x, config, *arguments, **options):
    """The loss, with what its objective trains beside the model as that is before training."""
    return objectives.loss_terms(model, x, config, *arguments, companion=companion_of(config), **options)


def test_each_objective_that_is_offered_has_a_function():
    assert list(OBJECTIVES) == list(choices.OBJECTIVES)


def make_posterior(count=64, latent_dim=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mu = 2 * torch.randn(count, latent_dim, generator=generator, dtype=torch.float64)
    logvar = 3 * torch.randn(count, latent_dim, generator=generator, dtype=torch.float64)
    return Posterior(mu, logvar)


def test_the_gaussian_kl_is_torchs():
    mu, logvar = posterior = make_posterior()
    expected = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0))
    assert torch.allclose(gaussian_kl(posterior), expected, rtol=1e-12)


def test_the_gaussian_kl_is_the_mean_log_ratio_of_the_densities():
    mu, logvar = torch.tensor([[0.7, -1.5]]), torch.tensor([[-1.0, 0.8]])
    q, p = Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)
    z = q.mean + q.stddev * torch.randn(400_000, 2, generator=torch.Generator().manual_seed(0))
    ratio = q.log_prob(z) - p.log_prob(z)
    error = ratio.std(0) / len(z) ** 0.5
    assert ((ratio.mean(0) - gaussian_kl(Posterior(mu, logvar))[0]).abs() < 4 * error).all()


def test_the_gaussian_kl_is_zero_at_the_prior_only_and_never_negative():
    assert torch.equal(gaussian_kl(Posterior(torch.zeros(2, 3), torch.zeros(2, 3))), torch.zeros(2, 3))
    assert (gaussian_kl(make_posterior()) > 0).all()
    # Close to the prior, where logvar's square is lost if exp is taken first.
    near = gaussian_kl(Posterior(torch.zeros(1, 1), torch.full((1, 1), 1e-3)))
    assert near.item() == pytest.approx(1e-6 / 4, rel=1e-2)


# --- The objective ------------------------------------------------------------------------------


def make_terms(seed=0, count=32, latent_dim=6):
    generator = torch.Generator().manual_seed(seed)
    reconstruction = 50 + 10 * torch.rand(count, generator=generator)
    kl = torch.rand(count, latent_dim, generator=generator) * torch.linspace(0.01, 3, latent_dim)
    return reconstruction, kl


def test_without_options_it_is_the_negative_elbo():
    reconstruction, kl = make_terms()
    terms = negative_elbo(reconstruction, kl)
    assert torch.allclose(terms.total, reconstruction + kl.sum(1))
    assert torch.equal(terms.reconstruction, reconstruction)
    assert torch.equal(terms.kl_per_dim, kl)
    assert torch.allclose(terms.kl, kl.sum(1))


@pytest.mark.parametrize("beta", [0.0, 0.5, 8.0])
def test_beta_weighs_the_kl_alone(beta):
    reconstruction, kl = make_terms()
    terms = negative_elbo(reconstruction, kl, beta)
    assert torch.allclose(terms.total, reconstruction + beta * kl.sum(1))
    assert torch.allclose(terms.kl, kl.sum(1))


@pytest.mark.parametrize("beta", [1.0, 4.0])
@pytest.mark.parametrize("free_bits", [0.05, 0.5, 10.0])
def test_free_bits_are_kingmas(beta, free_bits):
    """Kingma et al. 2016, equation 15: sum over dimensions of max(lambda, mean of the KL)."""
    reconstruction, kl = make_terms()
    terms = negative_elbo(reconstruction, kl, beta, free_bits)
    charged = torch.clamp(kl.mean(0), min=free_bits).sum()
    assert terms.total.mean().item() == pytest.approx((reconstruction.mean() + beta * charged).item(), rel=1e-6)
    assert torch.equal(terms.kl_per_dim, kl)


def test_a_free_dimension_is_pulled_nowhere_and_the_others_as_ever():
    reconstruction, kl = make_terms()
    kl.requires_grad_()
    free = kl.mean(0) < 0.5
    assert 0 < free.sum() < len(free)
    negative_elbo(reconstruction, kl, 2.0, 0.5).total.sum().backward()
    assert (kl.grad[:, free] == 0).all()
    assert (kl.grad[:, ~free] == 2).all()


# --- Of a model ---------------------------------------------------------------------------------


def make_model(model):
    config = TrainConfig(model=model, hidden=(12,), latent_dim=4)
    x = torch.rand(9, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    return build_model(config, (1, 8, 8)), x


def test_loss_terms_are_those_of_the_models_own_outputs():
    vae, x = make_model("vae")
    config = TrainConfig(beta=3.0, free_bits=0.01)
    terms = loss_terms(vae, x, config, generator=torch.Generator().manual_seed(2))
    posterior, _, logits = vae(x, torch.Generator().manual_seed(2))
    assert torch.equal(terms.reconstruction, -vae.likelihood.log_prob(logits, x))
    assert torch.equal(terms.kl_per_dim, gaussian_kl(posterior))
    expected = negative_elbo(terms.reconstruction, terms.kl_per_dim, 3.0, 0.01).total
    assert torch.equal(terms.total, expected)
    assert terms.total.shape == (9,)
    assert terms.kl_per_dim.shape == (9, 4)


@pytest.mark.parametrize(("beta", "free_bits"), [(1.0, 0.0), (7.0, 2.0)])
def test_an_autoencoder_has_no_kl(beta, free_bits):
    ae, x = make_model("ae")
    terms = loss_terms(ae, x, TrainConfig(model="ae", beta=beta, free_bits=free_bits))
    assert torch.equal(terms.total, terms.reconstruction)
    assert not terms.kl.any()
    assert terms.kl_per_dim.shape == (9, 4)
    assert not terms.kl_per_dim.any()


# --- Every objective ----------------------------------------------------------------------------

SETTINGS = {
    "elbo": {"beta": 3.0},
    "elbo with free bits": {"beta": 3.0, "free_bits": 0.4},
    "tc": {"objective": "tc", "beta": 3.0},
    "mmd": {"objective": "mmd", "beta": 0.5, "mmd_weight": 30.0},
    "mmd with free bits": {"objective": "mmd", "beta": 0.5, "free_bits": 0.4},
    "iwae": {"objective": "iwae", "beta": 3.0, "num_samples": 4},
    "factor": {"objective": "factor", "beta": 2.0, "gamma": 5.0, "latent_dim": 4},
    "factor with free bits": {"objective": "factor", "gamma": 5.0, "free_bits": 0.4, "latent_dim": 4},
    "capacity": {"objective": "capacity", "gamma": 5.0, "capacity": 7.0},
}
#: What the KL is weighed with where that is not beta.
WEIGHTS = {"tc": 1.0, "capacity": 0.0}
every_objective = pytest.mark.parametrize("settings", SETTINGS.values(), ids=list(SETTINGS))


def test_every_objective_of_a_vae_goes_through_what_is_true_of_all():
    of_vae = {name for name, each in choices.OBJECTIVES.items() if "vae" in each.models}
    assert {settings.get("objective", "elbo") for settings in SETTINGS.values()} == of_vae


def seeded(seed=2):
    return torch.Generator().manual_seed(seed)


@every_objective
@pytest.mark.parametrize("warmup", [1.0, 0.3, 0.0])
def test_the_total_is_reconstruction_and_weighted_kl_and_penalty(settings, warmup):
    vae, x = make_model("vae")
    config = TrainConfig(**settings)
    terms = loss_terms(vae, x, config, warmup, generator=seeded())
    weight = warmup * WEIGHTS.get(config.objective, config.beta)
    parts = terms.reconstruction + weight * terms.kl + terms.penalty
    assert torch.allclose(terms.total, parts, rtol=1e-6)
    assert torch.allclose(terms.kl_per_dim, gaussian_kl(vae.encoder(x)))
    assert torch.allclose(terms.kl, terms.kl_per_dim.sum(1))
    added = settings != {"beta": 3.0} and (warmup > 0 or config.objective == "iwae")
    assert (terms.penalty.abs() > 0).any() == added
    assert {part.shape for part in terms if part is not terms.kl_per_dim} == {(9,)}


@every_objective
def test_a_warm_up_begins_at_the_reconstruction_and_ends_at_the_objective(settings):
    vae, x = make_model("vae")
    config = TrainConfig(**settings)
    start, end, whole = (
        loss_terms(vae, x, config, generator=seeded(), **given) for given in ({"warmup": 0.0}, {"warmup": 1.0}, {})
    )
    assert torch.equal(end.total, whole.total)
    if config.objective == "iwae":  # the reconstruction of an IWAE is a soft minimum of its samples'
        assert (start.total <= start.reconstruction + 1e-4).all()
    else:
        assert torch.equal(start.total, start.reconstruction)


@pytest.mark.parametrize("settings", [s for s in SETTINGS.values() if s.get("objective") != "iwae"])
@pytest.mark.parametrize("warmup", [0.25, 0.8])
def test_a_warm_up_weighs_all_but_the_reconstruction(settings, warmup):
    """With tc, beta alone rose from 0: the KL was charged in full, and total correlation rewarded."""
    vae, x = make_model("vae")
    config = TrainConfig(**settings)
    terms, whole = (loss_terms(vae, x, config, each, generator=seeded()) for each in (warmup, 1.0))
    expected = whole.reconstruction + warmup * (whole.total - whole.reconstruction)
    assert torch.allclose(terms.total, expected, rtol=1e-5)
    assert torch.equal(terms.reconstruction, whole.reconstruction)
    assert torch.equal(terms.kl, whole.kl)


@every_objective
def test_what_is_seen_is_encoded_and_what_was_is_explained(settings):
    """Vincent et al. 2008: the loss compares with the clean image."""
    vae, x = make_model("vae")
    seen, config = 1 - x, TrainConfig(**settings)
    terms = loss_terms(vae, x, config, generator=seeded(), encoder_input=seen)
    posterior = vae.encoder(seen)
    assert torch.allclose(terms.kl_per_dim, gaussian_kl(posterior))
    k = config.num_samples if config.objective == "iwae" else 1
    z = vae.code(Posterior(*(part.repeat(k, 1) for part in posterior)), seeded())
    errors = -vae.likelihood.log_prob(vae.decoder(z), x.repeat(k, 1, 1, 1)).reshape(k, -1)
    assert torch.allclose(terms.reconstruction, errors.mean(0), rtol=1e-6)


@every_objective
@pytest.mark.parametrize("logvar", [-1e4, -201.0, -150.0, -90.0, -30.0, 30.0, 80.0, 89.0, 1e4])
def test_posteriors_as_narrow_or_wide_as_float32_allows_have_a_loss_and_a_gradient(settings, logvar):
    vae, x = make_model("vae")
    with torch.no_grad():
        vae.encoder.heads.logvar.weight.zero_()
        vae.encoder.heads.logvar.bias.fill_(logvar)
    terms = loss_terms(vae, x, TrainConfig(**settings), generator=seeded())
    assert all(part.isfinite().all() for part in terms)
    terms.total.mean().backward()
    assert all(parameter.grad.isfinite().all() for parameter in vae.parameters())


@every_objective
def test_a_batch_of_one_has_a_loss_and_a_gradient(settings):
    vae, x = make_model("vae")
    terms = loss_terms(vae, x[:1], TrainConfig(**settings), generator=seeded())
    assert all(part.isfinite().all() for part in terms)
    terms.total.mean().backward()
    assert all(parameter.grad.isfinite().all() for parameter in vae.parameters())


# --- Importance weights -------------------------------------------------------------------------


def make_bent_model(latent_dim=1, count=4):
    """A VAE in float64 whose images depend on z, and images that it would draw."""
    config = TrainConfig(hidden=(12,), latent_dim=latent_dim, seed=3)
    vae = build_model(config, (1, 8, 8)).double()
    with torch.no_grad():
        for parameter in vae.decoder.parameters():
            parameter.mul_(4)
        z = 1.5 * torch.randn(count, latent_dim, generator=seeded(), dtype=torch.float64)
        means = vae.likelihood.mean(vae.decoder(z))
        x = torch.bernoulli(means, generator=seeded())
        # Not far from the true posterior, and not quite it.
        vae.encoder.forward = lambda x, labels=None: Posterior(
            0.8 * z[: len(x)] + 0.1, torch.full((len(x), latent_dim), -1.0, dtype=z.dtype)
        )
    return vae, x


def log_evidence(vae, x, latent_dim):
    """Log p(x) by the trapezium rule over z, ``(B,)``: in one or two dimensions as good as exact.

    The integrand is smooth and vanishes at both ends, so the rule's error falls exponentially.
    """
    side = torch.linspace(-7, 7, {1: 2001, 2: 141}[latent_dim], dtype=torch.float64)
    z = torch.cartesian_prod(*[side] * latent_dim).reshape(-1, latent_dim)
    log_prior = Normal(0.0, 1.0).log_prob(z).sum(1)
    cell = latent_dim * (side[1] - side[0]).log()
    with torch.no_grad():
        logits = vae.decoder(z)
        each = [vae.likelihood.log_prob(logits, one.expand_as(logits)) for one in x]
    return torch.stack([torch.logsumexp(log + log_prior, 0) + cell for log in each])


def weigh(vae, x, num_samples, **settings):
    with torch.no_grad():
        return log_weights(vae, x, vae.encoder(x), num_samples, **settings)


def test_a_weight_is_the_joint_density_over_the_codes():
    """Each sample of each image by itself, with the same noise."""
    vae, x = make_model("vae")
    mu, logvar = vae.encoder(x)
    weights, errors = log_weights(vae, x, Posterior(mu, logvar), 5, generator=seeded())
    assert weights.shape == errors.shape == (5, 9)
    noise = torch.randn(45, 4, generator=seeded()).reshape(5, 9, 4)
    q = Normal(mu, (0.5 * logvar).exp())
    for epsilon, weight, error in zip(noise, weights, errors, strict=True):
        z = q.mean + q.stddev * epsilon
        log_ratio = (Normal(0.0, 1.0).log_prob(z) - q.log_prob(z)).sum(1)
        log_likelihood = vae.likelihood.log_prob(vae.decoder(z), x)
        assert torch.allclose(error, -log_likelihood, rtol=1e-5)
        assert torch.allclose(weight, log_likelihood + log_ratio, rtol=1e-5)


@pytest.mark.parametrize("beta", [0.0, 0.3, 4.0])
def test_beta_is_the_power_of_the_codes_part_of_a_weight(beta):
    vae, x = make_bent_model(2)
    weighed, errors = weigh(vae, x, 6, beta=beta, generator=seeded())
    plain, same = weigh(vae, x, 6, generator=seeded())
    assert torch.equal(errors, same)
    assert torch.allclose(weighed, -errors + beta * (plain + errors))


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_a_single_weights_log_is_the_elbo_on_average(latent_dim):
    vae, x = make_bent_model(latent_dim)
    weights, errors = weigh(vae, x, 20_000, generator=seeded())
    log_ratio = weights + errors
    kl = gaussian_kl(vae.encoder(x)).sum(1)
    standard_error = log_ratio.std(0) / len(log_ratio) ** 0.5
    assert ((log_ratio.mean(0) + kl).abs() < 4 * standard_error).all()


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_weights_average_to_the_evidence(latent_dim):
    vae, x = make_bent_model(latent_dim)
    weights, _ = weigh(vae, x, 20_000, generator=seeded())
    evidence = log_evidence(vae, x, latent_dim)
    relative = torch.exp(weights - evidence)
    standard_error = relative.std(0) / len(weights) ** 0.5
    assert (standard_error < 0.02).all()
    assert ((relative.mean(0) - 1).abs() < 4 * standard_error).all()


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_the_bound_rises_with_k_to_the_evidence(latent_dim):
    """Burda et al. 2015, theorem 1."""
    vae, x = make_bent_model(latent_dim)
    weights, _ = weigh(vae, x, 20_000, generator=seeded())
    evidence = log_evidence(vae, x, latent_dim)
    gaps = []
    for k in (1, 10, 100, 1000):
        groups = weights.reshape(-1, k, len(x)).transpose(0, 1)  # (k, 20,000 / k, B)
        gaps.append(evidence - importance_bound(groups).mean(0))
    for wide, narrow in itertools.pairwise(gaps):
        assert (narrow < wide).all()
    assert (gaps[0] > 0.05).all()
    relative = torch.exp(weights - evidence)
    luck = 4 * relative.std(0) / len(weights) ** 0.5
    # What remains at k is half the weights' relative variance over k (Maddison et al. 2017).
    assert (gaps[-1] < relative.var(0) / 2000 + luck).all()
    assert (gaps[-1] > -luck).all()


@pytest.mark.parametrize("k", [1, 3, 50])
def test_where_the_posterior_is_true_every_bound_is_the_evidence(k):
    """x = W z + noise, the columns of W orthogonal: posterior and evidence in closed form."""
    dtype, sigma = torch.float64, 0.3
    weight = torch.linalg.qr(torch.randn(16, 3, generator=seeded(), dtype=dtype))[0] * 0.7
    x = torch.randn(5, 16, generator=seeded(), dtype=dtype)
    precision = 1 + 0.7**2 / sigma**2
    posterior = Posterior(x @ weight / sigma**2 / precision, torch.full((5, 3), -math.log(precision), dtype=dtype))
    model = SimpleNamespace(
        code=lambda posterior, generator: VAE.code(None, posterior, generator),
        decoder=lambda z, labels: z @ weight.T,
        likelihood=SimpleNamespace(log_prob=lambda mean, x: Normal(mean, sigma).log_prob(x).sum(1)),
    )
    weights, _ = log_weights(model, x, posterior, k, generator=seeded())
    covariance = weight @ weight.T + sigma**2 * torch.eye(16, dtype=dtype)
    log_p = MultivariateNormal(torch.zeros(16, dtype=dtype), covariance).log_prob(x)
    assert torch.allclose(weights, log_p.expand(k, 5), rtol=1e-10)
    assert torch.allclose(importance_bound(weights), log_p, rtol=1e-10)


@pytest.mark.parametrize("shift", [0.0, -5000.0, 5000.0])
def test_the_bound_is_the_log_of_the_mean_however_small_the_weights(shift):
    weights = torch.tensor([[0.1, 2.0], [0.3, 1.0]], dtype=torch.float64)
    bound = importance_bound(weights.log() + shift)
    assert torch.allclose(bound, torch.tensor([0.2, 1.5], dtype=torch.float64).log() + shift)


@pytest.mark.parametrize(("k", "beta"), [(1, 1.0), (6, 1.0), (6, 0.3)])
def test_the_iwae_loss_is_minus_the_bound(k, beta):
    vae, x = make_model("vae")
    config = TrainConfig(objective="iwae", num_samples=k, beta=beta)
    terms = loss_terms(vae, x, config, generator=seeded())
    weights, errors = log_weights(vae, x, vae.encoder(x), k, beta, seeded())
    assert torch.allclose(terms.total, -importance_bound(weights), rtol=1e-6)
    assert torch.allclose(terms.reconstruction, errors.mean(0), rtol=1e-6)


def gradients(model, loss):
    model.zero_grad()
    loss.mean().backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def test_with_one_sample_its_gradient_is_that_of_the_sampled_elbo():
    vae, x = make_model("vae")
    config = TrainConfig(objective="iwae", num_samples=1)
    ours = gradients(vae, loss_terms(vae, x, config, generator=seeded()).total)
    mu, logvar = vae.encoder(x)
    q = Normal(mu, (0.5 * logvar).exp())
    z = q.mean + q.stddev * torch.randn(mu.shape, generator=seeded())
    log_joint = vae.likelihood.log_prob(vae.decoder(z), x) + Normal(0.0, 1.0).log_prob(z).sum(1)
    expected = gradients(vae, q.log_prob(z).sum(1) - log_joint)
    for name, gradient in expected.items():
        assert torch.allclose(ours[name], gradient, rtol=1e-4, atol=1e-6), name


def test_its_gradient_is_the_weighted_mean_of_the_samples_gradients():
    """Burda et al. 2015, equation 14: each sample counts by its normalized weight."""
    vae, x = make_model("vae")
    config = TrainConfig(objective="iwae", num_samples=5)
    ours = gradients(vae, loss_terms(vae, x, config, generator=seeded()).total)
    weights, _ = log_weights(vae, x, vae.encoder(x), 5, generator=seeded())
    share = torch.softmax(weights, dim=0).detach()
    assert share.std() > 0.01
    expected = gradients(vae, -(share * weights).sum(0))
    for name, gradient in expected.items():
        assert torch.allclose(ours[name], gradient, rtol=1e-4, atol=1e-6), name


# --- The KL term taken apart --------------------------------------------------------------------


def draw(posterior, seed=1):
    mu, logvar = posterior
    noise = torch.randn(mu.shape, generator=seeded(seed), dtype=mu.dtype)
    return mu + (0.5 * logvar).exp() * noise


@pytest.mark.parametrize(("count", "latent_dim"), [(1, 3), (2, 1), (7, 4), (64, 5)])
@pytest.mark.parametrize("num_images", [None, 1000])
def test_the_three_parts_sum_to_the_log_ratio(count, latent_dim, num_images):
    mu, logvar = posterior = make_posterior(count, latent_dim)
    z = draw(posterior)
    log_q = Normal(mu, (0.5 * logvar).exp()).log_prob(z).sum(1)
    expected = log_q - Normal(0.0, 1.0).log_prob(z).sum(1)
    parts = kl_parts(posterior, z, num_images)
    assert torch.allclose(sum(parts), expected, rtol=1e-10, atol=1e-10)


def test_their_sum_is_the_kl_on_average():
    posterior = Posterior(torch.tensor([[0.7, -1.5], [0.0, 2.0]]), torch.tensor([[-1.0, 0.8]] * 2))
    sums = torch.stack([sum(kl_parts(posterior, draw(posterior, seed))) for seed in range(1500)])
    standard_error = sums.std(0) / len(sums) ** 0.5
    assert ((sums.mean(0) - gaussian_kl(posterior).sum(1)).abs() < 4 * standard_error).all()


@pytest.mark.parametrize("num_images", [None, 500])
def test_the_parts_are_the_papers_sums(num_images):
    """Chen et al. 2018, equation S6 of appendix C.1, number by number."""
    mu, logvar = posterior = make_posterior(6, 3)
    z = draw(posterior)

    def log_q(i, j, d):
        sigma = math.exp(0.5 * logvar[j, d])
        return -0.5 * ((z[i, d] - mu[j, d]) / sigma) ** 2 - math.log(sigma * math.sqrt(2 * math.pi))

    parts = kl_parts(posterior, z, num_images)
    total = 6 * (num_images or 1)
    for i in range(6):
        joint, each = 0.0, [0.0] * 3
        for j in range(6):
            product = 1.0
            for d in range(3):
                density = math.exp(log_q(i, j, d))
                each[d] += density / total
                product *= density
            joint += product / total
        prior = sum(-0.5 * float(z[i, d]) ** 2 - 0.5 * math.log(2 * math.pi) for d in range(3))
        own = sum(float(log_q(i, i, d)) for d in range(3))
        marginals = sum(math.log(density) for density in each)
        assert parts.index_code_mi[i].item() == pytest.approx(own - math.log(joint), rel=1e-9)
        assert parts.total_correlation[i].item() == pytest.approx(math.log(joint) - marginals)
        assert parts.dimension_kl[i].item() == pytest.approx(marginals - prior, rel=1e-9)


def test_the_papers_count_of_images_moves_each_part_and_no_gradient():
    mu, logvar = make_posterior(8, 4)
    found = []
    for num_images in (None, 60_000):
        posterior = Posterior(mu.clone().requires_grad_(), logvar.clone().requires_grad_())
        parts = kl_parts(posterior, draw(posterior), num_images)
        parts.total_correlation.sum().backward()
        found.append((parts, posterior.mu.grad, posterior.logvar.grad))
    (parts, *ours), (moved, *theirs) = found
    log_n = math.log(60_000)
    assert torch.allclose(moved.index_code_mi, parts.index_code_mi + log_n)
    assert torch.allclose(moved.total_correlation, parts.total_correlation + 3 * log_n)
    assert torch.allclose(moved.dimension_kl, parts.dimension_kl - 4 * log_n)
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("correlation", [0.0, 0.5, -0.9])
def test_the_total_correlation_of_a_gaussian_aggregate_is_in_closed_form(correlation):
    """Half the negative log-determinant of the correlation matrix; 0 where that is diagonal."""
    variance, count = 0.3, 1500
    aggregate = torch.tensor([[1.0, correlation], [correlation, 1.0]])
    means = torch.linalg.cholesky(aggregate - variance * torch.eye(2) * (1 - abs(correlation)))
    spread = variance * (1 - abs(correlation))
    estimates = []
    for seed in range(4):
        mu = torch.randn(count, 2, generator=seeded(seed)) @ means.T
        posterior = Posterior(mu, torch.full_like(mu, math.log(spread)))
        parts = kl_parts(posterior, draw(posterior, seed + 50))
        estimates.append(parts.total_correlation.mean().item())
        # The aggregate of each dimension is the prior.
        assert parts.dimension_kl.mean().item() == pytest.approx(0, abs=0.06)
    exact = -0.5 * math.log(1 - correlation**2)
    assert sum(estimates) / 4 == pytest.approx(exact, abs=0.03)


def test_a_batchs_total_correlation_is_far_above_that_of_all():
    """Independent dimensions: q(z) is N(0, I) exactly, and its total correlation 0."""
    sigma, latent_dim = 0.1, 10
    found = {}
    for count in (128, 1024):
        mu = math.sqrt(1 - sigma**2) * torch.randn(count, latent_dim, generator=seeded())
        posterior = Posterior(mu, torch.full_like(mu, 2 * math.log(sigma)))
        found[count] = kl_parts(posterior, draw(posterior)).total_correlation.mean().item()
    assert found[128] == pytest.approx(17, abs=0.5)
    assert found[128] > found[1024] > 5


def test_with_beta_1_it_is_the_elbo_and_so_is_its_gradient():
    vae, x = make_model("vae")
    found = []
    for objective in ("elbo", "tc"):
        terms = loss_terms(vae, x, TrainConfig(objective=objective), generator=seeded())
        found.append((terms, gradients(vae, terms.total)))
    (elbo, expected), (tc, ours) = found
    assert torch.equal(tc.total, elbo.total)
    assert all(torch.equal(ours[name], gradient) for name, gradient in expected.items())


@pytest.mark.parametrize("beta", [0.0, 4.0])
def test_beta_weighs_the_total_correlation_alone(beta):
    """Chen et al. 2018, equation 4, with the exact KL in place of the sampled one."""
    vae, x = make_model("vae")
    terms = loss_terms(vae, x, TrainConfig(objective="tc", beta=beta), generator=seeded())
    posterior = vae.encoder(x)
    parts = kl_parts(posterior, vae.code(posterior, seeded()))
    paper = parts.index_code_mi + beta * parts.total_correlation + parts.dimension_kl
    luck = gaussian_kl(posterior).sum(1) - sum(parts)
    assert torch.allclose(terms.total, terms.reconstruction + paper + luck, rtol=1e-6)


# --- Maximum mean discrepancy -------------------------------------------------------------------


def mean_over_widths(of_one):
    """The kernel is the mean of several Gaussian ones: so is whatever is linear in it."""
    return sum(of_one(scale) for scale in KERNEL_WIDTHS) / len(KERNEL_WIDTHS)


def kernel(a, b, latent_dim):
    square = sum((s - t) ** 2 for s, t in zip(a, b, strict=True))
    return mean_over_widths(lambda scale: math.exp(-square / (2 * scale * latent_dim)))


def kernels(squares, latent_dim):
    return mean_over_widths(lambda scale: torch.exp(-squares / (2 * scale * latent_dim)))


@pytest.mark.parametrize("latent_dim", [1, 2, 6])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_mmd_is_gretton_with_the_prior_in_place_of_draws(latent_dim, dtype):
    z = 0.5 + 1.3 * torch.randn(12, latent_dim, generator=seeded(), dtype=dtype)
    draws = torch.randn(200_000, latent_dim, generator=seeded(3), dtype=torch.float64)
    rows = z.tolist()
    among_codes = sum(kernel(a, b, latent_dim) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j) / (
        12 * 11
    )
    squares = torch.cdist(z.double(), draws).square()
    to_prior = kernels(squares, latent_dim).mean()
    halves = (draws[:100_000] - draws[100_000:]).square().sum(1)
    among_prior = kernels(halves, latent_dim).mean()
    found = mmd(z)
    assert found.dtype == dtype
    assert found.shape == ()
    # 1 / sqrt(100,000) is 0.003, and the kernel's own spread a third of that.
    exact = among_codes - 2 * to_prior.item() + among_prior.item()
    assert found.item() == pytest.approx(exact, abs=0.005)


@pytest.mark.parametrize(("count", "latent_dim"), [(2, 1), (8, 3), (32, 10)])
def test_mmd_is_zero_on_average_where_codes_are_the_priors(count, latent_dim):
    z = torch.randn(4000, count, latent_dim, generator=seeded(), dtype=torch.float64)
    found = torch.stack([mmd(batch) for batch in z])
    assert abs(found.mean()) < 4 * found.std() / 4000**0.5
    assert (found < 0).any()


@pytest.mark.parametrize(("shift", "scale"), [(1.5, 1.0), (0.0, 0.4), (-0.7, 2.0)])
@pytest.mark.parametrize("latent_dim", [1, 4])
def test_mmd_of_gaussian_codes_is_in_closed_form(shift, scale, latent_dim):
    """Each of the three means is of a Gaussian kernel over a Gaussian difference of codes."""

    def mean_kernel(variance, distance):
        def of_one(scale):
            width = scale * latent_dim + variance
            return math.exp(-(distance**2) / (2 * width)) * (scale * latent_dim / width) ** (latent_dim / 2)

        return mean_over_widths(of_one)

    far = abs(shift) * latent_dim**0.5
    exact = mean_kernel(2 * scale**2, 0) - 2 * mean_kernel(1 + scale**2, far) + mean_kernel(2, 0)
    noise = torch.randn(500, 64, latent_dim, generator=seeded(), dtype=torch.float64)
    found = torch.stack([mmd(shift + scale * batch) for batch in noise])
    assert exact > 0
    assert abs(found.mean() - exact) < 4 * found.std() / 500**0.5


def plain_mmd(z):
    count, latent_dim = z.shape
    squares = (z[:, None] - z[None]).square().sum(2)
    others = ~torch.eye(count, dtype=torch.bool)

    def of_one(scale):
        width = scale * latent_dim
        among_codes = torch.exp(-squares / (2 * width))[others].mean()
        to_prior = torch.exp(-z.square().sum(1) / (2 * (width + 1))).mean()
        among_prior = (width / (width + 2)) ** (latent_dim / 2)
        return among_codes - 2 * to_prior * (width / (width + 1)) ** (latent_dim / 2) + among_prior

    return mean_over_widths(of_one)


def test_codes_that_are_far_out_are_still_pulled_back():
    """A single kernel as wide as the prior had nearly no gradient left there: 1e-10."""
    z = 12 + torch.randn(64, 2, generator=seeded(), dtype=torch.float64)
    z.requires_grad_()
    mmd(z).backward()
    assert (z.grad.mean(0) > 1e-6).all()


@pytest.mark.parametrize("times", [1, 3])
def test_codes_that_lie_on_each_other_are_pulled_as_others_are(times):
    """A distance has no gradient at zero; its square has."""
    z = torch.randn(4, 3, generator=seeded(), dtype=torch.float64).repeat(times, 1)
    ours, theirs = z.clone().requires_grad_(), z.clone().requires_grad_()
    found, expected = mmd(ours), plain_mmd(theirs)
    found.backward()
    expected.backward()
    assert torch.allclose(found, expected)
    assert theirs.grad.any()
    assert torch.allclose(ours.grad, theirs.grad)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_single_code_has_no_discrepancy_to_be_told(dtype):
    z = torch.randn(1, 3, dtype=dtype, requires_grad=True)
    value = mmd(z)
    value.backward()
    assert value.item() == 0
    assert value.dtype == dtype
    assert not z.grad.any()


@pytest.mark.parametrize("weight", [0.0, 50.0])
def test_infovae_is_beta_vae_and_weighted_mmd(weight):
    """Zhao et al. 2017, equation 6: 1 - alpha is our beta, alpha + lambda - 1 our weight."""
    vae, x = make_model("vae")
    config = TrainConfig(objective="mmd", beta=0.2, mmd_weight=weight, free_bits=0.1)
    terms = loss_terms(vae, x, config, generator=seeded())
    plain = loss_terms(vae, x, config.model_copy(update={"objective": "elbo"}), generator=seeded())
    z = vae.code(vae.encoder(x), seeded())
    assert torch.allclose(terms.total, plain.total + weight * mmd(z))
    assert torch.allclose(terms.penalty, plain.penalty + weight * mmd(z))


@pytest.mark.parametrize("warmup", [1.0, 0.5])
def test_a_wasserstein_autoencoder_is_reconstruction_and_weighted_mmd(warmup):
    """Tolstikhin et al. 2018, equation 4: codes are points, and have no KL."""
    ae, x = make_model("ae")
    config = TrainConfig(model="ae", objective="wae", mmd_weight=40.0, beta=7.0, free_bits=1.0)
    terms = loss_terms(ae, x, config, warmup, generator=seeded())
    posterior, z, logits = ae(x)
    assert torch.equal(z, posterior.mu)
    assert torch.equal(terms.reconstruction, -ae.likelihood.log_prob(logits, x))
    assert not terms.kl_per_dim.any()
    assert torch.allclose(terms.total, terms.reconstruction + warmup * 40 * mmd(z))
    assert torch.allclose(terms.penalty, (warmup * 40 * mmd(z)).expand(len(x)))


# --- A capacity schedule ------------------------------------------------------------------------


@pytest.mark.parametrize("progress", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("capacity", [0.1, 50.0], ids=["below the KL", "above"])
def test_a_capacity_costs_gamma_times_how_far_the_kl_is_from_it(capacity, progress):
    """Burgess et al. 2018, equation 8."""
    vae, x = make_model("vae")
    config = TrainConfig(objective="capacity", gamma=6.0, capacity=capacity, beta=9.0)
    terms = loss_terms(vae, x, config, generator=seeded(), progress=progress)
    posterior = vae.encoder(x)
    kl = kl_divergence(Normal(posterior.mu, (0.5 * posterior.logvar).exp()), Normal(0.0, 1.0)).sum(1).mean()
    expected = terms.reconstruction + 6 * abs(kl - capacity * progress)
    assert torch.allclose(terms.total, expected, rtol=1e-5)


# --- FactorVAE ----------------------------------------------------------------------------------


def correlated(count, latent_dim, correlation, generator):
    """Draws of Gaussians, each pair of which has one correlation; and their total correlation in nats."""
    matrix = correlation + (1 - correlation) * torch.eye(latent_dim)
    draws = torch.randn(count, latent_dim, generator=generator) @ torch.linalg.cholesky(matrix).T
    return draws, -0.5 * torch.logdet(matrix).item()


@pytest.mark.parametrize(("latent_dim", "correlation"), [(2, 0.0), (2, 0.9), (4, 0.0), (4, 0.5)])
def test_a_discriminator_comes_to_the_total_correlation_of_gaussians(latent_dim, correlation):
    """Half the negative log-determinant of the correlation matrix; 0 where dimensions are independent."""
    discriminator, chance = companion_of(TrainConfig(objective="factor", latent_dim=latent_dim)), seeded()
    for _ in range(400):
        discriminator.log_ratio(correlated(256, latent_dim, correlation, chance)[0], learns=True)
        discriminator.learn(chance)
    fresh, exact = correlated(4000, latent_dim, correlation, chance)
    with torch.no_grad():
        found = discriminator.log_ratio(fresh).mean().item()
    assert found == pytest.approx(exact, abs=0.15)


def test_shuffled_dimensions_keep_what_each_is_and_lose_what_joins_them():
    z, _ = correlated(4000, 3, 0.9, seeded())
    shuffled = permute_dims(z, seeded(3))
    assert torch.equal(shuffled.sort(0).values, z.sort(0).values)
    assert (shuffled.T.corrcoef() - torch.eye(3)).abs().max() < 0.06


@pytest.mark.parametrize("beta", [1.0, 3.0])
def test_factorvae_is_the_elbo_and_gamma_times_the_log_ratio(beta):
    """Kim and Mnih 2018, equations 2 and 3."""
    vae, x = make_model("vae")
    config = TrainConfig(objective="factor", latent_dim=4, beta=beta, gamma=20.0)
    discriminator = companion_of(config)
    terms = objectives.loss_terms(vae, x, config, generator=seeded(), companion=discriminator)
    plain = loss_terms(vae, x, config.model_copy(update={"objective": "elbo"}), generator=seeded())
    says_real = torch.sigmoid(discriminator.network(vae.code(vae.encoder(x), seeded()))).squeeze(1)
    expected = plain.total + 20 * (says_real.log() - (1 - says_real).log())
    assert torch.allclose(terms.total, expected, rtol=1e-5)


def test_a_discriminator_is_not_taught_by_the_models_loss():
    vae, x = make_model("vae")
    config = TrainConfig(objective="factor", latent_dim=4)
    discriminator = companion_of(config)
    terms = objectives.loss_terms(vae, x, config, generator=seeded(), companion=discriminator)
    terms.penalty.sum().backward()
    assert vae.encoder.heads.mu.weight.grad.any()
    assert all(weight.grad is None for weight in discriminator.network.parameters())


def test_without_its_discriminator_factorvae_says_what_it_takes():
    vae, x = make_model("vae")
    with pytest.raises(ValueError, match="takes a discriminator: give loss_terms the companion of its config"):
        objectives.loss_terms(vae, x, TrainConfig(objective="factor", latent_dim=4))
