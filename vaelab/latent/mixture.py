"""The aggregate posterior as a mixture of Gaussians: where in latent space the images are."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

__all__ = ["Mixture", "fit_mixture"]

#: Added to each variance, as a share of the mean variance, so that no component is flat.
FLOOR = 1e-6


@dataclass(frozen=True)
class Mixture:
    """A density on latent space, ``sum_k w_k N(z; m_k, S_k)``.

    Attributes
    ----------
    weights
        float64 ``(K,)``, the sum 1.
    means
        float64 ``(K, D)``.
    covariances
        float64 ``(K, D, D)``.
    """

    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    covariances: NDArray[np.float64]

    def sample(self, num: int, seed: int | np.random.Generator = 0, temperature: float = 1.0) -> NDArray[np.float32]:
        """Draw codes.

        Parameters
        ----------
        num
            How many.
        seed
            Of the draws, or a generator that makes them.
        temperature
            Times the standard deviation around each component's mean: 1 draws from the density, 0
            the means alone. The components' weights stay.

        Returns
        -------
        ndarray
            float32 ``(num, D)``, in no order.

        Raises
        ------
        ValueError
            If the temperature is negative.
        """
        if temperature < 0:
            raise ValueError(f"A temperature is at least 0, but this is {temperature}.")
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(self.weights), num, p=self.weights / self.weights.sum())
        noise = rng.standard_normal((num, self.means.shape[1]))
        z = self.means[chosen]
        for component, factor in enumerate(np.linalg.cholesky(self.covariances)):
            mine = chosen == component
            z[mine] += temperature * noise[mine] @ factor.T
        return z.astype(np.float32)


def fit_mixture(
    codes: NDArray[np.floating],
    num_components: int = 10,
    seed: int = 0,
    max_codes: int = 5000,
    sigma: NDArray[np.floating] | None = None,
) -> Mixture:
    """Fit a mixture of Gaussians with full covariances to codes by expectation-maximization.

    With ``sigma`` it is fitted to one draw ``mu + sigma * eps`` a code, which is to the aggregate
    posterior ``q(z) = mean_n q(z|x_n)`` itself; without, to the distribution of the means, which is
    narrower.

    Parameters
    ----------
    codes
        ``(N, D)``, N at least 2: the posteriors' means, or an autoencoder's codes.
    num_components
        K; lowered where that would leave a component with fewer than about 2 (D + 1) codes, from
        which no covariance can be estimated.
    seed
        Of the codes chosen, the draws and the first guess.
    max_codes
        How many of the codes to use at the most.
    sigma
        ``(N, D)``: the posteriors' standard deviations.

    Returns
    -------
    Mixture
        The same for the same codes and seed.

    Raises
    ------
    ValueError
        If there are fewer than two codes, they are not finite, the shapes differ, or there would be
        no component.
    """
    if codes.ndim != 2 or len(codes) < 2 or (sigma is not None and sigma.shape != codes.shape):
        others = "" if sigma is None else f" and {sigma.shape}"
        raise ValueError(f"Two codes (N, D) or more, alike, are needed, not {codes.shape}{others}.")
    if num_components < 1 or max_codes < 2:
        raise ValueError(f"One component and two codes are the least, not {num_components} and {max_codes}.")
    points = _draw(codes, sigma, np.random.default_rng(seed), max_codes)
    if not np.isfinite(points).all():
        raise ValueError("A mixture needs finite codes, but some of these are not.")
    enough = max(1, len(points) // (2 * points.shape[1] + 2))
    return _fit(points, min(num_components, enough), seed)


def _draw(
    codes: NDArray[np.floating],
    sigma: NDArray[np.floating] | None,
    rng: np.random.Generator,
    max_codes: int,
) -> NDArray[np.float64]:
    """Choose codes, and one draw of each where these have a posterior."""
    chosen = np.arange(len(codes))
    if len(codes) > max_codes:
        chosen = np.sort(rng.choice(len(codes), max_codes, replace=False))
    points = codes[chosen].astype(np.float64)
    if sigma is not None:
        points += sigma[chosen] * rng.standard_normal(points.shape)
    return points


def _fit(points: NDArray[np.float64], num_components: int, seed: int) -> Mixture:
    """Fit with scikit-learn, and return plain arrays."""
    from sklearn.exceptions import ConvergenceWarning  # a second to import
    from sklearn.mixture import GaussianMixture

    floor = max(FLOOR * float(points.var(0).mean()), 1e-12)
    model = GaussianMixture(num_components, reg_covar=floor, random_state=seed)
    # Small matrices: with cores busy, two threads wait for each other and take ten times as long.
    with warnings.catch_warnings(), threadpool_limits(1):
        # A hundred rounds are near enough, and equal codes make fewer clusters than components.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(points)
    return Mixture(model.weights_, model.means_, model.covariances_)
