"""What is done to images before a model sees them, and in words what was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vaelab.config import Preprocessing
from vaelab.datasets.base import ImageDataset
from vaelab.datasets.splits import SPLIT_SEED
from vaelab.datasets.subset import subset

__all__ = ["check_classes", "preprocess"]

#: Images worked on at a time, so that intermediate arrays stay small beside the images themselves.
CHUNK = 4096


def preprocess(data: ImageDataset, settings: Preprocessing) -> ImageDataset:
    """Keep some of the images, convert their colours, resize and binarize them, in this order.

    Parameters
    ----------
    data
        Images as their source has them.
    settings
        What to do; the default does nothing.

    Returns
    -------
    ImageDataset
        With ``preprocessing`` and ``steps`` filled in. Images stay in the split that they were in,
        and factors as they were drawn; labels are renumbered to the classes that are kept.

    Raises
    ------
    ValueError
        For classes that the dataset does not have, or where it was already preprocessed otherwise.
    """
    if data.preprocessing == settings:
        return data
    if data.preprocessing != Preprocessing():
        raise ValueError(f"{data.name} has already been preprocessed with other settings: load it anew instead.")
    data, steps = replace(data, preprocessing=settings), list(data.steps)
    if settings.classes is not None:
        data = _keep_classes(data, settings.classes, steps)
    if settings.num_images is not None:
        data = _keep_some(data, settings.num_images, steps)
    images = data.images
    if settings.color is not None:
        images = _convert_color(images, settings.color, steps)
    if settings.size is not None:
        images = _resize(images, settings.size, steps)
    if settings.binarize:
        images = np.where(images < 128, np.uint8(0), np.uint8(255))
        steps.append("Rounded every pixel to black (below 128) or white.")
    return replace(data, images=images, steps=tuple(steps))


def check_classes(dataset: str, label_names: tuple[str, ...], chosen: tuple[str, ...]) -> None:
    """Refuse a choice of classes that a dataset does not have.

    Parameters
    ----------
    dataset
        Its name, for people.
    label_names
        Its classes; none where it has no labels.
    chosen
        Those that are to be kept.

    Raises
    ------
    ValueError
        With those that there are.
    """
    if not label_names:
        raise ValueError(f"{dataset} has no labels, so no classes can be chosen.")
    valid = ", ".join(label_names)
    if unknown := [name for name in chosen if name not in label_names]:
        raise ValueError(f"{dataset} has no class called {', '.join(map(repr, unknown))}: choose from {valid}.")
    if not chosen:
        raise ValueError(f"Choose at least one class of {dataset}: {valid}.")


def _keep_classes(data: ImageDataset, names: tuple[str, ...], steps: list[str]) -> ImageDataset:
    check_classes(data.name, data.label_names, names)
    assert data.labels is not None
    kept_names = tuple(name for name in data.label_names if name in names)
    if kept_names == data.label_names:
        return data
    kept_labels = np.array([data.label_names.index(name) for name in kept_names])
    kept = np.flatnonzero(np.isin(data.labels, kept_labels))
    selected = subset(data, kept)
    assert selected.labels is not None
    steps.append(
        f"Kept {len(kept_names)} of {len(data.label_names)} classes: {', '.join(kept_names)} "
        f"({len(kept):,} of {len(data):,} images)."
    )
    return replace(
        selected,
        # The kept labels are in ascending order, so a label's rank is its new number.
        labels=np.searchsorted(kept_labels, selected.labels).astype(np.int64),
        label_names=kept_names,
    )


def _keep_some(data: ImageDataset, num_images: int, steps: list[str]) -> ImageDataset:
    if num_images >= len(data):
        if num_images > len(data):
            steps.append(f"Kept all {len(data):,} images, fewer than the {num_images:,} asked for.")
        return data
    rng = np.random.default_rng(SPLIT_SEED)
    parts = (data.split.train, data.split.validation, data.split.test)
    shares = _share_out(num_images, [len(part) for part in parts])
    drawn = [rng.permutation(part)[:share] for part, share in zip(parts, shares, strict=True)]
    steps.append(f"Drew {num_images:,} of {len(data):,} images, in proportion from training, validation and test.")
    return subset(data, np.sort(np.concatenate(drawn)))


def _share_out(total: int, sizes: list[int]) -> list[int]:
    """Divide ``total`` in proportion to ``sizes``, at least 1 where there is something."""
    exact = [total * size / sum(sizes) for size in sizes]
    shares = [max(int(share), min(1, size)) for share, size in zip(exact, sizes, strict=True)]
    # What rounding down left over goes where most was cut off; what the minimum of 1 took too much
    # comes from the largest.
    while sum(shares) < total:
        i = max(range(len(sizes)), key=lambda i: exact[i] - shares[i])
        shares[i] += 1
    while sum(shares) > total:
        shares[shares.index(max(shares))] -= 1
    return shares


def _chunks(images: NDArray[np.uint8]) -> Iterator[slice]:
    for start in range(0, len(images), CHUNK):
        yield slice(start, start + CHUNK)


def _convert_color(images: NDArray[np.uint8], color: str, steps: list[str]) -> NDArray[np.uint8]:
    channels = images.shape[1]
    if color == "rgb" and channels == 1:
        steps.append("Repeated the grey channel as red, green and blue.")
        return np.repeat(images, 3, axis=1)
    if color == "gray" and channels == 3:
        steps.append("Converted from colour to grey (ITU-R 601 luma).")
        gray = np.empty((len(images), 1, *images.shape[2:]), np.uint8)
        # 0.299, 0.587 and 0.114 in 16 bits, as Pillow has them.
        weights = np.array([19595, 38470, 7471], np.uint32)[:, None, None]
        for chunk in _chunks(images):
            luma = (images[chunk] * weights).sum(axis=1, dtype=np.uint32)
            gray[chunk, 0] = (luma + 0x8000) >> 16
        return gray
    return images


def _resize(images: NDArray[np.uint8], size: int, steps: list[str]) -> NDArray[np.uint8]:
    num_images, channels, height, width = images.shape
    if (height, width) == (size, size):
        return images
    resized = np.empty((num_images, channels, size, size), np.uint8)
    for chunk in _chunks(images):
        part = images[chunk].reshape(-1, height, width)
        # Pillow resizes each axis by itself, width first: so do we, of all images in one call,
        # which gives the very pixels of resizing one by one in a tenth of the time.
        part = _resize_width(part, size).swapaxes(1, 2)
        part = _resize_width(part, size).swapaxes(1, 2)
        resized[chunk] = part.reshape(-1, channels, size, size)
    steps.append(f"Resized from {width} × {height} to {size} × {size} pixels.")
    return resized


def _resize_width(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    from PIL import Image  # not needed for images as they come

    num_images, height, width = images.shape
    stack = Image.fromarray(np.ascontiguousarray(images).reshape(num_images * height, width))
    # Bicubic (antialiased where it shrinks) keeps strokes crisp both ways: box enlarges into
    # blocks, bilinear blurs 28 x 28 to 32 x 32, and Lanczos rings two pixels wide round a stroke.
    stack = stack.resize((size, num_images * height), Image.Resampling.BICUBIC)
    return np.asarray(stack).reshape(num_images, height, size)
