"""How well a direction in latent space turns images of one group into those of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.pixel_space import PixelSpace
from vaelab.latent.arithmetic import direction, fit_classifier

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from vaelab.datasets import ImageDataset
    from vaelab.engine import Engine

__all__ = ["STRENGTHS", "Change", "Members", "Shift", "learn_change", "shift_images"]

#: How far images are moved to see what comes of it, in times the direction.
STRENGTHS = np.linspace(0, 2, 9)

#: Held-out images that are moved at the most; each is decoded and encoded 18 times.
MAX_MOVED = 100

#: Training images of both groups, at the most, that the classifier of pixels learns from.
MAX_TAUGHT = 2000


class Members(NamedTuple):
    """Images and their codes.

    Attributes
    ----------
    indices
        int64 ``(N,)``, of the dataset.
    codes
        ``(N, D)``.
    """

    indices: NDArray[np.int64]
    codes: NDArray[np.floating]


@dataclass(frozen=True)
class Change:
    """The way from group A to group B, learned from training images.

    Attributes
    ----------
    direction
        float64 ``(D,)``: B's mean code minus A's.
    train_a, train_b
        Training images that are in one group only.
    held_out_a, held_out_b
        Other images that are in one group only; there may be none.
    """

    direction: NDArray[np.float64]
    train_a: Members
    train_b: Members
    held_out_a: Members
    held_out_b: Members


def learn_change(
    codes: NDArray[np.floating],
    indices: NDArray[np.int64],
    group_a: NDArray[np.integer],
    group_b: NDArray[np.integer],
    train: NDArray[np.integer],
) -> Change:
    """Learn the way between two groups from training images.

    The direction is the difference of mean codes over each whole group. What is judged are images
    that are in one group alone.

    Parameters
    ----------
    codes, indices
        ``(N, D)`` and ``(N,)``: codes, and the images of the dataset that they belong to.
    group_a, group_b
        Images of the dataset in each group; those without a code do not count.
    train
        Images of the dataset that are for training.

    Returns
    -------
    Change
        The direction and who is in which group.

    Raises
    ------
    ValueError
        If the groups are the same, or one has no training images.
    """
    in_a, in_b = np.isin(indices, group_a), np.isin(indices, group_b)
    in_training = np.isin(indices, train)
    for name, members in (("A", in_a), ("B", in_b)):
        if not (members & in_training).any():
            raise ValueError(f"Group {name} has no training images: choose a larger group.")
    if (in_a == in_b).all():
        raise ValueError("Groups A and B are the same images: choose two different groups.")
    only_a, only_b = in_a & ~in_b, in_b & ~in_a
    for name, members in (("A", only_a), ("B", only_b)):
        if not (members & in_training).any():
            raise ValueError(
                f"All training images of group {name} are in the other group, too: choose groups that overlap less."
            )

    def those(members: NDArray[np.bool_]) -> Members:
        return Members(indices[members], codes[members])

    return Change(
        direction(codes[in_a & in_training], codes[in_b & in_training]),
        train_a=those(only_a & in_training),
        train_b=those(only_b & in_training),
        held_out_a=those(only_a & ~in_training),
        held_out_b=those(only_b & ~in_training),
    )


@dataclass(frozen=True)
class Shift:
    """Share of moved held-out images of A that are taken for B, for each strength.

    Attributes
    ----------
    strengths
        ``(T,)``, in times the direction.
    encoded
        ``(T,)``: moved, decoded, encoded again and judged by a classifier of codes.
    pixels
        ``(T,)``: moved, decoded and judged by a classifier of pixels, which knows nothing of the
        model.
    control
        ``(T,)``: as ``encoded``, but each moved equally far in a direction of its own, drawn from
        the spread of the codes.
    num_images
        How many images were moved.
    mistaken, right
        Share of the codes of all real held-out images of A, and of B, that are taken for B; of B
        None where it has none.
    """

    strengths: NDArray[np.float64]
    encoded: NDArray[np.float64]
    pixels: NDArray[np.float64]
    control: NDArray[np.float64]
    num_images: int
    mistaken: float
    right: float | None

    @property
    def accuracy(self) -> float | None:
        """Share of real held-out codes told apart, both groups counting alike; 0.5 is guessing."""
        return None if self.right is None else (1 - self.mistaken + self.right) / 2


def shift_images(
    engine: Engine,
    data: ImageDataset,
    change: Change,
    strengths: NDArray[np.floating] = STRENGTHS,
    seed: int = 0,
) -> Shift:
    """Move held-out images of A along the direction, and see what they are taken for.

    What is judged is the image decoded, not the code moved: a code that crosses the classifier's
    plane need not look like anything. The classifier of codes judges it once it is encoded again;
    since the same model draws and reads it, a second classifier judges by principal components of
    its pixels. Both learn from training images of the two groups.

    Parameters
    ----------
    engine
        The model.
    data
        Its images.
    change
        The way from A to B.
    strengths
        ``(T,)``.
    seed
        Of the images chosen and the directions of the control.

    Returns
    -------
    Shift
        The shares.

    Raises
    ------
    ValueError
        If no image of A is held out.
    """
    if not len(change.held_out_a.indices):
        raise ValueError("No image of group A is held out to judge by: choose a larger group.")
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(change.held_out_a.indices))[:MAX_MOVED]
    z = change.held_out_a.codes[order].astype(np.float64)
    labels = data.labels_of(change.held_out_a.indices[order])

    groups = (change.train_a, change.train_b)
    codes = np.concatenate([group.codes for group in groups])
    by_code = fit_classifier(codes, np.arange(len(codes)) >= len(change.train_a.codes))
    few = [np.sort(rng.permutation(group.indices)[: MAX_TAUGHT // 2]) for group in groups]
    taught = data.images[np.concatenate(few)]
    space = PixelSpace.fit(taught)
    by_pixels = fit_classifier(space.features(taught), np.arange(len(taught)) >= len(few[0]))

    elsewhere = _directions(codes, len(z), rng) * np.linalg.norm(change.direction)
    encoded, pixels, control = [], [], []
    for strength in strengths:
        moved = engine.decode(z + strength * change.direction, labels)
        encoded.append(_share(by_code, engine.encode(moved, labels).mu))
        pixels.append(_share(by_pixels, space.features(moved)))
        strayed = engine.decode(z + strength * elsewhere, labels)
        control.append(_share(by_code, engine.encode(strayed, labels).mu))
    others = change.held_out_b.codes
    return Shift(
        strengths=np.asarray(strengths, np.float64),
        encoded=np.array(encoded),
        pixels=np.array(pixels),
        control=np.array(control),
        num_images=len(z),
        mistaken=_share(by_code, change.held_out_a.codes),
        right=_share(by_code, others) if len(others) else None,
    )


def _directions(codes: NDArray[np.floating], num: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Directions of length 1, drawn from the spread of codes: where these are flat, so are they."""
    # Sums of centred codes with random weights have the codes' covariance, but for a factor.
    drawn = rng.standard_normal((num, len(codes))) @ (codes - codes.mean(0, dtype=np.float64))
    lengths = np.linalg.norm(drawn, axis=1, keepdims=True)
    directions: NDArray[np.float64] = drawn / np.where(lengths > 0, lengths, 1)
    return directions


def _share(classifier: Pipeline, points: NDArray[np.floating]) -> float:
    """Share of the points that a classifier takes for B."""
    return float(classifier.predict(points).mean())
