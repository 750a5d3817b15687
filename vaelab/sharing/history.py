"""A run as it was at the end of its epochs, for a browser to go back to. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, TypedDict

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets import ImageDataset, Labelled
from vaelab.export import browser_history, browser_model
from vaelab.latent.projections import Projection, pca
from vaelab.networks.layers import num_weights
from vaelab.runs import Run, RunError, kept_epochs
from vaelab.runs.naming import summary_of
from vaelab.sharing.losses import curves_of

__all__ = ["DecoderSent", "History", "Known", "PastSent", "history_of"]

#: Epochs that a page can go back to, at the most, and the bytes of their decoders.
MOST_EPOCHS = 24
MOST_BYTES = 12_000_000
#: Bytes of all epochs' codes: where codes are long, they are of fewer images.
MOST_CODE_BYTES = 3_000_000
#: Images of which the page shows some beside their reconstructions: a map may lack many of them.
MOST_SHOWN = 200


class Known(NamedTuple):
    """What is known of a run's images without their pixels."""

    labels: NDArray[np.int64] | None
    held_out: NDArray[np.int64]  # those that no model was trained on, as far as that is known

    @classmethod
    def of(cls, data: Labelled) -> Known:
        """Take it from a run's images, or from what the run remembers of them."""
        held_out = data.split.validation if isinstance(data, ImageDataset) else np.zeros(0, np.int64)
        return cls(data.labels, held_out)


class DecoderSent(TypedDict):
    """Where a page finds the decoder of an epoch."""

    name: str  # what tells it from all others
    address: str


class PastSent(TypedDict):
    """What a page is told of a run's epochs before it fetches any."""

    run: str  # by name
    title: str
    map_key: str  # of the container around the chart of its map
    home: int  # the epoch of the model as it is on the page
    total: int  # epochs that its training takes
    epochs: list[int]
    codes: str  # where the file of all codes is
    decoders: list[DecoderSent]  # one an epoch


class _Codes(NamedTuple):
    indices: NDArray[np.int64]  # (N,)
    mu: NDArray[np.float32]  # (E, N, D)
    sigma: NDArray[np.float16] | None  # (E, N, D)


class History:
    """The epochs of a run that a page can go back to.

    Parameters
    ----------
    run
        A trained run.
    epochs
        Some of those it kept a snapshot of, in order.
    """

    def __init__(self, run: Run, epochs: list[int]) -> None:
        self.run, self.epochs = run, epochs

    def _codes(self) -> _Codes:
        snapshots = [self.run.snapshot(epoch) for epoch in self.epochs]
        count, dim = snapshots[0].mu.shape
        most = MOST_CODE_BYTES // (2 * dim * len(snapshots))
        chosen = np.linspace(0, count - 1, min(count, max(2, most))).astype(np.int64)
        spreads = [snapshot.sigma[chosen] for snapshot in snapshots if snapshot.sigma is not None]
        return _Codes(
            snapshots[0].indices[chosen],
            np.stack([snapshot.mu[chosen] for snapshot in snapshots]),
            np.stack(spreads) if self.run.config.model == "vae" and len(spreads) == len(snapshots) else None,
        )

    def name(self, epoch: int) -> str:
        """What tells the model of an epoch from all others."""
        return f"{self.run.name}@{self.run.created:.0f}-epoch-{epoch}"

    def sent(self, map_key: str, codes: str, decoders: Mapping[int, str], home: int | None = None) -> PastSent:
        """Say what there is, and where a page finds it.

        Parameters
        ----------
        map_key
            Of the container around the chart of its map.
        codes, decoders
            Addresses, those of decoders by epoch.
        home
            The epoch of the model as it is on the page; by default the run's last.

        Returns
        -------
        PastSent
            For ``assets/time_machine``.
        """
        home = self.run.epoch if home is None else home
        return PastSent(
            run=self.run.name,
            title=f"{self.run.title} · {summary_of(self.run.config)}",
            map_key=map_key,
            home=home,
            total=max(home, self.epochs[-1], self.run.config.epochs),
            epochs=self.epochs,
            codes=codes,
            decoders=[DecoderSent(name=self.name(epoch), address=decoders[epoch]) for epoch in self.epochs],
        )

    def codes_file(self, known: Known) -> bytes:
        """Make the file of images' codes at all of the epochs, and of the curves.

        Parameters
        ----------
        known
            What is known of the run's images.

        Returns
        -------
        bytes
            As ``browser_history`` makes it.

        Raises
        ------
        RunError
            If a snapshot is gone or damaged.
        """
        indices, mu, sigma = self._codes()
        held_out = np.flatnonzero(np.isin(indices, known.held_out))
        others = np.setdiff1d(np.arange(len(indices)), held_out)
        rng = np.random.default_rng(0)
        shown = [*rng.permutation(held_out), *rng.permutation(others)][:MOST_SHOWN]
        labels = None if known.labels is None else known.labels[indices]
        is_vae = self.run.config.model == "vae"
        curves = curves_of(self.run)
        return browser_history(self.epochs, indices, labels, mu, sigma, is_vae, curves, [int(row) for row in shown])

    def decoder_file(self, epoch: int) -> bytes:
        """Make the file of an epoch's decoder.

        Parameters
        ----------
        epoch
            One of ``epochs``.

        Returns
        -------
        bytes
            As ``browser_model`` makes it, without an encoder, in float16.

        Raises
        ------
        RunError
            If the snapshot is gone or damaged.
        ValueError
            If it is another model's.
        """
        # What training leaves as it is, such as PCA beside the network, is not in a snapshot.
        weights, _ = self.run.checkpoint()
        decoder = {f"model.decoder.{name}": array for name, array in self.run.snapshot(epoch).decoder.items()}
        layers = {"encoder": [], "decoder": self.run.layers["decoder"]}
        shape = self.run.data.image_shape
        return browser_model(self.run.config, shape, layers, {**weights, **decoder}, self.name(epoch), "float16")

    def map_of(self, projection: Projection) -> Projection:
        """Lay a map's codes on the two principal components of the codes of all epochs together.

        Parameters
        ----------
        projection
            Any map of the run.

        Returns
        -------
        Projection
            One that holds still while a page goes from epoch to epoch.

        Raises
        ------
        RunError
            If a snapshot is gone or damaged.
        ValueError
            If codes are a single number.
        """
        among = self._codes().mu.reshape(-1, self.run.config.latent_dim)
        made = pca(projection.codes, projection.indices, among)
        return replace(made, sigma=projection.sigma)


def history_of(run: Run) -> History | None:
    """Find the epochs of a run that a page can go back to.

    Parameters
    ----------
    run
        A trained run.

    Returns
    -------
    History or None
        Of at most ``MOST_EPOCHS``, whose decoders take at most ``MOST_BYTES``; more of the early ones, as they are
        kept. None where there are not two.
    """
    kept = run.snapshot_epochs()
    try:
        size = 2 * sum(map(num_weights, run.layers["decoder"]))  # bytes, as float16
    except RunError:
        return None
    most = min(MOST_EPOCHS, MOST_BYTES // max(1, size))
    if min(len(kept), most) < 2:
        return None
    chosen = sorted(set(kept).intersection(kept_epochs(kept[-1], most)))
    if len(chosen) > most:  # large decoders
        chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, most).round().astype(int)]
    return History(run, chosen)
