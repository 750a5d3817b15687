"""Images that are there more than once, and those that a split must not part."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["copies_of", "grouped"]


def copies_of(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Find for each image the first that has the same pixels.

    Parameters
    ----------
    images
        uint8 ``(N, C, S, S)``, contiguous.

    Returns
    -------
    ndarray
        int64 ``(N,)``: its own number where it is the first.
    """
    first: dict[bytes, int] = {}
    flat = images.reshape(len(images), -1)
    found = (first.setdefault(hashlib.blake2b(image.data, digest_size=16).digest(), i) for i, image in enumerate(flat))
    return np.fromiter(found, np.int64, len(images))


def grouped(copies: NDArray[np.int64], groups: list[str] | None) -> NDArray[np.int64] | None:
    """Put images together that must be on the same side of the split.

    Parameters
    ----------
    copies
        int64 ``(N,)``: of each image the first that is the same.
    groups
        The group of each.

    Returns
    -------
    ndarray
        int64 ``(N,)``: a number for each set of images that copies and groups tie together; None where each image is
        on its own.
    """
    own = np.arange(len(copies))
    if groups is None:
        return None if (copies == own).all() else copies
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    _, of_group = np.unique(groups, return_inverse=True)
    first_of_group = np.unique(of_group, return_index=True)[1][of_group]
    ties = (np.ones(2 * len(own), bool), (np.tile(own, 2), np.concatenate([copies, first_of_group])))
    _, sets = connected_components(coo_matrix(ties, shape=(len(own), len(own))), directed=False)
    return np.asarray(sets, np.int64)
