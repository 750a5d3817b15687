"""FactorVAE: the total correlation of codes, told by a discriminator."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vaelab.config import TrainConfig
from vaelab.networks.objectives.base import Batch, LossTerms, add
from vaelab.networks.objectives.elbo import elbo
from vaelab.networks.optimizer_state import load_state_of, named, state_of, under
from vaelab.networks.torch_settings import our_torch

__all__ = ["Discriminator", "factor", "permute_dims"]

#: Units of each of the discriminator's hidden layers.
WIDTHS = (128, 128, 128)

#: Its learning rate, and how long its moments remember.
RATE, BETAS = 1e-3, (0.5, 0.9)


def factor(batch: Batch) -> LossTerms:
    """FactorVAE (Kim and Mnih 2018, equation 2).

    The ELBO, and gamma times the total correlation of the codes more, which is estimated by the density ratio that a
    discriminator has learned (equation 3).

    Raises
    ------
    ValueError
        If the batch comes without the discriminator.
    """
    if not isinstance(batch.companion, Discriminator):
        raise ValueError("The objective factor takes a discriminator: give loss_terms the companion of its config.")
    terms = elbo(batch)
    correlation = batch.companion.log_ratio(batch.z, learns=batch.model.training)
    return add(terms, batch.warmup * batch.config.gamma * correlation)


def permute_dims(z: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Shuffle each dimension by itself (Kim and Mnih 2018, algorithm 1).

    Parameters
    ----------
    z
        ``(B, D)``.
    generator
        Source of the shuffles.

    Returns
    -------
    Tensor
        Same shape: as if drawn from the product of the dimensions' own densities, but for chance that leaves
        two numbers of one code together, one time in B.
    """
    order = torch.rand(z.shape, generator=generator, device=z.device).argsort(0)
    return z.gather(0, order)


class Discriminator:
    """Tells codes from codes whose dimensions were shuffled (Kim and Mnih 2018, algorithm 2).

    Where it is as good as can be, its logit is ``log q(z) - log prod_d q(z_d)``, whose mean over q(z) is the total
    correlation. It learns from the codes of the model's own step; the paper encodes a second batch for it.

    Parameters
    ----------
    config
        Its number of latent dimensions, and the seed of its first weights.
    device
        Where to compute.
    """

    def __init__(self, config: TrainConfig, device: torch.device) -> None:
        with our_torch(), torch.device("cpu"), torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            layers: list[nn.Module] = []
            width = config.latent_dim
            for units in WIDTHS:
                layers += [nn.Linear(width, units), nn.LeakyReLU(0.2)]
                width = units
            self.network = nn.Sequential(*layers, nn.Linear(width, 1)).to(device)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=RATE, betas=BETAS, fused=True)
        self.codes: Tensor | None = None

    def log_ratio(self, z: Tensor, learns: bool = False) -> Tensor:
        """Estimate ``log q(z) - log prod_d q(z_d)``.

        Parameters
        ----------
        z
            ``(B, D)``.
        learns
            Whether the next step of its own is to be on these codes.

        Returns
        -------
        Tensor
            ``(B,)``, in nats; the gradient is for z, and none of its own weights is held to it.
        """
        if learns:
            self.codes = z.detach()
        logits: Tensor = torch.func.functional_call(
            self.network, {name: weight.detach() for name, weight in self.network.named_parameters()}, z
        )
        return logits.squeeze(1)

    def learn(self, generator: torch.Generator | None = None) -> None:
        """Take a step on the codes that it was last asked about in training."""
        if self.codes is None or len(self.codes) < 2:  # of a single code there is no other to shuffle with
            return
        real, shuffled = self.network(self.codes), self.network(permute_dims(self.codes, generator))
        loss = F.softplus(-real).mean() + F.softplus(shuffled).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def state(self) -> dict[str, Tensor]:
        """Take its weights and its optimizer's state, by name."""
        return self.weights() | named("optimizer", state_of(self.optimizer))

    def weights(self) -> dict[str, Tensor]:
        """Take its network's weights, by name."""
        return named("network", self.network.state_dict())

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Go on from what ``state`` returned.

        Parameters
        ----------
        tensors
            As ``state`` or ``weights`` returned them.

        Raises
        ------
        RuntimeError
            If they are of another number of dimensions.
        """
        self.network.load_state_dict(under("network", tensors))
        load_state_of(self.optimizer, under("optimizer", tensors))
