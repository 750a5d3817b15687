import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vaelab.config import TrainConfig
from vaelab.models import build_model
from vaelab.nn import Posterior
from vaelab.objectives import gaussian_kl, loss_terms, negative_elbo


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
    assert torch.equal(
        gaussian_kl(Posterior(torch.zeros(2, 3), torch.zeros(2, 3))), torch.zeros(2, 3)
    )
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
    assert terms.total.mean().item() == pytest.approx(
        (reconstruction.mean() + beta * charged).item(), rel=1e-6
    )
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
    terms = loss_terms(ae, x, TrainConfig(model="ae", free_bits=free_bits), beta)
    assert torch.equal(terms.total, terms.reconstruction)
    assert not terms.kl.any()
    assert terms.kl_per_dim.shape == (9, 4)
    assert not terms.kl_per_dim.any()
