"""Settings that suit a person's own images: from the images, and from a short trial on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import ImageDataset
from vaelab.explaining import explain
from vaelab.training.proposals import Choice, halvings, is_small, network_for
from vaelab.training.traits import component_variances, nearly_binary, told_from_mirrored
from vaelab.training.trial import roughly_resized, try_speeds

__all__ = ["Suggestion", "network_for", "suggest", "suggest_config"]

#: Images that are looked at.
SAMPLE = 500

#: Steps with which training gets somewhere: images are made smaller rather than have fewer.
ENOUGH_STEPS = 150

#: Times through all images after which more teach little; each keeps a decoder, of some megabytes, in the run's folder.
MOST_EPOCHS = 100

#: Training images from which on there are enough as they are.
MANY_IMAGES = 5_000

#: Share of nearly black or white pixels from which on images are black and white.
BLACK_AND_WHITE = 0.85

#: Share of images told from their mirror images up to which images have no side.
NO_SIDE = 0.65

#: Lengths of codes to choose from, and the share of the variance for which they should do.
CODES, CARRIED = (2, 4, 8, 16), 0.8

#: Training images for each number of a code, so that these are not learned by heart.
IMAGES_PER_NUMBER = 8

#: Uncertainty of a code where it matters least, to the prior's.
NOISE = 0.3

#: How much faster than one thread two must be.
WORTH_IT = 1.2


@dataclass(frozen=True)
class Suggestion:
    """Settings, and why these.

    Attributes
    ----------
    config
        What to train with.
    reasons
        A sentence about each choice, by what people call it: "Network", "Size", "Pixels", "Code", "Augmentation",
        "Length" and "Threads".
    """

    config: TrainConfig
    reasons: dict[str, str]


@dataclass(frozen=True)
class _Traits:
    """What the training images are like."""

    num_images: int
    channels: int
    side: int
    black_and_white: float  # share of the pixels
    variances: NDArray[np.float64]  # along principal components, widest first
    told: float  # share of images that are told from their mirror images

    @classmethod
    def of(cls, data: ImageDataset, sample: NDArray[np.int64]) -> _Traits:
        images = data.images[sample]
        return cls(
            num_images=len(data.split.train),
            channels=data.image_shape[0],
            side=data.image_shape[1],
            black_and_white=nearly_binary(images),
            variances=component_variances(images),
            told=told_from_mirrored(images, data.labels_of(sample)),
        )


def suggest(
    data: ImageDataset,
    seconds: float = 60.0,
    latent_dim: int | None = None,
    clock: Callable[[], float] = time.thread_time,
) -> Suggestion:
    """Choose the settings of a training, and say why.

    What suits the images follows from the images; how many of them this machine gets through, from training on some
    of them for a second or two.

    Parameters
    ----------
    data
        The images, with labels or without.
    seconds
        How long training may take.
    latent_dim
        Numbers in a code; chosen if not given.
    clock
        Seconds since some moment, never going back; what the trial is timed by. By default those that this thread has
        computed, so that what else the machine does at the moment counts for little.

    Returns
    -------
    Suggestion
        The same for the same images, apart from what the trial tells: size, length and threads.

    Raises
    ------
    ValueError
        If ``seconds`` or ``latent_dim`` is out of range.

    Examples
    --------
    >>> from vaelab.datasets import load_dataset
    >>> suggest(load_dataset("digits"), seconds=10).reasons["Code"]
    '16 numbers: as many principal components carry 85% of what differs from image to image.'
    """
    try:
        TrainConfig(seconds=seconds, latent_dim=1 if latent_dim is None else latent_dim)
    except ValidationError as error:
        raise ValueError(explain(error)) from None
    sample = np.random.default_rng(0).permutation(data.split.train)[:SAMPLE]
    traits = _Traits.of(data, sample)
    sizes = _sizes(data)
    for size in sizes:
        choices = {
            "Network": network_for((traits.channels, size, size)),
            "Size": _size(data.preprocessing, traits.side, size, sizes[0], seconds),
            "Code": (code := _code(traits, latent_dim)),
            "Pixels": _pixels(traits, code[0]["latent_dim"], size),
            "Augmentation": _augmentation(traits, size),
        }
        config = _config(data, choices)
        speeds = try_speeds(config, roughly_resized(data.images[sample], size), clock)
        threads = _threads(speeds)
        speed = speeds[threads[0]["threads"]]
        if seconds * speed >= ENOUGH_STEPS * min(config.batch_size, traits.num_images):
            break
    choices |= {"Length": _length(traits.num_images, seconds, speed), "Threads": threads}
    return Suggestion(_config(data, choices), {name: reason for name, (_, reason) in choices.items()})


def _config(data: ImageDataset, choices: dict[str, Choice]) -> TrainConfig:
    settings: dict[str, Any] = {"dataset": data.name}
    for choice, _ in choices.values():
        settings |= choice
    return TrainConfig.model_validate(settings)


def suggest_config(data: ImageDataset, seconds: float = 60.0, latent_dim: int | None = None) -> TrainConfig:
    """Choose the settings of a training: those of ``suggest``, without the reasons.

    Parameters
    ----------
    data, seconds, latent_dim
        As of ``suggest``.

    Returns
    -------
    TrainConfig
        For ``train``.

    Raises
    ------
    ValueError
        As ``suggest``.
    """
    return suggest(data, seconds, latent_dim).config


def _size(preprocessing: Preprocessing, side: int, size: int, largest: int, seconds: float) -> Choice:
    if size == side:
        return {"preprocessing": preprocessing}, f"{size} × {size} pixels, as they are."
    why = (
        f"{size} × {size} pixels rather than {side} × {side}, since the network halves them several times."
        if size == largest
        else f"{size} × {size} pixels: {side} × {side} would leave too few steps within {seconds:g} s on this machine."
    )
    return {"preprocessing": Preprocessing(size=size)}, why


def _code(traits: _Traits, latent_dim: int | None) -> Choice:
    if latent_dim is not None:
        return {"latent_dim": latent_dim}, f"{_numbers(latent_dim)}, as asked for."
    if not traits.variances.sum() > 0:
        return {"latent_dim": CODES[0]}, f"{_numbers(CODES[0])}: all images are the same, and nothing tells them apart."
    shares = traits.variances.cumsum() / traits.variances.sum()
    lengths = [length for length in CODES if IMAGES_PER_NUMBER * length <= traits.num_images] or CODES[:1]
    length = next((length for length in lengths if shares[length - 1] >= CARRIED), lengths[-1])
    few = f", and {traits.num_images:,} training images are too few for more" if len(lengths) < len(CODES) else ""
    return {"latent_dim": length}, (
        f"{_numbers(length)}: as many principal components carry {shares[length - 1]:.0%} of what differs from image "
        f"to image{few}."
    )


def _numbers(count: int) -> str:
    return f"{count} number{'s' if count > 1 else ''}"


def _pixels(traits: _Traits, latent_dim: int, size: int) -> Choice:
    if traits.black_and_white >= BLACK_AND_WHITE:
        return {"likelihood": "bernoulli"}, (
            f"Bernoulli, since {traits.black_and_white:.0%} of all pixels are nearly black or white."
        )
    # In PCA as a model (Tipping and Bishop 1999) the posterior is as much narrower than the prior as this sigma is less
    # than the images' spread: where that is widest, codes say more than a decoder can learn, where narrowest, nothing.
    spreads = np.sqrt(traits.variances[:latent_dim]) * size / traits.side
    there = spreads[spreads > 1e-3 * spreads[0]]
    sigma = round(float(np.clip(NOISE * there[-1], 0.01, 10)), 3) if len(there) else 0.1
    return {"likelihood": "gaussian", "sigma": sigma}, (
        f"Gaussian with σ = {sigma:.2g}, since pixels have many shades; with this σ every number of the code "
        "should be used."
    )


def _augmentation(traits: _Traits, size: int) -> Choice:
    if traits.num_images >= MANY_IMAGES:
        return {}, f"None: {traits.num_images:,} training images are enough as they are."
    shift = max(1, size // 32)
    settings = {"augment_shift": shift, "augment_flip": False}
    if traits.told > NO_SIDE:
        mirrored = f"not mirrored, since {traits.told:.0%} of the images can be told from their mirror images"
    elif traits.black_and_white >= BLACK_AND_WHITE:
        mirrored = "not mirrored, since drawings and writing often have a left and a right"
    else:
        settings["augment_flip"] = True
        mirrored = "mirrored too, since nothing tells images from their mirror images"
    pixels = f"{shift} pixel{'s' if shift > 1 else ''}"
    return settings, (
        f"Shifts of up to {pixels}, since there are only {traits.num_images:,} training images; {mirrored}."
    )


def _sizes(data: ImageDataset) -> list[int]:
    """The sizes that come into question, the largest first."""
    side = data.image_shape[1]
    if data.preprocessing != Preprocessing():  # they are what a person wanted them to be
        return [side]
    # Rather a few pixels less than no convolutions, where these are better.
    channels = data.image_shape[0]
    largest = next(size for size in range(side, 7, -1) if is_small(channels, size) or halvings(size))
    return [largest, *(size for size in (64, 32) if size < largest)]


def _length(num_images: int, seconds: float, speed: float) -> Choice:
    epochs = seconds * speed / num_images
    if epochs < MOST_EPOCHS:
        times = f"{epochs:.0f} times" if epochs >= 2 else "once" if epochs >= 1 else f"through {epochs:.0%}"
        return {"seconds": seconds}, (
            f"{seconds:g} s, in which this machine goes about {times} through the {num_images:,} training images."
        )
    took = MOST_EPOCHS * num_images / speed
    return {"epochs": MOST_EPOCHS}, (
        f"{MOST_EPOCHS} times through the {num_images:,} training images, which takes about {max(1, round(took))} s: "
        "more would teach little."
    )


def _threads(speeds: dict[int, float]) -> Choice:
    if len(speeds) == 1:
        return {"threads": 1}, "One: this machine has no more."
    times = speeds[2] / speeds[1]
    if times >= WORTH_IT:
        return {"threads": 2}, f"Two: they are {times:.1f} times as fast as one."
    if times < 1:
        return {"threads": 1}, f"One: two would be slower ({times:.1f} times the speed)."
    return {"threads": 1}, f"One: two would hardly be faster ({times:.1f} times the speed)."
