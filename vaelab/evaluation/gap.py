"""Where the ELBO loses what it lies below log p(x): by its Gaussian's shape, or by the encoder's haste."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vaelab.engine import Engine, Labels
from vaelab.networks.nn import Posterior
from vaelab.networks.objectives import gaussian_kl
from vaelab.training.devices import images_at_once, to_float

__all__ = ["MAX_DIMENSIONS", "Gap", "elbo_gap", "log_marginal"]

#: A grid in more has more cells than there is time for.
MAX_DIMENSIONS = 2

#: Cells of the first grid along each dimension, and how many of an image's are divided further, at the most.
NUM_CELLS, MAX_KEPT = 120, 1_500

#: A cell whose p(x, z) is so many nats below the highest is left as it is.
WORTH = 40.0

#: Quadrature points a dimension, for a Gaussian that is sought, and for what it is worth in the end.
NODES, FINE_NODES = 6, 16

#: Steps of Adam to the best Gaussian of each image, and their size.
NUM_STEPS, STEP = 200, 0.03

#: Images whose Gaussians are sought at a time.
TOGETHER = 10


class Gap(NamedTuple):
    """What lies between log p(x) and the ELBO of each image, ``(N,)`` each in nats.

    Attributes
    ----------
    log_p
        log p(x); of a conditional model log p(x|y).
    elbo
        The ELBO of the encoder's q(z|x).
    approximation
        What even the best Gaussian with a diagonal covariance loses.
    amortization
        What the encoder's Gaussian loses besides, since one network has to find them all.
    """

    log_p: NDArray[np.float64]
    elbo: NDArray[np.float64]
    approximation: NDArray[np.float64]
    amortization: NDArray[np.float64]


def elbo_gap(
    engine: Engine,
    images: NDArray[np.generic],
    labels: Labels = None,
    report: Callable[[float], None] = lambda fraction: None,
) -> Gap:
    """Split the gap of the ELBO into approximation and amortization (Cremer et al. 2018, arXiv:1801.03558).

    log p(x) is a sum over a grid, see ``log_marginal``; an ELBO is an integral by Gauss and Hermite;
    the best Gaussian of an image is searched by gradient, from the encoder's and from where p(z|x) is
    highest, which may be elsewhere: importance sampling from the encoder's never finds it there.

    Parameters
    ----------
    engine
        A VAE of one or two dimensions.
    images
        ``(N, C, H, W)``.
    labels
        As ``engine.encode`` takes them.
    report
        Called with the fraction done, 0 to 1.

    Returns
    -------
    Gap
        ``log_p - elbo`` is the sum of the two others; amortization is not below 0.

    Raises
    ------
    ValueError
        If the model is an autoencoder, or has more dimensions.
    """
    log_p, modes = _sum_over_grid(engine, images, labels, lambda part: report(0.5 * part))
    x, y = _tensors(engine, images, labels)
    with torch.no_grad():
        found = engine.model.encoder(x, y)
    parts = []
    for start in range(0, len(x), TOGETHER):
        some = slice(start, start + TOGETHER)
        label = None if y is None else y[some]
        mine = Posterior(found.mu[some], found.logvar[some])
        ours = highest = _elbo(engine, x[some], label, mine, FINE_NODES)
        for begin in (mine, Posterior(modes[some], mine.logvar)):
            best = _best_posterior(engine, x[some], label, begin)
            highest = np.maximum(highest, _elbo(engine, x[some], label, best, FINE_NODES))
        parts.append((ours, highest))
        report(0.5 + 0.5 * min(1.0, (start + TOGETHER) / len(x)))
    ours, highest = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Gap(log_p, ours, log_p - highest, highest - ours)


def log_marginal(engine: Engine, images: NDArray[np.generic], labels: Labels = None) -> NDArray[np.float64]:
    """Sum p(x, z) over a grid of z, which is divided where an image needs it.

    Parameters
    ----------
    engine, images, labels
        As ``elbo_gap`` takes them.

    Returns
    -------
    ndarray
        float64 ``(N,)``: log p(x), or log p(x|y), in nats; exact but for what lies beyond the grid,
        which reaches past the prior and all of the images' posteriors.

    Raises
    ------
    ValueError
        As ``elbo_gap``.
    """
    return _sum_over_grid(engine, images, labels, lambda fraction: None)[0]


def _sum_over_grid(
    engine: Engine, images: NDArray[np.generic], labels: Labels, report: Callable[[float], None]
) -> tuple[NDArray[np.float64], Tensor]:
    """Log p(x) of each image, and where p(z|x) is highest, ``(N, D)``."""
    if not engine.is_vae or engine.latent_dim > MAX_DIMENSIONS:
        raise ValueError(f"log p(x) is summed for a VAE of {MAX_DIMENSIONS} dimensions at the most.")
    codes = engine.encode(images, labels)
    extent = max(5.0, float((np.abs(codes.mu) + 6 * codes.sigma).max()))
    width = 2 * extent / NUM_CELLS
    axis = -extent + width * (np.arange(NUM_CELLS) + 0.5)
    grid = np.stack(np.meshgrid(*[axis] * engine.latent_dim), -1).reshape(-1, engine.latent_dim)
    x, y = _tensors(engine, images, labels)
    # A posterior as narrow as a cell is summed to many digits.
    narrowest = codes.sigma.min(1)
    found, modes = np.empty(len(x)), np.empty_like(codes.mu)
    everywhere = _log_joints(engine, x, y, grid)
    for row in range(len(x)):
        label = None if y is None else y[row : row + 1]
        z, cell, log_joint = grid, width, everywhere[row]
        while cell > narrowest[row] / 1.5:
            kept = np.argsort(-log_joint)[:MAX_KEPT]
            kept = kept[log_joint[kept] > log_joint.max() - WORTH]
            steps = np.stack(np.meshgrid(*[np.array([-1, 0, 1]) * cell / 3] * engine.latent_dim), -1)
            z = (z[kept, None] + steps.reshape(-1, engine.latent_dim)).reshape(-1, engine.latent_dim)
            log_joint, cell = _log_joints(engine, x[row : row + 1], label, z)[0], cell / 3
        found[row] = np.logaddexp.reduce(log_joint) + engine.latent_dim * np.log(cell)
        modes[row] = z[log_joint.argmax()]
        report((row + 1) / len(x))
    return found, torch.from_numpy(modes).to(engine.device)


def _tensors(engine: Engine, images: NDArray[np.generic], labels: Labels) -> tuple[Tensor, Tensor | None]:
    part = torch.from_numpy(np.array(images, order="C")).to(engine.device)
    x = to_float(part) if part.dtype == torch.uint8 else part.float()
    if not engine.num_labels:
        return x, None
    return x, torch.from_numpy(np.broadcast_to(np.asarray(labels, np.int64), (len(x),)).copy()).to(engine.device)


def _log_joints(engine: Engine, x: Tensor, y: Tensor | None, z: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute log p(x, z) of each image at each of z ``(G, D)``: ``(N, G)``."""
    engine.model.eval()
    found = np.empty((len(x), len(z)))
    step = images_at_once(tuple(x.shape[1:]))
    # Labels differ from image to image, and what is decoded with them.
    groups = [(slice(None), None)] if y is None else [(slice(row, row + 1), y[row]) for row in range(len(x))]
    with torch.inference_mode():
        for start in range(0, len(z), step):
            part = torch.from_numpy(z[start : start + step]).float().to(engine.device)
            for rows, label in groups:
                logits = engine.model.decoder(part, None if label is None else label.expand(len(part)))
                for row in range(len(x))[rows]:
                    log_likelihood = engine.model.likelihood.log_prob(logits, x[row].expand(len(part), *x.shape[1:]))
                    found[row, start : start + step] = log_likelihood.double().cpu().numpy()
    log_prior = -0.5 * (np.log(2 * np.pi) + z.astype(np.float64) ** 2).sum(1)
    joint: NDArray[np.float64] = found + log_prior
    return joint


