"""Paths from one code to another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["INTERPOLATIONS", "linear", "spherical", "through"]


def linear(a: NDArray[np.floating], b: NDArray[np.floating], t: NDArray[np.floating]) -> NDArray[np.float64]:
    """Walk the straight line from ``a`` to ``b``.

    Parameters
    ----------
    a, b
        Codes, ``(D,)``.
    t
        ``(K,)``, 0 at ``a`` and 1 at ``b``.

    Returns
    -------
    ndarray
        ``(K, D)``.

    Examples
    --------
    >>> linear(np.zeros(2), np.array([2.0, 4.0]), np.array([0.5]))
    array([[1., 2.]])
    """
    a, b, weight = _prepare(a, b, t)
    return (1 - weight) * a + weight * b


def spherical(a: NDArray[np.floating], b: NDArray[np.floating], t: NDArray[np.floating]) -> NDArray[np.float64]:
    """Turn from the direction of ``a`` to that of ``b`` while the length changes evenly.

    Most of the mass of N(0, I) in many dimensions lies near the sphere of radius sqrt(D); a
    straight line cuts through its empty middle, this arc does not (slerp: Shoemake 1985; in latent
    spaces: White 2016, arXiv:1609.04468). The length is interpolated apart from the direction, so
    it never leaves the interval between the two lengths.

    Parameters
    ----------
    a, b
        Codes, ``(D,)``.
    t
        ``(K,)``, 0 at ``a`` and 1 at ``b``.

    Returns
    -------
    ndarray
        ``(K, D)``. Where there is no arc to follow (a code at the origin, or the same or opposite
        directions) it is the straight line.

    Examples
    --------
    >>> spherical(np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.5])).round(4)
    array([[0.7071, 0.7071]])
    """
    a, b, weight = _prepare(a, b, t)
    length_a, length_b = np.linalg.norm(a), np.linalg.norm(b)
    if length_a == 0 or length_b == 0:
        return linear(a, b, t)
    unit_a, unit_b = a / length_a, b / length_b
    # The angle from chords: arccos of a dot product loses half the digits near 0 and pi.
    omega = 2 * np.arctan2(np.linalg.norm(unit_a - unit_b), np.linalg.norm(unit_a + unit_b))
    if np.sin(omega) < 1e-9:
        return linear(a, b, t)
    direction = np.sin((1 - weight) * omega) * unit_a + np.sin(weight * omega) * unit_b
    length = (1 - weight) * length_a + weight * length_b
    path: NDArray[np.float64] = length * direction / np.sin(omega)
    return path


INTERPOLATIONS: dict[str, Callable[..., NDArray[np.float64]]] = {
    "linear": linear,
    "spherical": spherical,
}


def through(codes: NDArray[np.floating], t: NDArray[np.floating], kind: str = "linear") -> NDArray[np.float64]:
    """Walk from the first code to the last through all between them, as long on each leg.

    Parameters
    ----------
    codes
        ``(P, D)``, P at least 2.
    t
        ``(K,)``, 0 at the first and 1 at the last.
    kind
        A key of ``INTERPOLATIONS``.

    Returns
    -------
    ndarray
        ``(K, D)``.

    Examples
    --------
    >>> through(np.array([[0.0], [1.0], [5.0]]), np.array([0, 0.25, 0.75, 1]))[:, 0]
    array([0. , 0.5, 3. , 5. ])
    """
    at = np.asarray(t, dtype=np.float64) * (len(codes) - 1)
    legs = np.minimum(at.astype(int), len(codes) - 2)
    walk = INTERPOLATIONS[kind]
    return np.concatenate(
        [walk(codes[leg], codes[leg + 1], part[None]) for leg, part in zip(legs, at - legs, strict=True)]
    )


def _prepare(
    a: NDArray[np.floating], b: NDArray[np.floating], t: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"The two ends must be codes of one length, not {a.shape} and {b.shape}.")
    weight: NDArray[np.float64] = np.asarray(t, dtype=np.float64).reshape(-1, 1)
    return a.astype(np.float64), b.astype(np.float64), weight