def _reconstruction(engine: Engine, x: Tensor, y: Tensor | None, posterior: Posterior, num_nodes: int) -> Tensor:
    """-E log p(x|z) over q(z|x) of each image, ``(N,)``, by Gauss and Hermite."""
    points, weights = np.polynomial.hermite_e.hermegauss(num_nodes)
    d = posterior.mu.shape[1]
    nodes = torch.from_numpy(np.stack(np.meshgrid(*[points] * d), -1).reshape(-1, 1, d)).float().to(x.device)
    shares = np.prod(np.stack(np.meshgrid(*[weights / weights.sum()] * d), -1).reshape(-1, d), axis=1)
    z = posterior.mu + torch.exp(0.5 * posterior.logvar) * nodes  # (K, N, D)
    losses = []
    for part in z.split(images_at_once(tuple(x.shape[1:]), len(x))):
        logits = engine.model.decoder(part.flatten(0, 1), None if y is None else y.repeat(len(part)))
        repeated = x.repeat(len(part), *[1] * (x.dim() - 1))
        losses.append(-engine.model.likelihood.log_prob(logits, repeated).view(len(part), len(x)))
    return torch.from_numpy(shares).float().to(x.device) @ torch.cat(losses)


def _elbo(engine: Engine, x: Tensor, y: Tensor | None, posterior: Posterior, num_nodes: int) -> NDArray[np.float64]:
    engine.model.eval()
    with torch.inference_mode():
        loss = _reconstruction(engine, x, y, posterior, num_nodes) + gaussian_kl(posterior).sum(1)
    return -loss.double().cpu().numpy()


def _best_posterior(engine: Engine, x: Tensor, y: Tensor | None, start: Posterior) -> Posterior:
    """The Gaussian of each image with the highest ELBO, searched from another."""
    engine.model.eval()
    # Steps are counted in sigmas, which differ from image to image.
    unit = torch.exp(0.5 * start.logvar)
    moved, widened = (torch.zeros_like(start.mu, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.Adam([moved, widened], lr=STEP)
    for step in range(NUM_STEPS):
        optimizer.param_groups[0]["lr"] = STEP * min(1.0, 2 * (1 - step / NUM_STEPS))
        posterior = Posterior(start.mu + moved * unit, start.logvar + widened)
        loss = _reconstruction(engine, x, y, posterior, NODES) + gaussian_kl(posterior).sum(1)
        gradients = torch.autograd.grad(loss.sum(), [moved, widened])  # the model's own weights want none
        moved.grad, widened.grad = gradients
        optimizer.step()
    return Posterior((start.mu + moved * unit).detach(), (start.logvar + widened).detach())
